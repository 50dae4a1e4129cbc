"""What a browser may ask over the socket: name -> form -> one action or query.

Every command has a form that bounds its data, and a rate. Rights are not decided here: each handler's action or query
gets the person, as they are at this moment, and refuses.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Invalid
from conference.rooms.queries import get_room, room_stream
from realtime import actions, queries
from realtime.connection import Connection, in_database
from realtime.forms import (
    FollowForm,
    HistoryForm,
    MessageForm,
    NothingForm,
    PublicationForm,
    ResumeForm,
    SourceForm,
)
from realtime.limits import Rate
from realtime.presence import MAX_LISTED
from realtime.protocol import MAX_STREAMS, Gap, Unknown


@dataclass(frozen=True, slots=True)
class Call:
    """One command on its way: who asks, where, with which data (checked by the form)."""

    person: User
    room: int | None
    data: dict[str, Any]
    connection: Connection


@dataclass(slots=True)
class Answer:
    """The reply's data; `updates` are missed frames, passed on as they were."""

    data: dict[str, Any] = field(default_factory=dict)
    updates: list[str] | None = None


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    form: type[forms.Form]
    handle: Handler
    rate: Rate
    in_room: bool


COMMANDS: dict[str, Command] = {}


def command(
    name: str, form: type[forms.Form], rate: Rate, *, in_room: bool = True
) -> Callable[[Handler], Handler]:
    """Register a handler under the name that browsers use."""

    def register(handle: Handler) -> Handler:
        COMMANDS[name] = Command(name, form, handle, rate, in_room)
        return handle

    return register


def find_command(name: str, number: int) -> Command:
    try:
        return COMMANDS[name]
    except KeyError:
        raise Unknown(_("There is no such command."), reply=number) from None


def clean(found: Command, room: int | None, data: dict[str, Any]) -> dict[str, Any]:
    """The data as the command's form reads it; `Invalid` with the sentences of each field."""
    if found.in_room and room is None:
        raise Invalid(
            _("Say which room this is about."), fields={"room": [_("Say which room this is about.")]}
        )
    form = found.form(data)
    if not form.is_valid():
        sentences = [sentence for errors in form.errors.values() for sentence in errors]
        raise Invalid(sentences[0], fields={name: list(errors) for name, errors in form.errors.items()})
    return form.cleaned_data


# --- being there ---


@command("ping", NothingForm, Rate(10, 1.0), in_room=False)
async def ping(call: Call) -> Answer:
    return Answer()


@command("room.enter", NothingForm, Rate(10, 2.0, of_person=True))
async def enter(call: Call) -> Answer:
    """Follow first, read second: what happens in between comes twice, and never not at all."""
    room_id = _room(call)
    await in_database(get_room, call.person, room_id)
    await _follow(call, room_stream(room_id))
    snapshot, person = await in_database(_read_room, call.person, room_id)
    call.connection.enter(room_id, snapshot["role"], person)
    return Answer({**snapshot, "presence": await call.connection.live.presence.now(room_id)})


def _read_room(person: User, room_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    return queries.room_snapshot(person, room_id), queries.presence_data(person, room_id)


@command("room.leave", NothingForm, Rate(20, 1.0))
async def leave(call: Call) -> Answer:
    room_id = _room(call)
    call.connection.leave(room_id)
    call.connection.unfollow(room_stream(room_id))
    return Answer()


@command("room.people", NothingForm, Rate(6, 3.0))
async def people(call: Call) -> Answer:
    room_id = _room(call)
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


def _room(call: Call) -> int:
    if call.room is None:
        raise Invalid(_("Say which room this is about."))
    return call.room


# --- chat ---


@command("chat.send", MessageForm, Rate(8, 1.5, of_person=True))
async def send(call: Call) -> Answer:
    return await in_database(_send, call)


def _send(call: Call) -> Answer:
    message = actions.send_message(
        call.person, _room(call), client_id=call.data["client_id"], text=call.data["text"]
    )
    return Answer(queries.message_data(message))


@command("chat.history", HistoryForm, Rate(10, 1.0))
async def history(call: Call) -> Answer:
    return Answer(await in_database(queries.messages_before, call.person, _room(call), call.data["before"]))


# --- the stage ---


@command("stage.publish", SourceForm, Rate(10, 2.0, of_person=True))
async def publish(call: Call) -> Answer:
    grant = await in_database(
        actions.grant_publishing,
        call.person,
        _room(call),
        source=call.data["source"],
        media_url=call.connection.media_url,
    )
    return Answer(grant)


@command("stage.watch", PublicationForm, Rate(40, 0.5, of_person=True))
async def watch(call: Call) -> Answer:
    grant = await in_database(
        actions.grant_watching,
        call.person,
        _room(call),
        publication_id=call.data["publication"],
        media_url=call.connection.media_url,
    )
    return Answer(grant)


@command("stage.stop", PublicationForm, Rate(10, 1.0))
async def stop(call: Call) -> Answer:
    await in_database(
        actions.stop_publication, call.person, _room(call), publication_id=call.data["publication"]
    )
    return Answer()
