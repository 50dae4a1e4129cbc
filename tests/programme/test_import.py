"""Importing a programme into the draft: what is made, what is found again, what is refused."""

from __future__ import annotations

import threading
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from conference.core.errors import Conflict, Denied, Invalid, Missing
from conference.core.models import Event, Fact
from conference.events.models import EventRole
from conference.programme import actions
from conference.programme.importing import import_schedule, plan_import
from conference.programme.models import (
    Day,
    Hall,
    Session,
    SessionSpeaker,
    Slot,
    Speaker,
    Track,
)
from conference.programme.queries import draft_of, released_sessions
from conference.rooms.models import Room, RoomRole
from tests.programme.exchanged import (
    NO_SCHEDULES,
    SCHEDULES,
    entry,
    everything,
    guid,
    make_event,
    make_organizer,
    make_person,
    programme,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    return make_event()


@pytest.fixture
def organizer(event: Event) -> Any:
    return make_organizer(event)


def test_a_file_becomes_sessions_with_rooms_halls_tracks_and_speakers(event: Event, organizer: Any) -> None:
    data = programme(
        entry(1, track="Energy", persons=[{"id": 7, "name": "Noy"}, {"id": 8, "name": "လှလှ"}]),
        entry(2, track="Energy", room="Hall 2", persons=[{"id": 7, "name": "Noy"}]),
        tracks=[{"name": "Energy", "slug": "energy", "color": "#118833"}],
    )
    plan = import_schedule(organizer, event, data, "schedule.json").plan
    assert plan.counts == {"new": 2, "changed": 0, "same": 0, "missing": 0}
    assert [str(slot) for slot in draft_of(organizer, event)]
    assert sorted(hall.name["en"] for hall in Hall.objects.all()) == ["Hall 1", "Hall 2"]
    track = Track.objects.get()
    assert (track.name, track.slug, track.colour) == ({"en": "Energy"}, "energy", "#118833")
    assert Speaker.objects.count() == 2, "Noy speaks twice and is one person."
    first = Session.objects.get(guid=guid(1))
    assert first.number == 1 and first.title == {"en": "Session 1"} and first.kind == "talk"
    assert first.kind_name == "lecture" and first.track == track and first.room.event == event
    assert [str(part.speaker) for part in first.parts.all()] == ["Noy", "လှလှ"]
    assert Room.objects.count() == 2
    slot = Slot.objects.get(session=first)
    assert slot.release is None and slot.hall is not None and slot.hall.name == {"en": "Hall 1"}
    assert slot.start == datetime.fromisoformat("2026-11-24T09:00+08:00")
    assert slot.end == datetime.fromisoformat("2026-11-24T09:30+08:00")
    assert "session 1" in first.search_text and "လှလှ" in first.search_text and "energy" in first.search_text
    assert list(released_sessions(organizer, event)) == [], "Releasing is the organizer's own step."
    fact = Fact.objects.get(verb="schedule.imported")
    assert fact.actor == organizer and fact.data["sessions"]["new"] == 2


def test_a_second_import_of_the_same_file_changes_nothing(event: Event, organizer: Any) -> None:
    data = programme(*(entry(number, track=f"Track {number % 2}") for number in range(1, 6)))
    import_schedule(organizer, event, data, "schedule.json")
    before = everything()
    plan = import_schedule(organizer, event, data, "schedule.json").plan
    assert plan.counts == {"new": 0, "changed": 0, "same": 5, "missing": 0}
    assert not plan.does_something
    after = everything()
    changed = {table for table in after if after[table] != before[table]}
    assert changed == {"conference.Fact", "conference.Stream"}, (
        "Only the journal knows that it happened again."
    )


def test_what_is_new_in_the_file_updates_what_is_there_by_guid(event: Event, organizer: Any) -> None:
    import_schedule(organizer, event, programme(entry(1), entry(2)), "a.json")
    keys = dict(Session.objects.values_list("guid", "pk"))
    changed = dict(Session.objects.values_list("number", "changed"))
    moved = entry(
        1,
        title="A new title",
        date="2026-11-25T14:00:00+08:00",
        start="14:00",
        room="Hall 2",
        persons=[{"id": 1, "name": "Person 1"}, {"id": 3, "name": "Person 3"}],
    )
    plan = plan_import(organizer, event, programme(moved, entry(2)), "b.json")
    assert Session.objects.filter(title__en="A new title").count() == 0, "A plan writes nothing."
    (change,) = plan.changed
    told = {each.field: (each.before, each.after) for each in change.changes}
    assert told["Title"] == ("Session 1", "A new title")
    assert told["Room"] == ("Hall 1", "Hall 2")
    assert told["Speakers"] == ("Person 1", "Person 1, Person 3")
    assert "09:00" in told["Time"][0] and "14:00" in told["Time"][1]
    import_schedule(organizer, event, programme(moved, entry(2)), "b.json")
    assert dict(Session.objects.values_list("guid", "pk")) == keys, "Nothing is doubled."
    session = Session.objects.get(guid=guid(1))
    assert session.title == {"en": "A new title"} and "person 3" in session.search_text
    assert session.changed > changed[1], "Whoever has its form open is told."
    assert Session.objects.get(number=2).changed == changed[2]
    slot = Slot.objects.get(session=session)
    assert slot.start == datetime.fromisoformat("2026-11-25T14:00+08:00") and str(slot.hall) == "Hall 2"
    assert [part.speaker.name for part in session.parts.all()] == ["Person 1", "Person 3"]


def test_translations_and_the_work_of_organizers_survive_a_second_import(
    event: Event, organizer: Any
) -> None:
    data = programme(entry(1, subtitle=""))
    import_schedule(organizer, event, data, "a.json")
    session = Session.objects.get()
    interpreter = actions.create_speaker(organizer, event, name="Interpreter")
    speaker = Speaker.objects.get(name="Person 1")
    actions.edit_session(
        organizer,
        event,
        session.code,
        title={"en": "Session 1", "zh-hans": "第一场"},
        subtitle={"en": "Added here"},
        recording_allowed=False,
        parts={speaker.pk: "moderator", interpreter.pk: "interpreter"},
    )
    assert import_schedule(organizer, event, data, "a.json").plan.counts["same"] == 1
    import_schedule(organizer, event, programme(entry(1, title="Renamed")), "a.json")
    session.refresh_from_db()
    assert session.title == {"en": "Renamed", "zh-hans": "第一场"}
    assert session.subtitle == {"en": "Added here"} and session.recording_allowed is False
    assert dict(session.parts.values_list("speaker__name", "part")) == {
        "Person 1": "moderator",
        "Interpreter": "interpreter",
    }


def test_the_search_finds_sessions_by_a_speaker_that_a_file_has_renamed(event: Event, organizer: Any) -> None:
    import_schedule(
        organizer, event, programme(entry(1), entry(2, persons=[{"id": 1, "name": "Person 1"}])), "a.json"
    )
    renamed = entry(1, persons=[{"id": 1, "name": "Champa"}])
    import_schedule(organizer, event, programme(renamed), "b.json")
    assert Speaker.objects.get().name == "Champa"
    assert all("champa" in text for text in Session.objects.values_list("search_text", flat=True))


def test_sessions_that_disappeared_are_listed_and_cancelled_only_on_request(
    event: Event, organizer: Any
) -> None:
    own = actions.create_session(
        organizer,
        event,
        title={"en": "Made here"},
        start=datetime.fromisoformat("2026-11-24T18:00+08:00"),
        end=datetime.fromisoformat("2026-11-24T19:00+08:00"),
    )
    import_schedule(organizer, event, programme(entry(1), entry(2)), "a.json")
    plan = import_schedule(organizer, event, programme(entry(1)), "b.json").plan
    assert [str(slot.session) for slot in plan.missing] == ["Session 2"]
    assert not Slot.objects.filter(cancelled=True).exists()
    report = import_schedule(organizer, event, programme(entry(1)), "b.json", cancel_missing=True)
    assert [str(slot.session) for slot in report.cancelled] == ["Session 2"]
    assert [str(slot.session) for slot in Slot.objects.filter(cancelled=True)] == ["Session 2"]
    assert Slot.objects.get(session=own).cancelled is False
    plan = import_schedule(organizer, event, programme(entry(1), entry(2)), "a.json").plan
    assert [change.field for one in plan.changed for change in one.changes] == ["State"]
    assert not Slot.objects.filter(cancelled=True).exists(), "What is back in the file takes place again."


def test_another_programme_in_the_same_event_is_not_missing(event: Event, organizer: Any) -> None:
    import_schedule(organizer, event, programme(entry(1), entry(2)), "a.json")
    other = programme(entry(50)).replace(b"programme.example", b"other.example")
    plan = import_schedule(organizer, event, other, "b.json", cancel_missing=True).plan
    assert plan.missing == [] and not Slot.objects.filter(cancelled=True).exists()
    # The same programme at another address is known by its sessions.
    gone = programme(entry(2)).replace(b"https://programme.example", b"https://moved.example")
    assert [str(slot.session) for slot in plan_import(organizer, event, gone, "d.json").missing] == [
        "Session 1"
    ]


def test_release_at_once_gives_readers_the_new_times(event: Event, organizer: Any) -> None:
    report = import_schedule(organizer, event, programme(entry(1)), "a.json", release_now=True)
    assert report.release is not None and report.release.version == "1.0"
    assert released_sessions(None, event).count() == 1
    report = import_schedule(organizer, event, programme(entry(1)), "a.json", release_now=True)
    assert report.release is None, "Nothing has moved."


def test_numbers_and_codes_that_repeat_in_a_file_become_unique(event: Event, organizer: Any) -> None:
    entries = [entry(number, id=4, code="ABC234") for number in (1, 2)]
    entries.append(entry(3, id=1, code="TOOLONG99"))
    import_schedule(organizer, event, programme(*entries), "a.json")
    first, second, third = (Session.objects.get(guid=guid(number)) for number in (1, 2, 3))
    assert first.number == 4 and first.code == "ABC234"
    assert second.number not in (4, 1) and second.code != "ABC234" and len(second.code) == 6
    assert third.number == 1 and len(third.code) == 6


def test_people_are_known_by_guid_code_or_number_of_their_programme(event: Event, organizer: Any) -> None:
    by_code = entry(1, persons=[{"code": "NOYKEO", "name": "Noy"}])
    import_schedule(organizer, event, programme(by_code), "a.json")
    with_guid = entry(2, persons=[{"code": "NOYKEO", "guid": guid(700), "name": "Noy Keomany"}])
    import_schedule(organizer, event, programme(by_code, with_guid), "b.json")
    assert Speaker.objects.count() == 1
    # The same number in another programme is somebody else.
    import_schedule(organizer, event, programme(entry(3, persons=[{"id": 5, "name": "A"}])), "c.json")
    other = programme(entry(4, persons=[{"id": 5, "name": "B"}])).replace(
        b"programme.example", b"other.example"
    )
    import_schedule(organizer, event, other, "d.json")
    assert sorted(Speaker.objects.values_list("name", flat=True)) == ["A", "B", "Noy"]


def test_texts_are_kept_under_the_language_of_the_session(event: Event, organizer: Any) -> None:
    data = programme(
        entry(1, language="zh-CN", title="绿色能源", type="主旨演讲"),
        entry(2, language="", title="ພະລັງງານ", type="Workshop"),
        entry(3, language="deu", title="Strom", type="Vortrag"),
        entry(4, language="", title="Plain", type="Something else"),
    )
    import_schedule(organizer, event, data, "a.json")
    told = {
        each.number: (each.title, each.language, each.kind, each.kind_name) for each in Session.objects.all()
    }
    assert told == {
        1: ({"zh-hans": "绿色能源"}, "zh", "keynote", "主旨演讲"),
        2: ({"lo": "ພະລັງງານ"}, "", "workshop", ""),
        3: ({"de": "Strom"}, "de", "talk", "Vortrag"),
        4: ({"en": "Plain"}, "", "other", "Something else"),
    }


def test_do_not_record_forbids_recording(event: Event, organizer: Any) -> None:
    import_schedule(organizer, event, programme(entry(1, do_not_record=True), entry(2)), "a.json")
    assert dict(Session.objects.values_list("number", "recording_allowed")) == {1: False, 2: True}


def test_days_outside_the_event_are_added_with_a_warning(event: Event, organizer: Any) -> None:
    data = programme(entry(1), entry(2, date="2026-11-28T09:00:00+08:00", start="09:00"))
    plan = plan_import(organizer, event, data, "a.json")
    assert any("outside the dates of the event" in problem.message for problem in plan.warnings)
    import_schedule(organizer, event, data, "a.json")
    assert [day.date for day in Day.objects.all()] == [date(2026, 11, day) for day in (24, 25, 26, 28)]
    again = plan_import(organizer, event, data, "a.json").warnings
    assert not any("dates of the event" in problem.message for problem in again), "They are there now."
    inside = make_event("inside")
    import_schedule(make_organizer(inside), inside, programme(entry(1)), "a.json")
    assert not Day.objects.filter(event=inside).exists(), "The event's own dates are enough."


def test_halls_are_found_by_guid_or_by_any_of_their_names(event: Event, organizer: Any) -> None:
    hall = actions.save_hall(
        organizer,
        event,
        None,
        name={"en": "Tea Hall", "zh-hans": "茶厅"},
        kind="venue",
        capacity=40,
        description={},
    )
    import_schedule(organizer, event, programme(entry(1, room="茶厅")), "a.json")
    hall.refresh_from_db()
    assert Hall.objects.get() == hall and hall.name == {"en": "Tea Hall", "zh-hans": "茶厅"}
    assert (hall.kind, hall.capacity) == ("venue", 40)


def test_the_same_file_in_two_events_makes_two_programmes(event: Event, organizer: Any) -> None:
    other = make_event("other")
    make_organizer(other)
    data = programme(entry(1), entry(2))
    import_schedule(organizer, event, data, "a.json")
    theirs = list(Session.objects.filter(event=event).order_by("pk").values())
    import_schedule(organizer, other, programme(entry(1, title="Changed")), "b.json", cancel_missing=True)
    assert list(Session.objects.filter(event=event).order_by("pk").values()) == theirs
    assert Session.objects.filter(event=other).count() == 1
    assert not Slot.objects.filter(session__event=event, cancelled=True).exists()


def test_speakers_with_an_account_keep_their_part_in_the_room(event: Event, organizer: Any) -> None:
    person = make_person("noy@example.org")
    import_schedule(organizer, event, programme(entry(1), entry(2)), "a.json")
    speaker = Speaker.objects.get(name="Person 1")
    actions.link_speaker(organizer, event, speaker.code, email=person.email)
    data = programme(entry(1, persons=[]), entry(2, persons=[{"id": 1, "name": "Person 1"}]))
    import_schedule(organizer, event, data, "b.json")
    rooms = {role.room.session.number: role.role for role in RoomRole.objects.filter(user=person)}
    assert rooms == {2: "speaker"}


BROKEN = {
    "not a programme": (b'{"talks": []}', "no “schedule”", 1),
    "cut short": (programme(entry(1))[:900], "not valid JSON", None),
    "no start": (
        programme(entry(1), entry(2, date="2026-11-24T09:00", start="")).replace(b'T09:00"', b'Txx"'),
        "start",
        None,
    ),
    "the same guid twice": (programme(entry(1), entry(2, guid=guid(1))), "same guid", None),
    "negative duration": (programme(entry(1), entry(2, duration="-0:30")), "longer than no time", None),
    "empty": (b"", "empty", None),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\xff", "", None),
    "an xml bomb": (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><schedule>&b;</schedule>',
        "",
        None,
    ),
    "a file of the server": (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><schedule><version>&a;</version></schedule>',
        "",
        None,
    ),
    "20.1 MiB": (b" " * int(20.1 * 1024 * 1024), "larger than", None),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_changes_no_table_and_says_why(event: Event, organizer: Any, name: str) -> None:
    data, sentence, line = BROKEN[name]
    import_schedule(organizer, event, programme(entry(7)), "first.json")
    before = everything()
    plan = plan_import(organizer, event, data, "broken")
    assert plan.broken and plan.sessions == []
    assert sentence in plan.errors[0].message and "root:" not in plan.errors[0].message
    if line:
        assert plan.errors[0].line == line
    with pytest.raises(Invalid) as refused:
        import_schedule(organizer, event, data, "broken", cancel_missing=True, release_now=True)
    assert sentence in str(refused.value.message)
    assert everything() == before


@pytest.mark.parametrize("role", [None, *(role for role in EventRole.Role.values if role != "organizer")])
def test_nobody_but_an_organizer_may_import(event: Event, role: str | None) -> None:
    person = make_person()
    if role:
        EventRole.objects.create(event=event, user=person, role=role)
    make_organizer(make_event("another"), person.email)
    before = everything()
    for attempt in (plan_import, import_schedule):
        with pytest.raises(Denied):
            attempt(person, event, programme(entry(1)), "a.json")
    assert everything() == before
    Event.objects.filter(pk=event.pk).update(state=Event.State.DRAFT)
    with pytest.raises(Denied if role else Missing):
        plan_import(person, event, programme(entry(1)), "a.json")


def test_an_archived_event_is_not_imported_into(event: Event, organizer: Any) -> None:
    Event.objects.filter(pk=event.pk).update(state=Event.State.ARCHIVED)
    before = everything()
    with pytest.raises(Conflict):
        import_schedule(organizer, event, programme(entry(1)), "a.json")
    assert everything() == before


def test_what_was_not_seen_in_the_report_is_not_imported(event: Event, organizer: Any) -> None:
    import_schedule(organizer, event, programme(entry(1)), "a.json")
    data = programme(entry(1, title="Renamed"))
    seen = plan_import(organizer, event, data, "b.json").fingerprint
    actions.edit_session(organizer, event, Session.objects.get().code, title={"en": "Edited meanwhile"})
    before = everything()
    with pytest.raises(Conflict):
        import_schedule(organizer, event, data, "b.json", seen=seen)
    assert everything() == before
    seen = plan_import(organizer, event, data, "b.json").fingerprint
    import_schedule(organizer, event, data, "b.json", seen=seen)
    assert Session.objects.get().title == {"en": "Renamed"}


def queries(work: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        work()
    return len(captured)


def test_three_hundred_sessions_take_as_many_queries_as_three(event: Event, organizer: Any) -> None:
    counts = {}
    for size in (3, 300):
        target = make_event(f"of-{size}")
        person = make_organizer(target, f"of-{size}@example.org")
        entries = [
            entry(1 + number % 20, id=number, guid=guid(number), title=f"T{number}")
            for number in range(1, size + 1)
        ]
        first = queries(lambda: import_schedule(person, target, programme(*entries), "a.json"))  # noqa: B023
        again = queries(lambda: import_schedule(person, target, programme(*entries), "a.json"))  # noqa: B023
        changed = [{**one, "title": f"{one['title']}!", "room": "Hall 9"} for one in entries]
        update = queries(lambda: import_schedule(person, target, programme(*changed), "a.json"))  # noqa: B023
        dry = queries(lambda: plan_import(person, target, programme(*changed), "a.json"))  # noqa: B023
        counts[size] = (first, again, update, dry)
    assert counts[3] == counts[300]
    assert max(counts[300]) <= 40, counts


@pytest.mark.django_db(transaction=True)
def test_a_second_organizer_waits_until_the_first_import_is_done(event: Event, organizer: Any) -> None:
    second = make_organizer(event, "second@example.org")
    done = threading.Event()
    failures: list[BaseException] = []

    def other() -> None:
        try:
            plan = import_schedule(second, event, programme(entry(1), entry(2)), "b.json").plan
            assert plan.counts == {"new": 1, "changed": 0, "same": 1, "missing": 0}
        except BaseException as error:
            failures.append(error)
        finally:
            done.set()
            connection.close()

    thread = threading.Thread(target=other)
    with transaction.atomic():
        import_schedule(organizer, event, programme(entry(1)), "a.json")
        thread.start()
        assert not done.wait(0.7), "The second waits for the lock on the event."
    assert done.wait(20)
    thread.join()
    assert failures == []
    assert Session.objects.count() == 2


@pytest.mark.skipif(not SCHEDULES.is_dir(), reason=NO_SCHEDULES)
@pytest.mark.parametrize(("name", "count"), [("frab-camp2019.json", 79), ("pretalx-democon.json", 36)])
def test_a_real_programme_is_imported_once_and_again_without_doubles(
    event: Event, organizer: Any, name: str, count: int
) -> None:
    data = (SCHEDULES / name).read_bytes()
    plan = import_schedule(organizer, event, data, name).plan
    assert (
        plan.counts["new"] == count == Session.objects.count() == Slot.objects.count() == Room.objects.count()
    )
    assert Hall.objects.count() == 2
    rows = (
        Speaker.objects.count(),
        SessionSpeaker.objects.count(),
        Track.objects.count(),
        Day.objects.count(),
    )
    again = import_schedule(organizer, event, data, name).plan
    assert again.counts == {"new": 0, "changed": 0, "same": count, "missing": 0}
    assert rows == (
        Speaker.objects.count(),
        SessionSpeaker.objects.count(),
        Track.objects.count(),
        Day.objects.count(),
    )
