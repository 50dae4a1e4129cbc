"""From a real peer through the server to real peers, over UDP."""

import pytest
from aiortc import AudioStreamTrack

from .conftest import Server, SmallPicture

pytestmark = pytest.mark.asyncio


async def test_viewers_see_the_picture_of_the_publisher(server: Server) -> None:
    await server.publish(AudioStreamTrack(), SmallPicture(90))
    viewers = [await server.watch(person=str(number)) for number in range(2)]
    for viewer in viewers:
        await viewer.brightness(90)
    assert server.events == [
        (
            "publication.started",
            {"room": 12, "person": "34", "publication": "34-camera", "kinds": ["audio", "video"]},
        )
    ]
