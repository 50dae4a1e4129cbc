"""What a browser may ask about the rules of a room."""

from __future__ import annotations

from realtime.limits import Rate
from realtime.registry import Answer, Call, act, command
from realtime.rules import actions
from realtime.rules.forms import RulesForm
from realtime.rules.queries import rules_data


@command("rules.set", RulesForm, Rate(10, 1.0))
async def set_rules(call: Call) -> Answer:
    changes = {name: value for name, value in call.data.items() if value is not None}
    return await act(call, actions.set_rules, rules_data, changes=changes)
