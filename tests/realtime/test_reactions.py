"""Reactions: counted over all processes, bounded for each person and room, and told to nobody by whom."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings

from conference.accounts.models import User
from conference.core import streams
from conference.core.errors import Conflict, Denied, Missing, Refusal
from conference.core.models import Event, Fact, Stream
from conference.rooms.models import Restriction, Room
from realtime.commands import COMMANDS
from realtime.hub import Hub
from realtime.limits import Rate
from realtime.reactions import commands, totals
from realtime.reactions.actions import add_totals, send_reaction
from realtime.reactions.models import ReactionTotal
from realtime.reactions.queries import reaction_totals
from realtime.rules.actions import set_rules
from realtime.sockets import Socket
from tests.realtime.at_once import together
from tests.realtime.conftest import OpenTab, Tab, World
from tests.realtime.stored import rows

pytestmark = pytest.mark.django_db(transaction=True)

in_db = database_sync_to_async
EMOJI = ReactionTotal.Emoji.values


async def summed(tab: Tab, expected: dict[str, int]) -> None:
    """The signals add up to just that; how they are cut into moments does not matter."""
    heard: dict[str, int] = {}
    while heard != expected:
        for emoji, times in (await tab.signal("reacted")).items():
            heard[emoji] = heard.get(emoji, 0) + times
            assert heard[emoji] <= expected[emoji]


async def test_everyone_hears_the_sums_of_what_all_sent(world: World, tab: OpenTab) -> None:
    noy, sari, listener = [await tab(each, world.room) for each in (world.noy, world.sari, world.bounmy)]
    assert (await noy.ask("reaction.send", world.room.pk, emoji="clap", times=7))["data"] == {}
    assert (await sari.ask("reaction.send", world.room.pk, emoji="clap"))["data"] == {}
    assert (await sari.ask("reaction.send", world.room.pk, emoji="idea", times=2))["data"] == {}
    for each in (listener, noy):
        await summed(each, {"clap": 8, "idea": 2})


async def test_two_processes_count_as_one(world: World) -> None:
    """Each has a hub of its own; both tell the same sums, whichever of them took the reaction."""

    class Reader:
        def __init__(self) -> None:
            self.heard: list[str] = []

        async def send(self, message: dict[str, Any]) -> None:
            self.heard.append(message["text"])

    stream = f"room.{world.room.pk}"
    hubs, readers = [Hub(settings.REDIS_URL) for _each in range(2)], [Reader() for _each in range(2)]
    for hub, reader in zip(hubs, readers, strict=True):
        hub.start()
        await hub.follow(stream, Socket(reader.send, 1))
    subscribed = streams.cache_server().pubsub_numsub
    async with asyncio.timeout(5):
        while dict(subscribed(streams.COUNTS))[streams.COUNTS.encode()] < 2:
            await asyncio.sleep(0.02)
    await in_db(send_reaction)(world.noy, world.room.pk, emoji="clap", times=3)
    streams.cache_server().publish(
        streams.COUNTS, streams.encode({"stream": stream, "signal": "reacted", "counts": {"clap": 4}})
    )
    async with asyncio.timeout(5):
        while not all(reader.heard for reader in readers):
            await asyncio.sleep(0.02)
    for hub in hubs:
        await hub.stop()
    assert [reader.heard for reader in readers] == [
        [f'{{"stream":"{stream}","signal":"reacted","data":{{"clap":7}}}}']
    ] * 2


async def test_a_person_sends_several_a_second_and_not_hundreds(world: World, tab: OpenTab) -> None:
    one, other = await tab(world.noy, world.room), await tab(world.noy, world.room)
    answers = []
    for each in (one, other) * commands.EACH.burst:
        answers.append(await each.ask("reaction.send", world.room.pk, emoji="heart", times=10))
    refused = [answer["error"] for answer in answers if "error" in answer]
    assert len(refused) >= commands.EACH.burst - 2  # over both tabs together; some tokens came back meanwhile
    assert {error["code"] for error in refused} == {"busy"}
    await summed(other, {"heart": 10 * (len(answers) - len(refused))})


async def test_a_room_bears_only_so_much_before_the_database_is_asked(
    world: World, tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def send(actor: User, room_id: int, **_more: Any) -> None:
        asked.append(actor.pk)

    monkeypatch.setattr(commands.actions, "send_reaction", send)
    one_in_all = replace(COMMANDS["reaction.send"], room_rate=Rate(1, 100))
    monkeypatch.setitem(COMMANDS, "reaction.send", one_in_all)
    one, other = await tab(world.noy, world.room), await tab(world.sari, world.room)
    assert (await one.ask("reaction.send", world.room.pk, emoji="clap"))["data"] == {}
    assert (await other.ask("reaction.send", world.room.pk, emoji="clap"))["error"]["code"] == "busy"
    assert asked == [world.noy.pk]


WRONG: list[dict[str, Any]] = [
    {},
    {"emoji": "🎉"},
    {"emoji": ["clap"]},
    {"emoji": "clap", "times": 0},
    {"emoji": "clap", "times": 11},
    {"emoji": "clap", "times": "3"},
]


@pytest.mark.parametrize("data", WRONG)
async def test_only_what_is_in_the_list_and_only_so_many_at_once(
    world: World, tab: OpenTab, data: dict[str, Any]
) -> None:
    one = await tab(world.noy, world.room)
    assert (await one.ask("reaction.send", world.room.pk, **data))["error"]["code"] == "invalid"


# --- who may ---

SPEAKS = {
    "noy": True,
    "bounmy": True,
    "moderator": True,
    "organizer": True,
    "stranger": False,
    "muted": False,
    "removed": False,
}
SEES_TOTALS = {"moderator", "organizer"}


def everyone(world: World) -> dict[str, User]:
    people = {name: getattr(world, name) for name in SPEAKS if hasattr(world, name)}
    for kind in ("muted", "removed"):
        people[kind] = world.attendee(kind)
        Restriction.objects.create(room=world.room, user=people[kind], kind=kind, by=world.moderator)
    return people


def state() -> list[Any]:
    return rows(ReactionTotal, Fact, Stream)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What goes on its way to everyone."""
    told: list[tuple[Any, ...]] = []
    monkeypatch.setattr("realtime.reactions.actions.count", lambda *counts: told.append(counts))
    return told


def test_who_may_react_and_who_sees_the_figures(world: World, counted: list[tuple[Any, ...]]) -> None:
    for name, person in everyone(world).items():
        before, told = state(), len(counted)
        if SPEAKS[name]:
            send_reaction(person, world.room.pk, emoji="clap", times=2)
            assert counted[told:] == [(f"room.{world.room.pk}", "reacted", "clap", 2)]
        else:
            with pytest.raises((Denied, Missing)):
                send_reaction(person, world.room.pk, emoji="clap")
            assert len(counted) == told
        if name in SEES_TOTALS:
            assert reaction_totals(person, world.room.pk) == dict.fromkeys(EMOJI, 0)
        else:
            with pytest.raises(Refusal):
                reaction_totals(person, world.room.pk)
        assert state() == before


def test_a_room_without_reactions_takes_none(world: World, counted: list[tuple[Any, ...]]) -> None:
    set_rules(world.moderator, world.room.pk, changes={"reactions": False})
    for person in (world.noy, world.moderator):
        with pytest.raises(Conflict):
            send_reaction(person, world.room.pk, emoji="clap")
    set_rules(world.moderator, world.room.pk, changes={"reactions": True})
    Event.objects.filter(pk=world.event.pk).update(state=Event.State.ARCHIVED)
    with pytest.raises(Conflict):
        send_reaction(world.noy, world.room.pk, emoji="clap")
    assert counted == []


# --- the figures ---


async def test_what_was_sent_is_added_up_once_for_the_organizers(
    world: World, tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "WRITE_AFTER", 0.05)
    one, moderator = await tab(world.noy, world.room), await tab(world.moderator, world.room)
    for times in (2, 3):
        await one.ask("reaction.send", world.room.pk, emoji="clap", times=times)
    async with asyncio.timeout(5):
        while not await ReactionTotal.objects.filter(room=world.room, count=5).aexists():
            await asyncio.sleep(0.02)
    answer = await moderator.ask("reaction.totals", world.room.pk)
    assert answer["data"]["totals"] == {**dict.fromkeys(EMOJI, 0), "clap": 5}
    assert (await one.ask("reaction.totals", world.room.pk))["error"]["code"] == "denied"


async def test_a_refused_reaction_is_in_no_figure(world: World, tab: OpenTab) -> None:
    one = await tab(world.stranger)
    assert "error" in await one.ask("reaction.send", world.room.pk, emoji="clap")
    assert not totals.totals()._counted


def test_figures_of_a_room_that_is_gone_harm_nothing(world: World) -> None:
    other = Room.objects.create(event=world.event)
    gone = other.pk
    other.delete()
    for _twice in range(2):
        add_totals({(world.room.pk, "clap"): 2, (gone, "clap"): 9})
    assert list(ReactionTotal.objects.values_list("room", "emoji", "count")) == [(world.room.pk, "clap", 4)]


def test_processes_that_write_at_once_lose_nothing(world: World) -> None:
    """The first rows too: both find none, and one of them adds to the other's."""
    gate = threading.Barrier(8)

    def write() -> None:
        gate.wait(10)
        for _each in range(5):
            add_totals({(world.room.pk, emoji): 1 for emoji in EMOJI})

    together(*[write] * 8)
    assert reaction_totals(world.moderator, world.room.pk) == dict.fromkeys(EMOJI, 40)


async def test_figures_wait_for_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[dict[Any, int]] = []

    def fail_once(counted: dict[Any, int]) -> None:
        written.append(dict(counted))
        if len(written) == 1:
            raise ConnectionError

    monkeypatch.setattr(totals, "add_totals", fail_once)
    monkeypatch.setattr(totals, "WRITE_AFTER", 0.02)
    kept = totals.totals()
    kept.add(1, "clap", 2)
    async with asyncio.timeout(5):
        while len(written) < 2:
            await asyncio.sleep(0.01)
    assert written == [{(1, "clap"): 2}] * 2
