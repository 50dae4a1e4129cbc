"""Real Chromium against the real media process: our own publisher and viewer in the browser."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from realtime.media.grants import read_service, sign_grant, sign_service

from .conftest import SECRET, free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATIC = Path(__file__).resolve().parents[2] / "static"

PAGE = """<!doctype html><meta charset="utf-8"><title>media</title><video id="v" autoplay playsinline></video>
<script type="module" src="/page.js"></script>"""

SCRIPT = """
import { Publisher } from "/static/js/media/whip.js";
import { Viewer } from "/static/js/media/whep.js";
const grant = (action) => async () => (await fetch("/grant/" + action + location.search)).json();
window.states = [];
const note = (it) => it.addEventListener("state", (event) => window.states.push(event.detail));
window.publish = async (width = 1280, height = 720) => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width, height } });
  note((window.it = new Publisher({ getGrant: grant("publish") })));
  window.it.publish(stream);
};
window.watch = () => {
  note((window.it = new Viewer({ getGrant: grant("watch") })));
  document.getElementById("v").srcObject = window.it.stream;
  window.it.start();
};
window.inbound = async (name) => {
  const peer = window.it?.peer;
  if (!peer) return 0;
  let sum = 0;
  for (const report of (await peer.getStats()).values()) {
    if (report.type === "inbound-rtp") sum += report[name] ?? 0;
  }
  return sum;
};
window.width = () => document.getElementById("v").videoWidth;
window.ready = true;
"""


@dataclass
class Stage:
    browser: Browser
    page_url: str
    media_url: str
    process: asyncio.subprocess.Process
    events: list[dict[str, Any]]
    http: aiohttp.ClientSession

    async def rooms(self) -> dict[str, Any]:
        """In which worker each room is."""
        headers = {"Authorization": f"Bearer {sign_service(SECRET, 'control')}"}
        async with self.http.get(f"{self.media_url}/control/rooms", headers=headers) as response:
            rooms: dict[str, Any] = (await response.json())["rooms"]
            return rooms

    async def until(self, condition: Callable[[], Any], seconds: float = 15.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.05)


@asynccontextmanager
async def open_stage(
    host: str = "127.0.0.1", browser_at: str | None = None, ice_addresses: str | None = None
) -> AsyncIterator[Stage]:
    """The media process on this address, a page that uses it, and a browser (`browser_at`: another program that starts it).
    Media goes by way of `ice_addresses`; empty are all that the machine has."""
    media_port, events = free_port(), []
    media_url = f"http://{host}:{media_port}"

    async def show(_request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def script(_request: web.Request) -> web.Response:
        return web.Response(text=SCRIPT, content_type="text/javascript")

    async def grant(request: web.Request) -> web.Response:
        action = request.match_info["action"]
        person = "34" if action == "publish" else "77"
        room = int(request.query["room"])
        token = sign_grant(SECRET, room=room, person=person, action=action, publication="34-camera")  # type: ignore[arg-type]
        path = "whip" if action == "publish" else "whep"
        return web.json_response({"url": f"{media_url}/{path}/{room}", "token": token})

    async def hear(request: web.Request) -> web.Response:
        read_service(request.headers["Authorization"].removeprefix("Bearer "), SECRET, "events")
        events.append(await request.json())
        return web.Response(status=204)

    app = web.Application()
    app.add_routes(
        [
            web.get("/", show),
            web.get("/page.js", script),
            web.get("/grant/{action}", grant),
            web.post("/media/events", hear),
            web.static("/static", STATIC),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    page_url = f"http://{host}:{runner.addresses[0][1]}"
    environment = {
        **os.environ,
        "MEDIA_SECRET": SECRET,
        "MEDIA_HOST": host,
        "MEDIA_PORT": str(media_port),
        "MEDIA_WORKERS": "2",
        "MEDIA_ALLOWED_ORIGINS": page_url,
        "MEDIA_EVENTS_URL": f"{page_url}/media/events",
        # Nobody answers there; the browser must take the list and manage without.
        "MEDIA_ICE_SERVERS": '[{"urls": "stun:127.0.0.1:9"}]',
        "MEDIA_ICE_ADDRESSES": host if ice_addresses is None else ice_addresses,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "realtime.media",
        env=environment,
        cwd=STATIC.parent,
        stdout=asyncio.subprocess.DEVNULL,
    )
    async with async_playwright() as playwright, aiohttp.ClientSession() as http:
        browser = await playwright.chromium.launch(
            executable_path=browser_at or shutil.which("chromium"),
            args=[
                f"--unsafely-treat-insecure-origin-as-secure={page_url}",
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                "--autoplay-policy=no-user-gesture-required",
                # On a machine without a network Chromium otherwise has no address to speak from.
                "--allow-loopback-in-peer-connection",
            ],
        )
        yield Stage(browser, page_url, media_url, process, events, http)
        await browser.close()
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.wait(), 10)
    await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def pages(stage: Stage) -> AsyncIterator["Pages"]:
    """Opens a browser of its own, in a room."""
    contexts: list[BrowserContext] = []

    async def page(room: int) -> Page:
        contexts.append(await stage.browser.new_context())
        page = await contexts[-1].new_page()
        await page.goto(f"{stage.page_url}/?room={room}")
        await page.wait_for_function("window.ready")
        return page

    yield page
    for context in contexts:
        await context.close()


Pages = Callable[[int], Awaitable[Page]]


async def decodes(page: Page, seconds: float = 30.0) -> None:
    """Returns once this viewer decodes pictures, and then more, and hears the microphone."""
    first: float | None = None
    async with asyncio.timeout(seconds):
        while True:
            decoded = await page.evaluate("inbound('framesDecoded')")
            heard = await page.evaluate("inbound('totalAudioEnergy')")
            if decoded > 5:
                first = decoded if first is None else first
                if decoded > first + 10 and heard > 0:
                    return
            await asyncio.sleep(0.1)


async def test_a_camera_reaches_two_viewers_and_comes_back_after_the_worker_was_killed(
    stage: Stage, pages: Pages
) -> None:
    publisher = await pages(12)
    viewers = [await pages(12) for _ in range(2)]
    for viewer in viewers:
        await viewer.evaluate("watch()")
    await publisher.evaluate("publish(640, 360)")
    for viewer in viewers:
        await decodes(viewer)
    await stage.until(
        lambda: any(
            (event["event"], event.get("room")) == ("publication.started", 12) for event in stage.events
        )
    )
    assert await viewers[0].evaluate("states.map(({state}) => state)") == ["connecting", "waiting", "playing"]

    # Meanwhile another room, in the other worker.
    elsewhere, watcher = await pages(15), await pages(15)
    await elsewhere.evaluate("publish(320, 180)")
    await watcher.evaluate("watch()")
    await decodes(watcher)
    rooms = await stage.rooms()
    assert rooms["12"]["worker"] != rooms["15"]["worker"]
    before = len(stage.events)
    for page in (elsewhere, watcher):
        await page.wait_for_function("states.at(-1).state === 'playing'")
        await page.evaluate("states.length = 0")

    os.kill(rooms["12"]["process"], signal.SIGKILL)
    began = asyncio.get_running_loop().time()
    made = [await viewer.evaluate("window.it.session.url") for viewer in viewers]
    for viewer, old in zip(viewers, made, strict=True):
        await viewer.wait_for_function(f"window.it.session && window.it.session.url !== '{old}'")
    for viewer in viewers:
        await plays(viewer)
    away = asyncio.get_running_loop().time() - began
    assert away < 5, f"away for {away:.1f} s"
    for viewer in viewers:
        await decodes(viewer)
    # Django heard of nothing, since everything came back; and the other room noticed nothing.
    heard = [event["event"] for event in stage.events[before:]]
    assert [event for event in heard if event not in ("publications", "speaking")] == []
    # The fake microphone beeps, and Chromium writes how loud.
    assert {event["active"] for event in stage.events if event["event"] == "speaking"} == {None, "34-camera"}
    for page in (elsewhere, watcher):
        assert await page.evaluate("states.map(({state}) => state)") == []
        await page.context.close()


async def plays(page: Page, seconds: float = 15.0) -> None:
    """Returns once this viewer's connection of the moment has decoded a picture."""
    async with asyncio.timeout(seconds):
        while await page.evaluate("inbound('framesDecoded')") == 0:
            await asyncio.sleep(0.02)


async def test_viewers_go_on_while_the_publisher_reloads_the_page(stage: Stage, pages: Pages) -> None:
    publisher, viewer = await pages(13), await pages(13)
    await publisher.evaluate("publish()")
    await viewer.evaluate("watch()")
    await decodes(viewer)

    await publisher.reload()
    await publisher.wait_for_function("window.ready")
    await publisher.evaluate("publish()")
    await publisher.wait_for_function("states.at(-1)?.state === 'playing'")
    await decodes(viewer)
    assert (
        await viewer.evaluate("states.map(({state}) => state).filter((state) => state === 'playing').length")
        == 1
    )


async def test_a_removed_person_is_told_and_stays_away(stage: Stage, pages: Pages) -> None:
    publisher, viewer = await pages(14), await pages(14)
    await publisher.evaluate("publish()")
    await viewer.evaluate("watch()")
    await decodes(viewer)

    headers = {"Authorization": f"Bearer {sign_service(SECRET, 'control')}"}
    async with stage.http.delete(
        f"{stage.media_url}/control/rooms/14/people/34", headers=headers
    ) as response:
        assert await response.json() == {"ended": 1}
    await publisher.wait_for_function("states.at(-1)?.state === 'failed'")
    assert await publisher.evaluate("states.at(-1).code") == "removed"
    await viewer.wait_for_function("states.at(-1)?.state === 'waiting'")


async def shows(page: Page, widths: range, seconds: float = 30.0) -> None:
    """Returns once the picture of this viewer is that wide."""
    async with asyncio.timeout(seconds):
        while await page.evaluate("width()") not in widths:
            await asyncio.sleep(0.1)


async def test_a_viewer_chooses_the_size_of_the_picture_and_none_of_it(stage: Stage, pages: Pages) -> None:
    """Simulcast from a real browser: three sizes at once, and each viewer gets their own without negotiating again."""
    publisher, phone, desktop = await pages(61), await pages(61), await pages(61)
    await publisher.evaluate("publish()")
    await publisher.wait_for_function("window.it.state === 'playing'")
    await phone.evaluate("watch(); window.it.want({ layer: 'q' })")
    await desktop.evaluate("watch()")
    await decodes(phone)
    await decodes(desktop)
    await shows(phone, range(300, 340))
    await shows(desktop, range(600, 1300))
    await phone.evaluate("window.it.want({ layer: 'h' })")
    await shows(phone, range(600, 660))
    await phone.evaluate("window.it.want({ paused: true })")
    await asyncio.sleep(1)
    before = await phone.evaluate("inbound('framesDecoded')")
    heard = await phone.evaluate("inbound('totalAudioEnergy')")
    await asyncio.sleep(1)
    assert await phone.evaluate("inbound('framesDecoded')") == before
    assert await phone.evaluate("inbound('totalAudioEnergy')") > heard
    await phone.evaluate("window.it.want({})")
    async with asyncio.timeout(10):
        while await phone.evaluate("inbound('framesDecoded')") <= before + 5:
            await asyncio.sleep(0.1)
    assert await phone.evaluate("window.states.filter(({ state }) => state === 'playing').length") == 1
