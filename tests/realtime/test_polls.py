"""Polls: one ballot for each person, results that stay on the server until they are shown, and who may."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conference.accounts.models import User
from conference.core import streams
from conference.core.errors import Conflict, Denied, Invalid, Missing
from conference.core.models import Event, Fact, Stream
from conference.core.personal_data import erase_everywhere, personal_data
from realtime.polls import actions
from realtime.polls.models import Ballot, Poll
from realtime.polls.queries import drafts_part, polls_part, results_of
from realtime.snapshots import own_part
from tests.realtime.at_once import meeting, together
from tests.realtime.conftest import OpenTab, World
from tests.realtime.stored import rows

in_db = database_sync_to_async

RICE = ["Hybrid", "Landrace", "Upland"]


def draft(world: World, kind: str = "single", **more: Any) -> Poll:
    data = {"title": "Which rice?", "options": RICE, "most": 12, **more}
    return actions.create_poll(world.moderator, world.room.pk, kind=kind, **data)


def opened(world: World, kind: str = "single", **more: Any) -> Poll:
    return actions.open_poll(world.moderator, world.room.pk, poll_id=draft(world, kind, **more).pk)


def vote(world: World, person: User, poll: Poll, *choices: Any) -> Ballot:
    return actions.cast_ballot(person, world.room.pk, poll_id=poll.pk, choices=list(choices))


def counts(world: World, poll: Poll) -> dict[str, int]:
    return {
        each["label"]: each["count"]
        for each in results_of(world.moderator, world.room.pk, poll.pk)["results"]
    }


def shown(world: World) -> list[dict[str, Any]]:
    return list(polls_part(world.room)["state"]["poll"])


# --- making ---


def test_a_draft_is_seen_by_those_who_run_the_room_alone(world: World) -> None:
    poll = draft(world)
    assert shown(world) == []
    assert [each["id"] for each in drafts_part(world.room)["state"]["draft"]] == [poll.pk]
    with pytest.raises(Missing):
        vote(world, world.noy, poll, 0)
    with pytest.raises(Conflict):
        actions.show_poll(world.moderator, world.room.pk, poll_id=poll.pk, shown=True)


def test_a_draft_is_changed_and_thrown_away_and_an_opened_poll_is_not(world: World) -> None:
    poll = draft(world)
    changed = {"kind": "words", "title": "Name a rice", "options": [], "most": 3}
    actions.edit_poll(world.moderator, world.room.pk, poll_id=poll.pk, **changed)
    actions.open_poll(world.moderator, world.room.pk, poll_id=poll.pk)
    assert shown(world)[0]["title"] == "Name a rice"
    with pytest.raises(Conflict):
        actions.edit_poll(world.moderator, world.room.pk, poll_id=poll.pk, **changed)
    with pytest.raises(Conflict):
        actions.delete_poll(world.moderator, world.room.pk, poll_id=poll.pk)
    other = draft(world)
    actions.delete_poll(world.moderator, world.room.pk, poll_id=other.pk)
    assert drafts_part(world.room)["state"]["draft"] == []


@pytest.mark.parametrize("options", [[], ["One"], ["Same", "Same"]])
def test_a_choice_needs_options_that_differ(world: World, options: list[str]) -> None:
    with pytest.raises(Invalid):
        draft(world, options=options)


def test_a_finished_event_takes_no_polls(world: World) -> None:
    Event.objects.filter(pk=world.event.pk).update(state=Event.State.ARCHIVED)
    with pytest.raises(Conflict):
        draft(world)


# --- answering ---


def test_one_ballot_for_each_person_changeable_while_open(world: World) -> None:
    poll = opened(world)
    vote(world, world.noy, poll, 0)
    vote(world, world.noy, poll, 2)
    vote(world, world.sari, poll, 2)
    assert counts(world, poll) == {"Hybrid": 0, "Landrace": 0, "Upland": 2}
    assert shown(world)[0]["answers"] == 2
    assert own_part(world.noy, world.room, "attendee")["ballot"] == [{"id": poll.pk, "choices": [2]}]
    actions.close_poll(world.moderator, world.room.pk, poll_id=poll.pk)
    with pytest.raises(Conflict, match="not counted"):
        vote(world, world.noy, poll, 1)
    actions.open_poll(world.moderator, world.room.pk, poll_id=poll.pk)
    vote(world, world.noy, poll, 1)
    assert counts(world, poll) == {"Hybrid": 0, "Landrace": 1, "Upland": 1}


def test_several_ratings_and_words_are_counted_as_they_are(world: World) -> None:
    several = opened(world, "several", most=2)
    vote(world, world.noy, several, 0, 1)
    vote(world, world.sari, several, 1)
    assert counts(world, several) == {"Hybrid": 1, "Landrace": 2, "Upland": 0}
    rating = opened(world, "rating")
    vote(world, world.noy, rating, 5)
    assert counts(world, rating) == {"1": 0, "2": 0, "3": 0, "4": 0, "5": 1}
    words = opened(world, "words", most=2)
    vote(world, world.noy, words, "Water", "ນ້ຳ")
    vote(world, world.sari, words, " water ")
    assert list(counts(world, words).items()) == [("Water", 2), ("ນ້ຳ", 1)]
    vote(world, world.sari, words, "Soil")
    assert counts(world, words) == {"Water": 1, "Soil": 1, "ນ້ຳ": 1}


@pytest.mark.parametrize(
    ("kind", "choices"),
    [
        ("single", []),
        ("single", [0, 1]),
        ("single", [3]),
        ("single", [-1]),
        ("single", ["0"]),
        ("single", [True]),
        ("several", [0, 1, 2]),
        ("rating", [0]),
        ("rating", [6]),
        ("words", [1]),
        ("words", ["  "]),
        ("words", ["a", "b", "c"]),
    ],
)
def test_what_was_not_asked_is_not_counted(world: World, kind: str, choices: list[Any]) -> None:
    poll = opened(world, kind, most=2)
    with pytest.raises(Invalid):
        vote(world, world.noy, poll, *choices)
    assert Ballot.objects.count() == 0


# --- results ---


def test_results_leave_the_server_only_while_they_are_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    tell = streams._tell
    monkeypatch.setattr(
        streams, "_tell", lambda channel, stream, text: (sent.append(text), tell(channel, stream, text))
    )
    write = streams._write
    monkeypatch.setattr(streams, "_write", lambda frames: (sent.extend(f[2] for f in frames), write(frames)))
    poll = opened(world)
    vote(world, world.noy, poll, 1)
    actions.close_poll(world.moderator, world.room.pk, poll_id=poll.pk)
    assert sent and not any('"count"' in text for text in sent)
    assert shown(world)[0]["results"] is None
    actions.show_poll(world.moderator, world.room.pk, poll_id=poll.pk, shown=True)
    assert any('"count":1' in text for text in sent)
    assert shown(world)[0]["results"][1] == {"label": "Landrace", "count": 1}
    actions.show_poll(world.moderator, world.room.pk, poll_id=poll.pk, shown=False)
    assert shown(world)[0]["results"] is None


@pytest.mark.django_db(transaction=True)
async def test_everyone_sees_how_many_have_answered_and_the_results_once_shown(
    world: World, tab: OpenTab
) -> None:
    poll = await in_db(opened)(world)
    one = await tab(world.sari, world.room)
    two = await tab(world.noy, world.room)
    assert (await two.ask("poll.vote", world.room.pk, poll=poll.pk, choices=[0]))["data"]["choices"] == [0]
    tally = await one.signal("tally")
    assert tally == {"polls": [{"id": poll.pk, "answers": 1, "results": None}]}
    assert "results" not in json.dumps(
        (await two.ask("poll.vote", world.room.pk, poll=poll.pk, choices=[1]))["data"]
    )
    await in_db(actions.show_poll)(world.moderator, world.room.pk, poll_id=poll.pk, shown=True)
    update = await one.frame()
    assert update["data"]["results"][1] == {"label": "Landrace", "count": 1}


def test_the_export_is_for_those_who_run_the_room_and_holds_no_formulas(world: World) -> None:
    poll = opened(world, title="=1+1", options=["+A", "B"])
    vote(world, world.noy, poll, 0)
    client = Client()
    for person, status in ((world.noy, 403), (world.stranger, 403), (world.moderator, 200)):
        client.force_login(person)
        answer = client.get(f"/live/rooms/{world.room.pk}/polls.csv")
        assert answer.status_code == status
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[1:] == ["'=1+1,single,open,1,'+A,1", "'=1+1,single,open,1,B,0"]


# --- who may ---

ACTS: dict[str, Callable[[User, World, Poll], Any]] = {
    "create": lambda who, w, p: actions.create_poll(
        who, w.room.pk, kind="rating", title="?", options=[], most=1
    ),
    "edit": lambda who, w, p: actions.edit_poll(
        who, w.room.pk, poll_id=p.pk, kind="rating", title="?", options=[], most=1
    ),
    "delete": lambda who, w, p: actions.delete_poll(who, w.room.pk, poll_id=p.pk),
    "open": lambda who, w, p: actions.open_poll(who, w.room.pk, poll_id=p.pk),
    "close": lambda who, w, p: actions.close_poll(who, w.room.pk, poll_id=p.pk),
    "show": lambda who, w, p: actions.show_poll(who, w.room.pk, poll_id=p.pk, shown=True),
    "results": lambda who, w, p: results_of(who, w.room.pk, p.pk),
}


@pytest.mark.parametrize("role", ["attendee", "speaker", "stranger"])
@pytest.mark.parametrize("act", ACTS)
def test_only_those_who_run_the_room_run_its_polls(world: World, act: str, role: str) -> None:
    poll = opened(world)
    who = {"attendee": world.sari, "speaker": world.bounmy, "stranger": world.stranger}[role]
    before = _state()
    with pytest.raises((Denied, Missing)):
        ACTS[act](who, world, poll)
    assert _state() == before


def _state() -> list[Any]:
    return rows(Poll, Ballot, Fact, Stream)


# --- two at once ---


def test_two_tabs_of_one_person_and_many_people_at_once_count_right(world: World) -> None:
    poll = opened(world)
    people = [world.noy, world.noy, world.noy, *(world.attendee(f"Person {number}") for number in range(6))]
    together(
        *(lambda who=who, place=place: vote(world, who, poll, place % 3) for place, who in enumerate(people))
    )
    poll.refresh_from_db()
    assert poll.answers == Ballot.objects.count() == 7
    assert sum(counts(world, poll).values()) == 7


def test_without_the_lock_ballots_would_be_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    poll = opened(world)

    def read_without_lock(room_id: int, poll_id: int) -> Poll:
        return Poll.objects.select_related("room__event").get(pk=poll_id)

    monkeypatch.setattr(actions, "_locked", meeting(read_without_lock))
    together(*(lambda who=who: vote(world, who, poll, 0) for who in (world.noy, world.sari)))
    poll.refresh_from_db()
    assert (poll.answers, Ballot.objects.count()) == (1, 2)


# --- my data ---


def test_answers_are_in_my_data_and_go_with_me(world: World) -> None:
    poll, words = opened(world), opened(world, "words")
    vote(world, world.noy, poll, 1)
    vote(world, world.noy, words, "Water")
    vote(world, world.sari, poll, 1)
    assert [each["answers"] for each in personal_data(world.noy)["polls"]] == [["Landrace"], ["Water"]]
    with transaction.atomic():
        erase_everywhere(world.noy)
    assert counts(world, poll)["Landrace"] == 1
    assert counts(world, words) == {}


@pytest.mark.parametrize("count", [1, 3])
def test_what_a_room_shows_takes_as_many_queries_for_three_as_for_one(world: World, count: int) -> None:
    for _number in range(count):
        poll = opened(world)
        vote(world, world.noy, poll, 0)
        draft(world)
    with CaptureQueriesContext(connection) as queries:
        polls_part(world.room)
        drafts_part(world.room)
        own_part(world.noy, world.room, "attendee")
    assert len(queries) == 4
