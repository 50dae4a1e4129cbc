"""What our own files say beyond the format, under `meta.chama`: read with care, written only where it is needed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from conference.programme.exchange import read_schedule
from conference.programme.exchange.document import (
    HallRecord,
    PersonRecord,
    ScheduleDocument,
    SessionRecord,
    TrackRecord,
)
from conference.programme.exchange.fit import carried_by_xml, fitted
from conference.programme.exchange.vocabulary import kind_of, spoken_language, text_language
from conference.programme.exchange.write_json import write_json
from conference.programme.exchange.write_xml import write_xml

SESSION, PERSON, HALL = UUID(int=1), UUID(int=2), UUID(int=3)


def document() -> ScheduleDocument:
    person = PersonRecord(
        "ນ້ອຍ", PERSON, "NOYKEO", 5, biography="Engineer.", part="moderator", name_latin="Noy", name_chinese="诺伊",
        affiliation="National University of Laos", country="LA",
        texts={"biography": {"en": "Engineer.", "lo": "ວິສະວະກອນ"}},
    )  # fmt: skip
    session = SessionRecord(
        SESSION, 1, datetime(2026, 11, 24, 1, tzinfo=UTC), timedelta(minutes=30), "茶厅", "跨境电力", code="ABC234",
        track="能源", kind="Road show of projects", language="zh", persons=(person,), category="docking",
        interpreted=("en", "lo"), capacity=60, texts={"title": {"zh-hans": "跨境电力", "en": "Power across borders"}},
    )  # fmt: skip
    hall = HallRecord(
        "茶厅", HALL, kind="lecturehall", place="venue", texts={"name": {"zh-hans": "茶厅", "en": "Tea Hall"}}
    )
    return ScheduleDocument(
        acronym="camp2026", title="Camp", start=date(2026, 11, 24), end=date(2026, 11, 24),
        time_zone_name="Asia/Shanghai",
        halls=(hall,),
        tracks=(TrackRecord("能源", "energy", texts={"name": {"zh-hans": "能源", "en": "Energy"}}),),
        sessions=(session,),
    )  # fmt: skip


def ours(data: bytes) -> Any:
    return json.loads(data)["schedule"]["conference"]["meta"]["chama"]


def changed(**entries: Any) -> bytes:
    """The document's file, with other words under our name."""
    file = json.loads(write_json(document()))
    file["schedule"]["conference"]["meta"]["chama"].update(entries)
    return json.dumps(file, ensure_ascii=False).encode()


def test_everything_comes_back_from_json_and_nothing_of_it_stands_in_xml() -> None:
    fit = fitted(document())
    assert fitted(fit) == fit
    again, problems = read_schedule(write_json(document()))
    assert problems == [] and again == fit
    xml = write_xml(document())
    assert b"Tea Hall" not in xml and b"Power across" not in xml
    bare, problems = read_schedule(xml)
    assert problems == [] and bare == carried_by_xml(fit)


def test_a_file_without_anything_of_ours_has_no_meta() -> None:
    session = replace(
        document().sessions[0], texts={}, category="", interpreted=(), capacity=None, persons=()
    )
    plain = replace(document(), halls=(HallRecord("茶厅", HALL),), tracks=(), sessions=(session,))
    assert b'"meta"' not in write_json(plain)
    same = replace(session, texts={"title": {"zh-hans": "跨境电力"}}, category="roadshow")
    assert b'"meta"' not in write_json(replace(plain, sessions=(same,))), "The plain words say it already."


def test_a_text_edited_in_the_file_is_not_overruled_by_its_old_versions() -> None:
    edited = write_json(document()).replace('"title": "跨境电力"'.encode(), '"title": "新标题"'.encode(), 1)
    again, _problems = read_schedule(edited)
    assert again is not None
    assert again.sessions[0].title == "新标题" and again.sessions[0].texts == {}


@pytest.mark.parametrize(
    "entries",
    [
        {"sessions": []},
        {"sessions": {str(SESSION): {"title": "text"}}},
        {"sessions": {str(SESSION): {"title": {"EN!": "x", "zh-hans": "跨境电力"}}}},
        {"sessions": {str(SESSION): {"title": {"en": 5, "zh-hans": "跨境电力"}}}},
        {
            "sessions": {
                str(SESSION): {"capacity": "many", "interpreted": {"a": 1}, "parts": [], "kind": ["x"]}
            }
        },
        {
            "sessions": {
                str(SESSION): {"capacity": -5, "interpreted": [None, {}, "x" * 500], "parts": {"x": {}}}
            }
        },
        {"persons": {str(PERSON): {"country": {"a": 1}, "biography": "x", "name_latin": ["x"]}}},
        {"rooms": {str(HALL): {"place": "moon", "name": {"zh-hans": "茶厅", "en": "x" * 100_000}}}},
        {"rooms": {"not a guid": {"place": "venue"}}, "tracks": {"x": None}, "days": {"yesterday": {}}},
        {"persons": 7, "tracks": "x", "days": None, "unknown": {"a": "b"}},
    ],
)
def test_nonsense_under_our_name_spoils_no_file(entries: dict[str, Any]) -> None:
    again, problems = read_schedule(changed(**entries))
    assert again is not None and {problem.severity for problem in problems} <= {"warning"}
    assert len(again.sessions) == 1 and again.sessions[0].title == "跨境电力"
    for hall in again.halls:
        assert all(len(name) <= 120 for name in hall.texts.get("name", {}).values())
        assert hall.place in ("", "venue", "online", "both")


def test_what_is_wrong_under_our_name_is_said_with_its_line() -> None:
    again, problems = read_schedule(changed(sessions={str(SESSION): {"title": {"EN!": "x"}}}))
    assert again is not None
    assert [problem.message for problem in problems] == [
        "“title” is not a text in several languages and was left out."
    ]
    assert problems[0].line


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("lecture", "talk"), ("Lightning talk", "talk"), ("Keynote", "keynote"), ("Panel discussion", "panel"),
        ("Workshop", "workshop"), ("Opening ceremony", "opening"), ("Coffee break", "break"), ("茶歇", "break"),
        ("主旨演讲", "keynote"), ("圆桌论坛", "panel"), ("项目路演", "roadshow"), ("B2B matchmaking", "docking"),
        ("对接会", "docking"), ("培训", "training"), ("", "talk"), ("performance", "other"), ("docking", "docking"),
    ],
)  # fmt: skip
def test_types_in_free_words_become_ours(written: str, kind: str) -> None:
    assert kind_of(written) == kind


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("en", "en"), ("en-US", "en"), ("EN_gb", "en"), ("deu", "de"), ("de-formal", "de"), ("zh-CN", "zh"),
        ("cmn", "zh"), ("Chinese", "zh"), ("English", "en"), ("lao", "lo"), ("", ""), ("xx-yy", "xx-yy"),
    ],
)  # fmt: skip
def test_tags_of_languages_are_normalised(written: str, tag: str) -> None:
    assert spoken_language(written) == tag


def test_a_text_without_a_language_is_filed_by_its_writing() -> None:
    told = {
        "茶马古道": "zh-hans",
        "พลังงาน": "th",
        "ພະລັງງານ": "lo",
        "စွမ်းအင်": "my",
        "こんにちは世界": "ja",
        "Tea": "en",
    }
    assert {text: text_language("", text) for text in told} == told
    assert text_language("zh-TW", "茶") == "zh-hant" and text_language("zh", "茶") == "zh-hans"
