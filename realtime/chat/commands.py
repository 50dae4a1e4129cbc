"""What a browser may ask of the chat."""

from __future__ import annotations

from realtime.chat import actions, queries
from realtime.chat.forms import HistoryForm, MessageForm
from realtime.connection import in_database
from realtime.limits import Rate
from realtime.registry import Answer, Call, command, room_of


@command("chat.send", MessageForm, Rate(8, 1.5, of_person=True), room_rate=Rate(60, 1 / 30))
async def send(call: Call) -> Answer:
    return await in_database(_send, call)


def _send(call: Call) -> Answer:
    message = actions.send_message(
        call.person, room_of(call), client_id=call.data["client_id"], text=call.data["text"]
    )
    return Answer(queries.message_data(message))


@command("chat.history", HistoryForm, Rate(10, 1.0))
async def history(call: Call) -> Answer:
    return Answer(await in_database(queries.messages_before, call.person, room_of(call), call.data["before"]))
