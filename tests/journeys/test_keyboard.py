"""By keyboard alone."""

from __future__ import annotations

import re
import secrets

from playwright.sync_api import expect

from tests.journeys.looking import focused, tab_to
from tests.journeys.platform import PHONE, NewPage
from tests.journeys.steps import enter_live_session, message_box, see_message


def test_the_programme_works_by_keyboard_alone(page_of: NewPage) -> None:
    page = page_of("vientiane", viewport=PHONE)
    page.goto("/demo/schedule/")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()

    filters = page.get_by_label("Track")
    expect(filters).to_be_hidden()
    tab_to(page, lambda: focused(page).startswith("Filters"), "The filters")
    page.keyboard.press("Enter")
    expect(filters).to_be_visible()
    tab_to(page, lambda: focused(page) == "Track", "The filter by track", most=5)
    with page.expect_response(re.compile("/demo/schedule/\\?.*track=")):
        page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile("track="))

    page.goto("/demo/schedule/")
    tab_to(page, lambda: focused(page).startswith("On my agenda:"), "A star")
    star = page.locator("*:focus")
    before = star.get_attribute("aria-pressed") == "true"
    with page.expect_response(re.compile("/star/$")):
        page.keyboard.press("Space")
    expect(star).to_have_attribute("aria-pressed", str(not before).lower())  # and it has kept the focus


def test_one_chats_by_keyboard_alone(page_of: NewPage) -> None:
    page = page_of("vientiane")
    enter_live_session(page)
    box = message_box(page)
    tab_to(page, lambda: box.evaluate("box => box === document.activeElement"), "The field for a message")
    text = f"by keyboard {secrets.token_hex(3)}"
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    see_message(page, text)
    expect(box).to_be_focused()
