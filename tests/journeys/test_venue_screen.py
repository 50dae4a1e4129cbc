"""Three browsers at one session: somebody on a phone in Chinese, the moderator at a desk, and the screen on the wall of the hall,
opened by its link at a computer where nobody is signed in."""

from __future__ import annotations

import os
import re
import signal

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.platform import PHONE, NewPage, RunningPlatform
from tests.journeys.steps import enter_live_session, wait_until
from tests.journeys.test_chinese_phone import Words, choose_chinese

WALL = {"width": 1920, "height": 1080}
ASKED = "海水浸泡三周之后，哪些水稻品种还能存活？"
POLL = "Which crop should the next field trial be about?"


@pytest.fixture
def chinese(platform: RunningPlatform) -> Words:
    """The start of the platform compiles the catalogues."""
    return Words()


def link_to_the_screen(moderator: Page, name: str) -> str:
    """Made by whoever runs the room, from the session's page."""
    moderator.get_by_role("tab", name="In the hall").click()
    moderator.get_by_role("link", name="Screen for the projector").click()
    moderator.get_by_label("Where is the screen?").fill(name)
    moderator.get_by_role("button", name="Make a link").click()
    entry = moderator.get_by_role("listitem").filter(has_text=name)
    return entry.get_by_label("Address of the screen").input_value()


def fits(wall: Page) -> bool:
    """Nothing on the wall is cut off or would have to be scrolled."""
    return bool(
        wall.evaluate(
            """() => [document.documentElement, ...document.querySelectorAll(".screen-main > *")].every(
                 (box) => box.scrollHeight <= box.clientHeight + 1 && box.scrollWidth <= box.clientWidth + 1)"""
        )
    )


def symbols(wall: Page) -> int:
    return wall.locator(".reaction").count()


def test_a_question_and_a_poll_go_from_a_phone_over_the_desk_to_the_wall(
    page_of: NewPage, chinese: Words
) -> None:
    moderator, phone = (
        page_of("moderator"),
        page_of("exhibitor", lang="zh-hans", viewport=PHONE, has_touch=True, is_mobile=True),
    )
    choose_chinese(phone)
    enter_live_session(moderator)
    enter_live_session(phone, join=chinese("Join: %(title)s").partition("%")[0])
    session = moderator.url
    wall = page_of("", viewport=WALL)
    wall.goto(link_to_the_screen(moderator, "Hall 3"))
    assert "key" not in wall.url
    expect(wall.get_by_role("img", name="Connected")).to_be_visible()
    expect(wall.get_by_role("img", name=re.compile("^QR code"))).to_be_visible()
    assert (
        wall.get_by_role("button").count()
        + wall.get_by_role("link").count()
        + wall.get_by_role("textbox").count()
        == 0
    )

    # Asked on the phone; on the wall only what was approved, and large when it is taken.
    phone.get_by_role("tab", name=re.compile(f"^{chinese('Questions')}")).tap()
    phone.get_by_label(chinese("Your question to the stage")).fill(ASKED)
    phone.get_by_role("tabpanel").get_by_role("button", name=chinese("Ask"), exact=True).tap()
    moderator.goto(session)
    moderator.get_by_role("tab", name=re.compile("^Questions")).click()
    expect(moderator.get_by_text(ASKED)).to_be_visible()
    expect(wall.get_by_text(ASKED)).to_have_count(0)
    moderator.get_by_role("button", name="Approve").first.click()
    expect(wall.get_by_text(ASKED)).to_be_visible()
    moderator.get_by_role("listitem").filter(has_text=ASKED).get_by_role("button", name="Answer now").click()
    expect(wall.get_by_text("Being answered now")).to_be_visible()
    assert fits(wall)
    moderator.get_by_role("button", name="Answered", exact=True).click()
    expect(wall.get_by_text(ASKED)).to_have_count(0)

    # A poll: open, answered, shown as bars.
    moderator.get_by_role("tab", name=re.compile("^Polls")).click()
    moderator.get_by_text("Make a poll").click()
    moderator.get_by_label("What do you want to ask?").fill(POLL)
    moderator.get_by_label("Options, one on each line").fill("Rice\n玉米\nမြေပဲ")
    moderator.get_by_role("button", name="Save as a draft").click()
    draft = moderator.get_by_role("listitem").filter(has_text=POLL)
    draft.get_by_role("button", name="Open", exact=True).click()
    expect(wall.get_by_text("Poll: answer on your phone")).to_be_visible()
    expect(wall.get_by_text("0 answers")).to_be_visible()
    phone.get_by_role("tab", name=re.compile(f"^{chinese('Polls')}")).tap()
    phone.get_by_label("玉米").check()
    phone.get_by_role("button", name=chinese("Answer"), exact=True).tap()
    expect(wall.get_by_text("1 answer", exact=True)).to_be_visible()
    expect(wall.get_by_role("table")).to_have_count(0)
    draft.get_by_role("button", name="Close", exact=True).click()
    draft.get_by_role("button", name="Show the results").click()
    expect(wall.get_by_role("row", name=re.compile("^玉米 100 % 1"))).to_be_visible()
    assert fits(wall)
    for width, height in ((1024, 576), (1280, 1024), (3840, 2160)):
        wall.set_viewport_size({"width": width, "height": height})
        wait_until(wall, lambda: fits(wall), f"everything fits at {width} by {height}")
    wall.set_viewport_size(WALL)  # type: ignore[arg-type]

    # Reactions rise on the wall and on the desk, and are gone again; who listens hears of them if they want to.
    moderator.get_by_role("button", name="Read out reactions").press("Enter")
    clap = phone.get_by_role("button", name=chinese("Applause"))
    # Within one gathering of the page: by eight taps of the robot it would take as long as the machine is slow.
    clap.evaluate("button => Array.from({ length: 8 }, () => button.click())")
    expect(wall.get_by_text(re.compile(r"^×\d")).first).to_be_attached()
    wait_until(wall, lambda: 0 < symbols(wall) <= 60, "symbols rise")
    wait_until(moderator, lambda: moderator.locator(".reaction").count() > 0, "symbols rise at the desk")
    wait_until(wall, lambda: symbols(wall) == 0, "they are gone")
    expect(moderator.get_by_role("status").filter(has_text=re.compile("^Applause 8$"))).to_be_attached(
        timeout=15_000
    )
    moderator.keyboard.press("Alt+Shift+Digit6")
    wait_until(wall, lambda: symbols(wall) == 1, "the one of the desk rises, too")
    draft.get_by_role("button", name="Hide the results").click()
    expect(wall.get_by_role("table")).to_have_count(0)

    # Those who run the room find anybody who is here, and act from there.
    moderator.get_by_role("tab", name=re.compile("^People")).click()
    moderator.get_by_label("Find a person").fill("rahim")
    # By the Latin name, which stays when another journey writes nonsense into the other.
    person = moderator.get_by_role("listitem").filter(has_text="Rahim Uddin")
    person.get_by_role("button", name=re.compile("^What to do about")).click()
    person.get_by_role("button", name="Mute", exact=True).click()
    expect(person.get_by_text("Muted")).to_be_visible()
    person.get_by_role("button", name="Unmute").click()
    expect(person.get_by_text("Muted")).to_have_count(0)

    # The link is taken back: the wall says so at once.
    moderator.get_by_role("tab", name="In the hall").click()
    moderator.get_by_role("link", name="Screen for the projector").click()
    entry = moderator.get_by_role("listitem").filter(has_text="Hall 3")
    entry.get_by_role("button", name=re.compile("^Take")).click()
    expect(wall.get_by_text("This screen is not open any more.")).to_be_visible()
    wall.reload()
    expect(wall.get_by_role("heading", name="This screen is not open any more.")).to_be_visible()


def test_the_screen_comes_back_by_itself(platform: RunningPlatform, page_of: NewPage) -> None:
    moderator = page_of("moderator")
    enter_live_session(moderator)
    session = moderator.url
    wall = page_of("", viewport=WALL)
    wall.goto(link_to_the_screen(moderator, "Hall 4"))
    expect(wall.get_by_role("img", name="Connected")).to_be_visible()

    # The network is away for a while: what is known stays, and only a small mark tells.
    wall.context.set_offline(True)
    expect(wall.get_by_role("img", name="Connecting again…")).to_be_visible(timeout=30_000)
    expect(wall.get_by_role("img", name=re.compile("^QR code"))).to_be_visible()
    moderator.goto(session)
    moderator.get_by_role("tab", name=re.compile("^Questions")).click()
    moderator.get_by_label("Your question to the stage").fill("Asked while the wall was away?")
    moderator.get_by_role("button", name="Ask", exact=True).click()
    wall.context.set_offline(False)
    expect(wall.get_by_text("Asked while the wall was away?")).to_be_visible(timeout=40_000)

    # The server starts anew, with another version: the page loads itself, without anybody.
    wall.evaluate("document.querySelector('venue-screen').dataset.version = 'of yesterday'")
    with wall.expect_event("load", timeout=90_000):
        for process in platform.processes("daphne"):
            os.kill(process, signal.SIGTERM)
    expect(wall.get_by_text("Asked while the wall was away?")).to_be_visible()
    expect(wall.get_by_role("img", name="Connected")).to_be_visible()
