"""An organizer brings a whole programme from another system, and the world reads it."""

from __future__ import annotations

import json
import re
import secrets
import urllib.request
from datetime import UTC, date, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from playwright.sync_api import Page, expect

from tests.journeys.platform import ROOT, NewPage, RunningPlatform

SCHEDULES = ROOT.parent / "shared" / "data" / "schedules"

pytestmark = pytest.mark.skipif(
    not SCHEDULES.is_dir(), reason="The real schedules are not beside the repository."
)


def make_event(page: Page, *, name: str, slug: str, first: date, last: date, zone: str, city: str) -> None:
    """From the list of events to the overview of a new one."""
    page.goto("/")
    page.get_by_role("link", name="New event").first.click()
    page.get_by_role("radio", name=re.compile("^Conference")).check()
    page.get_by_role("group", name="Name", exact=True).get_by_label("English").fill(name)
    page.get_by_label("Address", exact=True).fill(slug)
    page.get_by_label("First day").fill(first.isoformat())
    page.get_by_label("Last day").fill(last.isoformat())
    page.get_by_label("Time zone of the event").select_option(zone)
    page.get_by_role("group", name="City").get_by_label("English").fill(city)
    page.get_by_role("button", name="Make the event").click()
    expect(page.get_by_text("Nobody but the organizers sees this event yet.")).to_be_visible()


def sessions_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    days = document["schedule"]["conference"]["days"]
    return [session for day in days for sessions in day["rooms"].values() for session in sessions]


def moments(sessions: list[dict[str, Any]]) -> set[tuple[str, datetime, str]]:
    """What must survive the journey through the platform: which session begins when, and how long it lasts."""
    return {
        (one["guid"], datetime.fromisoformat(one["date"]).astimezone(UTC), one["duration"])
        for one in sessions
    }


@pytest.mark.parametrize(
    ("file", "zone", "city"),
    [
        ("pretalx-democon.json", "Europe/Berlin", "Berlin"),
        ("frab-camp2019.json", "Europe/Berlin", "Mildenberg"),
    ],
)
def test_an_organizer_imports_a_real_programme_and_releases_it(
    file: str, zone: str, city: str, platform: RunningPlatform, page_of: NewPage, new_page: NewPage
) -> None:
    document = json.loads((SCHEDULES / file).read_text(encoding="utf-8"))
    conference = document["schedule"]["conference"]
    expected = sessions_of(document)
    slug = f"{conference['acronym'].lower()}-{secrets.token_hex(3)}"
    page = page_of("organizer")
    make_event(
        page,
        name=conference["title"],
        slug=slug,
        first=date.fromisoformat(conference["start"]),
        last=date.fromisoformat(conference["end"]),
        zone=zone,
        city=city,
    )

    # The dry run.
    page.get_by_role("navigation", name="Organizing").get_by_role("link", name="Programme").click()
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("File").set_input_files(SCHEDULES / file)
    page.get_by_role("button", name="Show what it will do").click()
    expect(page.get_by_role("heading", level=1, name="What the import will do")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(re.compile(rf"\b{len(expected)}\s*new sessions"))
    new = page.get_by_role("region", name="New sessions")
    for session in expected[:3]:
        expect(new.get_by_text(session["title"].strip()).first).to_be_attached()

    # For real. Readers see nothing of it yet.
    page.get_by_role("button", name="Import for real").click()
    expect(
        page.get_by_text(f"Imported: {len(expected)} new sessions, 0 changed, 0 unchanged.")
    ).to_be_visible()
    expect(page.get_by_text("Times and rooms wait in the draft for the next release.")).to_be_visible()
    reader = new_page()
    answer = reader.goto(f"/{slug}/schedule/")
    assert answer is not None
    assert answer.status == 404

    # The same file again does nothing.
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("File").set_input_files(SCHEDULES / file)
    page.get_by_role("button", name="Show what it will do").click()
    expect(page.get_by_role("heading", name="Everything is here already")).to_be_visible()
    page.get_by_role("link", name="Do not import").click()

    page.get_by_role("link", name="Look at the changes and release").click()
    page.get_by_label("Name of the version").fill("1.0")
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_text(re.compile("Version 1\\.0|version 1\\.0")).first).to_be_visible()
    page.goto(f"/{slug}/organize/")
    page.get_by_role("button", name="Publish the event").click()
    expect(page.get_by_text("Published").first).to_be_visible()

    reader.goto(f"/{slug}/schedule/")
    expect(reader.get_by_text(f"{len(expected)} sessions shown")).to_be_attached()
    for session in (expected[0], expected[len(expected) // 2], expected[-1]):
        expect(reader.get_by_role("link", name=session["title"].strip(), exact=True).first).to_be_visible()
    reader.get_by_role("link", name=expected[0]["title"].strip(), exact=True).first.click()
    expect(reader.get_by_role("heading", level=1, name=expected[0]["title"].strip())).to_be_visible()
    start = datetime.fromisoformat(expected[0]["date"])
    expect(
        reader.get_by_role("main").get_by_text(re.compile(rf"{start:%H:%M}.*{city}")).first
    ).to_be_visible()

    with urllib.request.urlopen(f"{platform.base_url}/{slug}/schedule.json", timeout=20) as found:
        exported = json.load(found)
    schema = json.loads((SCHEDULES / "schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(exported)
    assert moments(sessions_of(exported)) == moments(expected)
