"""Muting somebody: the engine passes on no sound of theirs, whatever their browser does."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiortc import AudioStreamTrack

from realtime.media.grants import Grant, read_grant, sign_service

from .conftest import SECRET, Server, SmallPicture

pytestmark = pytest.mark.asyncio


async def sounds(server: Server, seconds: float = 0.4) -> int:
    """How many packets of sound viewers are sent in this time."""
    (publication,) = server.engine.publications.values()

    def sent() -> int:
        return sum(viewer.legs["audio"].state.packets for viewer in publication.viewers)

    before = sent()
    await asyncio.sleep(seconds)
    return sent() - before


async def test_of_a_muted_person_only_the_picture_is_passed_on_until_they_are_unmuted(server: Server) -> None:
    await server.publish(AudioStreamTrack(), SmallPicture(40))
    viewer = await server.watch()
    await viewer.brightness(40)
    assert await sounds(server) > 5
    assert server.engine.silence(12, "34", True) == 1
    assert await sounds(server) == 0
    await viewer.picture()
    assert server.engine.silence(12, "34", False) == 1
    assert await sounds(server) > 5


async def test_a_muted_person_who_connects_anew_stays_silent(server: Server) -> None:
    await server.publish(AudioStreamTrack(), SmallPicture(40), silent=True)
    viewer = await server.watch()
    await viewer.brightness(40)
    assert await sounds(server) == 0
    assert server.engine.silence(12, "35", False) == server.engine.silence(13, "34", False) == 0
    assert await sounds(server, 0.2) == 0


async def test_what_was_decided_last_holds_the_grant_or_the_word_of_django(server: Server) -> None:
    engine = server.engine

    def grant(silent: bool, age: float = 0) -> Grant:
        issued = datetime.now(UTC) - timedelta(seconds=age)
        return read_grant(server.grant("publish", silent=silent, now=issued), SECRET)

    assert engine._is_silent(grant(True)) and not engine._is_silent(
        grant(False)
    )  # all that a fresh worker knows
    engine.silence(12, "34", True)
    assert engine._is_silent(grant(False, age=60)) and not engine._is_silent(grant(False))
    engine.silence(12, "34", False)
    assert not engine._is_silent(grant(True, age=60)) and engine._is_silent(grant(True))


async def test_only_our_own_processes_mute(server: Server) -> None:
    url = server.url + "/control/rooms/12/people/34/silence"

    async def put(token: str, data: object) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        async with server.http.put(url, headers=headers, json=data) as response:
            return response.status

    for token in (server.grant("publish"), sign_service(SECRET, "events")):
        assert await put(token, {"silent": True}) == 401
    control = sign_service(SECRET, "control")
    assert [await put(control, data) for data in ({}, {"silent": "yes"}, [])] == [422, 422, 400]
    assert not server.engine._silenced
    assert await put(control, {"silent": True}) == 200
    assert [silent for _at, silent in server.engine._silenced.values()] == [True]
