"""The clock of whoever speaks: who sets it, who sees it, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Invalid, Missing
from conference.core.models import Fact, Stream
from realtime.commands import COMMANDS, clean
from realtime.timer import actions
from realtime.timer.models import Timer
from realtime.timer.queries import timer_part
from tests.realtime.conftest import OpenTab, World
from tests.realtime.stored import rows

in_db = database_sync_to_async


def left(timer: Timer) -> int:
    return round((timer.ends - timezone.now()).total_seconds())


@pytest.mark.django_db(transaction=True)
async def test_those_on_the_stage_see_the_timer_and_nobody_else(world: World, tab: OpenTab) -> None:
    room = world.room
    moderator, speaker, noy = [await tab(who, room) for who in (world.moderator, world.bounmy, world.noy)]
    answer = await moderator.ask("timer.start", room.pk, seconds=600, label="Opening talk")
    told = await speaker.frame()
    assert (told["stream"], told["update"]) == (f"room.{room.pk}.backstage", "timer.saved")
    assert told["data"] == answer["data"]
    assert (told["data"]["seconds"], told["data"]["label"]) == (600, "Opening talk")
    # Whoever comes in now reads what the update said.
    entered = (await speaker.ask("room.enter", room.pk))["data"]
    assert entered["backstage"]["state"]["timer"] == [told["data"]]
    assert "Opening talk" not in str((await noy.ask("room.enter", room.pk))["data"])
    await moderator.ask("timer.call", room.pk)
    assert (await speaker.frame())["data"]["called"] is True
    await moderator.ask("timer.add", room.pk, seconds=60)
    assert (await speaker.frame())["data"]["called"] is False
    await moderator.ask("timer.stop", room.pk)
    gone = await speaker.frame()
    assert (gone["update"], gone["data"]) == ("timer.removed", {"id": room.pk})
    assert (await in_db(timer_part)(room))["state"]["timer"] == []
    assert await noy.silence()


def test_time_is_given_and_taken_and_two_minutes_are_two_minutes(world: World) -> None:
    room, chair = world.room.pk, world.moderator
    assert left(actions.start_timer(chair, room, seconds=600)) == 600
    timer = actions.add_time(chair, room, seconds=300)
    assert (left(timer), timer.seconds) == (900, 900)
    assert left(actions.add_time(chair, room, seconds=-840)) == 60
    called = actions.call_time(chair, room)
    assert (left(called), called.called) == (120, True)
    # It ran out a minute ago: more is given from now on.
    Timer.objects.update(ends=timezone.now() - timedelta(minutes=1))
    assert left(actions.add_time(world.organizer, room, seconds=60)) == 60
    actions.stop_timer(chair, room)
    actions.stop_timer(chair, room)
    with pytest.raises(Conflict):
        actions.add_time(chair, room, seconds=60)
    assert left(actions.call_time(chair, room)) == 120
    verbs = Fact.objects.filter(verb__startswith="timer.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs).count("timer.stopped") == 1


def test_what_updates_say_is_what_a_snapshot_says(world: World) -> None:
    timer = actions.start_timer(world.moderator, world.room.pk, seconds=60)
    (shown,) = timer_part(world.room)["state"]["timer"]
    encode = DjangoJSONEncoder().encode
    assert encode(shown) == encode({**shown, "ends": timer.ends})


@pytest.mark.parametrize(
    ("command", "data"),
    [
        ("timer.start", {"seconds": 4}),
        ("timer.start", {"seconds": 4 * 3600 + 1}),
        ("timer.start", {"seconds": "60"}),
        ("timer.start", {"seconds": 60, "label": "x" * 81}),
        ("timer.start", {}),
        ("timer.add", {"seconds": 3601}),
        ("timer.add", {"seconds": -3601}),
    ],
)
def test_times_out_of_bounds_are_refused(command: str, data: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        clean(COMMANDS[command], 1, data)


ACTS: dict[str, Callable[[User, int], Any]] = {
    "start": lambda who, room: actions.start_timer(who, room, seconds=60),
    "add": lambda who, room: actions.add_time(who, room, seconds=60),
    "call": lambda who, room: actions.call_time(who, room),
    "stop": lambda who, room: actions.stop_timer(who, room),
}


@pytest.mark.parametrize("role", ["attendee", "speaker", "stranger"])
@pytest.mark.parametrize("act", ACTS)
def test_only_those_who_run_the_room_set_the_timer(world: World, act: str, role: str) -> None:
    actions.start_timer(world.moderator, world.room.pk, seconds=60)
    who = {"attendee": world.sari, "speaker": world.bounmy, "stranger": world.stranger}[role]
    before = rows(Timer, Fact, Stream)
    with pytest.raises((Denied, Missing)):
        ACTS[act](who, world.room.pk)
    assert rows(Timer, Fact, Stream) == before
