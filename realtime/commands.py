"""Everything a browser may ask over the socket: the commands about being somewhere, and those of each subject."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict
from conference.rooms.queries import get_room, room_stream
from realtime import queries
from realtime.chat import commands as chat
from realtime.connection import in_database
from realtime.fields import NothingForm
from realtime.forms import FollowForm, ResumeForm
from realtime.limits import Rate
from realtime.presence import MAX_LISTED
from realtime.protocol import MAX_STREAMS, Gap
from realtime.registry import COMMANDS, Answer, Call, clean, command, find_command, room_of
from realtime.stage import commands as stage

__all__ = ["COMMANDS", "SUBJECTS", "Call", "clean", "find_command"]

# To import the commands of a subject registers them.
SUBJECTS = (chat, stage)


@command("ping", NothingForm, Rate(10, 1.0), in_room=False)
async def ping(call: Call) -> Answer:
    return Answer()


@command("room.enter", NothingForm, Rate(10, 2.0, of_person=True))
async def enter(call: Call) -> Answer:
    """Follow first, read second: what happens in between comes twice, and never not at all."""
    room_id = room_of(call)
    await in_database(get_room, call.person, room_id)
    await _follow(call, room_stream(room_id))
    snapshot, person = await in_database(_read_room, call.person, room_id)
    call.connection.enter(room_id, snapshot["role"], person)
    return Answer({**snapshot, "presence": await call.connection.live.presence.now(room_id)})


def _read_room(person: User, room_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    return queries.room_snapshot(person, room_id), queries.presence_data(person, room_id)


@command("room.leave", NothingForm, Rate(20, 1.0))
async def leave(call: Call) -> Answer:
    room_id = room_of(call)
    call.connection.leave(room_id)
    call.connection.unfollow(room_stream(room_id))
    return Answer()


@command("room.people", NothingForm, Rate(6, 3.0))
async def people(call: Call) -> Answer:
    room_id = room_of(call)
    await in_database(get_room, call.person, room_id)
    return Answer(await call.connection.live.presence.now(room_id, most=MAX_LISTED))


@command("event.follow", FollowForm, Rate(10, 2.0), in_room=False)
async def follow_event(call: Call) -> Answer:
    stream = f"event.{call.data['event']}"
    await in_database(queries.get_stream, call.person, stream)
    await _follow(call, stream)
    return Answer(await in_database(queries.get_stream, call.person, stream))


@command("stream.resume", ResumeForm, Rate(20, 1.0, of_person=True), in_room=False)
async def resume(call: Call) -> Answer:
    """Go on after a cut: follow again, and get what was missed in the reply. `Gap` where it is not kept any more."""
    stream = call.data["stream"]
    await in_database(queries.get_stream, call.person, stream)
    was_followed = stream in call.connection.streams
    await _follow(call, stream)
    known, person = await in_database(_read_stream, call.person, stream)
    updates = await call.connection.live.hub.missed(stream, call.data["seq"], known["seq"])
    if updates is None:
        if not was_followed:
            call.connection.unfollow(stream)
        raise Gap(_("Too much has happened since then. The room is loaded again."))
    if "room" in known:
        call.connection.enter(known["room"], known["role"], person)
        known["presence"] = await call.connection.live.presence.now(known["room"])
    return Answer(known, updates)


def _read_stream(person: User, stream: str) -> tuple[dict[str, Any], dict[str, Any]]:
    known = queries.get_stream(person, stream)
    return known, queries.presence_data(person, known["room"]) if "room" in known else {}


async def _follow(call: Call, stream: str) -> None:
    streams = call.connection.streams
    if stream not in streams and len(streams) >= MAX_STREAMS:
        raise Conflict(
            _("One page can follow only %(limit)d things at once. Leave a room first.")
            % {"limit": MAX_STREAMS}
        )
    await call.connection.follow(stream)
