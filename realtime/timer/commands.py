"""What a browser may ask about the timer."""

from __future__ import annotations

from typing import Any

from realtime.fields import NothingForm
from realtime.limits import Rate
from realtime.registry import Answer, Call, act, command
from realtime.timer import actions
from realtime.timer.forms import AddForm, StartForm
from realtime.timer.queries import timer_data

RUNNING = Rate(10, 1.0)


async def _set(action: Any, call: Call, **more: Any) -> Answer:
    return await act(call, action, timer_data, **more)


@command("timer.start", StartForm, RUNNING)
async def start(call: Call) -> Answer:
    return await _set(actions.start_timer, call, seconds=call.data["seconds"], label=call.data["label"])


@command("timer.add", AddForm, RUNNING)
async def add(call: Call) -> Answer:
    return await _set(actions.add_time, call, seconds=call.data["seconds"])


@command("timer.call", NothingForm, RUNNING)
async def call_time(call: Call) -> Answer:
    return await _set(actions.call_time, call)


@command("timer.stop", NothingForm, RUNNING)
async def stop(call: Call) -> Answer:
    return await act(call, actions.stop_timer)
