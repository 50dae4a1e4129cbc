"""The direct way to daphne's sockets, on a real daphne: it is taken, keeps order, lets go of who does not read, and says
good-bye. A new version of daphne, Autobahn or Twisted that renames what it uses fails here."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from realtime.protocol import MAX_UNSENT
from realtime.sockets import DirectSocket, Message, Packet, Socket, socket_for
from realtime.transports import can_go_direct, message_bytes
from tests.realtime.serving import Served, serving

APPLICATION = """
    import asyncio, json
    from realtime.sockets import DirectSocket, Message, Packet, socket_for

    async def application(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        socket = socket_for(send, 1, "person.1")
        while True:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                await socket.gone()
                return
            order = json.loads(event["text"])
            if order == "how":
                socket.answer(json.dumps(type(socket).__name__))
            elif order == "mixed":
                # Updates, replies and what goes through the server itself, small and large.
                for number in range(600):
                    size = 70_000 if number % 50 == 0 else 200 if number % 3 == 0 else 3
                    text = json.dumps({"number": number, "x": "x" * size})
                    if number % 7 == 0:
                        socket.answer(text)
                    elif number % 11 == 0:
                        await send({"type": "websocket.send", "text": text})
                    else:
                        socket.offer(text)
                    if number % 100 == 0:
                        await asyncio.sleep(0)
            elif order == "flood":
                big = "u" * 32_768
                for number in range(400):
                    socket.offer(json.dumps(f"s{number}" + "s" * 200), passing=True)
                    socket.offer(json.dumps(f"{number}{big}"))
                    await asyncio.sleep(0)
                print("waited", socket.waiting(), flush=True)
            elif order == "away":
                socket.offer(json.dumps("last"))
                socket.close(1012)
                socket.offer(json.dumps("too late"))
"""


LEAVING = """
    import django

    django.setup()

    from realtime.connection import attach
    from realtime.farewell import say_farewell_on_sigterm
    from realtime.sockets import socket_for

    async def application(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        socket = socket_for(send, 7, "person.7")
        say_farewell_on_sigterm(attach(socket))
        socket.answer('"here"')
        while (await receive())["type"] != "websocket.disconnect":
            pass
        await socket.gone()
"""


async def test_a_web_process_that_is_told_to_end_says_good_bye_to_each_and_takes_nobody_in(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, LEAVING, LEAVE_SECONDS="0.5", LOG_LEVEL="ERROR") as server:
        lines = [await open_line(server.port) for _number in range(20)]
        async with asyncio.timeout(30):
            for line in lines:
                assert await line.recv() == '"here"'
            server.process.terminate()
            waits = []
            for line in lines:
                frame = json.loads(await line.recv())
                waits.append(frame["data"]["wait"])
                assert (frame["stream"], frame["signal"]) == ("person.7", "leaving")
                with pytest.raises(ConnectionClosed) as closed:
                    await line.recv()
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1012
            assert sorted(waits) == [round(15 * place / 20, 2) for place in range(20)]
            with pytest.raises(OSError):
                await connect(f"ws://127.0.0.1:{server.port}/")
            await asyncio.to_thread(server.process.wait, 20)


@pytest.fixture
def daphne(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path, APPLICATION) as server:
        yield server


async def open_line(port: int) -> ClientConnection:
    return await connect(f"ws://127.0.0.1:{port}/", compression=None, max_queue=4)


async def test_on_daphne_sockets_are_written_to_directly_and_in_order(daphne: Served) -> None:
    line = await open_line(daphne.port)
    async with line, asyncio.timeout(30):
        await line.send('"how"')
        assert json.loads(await line.recv()) == "DirectSocket"
        await line.send('"mixed"')
        numbers = [json.loads(await line.recv())["number"] for _number in range(600)]
        assert numbers == list(range(600))


async def test_the_last_words_arrive_before_the_line_is_closed(daphne: Served) -> None:
    line = await open_line(daphne.port)
    async with line, asyncio.timeout(30):
        await line.send('"away"')
        assert json.loads(await line.recv()) == "last"
        with pytest.raises(ConnectionClosed) as closed:
            await line.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012


async def test_who_reads_nothing_is_let_go_with_a_bounded_buffer(daphne: Served) -> None:
    port, _process, out = daphne
    # A small window, so that the kernel holds little for a reader who has stopped.
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    quick = await open_line(port)
    sock.connect(("127.0.0.1", port))
    slow = await connect(f"ws://127.0.0.1:{port}/", sock=sock, compression=None, max_queue=1)
    async with asyncio.timeout(30):
        await slow.send('"flood"')
        await quick.send('"how"')
        assert json.loads(await quick.recv()) == "DirectSocket"
        while "waited" not in out.read_text():
            await asyncio.sleep(0.05)
        assert int(out.read_text().split()[1]) <= MAX_UNSENT + 40_000
        await asyncio.sleep(1.5)
        got = []
        with pytest.raises(ConnectionClosed):
            while True:
                got.append(json.loads(await slow.recv()))
        updates = [int(text.split("u")[0]) for text in got if not text.startswith("s")]
        assert updates == list(range(len(updates))), (
            "What arrives is in order and without gaps until the end."
        )
        assert len(updates) < 400
        await quick.close()


def test_a_text_message_is_framed_as_the_standard_says() -> None:
    assert message_bytes("a" * 125) == b"\x81\x7d" + b"a" * 125
    assert message_bytes("a" * 126) == b"\x81\x7e\x00\x7e" + b"a" * 126
    assert message_bytes("ສ") == b"\x81\x03" + "ສ".encode()
    assert message_bytes("a" * 70_000)[:10] == b"\x81\x7f" + (70_000).to_bytes(8, "big")


def test_a_message_is_encoded_once_for_all() -> None:
    packet = Packet([('{"seq":1}', False), ('{"signal":"wave"}', True)])
    assert json.loads(packet.whole.text) == [{"seq": 1}, {"signal": "wave"}]
    assert packet.whole.wire is packet.whole.wire
    assert packet.needed is not None
    assert packet.needed.text == '{"seq":1}'
    assert Packet([("{}", True)]).needed is None
    assert Packet([("{}", False)]).needed is not None


async def test_on_another_server_the_plain_way_is_taken() -> None:
    async def send(_message: object) -> None: ...

    made = socket_for(send, 1, "person.1")
    assert type(made) is Socket
    assert not isinstance(made, DirectSocket)
    assert not can_go_direct(None)
    assert Message("{}").wire == b"\x81\x02{}"
    await made.gone()
