"""Conversations between sockets, frame by frame: what the chat's commands answer and what the others hear."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.core.cache import cache

from conference.accounts.models import Consent
from conference.core.streams import cache_server
from realtime.chat import actions
from realtime.chat.models import EMOJI, Translation
from realtime.rules.actions import set_rules
from tests.realtime.conftest import OpenTab, Tab, World

pytestmark = pytest.mark.django_db(transaction=True)

in_db = database_sync_to_async
THUMB = EMOJI[0]


async def update(tab: Tab, name: str) -> dict[str, Any]:
    """The data of the next frame, which must be this update."""
    frame = await tab.frame()
    assert frame.get("update") == name, frame
    return frame["data"]


async def rules(world: World, **changes: Any) -> None:
    await in_db(set_rules)(world.moderator, world.room.pk, changes=changes)


async def test_a_reply_is_heard_with_its_head(world: World, tab: OpenTab) -> None:
    one, other = await tab(world.noy, world.room), await tab(world.sari, world.room)
    room = world.room.pk
    head = (await one.say("Head", room))["data"]
    assert await update(other, "message.saved") == head
    data = {"client_id": str(uuid.uuid4()), "text": "Reply", "parent": head["id"]}
    reply = (await one.ask("chat.send", room, **data))["data"]
    assert reply["parent"] == head["id"]
    assert await update(other, "reply.saved") == reply
    assert await update(other, "message.saved") == {**head, "replies": 1}
    thread = (await other.ask("chat.thread", room, message=head["id"]))["data"]
    assert thread == {"message": {**head, "replies": 1}, "replies": [reply], "more": False}


async def test_a_change_and_a_deletion_are_heard(world: World, tab: OpenTab) -> None:
    one, other = await tab(world.noy, world.room), await tab(world.sari, world.room)
    room = world.room.pk
    message = (await one.say("Tiphoon", room))["data"]
    await update(other, "message.saved")
    changed = (await one.ask("chat.edit", room, message=message["id"], text="See https://example.org"))[
        "data"
    ]
    assert 'href="https://example.org"' in changed["html"]
    assert await update(other, "message.saved") == changed
    assert (await other.ask("chat.edit", room, message=message["id"], text="X"))["error"]["code"] == "denied"
    assert (await one.ask("chat.delete", room, message=message["id"]))["data"] == {}
    gone = await update(other, "message.saved")
    assert (gone["state"], gone["text"], gone["html"]) == ("deleted", "", "")
    assert await other.silence()


async def test_reactions_come_as_numbers_the_newest_of_them_at_most_once_a_second(
    world: World, tab: OpenTab
) -> None:
    listener = await tab(world.bounmy, world.room)
    one, other = await tab(world.noy, world.room), await tab(world.sari, world.room)
    room = world.room.pk
    message = (await one.say("Head", room))["data"]
    await update(listener, "message.saved")
    for each in (one, other):
        given = await each.ask("chat.react", room, message=message["id"], emoji=THUMB, wanted=True)
        assert given["data"] == {"id": message["id"], "emoji": [THUMB]}
    told = await listener.signal("reactions")
    while told["messages"][0]["reactions"] != {THUMB: 2}:
        assert told["messages"] == [{"id": message["id"], "parent": None, "reactions": {THUMB: 1}}]
        told = await listener.signal("reactions")
    # One's own other pages hear what one gave; the others only how many.
    assert [frame["update"] for frame in one.aside if frame["stream"].startswith("person.")] == [
        "reacted.saved"
    ]
    answer = await one.ask("chat.react", room, message=message["id"], emoji="🦖", wanted=True)
    assert (answer["error"]["code"], list(answer["error"]["fields"])) == ("invalid", ["emoji"])


async def test_what_waits_is_heard_by_those_who_run_the_room_and_its_author(
    world: World, tab: OpenTab
) -> None:
    await rules(world, hold_messages=True)
    noy, moderator = await tab(world.noy, world.room), await tab(world.moderator, world.room)
    sari = await tab(world.sari, world.room)
    room = world.room.pk
    held = (await noy.say("Hm", room))["data"]
    assert held["state"] == "held"
    assert await update(noy, "held.saved") == held
    frame = await moderator.frame()
    assert (frame["stream"], frame["update"], frame["data"]) == (f"room.{room}.hosts", "held.saved", held)
    assert await sari.silence()
    for command in ("chat.approve", "chat.dismiss"):
        assert (await sari.ask(command, room, message=held["id"]))["error"]["code"] == "denied"
    approved = (await moderator.ask("chat.approve", room, message=held["id"]))["data"]
    assert await update(sari, "message.saved") == approved == {**held, "state": "shown"}
    assert await update(noy, "held.removed") == {"id": held["id"]}
    assert (await moderator.ask("chat.dismiss", room, message=held["id"]))["error"]["code"] == "conflict"
    second = (await noy.say("Hm again", room))["data"]
    dismissed = (await moderator.ask("chat.dismiss", room, message=second["id"]))["data"]
    noy.aside = [frame for frame in noy.aside if frame["stream"].startswith("person.")]
    heard = [await update(noy, "held.saved") for _time in range(2)]
    assert heard == [second, dismissed]


async def test_slow_mode_answers_busy_with_the_seconds_to_wait(world: World, tab: OpenTab) -> None:
    await rules(world, slow_mode=30)
    one = await tab(world.noy, world.room)
    await one.say("Once", world.room.pk)
    error = (await one.say("Twice", world.room.pk))["error"]
    assert (error["code"], 25 <= error["retry_after"] <= 31) == ("busy", True)
    assert error["message"].startswith("Slow mode: you can write again in ")


async def test_history_goes_both_ways_and_takes_one_direction(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    room = world.room.pk
    ids = [(await one.say(text, room))["data"]["id"] for text in ("a", "b", "c")]

    async def found(**data: Any) -> list[int]:
        reply = (await one.ask("chat.history", room, **data))["data"]
        return [message["id"] for message in reply["messages"]]

    assert await found(before=ids[2]) == ids[:2]
    assert await found(after=ids[0]) == ids[1:]
    assert await found(around=ids[1]) == ids
    for data in ({}, {"before": 1, "after": 2}):
        error = (await one.ask("chat.history", room, **data))["error"]
        assert (error["code"], list(error["fields"])) == ("invalid", ["before"])


async def test_searching_naming_and_marking_are_answered(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    second_tab = await tab(world.noy, world.room)
    room = world.room.pk
    message = (await one.say("滴灌带坏了谁来修", room))["data"]
    await update(second_tab, "message.saved")
    assert (await one.ask("chat.search", room, text="滴灌"))["data"] == {"messages": [message], "more": False}
    people = (await one.ask("chat.people", room, prefix="boun"))["data"]["people"]
    assert [(person["id"], person["name"]) for person in people] == [(world.bounmy.pk, "Bounmy")]
    assert "email" not in people[0]
    read = (await one.ask("chat.read", room, message=message["id"]))["data"]
    assert await update(second_tab, "read.saved") == read == {"id": room, "message": message["id"]}


async def test_writing_is_told_by_name_only_of_those_who_agreed(world: World, tab: OpenTab) -> None:
    noy, sari = await tab(world.noy, world.room), await tab(world.sari, world.room)
    listener = await tab(world.bounmy, world.room)
    room = world.room.pk
    await in_db(Consent.objects.create)(
        user=world.sari, event=world.event, purpose="directory", audience="participants"
    )
    assert (await noy.ask("chat.typing", room))["data"] == {}
    assert await listener.signal("typing") == {"person": None}
    await sari.ask("chat.typing", room)
    assert (await listener.signal("typing"))["person"]["name"] == "Sari"
    codes = [(await sari.ask("chat.typing", room)).get("error", {}).get("code") for _time in range(3)]
    assert codes[-1] == "busy"
    await rules(world, chat="hosts")
    assert (await noy.ask("chat.typing", room))["error"]["code"] == "denied"


async def test_in_a_crowd_nobody_is_told_who_is_writing(
    world: World, tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.chat.commands.FEW", 1)
    noy, listener = await tab(world.noy, world.room), await tab(world.bounmy, world.room)
    assert "data" in await noy.ask("chat.typing", world.room.pk)
    assert await listener.silence(0.6)


async def test_of_whoever_is_not_in_the_room_nobody_is_told_that_they_write(
    world: World, tab: OpenTab
) -> None:
    outside, listener = await tab(world.noy), await tab(world.bounmy, world.room)
    assert "data" in await outside.ask("chat.typing", world.room.pk)
    assert await listener.silence(0.6)


# --- translation ---

_asked: list[tuple[str, str, str]] = []
_GLOSSARY = {("သီရိ", "en"): "Thiri", ("Good morning", "zh-hans"): "早上好"}


def translate_by_glossary(text: str, source: str, target: str) -> str:
    """A real, very small translator: a phrase book."""
    _asked.append((text, source, target))
    time.sleep(0.2)
    return _GLOSSARY[text, target]


async def test_a_message_comes_in_the_readers_language_and_is_translated_once(
    world: World, tab: OpenTab, settings: Any
) -> None:
    _asked.clear()
    room = world.room.pk
    one = await tab(world.noy, world.room)
    readers = [
        await tab(person, language="zh-hans") for person in (world.sari, world.bounmy, world.moderator)
    ]
    message = (await one.say("Good morning", room))["data"]
    assert message["language"] == "en"
    off = (await readers[0].ask("chat.translate", room, message=message["id"]))["error"]
    assert off["code"] == "conflict"
    settings.CHAT_TRANSLATOR = f"{__name__}.translate_by_glossary"
    answers = await asyncio.gather(
        *(each.ask("chat.translate", room, message=message["id"]) for each in readers)
    )
    expected = {"id": message["id"], "language": "zh-hans", "text": "早上好"}
    assert [answer["data"] for answer in answers] == [expected] * 3
    assert _asked == [("Good morning", "en", "zh-hans")]
    await readers[0].ask("chat.translate", room, message=message["id"])
    same = (await one.ask("chat.translate", room, message=message["id"]))["data"]
    assert same["text"] == "Good morning"  # the reader's language already
    assert len(_asked) == 1
    # What the translator cannot do is said, and the next one may try again.
    other = (await one.say("Good evening", room))["data"]
    for _time in range(2):
        failed = (await readers[0].ask("chat.translate", room, message=other["id"]))["error"]
        assert (failed["code"], failed["retry_after"]) == ("busy", 60)
    await one.ask("chat.edit", room, message=message["id"], text="Good afternoon")
    assert await Translation.objects.acount() == 0


async def test_a_slow_translator_holds_up_nobody(
    world: World, tab: OpenTab, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.chat.translating.PATIENCE", 0.3)
    settings.CHAT_TRANSLATOR = f"{__name__}.wait_for_the_gate"
    _gate.clear()
    one, reader = await tab(world.noy, world.room), await tab(world.sari, language="zh-hans")
    message = (await one.say("Good morning", world.room.pk))["data"]
    slow = asyncio.create_task(reader.ask("chat.translate", world.room.pk, message=message["id"]))
    for number in range(6):
        assert "data" in await one.say(f"Meanwhile {number}", world.room.pk)
    assert (await slow)["error"]["code"] == "busy"
    _gate.set()


_gate = threading.Event()


def wait_for_the_gate(text: str, source: str, target: str) -> str:
    """A translator that does not answer before it is let."""
    _gate.wait(20)
    return text


async def test_a_snapshot_kept_from_before_a_reaction_does_not_hide_it(world: World, tab: OpenTab) -> None:
    room = world.room.pk
    one = await tab(world.noy, world.room)
    message = (await one.say("Head", room))["data"]
    first = (await (await tab(world.sari)).ask("room.enter", room))["data"]  # now it is kept
    await in_db(actions.react_to_message)(world.noy, room, message_id=message["id"], emoji=THUMB, wanted=True)
    second = (await (await tab(world.sari)).ask("room.enter", room))["data"]
    assert first["own"]["reactions"] == []
    assert second["own"]["reactions"] == [{"id": message["id"], "parent": None, "reactions": {THUMB: 1}}]
    assert second["chat"]["emoji"] == list(EMOJI)


@pytest.fixture(autouse=True)
def fresh_rates() -> None:
    """How often one may ask is another test's."""
    cache.clear()
    for key in cache_server().scan_iter("limit:*"):
        cache_server().delete(key)
