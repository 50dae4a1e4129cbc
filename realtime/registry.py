"""How a command is made: name -> form -> one action or query.

Every command has a form that bounds its data, and a rate. Rights are not decided here: each handler's action or query
gets the person, as they are at this moment, and refuses.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django import forms
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Invalid
from realtime.connection import Connection, in_database
from realtime.limits import Rate
from realtime.protocol import Unknown

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Call:
    """One command on its way: who asks, where, with which data (checked by the form)."""

    person: User
    room: int | None
    data: dict[str, Any]
    connection: Connection


@dataclass(slots=True)
class Answer:
    """The reply's data; `encoded`: further members of it that are JSON already, such as `"more":true`."""

    data: dict[str, Any] = field(default_factory=dict)
    encoded: str = ""


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    form: type[forms.Form]
    handle: Handler
    rate: Rate
    in_room: bool
    room_rate: Rate | None = None
    asks_who: bool = True


COMMANDS: dict[str, Command] = {}


def command(
    name: str,
    form: type[forms.Form],
    rate: Rate,
    *,
    in_room: bool = True,
    room_rate: Rate | None = None,
    asks_who: bool = True,
) -> Callable[[Handler], Handler]:
    """Register a handler under the name that browsers use. `room_rate` is for all people in the room together; a command that
    does not ask who it is touches nothing and must not use `call.person`."""

    def register(handle: Handler) -> Handler:
        COMMANDS[name] = Command(name, form, handle, rate, in_room, room_rate, asks_who)
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


def room_of(call: Call) -> int:
    if call.room is None:
        raise Invalid(_("Say which room this is about."))
    return call.room


async def act(
    call: Call,
    action: Callable[..., Made],
    tell: Callable[[Made], dict[str, Any]] | None = None,
    **data: Any,
) -> Answer:
    """What most commands do: the action in the room, as who asks, and a reply that tells what it made."""

    def work() -> Answer:
        made = action(call.person, room_of(call), **data)
        return Answer(tell(made)) if tell else Answer()

    return await in_database(work)
