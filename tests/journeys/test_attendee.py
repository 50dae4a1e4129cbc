"""An engineer in Kathmandu hears of the conference, signs up, and plans her days in two time zones."""

from __future__ import annotations

import re
import secrets
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
import vobject
from playwright.sync_api import Page, expect

from tests.journeys.platform import NewPage, RunningPlatform
from tests.journeys.steps import account_menu, ask_for_code

# From the demo's programme of tomorrow, which is never over: the title, the clock in Kunming, and in Kathmandu, 2 hours and 15
# minutes behind.
HERBS = ("Fingerprints for a hundred herbs", "11:15–12:15", "09:00–10:00")
CLOSING = ("Closing: what was agreed, by whom, until when", "16:15–17:15", "14:00–15:00")


@pytest.fixture(autouse=True)
def _demo(demo: str) -> None:
    """The conference is there; none of its accounts is used."""


def sign_up(page: Page, platform: RunningPlatform, email: str, *, after: str) -> None:
    code = ask_for_code(page, platform, email, after=after)
    page.get_by_label("Code from the mail").fill(f"{code[:3]} {code[3:]}")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1, name="Welcome")).to_be_visible()


def register_online(page: Page) -> None:
    page.get_by_role("radio", name=re.compile("^Online")).check()
    page.get_by_role("main").get_by_role("button", name="Register").click()
    expect(page.get_by_text("You are registered.")).to_be_visible()


def star(page: Page, title: str) -> None:
    button = page.get_by_role("button", name=f"On my agenda: {title}")
    expect(button).to_have_attribute("aria-pressed", "false")
    with page.expect_response(re.compile("/star/$")) as answer:
        button.click()
    assert answer.value.ok
    expect(button).to_have_attribute("aria-pressed", "true")


def test_an_attendee_signs_up_plans_in_two_time_zones_and_takes_the_plan_into_her_calendar(
    platform: RunningPlatform, new_page: NewPage
) -> None:
    page = new_page(timezone_id="Asia/Kathmandu")
    page.goto("/demo/")
    page.get_by_role("main").get_by_role("link", name="Register", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    sign_up(page, platform, f"sunita-{secrets.token_hex(4)}@example.org", after="/demo/register/")

    # The first two minutes.
    page.get_by_label("Your name").fill("सुनिता")
    page.get_by_label("Country or region").select_option(label="Nepal")
    expect(page.get_by_label("Time zone").locator("option:checked")).to_contain_text("Kathmandu")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("checkbox", name="learn", exact=True).check()
    page.get_by_role("group", name="My fields").get_by_text(re.compile("^Energy")).click()
    page.get_by_role("checkbox", name=re.compile("^hydropower", re.IGNORECASE)).check()
    page.get_by_label("One sentence about you").fill("साना जलविद्युत आयोजना बनाउँछु।")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("radio", name=re.compile("^Small picture")).check()
    page.get_by_role("button", name="Done").click()

    expect(page.get_by_role("heading", level=1, name="Register")).to_be_visible()
    register_online(page)

    page.get_by_role("navigation", name="Places").get_by_role("link", name="Agenda").click()
    expect(page.get_by_role("heading", level=1, name="Programme")).to_be_visible()
    for title, _there, _here in (HERBS, CLOSING):
        star(page, title)
    page.reload()
    starts = {}
    for title, _there, _here in (HERBS, CLOSING):
        expect(page.get_by_role("button", name=f"On my agenda: {title}")).to_have_attribute(
            "aria-pressed", "true"
        )
    for title, there, here in (HERBS, CLOSING):
        page.get_by_role("link", name=title, exact=True).click()
        told = page.get_by_role("main").locator("header")
        expect(told.get_by_text(re.compile(rf"{there}.*Kunming"))).to_be_visible()
        expect(told.get_by_text(re.compile(rf"{here}.*your time"))).to_be_visible()
        starts[title] = moment_of(page, there)
        page.go_back()

    page.get_by_role("main").get_by_role("link", name="My agenda").click()
    for title, _there, _here in (HERBS, CLOSING):
        expect(page.get_by_role("link", name=title, exact=True)).to_be_visible()
    page.get_by_role("button", name="Make a secret address").click()
    address = page.get_by_label("Secret address").input_value()
    assert address.startswith(platform.base_url)

    # The calendar is another program: it has no cookies and knows only the address.
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.headers.get_content_type() == "text/calendar"
        calendar = vobject.readOne(answer.read().decode("utf-8"))
    found = {event.summary.value: event for event in calendar.vevent_list}
    assert set(found) == {HERBS[0], CLOSING[0]}
    for title, event in found.items():
        assert event.dtstart.value.astimezone(UTC) == starts[title]
        assert event.dtend.value.astimezone(UTC) == starts[title] + timedelta(hours=1)
    assert starts[CLOSING[0]] - starts[HERBS[0]] == timedelta(hours=5)
    assert (starts[HERBS[0]].hour, starts[HERBS[0]].minute) == (3, 15), "11:15 in Kunming is 03:15 UTC."

    # Whoever had the address has lost it.
    page.get_by_role("button", name="Revoke the address").click()
    expect(page.get_by_role("button", name="Make a secret address")).to_be_visible()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address, timeout=10)
    with refused.value:
        assert refused.value.code == 404


def moment_of(page: Page, there: str) -> datetime:
    """The moment, with its date, that the page means by this clock in Kunming."""
    element = page.get_by_role("main").locator("header time").filter(has_text=there).first
    return datetime.fromisoformat(element.get_attribute("datetime") or "").astimezone(UTC)


def test_the_bar_of_days_tells_which_day_is_read(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.goto("/demo/schedule/")
    bar = page.get_by_role("navigation", name="Days")
    days = bar.get_by_role("link")
    last = days.last
    last.click()
    expect(last).to_have_attribute("aria-current", "true")
    expect(last).to_be_in_viewport(ratio=0.9)
    expect(bar.locator("[aria-current]")).to_have_count(1)
    heading = page.get_by_role("heading", level=2, name=re.compile("What we agree"))
    expect(heading).to_be_in_viewport(ratio=1)
    assert heading.bounding_box()["y"] >= bar.bounding_box()["y"] + bar.bounding_box()["height"]  # type: ignore[index]
    page.evaluate("document.getElementById(document.querySelector('.day').id).scrollIntoView()")
    expect(days.first).to_have_attribute("aria-current", "true")
    expect(bar.locator("[aria-current]")).to_have_count(1)


def test_an_open_page_shows_what_an_organizer_changes(page_of: NewPage) -> None:
    reader, organizer, words = (
        page_of("yangon"),
        page_of("organizer"),
        f"Bring a sample {secrets.token_hex(3)}",
    )
    reader.goto("/demo/schedule/")
    reader.get_by_role("link", name=HERBS[0], exact=True).click()
    expect(reader.get_by_role("heading", level=1, name=HERBS[0])).to_be_visible()
    code = reader.url.rstrip("/").rpartition("/")[2]
    organizer.goto(f"/demo/organize/programme/sessions/{code}/")
    organizer.get_by_role("group", name=re.compile("^Subtitle")).get_by_label("English").fill(words)
    loaded = reader.evaluate("performance.timeOrigin")
    organizer.get_by_role("button", name="Save").first.click()
    expect(organizer.get_by_text("Saved.")).to_be_visible()
    expect(reader.get_by_text(words)).to_be_visible(timeout=10_000)
    assert reader.evaluate("performance.timeOrigin") == loaded, "The page was loaded anew."


def test_the_first_two_minutes_can_all_wait(platform: RunningPlatform, new_page: NewPage) -> None:
    page = new_page(timezone_id="Asia/Kathmandu")
    sign_up(page, platform, f"bounmy-{secrets.token_hex(4)}@example.org", after="/demo/register/")
    for heading in ("Welcome", "What brings you here?", "How good is your line?"):
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        page.get_by_role("button", name="Later").click()
    expect(page.get_by_role("heading", level=1, name="Register")).to_be_visible()
    register_online(page)
    expect(account_menu(page)).to_be_visible()
    # Nobody told the platform where the reader is; the device did.
    page.goto("/demo/schedule/")
    expect(page.get_by_text("your time").filter(visible=True).first).to_be_visible()
