"""What a browser may ask of the chat."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language

from conference.accounts.models import User
from conference.accounts.queries import person_data
from conference.core.streams import signal
from conference.rooms.queries import room_stream
from realtime.chat import actions, queries
from realtime.chat.forms import (
    EditForm,
    HistoryForm,
    MessageForm,
    PeopleForm,
    ReactForm,
    SearchForm,
    SendForm,
    ThreadForm,
)
from realtime.chat.people import people_to_mention
from realtime.chat.translating import check_translator, translate
from realtime.connection import in_database
from realtime.fields import NothingForm
from realtime.limits import Rate
from realtime.registry import Answer, Call, act, command, room_of

RUNNING = Rate(20, 0.5)
"""How often those who run the room may decide about what waits."""

FEW = 30
"""In a room with more people nobody is told who is writing."""


@command("chat.send", SendForm, Rate(8, 1.5, of_person=True), room_rate=Rate(60, 1 / 30))
async def send(call: Call) -> Answer:
    return await act(
        call,
        actions.send_message,
        queries.message_data,
        client_id=call.data["client_id"],
        text=call.data["text"],
        parent_id=call.data["parent"],
        mentions=call.data["mentions"],
    )


@command("chat.edit", EditForm, Rate(5, 2.0, of_person=True), room_rate=Rate(60, 1 / 30))
async def edit(call: Call) -> Answer:
    return await _on_message(
        actions.edit_message, call, text=call.data["text"], mentions=call.data["mentions"]
    )


async def _on_message(action: Any, call: Call, **more: Any) -> Answer:
    return await act(call, action, queries.message_data, message_id=call.data["message"], **more)


@command("chat.delete", MessageForm, Rate(20, 1.0, of_person=True))
async def delete(call: Call) -> Answer:
    return await act(call, actions.delete_message, message_id=call.data["message"])


@command("chat.approve", MessageForm, RUNNING)
async def approve(call: Call) -> Answer:
    return await _on_message(actions.approve_message, call)


@command("chat.dismiss", MessageForm, RUNNING)
async def dismiss(call: Call) -> Answer:
    return await _on_message(actions.dismiss_message, call)


@command("chat.react", ReactForm, Rate(10, 0.5, of_person=True))
async def react(call: Call) -> Answer:
    return await act(
        call,
        actions.react_to_message,
        lambda given: {"id": call.data["message"], "emoji": given},
        message_id=call.data["message"],
        emoji=call.data["emoji"],
        wanted=call.data["wanted"],
    )


@command("chat.read", MessageForm, Rate(4, 5.0, of_person=True))
async def read(call: Call) -> Answer:
    return await act(call, actions.mark_read, queries.read_data, message_id=call.data["message"])


@command("chat.typing", NothingForm, Rate(2, 3.0, of_person=True))
async def typing(call: Call) -> Answer:
    """Passed on while few are here; in a large room nobody could read along, and nothing is told."""
    room_id = room_of(call)
    here = (
        (await call.connection.live.presence.now(room_id))["count"] if room_id in call.connection.rooms else 0
    )
    await in_database(_tell_typing, call.person, room_id, 0 < here <= FEW)
    return Answer()


def _tell_typing(person: User, room_id: int, told: bool) -> None:
    shown = queries.writer_in(person, room_id)
    if told:
        signal(room_stream(room_id), "typing", {"person": shown})


# --- reading ---


@command("chat.history", HistoryForm, Rate(10, 1.0))
async def history(call: Call) -> Answer:
    asked = call.data
    if asked["around"] is not None:
        found = in_database(queries.messages_around, call.person, room_of(call), asked["around"])
    elif asked["after"] is not None:
        found = in_database(queries.messages_after, call.person, room_of(call), asked["after"])
    else:
        found = in_database(queries.messages_before, call.person, room_of(call), asked["before"])
    return Answer(await found)


@command("chat.thread", ThreadForm, Rate(10, 1.0))
async def thread(call: Call) -> Answer:
    data = call.data
    return Answer(
        await in_database(queries.thread_of, call.person, room_of(call), data["message"], data["before"])
    )


@command("chat.search", SearchForm, Rate(5, 2.0, of_person=True))
async def search(call: Call) -> Answer:
    data = call.data
    return Answer(
        await in_database(queries.found_messages, call.person, room_of(call), data["text"], data["before"])
    )


@command("chat.people", PeopleForm, Rate(15, 0.5, of_person=True))
async def people(call: Call) -> Answer:
    def work() -> Answer:
        found = people_to_mention(call.person, room_of(call), call.data["prefix"])
        return Answer({"people": [person_data(person) for person in found]})

    return await in_database(work)


@command("chat.translate", MessageForm, Rate(10, 2.0, of_person=True))
async def translate_message(call: Call) -> Answer:
    """In the language of the reader's pages; asked once, and kept."""
    target = get_language() or ""
    known, message = await in_database(
        queries.translation_of, call.person, room_of(call), call.data["message"], target
    )
    check_translator()
    if known is None:
        known = await translate(message.pk, message.text, message.language, target)
        await in_database(
            actions.keep_translation, message.pk, of_text=message.text, language=target, text=known
        )
    return Answer({"id": message.pk, "language": target, "text": known})
