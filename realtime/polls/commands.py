"""What a browser may ask about polls."""

from __future__ import annotations

from typing import Any

from realtime.connection import in_database
from realtime.limits import Rate
from realtime.polls import actions, queries
from realtime.polls.forms import BallotForm, DraftForm, EditForm, PollForm, ShowForm
from realtime.polls.queries import poll_data
from realtime.registry import Answer, Call, act, command, room_of

RUNNING = Rate(20, 0.5)


async def _on_poll(action: Any, call: Call) -> Answer:
    data = dict(call.data)
    more = {"poll_id": data.pop("poll")} if "poll" in data else {}
    return await act(call, action, poll_data, **more, **data)


@command("poll.create", DraftForm, RUNNING)
async def create(call: Call) -> Answer:
    return await _on_poll(actions.create_poll, call)


@command("poll.edit", EditForm, RUNNING)
async def edit(call: Call) -> Answer:
    return await _on_poll(actions.edit_poll, call)


@command("poll.delete", PollForm, RUNNING)
async def delete(call: Call) -> Answer:
    return await act(call, actions.delete_poll, poll_id=call.data["poll"])


@command("poll.open", PollForm, RUNNING)
async def open_(call: Call) -> Answer:
    return await _on_poll(actions.open_poll, call)


@command("poll.close", PollForm, RUNNING)
async def close(call: Call) -> Answer:
    return await _on_poll(actions.close_poll, call)


@command("poll.show", ShowForm, RUNNING)
async def show(call: Call) -> Answer:
    return await _on_poll(actions.show_poll, call)


@command("poll.results", PollForm, RUNNING)
async def results(call: Call) -> Answer:
    return Answer(await in_database(queries.results_of, call.person, room_of(call), call.data["poll"]))


@command("poll.vote", BallotForm, Rate(5, 2.0, of_person=True))
async def vote(call: Call) -> Answer:
    return await act(
        call,
        actions.cast_ballot,
        lambda ballot: {"id": ballot.poll_id, "choices": ballot.choices},
        poll_id=call.data["poll"],
        choices=call.data["choices"],
    )
