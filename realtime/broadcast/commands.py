"""What a browser may ask about going live, ending and rating."""

from __future__ import annotations

from typing import Any

from realtime.broadcast import actions
from realtime.broadcast.forms import RateForm, StartForm
from realtime.broadcast.queries import broadcast_data, rating_data, ratings_of
from realtime.connection import in_database
from realtime.fields import NothingForm
from realtime.limits import Rate
from realtime.registry import Answer, Call, act, command, room_of

STEP = Rate(6, 2.0, of_person=True)


async def _step(action: Any, call: Call, **more: Any) -> Answer:
    return await act(call, action, broadcast_data, **more)


@command("broadcast.start", StartForm, STEP)
async def start(call: Call) -> Answer:
    return await _step(actions.start_broadcast, call, countdown=call.data["countdown"])


@command("broadcast.cancel", NothingForm, STEP)
async def cancel(call: Call) -> Answer:
    return await _step(actions.cancel_broadcast, call)


@command("broadcast.end", NothingForm, STEP)
async def end(call: Call) -> Answer:
    return await _step(actions.end_broadcast, call)


@command("broadcast.reopen", NothingForm, STEP)
async def reopen(call: Call) -> Answer:
    return await _step(actions.reopen_broadcast, call)


@command("broadcast.look", NothingForm, Rate(3, 5.0, of_person=True))
async def look(call: Call) -> Answer:
    return await _step(actions.look_at_broadcast, call)


@command("broadcast.rate", RateForm, Rate(5, 3.0, of_person=True))
async def rate(call: Call) -> Answer:
    return await act(call, actions.rate, rating_data, stars=call.data["stars"], words=call.data["words"])


@command("broadcast.unrate", NothingForm, Rate(5, 3.0, of_person=True))
async def unrate(call: Call) -> Answer:
    return await act(call, actions.withdraw_rating)


@command("broadcast.ratings", NothingForm, Rate(10, 1.0))
async def ratings(call: Call) -> Answer:
    return Answer(await in_database(ratings_of, call.person, room_of(call)))
