"""A room with people in it, and their sockets."""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import date
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import connections
from django.test import Client

from asgi import application
from conference.accounts.models import User
from conference.core.models import Event, OrganizingBody, Series
from conference.events.models import EventRole
from conference.registration.models import Ticket
from conference.rooms.models import Room, RoomRole
from realtime.connection import close_database_connections
from realtime.models import Publication

_numbers = itertools.count(1)


class World:
    """An event with one room: makes people, and parts for them."""

    def __init__(self) -> None:
        number = next(_numbers)
        self.body = OrganizingBody.objects.create(slug=f"body-{number}", name={"en": "Body"})
        self.series = Series.objects.create(body=self.body, slug=f"series-{number}", name={"en": "Series"})
        self.event = Event.objects.create(
            series=self.series,
            slug=f"event-{number}",
            acronym=f"event{number}",
            state=Event.State.PUBLISHED,
            name={"en": "Event"},
            starts_on=date(2026, 11, 23),
            ends_on=date(2026, 11, 25),
            city={"en": "Kunming"},
        )
        self.room = Room.objects.create(event=self.event)
        self.noy = self.attendee("Noy")
        self.sari = self.attendee("Sari")
        self.bounmy = self.speaker("Bounmy")
        self.moderator = self.speaker("Thandar", RoomRole.Role.MODERATOR)
        self.organizer = self.person("Yang Mei")
        EventRole.objects.create(event=self.event, user=self.organizer, role=EventRole.Role.ORGANIZER)
        self.stranger = self.person("Stranger")

    def person(self, name: str) -> User:
        """Someone with an account and nothing else."""
        return User.objects.create_user(f"{uuid.uuid4().hex[:12]}@example.org", None, name=name)

    def attendee(self, name: str = "Noy Keomany") -> User:
        user = self.person(name)
        Ticket.objects.create(event=self.event, user=user)
        return user

    def speaker(self, name: str = "Bounmy Sayavong", role: str = RoomRole.Role.SPEAKER) -> User:
        user = self.person(name)
        RoomRole.objects.create(room=self.room, user=user, role=role)
        return user

    def people(self) -> dict[str, User]:
        """Somebody of each kind."""
        return {
            "moderator": self.moderator,
            "organizer": self.organizer,
            "speaker": self.bounmy,
            "interpreter": self.speaker("Rin", RoomRole.Role.INTERPRETER),
            "attendee": self.noy,
            "stranger": self.stranger,
        }

    def publication(self, user: User, source: str = "camera") -> Publication:
        """Something of this person on the stage."""
        return Publication.objects.create(room=self.room, user=user, source=source, audio=True, video=True)


@pytest.fixture(scope="session", autouse=True)
def no_connections_left(django_db_setup: None) -> Iterator[None]:
    """The test database can only be dropped when the command threads have let go of it."""
    yield
    close_database_connections()


@pytest.fixture
def world(transactional_db: None) -> World:
    return World()


def cookie_of(user: User) -> str:
    """The cookie of a fresh session of the person."""
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


class Tab:
    """A browser's socket: sends commands, takes frames."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self.wire = communicator
        self._ids = itertools.count(1)
        self.came: deque[dict[str, Any]] = deque()
        self.aside: list[dict[str, Any]] = []
        self.hello: dict[str, Any] = {}
        self.refusal: dict[str, Any] = {}

    async def _next(self, timeout: float) -> dict[str, Any]:
        """The next frame of all: a message is one, or a list of them."""
        if not self.came:
            message = json.loads(await self.wire.receive_from(timeout))
            self.came.extend(message if isinstance(message, list) else [message])
        return self.came.popleft()

    async def frame(self, timeout: float = 3) -> dict[str, Any]:
        """The next frame of any kind but presence, which comes when it likes."""
        if self.aside:
            return self.aside.pop(0)
        while True:
            frame = await self._next(timeout)
            if frame.get("signal") != "presence":
                return frame

    async def signal(self, name: str, timeout: float = 4) -> dict[str, Any]:
        """The data of the next signal of that name; other frames are kept aside."""
        async with asyncio.timeout(timeout):
            while True:
                frame = await self._next(timeout)
                if frame.get("signal") == name:
                    return frame["data"]
                self.aside.append(frame)

    async def ask(self, command: str, room: int | None = None, **data: Any) -> dict[str, Any]:
        """Send a command and return its reply frame; updates that come before it are kept aside."""
        number = next(self._ids)
        frame = {"id": number, "command": command, "data": data, **({"room": room} if room else {})}
        await self.wire.send_to(text_data=json.dumps(frame, ensure_ascii=False))
        while True:
            answer = await self._next(6)
            if answer.get("reply") == number:
                return answer
            if answer.get("signal") != "presence":
                self.aside.append(answer)

    async def say(self, text: str, room: int, client_id: uuid.UUID | None = None) -> dict[str, Any]:
        return await self.ask("chat.send", room, client_id=str(client_id or uuid.uuid4()), text=text)

    async def silence(self, seconds: float = 0.3) -> bool:
        """Whether nothing (but presence) comes for a while."""
        until = asyncio.get_running_loop().time() + seconds
        assert not self.aside, self.aside
        while self.came or not await self.wire.receive_nothing(
            max(0.01, until - asyncio.get_running_loop().time())
        ):
            frame = await self._next(1)
            assert frame.get("signal") == "presence", f"Expected silence, got {frame}"
        return True


OpenTab = Callable[..., Awaitable[Tab]]


@pytest_asyncio.fixture
async def tab() -> AsyncIterator[OpenTab]:
    """Open tabs: `await tab(user)`, or `await tab(user, room)` to be in the room. Closed after the test."""
    opened: list[WebsocketCommunicator] = []

    async def open_tab(
        user: User | None,
        room: Room | None = None,
        *,
        origin: str | None = "http://testserver",
        language: str = "en",
    ) -> Tab:
        headers = [(b"host", b"testserver")]
        cookies = f"{settings.LANGUAGE_COOKIE_NAME}={language}"
        if user is not None:
            cookies += f"; {await database_sync_to_async(cookie_of)(user)}"
        headers.append((b"cookie", cookies.encode()))
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        wire = WebsocketCommunicator(application, "/ws/", headers=headers)
        connected, _protocol = await wire.connect(timeout=5)
        assert connected
        opened.append(wire)
        made = Tab(wire)
        if user is not None:
            first = json.loads(await wire.receive_from(5))
            made.hello, made.refusal = first.get("data", {}), first.get("error", {})
        if room is not None:
            reply = await made.ask("room.enter", room.pk)
            assert "data" in reply, reply
        return made

    try:
        yield open_tab
        for wire in opened:
            if not wire.future.done():
                await wire.disconnect()
    finally:
        # Queries of an async test, and of Channels' own middleware, run on the one thread for such work.
        await sync_to_async(connections.close_all)()


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the worker was asked to do, by name and ids, and when; the queue is the outside world here."""
    made: list[tuple[Any, ...]] = []

    def enqueue(name: str, ids: tuple[Any, ...], **when: float) -> None:
        made.append((name.partition(":")[2], *ids, *when.values()))

    monkeypatch.setattr("conference.core.later._enqueue", enqueue)
    return made
