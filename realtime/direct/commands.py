"""What a browser may ask about direct messages."""

from __future__ import annotations

from typing import Any

from realtime.connection import in_database
from realtime.direct import actions, queries
from realtime.direct.forms import ConversationForm, ReadForm, SendForm, TalkForm
from realtime.limits import Rate
from realtime.registry import Answer, Call, command

DECIDING = Rate(10, 2.0, of_person=True)


async def _on_conversation(action: Any, call: Call, **more: Any) -> Answer:
    def work() -> Answer:
        side = action(call.person, conversation_id=call.data["conversation"], **more)
        return Answer(queries.conversation_data(side))

    return await in_database(work)


@command("direct.send", SendForm, Rate(8, 1.5, of_person=True), in_room=False)
async def send(call: Call) -> Answer:
    def work() -> Answer:
        data = call.data
        message = actions.send_direct(
            call.person, person_id=data["person"], client_id=data["client_id"], text=data["text"]
        )
        return Answer(queries.message_data(message))

    return await in_database(work)


@command("direct.history", TalkForm, Rate(15, 1.0, of_person=True), in_room=False)
async def history(call: Call) -> Answer:
    return Answer(await in_database(queries.talk, call.person, call.data["person"], call.data["before"]))


@command("direct.read", ReadForm, Rate(15, 1.0), in_room=False)
async def read(call: Call) -> Answer:
    return await _on_conversation(actions.read_direct, call, message_id=call.data["message"])


@command("direct.typing", ConversationForm, Rate(3, 2.0, of_person=True), in_room=False)
async def typing(call: Call) -> Answer:
    await in_database(actions.tell_writing, call.person, conversation_id=call.data["conversation"])
    return Answer()


@command("direct.accept", ConversationForm, DECIDING, in_room=False)
async def accept(call: Call) -> Answer:
    return await _on_conversation(actions.accept_conversation, call)


@command("direct.ignore", ConversationForm, DECIDING, in_room=False)
async def ignore(call: Call) -> Answer:
    return await _on_conversation(actions.ignore_conversation, call)
