"""The parent and its worker, as whoever runs them sees them."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
import pytest_asyncio
from aiohttp import web

from realtime.media import events as events_module
from realtime.media.configuration import BadConfiguration, IceServer, read_configuration
from realtime.media.events import Announcer
from realtime.media.grants import read_service

from .conftest import SECRET, free_port

ROOT = Path(__file__).resolve().parents[2]


def start(**environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "realtime.media"],
        cwd=ROOT,
        env={**os.environ, "MEDIA_SECRET": SECRET, "MEDIA_ICE_ADDRESSES": "127.0.0.1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Running:
    def __init__(self, port: int, process: "subprocess.Popen[str]", http: aiohttp.ClientSession) -> None:
        self.port, self.process, self._http = port, process, http

    async def health(self) -> dict[str, Any]:
        async with self._http.get(f"http://127.0.0.1:{self.port}/healthz") as response:
            return await response.json()

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()


async def until(condition: Any, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def running() -> AsyncIterator[Running]:
    port = free_port()
    process = start(MEDIA_PORT=str(port))
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
        running = Running(port, process, http)
        for _ in range(100):
            try:
                await running.health()
                break
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
        yield running
    process.kill()
    process.communicate()


@pytest.mark.asyncio
async def test_a_killed_worker_is_replaced_within_a_second_and_nobody_is_refused_meanwhile(
    running: Running,
) -> None:
    (old,) = running.workers()
    old.kill()
    # Asked in the very moment of the death: answered by the next worker.
    assert (await running.health())["status"] == "ok"
    await until(lambda: any(each != old for each in running.workers()), 1)


@pytest.mark.asyncio
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_stop_it_stops_with_its_worker(running: Running, number: int) -> None:
    (worker,) = running.workers()
    running.process.send_signal(number)
    assert await asyncio.to_thread(running.process.wait, 5) == 0
    assert not worker.is_running()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", running.port))
    for line in (running.process.communicate()[0]).splitlines():
        assert "event" in json.loads(line)


@pytest.mark.asyncio
async def test_no_worker_outlives_a_killed_parent(running: Running) -> None:
    (worker,) = running.workers()
    running.process.kill()
    running.process.wait()
    await until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, 5)


def test_a_taken_port_gets_a_sentence_and_no_traceback() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(MEDIA_PORT=str(port))
        output, error = process.communicate(timeout=20)
    assert process.returncode == 3
    assert error.strip() == (
        f"The media process cannot listen on 127.0.0.1 port {port}: address already in use. "
        "Set MEDIA_HOST and MEDIA_PORT to a free address."
    )
    assert output == ""


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("MEDIA_SECRET", "", "MEDIA_SECRET is not set"),
        ("MEDIA_SECRET", "short", "at least 32 characters"),
        ("MEDIA_PORT", "eighty", "MEDIA_PORT must be a number"),
        ("MEDIA_PORT", "70000", "MEDIA_PORT must be a number"),
        ("MEDIA_ALLOWED_ORIGINS", "*", "is not an origin"),
        ("MEDIA_ALLOWED_ORIGINS", "https://a.example/path", "is not an origin"),
        ("MEDIA_EVENTS_URL", "localhost:8000", "MEDIA_EVENTS_URL must be a web address"),
        ("MEDIA_ICE_SERVERS", "{", "MEDIA_ICE_SERVERS must be JSON"),
        ("MEDIA_ICE_SERVERS", '[{"urls": ["turn:a\\"b"]}]', "MEDIA_ICE_SERVERS must be JSON"),
        ("MEDIA_PUBLIC_ADDRESS", "example.org", "is not an IP address"),
        ("MEDIA_ICE_ADDRESSES", "eth0", "is not an IP address"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_with_a_sentence(
    setting: str, value: str, says: str
) -> None:
    with pytest.raises(BadConfiguration, match=says.replace("*", r"\*")):
        read_configuration({"MEDIA_SECRET": SECRET, setting: value})


def test_settings_have_defaults_for_a_laptop_and_are_read_from_the_environment() -> None:
    plain = read_configuration({"MEDIA_SECRET": SECRET})
    assert (plain.host, plain.port, plain.allowed_origins, plain.events_url) == (
        "127.0.0.1",
        8001,
        frozenset(),
        None,
    )
    full = read_configuration(
        {
            "MEDIA_SECRET": SECRET,
            "MEDIA_PORT": "9001",
            "MEDIA_ALLOWED_ORIGINS": "https://chama.example, http://localhost:8000/",
            "MEDIA_ICE_SERVERS": '[{"urls": "turn:turn.example", "username": "u", "credential": "c"}]',
        }
    )
    assert full.port == 9001
    assert full.allowed_origins == {"https://chama.example", "http://localhost:8000"}
    assert full.ice_servers == (IceServer(("turn:turn.example",), "u", "c"),)


class Django:
    """Stands where Django stands; may be away."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self.runner: web.AppRunner | None = None
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/media/events"

    async def hear(self, request: web.Request) -> web.Response:
        read_service(request.headers["Authorization"].removeprefix("Bearer "), SECRET, "events")
        status = self.answers.pop(0) if self.answers else 204
        if status == 204:
            self.heard.append(await request.json())
        return web.Response(status=status)

    async def come(self) -> None:
        app = web.Application()
        app.router.add_post("/media/events", self.hear)
        self.runner = web.AppRunner(app, access_log=None)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port).start()

    async def go(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()


@pytest_asyncio.fixture
async def django() -> AsyncIterator[Django]:
    django = Django()
    yield django
    await django.go()


@pytest.mark.asyncio
async def test_events_arrive_in_order_once_django_is_there(django: Django) -> None:
    announcer = Announcer(django.url, SECRET, list)
    announcer.start()
    for number in range(5):
        announcer.announce("publication.started", room=number)
    await asyncio.sleep(0.2)
    await django.come()
    announcer.announce("publication.stopped", room=0)
    await until(lambda: len(django.heard) == 6, 10)
    assert [event["room"] for event in django.heard] == [0, 1, 2, 3, 4, 0]
    assert django.heard[5] == {"event": "publication.stopped", "room": 0}
    await announcer.close()


@pytest.mark.asyncio
async def test_an_event_is_repeated_after_an_accident_and_dropped_after_a_refusal(django: Django) -> None:
    await django.come()
    django.answers = [500, 503, 204, 403]
    announcer = Announcer(django.url, SECRET, list)
    announcer.start()
    for name in ("first", "second", "third"):
        announcer.announce(name)
    await until(lambda: len(django.heard) == 2, 10)
    assert [event["event"] for event in django.heard] == ["first", "third"]
    await announcer.close()


@pytest.mark.asyncio
async def test_the_queue_is_bounded_and_the_full_list_follows(
    django: Django, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "QUEUE", 10)
    monkeypatch.setattr(events_module, "LIST_EVERY", 0.1)
    flowing = [{"room": 12, "person": "34", "publication": "34-camera", "kinds": ["audio"]}]
    announcer = Announcer(django.url, SECRET, lambda: flowing)
    announcer.start()
    for number in range(50):
        announcer.announce("publication.started", room=number)
    await django.come()
    await until(lambda: any(event["event"] == "publications" for event in django.heard), 10)
    rooms = [event["room"] for event in django.heard if event["event"] == "publication.started"]
    assert 9 <= len(rooms) <= 10 and rooms[-1] == 49
    assert (
        next(event for event in django.heard if event["event"] == "publications")["publications"] == flowing
    )
    await announcer.close()


@pytest.mark.asyncio
async def test_without_an_address_nothing_is_queued() -> None:
    announcer = Announcer(None, SECRET, list)
    announcer.start()
    announcer.announce("publication.started")
    await announcer.close()
