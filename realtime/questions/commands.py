"""What a browser may ask about questions and raised hands."""

from __future__ import annotations

from typing import Any

from realtime.connection import in_database
from realtime.limits import Rate
from realtime.questions import actions
from realtime.questions.forms import (
    AnswerForm,
    AskForm,
    HandForm,
    MergeForm,
    MoveForm,
    NameForm,
    PinForm,
    QuestionForm,
    RaiseForm,
    VoteForm,
)
from realtime.questions.models import Place
from realtime.questions.queries import hand_data, question_data
from realtime.registry import Answer, Call, command, room_of

RUNNING = Rate(20, 0.5)
"""How often those who run the room may act on the queue."""


async def _on_question(action: Any, call: Call, **more: Any) -> Answer:
    def work() -> Answer:
        return Answer(
            question_data(action(call.person, room_of(call), question_id=call.data["question"], **more))
        )

    return await in_database(work)


@command("question.ask", AskForm, Rate(3, 10.0, of_person=True))
async def ask(call: Call) -> Answer:
    def work() -> Answer:
        question = actions.ask_question(
            call.person,
            room_of(call),
            client_id=call.data["client_id"],
            text=call.data["text"],
            anonymous=bool(call.data["anonymous"]),
            place=call.data["place"] or Place.ONLINE,
        )
        return Answer(question_data(question))

    return await in_database(work)


@command("question.withdraw", QuestionForm, Rate(5, 2.0))
async def withdraw(call: Call) -> Answer:
    await in_database(
        actions.withdraw_question, call.person, room_of(call), question_id=call.data["question"]
    )
    return Answer()


@command("question.vote", VoteForm, Rate(20, 0.5, of_person=True))
async def vote(call: Call) -> Answer:
    return await _on_question(actions.vote_for_question, call, wanted=call.data["wanted"])


@command("question.approve", QuestionForm, RUNNING)
async def approve(call: Call) -> Answer:
    return await _on_question(actions.approve_question, call)


@command("question.dismiss", QuestionForm, RUNNING)
async def dismiss(call: Call) -> Answer:
    return await _on_question(actions.dismiss_question, call)


@command("question.take", QuestionForm, RUNNING)
async def take(call: Call) -> Answer:
    return await _on_question(actions.take_question, call)


@command("question.return", QuestionForm, RUNNING)
async def give_back(call: Call) -> Answer:
    return await _on_question(actions.return_question, call)


@command("question.answer", AnswerForm, RUNNING)
async def answer(call: Call) -> Answer:
    return await _on_question(actions.answer_question, call, text=call.data["text"])


@command("question.pin", PinForm, RUNNING)
async def pin(call: Call) -> Answer:
    return await _on_question(actions.pin_question, call, pinned=call.data["pinned"])


@command("question.merge", MergeForm, RUNNING)
async def merge(call: Call) -> Answer:
    return await _on_question(actions.merge_question, call, into=call.data["into"])


# --- hands ---


@command("hand.raise", RaiseForm, Rate(5, 2.0, of_person=True))
async def raise_hand(call: Call) -> Answer:
    def work() -> Answer:
        place = call.data["place"] or Place.ONLINE
        return Answer(hand_data(actions.raise_hand(call.person, room_of(call), place=place)))

    return await in_database(work)


@command("hand.add", NameForm, RUNNING)
async def add_hand(call: Call) -> Answer:
    def work() -> Answer:
        return Answer(hand_data(actions.add_hand(call.person, room_of(call), name=call.data["name"])))

    return await in_database(work)


@command("hand.lower", HandForm, RUNNING)
async def lower_hand(call: Call) -> Answer:
    await in_database(actions.lower_hand, call.person, room_of(call), hand_id=call.data["hand"])
    return Answer()


@command("hand.call", HandForm, RUNNING)
async def call_hand(call: Call) -> Answer:
    def work() -> Answer:
        return Answer(hand_data(actions.call_hand(call.person, room_of(call), hand_id=call.data["hand"])))

    return await in_database(work)


@command("hand.move", MoveForm, RUNNING)
async def move_hand(call: Call) -> Answer:
    await in_database(
        actions.move_hand,
        call.person,
        room_of(call),
        hand_id=call.data["hand"],
        before=call.data["before"],
    )
    return Answer()
