"""Two people write to each other: one at a desk, one on a phone in Chinese."""

from __future__ import annotations

import gettext
import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.platform import PHONE, ROOT, NewPage, RunningPlatform

FIRST = "May I ask about your pumps? https://example.org/pumps"
ANSWER = "当然可以，请看 https://example.org/plan"


def words(english: str) -> str:
    """What stands there in Chinese; the start of the platform compiles the catalogues."""
    for name in ("djangojs.mo", "django.mo"):
        with (ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / name).open("rb") as file:
            chinese = gettext.GNUTranslations(file).gettext(english)
        if chinese != english:
            return chinese
    raise AssertionError(f"“{english}” has no Chinese.")


def message(page: Page, text: str) -> Locator:
    return page.get_by_role("log").locator(".message", has_text=text)


def mark(page: Page) -> Locator:
    return page.get_by_role("banner").locator("#unread-mark")


def name_of(page: Page) -> str:
    page.goto("/me/")
    return page.get_by_role("main").locator("bdi.name").first.inner_text()


def test_a_first_message_an_answer_and_a_block(page_of: NewPage, platform: RunningPlatform) -> None:
    desk = page_of("yangon")
    phone = page_of("vientiane", lang="zh-hans", viewport=PHONE, has_touch=True, is_mobile=True)
    phone.goto("/demo/")
    phone.get_by_role("banner").locator("summary").first.tap()
    phone.get_by_role("banner").get_by_role("button", name="简体中文").tap()
    mails = len(platform.mails("vientiane@example.org"))
    who, whom = name_of(desk), name_of(phone)

    # The one on the phone agrees to be found, and to be reachable.
    phone.goto("/demo/participants/me/")
    phone.get_by_label(words("Everyone who takes part in the event")).check()
    phone.get_by_role("button", name=words("Save")).tap()
    expect(phone).to_have_url(re.compile("/demo/participants/$"))
    phone.goto("/messages/")
    phone.get_by_role("link", name=words("Agree to get messages")).tap()
    phone.get_by_label(words("Get messages from other participants")).check()
    phone.get_by_role("button", name=words("Save")).tap()
    expect(phone.get_by_text(words("Other participants can write to you now."))).to_be_visible()
    expect(phone).to_have_url(re.compile("/messages/$"))

    # The other finds them among the participants, and is asked for the same before the first word.
    desk.goto("/demo/participants/?q=Bounmy")
    desk.get_by_role("link", name=f"Write a message to {whom}").click()
    expect(desk.get_by_text("You do not get messages at the moment")).to_be_visible()
    expect(desk.get_by_label("Message", exact=True)).to_be_hidden()
    desk.get_by_role("link", name="Agree to get messages").click()
    desk.get_by_label("Get messages from other participants").check()
    desk.get_by_role("button", name="Save").click()
    desk.get_by_label("Message", exact=True).fill(FIRST)
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Your message was sent. You can write more once it is answered.")).to_be_visible()
    expect(desk.get_by_label("Message", exact=True)).to_be_hidden()

    # It arrives while the list is open; a mark in the head counts it. Its link cannot be pressed.
    expect(phone.get_by_role("heading", name=words("Want to talk with you"))).to_be_visible()
    expect(mark(phone)).to_have_text("1")
    phone.get_by_role("main").get_by_role("link", name=who).tap()
    expect(message(phone, FIRST)).to_be_visible()
    expect(phone.get_by_text(words("Links in a first message cannot be opened."))).to_be_visible()
    expect(message(phone, FIRST).get_by_role("link")).to_have_count(0)
    expect(phone.get_by_text(words("You do not know each other here yet."))).to_be_visible()
    expect(mark(phone)).to_have_text("")

    # To answer is to accept; from now on links can be pressed, and one sees the other writing.
    phone.get_by_label(words("Message"), exact=True).fill(ANSWER)
    phone.get_by_role("button", name=words("Send")).tap()
    expect(message(desk, ANSWER).get_by_role("link", name="https://example.org/plan")).to_be_visible()
    expect(phone.get_by_text(words("You do not know each other here yet."))).to_be_hidden()
    desk.get_by_label("Message", exact=True).press_sequentially("Thank you")
    expect(phone.get_by_text(words("%(name)s is writing…") % {"name": who})).to_be_visible()
    desk.get_by_role("button", name="Send").click()
    expect(message(phone, "Thank you")).to_be_visible()

    # What is written while the line is cut is sent when it is back, once.
    desk.context.set_offline(True)
    desk.get_by_label("Message", exact=True).fill("See you at the stand")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Not sent yet. It is sent as soon as there is a connection.")).to_be_visible()
    desk.context.set_offline(False)
    expect(message(phone, "See you at the stand")).to_have_count(1)

    # A block is not told. What the other writes then is not lost to them, and goes nowhere.
    phone.get_by_role("link", name=words("Block %(name)s") % {"name": who}).tap()
    phone.get_by_role("main").get_by_role("button", name=words("Block")).tap()
    expect(phone.get_by_role("button", name=words("Unblock %(name)s") % {"name": who})).to_be_visible()
    desk.get_by_label("Message", exact=True).fill("Are you there?")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text(f"{whom} cannot get messages from you any more.").first).to_be_visible()
    expect(desk.get_by_text("Are you there?")).to_be_visible()
    expect(desk.get_by_text(re.compile("blocked", re.IGNORECASE))).to_have_count(0)
    desk.goto("/demo/participants/?q=Bounmy")
    expect(desk.get_by_text("Nobody fits")).to_be_visible()

    # Lifted, all is as it was.
    phone.get_by_role("button", name=words("Unblock %(name)s") % {"name": who}).tap()
    expect(phone.get_by_text(words("The block is lifted."))).to_be_visible()
    desk.goto("/demo/participants/?q=Bounmy")
    desk.get_by_role("link", name=f"Write a message to {whom}").click()
    expect(message(desk, ANSWER)).to_be_visible()
    desk.get_by_label("Message", exact=True).fill("Back again")
    desk.keyboard.press("Enter")
    expect(message(desk, "Back again")).to_be_visible()

    # The first message was told by mail as well, without the name and the words.
    told = platform.wait_for_mail("vientiane@example.org", after=mails)
    assert str(told["Subject"]).strip() == words("Another participant has written to you for the first time")
    body = told.get_body(("plain",))
    assert body is not None and who not in body.get_content() and "pumps" not in body.get_content()
