"""A small room: everybody has a camera, raises a hand, keeps somebody large; small tiles get small pictures."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.platform import PHONE, NewPage, RunningPlatform
from tests.journeys.steps import REMEMBER_PEERS, go_on_stage, wait_until

LEAVE = "Leave the table"

WIDTHS = """
async () => {
  const widths = [];
  for (const peer of window.peers) {
    if (peer.connectionState !== "connected") continue;
    for (const report of (await peer.getStats()).values()) {
      if (report.type === "inbound-rtp" && report.kind === "video" && report.framesDecoded > 5) widths.push(report.frameWidth);
    }
  }
  return widths;
}
"""


FULL = """
from datetime import timedelta
from django.utils import timezone
from conference.accounts.models import User
from realtime.models import Seat
later = timezone.now() + timedelta(hours=1)
for user in User.objects.exclude(email="yangon@example.org")[:12]:
    Seat.objects.update_or_create(room_id={room}, user=user, defaults={{"taken": later}})
"""


def sit_down(page: Page) -> Page:
    """At the round table of the demo, which is open at every hour."""
    page.context.add_init_script(REMEMBER_PEERS)
    page.goto("/demo/")
    table = page.get_by_role("article").filter(has_text="Round table")
    table.get_by_role("link", name=re.compile("^Join")).first.click()
    expect(page.get_by_role("region", name="People in this room")).to_be_visible()
    go_on_stage(page, leave=LEAVE)
    return page


def tiles(page: Page) -> int:
    return page.locator(".tile:visible").count()


def test_three_people_see_each_other_raise_a_hand_and_keep_one_large(
    platform: RunningPlatform, page_of: NewPage
) -> None:
    one, other = sit_down(page_of("kathmandu")), sit_down(page_of("yangon"))
    phone = sit_down(page_of("vientiane", viewport=PHONE))
    pages = (one, other, phone)
    for page in pages:
        wait_until(page, lambda page=page: tiles(page) == 3, "all three are seen")  # type: ignore[misc]
        wait_until(page, lambda page=page: len(page.evaluate(WIDTHS)) == 2, "two pictures come")  # type: ignore[misc]
    # On the phone the tiles are small, and so are the pictures that are sent there.
    wait_until(
        phone, lambda: max(phone.evaluate(WIDTHS)) <= 640, "small tiles get small pictures", seconds=30
    )

    other.locator("body").press("h")
    expect(other.get_by_role("button", name="Lower my hand")).to_be_visible()
    for page in (one, phone):
        expect(page.get_by_text("Hand raised")).to_be_visible()
    other.get_by_role("button", name="Lower my hand").click()
    expect(one.get_by_text("Hand raised")).to_have_count(0)

    one.get_by_role("button", name="What to do about ခင်မာလာ").click()
    one.get_by_role("button", name="Keep large for me").click()
    expect(one.locator(".tile.large")).to_contain_text("ခင်မာလာ")
    assert other.locator(".tile.large").count() == 0, "One's own choice is nobody else's."
    one.locator("body").press("Shift+G")
    expect(one.locator(".tile.large")).to_have_count(0)

    # Nobody is larger than the page: no scrolling sideways on a phone.
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    other.get_by_role("button", name=LEAVE).click()
    expect(one.locator(".tile:visible")).to_have_count(2)
    expect(other.get_by_role("button", name="Start camera and microphone")).to_be_visible()

    # The thirteenth is told that the room is full, and may stay and listen.
    room = other.locator("small-room").get_attribute("room")
    platform.python(FULL.format(room=room))
    other.get_by_role("button", name="Start camera and microphone").click()
    expect(
        other.get_by_text("This room is full: 12 people are in it with camera or microphone.")
    ).to_be_visible()
    expect(other.get_by_role("button", name="Start camera and microphone")).to_be_enabled()
    assert tiles(other) == 2
    platform.python(f"from realtime.models import Seat; Seat.objects.filter(room_id={room}).delete()")
