"""Polls of a room, for someone who is in it.

Results leave the server only while the poll is shown: until then everyone, those who run the room included on the room's stream,
learns no more than how many have answered. Those who run the room may ask for the results by themselves (`results_of`).
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import User
from conference.core.errors import Denied, Missing
from conference.core.personal_data import exports
from conference.events.queries import Viewer
from conference.rooms.models import Room
from conference.rooms.queries import RUNS, get_room
from realtime.polls.models import RATINGS, Ballot, Poll
from realtime.snapshots import shows_to_everyone, shows_to_hosts, shows_to_person

State, Kind = Poll.State, Poll.Kind

MOST_POLLS = 100
MOST_WORDS_SHOWN = 60


def poll_data(poll: Poll) -> dict[str, Any]:
    """The public form: with results only while they are shown."""
    return {
        "id": poll.pk,
        "kind": poll.kind,
        "title": poll.title,
        "options": poll.options,
        "most": poll.most,
        "state": poll.state,
        "shown": poll.shown,
        "answers": poll.answers,
        "results": results_in(poll) if poll.shown else None,
    }


def results_in(poll: Poll) -> list[dict[str, Any]]:
    """For each answer its `label` and `count`: options and ratings in their order, words by number."""
    if poll.kind == Kind.WORDS:
        ranked = sorted(poll.tally.items(), key=lambda entry: (-entry[1][1], entry[0]))
        return [{"label": label, "count": count} for _key, (label, count) in ranked[:MOST_WORDS_SHOWN]]
    labels = [str(number) for number in range(1, RATINGS + 1)] if poll.kind == Kind.RATING else poll.options
    first = 1 if poll.kind == Kind.RATING else 0
    return [
        {"label": label, "count": poll.tally.get(str(number), 0)}
        for number, label in enumerate(labels, start=first)
    ]


def tallies_in(room_id: int) -> list[dict[str, Any]]:
    """How the open polls of the room stand: what changes with each ballot."""
    return [
        {"id": poll.pk, "answers": poll.answers, "results": results_in(poll) if poll.shown else None}
        for poll in Poll.objects.filter(room=room_id, state=State.OPEN).order_by("pk")
    ]


def results_of(viewer: Viewer, room_id: int, poll_id: int) -> dict[str, Any]:
    """The poll with its results, shown or not, for those who run the room."""
    poll = get_poll(viewer, room_id, poll_id)
    return {**poll_data(poll), "results": results_in(poll)}


def polls_of(viewer: Viewer, room_id: int) -> list[dict[str, Any]]:
    """All polls that were opened, with their results, for the export of those who run the room."""
    room = _room_to_run(viewer, room_id)
    return [
        {**poll_data(poll), "results": results_in(poll)}
        for poll in Poll.objects.filter(room=room).exclude(state=State.DRAFT).order_by("pk")
    ]


def get_poll(viewer: Viewer, room_id: int, poll_id: int) -> Poll:
    """A poll, for those who run its room."""
    room = _room_to_run(viewer, room_id)
    poll = Poll.objects.filter(room=room, pk=poll_id).first()
    if poll is None:
        raise Missing(_("There is no such poll."))
    return poll


def _room_to_run(viewer: Viewer, room_id: int) -> Room:
    room, role = get_room(viewer, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can do that with polls."))
    return room


@shows_to_everyone
def polls_part(room: Room) -> dict[str, Any]:
    """What was opened, newest at the end."""
    rows = Poll.objects.filter(room=room).exclude(state=State.DRAFT).order_by("-pk")[:MOST_POLLS]
    return {"state": {"poll": [poll_data(poll) for poll in rows][::-1]}}


@shows_to_hosts
def drafts_part(room: Room) -> dict[str, Any]:
    """What waits to be opened."""
    rows = Poll.objects.filter(room=room, state=State.DRAFT).order_by("pk")[:MOST_POLLS]
    return {"state": {"draft": [poll_data(poll) for poll in rows]}}


@shows_to_person(
    f"""EXISTS(SELECT FROM {Ballot._meta.db_table} ballot JOIN {Poll._meta.db_table} poll ON poll.id = ballot.poll_id
               WHERE poll.room_id = %(room)s AND ballot.person_id = %(person)s)""",
    ballot=[],
)
def own_ballots(person: User, room: Room) -> dict[str, Any]:
    """What the person answered, by the ids of the polls."""
    rows = Ballot.objects.filter(person=person, poll__room=room).order_by("poll")
    return {"ballot": [{"id": row.poll_id, "choices": row.choices} for row in rows]}


@exports(
    "polls",
    gettext_lazy("Your answers in polls"),
    {"title": gettext_lazy("Poll"), "answers": gettext_lazy("Answer")},
)
def ballots_of(person: User) -> list[dict[str, Any]]:
    """Everything the person answered in polls."""
    rows = Ballot.objects.filter(person=person).select_related("poll").order_by("pk")
    return [
        {
            "room": row.poll.room_id,
            "title": row.poll.title,
            "answers": [
                row.poll.options[choice] if row.poll.kind in (Kind.SINGLE, Kind.SEVERAL) else choice
                for choice in row.choices
            ],
            "cast": row.cast.isoformat(),
        }
        for row in rows
    ]
