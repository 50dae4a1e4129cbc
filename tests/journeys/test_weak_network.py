"""A line that carries less than everything: what one chooses, what it costs, and what is given up for the voice by itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.platform import DESKTOP, PHONE, NewPage, RunningPlatform
from tests.journeys.steps import (
    REMEMBER_PEERS,
    enter_live_session,
    frames_decoded,
    go_on_stage,
    see_moving_picture,
    wait_until,
)
from tests.media.line import Line, NoNetwork, bad_line
from tools.setup import find_chromium

HERE, THERE = "10.213.79.1", "10.213.79.2"

# Of the connections that stand: media packets that arrived, by kind, and seconds of sound.
ARRIVED = """
async () => {
  const sum = {audio: 0, video: 0, heard: 0, sections: 0};
  for (const peer of window.peers) {
    if (peer.connectionState !== "connected") continue;
    const receives = peer.getTransceivers().filter(({currentDirection}) => currentDirection === "recvonly");
    sum.sections += receives.filter(({receiver}) => receiver.track.kind === "video").length;
    for (const report of (await peer.getStats()).values()) {
      if (report.type !== "inbound-rtp") continue;
      sum[report.kind] += report.packetsReceived;
      sum.heard += report.totalSamplesDuration ?? 0;
    }
  }
  return sum;
}
"""
SENDS = """
async () => {
  const sizes = {};
  for (const peer of window.peers) {
    if (peer.connectionState !== "connected") continue;
    for (const sender of peer.getSenders()) {
      if (sender.track?.kind !== "video") continue;
      for (const {rid, active} of sender.getParameters().encodings) sizes[rid] = active;
    }
  }
  return sizes;
}
"""


def enter(page: Page) -> Page:
    page.context.add_init_script(REMEMBER_PEERS)
    enter_live_session(page)
    return page


def choose(page: Page, mode: str) -> Locator:
    """Open what may come, choose, and leave it open."""
    page.get_by_role("button", name="Picture and sound:").click()
    dialog = page.get_by_role("dialog", name="Picture and sound")
    dialog.get_by_role("radio", name=mode).check()
    return dialog


def grows(page: Page, what: str, by: float) -> None:
    first = page.evaluate(ARRIVED)[what]
    wait_until(page, lambda: page.evaluate(ARRIVED)[what] > first + by, f"more {what}")


def test_one_chooses_how_much_comes_sees_what_it_costs_and_has_it_back(page_of: NewPage) -> None:
    speaker, reader = enter(page_of("speaker")), enter(page_of("vientiane", viewport=PHONE))
    go_on_stage(speaker)
    see_moving_picture(reader)
    stage = reader.get_by_role("region", name="Stage")

    # Sound and slides: the voice goes on, nothing of the picture comes, and it stays so after a reload.
    dialog = choose(reader, "Audio and slides")
    expect(dialog.get_by_text(re.compile("have used .*[0-9] [kM]B.* so far"))).to_be_visible()
    pace = dialog.get_by_text(re.compile("At this pace it is .*[0-9] [kM]B.* an hour"))
    expect(pace).to_be_visible(timeout=20_000)
    dialog.get_by_role("button", name="Done").click()
    expect(stage.get_by_label("Camera of ອານຸສອນ ວົງສະຫວັດ")).to_be_hidden()
    reader.wait_for_timeout(500)
    before = reader.evaluate(ARRIVED)
    grows(reader, "heard", 2)
    assert reader.evaluate(ARRIVED)["video"] == before["video"], "No picture arrives."
    used = reader.evaluate("Object.entries(sessionStorage).find(([key]) => key.startsWith('chama.data.'))")
    reader.reload()
    expect(reader.locator("live-room")).to_have_attribute("data-media", "audio")
    grows(reader, "heard", 1)
    assert reader.evaluate(ARRIVED)["sections"] == 0, "A picture is not even asked for."
    assert frames_decoded(reader) == 0
    kept = reader.evaluate(f"Number(sessionStorage.getItem('{used[0]}'))")
    assert kept >= float(used[1]) > 10_000, "What was used before the reload counts."

    # And back, from the room.
    choose(reader, "Full")
    reader.keyboard.press("Escape")
    see_moving_picture(reader)
    expect(stage.get_by_label("Camera of ອານຸສອນ ວົງສະຫວັດ")).to_be_visible()

    # A speaker who chooses small pictures sends less; one who wants the voice alone sends the smallest.
    assert speaker.evaluate(SENDS) == {"q": True, "h": True, "f": True}
    choose(speaker, "Small video")
    wait_until(speaker, lambda: speaker.evaluate(SENDS) == {"q": True, "h": True, "f": False}, "less is sent")
    see_moving_picture(reader)


# --- A line that really is bad ---

PIPE = """
import asyncio, sys
port, host, to = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
async def serve(reader, writer):
    try:
        there = await asyncio.open_connection(host, to)
    except OSError:
        writer.close()
        return
    await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1" if host != "127.0.0.1" else sys.argv[4], port)
    await server.serve_forever()
asyncio.run(main())
"""


@contextmanager
def far_away(browser: Browser, platform: RunningPlatform, scratch: Path) -> Iterator[tuple[Browser, Line]]:
    """A browser at the other end of a line that can be made bad; the platform has the same address there as here."""
    name = f"weak{os.getpid()}"
    pipes: list[subprocess.Popen[bytes]] = []
    with bad_line(name, HERE, THERE) as line:
        web = int(platform.environment["PORT"])
        try:
            for port in (web, web + 1):
                pipes += [
                    subprocess.Popen([sys.executable, "-c", PIPE, str(port), "127.0.0.1", str(port), HERE]),
                    subprocess.Popen(
                        ["ip", "netns", "exec", name, sys.executable, "-c", PIPE, str(port), HERE, str(port)]
                    ),
                ]
            starts = scratch / "chromium"
            chromium = os.environ.get("CHROMIUM") or find_chromium()
            starts.write_text(f'#!/bin/sh\nexec ip netns exec {name} {chromium} "$@"\n')
            starts.chmod(0o755)
            arguments = ["--disable-gpu", "--no-first-run", "--no-sandbox", "--disable-background-networking"]
            far = browser.browser_type.launch(executable_path=starts, args=arguments)
            yield far, line
            far.close()
        finally:
            for pipe in pipes:
                pipe.terminate()
                pipe.wait()


def test_on_a_thin_line_the_picture_is_paused_for_the_voice_and_comes_back(
    platform: RunningPlatform, page_of: NewPage, browser: Browser, cookies: dict[str, object], tmp_path: Path
) -> None:
    speaker = enter(page_of("speaker"))
    go_on_stage(speaker)
    page_of("vientiane").close()  # signed in, for the far end
    try:
        with far_away(browser, platform, tmp_path) as (far, line):
            context = far.new_context(
                base_url=platform.base_url, viewport=DESKTOP, storage_state=cookies["vientiane"]
            )
            context.set_default_timeout(20_000)
            reader = enter(context.new_page())
            see_moving_picture(reader)
            note = reader.get_by_text("Weak network: video paused to keep the voice.")
            expect(note).to_be_hidden()

            line.bits_per_second = 80_000
            expect(note).to_be_visible(timeout=30_000)
            reader.wait_for_timeout(3_000)  # what waits in the line passes
            grows(reader, "heard", 3)

            line.bits_per_second = 0
            reader.get_by_role("button", name="Show the video now").click()
            expect(note).to_be_hidden()
            see_moving_picture(reader)
            context.close()
    except NoNetwork:
        pytest.skip("this machine lets nobody make a network namespace (root, `ip netns` and /dev/net/tun)")
