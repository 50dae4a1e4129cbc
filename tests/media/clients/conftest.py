"""Real clients of three makes, each of which sends a tone and tells what it saw and heard."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page

from realtime.media.grants import sign_grant

from ..conftest import SECRET
from ..test_chromium import Stage, open_stage
from .sound import hertz_of

GST = Path(__file__).with_name("gst.py")
GST_PYTHON = "/usr/bin/python3"
GST_QUESTION = """
import gi
for name in ("Gst", "GstWebRTC", "GstSdp"):
    gi.require_version(name, "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC
Gst.init(None)
names = "webrtcbin nicesrc vp8enc vp8dec openh264enc openh264dec opusenc opusdec rtph264pay h264parse dtlsdec srtpenc"
missing = [name for name in names.split() if not Gst.ElementFactory.find(name)]
if missing:
    raise SystemExit("elements missing: " + ", ".join(missing))
"""

IN_THE_BROWSER = """
import { Publisher } from "/static/js/media/whip.js";
import { Viewer } from "/static/js/media/whep.js";
const grant = (action) => async () => (await fetch("/grant/" + action + location.search)).json();
const only = (name) => RTCRtpSender.getCapabilities("video").codecs.filter(
  ({ mimeType }) => ["video/" + name, "video/rtx"].includes(mimeType.toLowerCase()));
class OneCodec extends Publisher {
  prepare(peer) {
    super.prepare(peer);
    const video = peer.getTransceivers().find(({ sender }) => sender.track?.kind === "video");
    video.setCodecPreferences(only(this.codec));
  }
}
window.publishTone = async (codec, hertz) => {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: hertz });
  const microphone = context.createMediaStreamDestination();
  tone.connect(microphone);
  tone.start();
  const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
  window.it = new OneCodec({ getGrant: grant("publish") });
  window.it.codec = codec;
  window.it.publish(new MediaStream([...camera.getVideoTracks(), ...microphone.stream.getAudioTracks()]));
};
window.watchTone = async () => {
  const video = document.getElementById("v");
  window.it = new Viewer({ getGrant: grant("watch") });
  video.srcObject = window.it.stream;
  const began = performance.now();
  video.requestVideoFrameCallback(() => { window.firstPicture = (performance.now() - began) / 1000; });
  window.it.addEventListener("state", () => {
    if (window.it.state !== "playing" || window.analyser) return;
    const context = new AudioContext();
    window.analyser = new AnalyserNode(context, { fftSize: 32768 });
    context.createMediaStreamSource(window.it.stream).connect(window.analyser);
  });
  window.it.start();
};
window.hertz = () => {
  if (!window.analyser) return 0;
  const strengths = new Float32Array(window.analyser.frequencyBinCount);
  window.analyser.getFloatFrequencyData(strengths);
  const loudest = strengths.reduce((best, value, number) => (value > strengths[best] ? number : best), 1);
  return strengths[loudest] > -60 ? loudest * window.analyser.context.sampleRate / window.analyser.fftSize : 0;
};
window.codecs = async () => {
  const reports = [...(await window.it.peer.getStats()).values()];
  return reports.filter(({ type }) => type === "codec").map(({ mimeType }) => mimeType.toLowerCase());
};
window.toned = true;
"""


@dataclass
class Found:
    """What a viewer saw and heard."""

    pictures: int
    hertz: float
    first_picture: float
    """Seconds from asking for the picture to having decoded one."""


@dataclass
class House:
    """The media process, and clients that come and go."""

    stage: Stage
    scratch: Path
    contexts: list[BrowserContext] = field(default_factory=list)
    programs: list["asyncio.subprocess.Process"] = field(default_factory=list)

    def address(self, action: str, room: int) -> tuple[str, str]:
        person = "34" if action == "publish" else "77"
        token = sign_grant(SECRET, room=room, person=person, action=action, publication="34-camera")  # type: ignore[arg-type]
        return f"{self.stage.media_url}/{'whip' if action == 'publish' else 'whep'}/{room}", token

    async def page(self, room: int) -> Page:
        self.contexts.append(await self.stage.browser.new_context())
        page = await self.contexts[-1].new_page()
        await page.goto(f"{self.stage.page_url}/?room={room}")
        await page.add_script_tag(content=IN_THE_BROWSER, type="module")
        await page.wait_for_function("window.toned")
        return page

    async def chromium_publishes(self, room: int, codec: str, hertz: int) -> Page:
        page = await self.page(room)
        await page.evaluate(f"publishTone('{codec.lower()}', {hertz})")
        await page.wait_for_function("window.it.state === 'playing'")
        return page

    async def chromium_watches(self, room: int, codec: str) -> Found:
        page = await self.page(room)
        await page.evaluate("watchTone()")
        await page.wait_for_function("window.firstPicture", timeout=15_000)
        await page.wait_for_function("window.hertz() > 0", timeout=15_000)
        async with asyncio.timeout(15):
            while (pictures := await page.evaluate("inbound('framesDecoded')")) < 30:
                await asyncio.sleep(0.1)
        assert f"video/{codec.lower()}" in await page.evaluate("codecs()")
        return Found(pictures, await page.evaluate("hertz()"), await page.evaluate("firstPicture"))

    async def gstreamer(self, what: str, room: int, *more: str) -> "asyncio.subprocess.Process":
        url, token = self.address(what, room)
        program = await asyncio.create_subprocess_exec(
            GST_PYTHON,
            str(GST),
            what,
            url,
            token,
            *more,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self.programs.append(program)
        return program

    async def gstreamer_watches(self, room: int, codec: str) -> Found:
        sound = self.scratch / f"{room}.raw"
        program = await self.gstreamer("watch", room, codec, str(sound))
        said, _ = await asyncio.wait_for(program.communicate(), 30)
        found: dict[str, Any] = json.loads(said)
        assert "error" not in found and found["first_picture"] is not None, found
        samples = np.fromfile(sound, dtype="<i2").astype(float)
        return Found(found["pictures"], hertz_of(samples), found["first_picture"])

    async def leave(self) -> None:
        for context in self.contexts:
            await context.close()
        for program in self.programs:
            if program.returncode is None:
                program.kill()
                await program.communicate()


@cache
def _why_no_gstreamer() -> str:
    if shutil.which(GST_PYTHON) is None:
        return "there is no " + GST_PYTHON
    asked = subprocess.run([GST_PYTHON, "-c", GST_QUESTION], capture_output=True, text=True, check=False)
    return "" if asked.returncode == 0 else (asked.stderr.strip().splitlines() or ["it does not start"])[-1]


@pytest.fixture
def with_gstreamer() -> bool:
    return not _why_no_gstreamer()


@pytest.fixture
def gstreamer() -> None:
    """GStreamer is on this machine; `make test` installs it where it may."""
    if why := _why_no_gstreamer():
        pytest.skip(
            f"GStreamer was not tried ({why}): as root on Debian or Ubuntu `make test` installs it; "
            "elsewhere install GStreamer with its good and bad plugins, libnice and Python bindings"
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    # Every address: GStreamer speaks from those of the network only, our other clients from loopback.
    async with open_stage(ice_addresses="") as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def house(stage: Stage, tmp_path: Path) -> AsyncIterator[House]:
    house = House(stage, tmp_path)
    yield house
    await house.leave()


def within(seconds: float, *joined: Found) -> bool:
    """Whether the first picture came in time for at least one: a busy machine may keep one of them waiting."""
    return min(each.first_picture for each in joined) < seconds
