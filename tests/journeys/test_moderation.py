"""A disturbed session: who disturbs is reported, muted, removed, and let back in; the desk of whoever decides about it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.platform import PHONE, NewPage
from tests.journeys.steps import enter_live_session, message_box, see_message, write_message

REMOVED = re.compile("Those who run this room have removed you from it")
SPAM = "Best water pumps, half price, write to me!"


def open_console(page: Page) -> None:
    enter_live_session(page)
    page.get_by_role("link", name="Console").click()
    expect(page.get_by_role("tab", name=re.compile("^Questions"))).to_be_visible()


def row_of(page: Page, name: str) -> Locator:
    """The person in the console's list of people."""
    page.get_by_role("tab", name=re.compile("^People")).click()
    page.get_by_label("Find a person").fill(name)
    return page.get_by_role("listitem").filter(has_text=name)


def test_whoever_is_removed_cannot_come_back_until_let_in_and_then_need_not_reload(page_of: NewPage) -> None:
    moderator, phone, other = page_of("moderator"), page_of("yangon", viewport=PHONE), page_of("kathmandu")
    enter_live_session(phone)
    enter_live_session(other)
    write_message(phone, SPAM)
    see_message(other, SPAM)
    open_console(moderator)
    name = moderator.get_by_role("log").get_by_text(SPAM).locator("xpath=..").locator("bdi.name").inner_text()

    # Muted: the reason stands where one would write, and nothing can be asked either.
    row = row_of(moderator, name)
    row.get_by_role("button", name=re.compile("^Mute")).click()
    expect(row.get_by_text("Muted", exact=True)).to_be_visible()
    expect(phone.get_by_text(re.compile("have muted you here")).first).to_be_visible()
    expect(message_box(phone)).to_have_count(0)
    phone.get_by_role("tab", name=re.compile("^Questions")).click()
    expect(phone.get_by_role("button", name="Ask", exact=True)).to_have_count(0)
    expect(phone.get_by_role("button", name="Raise my hand")).to_have_count(0)
    row.get_by_role("button", name=re.compile("^Unmute")).click()
    expect(phone.get_by_role("button", name="Raise my hand")).to_be_visible()

    # Removed while in the room: told why and whom to ask, and what is said further is not for them.
    row.get_by_role("button", name=re.compile("^Remove")).click()
    expect(phone.get_by_text(REMOVED).first).to_be_visible()
    expect(phone.get_by_text(re.compile("write to the organizers")).first).to_be_visible()
    write_message(other, "Back to the pumps of the valley.")
    see_message(moderator, "Back to the pumps of the valley.")
    phone.reload()
    expect(phone.get_by_text(REMOVED).first).to_be_visible()
    expect(phone.get_by_text("Back to the pumps of the valley.")).to_have_count(0)
    expect(message_box(phone)).to_have_count(0)

    # Let back in: the page that says so enters by itself.
    row.get_by_role("button", name=re.compile("^Let back in")).click()
    see_message(phone, "Back to the pumps of the valley.")
    expect(phone.get_by_text(REMOVED)).to_have_count(0)
    write_message(phone, "Sorry. I listen.")
    see_message(other, "Sorry. I listen.")

    moderator.get_by_role("tab", name="Log").click()
    log = moderator.get_by_role("tabpanel").filter(has=moderator.get_by_label("Show"))
    expect(log.get_by_text("Let back in").first).to_be_visible()
    expect(log.get_by_role("listitem").filter(has_text="Removed from the room").first).to_contain_text(name)
    moderator.get_by_label("Show", exact=True).select_option("people")
    expect(log.get_by_text("No longer muted").first).to_be_visible()
    with moderator.expect_download() as started:
        moderator.get_by_role("link", name="Download the log").click()
    assert started.value.suggested_filename.endswith(".csv")


def test_a_report_is_decided_at_the_console_and_whoever_reported_reads_the_note(page_of: NewPage) -> None:
    moderator, phone, spammer = (
        page_of("moderator"),
        page_of("vientiane", viewport=PHONE),
        page_of("kathmandu"),
    )
    open_console(moderator)
    enter_live_session(phone)
    enter_live_session(spammer)
    text = f"{SPAM} Now!"
    write_message(spammer, text)
    see_message(phone, text)

    # On the phone: report the message.
    phone.get_by_role("button", name=re.compile("^What to do with the message of")).last.click()
    phone.get_by_role("button", name="Report", exact=True).last.click()
    dialog = phone.get_by_role("dialog", name="Report this message")
    dialog.get_by_role("button", name="Send the report").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose what is wrong with it.")
    dialog.get_by_label("Advertising or spam").check()
    dialog.get_by_label(re.compile("^In your words")).fill("ລາວຂາຍເຄື່ອງຕະຫຼອດ")
    dialog.get_by_role("button", name="Send the report").click()
    expect(phone.get_by_text(re.compile("^Thank you. Those who run the room look at it"))).to_be_visible()

    # At the desk, by keys: go to the reports, read, decide, with a note.
    expect(moderator.get_by_role("tab", name=re.compile("^Reports"))).to_contain_text("1 report to decide")
    moderator.keyboard.press("r")
    report = (
        moderator.get_by_role("listitem").filter(has_text=text).filter(has=moderator.get_by_role("textbox"))
    )
    expect(report.get_by_text("ລາວຂາຍເຄື່ອງຕະຫຼອດ")).to_be_visible()
    report.get_by_label("A note to whoever reported it").fill(
        "Thank you. We keep the chat free of advertising."
    )
    report.get_by_role("button", name="Take it away").click()
    expect(moderator.get_by_text("Nothing is reported.", exact=False)).to_be_visible()
    expect(spammer.get_by_role("log").get_by_text(text)).to_have_count(0)

    # Whoever reported finds the note; the other nothing at all.
    phone.goto("/me/inbox/")
    notice = phone.get_by_role("listitem").filter(has_text="Your report was looked at").first
    expect(notice).to_contain_text("have taken it away")
    expect(notice).to_contain_text("Thank you. We keep the chat free of advertising.")
    spammer.goto("/me/inbox/")
    expect(spammer.get_by_text("report", exact=False)).to_have_count(0)


def test_the_speaker_sees_how_much_time_is_left_and_the_desk_becomes_tabs_on_a_phone(
    page_of: NewPage,
) -> None:
    # The speaker's clock is an hour wrong, which must not matter.
    moderator, speaker, listener = page_of("moderator"), page_of("speaker"), page_of("yangon", viewport=PHONE)
    speaker.add_init_script("{ const now = Date.now; Date.now = () => now() + 3_600_000; }")
    open_console(moderator)
    enter_live_session(speaker)
    enter_live_session(listener)
    moderator.get_by_label("How long").select_option("5")
    moderator.get_by_label("What or who it is for").fill("The answer")
    moderator.keyboard.press("Enter")
    expect(speaker.get_by_role("timer")).to_have_text(re.compile("^(5:00|4:5[0-9])$"))
    stage = speaker.get_by_role("region", name="Stage")
    expect(stage.get_by_text("The answer")).to_be_visible()
    moderator.get_by_role("button", name="Two minutes left").click()
    expect(stage.get_by_role("strong").get_by_text("Two minutes left")).to_be_visible()
    expect(speaker.get_by_role("timer")).to_have_text(re.compile("^(2:00|1:5[0-9])$"))
    expect(listener.get_by_role("timer")).to_have_count(0)

    moderator.keyboard.press("?")
    expect(moderator.get_by_role("dialog", name="Keys of the console")).to_be_visible()
    moderator.keyboard.press("Escape")
    moderator.set_viewport_size(PHONE)
    strip = moderator.get_by_role("tablist")
    expect(strip).to_have_count(1)
    for name in ("Timer", "People", "Rules", "Log", "Polls", "Notices", "Chat", "Reports", "Questions"):
        tab = strip.get_by_role("tab", name=re.compile(f"^{name}"))
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(moderator.get_by_role("tabpanel")).to_have_count(1)
    strip.get_by_role("tab", name="Timer").click()
    moderator.get_by_role("button", name="Stop the timer").click()
    expect(speaker.get_by_role("timer")).to_have_count(0)
