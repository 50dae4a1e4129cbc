"""What `transports.py` reaches for in daphne and Twisted is there, in a real daphne."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from realtime.transports import protocol_of, unsent

APPLICATION = """
    import asyncio
    from realtime.transports import protocol_of, unsent

    async def application(scope, receive, send):
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
    (tmp_path / "contract.py").write_text(textwrap.dedent(APPLICATION))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    command = [
        "-m",
        "daphne",
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--verbosity",
        "0",
        "contract:application",
    ]
    server = subprocess.Popen([sys.executable, *command], env={**os.environ, "PYTHONPATH": path})
    yield port
    server.terminate()
    server.wait(20)


async def test_daphne_tells_how_much_a_slow_reader_has_not_taken(daphne: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                line = await connect(f"ws://127.0.0.1:{daphne}/", compression=None, max_queue=4)
                break
            except OSError:
                await asyncio.sleep(0.1)
        async with line:
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
