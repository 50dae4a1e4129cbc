"""The socket of a screen in a hall: `/ws/screen/<room code>/`.

It is opened by the cookie of a screen link, or by somebody signed in who runs the room. It follows what everyone in the room
may (the room's stream, its captions, what is announced to the event), is counted nowhere, and may ask for nothing else. Each
time it asks it is looked at again whether it may still be open; a link that is taken back closes it at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from conference.core.errors import Denied, Missing
from conference.rooms.queries import room_stream
from realtime import queries
from realtime.captions.commands import follow_feeds
from realtime.captions.queries import feeds_in
from realtime.commands import clean, find_command, follow_after
from realtime.connection import Connection, in_database
from realtime.consumers import RoomConsumer
from realtime.limits import check
from realtime.protocol import CommandFrame, SignedOut, reply_frame
from realtime.registry import Answer
from realtime.screen.keys import link_in
from realtime.screen.queries import Screen, find_screen, screens_stream
from realtime.sockets import Packet


async def _ping(connection: Connection, screen: Screen, data: dict[str, Any]) -> Answer:
    return Answer()


async def _enter(connection: Connection, screen: Screen, data: dict[str, Any]) -> Answer:
    """What everyone in the room sees; follow first, read second."""
    await connection.follow(room_stream(screen.room.pk))
    now, shared = await in_database(queries.room_now, None, queries.admit_screen(screen.room))
    presence = await connection.live.presence.soon(screen.room.pk)
    return Answer({**now, "delayed": connection.live.hub.delayed}, f'{shared},"presence":{presence}')


async def _resume(connection: Connection, screen: Screen, data: dict[str, Any]) -> Answer:
    stream = room_stream(screen.room.pk)
    if data["stream"] != stream:
        raise Missing(_("There is no such stream."))
    now, updates = await follow_after(connection, stream, data["seq"])
    presence = await connection.live.presence.soon(screen.room.pk)
    return Answer({**now, **queries.admit_screen(screen.room).as_data()}, f'{updates},"presence":{presence}')


async def _follow_event(connection: Connection, screen: Screen, data: dict[str, Any]) -> Answer:
    """What is announced to the whole event stands on its walls too."""
    if data["event"] != screen.room.event_id:
        raise Missing(_("There is no such event."))
    await connection.follow(f"event.{screen.room.event_id}")
    return Answer(*await in_database(queries.event_on_screen, screen.room.event))


async def _follow_captions(connection: Connection, screen: Screen, data: dict[str, Any]) -> Answer:
    feeds = await in_database(feeds_in, screen.room, data["languages"])
    return await follow_feeds(connection, screen.room.pk, feeds)


Handler = Callable[[Connection, Screen, dict[str, Any]], Awaitable[Answer]]

SCREEN_COMMANDS: dict[str, Handler] = {
    "ping": _ping,
    "room.enter": _enter,
    "stream.resume": _resume,
    "event.follow": _follow_event,
    "captions.follow": _follow_captions,
}


class Ear:
    """Follows the stream of whoever opened the screen, to hear that they signed out or run the room no more. What else is
    told there is not for a screen."""

    def __init__(self, heard: Callable[[], None]) -> None:
        self.rights_changed = heard

    def take(self, packet: Packet) -> None:
        """Nothing of it leaves the server."""


class ScreenConsumer(RoomConsumer):
    """One screen. It shows, and does nothing."""

    screen: Screen | None = None
    ear: Ear | None = None

    async def connect(self) -> None:
        await super().connect()
        if self.screen is None or self.connection is None or self.socket is None:
            return
        if self.screen.person is not None:
            self.ear = Ear(self.socket.rights_changed)
            await self.connection.live.hub.follow(f"person.{self.screen.person}", self.ear)
            self.ear.rights_changed()  # what changed before we listened

    async def disconnect(self, code: int) -> None:
        if self.ear is not None and self.connection is not None and self.screen is not None:
            self.connection.live.hub.unfollow(f"person.{self.screen.person}", self.ear)
        await super().disconnect(code)

    async def _opener(self) -> tuple[int | None, str] | None:
        self.screen = await self._find()
        return None if self.screen is None else (None, screens_stream(self.screen.room.pk))

    async def _find(self) -> Screen | None:
        """The screen, as long as it may be open: links are taken back, and people sign out."""
        code = self.scope["url_route"]["kwargs"]["room_code"]
        return await in_database(
            find_screen, await self._person(), code, link_in(self.scope["cookies"], code)
        )

    def _signed_out(self) -> SignedOut:
        return SignedOut(
            _("This screen is not open any more. Those who run the room can open it again by a new link.")
        )

    async def look_at_rights(self, changed: bool) -> None:
        if self.socket is not None and await self._find() is None:
            with translation.override(self.language):
                self._sign_out(self.socket)

    async def _answer(self, frame: CommandFrame, connection: Connection) -> str:
        found = find_command(frame.command, frame.id)
        handle = SCREEN_COMMANDS.get(found.name)
        if handle is None:
            raise Denied(_("A screen in the hall only shows what happens in the room."))
        await check(connection.live.hub, self.buckets, None, found.name, found.rate)
        data = clean(found, frame.room, frame.data)
        screen = await self._find()
        if screen is None:
            raise self._signed_out()
        if frame.room not in (None, screen.room.pk):
            raise Missing(_("There is no such room."))
        answer = await handle(connection, screen, data)
        return reply_frame(frame.id, answer.data, answer.encoded)
