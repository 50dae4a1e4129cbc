"""Browsers in their own networks: one whose address changes while it watches, and two behind lines that lose, delay and stop."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from .line import Line, NoNetwork, bad_line, run
from .test_chromium import Stage, decodes, open_stage

pytestmark = pytest.mark.asyncio

NO_NETWORK = (
    "this machine lets nobody make a network namespace (root, `ip netns` and /dev/net/tun are needed)"
)
HERE, THERE, ELSEWHERE = "10.213.77.1", "10.213.77.2", "10.213.77.3"


def chromium_in(namespace: str, scratch: Path) -> str:
    """A program that starts Chromium there."""
    starts = scratch / namespace
    starts.write_text(f'#!/bin/sh\nexec ip netns exec {namespace} {shutil.which("chromium")} "$@"\n')
    starts.chmod(0o755)
    return str(starts)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A network namespace with one cable to us: its name, and a program that starts Chromium in it."""
    name, near, far = f"chama{os.getpid()}", f"ch{os.getpid()}a"[:15], f"ch{os.getpid()}b"[:15]
    try:
        run("ip", "netns", "add", name)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(NO_NETWORK)
    try:
        run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        run("ip", "addr", "add", f"{HERE}/24", "dev", near)
        run("ip", "link", "set", near, "up")
        run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", name, "addr", "add", f"{THERE}/24", "dev", far)
        run("ip", "-n", name, "link", "set", far, "up")
        yield f"{name} {far}", chromium_in(name, tmp_path)
    finally:
        run("ip", "netns", "del", name)


async def test_a_viewer_on_another_network_goes_on_within_seconds(network: tuple[str, str]) -> None:
    """From one address to another, as a phone from the hall's wireless to the mobile network. The connection stays the same:
    ICE begins anew and finds the other way."""
    (name, far), starts = network[0].split(), network[1]
    async with open_stage(HERE, starts) as stage:
        publisher, viewer = [await (await stage.browser.new_context()).new_page() for _number in range(2)]
        for page in (publisher, viewer):
            await page.goto(f"{stage.page_url}/?room=71")
            await page.wait_for_function("window.ready")
        await publisher.evaluate("publish()")
        await publisher.wait_for_function("window.it.state === 'playing'")
        await viewer.evaluate("watch()")
        await decodes(viewer)
        session = await viewer.evaluate("window.it.session.url")
        run("ip", "-n", name, "addr", "del", f"{THERE}/24", "dev", far)
        run("ip", "-n", name, "addr", "add", f"{ELSEWHERE}/24", "dev", far)
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(1)  # what was on its way is decoded
        decoded = await viewer.evaluate("inbound('framesDecoded')")
        async with asyncio.timeout(20):
            while await viewer.evaluate("inbound('framesDecoded')") <= decoded + 10:
                await asyncio.sleep(0.05)
        away = asyncio.get_running_loop().time() - began
        assert await viewer.evaluate("window.it.session.url") == session, "the same session goes on"
        assert away < 7, f"away for {away:.1f} s"


# Voice: what a throat makes, three of a mouth's resonances, three syllables a second. Opus repeats what it takes for speech.
VOICE = """async () => {
  const { Publisher } = await import("/static/js/media/whip.js");
  const context = new AudioContext();
  const microphone = context.createMediaStreamDestination();
  const throat = new OscillatorNode(context, { type: "sawtooth", frequency: 120 });
  const syllables = new GainNode(context, { gain: 0.5 });
  const pace = new OscillatorNode(context, { frequency: 3 });
  pace.connect(new GainNode(context, { gain: 0.5 })).connect(syllables.gain);
  const melody = new OscillatorNode(context, { frequency: 0.7 });
  melody.connect(new GainNode(context, { gain: 25 })).connect(throat.frequency);
  for (const frequency of [600, 1100, 2400]) {
    throat.connect(new BiquadFilterNode(context, { type: "bandpass", frequency, Q: 6 })).connect(syllables);
  }
  syllables.connect(microphone);
  for (const each of [throat, pace, melody]) each.start();
  const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720 } });
  window.it = new Publisher({ getGrant: async () => (await fetch("/grant/publish" + location.search)).json() });
  window.it.publish(new MediaStream([...camera.getVideoTracks(), ...microphone.stream.getAudioTracks()]));
}"""

# As in a room: the line of the tab judges, and gives up the picture for the voice.
WATCH = """async () => {
  window.line = (await import("/static/js/realtime/network-line.js")).line;
  window.line.start({});
  const { Viewer } = await import("/static/js/media/whep.js");
  // Grants come by the room's socket, which does not wait for an answer that is lost.
  const getGrant = async () =>
    (await fetch("/grant/watch" + location.search, { signal: AbortSignal.timeout(2000) })).json();
  window.it = new Viewer({ getGrant });
  document.getElementById("v").srcObject = window.it.stream;
  window.it.start();
}"""

HEARD = """async () => {
  const found = {};
  for (const report of (await window.it.peer.getStats()).values()) {
    if (report.type !== "inbound-rtp") continue;
    if (report.kind === "audio") [found.samples, found.made] = [report.totalSamplesReceived, report.concealedSamples];
    else found.pictures = report.framesDecoded;
  }
  return found;
}"""


async def heard(viewer: Page, seconds: float) -> tuple[float, int]:
    """The share of the sound of the next seconds that arrived in time, and how many pictures did."""
    before: dict[str, Any] = await viewer.evaluate(HEARD)
    await asyncio.sleep(seconds)
    after: dict[str, Any] = await viewer.evaluate(HEARD)
    made = after["made"] - before["made"]
    return 1 - made / (after["samples"] - before["samples"]), after["pictures"] - before["pictures"]


@asynccontextmanager
async def viewer_behind(stage: Stage, namespace: str, scratch: Path) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_in(namespace, scratch),
            args=[
                f"--unsafely-treat-insecure-origin-as-secure={stage.page_url}",
                "--no-sandbox",
                "--autoplay-policy=no-user-gesture-required",
            ],
        )
        page = await (await browser.new_context()).new_page()
        await page.goto(f"{stage.page_url}/?room=72")
        await page.wait_for_function("window.ready")
        await page.evaluate(WATCH)
        await decodes(page)
        yield page
        await browser.close()


async def goes_through_bad_times(viewer: Page, line: Line) -> None:
    line.delay = 0.15
    await asyncio.sleep(1.5)
    share, pictures = await heard(viewer, 2)
    assert share > 0.95 and pictures > 10, f"with 300 ms there and back {share:.1%}, {pictures} pictures"

    line.loss, line.delay = 0.1, 0.0
    await asyncio.sleep(2)
    share, pictures = await heard(viewer, 3)
    assert share > 0.94 and pictures > 10, f"at 10 % loss {share:.1%} of the sound, {pictures} pictures"

    line.loss, line.bits_per_second = 0.3, 80_000
    await viewer.wait_for_function("window.line.pausedHere", timeout=20_000)
    shares = []
    for _look in range(4):  # the publisher hears of it within five seconds
        share, pictures = await heard(viewer, 2.5)
        shares.append(share)
        if share > 0.85:
            break
    # With nothing sent again and nothing sent twice it would be 70 %.
    assert max(shares) > 0.82, f"at 30 % loss and 80 kbit/s {shares} of the sound"
    assert pictures < 20, "the picture was given up for the voice"  # now and then it is tried again


async def test_the_voice_survives_a_bad_line_and_all_comes_back_after_an_outage(tmp_path: Path) -> None:
    """Two viewers: one whose line is cut for twenty seconds; one who meanwhile loses, waits, and loses much on a narrow line."""
    names = (f"cham{os.getpid()}a", f"cham{os.getpid()}b")
    with ExitStack() as stack:
        try:
            # Networks of this process's own: another run of the tests may be on the machine.
            nets = (f"10.214.{os.getpid() % 250}", f"10.215.{os.getpid() % 250}")
            cut, bad = (
                stack.enter_context(bad_line(name, f"{net}.1", f"{net}.2"))
                for name, net in zip(names, nets, strict=True)
            )
        except NoNetwork:
            pytest.skip(NO_NETWORK)
        async with open_stage(f"{nets[0]}.1") as stage:
            publisher = await (await stage.browser.new_context()).new_page()
            await publisher.goto(f"{stage.page_url}/?room=72")
            await publisher.wait_for_function("window.ready")
            await publisher.evaluate(VOICE)
            await publisher.wait_for_function("window.it.state === 'playing'")
            async with AsyncExitStack() as viewers:
                waits, suffers = await asyncio.gather(
                    *(viewers.enter_async_context(viewer_behind(stage, name, tmp_path)) for name in names)
                )
                cut.cut = True
                outage = asyncio.create_task(asyncio.sleep(20))
                await goes_through_bad_times(suffers, bad)
                await outage
                cut.cut = False
                began = asyncio.get_running_loop().time()
                before = await waits.evaluate("inbound('framesDecoded')")
                async with asyncio.timeout(15):
                    while (decoded := await waits.evaluate("inbound('framesDecoded')")) <= before:
                        before = decoded  # a connection that was made anew counts from zero
                        await asyncio.sleep(0.05)
                back = asyncio.get_running_loop().time() - began
                await decodes(waits, 10)
                assert back < 5, f"back after {back:.1f} s"
