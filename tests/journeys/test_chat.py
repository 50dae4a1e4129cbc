"""The chat of a session: threads, names, reactions, changes; what is found, what is looked at first, what is new."""

from __future__ import annotations

import re
import secrets

from playwright.sync_api import Locator, Page, expect

from tests.journeys.platform import PHONE, NewPage
from tests.journeys.steps import enter_live_session, message_box, see_message, write_message


def message(page: Page, text: str) -> Locator:
    """The newest message with these words, in the chat or in an open thread."""
    return page.get_by_role("log").locator("[data-message]").filter(has_text=text).last


def act(page: Page, text: str, name: str) -> None:
    """Open what one may do with a message, and do it."""
    found = message(page, text)
    found.get_by_role("button", name=re.compile("^What to do with")).click()
    found.get_by_role("button", name=name, exact=True).click()


def test_people_reply_react_name_each_other_and_mend_what_they_wrote(page_of: NewPage) -> None:
    mark = secrets.token_hex(3)
    one, other = page_of("kathmandu"), page_of("yangon", viewport=PHONE)
    for page in (one, other):
        enter_live_session(page)

    # A link leads where it says, and an address in Chinese text ends where the text goes on.
    write_message(one, f"{mark} 请看https://example.org/drip?a=1，谢谢")
    link = message(other, mark).get_by_role("link")
    expect(link).to_have_attribute("href", "https://example.org/drip?a=1")
    expect(link).to_have_text("https://example.org/drip?a=1")
    expect(link).to_have_attribute("rel", "noopener nofollow ugc")

    # A reaction is a number for the others, and pressed for whoever gave it.
    act(other, mark, "React with 👏")
    given = re.compile("^👏 1 person")
    expect(message(other, mark).get_by_role("button", name=given, pressed=True)).to_be_visible()
    expect(message(one, mark).get_by_role("button", name=given, pressed=False)).to_be_visible()

    # A thread, on the phone and on the desktop at once.
    act(other, mark, "Reply")
    reply_box = other.get_by_label("Reply", exact=True)
    expect(reply_box).to_be_focused()
    reply_box.fill(f"{mark} ရပါတယ်")
    reply_box.press("Enter")
    expect(message(other, "ရပါတယ်")).to_be_visible()
    message(one, mark).get_by_role("button", name="1 reply").click()
    expect(message(one, "ရပါတယ်")).to_be_visible()
    write_box = one.get_by_label("Reply", exact=True)
    write_box.fill(f"{mark} धन्यवाद")
    write_box.press("Enter")
    expect(message(other, "धन्यवाद")).to_be_visible()
    one.keyboard.press("Escape")
    expect(message(one, mark).get_by_role("button", name="2 replies")).to_be_focused()
    other.get_by_role("button", name="Back to the chat").click()

    # A name from the list; whoever is named finds it in the inbox, with the way to the message.
    box = message_box(one)
    box.fill(f"{mark} ")
    box.press_sequentially("@ခင်")
    choice = one.get_by_role("listbox", name="People to mention").get_by_role("option").first
    expect(choice).to_contain_text("ခင်မာလာ")
    box.press("Enter")
    box.press_sequentially("?")
    box.press("Enter")
    see_message(other, "@ခင်မာလာ")
    asked = message(one, "@ခင်မာလာ")

    # Changed, with what was being written kept; then deleted, asked twice.
    box.fill("a draft that waits")
    act(one, "@ခင်မာလာ", "Change")
    expect(one.get_by_text("You are changing a message.")).to_be_visible()
    box.fill(f"{mark} changed for @ခင်မာလာ")
    box.press("Enter")
    expect(box).to_have_value("a draft that waits")
    expect(message(other, "changed for").get_by_text("edited")).to_be_visible()
    act(one, "changed for", "Delete")
    asked.get_by_role("button", name="Delete for everyone").click()
    expect(other.get_by_role("log").get_by_text("This message was deleted.").last).to_be_visible()
    expect(other.get_by_text("changed for")).to_have_count(0)

    # What is found leads to the message among the others; the address of a message does too.
    other.get_by_role("button", name="Find in this chat").click()
    other.get_by_role("searchbox", name="Find in this chat").fill("谢谢")
    other.keyboard.press("Enter")
    other.get_by_role("listitem").get_by_role("button", name=re.compile(mark)).first.click()
    expect(message(other, "谢谢")).to_be_focused()
    notice = page_of("yangon")
    notice.goto("/me/inbox/")
    notice.get_by_role("link", name=re.compile("mentioned you in the chat")).first.click()
    expect(notice.get_by_role("log").get_by_text("This message was deleted.").last).to_be_visible()


def test_what_waits_is_seen_by_those_who_run_the_room_and_what_is_new_is_marked(page_of: NewPage) -> None:
    mark = secrets.token_hex(3)
    moderator, author, reader = (
        page_of("moderator"),
        page_of("vientiane", viewport=PHONE),
        page_of("kathmandu"),
    )
    for page in (moderator, author, reader):
        enter_live_session(page)
    write_message(moderator, f"{mark} welcome")
    for page in (author, reader):
        see_message(page, f"{mark} welcome")

    moderator.get_by_role("tab", name=re.compile("^Questions")).click()
    moderator.get_by_text("What holds in this room").click()
    hold = moderator.get_by_label("Messages are looked at before others see them")
    hold.click()
    expect(hold).to_be_checked()
    try:
        expect(author.get_by_text("Messages are looked at before others see them.")).to_be_visible()
        for words in ("first", "second"):
            write_message(author, f"{mark} {words}")
            own = message(author, f"{mark} {words}")
            expect(
                own.get_by_text("Others see this once those who run the room have looked at it.")
            ).to_be_visible()
        moderator.get_by_role("tab", name=re.compile("^Chat")).click()
        waiting = moderator.get_by_role("group").filter(has_text="To look at")
        expect(waiting.get_by_text(f"{mark} second")).to_be_visible()
        expect(reader.get_by_text(f"{mark} first")).to_have_count(0)
        reader.get_by_role("tab", name=re.compile("^Questions")).click()  # looks elsewhere
        waiting.get_by_role("button", name="Dismiss").last.click()
        expect(author.get_by_text("Those who run the room did not let this message through.")).to_be_visible()
        waiting.get_by_role("button", name="Approve").last.click()
    finally:
        moderator.get_by_role("tab", name=re.compile("^Questions")).click()
        hold.click()
        expect(hold).not_to_be_checked()
    expect(reader.get_by_role("tab", name=re.compile("^Chat 1"))).to_be_visible()
    reader.get_by_role("tab", name=re.compile("^Chat")).click()
    expect(reader.get_by_text("New since you left")).to_be_visible()
    see_message(reader, f"{mark} first")
    expect(reader.get_by_text(f"{mark} second")).to_have_count(0)

    # It is remembered for the next visit, on another device too.
    reader.goto("/me/inbox/")
    write_message(author, f"{mark} later")
    see_message(author, f"{mark} later")
    enter_live_session(reader)
    expect(reader.get_by_text("New since you left")).to_be_visible()
    see_message(reader, f"{mark} later")
