"""What a browser may ask about moderation."""

from __future__ import annotations

from typing import Any

from realtime.limits import Rate
from realtime.moderation import actions
from realtime.moderation.forms import DecisionForm, PersonForm, ReportForm
from realtime.moderation.queries import report_data
from realtime.registry import Answer, Call, act, command

RUNNING = Rate(10, 1.0)
"""How often those who run the room may act on people and reports."""


async def _on_person(action: Any, call: Call) -> Answer:
    return await act(call, action, person_id=call.data["person"])


@command("person.mute", PersonForm, RUNNING)
async def mute(call: Call) -> Answer:
    return await _on_person(actions.mute_person, call)


@command("person.unmute", PersonForm, RUNNING)
async def unmute(call: Call) -> Answer:
    return await _on_person(actions.unmute_person, call)


@command("person.remove", PersonForm, RUNNING)
async def remove(call: Call) -> Answer:
    return await _on_person(actions.remove_person, call)


@command("person.readmit", PersonForm, RUNNING)
async def readmit(call: Call) -> Answer:
    return await _on_person(actions.readmit_person, call)


@command("report.make", ReportForm, Rate(5, 20.0, of_person=True))
async def report(call: Call) -> Answer:
    """The reply does not repeat what was reported: the browser has it."""
    return await act(
        call,
        actions.report,
        lambda made: {"id": made.pk, "decided": bool(made.decision)},
        kind=call.data["kind"],
        thing=call.data["id"],
        reason=call.data["reason"],
        words=call.data["words"],
    )


@command("report.decide", DecisionForm, RUNNING)
async def decide(call: Call) -> Answer:
    return await act(
        call,
        actions.decide_report,
        report_data,
        report_id=call.data["report"],
        decision=call.data["decision"],
        note=call.data["note"],
    )
