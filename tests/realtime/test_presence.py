"""Who is here: everybody counts, and names are told of those who agreed and of those who run the room or are on its stage.
Whose session has ended hears nothing more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, parse_cookie

from conference.accounts.actions import agree_to_directory, end_sockets, withdraw_from_directory
from conference.accounts.models import User
from conference.events.actions import take_role
from conference.events.models import EventRole
from realtime import consumers
from tests.realtime.conftest import OpenTab, Tab, World

pytestmark = pytest.mark.django_db(transaction=True)


def names(presence: dict[str, Any]) -> list[str]:
    return sorted(person["name"] for person in presence["people"])


async def told(tab: Tab, expected: list[str]) -> dict[str, Any]:
    """The first presence signal with just these names."""
    while names(presence := await tab.signal("presence")) != expected:
        pass
    return presence


async def test_only_those_who_agreed_and_the_stage_are_named_and_all_are_counted(
    world: World, tab: OpenTab
) -> None:
    agree = database_sync_to_async(agree_to_directory)
    await agree(world.noy, world.event, audience="participants")
    quiet = await database_sync_to_async(world.attendee)("Quiet")
    await agree(quiet, world.event, audience="organizers")
    one = await tab(world.noy, world.room)
    for person in (world.sari, quiet, world.bounmy, world.organizer):
        await tab(person, world.room)
    presence = (await one.ask("room.people", world.room.pk))["data"]
    assert presence["count"] == 5
    assert names(presence) == ["Bounmy", "Noy", "Yang Mei"]
    assert str(world.sari.pk) not in [str(person["id"]) for person in presence["people"]]
    signal = await told(one, ["Bounmy", "Noy", "Yang Mei"])
    assert signal["count"] == 5
    entered = (await one.ask("room.enter", world.room.pk))["data"]["presence"]
    resumed = await one.ask("stream.resume", stream=f"room.{world.room.pk}", seq=0)
    for again in (entered, resumed["data"]["presence"]):
        assert (again["count"], names(again)) == (5, ["Bounmy", "Noy", "Yang Mei"])


async def test_a_changed_mind_is_heard_while_one_is_in_the_room(world: World, tab: OpenTab) -> None:
    one = await tab(world.sari, world.room)
    await tab(world.noy, world.room)
    await told(one, [])
    await database_sync_to_async(agree_to_directory)(world.noy, world.event, audience="participants")
    await told(one, ["Noy"])
    await database_sync_to_async(withdraw_from_directory)(world.noy, world.event)
    assert (await told(one, []))["count"] == 2


def sign_out(user: User, listener: Tab) -> None:
    """As the page does it, with the session that the socket was opened with."""
    cookies = parse_cookie(dict(listener.wire.scope["headers"])[b"cookie"].decode())
    request = HttpRequest()
    request.session, request.user = SessionStore(cookies[settings.SESSION_COOKIE_NAME]), user
    logout(request)
    end_sockets(user)


async def test_a_silent_listener_hears_nothing_after_signing_out(world: World, tab: OpenTab) -> None:
    listener, other = await tab(world.noy, world.room), await tab(world.sari, world.room)
    await database_sync_to_async(sign_out)(world.noy, listener)
    async with asyncio.timeout(5):
        while (output := await listener.wire.receive_output(5))["type"] != "websocket.close":
            pass
    assert output["code"] == 4401
    await other.say("Only for those who are here", world.room.pk)
    assert await listener.wire.receive_nothing(0.5)


async def test_a_role_that_was_taken_puts_out_of_the_room_at_once(world: World, tab: OpenTab) -> None:
    given = await EventRole.objects.acreate(event=world.event, user=world.stranger, role="observer")
    guest = await tab(world.stranger, world.room)
    await database_sync_to_async(take_role)(world.organizer, world.event, role_id=given.pk)
    assert (await guest.signal("closed"))["code"] == "denied"


async def test_one_person_cannot_hold_any_number_of_sockets(
    world: World, tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "MAX_TABS", 2)
    await tab(world.noy)
    await tab(world.noy)
    third = await tab(world.noy)
    assert third.refusal["code"] == "busy"
    assert await third.wire.receive_output(2) == {"type": "websocket.close", "code": 4429}
    assert (await tab(world.sari)).hello
