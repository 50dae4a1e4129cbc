"""Everything a browser may ask over the socket: the commands about being somewhere, and those of each subject."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Refusal
from conference.core.streams import position
from conference.rooms.queries import AUDIENCES, Removed, audience_stream, get_room, room_stream
from realtime import queries
from realtime.announcements import commands as announcements
from realtime.broadcast import commands as broadcast
from realtime.captions import commands as captions
from realtime.chat import commands as chat
from realtime.connection import Connection, in_database
from realtime.direct import commands as direct
from realtime.fields import NothingForm
from realtime.forms import FindForm, FollowForm, ResumeForm
from realtime.limits import Rate
from realtime.materials import commands as materials
from realtime.moderation import commands as moderation
from realtime.polls import commands as polls
from realtime.protocol import MAX_STREAMS, Gap, signal_frame
from realtime.questions import commands as questions
from realtime.reactions import commands as reactions
from realtime.registry import COMMANDS, Answer, Call, clean, command, find_command, room_of
from realtime.rules import commands as rules
from realtime.slides import commands as slides
from realtime.stage import commands as stage
from realtime.stage.actions import end_rights
from realtime.timer import commands as timer

__all__ = ["COMMANDS", "SUBJECTS", "Call", "clean", "find_command", "follow_after", "look_at_room"]

MAX_FOUND = 50

# To import the commands of a subject registers them.
SUBJECTS = (
    announcements,
    broadcast,
    captions,
    chat,
    direct,
    moderation,
    materials,
    polls,
    questions,
    reactions,
    rules,
    slides,
    stage,
    timer,
)


@command("ping", NothingForm, Rate(10, 1.0), in_room=False, asks_who=False)
async def ping(call: Call) -> Answer:
    return Answer()


@command("room.enter", NothingForm, Rate(10, 2.0, of_person=True))
async def enter(call: Call) -> Answer:
    """Follow first, read second: what happens in between comes twice, and never not at all."""
    connection, room_id, looked = call.connection, room_of(call), call.connection.looked
    admission = await in_database(queries.admit, call.person, room_id)
    await _follow_room(connection, admission)
    data, shared = await in_database(queries.room_now, call.person, admission)
    connection.enter(room_id, admission.role, admission.person, in_hall=admission.in_hall)
    if connection.looked != looked:  # rights were looked at while this was on its way, and not in this room
        await _see_whether_still_admitted(call, room_id)
    presence = await connection.live.presence.soon(room_id)
    return Answer({**data, "delayed": connection.live.hub.delayed}, f'{shared},"presence":{presence}')


async def _see_whether_still_admitted(call: Call, room_id: int) -> None:
    try:
        await in_database(queries.admit, call.person, room_id)
    except Refusal:
        call.connection.leave_room(room_id)
        raise


async def _follow_room(connection: Connection, admission: queries.Admission) -> None:
    room_id = admission.room.pk
    await _follow(connection, room_stream(room_id))
    for audience in admission.audiences:
        await connection.follow(audience_stream(room_id, audience))
    _leave_audiences(connection, admission)


def _leave_audiences(connection: Connection, admission: queries.Admission) -> None:
    """Hear nothing further of what is for others than this role."""
    for audience in AUDIENCES.keys() - set(admission.audiences):
        connection.unfollow(audience_stream(admission.room.pk, audience))


@command("room.leave", NothingForm, Rate(20, 1.0))
async def leave(call: Call) -> Answer:
    call.connection.leave_room(room_of(call))
    return Answer()


@command("room.people", NothingForm, Rate(6, 3.0))
async def people(call: Call) -> Answer:
    room_id = room_of(call)
    await in_database(get_room, call.person, room_id)
    return Answer(await call.connection.live.presence.listed(room_id))


@command("room.find", FindForm, Rate(10, 1.0))
async def find(call: Call) -> Answer:
    """Anybody who is here, by name, for those who run the room; those too who are listed for nobody else."""
    room_id = room_of(call)
    named = await in_database(queries.people_named, call.person, room_id, call.data["text"])
    here = await call.connection.live.presence.among(room_id, named)
    found = [number for number in named if number in here][:MAX_FOUND]
    return Answer({"people": await in_database(queries.people_found, call.person, room_id, found)})


@command("event.follow", FollowForm, Rate(10, 2.0), in_room=False)
async def follow_event(call: Call) -> Answer:
    stream = f"event.{call.data['event']}"
    await in_database(queries.get_stream, call.person, stream)
    await _follow(call.connection, stream)
    return Answer(*await in_database(queries.event_now, call.person, call.data["event"]))


@command("stream.resume", ResumeForm, Rate(20, 1.0, of_person=True), in_room=False)
async def resume(call: Call) -> Answer:
    """Go on after a cut: follow again, and get what was missed in the reply. `Gap` where it is not kept any more."""
    stream, connection = call.data["stream"], call.connection
    kind, number, *audience = stream.split(".")
    admission = None
    if kind == "room" and not audience:
        admission = await in_database(queries.admit, call.person, int(number))
    else:
        await in_database(queries.get_stream, call.person, stream)
    data, encoded = await follow_after(connection, stream, call.data["seq"])
    if admission is not None:
        connection.enter(int(number), admission.role, admission.person, in_hall=admission.in_hall)
        data |= admission.as_data()
        encoded += f',"presence":{await connection.live.presence.soon(int(number))}'
    return Answer(data, encoded)


async def follow_after(connection: Connection, stream: str, after: int) -> tuple[dict[str, Any], str]:
    """Follow a stream again: where it stands and, encoded, what was missed since the number `after`; `Gap` where that is not
    kept any more."""
    was_followed = stream in connection.streams
    await _follow(connection, stream)
    seq = await in_database(position, stream)
    updates = await connection.live.hub.missed(stream, after, seq)
    if updates is None:
        if not was_followed:
            connection.unfollow(stream)
        raise Gap(_("Too much has happened since then. The room is loaded again."))
    return {"stream": stream, "seq": seq}, f'"updates":[{",".join(updates)}]'


async def look_at_room(connection: Connection, room_id: int, person: User | None, changed: bool) -> None:
    """After a change of rights, or once in a while: end what this person may not (any more) in a room in which they are."""
    assert connection.socket.person is not None  # a screen is in no room
    stream = room_stream(room_id)
    admission, refusal = await in_database(_admission, person, room_id)
    if changed or admission is None or admission.role != connection.rooms.get(room_id):
        stays = await in_database(end_rights, connection.socket.person, room_id)
        admission = admission if stays else None
    if admission is None and person is not None:
        error = (
            refusal
            if isinstance(refusal, Removed)
            else Denied(_("You cannot be in this room any more. If that is a mistake, ask the organizers."))
        )
        connection.leave_room(room_id)
        connection.socket.answer(signal_frame(stream, "closed", error.as_data()))
    elif admission is not None:
        connection.live.presence.know(room_id, admission.person, in_hall=admission.in_hall)
        _leave_audiences(connection, admission)
        if room_id in connection.rooms and connection.rooms[room_id] != admission.role:
            connection.rooms[room_id] = admission.role
            connection.socket.answer(signal_frame(stream, "role", admission.as_data()))


def _admission(person: User | None, room_id: int) -> tuple[queries.Admission | None, Refusal | None]:
    try:
        return queries.admit(person, room_id), None
    except Refusal as refusal:
        return None, refusal


async def _follow(connection: Connection, stream: str) -> None:
    """A room and what only some in it see count as one."""
    followed = {_without_audience(each) for each in connection.streams}
    if _without_audience(stream) not in followed and len(followed) >= MAX_STREAMS:
        raise Conflict(
            _("One page can follow only %(limit)d things at once. Leave a room first.")
            % {"limit": MAX_STREAMS}
        )
    await connection.follow(stream)


def _without_audience(stream: str) -> str:
    return ".".join(stream.split(".")[:2])
