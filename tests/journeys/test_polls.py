"""A poll: made, answered on phones, and shown to everyone when it is time."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.platform import PHONE, NewPage
from tests.journeys.steps import enter_live_session

ASKED = "Which crop should the next field trial be about?"


def polls_tab(page: Page) -> Page:
    page.get_by_role("tab", name=re.compile("^Polls")).click()
    return page


def test_a_poll_is_made_answered_changed_closed_and_shown(page_of: NewPage) -> None:
    moderator, one, other = page_of("moderator"), page_of("kathmandu", viewport=PHONE), page_of("yangon")
    for page in (moderator, one, other):
        enter_live_session(page)

    polls_tab(moderator)
    moderator.get_by_text("Make a poll").click()
    moderator.get_by_label("What do you want to ask?").fill(ASKED)
    moderator.get_by_label("Options, one on each line").fill("Rice\nཆུ་མ\nမြေပဲ")
    moderator.get_by_role("button", name="Save as a draft").click()
    draft = moderator.get_by_role("listitem").filter(has_text=ASKED)
    expect(draft.get_by_text("Draft", exact=True)).to_be_visible()
    draft.get_by_role("button", name="Open", exact=True).click()

    # The others are told, answer, and change their mind.
    for page in (one, other):
        expect(page.get_by_text("1 poll to answer")).to_be_attached()
        polls_tab(page).get_by_label("Rice").check()
        page.get_by_role("button", name="Answer", exact=True).click()
        expect(page.get_by_text("Your answer is counted.")).to_be_visible()
    one.get_by_label("မြေပဲ").check()
    one.get_by_role("button", name="Change my answer").click()
    expect(moderator.get_by_text("2 people have answered")).to_be_visible()
    expect(one.get_by_role("table")).to_have_count(0)

    # Those who run the room look first; then everyone sees.
    draft.get_by_role("button", name="Close", exact=True).click()
    draft.get_by_role("button", name="Only for me").click()
    expect(draft.get_by_role("row", name=re.compile("^Rice 1 50"))).to_be_visible()
    expect(other.get_by_role("table")).to_have_count(0)
    draft.get_by_role("button", name="Show the results").click()
    for page in (one, other):
        expect(page.get_by_role("row", name=re.compile("^မြေပဲ 1 50"))).to_be_visible()
        expect(page.get_by_role("row", name=re.compile("^Rice 1 50"))).to_be_visible()

    # And at home, in a spreadsheet.
    with moderator.expect_download() as download:
        moderator.get_by_role("link", name="Download all results").click()
    assert ASKED in download.value.path().read_text("utf-8-sig")

    draft.get_by_role("button", name="Hide the results").click()
    expect(one.get_by_role("table")).to_have_count(0)
