"""What `transports.py` reaches for in daphne and Twisted is there, in a real daphne."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from realtime.transports import protocol_of, unsent
from tests.realtime.serving import serving

APPLICATION = """
    import asyncio
    from realtime.transports import hang_up_beyond, protocol_of, unsent

    hang_up_beyond(1_000_000)

    async def application(scope, receive, send):
        if scope["type"] == "http":
            size, more = 0, True
            while more:
                message = await receive()
                size, more = size + len(message["body"]), message["more_body"]
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": str(size).encode()})
            return
        await receive()
        await send({"type": "websocket.accept"})
        protocol = protocol_of(send)
        await receive()
        for _number in range(200):
            await send({"type": "websocket.send", "text": "x" * 65536})
        await asyncio.sleep(0.3)
        held = unsent(protocol)
        await send({"type": "websocket.send", "text": f"held {held}"})
        await receive()
        await asyncio.sleep(0.3)
        await send({"type": "websocket.send", "text": f"left {unsent(protocol)}"})
        await receive()
"""


@pytest.fixture
def daphne(tmp_path: Path) -> Iterator[int]:
    with serving(tmp_path, APPLICATION) as server:
        yield server.port


async def test_daphne_tells_how_much_a_slow_reader_has_not_taken(daphne: int) -> None:
    async with asyncio.timeout(60):
        async with connect(f"ws://127.0.0.1:{daphne}/", compression=None, max_queue=4) as line:
            await line.send("fill")
            await asyncio.sleep(1)  # we take nothing, and the server's 13 MB have nowhere to go
            told = ""
            while not told.startswith("held"):
                told = str(await line.recv())
            assert int(told.split()[1]) > 5_000_000
            await line.send("and now?")
            assert await line.recv() == "left 0"


def test_on_another_server_nothing_is_known_and_nothing_breaks() -> None:
    async def send(message: object) -> None: ...

    assert protocol_of(send) is None  # type: ignore[arg-type]
    assert protocol_of(partial(send, object())) is None  # type: ignore[arg-type]
    assert unsent(None) == 0


@pytest.mark.parametrize("told", [True, False], ids=["with a length", "in chunks"])
async def test_daphne_hangs_up_on_a_body_without_end(daphne: int, told: bool) -> None:
    def body(megabytes: float) -> Iterator[bytes]:
        for _part in range(int(megabytes * 16)):
            yield b"x" * 65_536

    def post(megabytes: float) -> httpx.Response:
        headers = {"Content-Length": str(int(megabytes * 16) * 65_536)} if told else {}
        return httpx.post(f"http://127.0.0.1:{daphne}/", content=body(megabytes), headers=headers, timeout=20)

    assert (await asyncio.to_thread(post, 0.5)).text == str(8 * 65_536)
    with pytest.raises((httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError)):
        await asyncio.to_thread(post, 40)
    assert (await asyncio.to_thread(post, 0.5)).status_code == 200
