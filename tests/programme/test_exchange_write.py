"""Writing programmes: valid against both published schemas, whatever is in them, and read back as they were."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft6Validator, FormatChecker
from lxml import etree

from conference.programme.exchange import read_schedule
from conference.programme.exchange.cleaning import clean_line, clean_text
from conference.programme.exchange.document import (
    HALL_KINDS,
    LINK_KINDS,
    DayRecord,
    Generator,
    HallRecord,
    LinkRecord,
    PersonRecord,
    ScheduleDocument,
    SessionRecord,
    Source,
    TrackRecord,
)
from conference.programme.exchange.fit import carried_by_xml, day_record, fitted
from conference.programme.exchange.write_json import write_json
from conference.programme.exchange.write_xml import write_xml

SCHEDULES = Path(__file__).resolve().parents[3] / "shared" / "data" / "schedules"
SOURCE = Source(
    Generator("Chama", "1.0", "https://fair.example/"),
    "https://fair.example/kmtt2026/schedule.json",
    "https://fair.example/",
)
SPACE = UUID("6b0c9f1e-6a39-4b57-9f27-0d4e2a3a9c00")


@pytest.fixture(scope="module")
def json_schema() -> Draft6Validator:
    if not SCHEDULES.is_dir():
        pytest.skip("The published schemas are not beside the repository; checks against them are left out.")
    # A format without its checker would be taken for granted.
    assert {"uri", "uuid", "date", "date-time", "color"} <= FormatChecker().checkers.keys()
    return Draft6Validator(
        json.loads((SCHEDULES / "schema.json").read_text()), format_checker=FormatChecker()
    )


@pytest.fixture(scope="module")
def xml_schema() -> etree.XMLSchema:
    if not SCHEDULES.is_dir():
        pytest.skip("The published schemas are not beside the repository; checks against them are left out.")
    return etree.XMLSchema(etree.parse(str(SCHEDULES / "schema.xsd")))


# A little of every script of the region, with the joiners and marks that go with it, and what breaks formats.
SCRIPTS = "昆明技术转移　开幕式กรุงเทพฯພາສາລາວភាសាខ្មែរမြန်မာဘာသာاردو‌زبانहिन्दीবাংলা🎉👩‍🔬AbcÀé0189"
MARKUP = "<>&\"'{}[]\\/%]]>;:,.!?#@=+- "
CONTROLS = "\x00\x01\x07\x08\x0b\x0c\x1f\x7f\x85\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800\udfff\r\n\t"
CLEAN = st.text(SCRIPTS + MARKUP, max_size=12)
WILD = st.text(SCRIPTS + MARKUP + CONTROLS, max_size=12) | st.text(max_size=6)
ADDRESSES = st.sampled_from(
    [
        "",
        "https://fair.example/a",
        "http://fair.example:8080/%E6%98%86?x=1&y=[2]",
        "https://会议.example/节目/1",
    ]
)
WILD_ADDRESSES = ADDRESSES | st.sampled_from(
    ["javascript:alert(1)", "//x", "http://", "https://a b/", 'https://x.example/"<>\\^`{|}']
)
MOMENTS = st.integers(0, 5 * 24 * 3600).map(
    lambda seconds: datetime(2026, 11, 30, tzinfo=UTC) + timedelta(seconds=seconds)
)
ZONES = st.sampled_from(
    ["Asia/Shanghai", "Asia/Kathmandu", "Asia/Yangon", "Europe/Berlin", "America/New_York", "UTC"]
)


def documents(
    lines: st.SearchStrategy[str], texts: st.SearchStrategy[str], addresses: st.SearchStrategy[str]
) -> Any:
    @st.composite
    def build(draw: st.DrawFn) -> ScheduleDocument:
        zone = draw(ZONES)
        halls = draw(st.lists(lines, max_size=3, unique=True))
        tracks = draw(st.lists(lines, max_size=3, unique=True))
        links = st.lists(
            st.builds(LinkRecord, addresses, lines, st.sampled_from(("", *LINK_KINDS))), max_size=2
        ).map(tuple)
        persons = st.lists(
            st.builds(
                PersonRecord,
                lines,
                st.none() | st.uuids(),
                st.sampled_from(["", "ABC123", "X"]),
                st.none() | st.integers(0, 2**31),
                texts,
                addresses,
                addresses,
            ),
            max_size=3,
        ).map(tuple)
        sessions = [
            SessionRecord(
                guid=uuid5(SPACE, str(number)),
                number=draw(st.integers(1, 6)),
                start=draw(MOMENTS),
                duration=timedelta(minutes=draw(st.integers(1, 99 * 60 + 59))),
                hall=draw(st.sampled_from(["", *halls])),
                title=draw(lines),
                code=draw(st.sampled_from(["", "ABC123", "XYZ999", "TOOLONGCODE", "a b"])),
                slug=draw(st.sampled_from(["", "kmtt2026-opening", "KMTT2026-Opening", "开幕式"])),
                subtitle=draw(lines),
                track=draw(st.sampled_from(["", *tracks])),
                kind=draw(lines),
                language=draw(st.sampled_from(["", "zh-hans", "de-formal", "my", "not a tag"])),
                abstract=draw(texts),
                description=draw(texts),
                persons=draw(persons),
                links=draw(links),
                attachments=draw(links),
                do_not_record=draw(st.booleans()),
                recording_license=draw(lines),
                logo=draw(addresses),
                url=draw(addresses),
                feedback_url=draw(addresses),
                origin_url=draw(addresses),
                cancelled=draw(st.booleans()),
            )
            for number in range(draw(st.integers(0, 3)))
        ]
        start = date(2026, 12, 1)
        return ScheduleDocument(
            acronym=draw(st.sampled_from(["kmtt2026", "km", "会议", "", "Camp2019", "tech-transfer-2026"])),
            title=draw(lines),
            start=start,
            end=start + timedelta(days=draw(st.integers(-1, 2))),
            time_zone_name=zone,
            timeslot_minutes=draw(st.integers(1, 60)),
            version=draw(lines),
            url=draw(addresses),
            colour=draw(st.sampled_from(["", "#00aa77", "red"])),
            halls=tuple(
                HallRecord(
                    name,
                    uuid5(SPACE, str(draw(st.integers(0, 9)))),
                    draw(st.sampled_from(["", "hall-a", "大厅"])),
                    draw(st.sampled_from(("", "ballroom", *HALL_KINDS))),
                    draw(st.none() | st.integers(0, 10_000)),
                    draw(texts),
                )
                for name in halls
            ),
            tracks=tuple(
                TrackRecord(name, draw(st.sampled_from(["", "energy", "9x"])), "#112233") for name in tracks
            ),
            days=draw(
                st.sampled_from(
                    [
                        (),
                        tuple(day_record(n + 1, start + timedelta(days=n), ZoneInfo(zone)) for n in range(2)),
                    ]
                )
            ),
            sessions=tuple(sessions),
        )

    return build()


CLEAN_DOCUMENTS = documents(CLEAN.map(clean_line), CLEAN.map(clean_text), ADDRESSES)
WILD_DOCUMENTS = documents(WILD, WILD, WILD_ADDRESSES)
SOME = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def ours(problems: list[Any]) -> list[str]:
    """Warnings other than those the document itself deserves: sessions beside the days, without a room, without a title."""
    expected = ("outside the day", "has no room", "has no title", "outside the dates")
    return [
        problem.message for problem in problems if not any(words in problem.message for words in expected)
    ]


@SOME
@given(document=WILD_DOCUMENTS)
def test_any_document_written_as_json_is_valid_and_read_back_equal(
    json_schema: Draft6Validator, document: ScheduleDocument
) -> None:
    data = write_json(document, SOURCE)
    json_schema.validate(json.loads(data))
    again, problems = read_schedule(data)
    assert again == fitted(document)
    assert ours(problems) == []
    assert write_json(fitted(document), SOURCE) == data


@SOME
@given(document=WILD_DOCUMENTS)
def test_any_document_written_as_xml_is_valid_and_read_back_equal(
    xml_schema: etree.XMLSchema, document: ScheduleDocument
) -> None:
    data = write_xml(document, SOURCE)
    xml_schema.assertValid(etree.fromstring(data))
    again, problems = read_schedule(data)
    assert again == carried_by_xml(fitted(document))
    assert ours(problems) == []
    assert write_xml(fitted(document), SOURCE) == data


@SOME
@given(document=CLEAN_DOCUMENTS)
def test_a_document_that_fits_is_written_as_it_is(document: ScheduleDocument) -> None:
    fit = fitted(document)
    assert fitted(fit) == fit
    assert [session.title for session in document.sessions if session.title] == [
        found.title
        for session in document.sessions
        if session.title
        for found in fit.sessions
        if found.guid == session.guid
    ]
    assert carried_by_xml(carried_by_xml(fit)) == carried_by_xml(fit)


def plain(**values: Any) -> ScheduleDocument:
    """A document that fits: reading what is written of it gives it back, unchanged."""
    document = ScheduleDocument(
        acronym="kmtt2026",
        title="昆明国际技术转移大会",
        start=date(2026, 12, 1),
        end=date(2026, 12, 1),
        time_zone_name="Asia/Shanghai",
        version="3",
        url="https://fair.example/kmtt2026/",
        colour="#00aa77",
        halls=(
            HallRecord(
                "大厅 A", uuid5(SPACE, "a"), "hall-a", "stage", 250, "On the first floor\nby the stairs"
            ),
        ),
        tracks=(TrackRecord("Energy", "energy", "#112233"),),
        days=(
            DayRecord(
                1,
                date(2026, 12, 1),
                datetime(2026, 11, 30, 20, tzinfo=UTC),
                datetime(2026, 12, 1, 19, 59, tzinfo=UTC),
            ),
        ),
        sessions=(
            SessionRecord(
                guid=uuid5(SPACE, "s"),
                number=1,
                start=datetime(2026, 12, 1, 1, tzinfo=UTC),
                duration=timedelta(minutes=45),
                hall="大厅 A",
                title="开幕式",
                code="ABC123",
                slug="kmtt2026-000001",
                subtitle="พิธีเปิด",
                track="Energy",
                kind="talk",
                language="zh-hans",
                abstract="<p>欢迎 & welcome</p>",
                description="ຍິນດີຕ້ອນຮັບ\n\nស្វាគមន៍",
                persons=(
                    PersonRecord(
                        "သန္တာအောင်",
                        uuid5(SPACE, "p"),
                        "SPEAK1",
                        7,
                        "خوش آمدید",
                        "https://fair.example/p.jpg",
                        "https://fair.example/p",
                    ),
                ),
                links=(LinkRecord("https://fair.example/l", "Slides", "slides"),),
                attachments=(LinkRecord("https://fair.example/a.pdf", "论文"),),
                do_not_record=True,
                recording_license="CC BY 4.0",
                logo="https://fair.example/logo.png",
                url="https://fair.example/kmtt2026/talk/ABC123/",
                feedback_url="https://fair.example/feedback",
                origin_url="https://elsewhere.example/1",
            ),
        ),
    )
    return replace(document, **values)


def test_a_whole_document_comes_back_from_json_unchanged(json_schema: Draft6Validator) -> None:
    document = plain()
    called_off = replace(
        document.sessions[0],
        guid=uuid5(SPACE, "c"),
        number=2,
        code="DEF456",
        slug="kmtt2026-000002",
        cancelled=True,
    )
    document = replace(document, sessions=(*document.sessions, called_off))
    data = write_json(document, SOURCE)
    json_schema.validate(json.loads(data))
    assert read_schedule(data) == (document, [])


def test_a_whole_document_comes_back_from_xml_but_for_what_xml_cannot_say(
    xml_schema: etree.XMLSchema,
) -> None:
    document = plain()
    data = write_xml(document, SOURCE)
    xml_schema.assertValid(etree.fromstring(data))
    again, problems = read_schedule(data)
    assert problems == []
    [session] = document.sessions
    [person] = session.persons
    assert again == replace(
        document,
        halls=(HallRecord("大厅 A", uuid5(SPACE, "a")),),
        sessions=(replace(session, persons=(PersonRecord(person.name, person.guid, "", person.number),)),),
    )


def test_cancelled_sessions_do_not_stand_among_those_that_take_place() -> None:
    document = plain()
    document = replace(document, sessions=(replace(document.sessions[0], cancelled=True),))
    conference = json.loads(write_json(document))["schedule"]["conference"]
    assert all(not day["rooms"] for day in conference["days"])
    assert [event["title"] for event in conference["meta"]["chama"]["cancelled"]] == ["开幕式"]
    assert "开幕式".encode() not in write_xml(document)


def test_slugs_of_titles_in_any_script_are_latin_and_unique() -> None:
    [one] = plain().sessions
    document = plain(
        sessions=tuple(replace(one, guid=uuid5(SPACE, str(n)), number=n, slug="") for n in (1, 2, 3))
    )
    document = replace(
        document,
        sessions=(
            *document.sessions[:2],
            replace(document.sessions[2], title="Grüße, Kunming!", slug="开幕式"),
        ),
    )
    assert [session.slug for session in fitted(document).sessions] == [
        "kmtt2026-000001",
        "kmtt2026-000002",
        "kmtt2026-000003-grue-kunming",
    ]


@pytest.mark.parametrize(
    ("acronym", "fit"),
    [
        ("km", "km2026"),
        ("tech-transfer-2026", "tech_transfer_2026"),
        ("kmtt2026", "kmtt2026"),
        ("Camp2019", "camp2019"),
        ("会议", "event2026"),
    ],
)
def test_acronyms_are_made_to_fit(acronym: str, fit: str) -> None:
    assert fitted(plain(acronym=acronym)).acronym == fit


def test_times_are_written_on_the_clock_of_the_conference() -> None:
    conference = json.loads(write_json(plain(time_zone_name="Asia/Kathmandu")))["schedule"]["conference"]
    [event] = conference["days"][0]["rooms"]["大厅 A"]
    assert (event["date"], event["start"], event["end"]) == (
        "2026-12-01T06:45:00+05:45",
        "06:45",
        "2026-12-01T07:30:00+05:45",
    )


def test_a_session_beside_all_days_stands_under_the_nearest_one() -> None:
    document = plain()
    late = replace(document.sessions[0], start=datetime(2026, 12, 9, 1, tzinfo=UTC))
    days = (
        document.days[0],
        DayRecord(
            2,
            date(2026, 12, 2),
            datetime(2026, 12, 1, 20, tzinfo=UTC),
            datetime(2026, 12, 2, 19, 59, tzinfo=UTC),
        ),
    )
    written = json.loads(write_json(replace(document, days=days, sessions=(late,))))["schedule"][
        "conference"
    ]["days"]
    assert [list(day["rooms"]) for day in written] == [[], ["大厅 A"]]


def test_addresses_that_are_empty_are_left_out() -> None:
    document = plain()
    bare = replace(document.sessions[0], url="", feedback_url="", origin_url="", logo="")
    root = etree.fromstring(write_xml(replace(document, sessions=(bare,))))
    assert [root.find(f".//event/{name}") for name in ("url", "feedback_url", "origin_url", "logo")] == [
        None
    ] * 4
    again, problems = read_schedule(write_json(replace(document, sessions=(bare,))))
    assert problems == [] and again is not None
    assert again.sessions[0].url == ""
