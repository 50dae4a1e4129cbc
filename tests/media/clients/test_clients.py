"""Clients that others have made publish to us and play from us: their pictures are decoded, and the tone that one sends is the
tone that another hears."""

import asyncio
from typing import cast

import pytest

from realtime.media.engine import Engine

from ..conftest import Server, SmallPicture
from .conftest import Found, House, within
from .sound import Tone, hertz_of, listen

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIRST_PICTURE = 2.0
NEAR = 4


def stock_peers(house: House) -> Server:
    """Stock aiortc, against the media process."""
    return Server(house.stage.media_url, cast(Engine, None), house.stage.http, [])


async def aiortc_watches(server: Server, room: int) -> Found:
    began = asyncio.get_running_loop().time()
    peer = await server.watch(room=room)
    await peer.picture()
    first = asyncio.get_running_loop().time() - began
    assert peer.sink is not None
    await peer.sink.stop()
    heard = await listen(peer.tracks["audio"], 1.2)
    for _number in range(20):
        await peer.picture()
    return Found(21, hertz_of(heard), first)


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_chromium_publishes_in_three_sizes_and_everybody_sees_and_hears(
    house: House, with_gstreamer: bool, codec: str
) -> None:
    room = 201 if codec == "VP8" else 202
    await house.chromium_publishes(room, codec, 523)
    watch = [house.chromium_watches(room, codec)]
    if with_gstreamer:
        watch.append(house.gstreamer_watches(room, codec))
    found = await asyncio.gather(*watch)
    assert all(abs(each.hertz - 523) < NEAR for each in found), found
    assert within(FIRST_PICTURE, *found), found


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_gstreamer_publishes_and_everybody_sees_and_hears(
    house: House, gstreamer: None, codec: str
) -> None:
    room = 203 if codec == "VP8" else 204
    await house.gstreamer("publish", room, codec, "659")
    watch = [house.gstreamer_watches(room, codec), house.chromium_watches(room, codec)]
    found = await asyncio.gather(*watch)
    assert all(abs(each.hertz - 659) < NEAR for each in found), found
    assert within(FIRST_PICTURE, *found), found


async def test_stock_aiortc_publishes_and_everybody_sees_and_hears(house: House) -> None:
    server = stock_peers(house)
    publisher = await server.publish(Tone(440), SmallPicture(), room=205)
    found = await asyncio.gather(aiortc_watches(server, 205), house.chromium_watches(205, "VP8"))
    assert all(abs(each.hertz - 440) < NEAR for each in found), found
    assert within(FIRST_PICTURE, *found), found
    await asyncio.gather(*(peer.close() for peer in server.peers))
    assert publisher.connection.connectionState == "closed"
