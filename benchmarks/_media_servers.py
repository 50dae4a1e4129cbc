"""The servers that `benchmarks.media` measures, each in processes of its own on one core: ours, Janus, and stock aiortc."""

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

import aiohttp
import psutil

from benchmarks._media_clients import Client
from realtime.media.grants import sign_grant

ROOT = Path(__file__).resolve().parent.parent
ROOM = 1234


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A program, its CPU, and how clients come to it."""

    name = ""

    def __init__(self, address: str, core: set[int], folder: Path) -> None:
        self.address, self.core, self.folder = address, core, folder
        self.process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        self.http = aiohttp.ClientSession()
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.http.close()
        if self.process is not None:
            self.process.terminate()
            try:
                await asyncio.to_thread(self.process.wait, 10)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def run(self, words: list[str], environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            words,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, self.core),
        )

    async def until(self, ready: Callable[[], Awaitable[Any]]) -> None:
        for _ in range(150):
            try:
                await ready()
                return
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(0.1)
        raise SystemExit(f"{self.name} does not start.")

    def busy(self) -> float:
        """Seconds of CPU of all its processes so far."""
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        return sum(
            each.cpu_times().user + each.cpu_times().system
            for each in (parent, *parent.children(recursive=True))
        )

    async def start(self) -> None:
        raise NotImplementedError

    async def publish(self, client: Client, number: int) -> None:
        raise NotImplementedError

    async def watch(self, client: Client, number: int, of: int) -> None:
        """`number` is the viewer's own; `of` is the publisher's."""
        raise NotImplementedError


class Ours(Server):
    """The media process of this repository, with one worker."""

    def __init__(self, address: str, core: set[int], folder: Path, fanout: str) -> None:
        super().__init__(address, core, folder)
        self.fanout = fanout
        self.name = f"Chama, fan-out in {'C' if fanout == 'c' else 'Python'}"

    async def start(self) -> None:
        self.secret, port = secrets.token_hex(32), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.run(
            [sys.executable, "-m", "realtime.media"],
            {
                "MEDIA_SECRET": self.secret,
                "MEDIA_PORT": str(port),
                "MEDIA_ICE_ADDRESSES": self.address,
                "MEDIA_EVENTS_URL": "",
                "MEDIA_WORKERS": "1",
                "MEDIA_SESSIONS_PER_PERSON": "400",
                "MEDIA_FANOUT": self.fanout,
            },
        )
        await self.until(lambda: self.http.get(f"{self.url}/healthz"))

    async def publish(self, client: Client, number: int) -> None:
        await self._open(client, "whip", "publish", "sendonly", number, number)

    async def watch(self, client: Client, number: int, of: int) -> None:
        await self._open(client, "whep", "watch", "recvonly", 1000 + number, of)

    async def _open(
        self, client: Client, path: str, action: Any, direction: str, person: int, of: int
    ) -> None:
        offer = await client.offer(direction)
        for _ in range(300):
            token = sign_grant(
                self.secret, room=1, person=str(person), action=action, publication=f"{of}-camera"
            )
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
            async with self.http.post(f"{self.url}/{path}/1", data=offer, headers=headers) as response:
                text = await response.text()
            if response.status == 201:
                await client.connect(text)
                return
            if response.status not in (409, 503):
                raise SystemExit(f"{response.status} {text}")
            await asyncio.sleep(0.1)
        raise SystemExit("The media process lets nobody in.")


JANUS = """
general: {{ configs_folder = "{folder}" plugins_folder = "{lib}/plugins" transports_folder = "{lib}/transports"
  debug_level = 1 session_timeout = 0 event_loops = 1 protected_folders = ["/etc"] }}
media: {{ ipv6 = false }}
nat: {{ ice_enforce_list = "{address}" }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
events: {{ broadcast = false }}
"""
WEBSOCKETS = """
general: {{ json = "compact" ws = true ws_port = {port} ws_ip = "127.0.0.1" wss = false }}
admin: {{ admin_ws = false }}
"""


class Janus(Server):
    """Debian's Janus, its videoroom, with one event loop: its default of a thread for each viewer costs three times as much."""

    name = "Janus, event_loops=1"

    @staticmethod
    def why_not() -> str:
        return "" if shutil.which("janus") else "there is no Janus here (`apt-get install janus`)"

    async def start(self) -> None:
        lib = next(Path("/usr/lib").glob("*/janus"), Path("/usr/lib/janus"))
        port = free_port()
        others = {
            kind: ",".join(path.name for path in (lib / kind).glob("*.so") if keep not in path.name)
            for kind, keep in (("plugins", "videoroom"), ("transports", "websockets"))
        }
        settings = JANUS.format(folder=self.folder, lib=lib, address=self.address, **others)
        (self.folder / "janus.jcfg").write_text(settings)
        (self.folder / "janus.transport.websockets.jcfg").write_text(WEBSOCKETS.format(port=port))
        (self.folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
        self.run(["janus", "-C", str(self.folder / "janus.jcfg"), "-F", str(self.folder)])
        self._waiting: dict[str, asyncio.Queue[dict[str, Any]]] = {}

        async def connect() -> None:
            self.socket = await self.http.ws_connect(
                f"ws://127.0.0.1:{port}", protocols=["janus-protocol"], max_msg_size=0
            )

        await self.until(connect)
        self._reading = asyncio.create_task(self._read())
        self.session = (await self._ask({"janus": "create"}))["data"]["id"]
        handle = await self._attach()
        made = {
            "request": "create",
            "room": ROOM,
            "publishers": 30,
            "bitrate": 0,
            "videocodec": "vp8",
            "audiocodec": "opus",
        }
        await self._message(handle, made)
        self.feeds: dict[int, int] = {}

    async def __aexit__(self, *error: object) -> None:
        self._reading.cancel()
        await self.socket.close()
        await super().__aexit__(*error)

    async def _read(self) -> None:
        async for message in self.socket:
            data = message.json()
            queue = self._waiting.get(data.get("transaction", ""))
            if queue is not None:
                queue.put_nowait(data)

    async def _ask(self, request: dict[str, Any], *, beyond_ack: bool = False) -> dict[str, Any]:
        transaction = secrets.token_hex(6)
        queue = self._waiting[transaction] = asyncio.Queue()
        session = {"session_id": self.session} if hasattr(self, "session") else {}
        await self.socket.send_json({**request, **session, "transaction": transaction})
        while True:
            answer = await asyncio.wait_for(queue.get(), 20)
            if answer["janus"] == "error" or "error" in answer.get("plugindata", {}).get("data", {}):
                raise SystemExit(f"Janus: {answer}")
            if not (beyond_ack and answer["janus"] == "ack"):
                del self._waiting[transaction]
                return answer

    async def _attach(self) -> int:
        answer = await self._ask({"janus": "attach", "plugin": "janus.plugin.videoroom"})
        return int(answer["data"]["id"])

    async def _message(
        self, handle: int, body: dict[str, Any], jsep: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        request: dict[str, Any] = {"janus": "message", "handle_id": handle, "body": body}
        if jsep is not None:
            request["jsep"] = jsep
        return await self._ask(request, beyond_ack=True)

    async def publish(self, client: Client, number: int) -> None:
        handle, offer = await self._attach(), await client.offer("sendonly")
        body = {"request": "joinandconfigure", "ptype": "publisher", "room": ROOM}
        answer = await self._message(handle, body, {"type": "offer", "sdp": offer, "trickle": False})
        self.feeds[number] = answer["plugindata"]["data"]["id"]
        await client.connect(answer["jsep"]["sdp"])

    async def watch(self, client: Client, number: int, of: int) -> None:
        handle = await self._attach()
        body = {
            "request": "join",
            "ptype": "subscriber",
            "room": ROOM,
            "streams": [{"feed": self.feeds[of]}],
        }
        offered = await self._message(handle, body)
        answer = await client.answer(offered["jsep"]["sdp"])
        await self._message(handle, {"request": "start"}, {"type": "answer", "sdp": answer, "trickle": False})
        await client.go()


class Relay(Server):
    """Stock aiortc with its `MediaRelay`: what is decoded once is encoded for each viewer."""

    name = "stock aiortc, MediaRelay"

    async def start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.run([sys.executable, "-m", "benchmarks._media_relay", str(port)])
        await self.until(lambda: self.http.get(f"{self.url}/"))

    async def watch(self, client: Client, number: int, of: int) -> None:
        async with self.http.post(f"{self.url}/watch", data=await client.offer("recvonly")) as response:
            await client.connect(await response.text())
