"""Cut lines: nothing is lost, nothing comes twice, and a gap is admitted."""

from __future__ import annotations

import time
import uuid

import pytest
from channels.db import database_sync_to_async

from conference.core.streams import HISTORY, cache_server
from realtime.chat.actions import send_message
from realtime.hub import RING
from tests.realtime.conftest import OpenTab, World

pytestmark = pytest.mark.django_db(transaction=True)

in_db = database_sync_to_async


def say(world: World, *texts: str) -> None:
    for text in texts:
        send_message(world.bounmy, world.room.pk, client_id=uuid.uuid4(), text=text)


async def test_after_a_cut_everything_missed_comes_once_and_in_order(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    await in_db(say)(world, "heard")
    heard = await one.frame()
    await one.wire.disconnect()
    await in_db(say)(world, "missed 1", "missed 2", "missed 3")
    again = await tab(world.noy)
    answer = (await again.ask("stream.resume", stream=f"room.{world.room.pk}", seq=heard["seq"]))["data"]
    assert [update["data"]["text"] for update in answer["updates"]] == ["missed 1", "missed 2", "missed 3"]
    assert [update["seq"] for update in answer["updates"]] == [2, 3, 4]
    assert (answer["seq"], answer["role"], answer["room"]) == (4, "attendee", world.room.pk)
    await in_db(say)(world, "live again")
    assert (await again.frame())["seq"] == 5
    assert await again.silence()


async def test_the_missed_come_as_they_were_sent_to_others(world: World, tab: OpenTab) -> None:
    listener = await tab(world.sari, world.room)
    await in_db(say)(world, "same bytes <b>&</b> ສະບາຍດີ")
    heard = await listener.frame()
    one = await tab(world.noy)
    answer = (await one.ask("stream.resume", stream=f"room.{world.room.pk}", seq=0))["data"]
    assert answer["updates"] == [heard]


async def test_nothing_missed_is_an_empty_answer(world: World, tab: OpenTab) -> None:
    await in_db(say)(world, "one")
    one = await tab(world.noy)
    answer = (await one.ask("stream.resume", stream=f"room.{world.room.pk}", seq=1))["data"]
    assert answer["updates"] == []


async def test_one_who_resumed_is_here_again(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy)
    answer = (await one.ask("stream.resume", stream=f"room.{world.room.pk}", seq=0))["data"]
    assert answer["presence"]["count"] == 1


async def test_where_the_updates_are_gone_the_room_is_entered_again(world: World, tab: OpenTab) -> None:
    await in_db(say)(world, "one", "two")
    cache_server().delete(HISTORY.format(f"room.{world.room.pk}"))
    one = await tab(world.noy)
    error = (await one.ask("stream.resume", stream=f"room.{world.room.pk}", seq=0))["error"]
    assert error["code"] == "gap"
    await in_db(say)(world, "three")
    assert await one.silence(0.2), "A stream that was not resumed is not followed."
    reply = (await one.ask("room.enter", world.room.pk))["data"]
    assert [message["text"] for message in reply["state"]["message"]] == ["one", "two", "three"]


async def test_a_number_from_the_future_is_a_gap(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy)
    assert (await one.ask("stream.resume", stream=f"room.{world.room.pk}", seq=99))["error"]["code"] == "gap"


async def test_who_was_away_for_too_long_enters_again(world: World, tab: OpenTab) -> None:
    await in_db(say)(world, *(f"{number}" for number in range(RING + 5)))
    one = await tab(world.noy)
    assert (await one.ask("stream.resume", stream=f"room.{world.room.pk}", seq=1))["error"]["code"] == "gap"


async def test_what_comes_while_entering_comes_twice_rather_than_never(world: World, tab: OpenTab) -> None:
    """Followed first, read second: whatever is committed in between stands in the snapshot or follows it."""
    one = await tab(world.noy)
    entering = one.ask("room.enter", world.room.pk)
    await in_db(say)(world, "before")
    reply = (await entering)["data"]
    await in_db(say)(world, "after")
    known = {message["text"] for message in reply["state"]["message"]}
    while "after" not in known:
        known.add((await one.frame())["data"]["text"])
    assert known == {"before", "after"}


async def test_several_streams_have_numbers_of_their_own(world: World, tab: OpenTab) -> None:
    other_room = await type(world.room).objects.acreate(event=world.event)
    one = await tab(world.noy, world.room)
    await one.ask("room.enter", other_room.pk)
    await in_db(say)(world, "here")
    await in_db(send_message)(world.noy, other_room.pk, client_id=uuid.uuid4(), text="there")
    frames = [await one.frame(), await one.frame()]
    assert {(frame["stream"], frame["seq"], frame["data"]["text"]) for frame in frames} == {
        (f"room.{world.room.pk}", 1, "here"),
        (f"room.{other_room.pk}", 1, "there"),
    }
    await one.ask("room.leave", other_room.pk)
    await in_db(send_message)(world.noy, other_room.pk, client_id=uuid.uuid4(), text="unheard")
    assert await one.silence()


async def test_hello_tells_who_one_is_and_where_ones_stream_stands(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy)
    clock = one.hello.pop("time")
    assert abs(clock / 1000 - time.time()) < 5
    assert one.hello == {"person": world.noy.pk, "seq": 0, "delayed": False}


async def test_an_events_stream_is_followed_by_those_who_may_see_it(world: World, tab: OpenTab) -> None:
    one = await tab(world.stranger)
    assert (await one.ask("event.follow", event=world.event.pk))["data"] == {
        "stream": f"event.{world.event.pk}",
        "seq": 0,
        "state": {"announcement": []},
    }
    await type(world.event).objects.filter(pk=world.event.pk).aupdate(state="draft")
    assert (await one.ask("event.follow", event=world.event.pk))["error"]["code"] == "missing"
