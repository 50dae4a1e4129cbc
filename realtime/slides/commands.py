"""What a browser may ask about slides. Files come by upload (`views.slides`): frames are small."""

from __future__ import annotations

from realtime.fields import NothingForm
from realtime.limits import Rate
from realtime.registry import Answer, Call, act, command
from realtime.slides import actions
from realtime.slides.forms import DeckForm, ShowForm, TurnForm
from realtime.slides.queries import show_data

TURNING = Rate(20, 0.2)
"""Somebody may leaf through a long document with a key held down."""


@command("slides.show", ShowForm, TURNING)
async def show(call: Call) -> Answer:
    data = call.data
    return await act(call, actions.show_slides, show_data, deck_id=data["deck"], page=data["page"] or 1)


async def _turn(call: Call, by: int) -> Answer:
    data = call.data
    return await act(call, actions.turn_page, show_data, deck_id=data["deck"], left=data["left"], by=by)


@command("slides.next", TurnForm, TURNING)
async def forward(call: Call) -> Answer:
    return await _turn(call, 1)


@command("slides.previous", TurnForm, TURNING)
async def back(call: Call) -> Answer:
    return await _turn(call, -1)


@command("slides.hide", NothingForm, TURNING)
async def hide(call: Call) -> Answer:
    return await act(call, actions.hide_slides)


@command("slides.remove", DeckForm, Rate(20, 0.5))
async def remove(call: Call) -> Answer:
    return await act(call, actions.remove_deck, deck_id=call.data["deck"])
