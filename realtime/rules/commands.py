"""What a browser may ask about the rules of a room."""

from __future__ import annotations

from realtime.connection import in_database
from realtime.limits import Rate
from realtime.registry import Answer, Call, command, room_of
from realtime.rules import actions
from realtime.rules.forms import RulesForm
from realtime.rules.queries import rules_data


@command("rules.set", RulesForm, Rate(10, 1.0))
async def set_rules(call: Call) -> Answer:
    changes = {name: value for name, value in call.data.items() if value is not None}
    rules = await in_database(actions.set_rules, call.person, room_of(call), changes=changes)
    return Answer(rules_data(rules))
