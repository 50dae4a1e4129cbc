"""The live room, with everything that can stand or open in it: readable by machines, whole on a small screen."""

from __future__ import annotations

import re
import secrets

from playwright.sync_api import expect

from tests.journeys.looking import Look, focused, tab_to
from tests.journeys.platform import DESKTOP, RunningPlatform
from tests.journeys.steps import enter_live_session, message_box, see_message
from tests.journeys.test_green_room import confirm_all, enter, make_session


def test_the_live_room_is_accessible(looker: Look, demo: str) -> None:
    for who in ("speaker", "kathmandu"):
        reader = looker(who)
        enter_live_session(reader.page)
        expect(reader.page.get_by_role("region", name="Stage")).to_be_visible()
        reader.look(f"the live room as {who}")
        reader.page.get_by_role("tab", name=re.compile("^People")).click()
        reader.look(f"people of the live room as {who}")
        assert not reader.findings, reader.report()


def test_the_green_room_going_live_and_the_end_are_accessible(
    looker: Look, platform: RunningPlatform
) -> None:
    code = make_session(platform)
    moderator, reader = looker("moderator"), looker("yangon")
    enter(moderator.page, code)
    enter(reader.page, code)
    confirm_all(moderator.page)
    stage = reader.page.get_by_role("region", name="Stage")
    broadcast = moderator.page.get_by_role("group", name="Broadcast")
    broadcast.get_by_text(re.compile("^Ready: ")).click()
    expect(stage.get_by_role("heading", name="The speakers are getting ready")).to_be_visible()
    moderator.look("the green room")
    reader.look("before it is live")
    broadcast.get_by_label("Countdown").select_option("60")
    broadcast.get_by_role("button", name="Go live").click()
    expect(stage.get_by_role("heading", name="It begins in a moment")).to_be_visible()
    moderator.look("the countdown of the stage")
    reader.look("the countdown")
    broadcast.get_by_role("button", name="Stop the countdown").press("Enter")
    broadcast.get_by_label("Countdown").select_option("0")
    broadcast.get_by_role("button", name="Go live").press("Enter")
    expect(reader.page.get_by_role("group", name="Broadcast").get_by_text("Live", exact=True)).to_be_visible()
    reader.look("live")
    broadcast.get_by_role("button", name="End", exact=True).press("Enter")
    expect(stage.get_by_role("heading", name="Thank you for being there")).to_be_visible()
    reader.look("after it")
    # Stars by keyboard alone.
    tab_to(reader.page, lambda: focused(reader.page).strip() == "1 star", "the stars")
    reader.page.keyboard.press("ArrowRight")
    reader.page.keyboard.press("ArrowRight")
    stage.get_by_role("button", name="Send the rating").press("Enter")
    expect(stage.get_by_text(re.compile("^Thank you. You gave [1-5] stars?.$"))).to_be_visible()
    reader.look("rated")
    moderator.look("it is over")
    assert not moderator.findings, moderator.report()
    assert not reader.findings, reader.report()


def test_questions_and_polls_are_accessible(looker: Look, demo: str) -> None:
    moderator, attendee = looker("moderator"), looker("vientiane")
    for reader in (moderator, attendee):
        enter_live_session(reader.page)
        reader.page.get_by_role("tab", name=re.compile("^Questions")).click()
    attendee.page.get_by_label("Your question to the stage").fill("ໃຜສ້ອມແປງ?")
    attendee.page.get_by_role("button", name="Ask", exact=True).click()
    attendee.page.get_by_role("button", name="Raise my hand").click()
    expect(moderator.page.get_by_role("button", name="Give the word")).to_be_visible()
    moderator.look("questions to look at")
    moderator.page.get_by_role("button", name="Approve").click()
    moderator.page.get_by_role("button", name="Answer now").click()
    moderator.page.get_by_text("Write an answer").click()
    moderator.page.get_by_text("What holds in this room").click()
    moderator.look("questions as the moderator")
    attendee.look("questions as an attendee")

    moderator.page.get_by_role("tab", name=re.compile("^Polls")).click()
    moderator.page.get_by_text("Make a poll").click()
    moderator.look("making a poll")
    moderator.page.get_by_label("What do you want to ask?").fill("How was the morning?")
    moderator.page.get_by_label("How people answer").select_option("rating")
    moderator.page.get_by_role("button", name="Save as a draft").click()
    moderator.page.get_by_role("button", name="Open", exact=True).click()
    attendee.page.get_by_role("tab", name=re.compile("^Polls")).click()
    attendee.look("answering a poll")
    attendee.page.get_by_label("4", exact=True).check()
    attendee.page.get_by_role("button", name="Answer", exact=True).click()
    moderator.page.get_by_role("button", name="Show the results").click()
    expect(attendee.page.get_by_role("table")).to_be_visible()
    attendee.look("the results of a poll")
    # As it was, for the other stories of this room.
    moderator.page.get_by_role("button", name="Close", exact=True).click()
    moderator.page.get_by_role("button", name="Hide the results").click()
    moderator.page.get_by_role("tab", name=re.compile("^Questions")).click()
    moderator.page.get_by_role("button", name="Answered", exact=True).click()
    attendee.page.get_by_role("tab", name=re.compile("^Questions")).click()
    attendee.page.get_by_role("button", name="Lower my hand").click()
    moderator.page.get_by_role("tab", name="In the hall").click()
    moderator.look("the short address")
    for reader in (moderator, attendee):
        assert not reader.findings, reader.report()


def test_the_chat_is_accessible_with_everything_that_opens_in_it(looker: Look, demo: str) -> None:
    writer, reader = looker("kathmandu"), looker("yangon")
    for each in (writer, reader):
        enter_live_session(each.page)
    text = f"अदुवा {secrets.token_hex(3)} https://example.org"
    box = message_box(writer.page)
    box.fill(text)
    box.press("Enter")
    see_message(reader.page, text)
    page = reader.page
    row = page.get_by_role("log").locator("[data-message]").filter(has_text=text).last
    row.get_by_role("button", name=re.compile("^What to do with")).click()
    reader.look("what one may do with a message")
    row.get_by_role("button", name="React with 🎉").click()
    expect(row.get_by_role("button", name="🎉 1 person")).to_be_visible()
    page.get_by_role("button", name="Find in this chat").click()
    page.get_by_role("searchbox", name="Find in this chat").fill("अदुवा")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="found")).to_be_visible()
    reader.look("what was found in the chat")
    page.keyboard.press("Escape")
    page.get_by_label("Settings of the chat").click()
    reader.look("settings of the chat")
    page.get_by_label("Settings of the chat").click()
    row.get_by_role("button", name=re.compile("^What to do with")).click()
    row.get_by_role("button", name="Reply", exact=True).click()
    page.get_by_label("Reply", exact=True).press_sequentially("@सु")
    expect(page.get_by_role("option").first).to_be_visible()
    reader.look("a thread, and people to mention")
    box.fill("what waits")
    act = writer.page.get_by_role("log").locator("[data-message]").filter(has_text=text).last
    act.get_by_role("button", name=re.compile("^What to do with")).click()
    act.get_by_role("button", name="Delete", exact=True).click()
    writer.look("before one deletes a message")
    for each in (writer, reader):
        assert not each.findings, each.report()


def test_the_console_is_accessible_with_everything_that_can_wait(looker: Look, demo: str) -> None:
    moderator, attendee, other = looker("moderator"), looker("vientiane"), looker("kathmandu")
    for reader in (moderator, attendee, other):
        enter_live_session(reader.page)
    box = message_box(other.page)
    box.fill("चिया किन्नुहोस्")
    box.press("Enter")
    see_message(attendee.page, "चिया किन्नुहोस्")
    attendee.page.get_by_role("button", name=re.compile("^What to do with the message of")).last.click()
    attendee.page.get_by_role("button", name="Report", exact=True).last.click()
    attendee.look("reporting a message")
    attendee.page.get_by_label("Something else").check()
    attendee.page.get_by_role("button", name="Send the report").click()

    page = moderator.page
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # Playwright's own TypedDict
    page.get_by_role("link", name="Console").click()
    page.get_by_role("button", name="Two minutes left").click()
    expect(page.get_by_role("timer")).to_be_visible()
    for name in ("People", "Log", "Rules", "Polls", "Questions", "Notices", "Reports", "Chat"):
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        page.get_by_role("tab", name=re.compile(f"^{name}")).click()
        moderator.look(f"the console: {name}")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keys", exact=True).click()
    moderator.look("the keys of the console")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name=re.compile("^Reports")).click()
    page.get_by_role("button", name="Leave it").first.click()
    for reader in (moderator, attendee):
        assert not reader.findings, reader.report()


def test_announcements_and_materials_are_accessible(looker: Look) -> None:
    moderator, attendee = looker("moderator"), looker("kathmandu")
    for reader in (moderator, attendee):
        enter_live_session(reader.page)
    page = moderator.page
    page.get_by_role("tab", name="Materials").click()
    page.get_by_text("Add a link or a file").click()
    page.get_by_role("tabpanel").get_by_role("button", name="Add", exact=True).click()
    for title, shown in (("آبپاشی کا نقشہ", True), ("Not shown yet", False)):
        page.get_by_label("Title (a file may go without)").fill(title)
        page.get_by_label("Web address").fill("https://example.org/")
        page.get_by_label("Everyone in the room sees it").set_checked(shown)
        page.get_by_role("tabpanel").get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("tabpanel").get_by_role("link", name=title)).to_be_visible()
    moderator.look("materials as the moderator")
    attendee.page.get_by_role("tab", name="Materials").click()
    attendee.look("materials as an attendee")
    page.get_by_role("tab", name="Notices").click()
    form = page.get_by_role("tabpanel")
    form.get_by_label("English").fill("မနက်ဖြန် နေ့လည်စာ ကျွေးမွေးပါမည်။")
    form.get_by_label("Link (optional)").fill("https://example.org/")
    form.get_by_label("Urgent: stays until it is closed").check()
    form.get_by_role("button", name="Announce", exact=True).click()
    attendee.page.get_by_role("tab", name="Notices").click()
    for reader in (moderator, attendee):
        expect(reader.page.locator(".banner")).to_be_visible()
    moderator.look("announcements as the moderator")
    attendee.look("announcements as an attendee, with a banner")
    form.get_by_role("button", name="Withdraw").click()
    expect(attendee.page.locator(".banner")).to_have_count(0)
    page.get_by_role("tab", name="Materials").click()
    for left in (2, 1):
        rows = form.get_by_role("listitem")
        expect(rows).to_have_count(left)
        rows.first.get_by_text("Take away", exact=True).click()
        rows.first.get_by_role("button", name="Yes, take it away").click()
    expect(attendee.page.get_by_role("tab", name="Materials")).to_be_hidden()
    for reader in (moderator, attendee):
        assert not reader.findings, reader.report()
