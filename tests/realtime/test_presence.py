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

from conference.accounts.actions import (
    agree_to_be_reached,
    agree_to_directory,
    end_sockets,
    withdraw_from_directory,
)
from conference.accounts.models import User
from conference.core.streams import cache_server
from conference.events.actions import take_role
from conference.events.models import EventRole
from realtime import consumers, presence
from realtime.hub import Hub
from tests.realtime.conftest import OpenTab, Tab, World

pytestmark = pytest.mark.django_db(transaction=True)


def names(here: dict[str, Any]) -> list[str]:
    return sorted(person["name"] for person in here["people"])


async def told(tab: Tab, expected: list[str]) -> dict[str, Any]:
    """The first presence signal with just these names."""
    while names(here := await tab.signal("presence")) != expected:
        pass
    return here


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
    listed = (await one.ask("room.people", world.room.pk))["data"]
    assert listed["count"] == 5
    assert names(listed) == ["Bounmy", "Noy", "Yang Mei"]
    assert str(world.sari.pk) not in [str(person["id"]) for person in listed["people"]]
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


# --- parts, long lists, and finding somebody ---


async def test_those_on_the_stage_are_marked_and_nobody_else(world: World, tab: OpenTab) -> None:
    await database_sync_to_async(agree_to_directory)(world.noy, world.event, audience="participants")
    one = await tab(world.noy, world.room)
    for person in (world.bounmy, world.moderator, world.organizer):
        await tab(person, world.room)
    signal = await told(one, ["Bounmy", "Noy", "Thandar", "Yang Mei"])
    parts = {person["name"]: person.get("role") for person in signal["people"]}
    assert parts == {"Bounmy": "speaker", "Noy": None, "Thandar": "moderator", "Yang Mei": "host"}


async def test_a_large_room_lists_the_stage_first_and_counts_everybody(
    world: World, tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "MAX_LISTED", 2)
    monkeypatch.setattr(presence, "MAX_IN_SIGNAL", 2)
    agree = database_sync_to_async(agree_to_directory)
    await agree(world.noy, world.event, audience="participants")
    one = await tab(world.noy, world.room)
    for person in (world.sari, world.bounmy, world.moderator):
        await tab(person, world.room)
    data = (await one.ask("room.people", world.room.pk))["data"]
    assert (data["count"], names(data)) == (4, ["Bounmy", "Thandar"])
    entered = (await one.ask("room.enter", world.room.pk))["data"]["presence"]
    assert entered["people"] is None


async def test_those_who_run_the_room_find_anybody_who_is_here_by_name(world: World, tab: OpenTab) -> None:
    moderator = await tab(world.moderator, world.room)
    await tab(world.noy, world.room)  # agreed to nothing
    await tab(world.bounmy, world.room)

    async def found(text: str) -> list[tuple[str, str | None]]:
        data = (await moderator.ask("room.find", world.room.pk, text=text))["data"]
        return [(person["name"], person.get("role")) for person in data["people"]]

    assert await found("noy") == [("Noy", None)]
    assert await found("BOUN") == [("Bounmy", "speaker")]
    assert await found("sari") == []  # has a ticket, and is not here
    assert await found("stranger") == []
    assert await found("o y") == [("Bounmy", "speaker"), ("Noy", None)]
    for text in ("", "x" * 101):
        answer = await moderator.ask("room.find", world.room.pk, text=text)
        assert answer["error"]["code"] == "invalid"


async def test_nobody_else_looks_for_people_by_name(world: World, tab: OpenTab) -> None:
    await tab(world.noy, world.room)
    for person in (world.noy, world.sari, world.bounmy):
        one = await tab(person, world.room)
        assert (await one.ask("room.find", world.room.pk, text="Noy"))["error"]["code"] == "denied"


async def test_people_of_another_process_are_found_until_they_leave_or_it_dies(
    world: World, tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "TELL_EVERY", 0.05)
    moderator = await tab(world.moderator, world.room)
    hub = Hub(settings.REDIS_URL)
    other = presence.Presence(hub)
    other.start()
    other.join(world.room.pk, {"id": world.noy.pk})
    other.join(world.room.pk, {"id": world.sari.pk})

    async def found(text: str) -> list[str]:
        answer = await moderator.ask("room.find", world.room.pk, text=text)
        return [person["name"] for person in answer["data"]["people"]]

    async def until(text: str, expected: list[str]) -> None:
        async with asyncio.timeout(8):
            while await found(text) != expected:
                await asyncio.sleep(0.3)

    await until("noy", ["Noy"])
    # Redis loses the set: it is written again.
    server = cache_server()
    (key,) = [
        each
        for each in server.scan_iter(f"presence:room:{world.room.pk}:*")
        if server.sismember(each, world.noy.pk)
    ]
    server.delete(key)
    other.know(world.room.pk, {"id": world.noy.pk, "name": "Noy"})
    await until("noy", ["Noy"])
    other.leave(world.room.pk, world.noy.pk)
    await until("noy", [])
    assert await found("sari") == ["Sari"]
    await other.stop()
    await hub.stop()
    assert await found("sari") == []


async def test_who_may_be_written_to_is_told_of_those_who_are_named(world: World, tab: OpenTab) -> None:
    def agree() -> None:
        for person in (world.noy, world.sari, world.bounmy):
            agree_to_be_reached(person)
        agree_to_directory(world.noy, world.event, audience="participants")

    await database_sync_to_async(agree)()
    one = await tab(world.moderator, world.room)
    for person in (world.noy, world.sari, world.bounmy):
        await tab(person, world.room)
    signal = await told(one, ["Bounmy", "Noy", "Thandar"])
    assert {person["name"]: person.get("reachable", False) for person in signal["people"]} == {
        "Bounmy": True,
        "Noy": True,
        "Thandar": False,
    }
