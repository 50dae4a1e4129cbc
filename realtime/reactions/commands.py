"""What a browser may ask about reactions."""

from __future__ import annotations

from realtime.connection import in_database
from realtime.fields import NothingForm
from realtime.limits import Rate
from realtime.reactions import actions, queries
from realtime.reactions.forms import ReactionForm
from realtime.reactions.totals import totals
from realtime.registry import Answer, Call, command, room_of

# A browser gathers what is pressed and sends it about once a second. What a whole room sends is bounded before the
# database is asked: applause of thousands needs no more to be loud.
EACH = Rate(5, 0.5, of_person=True)
TOGETHER = Rate(300, 1 / 150)


@command("reaction.send", ReactionForm, EACH, room_rate=TOGETHER)
async def send(call: Call) -> Answer:
    room_id, emoji, times = room_of(call), call.data["emoji"], call.data["times"]
    await in_database(actions.send_reaction, call.person, room_id, emoji=emoji, times=times)
    totals().add(room_id, emoji, times)
    return Answer()


@command("reaction.totals", NothingForm, Rate(5, 2.0))
async def tell_totals(call: Call) -> Answer:
    return Answer({"totals": await in_database(queries.reaction_totals, call.person, room_of(call))})
