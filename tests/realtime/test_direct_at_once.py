"""Messages between two people who do something at once: no conversation twice, no message after a block, no limit passed."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from conference.accounts.actions import agree_to_be_reached, block
from conference.accounts.models import User
from conference.core.errors import Busy, Conflict
from realtime.direct import actions
from realtime.direct.actions import ignore_conversation
from realtime.models import Conversation, DirectMessage
from tests.realtime.at_once import meeting, together
from tests.realtime.conftest import World
from tests.realtime.talking import all_agree, between, write
from tests.realtime.test_direct_messages import texts


@pytest.fixture
def live(world: World) -> World:
    """For sockets and threads."""
    return all_agree(world)


def _both_write(world: World) -> list[Any]:
    return together(
        lambda: write(world.noy, world.sari, "Noy"),
        lambda: write(world.sari, world.noy, "Sari"),
        failing=Exception,
    )


def test_of_two_who_write_to_each_other_at_once_the_second_answers(live: World) -> None:
    gate = threading.Barrier(2)
    look = actions.get_partner
    seen = threading.local()

    def look_together(viewer: User, person_id: int) -> Any:
        found = look(viewer, person_id)
        if not getattr(seen, "once", False):
            seen.once = True
            gate.wait(10)  # both have seen that there is no conversation yet
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actions, "get_partner", look_together)
        answers = _both_write(live)
    assert all(isinstance(answer, DirectMessage) for answer in answers), answers
    conversation = Conversation.objects.get()
    assert conversation.state == "open"
    assert sorted(texts(live.noy, live.sari)) == ["Noy", "Sari"]
    assert DirectMessage.objects.filter(first=True).count() == 1


def test_without_the_lock_the_second_would_be_lost(live: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "_lock_people", lambda *people: None)
    begin, met = actions._begin, meeting(lambda: None)

    def begin_together(actor: User, other: User) -> Conversation:
        met()
        return begin(actor, other)

    monkeypatch.setattr(actions, "_begin", begin_together)
    answers = _both_write(live)
    assert sum(isinstance(answer, DirectMessage) for answer in answers) == 1, answers
    assert DirectMessage.objects.count() == 1


def _block_waits_for_a_message_on_its_way(world: World, *, within: float) -> bool:
    """Sari blocks Noy when what Noy writes has passed every check and is not there yet."""
    waits: list[bool] = []

    def run() -> None:
        block(world.sari, world.noy)
        connection.close()

    blocking = threading.Thread(target=run)

    def announce(*_what: Any, **_more: Any) -> None:
        blocking.start()
        blocking.join(within)
        waits.append(blocking.is_alive())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actions, "_announce", announce)
        write(world.noy, world.sari, "One more thing")
    blocking.join(20)
    return waits == [True]


def test_after_a_block_nothing_comes(live: World) -> None:
    between(live.noy, live.sari)
    assert _block_waits_for_a_message_on_its_way(live, within=0.5)
    with pytest.raises(Conflict):
        write(live.noy, live.sari)


def test_without_the_lock_a_message_would_come_after_the_block(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    between(live.noy, live.sari)
    monkeypatch.setattr(actions, "_lock_people", lambda *people: None)
    assert not _block_waits_for_a_message_on_its_way(live, within=15)


def test_many_first_messages_at_once_do_not_pass_the_limit(live: World, settings: Any) -> None:
    settings.NEW_CONVERSATIONS_PER_DAY = 3
    people = [live.attendee(f"Person {number}") for number in range(6)]
    for person in people:
        agree_to_be_reached(person)
    answers = together(*(lambda to=person: write(live.noy, to) for person in people))
    assert sum(isinstance(answer, DirectMessage) for answer in answers) == 3
    assert {type(answer) for answer in answers} == {DirectMessage, Busy}
    assert Conversation.objects.count() == 3


def test_without_the_lock_they_would_pass_it(
    live: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.NEW_CONVERSATIONS_PER_DAY = 1
    monkeypatch.setattr(actions, "_lock_people", lambda *people: None)
    lately = actions.begun_lately

    class Together:
        def __init__(self, person: User) -> None:
            self.rows = lately(person)

        count = meeting(lambda self: self.rows.count())

    monkeypatch.setattr(actions, "begun_lately", Together)
    together(*(lambda to=person: write(live.noy, to) for person in (live.sari, live.bounmy)))
    assert Conversation.objects.count() == 2


def test_an_answer_and_an_ignoring_at_once_leave_one_state(live: World) -> None:
    number = write(live.noy, live.sari).conversation_id
    answers = together(
        lambda: write(live.sari, live.noy, "Yes?"),
        lambda: ignore_conversation(live.sari, conversation_id=number),
    )
    # Ignored before or after the answer: the answer stands, and who answered talks.
    assert isinstance(answers[0], DirectMessage)
    assert Conversation.objects.get().state == "open"
