"""The one consumer: a browser's tab.

It refuses after accepting, because a browser shows a refused handshake as a bare error without words. A frame that is
wrong is answered, never punished by closing. A `Refusal` becomes an error frame here and nowhere else; any other exception
is our mistake: it is logged with its trace, the browser is told so, and the socket lives on.

The channel layer is not used: updates come through the hub, so a socket needs no subscription of its own. Frames are taken
here one by one, without Channels' dispatcher, which starts a task and visits another thread for each.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import structlog
from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http.request import validate_host
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

from conference.accounts.models import User
from conference.core.errors import Busy, Refusal
from conference.core.streams import position
from realtime.commands import Call, clean, find_command, look_at_room
from realtime.connection import Connection, attach, detach, in_database
from realtime.farewell import say_farewell_on_sigterm
from realtime.limits import Buckets, Rate, check, check_room
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
    signal_frame,
)
from realtime.queries import person_of
from realtime.sockets import Socket, socket_for

FRAMES = Rate(60, 0.05)
"""What one socket may send altogether, good or bad."""

MAX_TABS = 40
"""Sockets of one person at one web process."""

log = structlog.get_logger(__name__)


class RoomConsumer(AsyncWebsocketConsumer):
    """One socket. Commands are answered one after another, in the order in which they came."""

    connection: Connection | None = None
    socket: Socket | None = None
    address = ""

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        self.scope, self.base_send = scope, send
        with suppress(StopConsumer):
            while True:
                message = await receive()
                await getattr(self, get_handler_name(message))(message)

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
            opener = await self._opener()
            if opener is None:
                await self._turn_away(self._signed_out(), CLOSE_SIGNED_OUT)
                return
        self.address = _address(self.scope)
        person, stream = opener
        self.socket = socket_for(self.base_send, person, stream)
        live = attach(self.socket, self.address)
        say_farewell_on_sigterm(live)
        self.connection = Connection(self.socket, live, media_url=_media_url(self.scope))
        await self.connection.follow(stream)
        too_many = live.hub.followers(stream) > MAX_TABS
        if too_many or live.addresses[self.address] > settings.SOCKETS_PER_ADDRESS:
            with translation.override(self.language):
                sentence = (
                    _("You have too many pages open here. Close some of them.")
                    if too_many
                    else _("Too many pages are open at your internet address. Try again in a minute.")
                )
                self.socket.answer(error_frame(None, Busy(sentence, retry_after=60)))
            self.socket.close(CLOSE_BUSY)
            return
        hello = {
            "person": person,
            "seq": await in_database(position, stream),
            "delayed": live.hub.delayed,
            "time": int(time.time() * 1000),
        }
        self.socket.answer(signal_frame(stream, "hello", hello))
        self.socket.rights_changed = lambda: live.rights.look_now(self.look_at_rights)
        live.rights.watch(self.look_at_rights)

    async def _opener(self) -> tuple[int | None, str] | None:
        """The id of the person who opens it, and the stream of what concerns them; None for whoever may not."""
        person = await self._person()
        return None if person is None else (person.pk, f"person.{person.pk}")

    def _signed_out(self) -> SignedOut:
        """Why nobody (any more) may have this socket."""
        return SignedOut(_("You are signed out. Sign in to take part."))

    async def disconnect(self, code: int) -> None:
        if self.connection is not None and self.socket is not None:
            self.connection.live.rights.forget(self.look_at_rights)
            self.connection.leave_everything()
            await self.socket.gone()
            await detach(self.socket, self.connection.live, self.address)

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
        if found.room_rate is not None and frame.room is not None:
            await check_room(connection.live.hub, frame.room, found.name, found.room_rate)
        if not found.asks_who:
            answer = await found.handle(Call(User(pk=connection.socket.person), frame.room, data, connection))
            return reply_frame(frame.id, answer.data, answer.encoded)
        person = await self._person()
        if person is None or person.pk != connection.socket.person:
            raise self._signed_out()
        answer = await found.handle(Call(person, frame.room, data, connection))
        return reply_frame(frame.id, answer.data, answer.encoded)

    async def _person(self) -> User | None:
        """Who this is now: people sign out, and accounts are closed, while a socket is open."""
        key = self.scope["cookies"].get(settings.SESSION_COOKIE_NAME)
        return await in_database(person_of, SessionStore(key)) if key else None

    async def _turn_away(self, error: Refusal, code: int) -> None:
        await self.send(text_data=error_frame(None, error))
        await self.close(code=code)

    async def look_at_rights(self, changed: bool) -> None:
        """Those who may not be in a room any more are told so and get nothing further of it, those who do not run it any more
        nothing further of what is for its hosts; whoever signed out gets nothing at all. Sending commands is not needed for
        that: a silent listener is looked at too."""
        if self.socket is None or self.connection is None:
            return
        self.connection.looked += 1
        person = await self._person()
        with translation.override(self.language):
            for room_id in list(self.connection.rooms):
                await look_at_room(self.connection, room_id, person, changed)
            if person is None:
                self._sign_out(self.socket)

    def _sign_out(self, socket: Socket) -> None:
        socket.answer(error_frame(None, self._signed_out()))
        socket.close(CLOSE_SIGNED_OUT)


def _headers(scope: dict[str, Any]) -> dict[bytes, str]:
    return {name: value.decode("latin-1") for name, value in scope["headers"]}


def _address(scope: dict[str, Any]) -> str:
    """Where the connection comes from; behind proxies, what the outermost of ours says."""
    passed_on = [each.strip() for each in _headers(scope).get(b"x-forwarded-for", "").split(",")]
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    if 0 < proxies <= len(passed_on):
        return passed_on[-proxies]
    return str((scope.get("client") or [""])[0])


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
