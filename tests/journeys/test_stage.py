"""Directing a stage: bringing somebody of the audience, muting, the speaker's place, sending back; by keyboard too."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.platform import NewPage
from tests.journeys.steps import (
    REMEMBER_PEERS,
    connections,
    enter_live_session,
    go_on_stage,
    see_moving_picture,
    wait_until,
)

SOUND = """
async (after) => {
  let energy = 0;
  for (const peer of window.peers.slice(after)) {
    if (peer.connectionState !== "connected") continue;
    for (const report of (await peer.getStats()).values()) {
      if (report.type === "inbound-rtp" && report.kind === "audio") energy += report.packetsReceived ?? 0;
    }
  }
  return energy;
}
"""


def enter(page: Page) -> Page:
    page.context.add_init_script(REMEMBER_PEERS)
    enter_live_session(page)
    return page


def stage(page: Page) -> object:
    return page.get_by_role("region", name="Stage")


def large(page: Page) -> str:
    """Whose picture is large."""
    return str(page.evaluate("document.querySelector('.tile.large .tile-name')?.innerText ?? ''"))


def test_an_attendee_is_brought_to_the_stage_muted_shown_large_and_sent_back(page_of: NewPage) -> None:
    host, guest, viewer = (enter(page_of(who)) for who in ("organizer", "yangon", "kathmandu"))
    go_on_stage(host)
    see_moving_picture(viewer)

    # Asked by the keyboard; the answer too. No camera starts before its owner starts it.
    host.get_by_role("tab", name=re.compile("^People")).click()
    host.locator("body").press("d")
    desk = host.get_by_role("dialog", name="Direct the stage")
    desk.get_by_label("Bring somebody to the stage").fill("ခင်မာလာ")
    desk.get_by_role("button", name="Ask to the stage: ခင်မာလာ").click()
    expect(desk.get_by_role("heading", name="Asked to come")).to_be_visible()
    expect(guest.get_by_text("李云 asks you to come on the stage.")).to_be_visible()
    guest.locator("body").press("y")
    expect(guest.get_by_role("button", name="Start camera and microphone")).to_be_focused()
    expect(viewer.locator(".tile")).to_have_count(1)
    before = connections(viewer)
    guest.keyboard.press("Enter")
    see_moving_picture(viewer, after=before)
    expect(viewer.locator(".tile")).to_have_count(2)
    expect(viewer.get_by_text("On the stage now: ခင်မာလာ.")).to_be_attached()

    # Everyone sees the layout that was chosen, also who comes later.
    desk.get_by_role("button", name="Speaker", exact=True).click()
    desk.get_by_role("button", name="Give the speaker's place: ခင်မာလာ").click()
    for page in (guest, viewer):
        wait_until(page, lambda page=page: "ခင်မာလာ" in large(page), "the guest is large")  # type: ignore[misc]
    viewer.reload()
    wait_until(viewer, lambda: "ခင်မာလာ" in large(viewer), "the guest is large after a reload")
    see_moving_picture(viewer)

    # Muted by the host: told to the guest, shown to the others, and no sound arrives whatever the guest's browser does.
    desk.get_by_role("button", name="Mute: ခင်မာလာ").click()
    expect(guest.get_by_role("button", name="Muted by the host")).to_be_visible()
    expect(viewer.get_by_text("Muted by those who run this room.")).to_be_attached()
    guest.get_by_role("button", name="Muted by the host").click()
    expect(guest.get_by_text("Those who run this room have muted you.").first).to_be_visible()

    def silent() -> bool:
        first = viewer.evaluate(SOUND, 0)
        viewer.wait_for_timeout(700)
        second = viewer.evaluate(SOUND, 0)
        # The host alone: fifty packets a second. Of two it would be a hundred.
        return 0 < second - first < 60

    wait_until(viewer, silent, "only the host is heard")
    desk.get_by_role("button", name="Let speak again: ခင်မာလာ").click()
    expect(guest.get_by_role("button", name="Unmute")).to_be_visible()

    # Back to the audience.
    desk.get_by_role("button", name="Send back: ခင်မာလာ").click()
    expect(viewer.locator(".tile")).to_have_count(1)
    expect(viewer.get_by_text("Not on the stage any more: ခင်မာလာ.")).to_be_attached()
    expect(guest.get_by_role("button", name="Start camera and microphone")).to_have_count(0)
    expect(guest.get_by_role("button", name="Leave the stage")).to_have_count(0)
    desk.press("Escape")
    expect(desk).to_be_hidden()

    # What the keys do is listed.
    host.locator("body").press("?")
    keys = host.get_by_role("dialog", name="Keys of the stage")
    expect(keys.get_by_text("Everyone sees all side by side")).to_be_visible()
    keys.press("Escape")
    host.locator("body").press("m")
    expect(host.get_by_role("button", name="Unmute")).to_be_visible()
