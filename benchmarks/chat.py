"""Time from `chat.send` to the other browser, over a real daphne.

    python -m benchmarks.chat [--messages 200] [--listeners 100]

Starts a daphne of its own on a free port, with a database of its own that is made and dropped. Each message is sent by one
socket and taken by another; besides, the room holds as many listeners as asked for. Times are in milliseconds:
`reply` until the author has the answer, `other` until the other person has the message.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import uuid
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import django
from websockets.asyncio.client import ClientConnection, connect

from conference import embedded

ROOT = Path(__file__).resolve().parent.parent
PER_PERSON = 5


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=200)
    options.add_argument("--listeners", type=int, default=100)
    given = options.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "conference.settings")
    embedded.ensure_secrets()
    embedded.ensure()
    django.setup()
    measure(given.messages, given.listeners)


def measure(messages: int, listeners: int) -> None:
    """Make a room, fill it, and print a line for an almost empty and for a fuller one."""
    from django.db import connection  # noqa: PLC0415 - settings need the environment of main()

    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        room, cookies = build(messages // PER_PERSON + 1)
        name = connection.settings_dict["NAME"]
        connection.close()
        port, server = serve(name)
        try:
            print(
                f"{'people in the room':24}{'messages':>10}{'reply p50':>11}{'p95':>8}{'other p50':>11}{'p95':>8}"
            )
            for others in (0, listeners):
                asyncio.run(converse(port, room, cookies, messages // 2, others))
                forget_limits()
        finally:
            server.terminate()
            server.wait(20)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def build(people: int) -> tuple[int, list[str]]:
    """A room, and the session cookies of people who may enter it."""
    from django.conf import settings  # noqa: PLC0415 - as above
    from django.test import Client  # noqa: PLC0415

    from conference.rooms.actions import create_room  # noqa: PLC0415
    from tests import factories  # noqa: PLC0415

    event = factories.make_event("bench")
    cookies = []
    for _number in range(people):
        client = Client()
        client.force_login(factories.make_attendee(event))
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")
    return create_room(event).pk, cookies


def forget_limits() -> None:
    """The second round is another day for the limits of each person."""
    from conference.core.streams import cache_server  # noqa: PLC0415 - as above

    for key in cache_server().scan_iter("limit:*"):
        cache_server().delete(key)


def serve(database: str) -> tuple[int, subprocess.Popen[bytes]]:
    """A daphne on a free port, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))
    environment = {**os.environ, "DATABASE_URL": address, "ALLOWED_HOSTS": "127.0.0.1", "LOG_LEVEL": "ERROR"}
    command = [
        "-m",
        "daphne",
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--verbosity",
        "0",
        "asgi:application",
    ]
    server = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment)
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return port, server
        time.sleep(0.1)
    server.kill()
    raise SystemExit("daphne did not start.")


async def converse(port: int, room: int, cookies: list[str], messages: int, others: int) -> None:
    """Send the messages one after another, each from a person who still may, and measure when they arrive."""
    async with AsyncExitStack() as lines:
        senders = [
            await enter(lines, port, room, cookie) for cookie in cookies[1 : messages // PER_PERSON + 2]
        ]
        reader = await enter(lines, port, room, cookies[0])
        for number in range(others):
            listener = await enter(lines, port, room, cookies[number % len(cookies)])
            idle = asyncio.create_task(drain(listener))
            lines.callback(idle.cancel)
        arrived: dict[str, float] = {}
        listening = asyncio.create_task(note(reader, arrived))
        lines.callback(listening.cancel)
        replies, deliveries = [], []
        for number in range(messages):
            sender = senders[number // PER_PERSON]
            client_id = str(uuid.uuid4())
            start = time.perf_counter()
            data = {"client_id": client_id, "text": f"Message {number}"}
            await ask(sender, "chat.send", room, data)
            replies.append(time.perf_counter() - start)
            while client_id not in arrived:
                await asyncio.sleep(0.0005)
            deliveries.append(arrived[client_id] - start)
        people = f"{len(senders) + 1 + others} sockets"
        print(f"{people:24}{messages:>10}{line(replies)}{line(deliveries)}", flush=True)


async def enter(lines: AsyncExitStack, port: int, room: int, cookie: str) -> ClientConnection:
    """A socket in the room."""
    headers = {"Cookie": cookie}
    origin: Any = f"http://127.0.0.1:{port}"
    opened = connect(
        f"ws://127.0.0.1:{port}/ws/", additional_headers=headers, origin=origin, compression=None
    )
    made = await lines.enter_async_context(opened)
    await made.recv()
    for _try in range(30):
        answer = await ask(made, "room.enter", room, {})
        if "data" in answer:
            return made
        await asyncio.sleep(answer["error"].get("retry_after", 1))
    raise SystemExit(f"The room could not be entered: {answer}")


async def ask(line: ClientConnection, command: str, room: int, data: dict[str, Any]) -> dict[str, Any]:
    await line.send(json.dumps({"id": 1, "command": command, "room": room, "data": data}))
    while True:
        frame: Any = json.loads(await line.recv())
        if isinstance(frame, dict) and "reply" in frame:
            return frame


async def note(line: ClientConnection, arrived: dict[str, float]) -> None:
    """Keep when each message came."""
    async for text in line:
        message = json.loads(text)
        for frame in message if isinstance(message, list) else [message]:
            if frame.get("update") == "message.saved":
                arrived[frame["data"]["client_id"]] = time.perf_counter()


async def drain(line: ClientConnection) -> None:
    async for _text in line:
        pass


def line(seconds: list[float]) -> str:
    """Median and 95th percentile, in milliseconds."""
    cuts = statistics.quantiles(seconds, n=20)
    return f"{cuts[9] * 1000:>11.1f}{cuts[18] * 1000:>8.1f}"


if __name__ == "__main__":
    main()
