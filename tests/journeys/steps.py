"""What people do in many stories, by what they see: labels, roles and words, never classes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.journeys.platform import RunningPlatform

# Before any script of the page: remember its connections, to ask them what they decoded.
REMEMBER_PEERS = """
(() => {
  window.peers = [];
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...settings) { super(...settings); window.peers.push(this); }
  };
})();
"""

FRAMES_DECODED = """
async (after) => {
  let most = 0;
  for (const peer of window.peers.slice(after)) {
    if (peer.connectionState !== "connected") continue;
    for (const report of (await peer.getStats()).values()) {
      if (report.type === "inbound-rtp" && report.kind === "video") most = Math.max(most, report.framesDecoded ?? 0);
    }
  }
  return most;
}
"""

ALWAYS_LIVE = "ອານຸສອນ"
"""A speaker of the demo event who is on stage at whatever hour."""


def sign_in_by_password(page: Page, email: str, password: str) -> None:
    """The quick way in, for stories that are about something else; in English."""
    page.goto("/account/password/")
    form = page.get_by_role("main")
    form.get_by_label("E-mail address").fill(email)
    form.get_by_label("Password").fill(password)
    form.get_by_role("button", name="Sign in").click()
    expect(account_menu(page)).to_be_visible()


def account_menu(page: Page) -> Locator:
    """Only those who are signed in have it; its words are those of their language."""
    return page.get_by_role("banner").locator("summary[aria-label]")


def ask_for_code(page: Page, platform: RunningPlatform, email: str, *, after: str = "") -> str:
    """Ask for a mail at the sign-in page; gives its code, read from the mail."""
    before = len(platform.mails(email))
    page.goto(f"/account/sign-in/?next={after}" if after else "/account/sign-in/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Send me the mail").click()
    expect(page.get_by_role("heading", level=1, name="Look into your mail")).to_be_visible()
    body = platform.wait_for_mail(email, after=before).get_body(("plain",))
    assert body is not None
    found = re.search(r"(?<!\d)(\d{3})[ -]?(\d{3})(?!\d)", body.get_content())
    assert found, body.get_content()
    return found[1] + found[2]


def wait_until(page: Page, holds: Callable[[], Any], what: str, *, seconds: float = 20) -> Any:
    """Ask again and again until it holds, for what no locator can say; the page lives on meanwhile."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"Within {seconds} s it did not come about: {what}"
        page.wait_for_timeout(100)
    return found


def connections(page: Page) -> int:
    """How many media connections the page has made so far; the page needs REMEMBER_PEERS."""
    return int(page.evaluate("window.peers.length"))


def frames_decoded(page: Page, *, after: int = 0) -> int:
    """Frames of video that arrived and were decoded on a connection that stands, and was made after so many others."""
    return int(page.evaluate(FRAMES_DECODED, after))


def see_moving_picture(page: Page, *, after: int = 0, seconds: float = 25) -> None:
    """A picture arrives, and goes on arriving."""
    first = wait_until(page, lambda: frames_decoded(page, after=after), "a picture arrives", seconds=seconds)
    wait_until(
        page, lambda: frames_decoded(page, after=after) > first + 10, "the picture moves", seconds=seconds
    )


def enter_live_session(page: Page, *, speaker: str = ALWAYS_LIVE, join: str = "Join") -> None:
    """From "Now" of the demo event into the session where this speaker is on stage at whatever hour."""
    page.goto("/demo/")
    live = page.get_by_role("article").filter(has_text=speaker)
    live.get_by_role("link", name=re.compile(f"^{join}")).first.click()
    expect(page.get_by_role("log")).to_be_visible()
    expect(message_box(page)).to_be_enabled()


def go_on_stage(
    page: Page, *, start: str = "Start camera and microphone", leave: str = "Leave the stage"
) -> None:
    page.get_by_role("button", name=start).click()
    expect(page.get_by_role("button", name=leave)).to_be_visible()


def leave_stage(
    page: Page, *, start: str = "Start camera and microphone", leave: str = "Leave the stage"
) -> None:
    page.get_by_role("button", name=leave).click()
    expect(page.get_by_role("button", name=start)).to_be_visible()


def message_box(page: Page) -> Locator:
    """Where one writes in the chat: the one place for text beside the log."""
    return page.get_by_role("tabpanel").get_by_role("textbox")


def write_message(page: Page, text: str) -> None:
    box = message_box(page)
    box.fill(text)
    box.press("Enter")
    expect(box).to_have_value("")


def see_message(page: Page, text: str, *, seconds: float = 10) -> None:
    expect(page.get_by_role("log").get_by_text(text).last).to_be_visible(timeout=seconds * 1000)


def messages_in(page: Page) -> list[str]:
    """The chat as it reads, oldest first: the texts of the messages."""
    return page.get_by_role("log").locator("p[dir=auto]").all_inner_texts()
