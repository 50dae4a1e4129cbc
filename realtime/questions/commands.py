"""What a browser may ask about questions and raised hands."""

from __future__ import annotations

from typing import Any

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
from realtime.registry import Answer, Call, act, command

RUNNING = Rate(20, 0.5)
"""How often those who run the room may act on the queue."""


async def _on_question(action: Any, call: Call, **more: Any) -> Answer:
    return await act(call, action, question_data, question_id=call.data["question"], **more)


@command("question.ask", AskForm, Rate(3, 10.0, of_person=True))
async def ask(call: Call) -> Answer:
    return await act(
        call,
        actions.ask_question,
        question_data,
        client_id=call.data["client_id"],
        text=call.data["text"],
        anonymous=bool(call.data["anonymous"]),
        place=call.data["place"] or Place.ONLINE,
    )


@command("question.withdraw", QuestionForm, Rate(5, 2.0))
async def withdraw(call: Call) -> Answer:
    return await act(call, actions.withdraw_question, question_id=call.data["question"])


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
    return await act(call, actions.raise_hand, hand_data, place=call.data["place"] or Place.ONLINE)


@command("hand.add", NameForm, RUNNING)
async def add_hand(call: Call) -> Answer:
    return await act(call, actions.add_hand, hand_data, name=call.data["name"])


@command("hand.lower", HandForm, RUNNING)
async def lower_hand(call: Call) -> Answer:
    return await act(call, actions.lower_hand, hand_id=call.data["hand"])


@command("hand.call", HandForm, RUNNING)
async def call_hand(call: Call) -> Answer:
    return await act(call, actions.call_hand, hand_data, hand_id=call.data["hand"])


@command("hand.move", MoveForm, RUNNING)
async def move_hand(call: Call) -> Answer:
    return await act(call, actions.move_hand, hand_id=call.data["hand"], before=call.data["before"])
