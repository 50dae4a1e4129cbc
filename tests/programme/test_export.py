"""The released programme as files and calendars: valid, stable, and the same after a journey out and back in."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import vobject
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar
from jsonschema import Draft6Validator, FormatChecker
from lxml import etree

from conference.core.models import Event
from conference.programme import actions
from conference.programme.importing import import_schedule, plan_import
from conference.programme.models import AgendaFeed, Session, Speaker
from tests.programme.exchanged import (
    NO_SCHEDULES,
    SCHEDULES,
    entry,
    guid,
    make_event,
    make_organizer,
    make_person,
    programme,
)

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script> ' OR 1=1 --"


@pytest.fixture
def event() -> Event:
    return make_event()


@pytest.fixture
def organizer(event: Event) -> Any:
    return make_organizer(event)


def url(name: str, *args: object) -> str:
    return reverse(name, args=args)


def released(organizer: Any, event: Event, *entries: dict[str, Any]) -> None:
    import_schedule(organizer, event, programme(*entries), "a.json", release_now=True)


def entries_of(body: bytes) -> dict[str, Any]:
    """The entries by title, read by icalendar."""
    return {str(each["summary"]): each for each in Calendar.from_ical(body).walk("VEVENT")}


def rich_programme(organizer: Any, event: Event) -> None:
    """Two languages, three parts, a hall that is online, a track, a label, a cancelled session, and other scripts."""
    hall = actions.save_hall(
        organizer, event, None, name={"en": "Tea Hall", "zh-hans": "茶厅"}, kind="venue", capacity=80,
        description={"en": "Ground floor", "zh-hans": "一楼"},
    )  # fmt: skip
    online = actions.save_hall(
        organizer, event, None, name={"en": "Online"}, kind="online", capacity=None, description={}
    )
    track = actions.save_track(
        organizer, event, None, name={"en": "Energy", "zh-hans": "能源"}, colour="#118833"
    )
    actions.save_day(
        organizer, event, None, date=event.starts_on, label={"en": "Opening day", "zh-hans": "开幕日"}
    )
    noy = actions.create_speaker(
        organizer, event, name="ນ້ອຍ ແກ້ວມະນີ", name_latin="Noy Keomany", name_chinese="诺伊", country="LA",
        affiliation="National University of Laos", biography={"en": "Grid engineer.", "lo": "ວິສະວະກອນ"},
    )  # fmt: skip
    li = actions.create_speaker(organizer, event, name="李娜", biography={"zh-hans": "翻译"})
    nine = datetime.fromisoformat("2026-11-24T09:00+08:00")
    actions.create_session(
        organizer, event, start=nine, end=nine + timedelta(minutes=45), hall=hall,
        parts={noy.pk: "speaker", li.pk: "interpreter"},
        title={"en": "Power across borders", "zh-hans": "跨境电力"},
        abstract={"en": "Line one.\r\nLine two.", "zh-hans": "第一行。"},
        kind="roadshow", track=track, language="zh", interpreted=["en", "lo"], capacity=60,
        recording_allowed=False, recording_licence="CC BY 4.0",
    )  # fmt: skip
    late = actions.create_session(
        organizer, event, start=nine + timedelta(hours=15, minutes=30), end=nine + timedelta(hours=17), hall=online,
        parts={noy.pk: "moderator"}, title={"zh-hans": "深夜"}, kind="break", language="",
    )  # fmt: skip
    actions.release(organizer, event, version="1.0")
    actions.cancel_session(organizer, event, late.code)
    actions.release(organizer, event, version="1.1")


def check(json_body: bytes, xml_body: bytes) -> None:
    schema = json.loads((SCHEDULES / "schema.json").read_text())
    Draft6Validator(schema, format_checker=FormatChecker()).validate(json.loads(json_body))
    etree.XMLSchema(etree.parse(str(SCHEDULES / "schema.xsd"))).assertValid(etree.fromstring(xml_body))


def comparable(body: bytes, slug: str) -> Any:
    return json.loads(body.replace(f"http://testserver/{slug}/".encode(), b"http://testserver/EVENT/"))


@pytest.mark.skipif(not SCHEDULES.is_dir(), reason=NO_SCHEDULES)
@pytest.mark.parametrize("name", ["frab-camp2019.json", "pretalx-democon.json", "ours"])
def test_what_is_exported_is_valid_and_the_same_after_an_import_elsewhere(
    event: Event, organizer: Any, client: Client, name: str
) -> None:
    if name == "ours":
        rich_programme(organizer, event)
    else:
        import_schedule(organizer, event, (SCHEDULES / name).read_bytes(), name, release_now=True)
    first = client.get(url("schedule_json", "camp")).content
    check(first, client.get(url("schedule_xml", "camp")).content)
    other = make_event("elsewhere")
    import_schedule(make_organizer(other), other, first, "schedule.json", release_now=True)
    version = json.loads(first)["schedule"]["version"]
    other.releases.update(version=version)
    cache.clear()
    second = client.get(url("schedule_json", "elsewhere")).content
    assert comparable(second, "elsewhere") == comparable(first, "camp")
    for code in Session.objects.filter(event=event).values_list("code", flat=True):
        assert Session.objects.filter(event=other, code=code).exists()
    again = import_schedule(other.roles.get(role="organizer").user, other, second, "schedule.json").plan
    assert again.counts["changed"] == again.counts["new"] == 0


def test_every_language_and_every_part_comes_back(event: Event, organizer: Any, client: Client) -> None:
    rich_programme(organizer, event)
    for language in ("en", "zh-hans"):
        body = client.get(url("schedule_json", "camp"), {"lang": language}).content
        other = make_event(f"from-{language}")
        import_schedule(make_organizer(other), other, body, "schedule.json")
        fields = ("title", "abstract", "kind", "language", "interpreted", "capacity", "recording_allowed")
        ours = list(Session.objects.filter(event=event).order_by("number").values(*fields))
        assert list(Session.objects.filter(event=other).order_by("number").values(*fields)) == [
            {**one, "abstract": {tag: text.replace("\r\n", "\n") for tag, text in one["abstract"].items()}}
            for one in ours
        ]
        fields = ("name", "name_latin", "name_chinese", "affiliation", "country", "biography", "guid", "code")
        assert list(Speaker.objects.filter(event=other).order_by("code").values(*fields)) == list(
            Speaker.objects.filter(event=event).order_by("code").values(*fields)
        )
        for rows in ("halls", "tracks"):
            assert sorted(str(row.name) for row in getattr(other, rows).all()) == sorted(
                str(row.name) for row in getattr(event, rows).all()
            )
        assert other.halls.get(name__en="Tea Hall").kind == "venue"
        assert other.halls.get(name__en="Online").kind == "online"
        assert other.days.get(date=event.starts_on).label == {"en": "Opening day", "zh-hans": "开幕日"}
        parts = {str(part.speaker): part.part for one in other.sessions.all() for part in one.parts.all()}
        assert parts["李娜"] == "interpreter"


def test_a_title_changed_by_hand_in_the_file_wins_over_its_translations(
    event: Event, organizer: Any, client: Client
) -> None:
    rich_programme(organizer, event)
    body = client.get(url("schedule_json", "camp"), {"lang": "en"}).content
    edited = body.replace(b'"title": "Power across borders"', b'"title": "Edited by hand"')
    assert edited != body
    import_schedule(organizer, event, edited, "schedule.json")
    # The session is in Chinese, so a plain text of its file counts as Chinese.
    assert Session.objects.get(kind="roadshow").title["zh-hans"] == "Edited by hand"


def test_the_file_is_in_the_language_asked_for(event: Event, organizer: Any, client: Client) -> None:
    rich_programme(organizer, event)
    chinese = client.get(url("schedule_json", "camp"), {"lang": "zh-hans"})
    assert json.loads(chinese.content)["schedule"]["conference"]["title"] == "技术营"
    assert chinese["Content-Language"] == "zh-hans"
    assert "跨境电力" in client.get(url("schedule_ics", "camp"), {"lang": "zh-hans"}).content.decode()
    assert "Power across borders" in client.get(url("schedule_ics", "camp"), {"lang": "en"}).content.decode()
    by_browser = client.get(url("schedule_json", "camp"), headers={"Accept-Language": "zh-CN"})
    assert by_browser.content == chinese.content
    assert "Accept-Language" in by_browser["Vary"]


def test_rooms_of_the_same_name_stay_two_rooms(event: Event, organizer: Any, client: Client) -> None:
    start = datetime.fromisoformat("2026-11-24T09:00+08:00")
    for number in range(2):
        hall = actions.save_hall(
            organizer, event, None, name={"en": "Hall"}, kind="both", capacity=None, description={}
        )
        actions.create_session(
            organizer,
            event,
            title={"en": f"S{number}"},
            start=start,
            end=start + timedelta(hours=1),
            hall=hall,
        )
    actions.release(organizer, event, version="1")
    conference = json.loads(client.get(url("schedule_json", "camp")).content)["schedule"]["conference"]
    assert [room["name"] for room in conference["rooms"]] == ["Hall", "Hall (2)"]
    assert {name: len(found) for name, found in conference["days"][0]["rooms"].items()} == {
        "Hall": 1,
        "Hall (2)": 1,
    }


def test_media_types_cors_and_names(event: Event, organizer: Any, client: Client) -> None:
    released(organizer, event, entry(1))
    types = {
        "schedule_json": "application/json",
        "schedule_xml": "application/vnd.c3voc.schedule+xml; charset=utf-8",
        "schedule_ics": "text/calendar; charset=utf-8",
    }
    for name, media_type in types.items():
        response = client.get(url(name, "camp"))
        assert response.status_code == 200 and response["Content-Type"] == media_type
        assert response["Access-Control-Allow-Origin"] == "*"
        asked = client.options(url(name, "camp"))
        assert asked.status_code == 204 and "If-None-Match" in asked["Access-Control-Allow-Headers"]
        assert client.post(url(name, "camp")).status_code == 405


@pytest.mark.parametrize("name", ["schedule_json", "schedule_xml", "schedule_ics"])
def test_whoever_has_the_file_gets_304_until_something_changes(
    event: Event, organizer: Any, client: Client, name: str
) -> None:
    released(organizer, event, entry(1), entry(2))
    first = client.get(url(name, "camp"))
    tag = first["ETag"]
    assert tag.startswith('"') and tag.endswith('"') and len(tag) == 66
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(url(name, "camp"), headers={"If-None-Match": header})
        assert again.status_code == 304 and again.content == b"", header
        assert again["ETag"] == tag and again["Access-Control-Allow-Origin"] == "*"
    assert client.get(url(name, "camp"), headers={"If-None-Match": tag.strip('"')}).status_code == 200
    later = {"If-Modified-Since": first["Last-Modified"]}
    assert client.get(url(name, "camp"), headers=later).status_code == 304
    cache.clear()
    assert client.get(url(name, "camp"))["ETag"] == tag, "The same content is the same file, cached or not."
    session, speaker = Session.objects.get(number=1), Speaker.objects.get(number=1)
    steps = [
        lambda: actions.edit_session(
            organizer, event, session.code, title={"en": "Edited after the release"}
        ),
        lambda: actions.edit_speaker(organizer, event, speaker.code, name="Married"),
        lambda: actions.save_hall(
            organizer,
            event,
            event.halls.get().pk,
            name={"en": "Renamed"},
            kind="both",
            capacity=5,
            description={},
        ),
        lambda: Event.objects.filter(pk=event.pk).update(
            name={"en": "Another name"}, venue={"en": "Another"}
        ),
        lambda: import_schedule(
            organizer, event, programme(entry(1, room="Hall 7"), entry(2)), "b.json", release_now=True
        ),
    ]
    seen = {tag}
    for number, step in enumerate(steps):
        step()
        tag = client.get(url(name, "camp"), headers={"If-None-Match": tag})["ETag"]
        assert tag not in seen, number
        seen.add(tag)


def test_what_is_only_in_the_draft_is_in_no_file(event: Event, organizer: Any, client: Client) -> None:
    released(organizer, event, entry(1))
    import_schedule(organizer, event, programme(entry(1), entry(2, title="Secret plan")), "b.json")
    unreleased = Session.objects.get(number=2)
    for name in ("schedule_json", "schedule_xml", "schedule_ics"):
        assert b"Secret plan" not in client.get(url(name, "camp")).content
    assert client.get(url("session_ics", "camp", unreleased.code)).status_code == 404
    assert client.get(url("speaker_ics", "camp", Speaker.objects.get(number=2).code)).status_code == 404


def test_before_the_first_release_the_files_are_empty_and_valid(event: Event, client: Client) -> None:
    answers = [client.get(url(name, "camp")) for name in ("schedule_json", "schedule_xml", "schedule_ics")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    if SCHEDULES.is_dir():
        check(answers[0].content, answers[1].content)


def test_a_draft_event_is_for_its_organizers_alone(event: Event, organizer: Any, client: Client) -> None:
    released(organizer, event, entry(1))
    Event.objects.filter(pk=event.pk).update(state=Event.State.DRAFT)
    code = Session.objects.get().code
    person = make_person()
    feed = AgendaFeed.objects.create(user=person, event=event, secret="s" * 43)
    addresses = [
        *(url(name, "camp") for name in ("schedule_json", "schedule_xml", "schedule_ics")),
        url("session_ics", "camp", code),
        url("agenda_ics", "camp", feed.secret),
    ]
    for viewer in (None, person):
        if viewer:
            client.force_login(viewer)
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 404 and "Access-Control-Allow-Origin" not in answer, address
    client.force_login(organizer)
    answer = client.get(addresses[0])
    assert answer.status_code == 200 and "Access-Control-Allow-Origin" not in answer
    client.logout()
    assert client.get(addresses[0]).status_code == 404, (
        "What an organizer was shown is not shown to the next."
    )


def test_a_moved_session_keeps_its_uid_and_raises_its_sequence(
    event: Event, organizer: Any, client: Client
) -> None:
    released(organizer, event, entry(1), entry(2))
    before = entries_of(client.get(url("schedule_ics", "camp")).content)
    assert before["Session 1"]["sequence"] == 0 and before["Session 1"]["status"] == "CONFIRMED"
    assert "TZID=Asia/Shanghai" in before["Session 1"]["dtstart"].to_ical().decode() or (
        before["Session 1"]["dtstart"].params["TZID"] == "Asia/Shanghai"
    )
    released(organizer, event, entry(1, date="2026-11-25T15:00:00+08:00", start="15:00"), entry(2))
    after = entries_of(client.get(url("schedule_ics", "camp")).content)
    assert after["Session 1"]["uid"] == before["Session 1"]["uid"]
    assert after["Session 1"]["sequence"] == 1 and after["Session 2"]["sequence"] == 0
    assert after["Session 1"].decoded("dtstart") == datetime.fromisoformat("2026-11-25T15:00+08:00")
    elsewhere = client.get(url("schedule_ics", "camp"), headers={"Host": "127.0.0.1"}).content
    assert entries_of(elsewhere)["Session 1"]["uid"] == before["Session 1"]["uid"]


def test_cancelled_and_fallen_sessions_stay_in_calendars_as_cancelled(
    event: Event, organizer: Any, client: Client
) -> None:
    released(organizer, event, entry(1), entry(2), entry(3))
    actions.cancel_session(organizer, event, Session.objects.get(number=1).code)
    fallen = Session.objects.get(number=2)
    actions.move_session(organizer, event, fallen.code, start=None, end=None, hall=None)
    actions.release(organizer, event, version="2.0")
    body = client.get(url("schedule_ics", "camp")).content
    told = {title: (each["status"], int(each["sequence"])) for title, each in entries_of(body).items()}
    assert told == {
        "Session 1": ("CANCELLED", 1),
        "Session 2": ("CANCELLED", 1),
        "Session 3": ("CONFIRMED", 0),
    }
    alone = entries_of(client.get(url("session_ics", "camp", fallen.code)).content)
    assert alone["Session 2"]["status"] == "CANCELLED"
    theirs = entries_of(client.get(url("speaker_ics", "camp", Speaker.objects.get(number=2).code)).content)
    assert theirs["Session 2"]["status"] == "CANCELLED"
    file = client.get(url("schedule_json", "camp")).content
    days = json.dumps(json.loads(file)["schedule"]["conference"]["days"])
    assert "Session 1" not in days and "Session 2" not in days and "Session 3" in days
    ours = json.loads(file)["schedule"]["conference"]["meta"]["chama"]["cancelled"]
    assert [one["title"] for one in ours] == ["Session 1"]
    assert b"Session 1" not in client.get(url("schedule_xml", "camp")).content


def test_an_earlier_version_can_be_fetched(event: Event, organizer: Any, client: Client) -> None:
    released(organizer, event, entry(1))
    released(organizer, event, entry(1, date="2026-11-25T15:00:00+08:00", start="15:00"))
    first = json.loads(client.get(url("schedule_version_json", "camp", 1)).content)["schedule"]
    assert first["version"] == "1.0" and "2026-11-24T09:00" in json.dumps(first)
    assert client.get(url("schedule_version_json", "camp", 9)).status_code == 404


def test_a_person_subscribes_to_their_agenda_and_revokes_the_address(
    event: Event, organizer: Any, client: Client
) -> None:
    released(organizer, event, entry(1), entry(2), entry(3))
    person = make_person(language="zh-hans")
    first, second = Session.objects.get(number=1), Session.objects.get(number=2)
    actions.star(person, event, first.code)
    actions.star(person, event, second.code)
    feed = actions.feed_address(person, event)
    address = url("agenda_ics", "camp", feed.secret)
    answer = client.get(address)
    assert answer.status_code == 200 and answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Referrer-Policy"] == "no-referrer" and "Access-Control-Allow-Origin" not in answer
    assert answer["Cache-Control"] == "private, no-cache"
    read = vobject.readOne(answer.content.decode())
    assert [each.summary.value for each in read.vevent_list] == ["Session 1", "Session 2"]
    assert read.vevent_list[0].dtstart.value == datetime.fromisoformat("2026-11-24T09:00+08:00")
    assert read.vtimezone.tzid.value == "Asia/Shanghai"
    assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    actions.move_session(organizer, event, second.code, start=None, end=None, hall=None)
    actions.release(organizer, event, version="2.0")
    fresh = client.get(address, headers={"If-None-Match": answer["ETag"]})
    assert {str(each["summary"]): each["status"] for each in entries_of(fresh.content).values()} == {
        "Session 1": "CONFIRMED",
        "Session 2": "CANCELLED",
    }
    actions.unstar(person, event, first.code)
    assert "Session 1" not in client.get(address).content.decode()
    other = make_event("other")
    assert client.get(url("agenda_ics", other.slug, feed.secret)).status_code == 404
    actions.revoke_feed(person, event)
    assert client.get(address).status_code == 404


def test_the_address_of_an_agenda_is_not_in_the_log(
    event: Event, client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    feed = AgendaFeed.objects.create(user=make_person(), event=event, secret="verysecretaddress")
    assert client.get(url("agenda_ics", "camp", feed.secret)).status_code == 200
    client.get(url("agenda_ics", "camp", "notvalidsecret"))
    written = "".join(capfd.readouterr())
    assert "secretaddress" not in written and "notvalidsecret" not in written


def test_markup_in_texts_is_plain_text_in_calendars(event: Event, organizer: Any, client: Client) -> None:
    text = "<p>Tea &amp; horses</p><p>From <b>Pu'er</b></p><script>x()</script>"
    released(organizer, event, entry(1, abstract=text, title=f"A\r\nATTACH:file:///etc/passwd {HOSTILE}"))
    body = client.get(url("schedule_ics", "camp")).content
    (told,) = entries_of(body).values()
    assert "Tea & horses\nFrom Pu'er" in str(told["description"]) and "x()" not in str(told["description"])
    assert "attach" not in told, "A line break in a title starts no line of the calendar."
    etree.fromstring(client.get(url("schedule_xml", "camp")).content)


def queries(client: Client, address: str) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_three_hundred_sessions_take_as_many_queries_as_three(client: Client) -> None:
    counts = {}
    for size in (3, 300):
        event = make_event(f"of-{size}")
        organizer = make_organizer(event, f"of-{size}@example.org")
        sessions = [entry(1 + number % 20, id=number, guid=guid(number)) for number in range(1, size + 1)]
        released(organizer, event, *sessions)
        released(organizer, event, *[{**one, "room": "Hall 2"} for one in sessions[1:]])
        person = make_person(f"guest-{size}@example.org")
        for session in Session.objects.filter(event=event):
            actions.star(person, event, session.code)
        feed = actions.feed_address(person, event)
        counts[size] = [
            queries(client, url(name, event.slug))
            for name in ("schedule_json", "schedule_xml", "schedule_ics")
        ]
        counts[size].append(queries(client, url("agenda_ics", event.slug, feed.secret)))
        with CaptureQueriesContext(connection) as captured:
            client.get(url("schedule_json", event.slug))
            client.get(url("schedule_json", event.slug))
        assert len(captured) <= 4 + 6 + 8
        with CaptureQueriesContext(connection) as captured:
            client.get(url("schedule_json", event.slug))
        assert len(captured) <= 5, "From the cache, only the event and the stamp are asked for."
    assert counts[3] == counts[300], counts
    assert max(counts[300]) <= 20, counts


@pytest.mark.parametrize("name", ["schedule_json", "schedule_xml"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_our_own_file_brought_back_changes_nothing(
    event: Event, organizer: Any, client: Client, name: str, language: str
) -> None:
    rich_programme(organizer, event)
    body = client.get(url(name, "camp"), {"lang": language}).content
    plan = plan_import(organizer, event, body, "schedule")
    assert plan.problems == []
    assert [[(each.field, each.before, each.after) for each in one.changes] for one in plan.changed] == []
    assert not plan.does_something and plan.missing == []
