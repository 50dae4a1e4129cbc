"""Reading programmes: what bends the rules is put right with a warning, what is broken is refused with line and reason."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from conference.programme.exchange import read_schedule
from conference.programme.exchange.document import LENGTH, MAX_FILE_BYTES, Problem, ScheduleDocument

DATA = Path(__file__).parent / "data"

PLAIN: dict[str, Any] = {
    "schedule": {
        "version": "1",
        "base_url": "https://fair.example/",
        "conference": {
            "acronym": "kmtt2026",
            "title": "Kunming Technology Transfer",
            "start": "2026-12-01",
            "end": "2026-12-01",
            "daysCount": 1,
            "timeslot_duration": "00:05",
            "time_zone_name": "Asia/Shanghai",
            "rooms": [{"name": "Hall A", "guid": "6b0c9f1e-6a39-4b57-9f27-0d4e2a3a9c01"}],
            "tracks": [],
            "days": [
                {
                    "index": 1,
                    "date": "2026-12-01",
                    "day_start": "2026-12-01T04:00:00+08:00",
                    "day_end": "2026-12-02T03:59:00+08:00",
                    "rooms": {
                        "Hall A": [
                            {
                                "id": 1,
                                "guid": "6b0c9f1e-6a39-4b57-9f27-0d4e2a3a9c11",
                                "date": "2026-12-01T09:00:00+08:00",
                                "start": "09:00",
                                "duration": "0:30",
                                "room": "Hall A",
                                "title": "Opening",
                            }
                        ]
                    },
                }
            ],
        },
    }
}


def changed(
    *,
    session: dict[str, Any] | None = None,
    conference: dict[str, Any] | None = None,
    day: dict[str, Any] | None = None,
) -> bytes:
    """The plain programme with some values set, or left out where they are Ellipsis."""
    file = copy.deepcopy(PLAIN)
    found = file["schedule"]["conference"]
    for target, values in (
        (found["days"][0]["rooms"]["Hall A"][0], session),
        (found["days"][0], day),
        (found, conference),
    ):
        for key, value in (values or {}).items():
            if value is ...:
                del target[key]
            else:
                target[key] = value
    return json.dumps(file, ensure_ascii=False, indent=1).encode()


def read(data: bytes) -> tuple[ScheduleDocument, list[Problem]]:
    document, problems = read_schedule(data)
    assert document is not None, problems
    assert all(problem.severity == "warning" for problem in problems)
    return document, problems


def refused(data: bytes, name: str = "") -> list[Problem]:
    document, problems = read_schedule(data, name)
    assert document is None
    errors = [problem for problem in problems if problem.severity == "error"]
    assert errors
    return errors


def said(problems: list[Problem]) -> str:
    return "\n".join(f"{problem.line} {problem.where}: {problem.message}" for problem in problems)


def test_a_file_that_keeps_the_rules_gives_no_warning() -> None:
    document, problems = read(json.dumps(PLAIN).encode())
    assert problems == []
    [session] = document.sessions
    assert (session.title, session.hall, session.number) == ("Opening", "Hall A", 1)
    assert session.start == datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    assert session.duration == timedelta(minutes=30)


def test_a_bent_json_file_loads_and_every_bend_is_told_with_its_line() -> None:
    document, problems = read((DATA / "bent.json").read_bytes())
    night, opening, far = document.sessions
    assert opening.start == datetime(2026, 12, 1, 3, 15, tzinfo=UTC), "the offset wins over the zone"
    assert opening.hall == "Hall A"
    assert opening.language == "de-formal" and far.language == "zh-CN"
    assert opening.abstract == "<p>Welcome & <b>hello</b></p>"
    assert [person.name for person in opening.persons] == ["Thandar Aung", "李明", "Somchai"]
    assert all(person.guid or person.number for person in opening.persons)
    assert [link.url for link in opening.links] == ["https://fair.example/slides.pdf"]
    assert far.title == "Far away from its day"
    assert far.duration == timedelta(minutes=90)
    assert night.duration == timedelta(minutes=20)
    assert night.url == "https://fair.example/2026/talk/3"
    assert [hall.name for hall in document.halls] == ["Hall A", "Hall B", "Hall C", "Hall D"]
    assert len({hall.guid for hall in document.halls}) == 4
    assert (document.halls[0].capacity, document.halls[1].description) == (250, "On the first floor")
    assert [(track.name, track.colour) for track in document.tracks] == [("Energy", "#00aa77"), ("Water", "")]
    assert [day.index for day in document.days] == [1, 2]
    text = said(problems)
    for sentence in (
        "6 Conference: The acronym “KMTT 26” does not follow the rules of the format.",
        "10 Conference: “daysCount” is 9, but the number of days in the file is 2.",
        "13 Conference: “sponsor” is not used and was left out.",
        "16 Room “Hall B”: Another room has the same guid; a new one was derived from the name.",
        "17 Room “Hall C”: The room has no guid; one was derived from its name.",
        "20 Conference: Day 2, 2026-12-24, is outside the dates of the conference.",
        "30 Session “Opening”: The session has no guid; one was derived from its number or title.",
        "31 Session “Opening”: The offsets in the dates do not fit the time zone Asia/Shanghai; the offsets were taken.",
        "34 Session “Opening”: The session says it is in “Hall Z” but stands under “Hall A”, which was taken.",
        "44 Session “Opening”: The person is called “Thandar Aung” and “T. Aung”; the first was taken.",
        "53 Session “Far away from its day”: The session starts outside the day it stands under, 2026-12-01.",
        "55 Session “Far away from its day”: Control characters in “title” were removed.",
        "61 Day 1, 2026-12-01: The room “Hall D” is not in the list of rooms; it was added.",
    ):
        assert sentence in text


def test_a_bent_xml_file_loads_in_the_encoding_it_declares() -> None:
    document, problems = read((DATA / "bent.xml").read_bytes())
    assert document.title == "Foire de Künming"
    assert (document.timeslot_minutes, document.colour) == (10, "#ffee00")
    first, second = document.sessions
    assert (first.title, first.code, first.track) == ("Café & thé", "ABC123", "Café")
    assert first.abstract == "With <em>markup</em> left open <br>"
    assert (first.recording_license, first.do_not_record) == ("CC BY 4.0", True)
    assert [(person.name, person.number) for person in first.persons] == [("Zoé", 4), ("Bua", None)]
    assert first.links[0].url == "https://foire.example/a%20b"
    assert (first.url, first.feedback_url) == ("", "")
    assert second.start == datetime(2026, 12, 1, 3, 15, tzinfo=UTC), (
        "a start without a date belongs to the day it stands under"
    )
    assert second.duration == timedelta(minutes=90)
    assert [hall.name for hall in document.halls] == ["Salle 1", "Salle 2"]
    assert "50 Session “Second part”: “video_download_url” is not used and was left out." in said(problems)


def test_the_same_file_read_twice_gives_the_same_derived_guids() -> None:
    data = (DATA / "bent.json").read_bytes()
    assert read(data) == read(data)


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        (
            "missing-comma.json",
            4,
            "The file is not valid JSON: A comma or a closing bracket is missing here.",
        ),
        ("named-twice.json", 10, "The name “Hall A” is given twice in the same object."),
        ("cut-short.xml", 5, "Opening and ending tag mismatch"),
        ("feed.xml", 3, "its first element is “rss” instead of “schedule”"),
        ("laughs.xml", 2, "declares a document type or entities"),
        ("secrets.xml", 3, "declares a document type or entities"),
    ],
)
def test_a_broken_file_is_refused_with_line_and_reason(name: str, line: int, reason: str) -> None:
    [problem] = refused((DATA / name).read_bytes(), name)
    assert problem.line == line
    assert reason in problem.message


def test_every_error_of_a_file_is_told_at_once_with_its_line() -> None:
    errors = refused((DATA / "errors.json").read_bytes())
    assert said(errors).splitlines() == [
        "16 Room “Hall A”: The capacity of a room cannot be negative.",
        "27 Session in “Hall A”: The session has no title.",
        "28 Session “When?”: The session has no start: neither “date” nor “start” can be read.",
        "31 Session “Other twin”: The session has the same guid as “Twin”.",
        "34 Session “No time”: The session must last longer than no time at all.",
        "36 Session “Endless”: The session is longer than 99 hours and 59 minutes.",
        "38 Session “Vague”: “an hour” is not a duration such as 1:30.",
        "39 Day 1, 2026-12-01: An object with named values is expected here.",
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The file is empty."),
        (b" \r\n\t ", "The file is empty."),
        (b"PK\x03\x04 not a programme", "programme.zip is neither JSON nor XML."),
        (
            b"\xff\xd8\xff\xe0 a picture",
            "The file is not text in UTF-8: the byte 0xFF does not belong there.",
        ),
        (b'{"schedule": "caf\xe9"}', "The file is not text in UTF-8: the byte 0xE9 does not belong there."),
        (b"[1, 2, 3]", "The file is not a programme: it has no “schedule”."),
        (b"{}", "The file is not a programme: it has no “schedule”."),
        (b'{"schedule": {"version": "1"}}', "The file is not a programme: it has no “conference”."),
        (b'{"schedule": {"conference": {"title": "x"}}}', "The programme has no days."),
        (b'{"schedule": {"conference": {"title": "x", "days": []}}}', "The programme has no days."),
        (b"<schedule/>", "The file is not a programme: it has no “conference”."),
        (b"<schedule><conference><title>x</title></conference></schedule>", "The programme has no days."),
        (
            b'<?xml version="1.0" encoding="base64"?><schedule/>',
            "The file declares the encoding “base64”, which is not known.",
        ),
        (b'{"schedule": NaN}', "a number is infinite or far too long"),
        (b'{"schedule": ' + b"9" * 5000 + b"}", "a number is infinite or far too long"),
        (b'{"schedule": {}} and more', "The file goes on after its end."),
        (b'{"schedule": "', "A text that starts here has no closing quotation mark."),
        (b"<schedule><conference>", "The file is not well-formed XML"),
        (b"<schedule>&nbsp;</schedule>", "The file is not well-formed XML"),
    ],
)
def test_what_is_no_programme_is_refused_with_a_sentence(data: bytes, reason: str) -> None:
    [problem] = refused(data, "programme.zip")
    assert reason in problem.message
    assert problem.message.endswith(".")


def test_nesting_bombs_are_refused() -> None:
    [problem] = refused(b'{"schedule":\n' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    assert problem.message == "The file is nested too deeply for a programme."
    assert problem.line == 2
    [problem] = refused(b"<schedule>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</schedule>")
    assert "not well-formed XML" in problem.message


def test_files_that_would_fill_the_memory_are_refused() -> None:
    [problem] = refused(b"[" + b"[]," * 750_001 + b"0]")
    assert problem.message == "The file has too many parts for a programme."
    [problem] = refused(b"<a>" + b"<b/>" * 1_500_001 + b"</a>")
    assert problem.message == "The file has too many parts for a programme."
    [problem] = refused(b" " * (MAX_FILE_BYTES + 1))
    assert problem.message == "The file is larger than 20 MiB."


def test_a_programme_of_more_than_five_thousand_sessions_is_refused() -> None:
    one = PLAIN["schedule"]["conference"]["days"][0]["rooms"]["Hall A"][0]
    many = [{**one, "id": number, "guid": str(UUID(int=number))} for number in range(1, 5_002)]
    errors = refused(changed(day={"rooms": {"Hall A": many}}))
    assert "The programme has more than 5000 sessions." in said(errors)
    document, problems = read(changed(day={"rooms": {"Hall A": many[:5_000]}}))
    assert len(document.sessions) == 5_000
    assert problems == []


def test_the_same_warning_is_not_repeated_thousands_of_times() -> None:
    one = PLAIN["schedule"]["conference"]["days"][0]["rooms"]["Hall A"][0]
    many = [{**one, "id": number, "guid": None} for number in range(1, 101)]
    document, problems = read(changed(day={"rooms": {"Hall A": many}}))
    assert len({session.guid for session in document.sessions}) == 100
    assert len(problems) == 21
    assert problems[-1].message == "There are 80 more places with the same kinds of problem."


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_byte_order_marks_and_utf_16_are_read(encoding: str) -> None:
    data = changed(session={"title": "开幕式 ພາສາ"}).decode().encode(encoding)
    assert read(data)[0].sessions[0].title == "开幕式 ພາສາ"
    xml = (
        '<?xml version="1.0" encoding="UTF-16"?>\n'
        + (DATA / "bent.xml").read_bytes().decode("iso-8859-1").partition("?>\n")[2]
    )
    assert read(xml.encode(encoding))[0].sessions[0].title == "Café & thé"


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("0:45", 45),
        ("00:45", 45),
        ("1:30:00", 90),
        ("99:59", 99 * 60 + 59),
        ("45", 45),
        (45, 45),
        ("0:00:30", 1),
        (0.5, 1),
    ],
)
def test_durations_are_read_in_each_of_their_forms(written: object, minutes: int) -> None:
    assert read(changed(session={"duration": written}))[0].sessions[0].duration == timedelta(minutes=minutes)


@pytest.mark.parametrize("written", ["0:00", 0, "-1:30", -5, "100:00", "1:75", "half an hour", [30], True])
def test_impossible_durations_are_errors(written: object) -> None:
    [error] = refused(changed(session={"duration": written}))
    assert error.where == "Session “Opening”"
    assert (
        changed(session={"duration": "here"}).decode().splitlines()[(error.line or 0) - 1].strip()
        == '"duration": "here",'
    )


def test_the_end_counts_where_it_and_the_duration_disagree() -> None:
    document, problems = read(changed(session={"end": "2026-12-01T10:00:00+08:00"}))
    assert document.sessions[0].duration == timedelta(hours=1)
    assert "“end” and “duration” do not agree; “end” was taken." in said(problems)
    document, problems = read(changed(session={"end": "2026-12-01T10:00:00+08:00", "duration": ...}))
    assert document.sessions[0].duration == timedelta(hours=1)
    assert problems == []
    document, problems = read(changed(session={"end": "2026-12-01T08:00:00+08:00"}))
    assert document.sessions[0].duration == timedelta(minutes=30)
    assert "The session ends before it starts; “duration” was taken." in said(problems)


def test_a_date_without_an_offset_is_local_time_of_the_conference() -> None:
    document, problems = read(changed(session={"date": "2026-12-01T09:00:00"}))
    assert document.sessions[0].start == datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    assert "no offset from UTC" in said(problems)


def test_a_start_in_the_small_hours_without_a_date_is_in_the_night_after_the_day() -> None:
    document, problems = read(changed(session={"date": ..., "start": "00:30"}))
    assert document.sessions[0].start == datetime(2026, 12, 1, 16, 30, tzinfo=UTC)
    assert problems == []


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"])
def test_a_year_no_conference_can_be_in_is_an_error(written: str) -> None:
    [error] = refused(changed(session={"date": written}))
    assert "cannot be right" in error.message


@pytest.mark.parametrize("name", ["Asia/Nowhere", "../../etc/passwd", "Asia", "\ud800", "", None, 7])
def test_a_zone_that_is_none_is_taken_as_utc(name: object) -> None:
    file = copy.deepcopy(PLAIN)
    file["schedule"]["conference"]["time_zone_name"] = name
    document, problems = read(json.dumps(file).encode())
    assert document.time_zone_name == "UTC"
    assert document.sessions[0].start == datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    assert "UTC was taken" in said(problems)


def test_long_texts_are_cut_with_a_warning() -> None:
    document, problems = read(changed(session={"title": "长" * 400, "abstract": "a" * 30_000}))
    assert document.sessions[0].title == "长" * LENGTH["title"]
    assert len(document.sessions[0].abstract) == LENGTH["text"]
    assert "“title” has 400 characters and was cut to the 300 that are allowed." in said(problems)


def test_a_cut_does_not_part_a_letter_from_its_marks() -> None:
    title = "က" * 299 + "ကို" + "က" * 10
    cut = read(changed(session={"title": title}))[0].sessions[0].title
    assert cut == "က" * 299


@pytest.mark.parametrize(
    "bad",
    [
        "javascript:alert(1)",
        "http://",
        "https://exa mple/",
        "http://[::1",
        "ftp://x.example/",
        "https://-x-.example:99999/",
        5,
        ["x"],
    ],
)
def test_addresses_that_are_none_are_left_out_with_a_warning(bad: object) -> None:
    document, problems = read(changed(session={"origin_url": bad}))
    assert document.sessions[0].origin_url == ""
    assert "“origin_url” is not a web address that can be used and was left out." in said(problems)


def test_addresses_in_other_scripts_are_read() -> None:
    document, problems = read(changed(session={"url": "https://会议.example/节目/第一 天?q=昆明#顶"}))
    assert document.sessions[0].url == (
        "https://xn--6oqu09l.example/%E8%8A%82%E7%9B%AE/%E7%AC%AC%E4%B8%80%20%E5%A4%A9?q=%E6%98%86%E6%98%8E#%E9%A1%B6"
    )
    assert problems == []


@pytest.mark.parametrize(
    "session",
    [
        {"persons": {"name": "x"}},
        {"persons": [[]]},
        {"links": "https://fair.example/"},
        {"attachments": [5]},
        {"title": {"en": ["x"]}},
        {"title": ["x"]},
        {
            "guid": 5,
            "id": "x",
            "code": "a b",
            "language": "<b>",
            "track": [],
            "do_not_record": "perhaps",
            "start": 9,
        },
        {"guid": "6b0c9f1e", "id": -1, "logo": {}, "end": 5, "recording_license": {}},
    ],
)
def test_values_of_the_wrong_kind_never_crash_the_reader(session: dict[str, Any]) -> None:
    _document, problems = read_schedule(changed(session=session))
    assert problems
    assert all(problem.line and problem.where for problem in problems)


@pytest.mark.parametrize(
    "conference",
    [
        {
            "rooms": {"name": "x"},
            "tracks": "x",
            "colors": "red",
            "meta": [],
            "start": 5,
            "end": None,
            "title": ...,
        },
        {
            "rooms": [5, {"guid": "x"}, {"name": "Hall A", "capacity": 1e300}],
            "tracks": [5, {}, {"name": "T", "color": 5}],
        },
        {
            "days": [
                5,
                None,
                {},
                {"date": "x", "rooms": 5},
                {"date": "2026-12-01", "index": 10**30, "rooms": {"Hall A": 5}},
            ]
        },
        {"days": [{"date": "2026-12-01", "rooms": {"": [{}], "Hall A": [None]}}]},
        {
            "start": "2026-12-05",
            "end": "2026-12-01",
            "timeslot_duration": "often",
            "meta": {"chama": {"cancelled": [5, {}]}},
        },
        {"acronym": None, "colors": {"primary": "red"}, "url": "nowhere", "daysCount": "many"},
    ],
)
def test_a_conference_of_the_wrong_kind_never_crashes_the_reader(conference: dict[str, Any]) -> None:
    _document, problems = read_schedule(changed(conference=conference))
    assert problems
    assert all(problem.message.endswith(".") and problem.where for problem in problems)


def test_rooms_are_taken_from_the_days_where_there_is_no_list_of_them() -> None:
    document, problems = read(changed(conference={"rooms": ...}))
    assert [hall.name for hall in document.halls] == ["Hall A"]
    assert said(problems).endswith("The file has no list of rooms; they are taken from the days.")


def test_dates_that_are_missing_come_from_the_days() -> None:
    document, _problems = read(changed(conference={"start": ..., "end": "soon"}))
    assert (document.start, document.end) == (date(2026, 12, 1), date(2026, 12, 1))


def test_control_characters_in_xml_are_removed() -> None:
    data = (DATA / "bent.xml").read_bytes().replace(b"Second part", b"Second\x0b\x00 part")
    document, problems = read(data)
    assert document.sessions[1].title == "Second part"
    assert "47 File: Control characters were removed from the file." in said(problems)


def test_an_external_entity_is_never_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("do not read me")
    for encoding in ("utf-8", "utf-16"):
        data = f'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "{secret.as_uri()}">]><schedule>&x;</schedule>'.encode(
            encoding
        )
        [problem] = refused(data)
        assert "declares a document type" in problem.message
        assert "do not read me" not in problem.message


@pytest.mark.parametrize("hidden", ["\x01", "\x7f", " \x02\n"])
def test_a_control_character_does_not_hide_a_document_type(hidden):
    data = f'<?xml version="1.0"?>{hidden}<!DOCTYPE s [<!ENTITY x "ha">]><schedule><version>&x;</version></schedule>'
    document, problems = read_schedule(data.encode(), "schedule.xml")
    assert document is None
    assert "declares a document type" in problems[0].message


def test_a_document_type_quoted_in_an_abstract_is_only_text() -> None:
    data = (DATA / "bent.xml").read_bytes().replace(b"Second part", b"<![CDATA[<!DOCTYPE html>]]>")
    assert read(data)[0].sessions[1].title == "<!DOCTYPE html>"
