"""What a browser may ask about slides. Files come by upload (`views.slides`): frames are small."""

from __future__ import annotations

from typing import Any

from realtime.connection import in_database
from realtime.fields import NothingForm
from realtime.limits import Rate
from realtime.registry import Answer, Call, command, room_of
from realtime.slides import actions
from realtime.slides.forms import DeckForm, ShowForm, TurnForm
from realtime.slides.queries import show_data

TURNING = Rate(20, 0.2)
"""Somebody may leaf through a long document with a key held down."""


async def _show(action: Any, call: Call, **more: Any) -> Answer:
    def work() -> Answer:
        return Answer(show_data(action(call.person, room_of(call), deck_id=call.data["deck"], **more)))

    return await in_database(work)


@command("slides.show", ShowForm, TURNING)
async def show(call: Call) -> Answer:
    return await _show(actions.show_slides, call, page=call.data["page"] or 1)


@command("slides.next", TurnForm, TURNING)
async def forward(call: Call) -> Answer:
    return await _show(actions.turn_page, call, left=call.data["left"], by=1)


@command("slides.previous", TurnForm, TURNING)
async def back(call: Call) -> Answer:
    return await _show(actions.turn_page, call, left=call.data["left"], by=-1)


@command("slides.hide", NothingForm, TURNING)
async def hide(call: Call) -> Answer:
    await in_database(actions.hide_slides, call.person, room_of(call))
    return Answer()


@command("slides.remove", DeckForm, Rate(20, 0.5))
async def remove(call: Call) -> Answer:
    await in_database(actions.remove_deck, call.person, room_of(call), deck_id=call.data["deck"])
    return Answer()
