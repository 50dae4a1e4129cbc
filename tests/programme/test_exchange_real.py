"""Real programmes of real conferences, and the schemas, which live beside the repository and not in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft6Validator, FormatChecker
from lxml import etree

from conference.programme.exchange import read_schedule
from conference.programme.exchange.document import ScheduleDocument
from conference.programme.exchange.fit import carried_by_xml, fitted
from conference.programme.exchange.write_json import write_json
from conference.programme.exchange.write_xml import write_xml

SCHEDULES = Path(__file__).resolve().parents[3] / "shared" / "data" / "schedules"

pytestmark = pytest.mark.skipif(
    not SCHEDULES.is_dir(), reason="The shared schedules are not beside the repository; they are left out."
)

FILES = [("frab-camp2019.json", 79), ("pretalx-democon.json", 36)]


def load(name: str) -> ScheduleDocument:
    document, problems = read_schedule((SCHEDULES / name).read_bytes(), name)
    assert document is not None, problems
    return document


@pytest.mark.parametrize(("name", "sessions"), FILES)
def test_a_real_programme_loads_whole(name: str, sessions: int) -> None:
    document, problems = read_schedule((SCHEDULES / name).read_bytes(), name)
    assert document is not None
    assert len(document.sessions) == sessions
    assert len(document.halls) == 2
    assert all(problem.severity == "warning" and problem.line for problem in problems)
    assert len(problems) == 2, problems


def test_the_offsets_of_a_real_programme_win_over_its_zone() -> None:
    document = load("pretalx-democon.json")
    assert document.time_zone_name == "UTC"
    assert document.sessions[0].start.isoformat() == "2020-12-14T08:00:00+00:00"
    assert len({hall.guid for hall in document.halls}) == 2


@pytest.mark.parametrize(("name", "_sessions"), FILES)
def test_a_real_programme_written_as_json_is_valid_and_reads_back_equal(name: str, _sessions: int) -> None:
    document = load(name)
    data = write_json(document)
    schema = json.loads((SCHEDULES / "schema.json").read_text())
    Draft6Validator(schema, format_checker=FormatChecker()).validate(json.loads(data))
    again, problems = read_schedule(data)
    assert problems == []
    assert again == fitted(document)


@pytest.mark.parametrize(("name", "_sessions"), FILES)
def test_a_real_programme_written_as_xml_is_valid_and_reads_back_equal(name: str, _sessions: int) -> None:
    document = load(name)
    data = write_xml(document)
    schema = etree.XMLSchema(etree.parse(str(SCHEDULES / "schema.xsd")))
    schema.assertValid(etree.fromstring(data))
    again, problems = read_schedule(data)
    assert problems == []
    assert again == carried_by_xml(fitted(document))


@pytest.mark.parametrize(("name", "_sessions"), FILES)
def test_nothing_people_read_is_lost_on_the_way(name: str, _sessions: int) -> None:
    """Compared with the file itself, not with what the reader made of it."""
    file = json.loads((SCHEDULES / name).read_text())
    written = json.loads(write_json(load(name)))

    def told(whole: dict) -> set[tuple]:  # type: ignore[type-arg]
        return {
            (
                event["guid"],
                event["id"],
                " ".join(event["title"].split()),
                event["date"].partition("+")[0] if "camp" in name else event["duration"],
                room,
                event["track"],
                tuple(
                    person.get("name") or " ".join(person["public_name"].split())
                    for person in event["persons"]
                ),
                len(event["links"]),
            )
            for day in whole["schedule"]["conference"]["days"]
            for room, events in day["rooms"].items()
            for event in events
        }

    assert told(file) == told(written)
