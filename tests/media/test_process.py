"""The parent and its worker, as whoever runs them sees them."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import aiohttp
import psutil
import pytest
import pytest_asyncio
from aiohttp import web

from realtime.media import events as events_module
from realtime.media.configuration import BadConfiguration, IceServer, read_configuration
from realtime.media.events import Announcer
from realtime.media.grants import read_service, sign_grant, sign_service

from .conftest import SECRET, free_port

METRICS_TOKEN = "a token of the operator, long enough to be one"
ROOT = Path(__file__).resolve().parents[2]


def start(output: Any = subprocess.PIPE, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "realtime.media"],
        cwd=ROOT,
        env={**os.environ, "MEDIA_SECRET": SECRET, "MEDIA_ICE_ADDRESSES": "127.0.0.1", **environment},
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
    )


class Running:
    """The whole media process with two workers."""

    def __init__(
        self, port: int, process: "subprocess.Popen[str]", http: aiohttp.ClientSession, output: IO[str]
    ) -> None:
        self.output = output
        self.url, self.process, self.http = f"http://127.0.0.1:{port}", process, http
        self.port = port

    def lines(self) -> list[str]:
        """What the process has logged."""
        self.output.seek(0)
        return self.output.read().splitlines()

    async def health(self) -> tuple[int, dict[str, Any]]:
        async with self.http.get(f"{self.url}/healthz") as response:
            return response.status, await response.json()

    async def ask(
        self, room: int, person: str = "34", action: Any = "watch", body: str = "", **grant: Any
    ) -> tuple[int, str]:
        """Offer nonsense to the worker of this room: status and code of its refusal."""
        token = sign_grant(SECRET, room=room, person=person, action=action, publication="34-camera", **grant)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        path = f"/{'whip' if action == 'publish' else 'whep'}/{room}"
        async with self.http.post(self.url + path, data=body or "nonsense", headers=headers) as response:
            return response.status, (await response.json())["code"]

    async def control(self, method: str, path: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {sign_service(SECRET, 'control')}"}
        async with self.http.request(method, f"{self.url}/control/{path}", headers=headers) as response:
            assert response.status == 200
            return await response.json()

    async def worker_of(self, room: int) -> psutil.Process:
        rooms = (await self.control("GET", "rooms"))["rooms"]
        return psutil.Process(rooms[str(room)]["process"])

    async def is_whole(self, processes: int) -> None:
        """Returns once all workers are ready, with a spare one."""
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    if (await self.health())[0] == 200 and len(self.processes()) == processes:
                        return
                await asyncio.sleep(0.05)

    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()


async def until(condition: Any, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def run(**environment: str) -> AsyncIterator[Running]:
    port = free_port()
    # A file, because nobody reads along: a full pipe would stop whoever writes to it.
    with tempfile.TemporaryFile("w+") as output:
        process = start(output, MEDIA_PORT=str(port), **environment)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http:
            running = Running(port, process, http, output)
            await running.is_whole(int(environment["MEDIA_WORKERS"]) + 1)
            yield running
        process.kill()
        process.communicate()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Running]:
    async with run(MEDIA_WORKERS="2", MEDIA_METRICS_TOKEN=METRICS_TOKEN) as running:
        yield running


in_one_loop = pytest.mark.asyncio(loop_scope="module")


@in_one_loop
async def test_rooms_are_spread_over_the_workers_and_stay_where_they_are(running: Running) -> None:
    for room in (1, 2, 3, 4, 1, 2):
        assert await running.ask(room) == (400, "malformed")
    workers = [(await running.worker_of(room)).pid for room in (1, 2, 3, 4)]
    assert workers[0] == workers[2] != workers[1] == workers[3]
    assert (await running.health())[1]["status"] == "ok"


@in_one_loop
async def test_a_killed_worker_is_replaced_at_once_and_nobody_is_refused_meanwhile(running: Running) -> None:
    await running.ask(1)
    await running.ask(2)
    old, other = await running.worker_of(1), await running.worker_of(2)
    await running.control("DELETE", "rooms/1/people/34")
    earlier = datetime.now(UTC) - timedelta(seconds=30)
    before = {process.pid for process in running.processes()}
    old.kill()
    # Asked in the very moment of the death: answered by the next worker, which knows what was decided before it.
    assert await running.ask(1, now=earlier) == (403, "removed")
    assert await running.ask(1) == (400, "malformed")
    new = await running.worker_of(1)
    assert new.pid != old.pid and new.pid in before, "the spare process was there already"
    assert (await running.worker_of(2)) == other and other.is_running()
    assert await running.ask(2, now=earlier) == (400, "malformed")
    await running.is_whole(3)  # with a spare one again, for the next accident


@in_one_loop
async def test_without_a_spare_process_it_takes_longer_but_the_workers_come_back(running: Running) -> None:
    for process in running.processes():
        process.kill()
    status, answer = await running.health()
    assert (status, answer["status"]) == (503, "degraded")
    await running.is_whole(3)
    assert await running.ask(1) == (400, "malformed")


@in_one_loop
async def test_a_stuck_worker_does_not_hold_up_the_others(running: Running) -> None:
    await running.ask(1)
    await running.ask(2)
    stuck = await running.worker_of(1)
    stuck.suspend()
    try:
        assert await running.ask(2) == (400, "malformed")
        status, answer = await running.health()
        assert (status, answer["workers"].count(None)) == (503, 1)
    finally:
        stuck.resume()


@in_one_loop
async def test_nobody_asks_faster_than_a_person_would_and_others_do_not_suffer(running: Running) -> None:
    answers = await asyncio.gather(*(running.ask(1, person="40") for _ in range(200)))
    assert set(answers) == {(400, "malformed"), (429, "too-fast")}
    assert 60 <= answers.count((400, "malformed")) <= 80
    assert await running.ask(1, person="41") == (400, "malformed")
    # Who has no genuine grant never reaches a worker.
    assert await running.ask(1, person="42", lifetime=timedelta(seconds=-60)) == (401, "grant-expired")


@in_one_loop
async def test_measurements_are_closed_without_a_token_and_put_all_workers_together(running: Running) -> None:
    async def fetch(given: str) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {given}"} if given else {}
        async with running.http.get(f"{running.url}/metrics?each", headers=headers) as response:
            return response.status, await response.text()

    wrong = ("", "x", METRICS_TOKEN + "x", METRICS_TOKEN[:-1])
    assert [(await fetch(each))[0] for each in wrong] == [401] * 4
    status, text = await fetch(METRICS_TOKEN)
    assert status == 200
    for number in range(2):
        assert f'chama_media_worker_up{{worker="{number}"}} 1.0' in text
    # Those that were killed above.
    assert 'chama_media_worker_replaced_total{worker="0"} 2.0' in text


@in_one_loop
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_stop_it_stops_with_its_workers(number: int) -> None:
    async with run(MEDIA_WORKERS="1") as running:
        processes = running.processes()
        running.process.send_signal(number)
        assert await asyncio.to_thread(running.process.wait, 10) == 0
        assert not any(process.is_running() for process in processes)
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", running.port))
        lines = running.lines()
        assert {"media.worker_stopped", "media.stopped"} <= {json.loads(line)["event"] for line in lines}


@in_one_loop
async def test_no_worker_outlives_a_killed_front(running: Running) -> None:
    processes = running.processes()
    directory = Path(processes[0].cmdline()[-1])
    assert directory.is_dir()
    running.process.kill()
    running.process.wait()
    await until(
        lambda: all(not each.is_running() or each.status() == psutil.STATUS_ZOMBIE for each in processes), 8
    )
    assert not directory.exists()


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
        ("MEDIA_METRICS_TOKEN", "short", "MEDIA_METRICS_TOKEN must have at least 32"),
        ("MEDIA_WORKERS", "0", "MEDIA_WORKERS must be a number"),
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
    assert 1 <= plain.workers <= 8
    full = read_configuration(
        {
            "MEDIA_SECRET": SECRET,
            "MEDIA_WORKERS": "5",
            "MEDIA_PORT": "9001",
            "MEDIA_ALLOWED_ORIGINS": "https://chama.example, http://localhost:8000/",
            "MEDIA_ICE_SERVERS": '[{"urls": "turn:turn.example", "username": "u", "credential": "c"}]',
        }
    )
    assert (full.port, full.workers) == (9001, 5)
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
