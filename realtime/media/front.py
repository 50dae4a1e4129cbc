"""The front: one public port before the workers. It hands each request to the worker of its room, puts together what the
workers tell, and lets nobody ask faster than a person would.

It forwards no media; that goes straight between browsers and workers. A request for a worker that is being replaced waits for
the next one, so a browser that asks in that moment is not refused.
"""

import asyncio
import hmac
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import structlog
from aiohttp import web

from .answers import LARGEST_OFFER, Refused, check_service, cors, grant_in, options, speak_json, token_in
from .configuration import Configuration
from .grants import GRANT_LIFETIME, sign_service
from .metrics import CONTENT_TYPE, exposition
from .placement import Paces, Placement
from .reports import Reports

AT_ONCE: Final = 512
"""Requests that one worker may have before it at once."""
PATIENCE: Final = 6.0
"""Seconds for which a request waits for a worker that is being replaced."""
BODY_WITHIN: Final = 10.0
ANSWER_WITHIN: Final = 15.0
HEALTH_WITHIN: Final = 1.0
LOOK_EVERY: Final = 2.0
HUNG: Final = 20.0
"""Seconds without an answer after which a worker counts as stuck, and is replaced."""
DECISIONS: Final = 2000
"""Decisions of Django that are kept for workers who come later."""

# What a person may do: open sessions, and everything else (candidates, sizes, goodbyes).
OFFERS: Final = (5.0, 60.0)
REQUESTS: Final = (50.0, 300.0)

_PASSED_ON: Final = ("Authorization", "Content-Type", "If-Match", "Origin", "User-Agent")
_NOT_PASSED_BACK: Final = {
    "content-length",
    "transfer-encoding",
    "connection",
    "date",
    "server",
    "keep-alive",
}

log = structlog.get_logger("media.front")


@dataclass(eq=False)
class Worker:
    """One worker as the front sees it."""

    number: int
    socket: Path
    is_ready: asyncio.Event = field(default_factory=asyncio.Event)
    requests: int = 0
    answered_at: float = 0.0
    process: int = 0
    deaths: int = 0
    replace: Callable[[], None] = lambda: None
    """Ends the process; another one takes its place."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What Django decided: a request to the control address, and when it came."""

    at: float
    method: str
    path: str
    query: dict[str, str]
    body: bytes
    content_type: str


class Front:
    """The HTTP side of the whole media process. `number` workers listen in `directory`."""

    def __init__(self, configuration: Configuration, directory: Path, reports: Reports) -> None:
        self._configuration = configuration
        self._reports = reports
        self.workers = [
            Worker(each, directory / f"worker-{each}.sock") for each in range(configuration.workers)
        ]
        self._placement = Placement(configuration.workers)
        self._offers, self._requests = Paces(*OFFERS), Paces(*REQUESTS)
        self._decisions: deque[Decision] = deque(maxlen=DECISIONS)
        self._links: list[aiohttp.ClientSession] = []
        self._looking: asyncio.Task[None] | None = None
        self._began = time.monotonic()

    async def start(self) -> None:
        for worker in self.workers:
            connector = aiohttp.UnixConnector(str(worker.socket), limit=AT_ONCE)
            timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN)
            self._links.append(
                aiohttp.ClientSession(
                    "http://worker", connector=connector, timeout=timeout, auto_decompress=False
                )
            )
        self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        await asyncio.gather(*(link.close() for link in self._links))

    # What the public port answers

    def app(self) -> web.Application:
        """The application of the public port."""
        app = web.Application(
            middlewares=[cors(self._configuration.allowed_origins), speak_json], client_max_size=LARGEST_OFFER
        )
        room = r"/{kind:whip|whep}/{room:\d{1,18}}"
        app.router.add_post(room, self._open)
        app.router.add_options(room, options)
        app.router.add_options(room + r"/{rest:.*}", options)
        app.router.add_route("*", room + r"/{rest:.*}", self._pass_on)
        app.router.add_get("/control/rooms", self._tell_rooms)
        for method in ("DELETE", "PUT"):
            app.router.add_route(method, r"/control/{rest:.*}", self._control)
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/metrics", self._metrics)
        return app

    async def _open(self, request: web.Request) -> web.StreamResponse:
        grant = grant_in(request, self._configuration.secret)
        return await self._hand_over(request, grant.person, self._offers)

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        grant = grant_in(request, self._configuration.secret, even_expired=True)
        return await self._hand_over(request, grant.person, self._requests)

    async def _hand_over(self, request: web.Request, person: str, paces: Paces) -> web.StreamResponse:
        """The answer of the room's worker. Whoever has no genuine grant does not come this far."""
        now = time.monotonic()
        if not paces.admits(person, now):
            raise Refused(
                429, "too-fast", "You are asking too often. Please try again in a moment.", retry_after=2
            )
        worker = self.workers[self._placement.worker_of(int(request.match_info["room"]), now)]
        if worker.requests >= AT_ONCE:
            raise Refused(
                503, "busy", "Many people are joining right now. Please try again in a moment.", retry_after=2
            )
        worker.requests += 1
        try:
            body = await _body(request)
            headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
            return await self._ask(worker, request.method, request.raw_path, headers, body)
        finally:
            worker.requests -= 1

    async def _ask(
        self, worker: Worker, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> web.StreamResponse:
        """What the worker answers, or the one that takes its place: a session that died with the old one has to be made anew
        in any case."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                await asyncio.wait_for(worker.is_ready.wait(), max(deadline - time.monotonic(), 0.01))
                link = self._links[worker.number]
                async with link.request(method, path, data=body, headers=headers) as answer:
                    passed = [
                        each for each in answer.headers.items() if each[0].lower() not in _NOT_PASSED_BACK
                    ]
                    return web.Response(status=answer.status, body=await answer.read(), headers=passed)
            except (aiohttp.ClientError, OSError):  # a TimeoutError among them
                if time.monotonic() >= deadline:
                    raise Refused(
                        503,
                        "restarting",
                        "The media server is starting again. Please try again in a moment.",
                        retry_after=1,
                    ) from None
                await asyncio.sleep(0.05)

    # What Django decides

    async def _control(self, request: web.Request) -> web.StreamResponse:
        """A decision of Django, to all workers: also the one that the room may come to later must know it."""
        check_service(request, self._configuration.secret, "control")
        decision = Decision(
            time.time(),
            request.method,
            request.rel_url.raw_path,
            dict(request.query),
            await _body(request),
            request.content_type,
        )
        ready = [worker for worker in self.workers if worker.is_ready.is_set()]
        self._decisions.append(decision)
        answers = await asyncio.gather(*(self._tell(worker, decision) for worker in ready))
        for status, answer in answers:
            if status >= 400:
                self._decisions.remove(decision)
                raise Refused(status, answer["code"], answer["message"])
        total: Counter[str] = Counter()
        for _status, answer in answers:
            total.update(answer)
        return web.json_response(total)

    async def _tell(self, worker: Worker, decision: Decision) -> tuple[int, dict[str, Any]]:
        """Status and answer of one worker; nothing from one that just died, which will hear it when it is back."""
        headers = {"Authorization": f"Bearer {sign_service(self._configuration.secret, 'control')}"}
        if decision.body:
            headers["Content-Type"] = decision.content_type
        try:
            async with self._links[worker.number].request(
                decision.method,
                decision.path,
                params={**decision.query, "at": f"{decision.at:.6f}"},
                data=decision.body,
                headers=headers,
            ) as answer:
                return answer.status, await answer.json()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return 200, {}

    async def welcome(self, number: int) -> None:
        """A worker has begun: it hears what was decided before it, and then gets requests."""
        worker = self.workers[number]
        oldest = time.time() - GRANT_LIFETIME.total_seconds() - 60
        while self._decisions and self._decisions[0].at < oldest:
            self._decisions.popleft()
        known: set[int] = set()
        while pending := [each for each in self._decisions if id(each) not in known]:
            for decision in pending:
                known.add(id(decision))
                await self._tell(worker, decision)
        worker.answered_at = time.monotonic()
        worker.is_ready.set()

    # How the workers are

    async def _health(self, _request: web.Request) -> web.Response:
        answers = await asyncio.gather(*(self._health_of(worker) for worker in self.workers))
        found = [answer for answer in answers if answer is not None]
        well = len(found) == len(answers)
        return web.json_response(
            {
                "status": "ok" if well else "degraded",
                "sessions": sum(answer["sessions"] for answer in found),
                "publications": sum(answer["publications"] for answer in found),
                "uptime": round(time.monotonic() - self._began),
                "workers": [answer and answer["uptime"] for answer in answers],
            },
            status=200 if well else 503,
        )

    async def _health_of(self, worker: Worker) -> dict[str, Any] | None:
        return await self._fetch(worker, "/healthz") if worker.is_ready.is_set() else None

    async def _fetch(self, worker: Worker, path: str) -> Any:
        """What the worker answers within a second, or None."""
        headers = {"Authorization": f"Bearer {sign_service(self._configuration.secret, 'control')}"}
        timeout = aiohttp.ClientTimeout(total=HEALTH_WITHIN)
        try:
            async with self._links[worker.number].get(path, headers=headers, timeout=timeout) as answer:
                return await answer.json() if answer.status == 200 else None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return None

    async def _tell_rooms(self, request: web.Request) -> web.Response:
        check_service(request, self._configuration.secret, "control")
        placed = self._placement.rooms().items()
        rooms = {room: {"worker": each, "process": self.workers[each].process} for room, each in placed}
        return web.json_response({"rooms": rooms})

    async def _metrics(self, request: web.Request) -> web.Response:
        """For Prometheus, whose token says so. Without a token set there is no such page."""
        token = self._configuration.metrics_token
        if not token:
            raise web.HTTPNotFound
        if not hmac.compare_digest(token_in(request).encode(), token.encode()):
            raise Refused(401, "token", "This token does not open the measurements.")
        path = "/control/measures?each" if "each" in request.query else "/control/measures"
        found = await asyncio.gather(*(self._fetch(worker, path) for worker in self.workers))
        text = exposition(found, [worker.deaths for worker in self.workers])
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})

    async def _look(self) -> None:
        """Ask each worker every other second how many sessions its rooms have; replace one that does not answer."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await asyncio.gather(*(self._look_at(worker) for worker in self.workers))
            self._placement.forget(time.monotonic())

    async def _look_at(self, worker: Worker) -> None:
        if not worker.is_ready.is_set():
            return
        answer = await self._fetch(worker, "/control/rooms")
        now = time.monotonic()
        if answer is not None:
            worker.answered_at = now
            rooms = {int(room): sessions for room, sessions in answer["rooms"].items()}
            self._placement.hear(worker.number, rooms, now)
        elif now - worker.answered_at > HUNG and worker.is_ready.is_set():
            log.error("media.worker_stuck", worker=worker.number)
            worker.replace()

    # What the workers tell

    def inner_app(self) -> web.Application:
        """The application of the socket on which the workers tell what flows."""

        async def hear(request: web.Request) -> web.Response:
            check_service(request, self._configuration.secret, "events")
            number = int(request.match_info["worker"])
            if number >= len(self.workers):
                raise Refused(404, "not-found", "There is no such worker.")
            event = await request.json()
            self._reports.hear(number, event)
            if event["event"] == "worker.started":
                await self.welcome(number)
            return web.Response(status=204)

        app = web.Application(middlewares=[speak_json], client_max_size=8 * 1024 * 1024)
        app.router.add_post(r"/events/{worker:\d{1,3}}", hear)
        return app


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > LARGEST_OFFER:
        raise Refused(413, "too-large", "The session description is larger than 64 KiB.")
    try:
        async with asyncio.timeout(BODY_WITHIN):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Refused(413, "too-large", "The session description is larger than 64 KiB.") from None
    except TimeoutError:
        raise Refused(408, "slow", "The request did not arrive in time.") from None
