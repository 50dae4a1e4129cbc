"""Conversations between sockets, frame by frame: chat."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.realtime.conftest import OpenTab, World

pytestmark = pytest.mark.django_db(transaction=True)


async def test_what_one_says_the_other_hears(world: World, tab: OpenTab) -> None:
    one, other = await tab(world.noy, world.room), await tab(world.bounmy, world.room)
    client_id = uuid.uuid4()
    reply = await one.say("Sabaidee", world.room.pk, client_id)
    message = reply["data"]
    assert (message["text"], message["author"]["name"], message["client_id"]) == ("Sabaidee", "Noy", str(client_id))
    expected = {"stream": f"room.{world.room.pk}", "update": "message.saved", "seq": 1, "data": message}
    assert await one.frame() == expected
    assert await other.frame() == expected
    assert await other.silence()
