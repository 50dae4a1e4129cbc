"""What readers see of a programme, in how many queries, and what clashes in the draft."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from conference.core.errors import Denied, Missing
from conference.core.models import Event
from conference.programme.actions import feed_address, revoke_feed
from conference.programme.models import SessionSpeaker, Slot
from conference.programme.queries import (
    Filters,
    agenda_of,
    by_day,
    choices_of,
    clashes,
    days_of,
    door_of,
    draft_of,
    get_session,
    get_speaker,
    now_and_next,
    pending_changes,
    person_of_feed,
    released_sessions,
    session_data,
)
from tests.factories import (
    START,
    make_attendee,
    make_event,
    make_hall,
    make_organizer,
    make_session,
    make_speaker,
    make_star,
    make_track,
    make_user,
    release_all,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def titles(slots: object) -> list[str]:
    return [str(slot.session) for slot in slots]  # type: ignore[attr-defined]


def test_readers_see_the_newest_release_and_nothing_of_the_draft() -> None:
    event = make_event()
    old = make_session(event, "First")
    release_all(event)
    make_session(event, "Second", start=START + HOUR)
    Slot.objects.filter(session=old, release=None).update(start=START + 2 * HOUR, end=START + 3 * HOUR)
    assert titles(released_sessions(None, event)) == ["First"]
    assert released_sessions(None, event)[0].start == START
    release_all(event)
    assert titles(released_sessions(None, event)) == ["Second", "First"]


def test_the_programme_of_a_draft_event_is_shown_to_those_with_a_part_in_it() -> None:
    event = make_event(state=Event.State.DRAFT)
    make_session(event)
    release_all(event)
    assert not released_sessions(None, event)
    assert not released_sessions(make_user(), event)
    assert not days_of(AnonymousUser(), event)
    assert released_sessions(make_organizer(event), event)


def test_filters_narrow_by_track_language_type_room_and_agenda() -> None:
    event = make_event()
    track, hall = make_track(event, slug="tea"), make_hall(event)
    person = make_attendee(event)
    a = make_session(event, "A", track=track, language="zh-hans", kind="panel")
    b = make_session(event, "B", hall=hall, language="th", interpreted=["zh", "en"])
    make_session(event, "C", kind="other", kind_name="Meetup")
    make_star(person, b)
    release_all(event)

    def found(**wanted: object) -> list[str]:
        return titles(released_sessions(person, event, Filters(**wanted)))  # type: ignore[arg-type]

    assert found(track="tea") == ["A"]
    assert found(language="zh") == ["A", "B"] or found(language="zh") == ["B", "A"]
    assert found(language="th") == ["B"]
    assert found(kind="panel") == ["A"]
    assert found(kind="Meetup") == ["C"]
    assert found(hall=hall.pk) == ["B"]
    assert found(mine=True) == ["B"]
    assert titles(released_sessions(None, event, Filters(mine=True))) == []
    choices = choices_of(person, event)
    assert choices.languages == ["en", "th", "zh"]
    assert [kind for kind, _label in choices.kinds] == ["Meetup", "panel", "talk"]
    assert a.code


@pytest.mark.parametrize("count", [1, 3, 300])
def test_the_list_takes_two_queries_however_long_it_is(count: int, django_assert_num_queries: object) -> None:
    event = make_event()
    track, hall, speaker = make_track(event), make_hall(event), make_speaker(event)
    for number in range(count):
        make_session(
            event, start=START + number * timedelta(minutes=5), track=track, hall=hall, speakers=(speaker,)
        )
    release_all(event)
    with django_assert_num_queries(2):  # type: ignore[operator]
        data = [session_data(slot) for slot in released_sessions(None, event)]
    assert len(data) == count
    assert data[0]["speakers"] == [{"code": speaker.code, "name": speaker.name}]


def test_what_starts_after_midnight_belongs_to_the_evening_before() -> None:
    event = make_event()
    make_session(event, "Day", start=START)
    make_session(event, "Night", start=START + timedelta(hours=15))
    make_session(event, "Early", start=START + timedelta(hours=18, minutes=30))
    release_all(event)
    grouped = by_day(event, days_of(None, event), released_sessions(None, event))
    assert [(day.date, titles(slots)) for day, slots in grouped] == [
        (date(2026, 11, 24), ["Day", "Night"]),
        (date(2026, 11, 25), ["Early"]),
    ]


def test_now_tells_what_is_on_what_comes_and_what_is_next_for_me() -> None:
    event = make_event()
    person = make_attendee(event)
    make_session(event, "Over", start=START - HOUR)
    make_session(event, "Coffee", kind="break")
    make_session(event, "On")
    make_session(event, "Fallen", cancelled=True)
    make_session(event, "Soon", start=START + HOUR)
    mine = make_session(event, "Mine", start=START + 5 * HOUR)
    make_star(person, mine)
    release_all(event)
    now = now_and_next(person, event, START + timedelta(minutes=5))
    assert titles(now.on) == ["On", "Coffee"]
    assert titles(now.next) == ["Soon", "Mine"]
    assert now.mine is not None and now.mine.session == mine
    assert now_and_next(None, event, START).mine is None
    assert now.first == START - HOUR


def test_the_door_of_a_session_opens_a_quarter_of_an_hour_before_it() -> None:
    event = make_event()
    make_session(event, minutes=60)
    slot = Slot.objects.select_related("session").get()
    assert door_of(slot, START - timedelta(minutes=16)) == "early"
    assert door_of(slot, START - timedelta(minutes=15)) == "open"
    assert door_of(slot, START + timedelta(minutes=89)) == "open"
    assert door_of(slot, START + timedelta(minutes=90)) == "over"
    slot.cancelled = True
    assert door_of(slot, START) == "none"


def test_an_agenda_tells_overlaps_own_parts_and_what_is_gone() -> None:
    event = make_event()
    person = make_attendee(event)
    speaker = make_speaker(event, user=person)
    first = make_session(event, "First", minutes=60)
    second = make_session(event, "Second", start=START + timedelta(minutes=30), speakers=(speaker,))
    after = make_session(event, "After", start=START + HOUR, minutes=10)
    gone = make_session(event, "Gone", start=None)
    for session in (first, after, gone):
        make_star(person, session)
    release_all(event)
    agenda = agenda_of(person, event)
    assert titles(agenda.slots) == ["First", "Second", "After"]
    assert [(str(a.session), str(b.session)) for a, b in agenda.clashes] == [
        ("First", "Second"),
        ("Second", "After"),
    ]
    assert agenda.part_in == {second.pk}
    assert agenda.gone == [gone]
    assert agenda_of(AnonymousUser(), event).slots == []


def test_clashes_name_rooms_people_days_and_seats() -> None:
    event = make_event()
    organizer = make_organizer(event)
    small, other = make_hall(event, capacity=40), make_hall(event)
    speaker = make_speaker(event)
    make_session(event, "A", hall=small, speakers=(speaker,), capacity=60)
    make_session(event, "B", hall=small, start=START + timedelta(minutes=30))
    make_session(event, "C", hall=other, start=START + timedelta(minutes=10), minutes=10, speakers=(speaker,))
    make_session(event, "Late", start=START + timedelta(days=9))
    make_session(event, "Cancelled", hall=small, cancelled=True, speakers=(speaker,))
    make_session(event, "After", hall=small, start=START + timedelta(minutes=75))
    found = [(clash.kind, titles(clash.slots)) for clash in clashes(organizer, event)]
    assert sorted(found) == [
        ("capacity", ["A"]),
        ("day", ["Late"]),
        ("hall", ["A", "B"]),
        ("speaker", ["A", "C"]),
    ]


@pytest.mark.parametrize("count", [1, 3, 60])
def test_clashes_take_the_same_queries_however_many_sessions_there_are(
    count: int, django_assert_num_queries: object
) -> None:
    event = make_event()
    organizer = make_organizer(event)
    hall, speaker = make_hall(event), make_speaker(event)
    for _number in range(count):
        make_session(event, hall=hall, speakers=(speaker,))
    with django_assert_num_queries(4):  # type: ignore[operator]
        clashes(organizer, event)


def test_only_organizers_read_the_draft() -> None:
    event = make_event()
    make_session(event)
    for stranger in (
        AnonymousUser(),
        make_attendee(event),
        make_user(roles=(event, "moderator")),
        make_organizer(make_event()),
    ):
        for read in (draft_of, clashes, pending_changes):
            with pytest.raises(Denied):
                read(stranger, event)


def test_an_unreleased_session_or_speaker_is_missing_to_all_but_organizers() -> None:
    event = make_event()
    speaker = make_speaker(event)
    session = make_session(event, speakers=(speaker,))
    for stranger in (None, make_attendee(event)):
        with pytest.raises(Missing):
            get_session(stranger, event, session.code)
        with pytest.raises(Missing):
            get_speaker(stranger, event, speaker.code)
    page = get_session(make_organizer(event), event, session.code)
    assert page.session == session and not page.released and page.slot is not None
    release_all(event)
    assert get_session(None, event, session.code).released
    assert get_speaker(None, event, speaker.code)[0] == speaker


def test_a_session_of_another_event_is_missing_here() -> None:
    event, other = make_event(), make_event()
    session = make_session(other)
    release_all(other)
    with pytest.raises(Missing):
        get_session(make_organizer(event), event, session.code)


def test_a_revoked_address_shows_nobodys_agenda() -> None:
    event = make_event()
    person = make_attendee(event)
    secret = feed_address(person, event).secret
    assert person_of_feed(event, secret) == person
    with pytest.raises(Missing):
        person_of_feed(make_event(), secret)
    revoke_feed(person, event)
    with pytest.raises(Missing):
        person_of_feed(event, secret)
    assert SessionSpeaker.objects.count() == 0
