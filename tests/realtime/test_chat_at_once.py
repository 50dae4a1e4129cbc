"""The chat when two do something at once, what is announced of it, and what is told and forgotten of a person."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from conference.core.errors import Conflict
from conference.core.models import Fact
from conference.core.personal_data import erase_everywhere, personal_data
from realtime.chat import actions
from realtime.chat.models import Mention, Message, MessageReaction, ReadMark
from realtime.chat.queries import chat_part, held_part, thread_of
from realtime.snapshots import own_part
from tests.realtime.at_once import meeting, together
from tests.realtime.conftest import World
from tests.realtime.stored import by_id, listen
from tests.realtime.test_chat_deeds import (
    HEART,
    THUMB,
    State,
    approve,
    delete,
    edit,
    listed,
    react,
    rules,
    say,
    shown,
    texts,
)

# --- two at once ---


def _both_have_seen_it(patch: pytest.MonkeyPatch, *, lock: bool) -> None:
    """Both look at the message before either changes it; without the lock both go on from what they saw."""
    met = meeting(actions.get_message)
    patch.setattr(actions, "get_message", met)
    if not lock:
        patch.setattr(actions, "_lock", lambda *args: (met(*args), None))


@pytest.mark.parametrize("lock", [False, True])
def test_a_change_and_a_deletion_at_once_never_bring_the_words_back(
    world: World, monkeypatch: pytest.MonkeyPatch, lock: bool
) -> None:
    message = say(world, world.noy, "Secret")
    deleted = threading.Event()
    _both_have_seen_it(monkeypatch, lock=lock)
    write = actions._write

    def write_late(*args: Any) -> Any:
        if not lock:  # the change is slow: the deletion is done before it writes
            deleted.wait(10)
        return write(*args)

    monkeypatch.setattr(actions, "_write", write_late)

    def delete_now() -> None:
        delete(world, world.moderator, message)
        deleted.set()

    together(lambda: edit(world, world.noy, message, "Secret, changed"), delete_now)
    message.refresh_from_db()
    came_back = message.text != ""
    assert came_back is (not lock)
    if lock:
        assert (message.state, shown(world)[0]["text"]) == (State.DELETED, "")


def test_the_same_message_sent_by_four_at_once_is_said_once(world: World) -> None:
    client_id = uuid.uuid4()
    results = together(
        *(
            lambda: actions.send_message(world.noy, world.room.pk, client_id=client_id, text="Once")
            for _tab in range(4)
        )
    )
    assert len({message.pk for message in results}) == 1
    assert Fact.objects.filter(verb="message.sent").count() == 1


@pytest.mark.parametrize("lock", [False, True])
def test_of_two_moderators_who_decide_at_once_the_second_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, lock: bool
) -> None:
    rules(world, hold_messages=True)
    message = say(world, world.noy)
    _both_have_seen_it(monkeypatch, lock=lock)
    results = together(
        lambda: approve(world, message),
        lambda: actions.dismiss_message(world.organizer, world.room.pk, message_id=message.pk),
    )
    told = [isinstance(each, Conflict) for each in results]
    assert sorted(told) == ([False, True] if lock else [False, False])
    decided = Fact.objects.filter(verb__in=("message.approved", "message.dismissed")).count()
    assert decided == (1 if lock else 2)


def test_many_reactions_at_once_are_all_counted(world: World) -> None:
    message = say(world, world.noy)
    people = [world.attendee(f"Person {number}") for number in range(8)]
    together(*(lambda who=who: react(world, who, message) for who in people))
    assert shown(world)[0]["reactions"] == {THUMB: 8}


def test_slow_mode_holds_for_two_tabs_at_once(world: World) -> None:
    rules(world, slow_mode=60)
    results = together(*(lambda: say(world, world.noy) for _tab in range(4)))
    assert sorted(type(each).__name__ for each in results) == ["Busy", "Busy", "Busy", "Message"]


# --- what is announced ---


def test_updates_make_an_old_snapshot_a_fresh_one_for_every_audience(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = listen(monkeypatch, actions)
    noy = world.noy
    head, other = say(world, noy, "Head"), say(world, world.sari, "Other")
    reply = say(world, world.sari, "Reply", parent_id=head.pk)
    gone = say(world, noy, "Gone", parent_id=head.pk)
    edit(world, noy, head, "Head, changed https://example.org")
    delete(world, noy, gone)
    delete(world, world.moderator, other)
    react(world, noy, reply)
    react(world, noy, head, HEART)
    react(world, noy, head, HEART, wanted=False)
    actions.mark_read(noy, world.room.pk, message_id=head.pk)
    rules(world, hold_messages=True)
    kept, through, dismissed = (say(world, noy, text) for text in ("Kept", "Through", "Dismissed"))
    held_reply = say(world, noy, "Held reply", parent_id=head.pk)
    back = say(world, noy, "Taken back")
    approve(world, through)
    approve(world, held_reply)
    actions.dismiss_message(world.moderator, world.room.pk, message_id=dismissed.pk)
    delete(world, noy, back)
    edit(world, world.sari, reply, "Reply, changed")  # goes out of sight

    room, mine = f"room.{world.room.pk}", f"person.{noy.pk}"
    assert told[room, "message"] == by_id(shown(world))
    thread = thread_of(noy, world.room.pk, head.pk)
    assert told[room, "reply"] == by_id(thread["replies"])
    assert thread["message"]["replies"] == 1
    assert told[f"{room}.hosts", "held"] == by_id(held_part(world.room)["state"]["held"])
    own = own_part(noy, world.room, "attendee")
    assert told[mine, "held"] == by_id(own["held"])
    assert set(told[mine, "held"]) == {kept.pk, dismissed.pk}
    assert told[mine, "reacted"] == by_id(own["reacted"])
    assert told[mine, "read"] == by_id(own["read"])
    for each in (through, held_reply):
        each.refresh_from_db()
        assert each.state == State.SHOWN


@pytest.mark.parametrize("count", [1, 3])
def test_what_a_room_shows_takes_as_many_queries_for_three_as_for_one(world: World, count: int) -> None:
    rules(world, held_words=["held"])
    for number in range(count):
        person = world.attendee(f"Person {number}")
        message = say(world, person)
        say(world, world.noy, "held")
        say(world, world.sari, "Reply", parent_id=message.pk)
        react(world, world.noy, message)
        actions.mark_read(world.noy, world.room.pk, message_id=message.pk)
    with CaptureQueriesContext(connection) as queries:
        chat_part(world.room)
        held_part(world.room)
        own_part(world.noy, world.room, "attendee")
        thread_of(world.sari, world.room.pk, message.pk)
    assert len(queries) == 12, [query["sql"] for query in queries]


# --- my data ---


def test_my_data_has_my_messages_with_their_threads_and_my_reactions(world: World) -> None:
    head = say(world, world.noy, "Head")
    reply = say(world, world.sari, "Reply", parent_id=head.pk)
    react(world, world.sari, head)
    delete(world, world.sari, say(world, world.sari, "Gone"))
    data = personal_data(world.sari)
    (row,) = data["chat"]
    assert (row["text"], row["thread"], row["reply_to"], row["id"]) == ("Reply", head.pk, "Noy", reply.pk)
    assert data["chat_reactions"] == [{"room": world.room.pk, "message": head.pk, "emoji": THUMB}]


def test_who_leaves_for_good_leaves_what_others_read_and_nothing_else(world: World) -> None:
    listed(world, world.sari)
    message = say(world, world.noy, "@Sari", mentions=[world.sari.pk])
    say(world, world.sari, "Stays")
    react(world, world.sari, message)
    actions.mark_read(world.sari, world.room.pk, message_id=message.pk)
    rules(world, hold_messages=True)
    say(world, world.sari, "Nobody saw this")
    for _twice in range(2):
        with transaction.atomic():
            erase_everywhere(world.sari)
    assert texts(shown(world)) == ["@Sari", "Stays"]
    assert shown(world)[0]["reactions"] == {}
    assert not Message.objects.filter(text="Nobody saw this").exists()
    for model in (Mention, MessageReaction, ReadMark):
        assert not model.objects.exists()
