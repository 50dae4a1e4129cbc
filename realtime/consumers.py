"""The one consumer: a browser's tab.

It refuses after accepting, because a browser shows a refused handshake as a bare error without words. A frame that is
wrong is answered, never punished by closing. A `Refusal` becomes an error frame here and nowhere else; any other exception
is our mistake: it is logged with its trace, the browser is told so, and the socket lives on.

The channel layer is not used: updates come through the hub, so a socket needs no subscription of its own.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http.request import validate_host
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

from conference.accounts.models import User
from conference.core.errors import Busy, Denied, Refusal
from conference.core.streams import position
from realtime.commands import Call, clean, find_command
from realtime.connection import Connection, attach, detach, in_database
from realtime.hub import end
from realtime.limits import Buckets, Rate, check
from realtime.protocol import (
    CLOSE_BUSY,
    CLOSE_FOREIGN,
    CLOSE_SIGNED_OUT,
    BadFrame,
    CommandFrame,
    Failed,
    Foreign,
    SignedOut,
    error_frame,
    read_command,
    reply_frame,
    resume_frame,
    signal_frame,
)
from realtime.queries import person_of, presence_data
from realtime.sockets import Socket
from realtime.stage.actions import end_rights

RECHECK = 120.0
"""Seconds after which the rights of someone who only listens are looked at again, told of a change or not."""

FRAMES = Rate(60, 0.05)
"""What one socket may send altogether, good or bad."""

MAX_TABS = 40
"""Sockets of one person at one web process."""

log = structlog.get_logger(__name__)


class RoomConsumer(AsyncWebsocketConsumer):
    """One socket. Commands are answered one after another, in the order in which they came."""

    channel_layer_alias = "none"
    connection: Connection | None = None
    socket: Socket | None = None
    rechecking: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        self.buckets = Buckets()
        self.language = _language(self.scope)
        await self.accept()
        with translation.override(self.language):
            if not _same_site(self.scope):
                await self._turn_away(
                    Foreign(_("This connection was opened by a page of another site.")), CLOSE_FOREIGN
                )
                return
            person = await self._person()
            if person is None:
                await self._turn_away(
                    SignedOut(_("You are signed out. Sign in to take part.")), CLOSE_SIGNED_OUT
                )
                return
        self.socket = Socket(self.base_send, person.pk)
        self.connection = Connection(self.socket, attach(self.socket), media_url=_media_url(self.scope))
        stream = f"person.{person.pk}"
        await self.connection.follow(stream)
        if self.connection.live.hub.followers(stream) > MAX_TABS:
            with translation.override(self.language):
                error = Busy(_("You have too many pages open here. Close some of them."), retry_after=60)
                self.socket.answer(error_frame(None, error))
            self.socket.close(CLOSE_BUSY)
            return
        hello = {"person": person.pk, "seq": await in_database(position, stream)}
        self.socket.answer(signal_frame(stream, "hello", hello))
        self.rechecking = asyncio.create_task(self._watch_rights())

    async def disconnect(self, code: int) -> None:
        if self.rechecking is not None:
            await end([self.rechecking])
        if self.connection is not None and self.socket is not None:
            self.connection.leave_everything()
            await self.socket.gone()
            await detach(self.socket, self.connection.live)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.socket is None or self.connection is None:
            return
        with translation.override(self.language):
            number = None
            try:
                await check(self.connection.live.hub, self.buckets, self.socket.person, "frames", FRAMES)
                frame = read_command(text_data)
                number = frame.id
                self.socket.answer(await self._answer(frame, self.connection))
            except SignedOut as error:
                self.socket.answer(error_frame(number, error))
                self.socket.close(CLOSE_SIGNED_OUT)
            except Refusal as error:
                number = error.reply if isinstance(error, BadFrame) else number
                self.socket.answer(error_frame(number, error))
            except Exception:
                log.exception("command.failed")
                mistake = Failed(
                    _("That did not work, and it was not your fault. Please try again in a moment.")
                )
                self.socket.answer(error_frame(number, mistake))

    async def _answer(self, frame: CommandFrame, connection: Connection) -> str:
        found = find_command(frame.command, frame.id)
        await check(connection.live.hub, self.buckets, connection.socket.person, found.name, found.rate)
        data = clean(found, frame.room, frame.data)
        person = await self._person()
        if person is None or person.pk != connection.socket.person:
            raise SignedOut(_("You are signed out. Sign in to take part."))
        answer = await found.handle(Call(person, frame.room, data, connection))
        if answer.updates is None:
            return reply_frame(frame.id, answer.data)
        return resume_frame(frame.id, answer.data, answer.updates)

    async def _person(self) -> User | None:
        """Who this is now: people sign out, and accounts are closed, while a socket is open."""
        key = self.scope["cookies"].get(settings.SESSION_COOKIE_NAME)
        return await in_database(person_of, SessionStore(key)) if key else None

    async def _turn_away(self, error: Refusal, code: int) -> None:
        await self.send(text_data=error_frame(None, error))
        await self.close(code=code)

    async def _watch_rights(self) -> None:
        """Those who may not be in a room any more are told so and get nothing further of it; whoever signed out gets nothing
        at all. Sending commands is not needed for that: a silent listener is looked at too."""
        if self.socket is None or self.connection is None:
            return
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.socket.recheck.wait(), RECHECK)
            self.socket.recheck.clear()
            try:
                person = await self._person()
                for room_id in list(self.connection.rooms):
                    if not await in_database(end_rights, self.socket.person, room_id):
                        self._put_out(room_id)
                    elif person is not None:
                        known = await in_database(presence_data, person, room_id)
                        self.connection.live.presence.know(room_id, known)
                if person is None:
                    with translation.override(self.language):
                        error = SignedOut(_("You are signed out. Sign in to take part."))
                        self.socket.answer(error_frame(None, error))
                    self.socket.close(CLOSE_SIGNED_OUT)
                    return
            except Exception:
                log.exception("rights.not_checked")

    def _put_out(self, room_id: int) -> None:
        if self.connection is None or self.socket is None:
            return
        with translation.override(self.language):
            stream = f"room.{room_id}"
            error = Denied(
                _("You cannot be in this room any more. If that is a mistake, ask the organizers.")
            )
            self.connection.leave(room_id)
            self.connection.unfollow(stream)
            self.socket.answer(signal_frame(stream, "closed", error.as_data()))


def _headers(scope: dict[str, Any]) -> dict[bytes, str]:
    return {name: value.decode("latin-1") for name, value in scope["headers"]}


def _same_site(scope: dict[str, Any]) -> bool:
    """Browsers tell which page opens a socket. Only pages of this host may, or of a trusted origin. Programs that are no
    browsers send no origin; they have no cookies of other people either."""
    headers = _headers(scope)
    host = headers.get(b"host", "")
    name = urlsplit(f"//{host}").hostname or ""
    if not validate_host(f"[{name}]" if ":" in name else name, settings.ALLOWED_HOSTS):
        return False
    origin = headers.get(b"origin")
    if origin is None or origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def _media_url(scope: dict[str, Any]) -> str:
    """Where this browser reaches the media process, as `core.middleware.media_origin` tells pages."""
    if settings.MEDIA_PUBLIC_URL:
        return str(settings.MEDIA_PUBLIC_URL)
    headers = _headers(scope)
    scheme = urlsplit(headers.get(b"origin", "")).scheme or "http"
    name = urlsplit(f"//{headers.get(b'host', '')}").hostname or "localhost"
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{settings.MEDIA_PORT}"


def _language(scope: dict[str, Any]) -> str:
    """The language of the page that opened the socket: the same cookie, else the browser's wish."""
    wishes = [scope["cookies"].get(settings.LANGUAGE_COOKIE_NAME, "")]
    wishes += [
        tag for tag, _weight in parse_accept_lang_header(_headers(scope).get(b"accept-language", "")[:500])
    ]
    for wish in wishes:
        with suppress(LookupError):
            return translation.get_supported_language_variant(wish)
    return settings.LANGUAGE_CODE
