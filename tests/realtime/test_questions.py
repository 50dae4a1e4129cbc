"""Questions and the line of those who want to speak: who may, what others see, and two moderators at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Invalid, Missing
from conference.core.models import Event, Fact, Stream
from conference.core.personal_data import erase_everywhere, personal_data
from realtime.questions import actions
from realtime.questions.models import Hand, Question, Vote
from realtime.questions.queries import hosts_part, shown_part
from realtime.rules.actions import set_rules
from realtime.rules.models import RoomRules
from realtime.snapshots import own_part
from tests.realtime.at_once import meeting, together
from tests.realtime.conftest import World
from tests.realtime.stored import by_id, listen, rows

State = Question.State


def ask(world: World, person: User, text: str = "Which rice?", **more: Any) -> Question:
    return actions.ask_question(person, world.room.pk, client_id=uuid.uuid4(), text=text, **more)


def opened(world: World, person: User | None = None, text: str = "Which rice?") -> Question:
    question = ask(world, person or world.noy, text)
    return actions.approve_question(world.moderator, world.room.pk, question_id=question.pk)


def shown(world: World) -> list[str]:
    return [each["text"] for each in shown_part(world.room)["state"]["question"]]


def waiting(world: World) -> list[str]:
    return [each["text"] for each in hosts_part(world.room)["state"]["submission"]]


# --- asking ---


def test_a_question_is_looked_at_before_others_see_it(world: World) -> None:
    question = ask(world, world.noy)
    assert (shown(world), waiting(world)) == ([], ["Which rice?"])
    assert [each["text"] for each in own_part(world.noy, world.room, "attendee")["submission"]] == [
        "Which rice?"
    ]
    assert own_part(world.sari, world.room, "attendee")["submission"] == []
    actions.approve_question(world.moderator, world.room.pk, question_id=question.pk)
    assert (shown(world), waiting(world)) == (["Which rice?"], [])
    assert own_part(world.noy, world.room, "attendee")["submission"] == []


def test_a_room_that_does_not_moderate_and_those_who_run_it_ask_at_once(world: World) -> None:
    ask(world, world.moderator, "From the chair")
    set_rules(world.organizer, world.room.pk, changes={"moderate_questions": False})
    ask(world, world.noy, "From the hall", place="hall")
    assert shown(world) == ["From the chair", "From the hall"]


def test_asking_again_with_the_same_id_asks_once(world: World) -> None:
    number = uuid.uuid4()
    one = actions.ask_question(world.noy, world.room.pk, client_id=number, text="Once")
    two = actions.ask_question(world.noy, world.room.pk, client_id=number, text="Twice")
    assert (one.pk, two.text) == (two.pk, "Once")
    assert Fact.objects.filter(verb="question.asked").count() == 1


def test_who_asks_without_a_name_is_told_to_nobody(world: World) -> None:
    with pytest.raises(Invalid):
        ask(world, world.noy, anonymous=True)
    set_rules(world.moderator, world.room.pk, changes={"anonymous_questions": True})
    ask(world, world.noy, "Shy", anonymous=True)
    (seen,) = hosts_part(world.room)["state"]["submission"]
    assert (seen["author"], seen["anonymous"]) == (None, True)
    assert "Noy" not in DjangoJSONEncoder().encode(seen)
    assert Fact.objects.get(verb="question.asked").actor is None
    assert [each["text"] for each in personal_data(world.noy)["questions"]] == ["Shy"]


def test_closed_questions_and_a_finished_event_take_none(world: World) -> None:
    set_rules(world.moderator, world.room.pk, changes={"questions": False})
    with pytest.raises(Conflict):
        ask(world, world.noy)
    ask(world, world.moderator)
    Event.objects.filter(pk=world.event.pk).update(state=Event.State.ARCHIVED)
    with pytest.raises(Conflict):
        ask(world, world.moderator)


def test_one_person_cannot_fill_the_moderators_list(world: World) -> None:
    for number in range(actions.MOST_WAITING):
        ask(world, world.noy, f"Question {number}")
    with pytest.raises(Conflict):
        ask(world, world.noy, "One more")
    ask(world, world.sari, "Another person's")


def test_a_question_is_withdrawn_by_whoever_asked_and_only_while_open(world: World) -> None:
    question = opened(world)
    with pytest.raises(Denied):
        actions.withdraw_question(world.sari, world.room.pk, question_id=question.pk)
    actions.withdraw_question(world.noy, world.room.pk, question_id=question.pk)
    assert shown(world) == []
    taken = opened(world)
    actions.take_question(world.moderator, world.room.pk, question_id=taken.pk)
    with pytest.raises(Conflict):
        actions.withdraw_question(world.noy, world.room.pk, question_id=taken.pk)


# --- votes ---


def test_a_person_counts_once_and_can_change_their_mind(world: World) -> None:
    question = opened(world)
    assert question.votes == 1  # whoever asked
    for _twice in range(2):
        question = actions.vote_for_question(world.sari, world.room.pk, question_id=question.pk, wanted=True)
    assert question.votes == 2
    assert own_part(world.sari, world.room, "attendee")["vote"] == [{"id": question.pk}]
    for _twice in range(2):
        question = actions.vote_for_question(world.sari, world.room.pk, question_id=question.pk, wanted=False)
    assert question.votes == 1


def test_nobody_votes_for_what_they_cannot_see(world: World) -> None:
    question = ask(world, world.noy)
    with pytest.raises(Missing):
        actions.vote_for_question(world.sari, world.room.pk, question_id=question.pk, wanted=True)


def test_questions_that_ask_the_same_are_put_together_and_people_count_once(world: World) -> None:
    one, two, three = opened(world, text="One"), opened(world, world.sari, "Two"), opened(world, text="Three")
    actions.vote_for_question(world.bounmy, world.room.pk, question_id=one.pk, wanted=True)
    actions.vote_for_question(world.bounmy, world.room.pk, question_id=two.pk, wanted=True)
    actions.merge_question(world.moderator, world.room.pk, question_id=three.pk, into=two.pk)
    actions.merge_question(world.moderator, world.room.pk, question_id=two.pk, into=one.pk)
    for each in (one, two, three):
        each.refresh_from_db()
    assert (one.votes, two.merged_into_id, three.merged_into_id) == (3, one.pk, one.pk)
    # A vote for one of them counts for all.
    actions.vote_for_question(world.organizer, world.room.pk, question_id=three.pk, wanted=True)
    actions.merge_question(world.moderator, world.room.pk, question_id=two.pk, into=None)
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.votes, two.votes) == (3, 2)
    for wrong in (one.pk, three.pk):
        with pytest.raises(Conflict):
            actions.merge_question(world.moderator, world.room.pk, question_id=one.pk, into=wrong)


def test_what_was_merged_stands_alone_again_when_the_upper_one_is_withdrawn(world: World) -> None:
    one, two = opened(world, text="One"), opened(world, world.sari, "Two")
    actions.merge_question(world.moderator, world.room.pk, question_id=two.pk, into=one.pk)
    actions.withdraw_question(world.noy, world.room.pk, question_id=one.pk)
    two.refresh_from_db()
    assert two.merged_into is None
    assert shown(world) == ["Two"]


# --- answering ---


def test_one_is_answered_at_a_time_and_the_second_moderator_is_told(world: World) -> None:
    one, two = opened(world, text="One"), opened(world, text="Two")
    actions.take_question(world.moderator, world.room.pk, question_id=one.pk)
    with pytest.raises(Conflict, match="being answered already"):
        actions.take_question(world.organizer, world.room.pk, question_id=one.pk)
    actions.take_question(world.organizer, world.room.pk, question_id=two.pk)
    one.refresh_from_db()
    assert (one.state, one.answered_by) == (State.ANSWERED, world.organizer)
    actions.answer_question(world.moderator, world.room.pk, question_id=two.pk, text="Yes.")
    with pytest.raises(Conflict, match="Thandar has answered"):
        actions.answer_question(world.organizer, world.room.pk, question_id=two.pk, text="No.")
    actions.answer_question(world.moderator, world.room.pk, question_id=two.pk, text="Yes, both.")
    two.refresh_from_db()
    assert two.answer == "Yes, both."
    back = actions.return_question(world.moderator, world.room.pk, question_id=two.pk)
    assert (back.state, back.answered_by) == (State.OPEN, None)


def test_a_dismissed_question_is_seen_by_whoever_asked_and_can_come_back(world: World) -> None:
    question = opened(world)
    actions.pin_question(world.moderator, world.room.pk, question_id=question.pk, pinned=True)
    actions.dismiss_question(world.moderator, world.room.pk, question_id=question.pk)
    assert (shown(world), waiting(world)) == ([], ["Which rice?"])
    (own,) = own_part(world.noy, world.room, "attendee")["submission"]
    assert (own["state"], own["pinned"]) == ("dismissed", False)
    actions.approve_question(world.moderator, world.room.pk, question_id=question.pk)
    assert shown(world) == ["Which rice?"]


# --- the line ---


def test_onsite_and_online_stand_in_one_line(world: World) -> None:
    one = actions.raise_hand(world.noy, world.room.pk)
    assert actions.raise_hand(world.noy, world.room.pk) == one
    two = actions.add_hand(world.moderator, world.room.pk, name="The lady in the third row")
    three = actions.raise_hand(world.sari, world.room.pk, place="hall")
    actions.move_hand(world.moderator, world.room.pk, hand_id=three.pk, before=one.pk)
    line = shown_part(world.room)["state"]["hand"]
    assert [each["name"] or each["person"]["name"] for each in line] == [
        "Sari",
        "Noy",
        "The lady in the third row",
    ]
    actions.move_hand(world.moderator, world.room.pk, hand_id=three.pk, before=None)
    actions.call_hand(world.moderator, world.room.pk, hand_id=one.pk)
    actions.call_hand(world.moderator, world.room.pk, hand_id=two.pk)
    line = shown_part(world.room)["state"]["hand"]
    assert [(each["id"], each["state"]) for each in line] == [(two.pk, "speaking"), (three.pk, "waiting")]
    with pytest.raises(Conflict):
        actions.call_hand(world.organizer, world.room.pk, hand_id=two.pk)
    actions.lower_hand(world.sari, world.room.pk, hand_id=three.pk)
    with pytest.raises(Missing):
        actions.lower_hand(world.sari, world.room.pk, hand_id=three.pk)


def test_hands_stay_down_where_the_rules_say_so(world: World) -> None:
    set_rules(world.moderator, world.room.pk, changes={"hands": False})
    with pytest.raises(Conflict):
        actions.raise_hand(world.noy, world.room.pk)


# --- who may ---

ACTS: dict[str, Callable[[User, World, Question, Hand], Any]] = {
    "approve": lambda who, w, q, h: actions.approve_question(who, w.room.pk, question_id=q.pk),
    "dismiss": lambda who, w, q, h: actions.dismiss_question(who, w.room.pk, question_id=q.pk),
    "take": lambda who, w, q, h: actions.take_question(who, w.room.pk, question_id=q.pk),
    "return": lambda who, w, q, h: actions.return_question(who, w.room.pk, question_id=q.pk),
    "answer": lambda who, w, q, h: actions.answer_question(who, w.room.pk, question_id=q.pk, text="Yes."),
    "pin": lambda who, w, q, h: actions.pin_question(who, w.room.pk, question_id=q.pk, pinned=True),
    "merge": lambda who, w, q, h: actions.merge_question(who, w.room.pk, question_id=q.pk, into=None),
    "hand.add": lambda who, w, q, h: actions.add_hand(who, w.room.pk, name="Somebody"),
    "hand.call": lambda who, w, q, h: actions.call_hand(who, w.room.pk, hand_id=h.pk),
    "hand.move": lambda who, w, q, h: actions.move_hand(who, w.room.pk, hand_id=h.pk, before=None),
    "hand.lower of another": lambda who, w, q, h: actions.lower_hand(who, w.room.pk, hand_id=h.pk),
    "rules": lambda who, w, q, h: set_rules(who, w.room.pk, changes={"questions": False}),
}


@pytest.mark.parametrize("role", ["attendee", "speaker", "stranger"])
@pytest.mark.parametrize("act", ACTS)
def test_only_those_who_run_the_room_run_the_queue(world: World, act: str, role: str) -> None:
    question, hand = opened(world), actions.raise_hand(world.noy, world.room.pk)
    who = {"attendee": world.sari, "speaker": world.bounmy, "stranger": world.stranger}[role]
    before = _state()
    with pytest.raises((Denied, Missing)):
        ACTS[act](who, world, question, hand)
    assert _state() == before


def _state() -> list[Any]:
    return rows(Question, Vote, Hand, RoomRules, Fact, Stream)


# --- two at once ---


def _answer_both_at_once(world: World, question: Question) -> list[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actions, "get_question", meeting(actions.get_question))  # both have seen it open
        return together(
            *(
                lambda who=who: actions.answer_question(
                    who, world.room.pk, question_id=question.pk, text=who.name
                )
                for who in (world.moderator, world.organizer)
            )
        )


def test_of_two_moderators_who_answer_one_question_one_is_told(world: World) -> None:
    results = _answer_both_at_once(world, opened(world))
    assert sorted(isinstance(each, Conflict) for each in results) == [False, True]
    assert Fact.objects.filter(verb="question.answered").count() == 1


def test_without_the_lock_both_would_have_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    question = opened(world)

    def read_without_lock(actor: User, room_id: int, question_id: int, **_more: Any) -> Question:
        return Question.objects.select_related("room__event").get(pk=question_id)

    monkeypatch.setattr(actions, "_lock", meeting(read_without_lock))
    results = together(
        *(
            lambda who=who: actions.answer_question(who, world.room.pk, question_id=question.pk)
            for who in (world.moderator, world.organizer)
        )
    )
    assert not any(isinstance(each, Conflict) for each in results)
    assert Fact.objects.filter(verb="question.answered").count() == 2


def test_many_votes_at_once_are_all_counted(world: World) -> None:
    question = opened(world)
    people = [world.attendee(f"Person {number}") for number in range(8)]
    together(
        *(
            lambda who=who: actions.vote_for_question(
                who, world.room.pk, question_id=question.pk, wanted=True
            )
            for who in people
        )
    )
    question.refresh_from_db()
    assert question.votes == 9


# --- what is announced ---


def test_updates_make_an_old_snapshot_a_fresh_one_for_every_audience(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = listen(monkeypatch, actions)
    room, noy = world.room.pk, world.noy
    first, second = ask(world, noy, "First"), ask(world, world.sari, "Second")
    for question in (first, second):
        actions.approve_question(world.moderator, room, question_id=question.pk)
    actions.vote_for_question(world.bounmy, room, question_id=second.pk, wanted=True)
    actions.merge_question(world.moderator, room, question_id=second.pk, into=first.pk)
    actions.pin_question(world.moderator, room, question_id=first.pk, pinned=True)
    actions.dismiss_question(world.moderator, room, question_id=first.pk)
    third, gone = ask(world, noy, "Third"), ask(world, noy, "Gone")
    actions.withdraw_question(noy, room, question_id=gone.pk)
    actions.approve_question(world.moderator, room, question_id=third.pk)
    actions.take_question(world.moderator, room, question_id=third.pk)
    hand = actions.raise_hand(noy, room)
    other = actions.add_hand(world.moderator, room, name="Somebody")
    actions.move_hand(world.moderator, room, hand_id=other.pk, before=hand.pk)
    actions.call_hand(world.moderator, room, hand_id=other.pk)
    actions.lower_hand(noy, room, hand_id=hand.pk)

    state = shown_part(world.room)["state"]
    assert told[f"room.{room}", "question"] == by_id(state["question"])
    assert told[f"room.{room}", "hand"] == by_id(state["hand"])
    assert told[f"room.{room}.hosts", "submission"] == by_id(hosts_part(world.room)["state"]["submission"])
    own = own_part(noy, world.room, "attendee")["submission"]
    assert told[f"person.{noy.pk}", "submission"] == by_id(own)
    for kind in ("asked", "vote"):
        assert told[f"person.{noy.pk}", kind] == by_id(own_part(noy, world.room, "attendee")[kind])


def test_who_leaves_for_good_leaves_the_line_and_takes_the_votes_along(world: World) -> None:
    question = opened(world)
    actions.vote_for_question(world.sari, world.room.pk, question_id=question.pk, wanted=True)
    actions.raise_hand(world.sari, world.room.pk)
    ask(world, world.sari, "Mine stays")
    with transaction.atomic():
        erase_everywhere(world.sari)
    question.refresh_from_db()
    assert (question.votes, Hand.objects.count()) == (1, 0)
    assert Question.objects.get(text="Mine stays").author is None


@pytest.mark.parametrize("count", [1, 3])
def test_what_a_room_shows_takes_as_many_queries_for_three_as_for_one(world: World, count: int) -> None:
    for number in range(count):
        person = world.attendee(f"Person {number}")
        answered = opened(world, person, f"Question {number}")
        actions.vote_for_question(world.noy, world.room.pk, question_id=answered.pk, wanted=True)
        actions.answer_question(world.moderator, world.room.pk, question_id=answered.pk, text="Yes.")
        ask(world, person, f"Waiting {number}")
        actions.raise_hand(person, world.room.pk)
        ask(world, world.noy, f"Mine, waiting {number}")
    with CaptureQueriesContext(connection) as queries:
        shown_part(world.room)
        hosts_part(world.room)
        own_part(world.noy, world.room, "attendee")
    assert len(queries) == 7
