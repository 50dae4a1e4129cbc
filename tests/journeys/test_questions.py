"""Questions from the hall and from online, in one queue, on phones and at the moderator's desk."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.platform import PHONE, NewPage
from tests.journeys.steps import enter_live_session

FROM_THE_HALL = "ເຄື່ອງສູບນ້ຳພະລັງແສງຕາເວັນ ໃຊ້ໄດ້ດົນປານໃດ?"
FROM_ONLINE = "Who repairs the drip lines in a village?"


def questions_tab(page: Page) -> Page:
    page.get_by_role("tab", name=re.compile("^Questions")).click()
    return page


def asked(page: Page, text: str) -> Locator:
    """The entry of this question; other entries may name it in a list of choices."""
    return page.get_by_role("listitem").filter(has=page.get_by_role("paragraph").filter(has_text=text))


def ask(page: Page, text: str) -> None:
    page.get_by_label("Your question to the stage").fill(text)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("Thank you. The moderators look at your question first.")).to_be_visible()


def test_people_in_the_hall_and_online_ask_in_one_queue_and_a_moderator_runs_it(page_of: NewPage) -> None:
    moderator, online = page_of("moderator"), page_of("kathmandu", viewport=PHONE)
    for page in (moderator, online):
        enter_live_session(page)

    # From the wall of the hall to the questions: the code leads there.
    moderator.get_by_role("tab", name="In the hall").click()
    image = moderator.get_by_role("img", name=re.compile("^QR code that leads to"))
    expect(image).to_be_visible()
    code = re.search(r"/r/(\w+)\.svg", image.get_attribute("src") or "")
    assert code
    hall = page_of("vientiane", viewport=PHONE)
    hall.goto(f"/r/{code[1]}/")
    expect(hall.get_by_label("I am in the hall")).to_be_checked()
    ask(hall, FROM_THE_HALL)
    ask(questions_tab(online), FROM_ONLINE)
    expect(online.get_by_text(FROM_THE_HALL)).to_have_count(0)

    # The moderator lets both through; one is put on top by the votes of the other's author.
    questions_tab(moderator)
    waiting = moderator.get_by_role("button", name="Approve")
    for left in (2, 1):
        expect(waiting).to_have_count(left)
        waiting.first.click()
    expect(waiting).to_have_count(0)
    vote = asked(online, FROM_THE_HALL).get_by_role("button", name=re.compile("I want to hear this too"))
    vote.click()
    shown = asked(moderator, FROM_THE_HALL)
    expect(shown.get_by_role("button", name=re.compile("^2 people want to hear this"))).to_be_visible()

    # Answered on the stage, and in writing.
    shown.get_by_role("button", name="Answer now").click()
    expect(hall.get_by_text("Being answered now")).to_be_visible()
    shown.get_by_role("button", name="Answered", exact=True).click()
    other = asked(moderator, FROM_ONLINE)
    other.get_by_text("Write an answer").click()
    other.get_by_label("Answer in writing").fill("A workshop in each district.")
    other.get_by_role("button", name="Send the answer").click()
    online.get_by_text("Answered", exact=True).click()
    expect(online.get_by_text("A workshop in each district.")).to_be_visible()

    # One line for those who want to speak.
    for page in (online, hall):
        page.get_by_role("button", name="Raise my hand").click()
        expect(page.get_by_role("button", name="Lower my hand")).to_be_visible()
    expect(hall.get_by_text("You are number 2 in the line.")).to_be_visible()
    moderator.get_by_role("button", name="Give the word").first.click()
    expect(online.get_by_text("You have the word.")).to_be_visible()
    expect(hall.get_by_text("You are number 1 in the line.")).to_be_visible()
