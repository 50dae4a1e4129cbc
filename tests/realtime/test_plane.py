"""How the live plane behaves: gathering, newest values, counters, the hosts' stream, a deploy, restarts, limits."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio
import redis
from channels.db import database_sync_to_async
from django.conf import settings as django_settings
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conference.core import streams
from conference.core.streams import (
    BUS,
    HISTORY,
    cache_server,
    count,
    position,
    publish,
    read_latest,
    signal,
    signal_latest,
)
from conference.events.actions import take_role
from conference.events.models import EventRole
from conference.rooms.actions import set_room_roles
from conference.rooms.queries import backstage_stream, hosts_stream, room_stream
from realtime import farewell
from realtime.chat.actions import send_message
from realtime.commands import COMMANDS
from realtime.connection import attach
from realtime.farewell import COME_BACK_WITHIN, say_farewell
from realtime.hub import COUNT_FOR, GATHER, LATEST_EVERY, YIELD_EVERY, Hub
from realtime.limits import Rate
from realtime.presence import Presence
from realtime.sockets import Socket
from tests.realtime.conftest import OpenTab, Tab, World

S = "room.1"

in_db = database_sync_to_async


class Reader:
    """The far end of a socket."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.closed: int | None = None

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            self.closed = message["code"]
        else:
            self.messages.append(json.loads(message["text"]))

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [frame for each in self.messages for frame in (each if isinstance(each, list) else [each])]

    async def has(self, number: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(5):
            while len(self.frames) < number:
                await asyncio.sleep(0.01)
        return self.frames


@pytest_asyncio.fixture
async def hub() -> Any:
    made = Hub(django_settings.REDIS_URL)
    made.start()
    yield made
    await made.stop()


def update(seq: int) -> str:
    return json.dumps({"stream": S, "update": "message.saved", "seq": seq, "data": {"id": seq}})


async def test_a_quiet_stream_is_passed_on_at_once_and_a_busy_one_is_gathered(hub: Hub) -> None:
    reader = Reader()
    await hub.follow(S, Socket(reader.send, 1))
    loop = asyncio.get_running_loop()
    began = loop.time()
    hub.accept(S, 1, update(1))
    await reader.has(1)
    assert loop.time() - began < GATHER
    for seq in range(2, 12):
        hub.accept(S, seq, update(seq))
    hub.pass_on(S, json.dumps({"stream": S, "signal": "wave", "data": {}}))
    await reader.has(12)
    assert [type(message) for message in reader.messages] == [dict, list], (
        "One message for all that came together."
    )
    assert [frame.get("seq") for frame in reader.frames] == [*range(1, 12), None]


async def test_a_large_room_is_served_in_slices_and_everyone_gets_everything_once(hub: Hub) -> None:
    readers = [Reader() for _number in range(YIELD_EVERY + 40)]
    made = [Socket(reader.send, 1) for reader in readers]
    for socket in made:
        await hub.follow(S, socket)
    hub.accept(S, 1, update(1))
    assert isinstance(hub.tracks[S].turn, asyncio.Task), "The rest waits, so that others get their turn."
    hub.accept(S, 2, update(2))
    for reader in readers:
        assert [frame["seq"] for frame in await reader.has(2)] == [1, 2]
    for socket in made:
        await socket.gone()


async def test_who_leaves_while_a_room_is_served_hears_nothing_further(hub: Hub) -> None:
    readers = [Reader() for _number in range(YIELD_EVERY + 1)]
    made = [Socket(reader.send, 1) for reader in readers]
    for socket in made:
        await hub.follow(S, socket)
    last = list(hub.tracks[S].members)[-1]
    hub.accept(S, 1, update(1))
    hub.unfollow(S, last)
    await asyncio.sleep(0.1)
    assert sum(len(reader.messages) for reader in readers) == YIELD_EVERY
    for socket in made:
        await socket.gone()


async def test_of_what_stands_only_the_newest_is_told_at_most_once_a_second(hub: Hub) -> None:
    reader, loop = Reader(), asyncio.get_running_loop()
    await hub.follow(S, Socket(reader.send, 1))
    for number in range(20):
        await asyncio.to_thread(signal_latest, S, "poll", {"votes": number}, order=number)
        await asyncio.sleep(0.01)
    began = loop.time()
    await reader.has(2)
    assert [frame["data"]["votes"] for frame in reader.frames] == [0, 19]
    assert loop.time() - began > LATEST_EVERY / 2
    # One that was overtaken on its way tells nothing.
    await asyncio.to_thread(signal_latest, S, "poll", {"votes": 3}, order=3)
    await asyncio.to_thread(signal_latest, S, "poll", {"votes": 20}, order=20)
    await reader.has(3)
    assert reader.frames[-1]["data"]["votes"] == 20


async def test_reactions_of_many_become_one_sum(hub: Hub) -> None:
    reader = Reader()
    await hub.follow(S, Socket(reader.send, 1))
    await asyncio.sleep(0.2)

    def react() -> None:
        for number in range(300):
            count(S, "reactions", "👍" if number % 3 else "❤")

    # Two processes: each sums its own, the hub sums both.
    await asyncio.to_thread(react)
    other = json.dumps({"stream": S, "signal": "reactions", "counts": {"👏": 5, "❤": 1}})
    await asyncio.to_thread(cache_server().publish, streams.COUNTS, other)
    (frame,) = await reader.has(1)
    assert frame == {"stream": S, "signal": "reactions", "data": {"👍": 200, "❤": 101, "👏": 5}}
    await asyncio.sleep(COUNT_FOR * 2)
    assert len(reader.frames) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_undone_is_neither_told_nor_counted() -> None:
    with cache_server().pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe(streams.LATEST, streams.COUNTS)
        listener.get_message(timeout=1)
        with pytest.raises(RuntimeError), transaction.atomic():
            signal_latest(S, "poll", {"votes": 1})
            count(S, "reactions", "👍")
            raise RuntimeError
        with transaction.atomic():
            signal_latest(S, "poll", {"votes": 2}, order=7)
        message: Any = None
        while message is None:
            message = listener.get_message(timeout=1)
        stream, name, order, frame = read_latest(message["data"].decode())
        assert (stream, name, order, json.loads(frame)["data"]) == (S, "poll", 7, {"votes": 2})


async def test_a_full_hall_and_those_online_are_counted_apart(hub: Hub) -> None:
    presence = Presence(hub)
    for number in range(5):
        presence.join(1, {"id": number}, in_hall=number < 2)
    now = await presence.now(1)
    assert (now["count"], now["online"], now["in_hall"]) == (5, 3, 2)
    presence.leave(1, 0)
    presence.know(1, {"id": 4}, in_hall=True)
    now = json.loads(await presence.soon(1))
    assert (now["count"], now["online"], now["in_hall"]) == (4, 2, 2)


# --- Redis and the web process go and come back ---


@pytest.mark.django_db(transaction=True)
def test_what_could_not_be_sent_is_sent_in_order_when_redis_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[Callable[[], None]] = []
    monkeypatch.setattr(streams, "_after", lambda _seconds, work: waiting.append(work))
    with redis.Redis.from_url("redis://127.0.0.1:9/0", socket_connect_timeout=0.2) as gone:
        with monkeypatch.context() as away:
            away.setattr(streams, "cache_server", lambda: gone)
            for number in range(3):
                with transaction.atomic():
                    publish(S, "message", saved={"id": number})
            (again,) = waiting
            waiting.clear()
            again()  # still away
        with transaction.atomic():
            publish(S, "message", saved={"id": 3})  # waits its turn behind them
        (again,) = waiting
        again()
    frames = [json.loads(entry[b"frame"]) for _id, entry in cache_server().xrange(BUS)]
    assert [frame["seq"] for frame in frames] == [1, 2, 3, 4]
    assert cache_server().xlen(HISTORY.format(S)) == 4
    assert position(S) == 4


async def test_everyone_is_told_that_news_are_late_and_that_they_are_not_any_more(hub: Hub) -> None:
    reader = Reader()
    await hub.follow("person.7", Socket(reader.send, 7))
    await hub.follow(S, Socket(reader.send, 8))
    hub._be_delayed(True)
    hub._be_delayed(True)
    hub._be_delayed(False)
    await reader.has(2)
    assert [(frame["stream"], frame["data"]) for frame in reader.frames] == [
        ("person.7", {"delayed": True}),
        ("person.7", {"delayed": False}),
    ]


@pytest.mark.django_db(transaction=True)
async def test_numbers_go_on_after_redis_has_lost_everything(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    await one.say("before", world.room.pk)
    assert (await one.frame())["seq"] == 1
    await asyncio.to_thread(cache_server().flushdb)
    await one.say("after", world.room.pk)
    assert (await one.frame())["seq"] == 2, "The socket lives on, and the numbers come from the database."
    late = await tab(world.sari)
    stream = room_stream(world.room.pk)
    assert (await late.ask("stream.resume", stream=stream, seq=1))["data"]["updates"][0]["seq"] == 2
    fresh = await tab(world.bounmy, world.room)
    assert fresh.hello["delayed"] is False


@pytest.mark.django_db(transaction=True)
async def test_a_process_that_ends_asks_for_return_one_by_one(world: World, tab: OpenTab) -> None:
    tabs = [await tab(person, world.room) for person in (world.noy, world.sari, world.bounmy)]
    live = attach(Socket(Reader().send, 0))  # of this loop; counted in by hand
    extra = next(each for each in live.sockets if each.person == 0)
    live.sockets.discard(extra)
    await extra.gone()
    await say_farewell(live, 0.1)
    waits = []
    for one in tabs:
        waits.append((await one.signal("leaving"))["wait"])
        while (output := await one.wire.receive_output(3))["type"] != "websocket.close":
            pass
        assert output["code"] == 1012
    assert sorted(waits) == pytest.approx([COME_BACK_WITHIN * place / 3 for place in range(3)], abs=0.01)
    assert farewell.EACH < 1


# --- those who run the room ---


@pytest.mark.django_db(transaction=True)
async def test_hosts_follow_a_stream_of_their_own_and_others_do_not(world: World, tab: OpenTab) -> None:
    host, guest = await tab(world.moderator), await tab(world.noy)
    entered = (await host.ask("room.enter", world.room.pk))["data"]
    behind = hosts_stream(world.room.pk)
    assert (entered["runs"], entered["hosts"]["stream"], entered["hosts"]["seq"]) == (True, behind, 0)
    assert isinstance(entered["hosts"]["state"], dict)
    other = (await guest.ask("room.enter", world.room.pk))["data"]
    assert (other["runs"], "hosts" in other) == (False, False)
    assert (await guest.ask("stream.resume", stream=behind, seq=0))["error"]["code"] == "missing"

    def tell() -> None:
        with transaction.atomic():
            publish(behind, "message", saved={"id": 1})

    await in_db(tell)()
    assert (await host.frame())["stream"] == behind
    assert await guest.silence()
    resumed = (await host.ask("stream.resume", stream=behind, seq=0))["data"]
    assert [each["seq"] for each in resumed["updates"]] == [1]
    await host.ask("room.leave", world.room.pk)
    await in_db(tell)()
    assert await host.silence()


@pytest.mark.django_db(transaction=True)
async def test_who_does_not_run_the_room_any_more_stays_but_hears_nothing_of_the_hosts(
    world: World, tab: OpenTab
) -> None:
    given = await EventRole.objects.acreate(event=world.event, user=world.noy, role="moderator")
    one = await tab(world.noy, world.room)
    await in_db(take_role)(world.organizer, world.event, role_id=given.pk)
    part = await one.signal("role")
    assert (part["role"], part["runs"]) == ("attendee", False)
    assert await _hears_of_everyone_alone(one, world, hosts_stream(world.room.pk))


async def _hears_of_everyone_alone(one: Tab, world: World, stream: str) -> bool:
    """Whether of what comes on that stream, and then to everyone, the second comes first."""

    def tell() -> None:
        with transaction.atomic():
            publish(stream, "message", saved={"id": 1})
        send_message(world.sari, world.room.pk, client_id=uuid.uuid4(), text="For everyone")

    await in_db(tell)()
    while not (frame := await one.frame())["stream"].startswith("room."):
        pass
    return frame["data"].get("text") == "For everyone"


# --- those with a part on the stage ---


@pytest.mark.django_db(transaction=True)
async def test_the_stage_follows_a_stream_of_its_own_and_others_do_not(world: World, tab: OpenTab) -> None:
    speaker, host, guest = await tab(world.bounmy), await tab(world.moderator), await tab(world.noy)
    behind = backstage_stream(world.room.pk)
    for one, audiences in ((speaker, ["backstage"]), (host, ["backstage", "hosts"])):
        entered = (await one.ask("room.enter", world.room.pk))["data"]
        assert (entered["audiences"], entered["backstage"]["stream"]) == (audiences, behind)
        assert isinstance(entered["backstage"]["state"], dict)
        assert ("hosts" in entered) == ("hosts" in audiences)
    other = (await guest.ask("room.enter", world.room.pk))["data"]
    assert (other["audiences"], "backstage" in other, "hosts" in other) == ([], False, False)
    assert (await guest.ask("stream.resume", stream=behind, seq=0))["error"]["code"] == "missing"
    hosts = hosts_stream(world.room.pk)
    assert (await speaker.ask("stream.resume", stream=hosts, seq=0))["error"]["code"] == "missing"

    def tell() -> None:
        with transaction.atomic():
            publish(behind, "message", saved={"id": 1})

    await in_db(tell)()
    for one in (speaker, host):
        assert (await one.frame())["stream"] == behind
    assert await guest.silence()
    resumed = (await speaker.ask("stream.resume", stream=behind, seq=0))["data"]
    assert [each["seq"] for each in resumed["updates"]] == [1]
    await speaker.ask("room.leave", world.room.pk)
    await in_db(tell)()
    assert await speaker.silence()


@pytest.mark.django_db(transaction=True)
async def test_who_has_no_part_on_the_stage_any_more_hears_nothing_further_of_it(
    world: World, tab: OpenTab
) -> None:
    await in_db(set_room_roles)(world.room, {world.noy.pk: "speaker", world.moderator.pk: "moderator"})
    one = await tab(world.noy, world.room)
    await in_db(set_room_roles)(world.room, {world.moderator.pk: "moderator"})
    part = await one.signal("role")
    assert (part["role"], part["audiences"]) == ("attendee", [])
    assert await _hears_of_everyone_alone(one, world, backstage_stream(world.room.pk))


# --- limits ---


@pytest.mark.django_db(transaction=True)
async def test_a_room_has_a_limit_of_its_own_that_says_how_long_to_wait(
    world: World, tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = COMMANDS["chat.send"]
    monkeypatch.setitem(
        COMMANDS,
        "chat.send",
        type(sending)(
            sending.name, sending.form, sending.handle, sending.rate, sending.in_room, Rate(2, 5.0)
        ),
    )
    tabs = [await tab(person, world.room) for person in (world.noy, world.sari, world.bounmy)]
    answers = [await one.say("Hi", world.room.pk) for one in tabs]
    assert ["data" in answer for answer in answers] == [True, True, False]
    error = answers[-1]["error"]
    assert (error["code"], error["retry_after"] >= 1) == ("busy", True)
    other = await in_db(lambda: type(world.room).objects.create(event=world.event))()
    assert "data" in await tabs[0].say("Elsewhere", other.pk)


@pytest.mark.django_db(transaction=True)
async def test_one_address_cannot_take_all_sockets(world: World, tab: OpenTab, settings: Any) -> None:
    settings.SOCKETS_PER_ADDRESS = 2
    await tab(world.noy)
    second = await tab(world.sari)
    third = await tab(world.bounmy)
    assert (third.refusal["code"], third.refusal["retry_after"]) == ("busy", 60)
    assert await third.wire.receive_output(2) == {"type": "websocket.close", "code": 4429}
    for gone in (second, third):
        await gone.wire.disconnect()
    assert (await tab(world.bounmy)).hello


# --- whatever comes ---

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
known = st.sampled_from(
    ["text", "client_id", "stream", "seq", "before", "event", "publication", "question", "poll"]
)
commands = st.fixed_dictionaries(
    {"id": st.integers(-1, 9) | values, "command": st.sampled_from(sorted(COMMANDS)) | values},
    optional={
        "room": st.just("ROOM") | values,
        "data": st.dictionaries(known | st.text(max_size=5), values, max_size=4) | values,
    },
)
frames = (
    commands.map(lambda frame: json.dumps(frame))
    | values.map(lambda value: json.dumps(value))
    | st.text(max_size=60)
    | st.binary(max_size=40)
)


@pytest.mark.django_db(transaction=True)
async def test_no_frame_closes_the_socket_or_raises_in_the_server(
    world: World, tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypothesis makes the frames; one socket takes them all and still answers."""
    monkeypatch.setattr("realtime.consumers.FRAMES", Rate(10_000, 0.001))
    one = await tab(world.moderator, world.room)
    made: list[str | bytes] = []

    @given(st.lists(frames, min_size=6, max_size=6))
    @settings(max_examples=50, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def collect(some: list[str | bytes]) -> None:
        made.extend(some)

    await asyncio.to_thread(collect)
    failed = []
    for frame in made:
        if isinstance(frame, bytes):
            await one.wire.send_to(bytes_data=frame or b"?")
        else:
            text = frame.replace('"ROOM"', str(world.room.pk)) or " "
            await one.wire.send_to(text_data=text.encode("utf-8", "replace").decode())
        while True:
            answer = await one.frame()
            if "reply" in answer:
                break
        if answer.get("error", {}).get("code") == "failed":
            failed.append(frame)
    assert failed == []
    assert len(made) >= 250
    assert (await one.ask("ping"))["data"] == {}


def test_signals_go_out_even_without_a_database_connection() -> None:
    """From a loop or a thread that has none, nothing is opened."""
    before = connection.connection
    signal(S, "wave", {})
    assert connection.connection is before
