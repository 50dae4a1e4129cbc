"""What holds in a room: who sets it, who is told what, and what a browser may send."""

from __future__ import annotations

from typing import Any

import pytest
from channels.db import database_sync_to_async

from conference.core.errors import Denied, Invalid, Missing
from conference.core.models import Fact, Stream
from realtime.commands import COMMANDS, clean
from realtime.rules.actions import set_rules
from realtime.rules.models import RoomRules
from realtime.rules.queries import rules_part, words_part
from tests.realtime.conftest import OpenTab, World
from tests.realtime.stored import rows

in_db = database_sync_to_async


@pytest.mark.django_db(transaction=True)
async def test_everyone_is_told_what_holds_and_the_held_words_only_those_who_run_the_room(
    world: World, tab: OpenTab
) -> None:
    room = world.room
    noy, moderator = await tab(world.noy, room), await tab(world.moderator, room)
    reply = await moderator.ask(
        "rules.set", room.pk, slow_mode=30, chat="hosts", held_words=["scam", "  free   money "]
    )
    assert "held_words" not in reply["data"]
    told = await noy.frame()
    assert (told["update"], told["data"]["slow_mode"], told["data"]["chat"]) == ("rules.saved", 30, "hosts")
    assert "scam" not in str(told)
    assert await noy.silence()
    frames = {frame["update"]: frame for frame in (await moderator.frame(), await moderator.frame())}
    assert frames["held_words.saved"]["stream"] == f"room.{room.pk}.hosts"
    # What the updates said is what whoever comes in now reads.
    assert frames["held_words.saved"]["data"] == {"id": room.pk, "words": ["scam", "free money"]}
    assert (await in_db(words_part)(room))["state"]["held_words"] == [frames["held_words.saved"]["data"]]
    assert (await in_db(rules_part)(room))["state"]["rules"] == [told["data"]]
    entered = (await noy.ask("room.enter", room.pk))["data"]
    assert "held_words" not in str(entered)
    # The words alone: nothing for the others.
    await moderator.ask("rules.set", room.pk, held_words=[])
    assert (await moderator.frame())["data"]["words"] == []
    assert await noy.silence()


@pytest.mark.parametrize(
    "wrong",
    [
        {"slow_mode": -1},
        {"slow_mode": 601},
        {"slow_mode": "30"},
        {"slow_mode": True},
        {"chat": "sometimes"},
        {"chat": 1},
        {"hold_messages": "yes"},
        {"reactions": 1},
        {"held_words": "scam"},
        {"held_words": [""]},
        {"held_words": [1]},
        {"held_words": ["x" * 41]},
        {"held_words": [f"word {number}" for number in range(101)]},
    ],
)
def test_rules_out_of_bounds_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        clean(COMMANDS["rules.set"], 1, wrong)
    assert set(refused.value.as_data()["fields"]) == set(wrong)


def test_what_is_left_out_stays_and_an_empty_list_takes_all_words_away() -> None:
    cleaned = clean(COMMANDS["rules.set"], 1, {"slow_mode": 0})
    assert {name: value for name, value in cleaned.items() if value is not None} == {"slow_mode": 0}
    assert clean(COMMANDS["rules.set"], 1, {"held_words": []})["held_words"] == []
    assert clean(COMMANDS["rules.set"], 1, {"held_words": ["Scam", "SCAM"]})["held_words"] == ["SCAM"]


@pytest.mark.parametrize("role", ["attendee", "speaker", "stranger"])
def test_others_set_no_rules(world: World, role: str) -> None:
    who = {"attendee": world.sari, "speaker": world.bounmy, "stranger": world.stranger}[role]
    before = _state()
    for changes in ({"slow_mode": 30}, {"held_words": ["x"]}, {"hold_messages": True}, {"chat": "closed"}):
        with pytest.raises((Denied, Missing)):
            set_rules(who, world.room.pk, changes=changes)
    assert _state() == before


def test_what_is_the_same_already_is_not_announced(world: World) -> None:
    set_rules(world.moderator, world.room.pk, changes={"slow_mode": 10, "held_words": ["a"]})
    before = _state()
    set_rules(world.organizer, world.room.pk, changes={"slow_mode": 10, "held_words": ["a"]})
    assert _state() == before


def _state() -> list[Any]:
    return rows(RoomRules, Fact, Stream)
