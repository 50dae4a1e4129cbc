"""The live plane under load: thousands of sockets in one room, the server on one core, the load on the other.

    python -m benchmarks.live [--sockets 5000] [--seconds 15] [--only chama|stock|ws]

Everything runs on this machine: a daphne of its own with a database of its own, and `_load.c`, built into `var/`, which holds the
sockets and reads the marks in what arrives. What people say goes the whole way: a command over a socket, the database, Redis,
the hub, the sockets. CPU is the server process's own, by the kernel's count. Two yardsticks do the same delivering in the same
run: Channels' `group_send` with RedisPubSubChannelLayer on daphne (`_yardstick.py`), and `ws` on Node (`_yardstick.mjs`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import django
from websockets.asyncio.client import ClientConnection, connect

from conference import embedded

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
TEXT = "A sentence of ordinary length, as people write it in the chat of a session, about the crossing at the border. "
SETTLE = 1.0
"""Seconds of quiet before something is measured: what was begun before is done, and its CPU is not counted."""
IDLE_FOR = 5.0
SENDERS = 40
STOCK_SOCKETS = 1000

Report = dict[str, float]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sockets", type=int, default=5000)
    options.add_argument("--seconds", type=int, default=15)
    options.add_argument("--only", choices=["chama", "stock", "ws"])
    given = options.parse_args()
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sockets = min(given.sockets, hard - 500)
    if sockets < given.sockets:
        print(
            f"This machine allows {hard} open files for each process: {sockets} sockets instead of {given.sockets}."
        )
    server_core, load_core = cores()
    os.sched_setaffinity(
        0, {load_core}
    )  # the database and Redis, which start from here, stay away from the server's core
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "conference.settings")
    embedded.ensure_secrets()
    embedded.ensure()
    django.setup()
    load = build_load()
    if load is None:
        print(
            "There is no C compiler (cc) on this machine, and a load generator in Python would measure itself. "
            "Nothing was measured."
        )
        return
    # Its models need Django to be set up.
    bench = Bench(load, import_module("benchmarks._live_world"), server_core, sockets, given.seconds)
    parts: dict[str, Callable[[], None]] = {"ws": bench.ws, "stock": bench.stock, "chama": bench.chama}
    for name in [given.only] if given.only else parts:
        parts[name]()


def cores() -> tuple[int, int]:
    """A core for the server and another one for the load; the same where there is only one."""
    known = sorted(os.sched_getaffinity(0))
    if len(known) == 1:
        print("There is only one core: the load generator takes its share of what is measured.")
    return known[0], known[-1]


def build_load() -> Path | None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    made = embedded.var_directory() / "load"
    source = ROOT / "benchmarks" / "_load.c"
    subprocess.run([compiler, "-O2", "-o", str(made), str(source)], check=True)
    return made


@dataclass
class Server:
    """A server process and what it has used."""

    process: subprocess.Popen[bytes]
    port: int

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self) -> int:
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf(
            "SC_PAGE_SIZE"
        )


class Load:
    """The load generator: orders in, one line of figures out for each."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def order(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def answer(self) -> Report:
        assert self._process.stdout is not None
        words = self._process.stdout.readline().split()
        return {name: float(value) for name, _is, value in (word.partition("=") for word in words[1:])}

    def ask(self, text: str) -> Report:
        self.order(text)
        return self.answer()


@contextmanager
def generating(
    binary: Path, port: int, lines: list[str], rejoin: str = "", ready: str = ""
) -> Iterator[Load]:
    """A load generator with a socket for each line: path, cookie and first frame, apart by tabs."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        process = subprocess.Popen(
            [str(binary), str(port), file.name, rejoin, ready],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield Load(process)
        finally:
            process.terminate()
            process.wait(10)


class Bench:
    """One run."""

    def __init__(self, load: Path, world: ModuleType, core: int, sockets: int, seconds: int) -> None:
        """`load` is the load generator, built; `world` the module `_live_world`."""
        self.load, self.world, self.core, self.sockets, self.seconds = load, world, core, sockets, seconds
        self.idle = 0.0
        """CPU that the server uses each second for holding the sockets."""

    @contextmanager
    def serve(self, command: list[str], environment: dict[str, str], port: int = 0) -> Iterator[Server]:
        """A server on a free port, on its own core, once it answers."""
        port = port or free_port()
        words = [word.replace("PORT", str(port)) for word in command]
        process = subprocess.Popen(
            words,
            cwd=ROOT,
            env={**os.environ, **environment, "PORT": str(port), "PYTHONPATH": str(ROOT)},
            preexec_fn=lambda: os.sched_setaffinity(0, {self.core}),
        )
        try:
            wait_until(lambda: process.poll() is not None or answers(port), 60)
            if not answers(port):
                raise SystemExit(f"The server did not start: {' '.join(words)}")
            yield Server(process, port)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(20)

    # --- yardsticks ---

    def ws(self) -> None:
        node = shutil.which("node")
        if node is None or not (ROOT / "node_modules" / "ws").exists():
            print("ws on Node is not installed; that yardstick is left out.")
            return
        with self.serve([node, "benchmarks/_yardstick.mjs"], {}) as server:
            self.yardstick("ws on Node", server, self.sockets, "/")

    def stock(self) -> None:
        command = daphne("benchmarks._yardstick:application")
        with self.serve(command, {"YARDSTICK_REDIS": os.environ["REDIS_URL"]}) as server:
            self.yardstick("stock group_send", server, min(STOCK_SOCKETS, self.sockets), "/")

    def yardstick(self, name: str, server: Server, sockets: int, path: str) -> None:
        with generating(self.load, server.port, [f"{path}\t\t"] * sockets) as load:
            before = server.memory()
            show(f"{name}: {sockets} handshakes", load.ask(f"open {sockets} 300"))
            print(f"{'':44} {(server.memory() - before) / sockets / 1024:.1f} KB for each socket")
            time.sleep(SETTLE)
            asyncio.run(self.broadcast(name, server, load, sockets))

    async def broadcast(self, name: str, server: Server, load: Load, sockets: int) -> None:
        """One message a second, as long as a chat update of ours."""
        messages = max(5, self.seconds // 2)
        async with connect(f"ws://127.0.0.1:{server.port}/", compression=None) as sender:
            drain = asyncio.create_task(swallow(sender))
            load.ask("reset 0")
            before = server.cpu()
            load.order(f"wait {messages} 60")
            for number in range(messages):
                await sender.send(
                    json.dumps(
                        {"update": "message.saved", "data": {"text": marked(number), "more": "x" * 365}}
                    )
                )
                await asyncio.sleep(1)
            report = await asyncio.to_thread(load.answer)
            used = server.cpu() - before
            show(f"{name}: 1 message/s, {sockets} sockets", report, used / max(1, report["delivered"]))
            drain.cancel()

    # --- ours ---

    def chama(self) -> None:
        with self.world.own_database() as name:
            room, cookies = self.world.build(self.sockets + SENDERS)
            environment = {
                "DATABASE_URL": urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}")),
                "ALLOWED_HOSTS": "127.0.0.1",
                "LOG_LEVEL": "ERROR",
                "SOCKETS_PER_ADDRESS": "100000",
            }
            self.scenarios(room, cookies, environment)

    def scenarios(self, room: int, cookies: list[str], environment: dict[str, str]) -> None:
        senders, readers = cookies[:SENDERS], cookies[SENDERS:]
        command = daphne("asgi:application")
        enter = json.dumps({"id": 1, "command": "room.enter", "room": room})
        stream = f"room.{room}"
        resume = '{"id":1,"command":"stream.resume","data":{"stream":"' + stream + '","seq":%ld}}'
        port = free_port()
        opening = [f"/ws/\t{cookie}\t{enter}" for cookie in readers]
        with self.serve(command, environment, port) as server:
            with generating(self.load, port, opening, resume, '"reply":1,"data"') as load:
                asyncio.run(warm_up(port, senders[0], room))
                self.join(server, load)
                for rate in (1, 20):
                    asyncio.run(self.chat(server, load, senders, room, rate))
                    self.world.forget_limits()
                self.publish_once(server, load, stream)
                self.reactions(server, load, stream)
                self.deploy(server, load, command, environment, stream)

    def join(self, server: Server, load: Load) -> None:
        """A thousand come at once, then the others; what they cost when nothing is said."""
        before, used = server.memory(), server.cpu()
        first = min(1000, self.sockets)
        report = load.ask(f"open {first} 100")
        show(f"join storm: {first} enter the room", report)
        print(f"{'':44} {(server.cpu() - used) / first * 1000:.1f} ms of server CPU for each")
        report = load.ask(f"open {self.sockets} 100")
        show(f"the others, {self.sockets} in all", report)
        print(f"{'':44} {(server.memory() - before) / self.sockets / 1024:.1f} KB for each socket")
        time.sleep(3 * SETTLE)
        used = server.cpu()
        time.sleep(IDLE_FOR)
        self.idle = (server.cpu() - used) / IDLE_FOR
        print(f"{'nobody says anything':44} {self.idle * 100:.0f} % of its core")

    async def chat(self, server: Server, load: Load, cookies: list[str], room: int, rate: int) -> None:
        """People write, `rate` messages a second over all."""
        lines = [await enter(server.port, cookie, room) for cookie in cookies]
        drains = [asyncio.create_task(swallow(line)) for line in lines]
        await asyncio.sleep(2 * SETTLE)
        messages = rate * self.seconds
        load.ask(f"reset {await asyncio.to_thread(self.world.position_apart, f'room.{room}')}")
        before, began = server.cpu(), time.monotonic()
        load.order(f"wait {messages} {self.seconds + 20}")
        for number in range(messages):
            await asyncio.sleep(max(0, began + number / rate - time.monotonic()))
            data = {"client_id": str(uuid.uuid4()), "text": marked(number)}
            text = json.dumps({"id": number, "command": "chat.send", "room": room, "data": data})
            await lines[number % len(lines)].send(text)
        report = await asyncio.to_thread(load.answer)
        used = server.cpu() - before
        title = f"chat, {rate} message{'s' if rate > 1 else ''}/s, {self.sockets} sockets"
        show(title, report, used / max(1, report["delivered"]))
        took = time.monotonic() - began
        share, net = used / took * 100, used - took * self.idle
        print(
            f"{'':44} {used / max(1, report['frames']) * 1e6:.1f} µs for each WebSocket message, "
            f"{net / max(1, report['frames']) * 1e6:.1f} without holding the sockets; {share:.0f} % of its core"
        )
        for task, line in zip(drains, lines, strict=True):
            task.cancel()
            await line.close()

    def publish_once(self, server: Server, load: Load, stream: str) -> None:
        """A poll is closed: its results go to everyone in one update of 4 KB."""
        used, reports = 0.0, []
        for number in range(5):
            if number == 0:
                load.ask(f"reset {self.world.position_of(stream)}")
            before = server.cpu()
            load.order(f"wait {number + 1} 20")
            self.world.announce(stream, number, marked(number), "x" * 4000)
            reports.append(load.answer())
            used += server.cpu() - before
            time.sleep(SETTLE / 2)
        show("poll closed: one update of 4 KB, 5 times", reports[-1], used / max(1, reports[-1]["delivered"]))

    def reactions(self, server: Server, load: Load, stream: str) -> None:
        """Two thousand reactions within two seconds become a few signals."""
        load.ask(f"reset {self.world.position_of(stream)}")
        before = server.cpu()
        load.order("wait 1 4")
        for number in range(2000):
            self.world.react(stream, ("👍", "👏", "❤")[number % 3])
            time.sleep(0.001)
        self.world.announce(stream, 0, marked(0))
        report = load.answer()
        used = server.cpu() - before
        signals = report["frames"] / self.sockets
        print(
            f"{'reaction burst: 2,000 in 2 s':44} {signals:.0f} messages to each socket, {used:.2f} s of CPU, "
            f"{used / max(1, report['frames']) * 1e6:.1f} µs each"
        )

    def deploy(
        self, server: Server, load: Load, command: list[str], environment: dict[str, str], stream: str
    ) -> None:
        """The web process is told to end, a new one starts; ten messages are sent meanwhile."""
        load.ask(f"reset {self.world.position_of(stream)}")
        load.order("rejoin 90")
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not answers(server.port), 10)
        with self.serve(command, environment, server.port) as fresh:
            print(f"{'deploy: the new process answers after':44} {time.monotonic() - began:.1f} s")
            for number in range(10):
                self.world.announce(stream, number, marked(number))
                time.sleep(1)
            show(f"deploy: {self.sockets} come back and resume", load.answer())
            report = load.ask("wait 10 20")
            print(
                f"{'':44} lost {report['lost']:.0f}, doubled {report['doubled']:.0f} of {report['delivered']:.0f}; "
                f"{fresh.cpu():.1f} s of CPU since the start of the new process"
            )


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    """Return as soon as it holds, or when the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not holds():
        time.sleep(0.05)


def daphne(application: str) -> list[str]:
    return [
        sys.executable, "-m", "daphne", "--endpoint", "tcp:port=PORT:interface=127.0.0.1:backlog=4096", "--verbosity", "0",
        "--no-server-name", "--ping-interval", "60", application,
    ]  # fmt: skip


def free_port() -> int:
    """Below the ports that the kernel gives to clients: one of thousands that dial a closed port would else meet itself."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def marked(number: int) -> str:
    return f"@@{number} {time.clock_gettime_ns(time.CLOCK_MONOTONIC)}@@ {TEXT}"


async def enter(port: int, cookie: str, room: int) -> ClientConnection:
    """A sender in the room."""
    origin: Any = f"http://127.0.0.1:{port}"
    line = await connect(
        f"ws://127.0.0.1:{port}/ws/", additional_headers={"Cookie": cookie}, origin=origin, compression=None
    )
    await line.send(json.dumps({"id": 1, "command": "room.enter", "room": room}))
    while '"reply":1' not in str(await line.recv()):
        pass
    return line


async def warm_up(port: int, cookie: str, room: int) -> None:
    """The first command of a process imports and connects."""
    line = await enter(port, cookie, room)
    await line.close()


async def swallow(line: ClientConnection) -> None:
    async for _text in line:
        pass


def show(title: str, report: Report, cpu: float | None = None) -> None:
    """One line of figures."""
    words = []
    if "delivered" in report:
        words = [
            f"{report['delivered']:.0f} delivered, {report['lost']:.0f} lost, {report['doubled']:.0f} doubled",
            f"p50 {report['p50']:.0f}, p95 {report['p95']:.0f}, p99 {report['p99']:.0f}, most {report['max']:.0f} ms",
        ]
        if report["closed"]:
            words.append(f"{report['closed']:.0f} closed")
    elif "in" in report:
        words = [
            f"{report['in']:.0f} in {report['seconds']:.1f} s, {report['failed']:.0f} failed",
            f"p50 {report['p50']:.0f}, p95 {report['p95']:.0f}, p99 {report['p99']:.0f} ms",
        ]
    if cpu is not None:
        words.append(f"{cpu * 1e6:.1f} µs of server CPU each")
    print(f"{title:44} {'; '.join(words)}", flush=True)


if __name__ == "__main__":
    main()
