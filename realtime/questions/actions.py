"""Asking, voting, answering, and the line of those who want to speak.

Who runs the queue or the line locks the room first, so that of two moderators who do the same thing at once the second sees
what the first did and is told so. A vote locks its question alone: hundreds of people vote while a moderator reads. Streams are
always written in the order of their names (`person.7`, `room.12`, `room.12.hosts`): two changes never wait for each other.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Invalid, Missing
from conference.core.journal import record
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish
from conference.rooms.models import Room
from conference.rooms.queries import RUNS, get_room, get_room_to_speak_in, hosts_stream, room_stream
from realtime.questions.models import Hand, Question, Vote
from realtime.questions.queries import SHOWN, get_question, hand_data, question_data
from realtime.rules.queries import rules_of

State = Question.State

MOST_WAITING = 20
"""Questions of one person in one room that nobody has looked at yet."""

MOST_HANDS = 200


# --- asking and voting ---


@transaction.atomic
def ask_question(
    actor: User,
    room_id: int,
    *,
    client_id: uuid.UUID,
    text: str,
    anonymous: bool = False,
    place: str = "online",
) -> Question:
    """Ask the people on the stage. Where questions are moderated it waits to be looked at; those who run the room ask at
    once. The same `client_id` again changes nothing and answers with what was asked."""
    room, role = get_room_to_speak_in(actor, room_id)
    known = Question.objects.filter(room=room, author=actor, client_id=client_id).first()
    if known is not None:
        return known
    rules = rules_of(room)
    if room.event.state == Event.State.ARCHIVED or (not rules.questions and role not in RUNS):
        raise Conflict(_("Questions are closed in this room."))
    if anonymous and not rules.anonymous_questions:
        raise Invalid(_("In this room questions are asked with one's name."))
    shown = role in RUNS or not rules.moderate_questions
    if not shown and _waiting(actor, room) >= MOST_WAITING:
        raise Conflict(
            _("Several questions of yours wait to be looked at. Wait for the moderators, or withdraw one.")
        )
    question, created = Question.objects.get_or_create(
        room=room,
        author=actor,
        client_id=client_id,
        defaults={
            "text": text,
            "anonymous": anonymous,
            "place": place,
            "votes": 1,  # whoever asks wants to hear the answer
            "state": State.OPEN if shown else State.PENDING,
        },
    )
    if created:
        Vote.objects.create(question=question, person=actor)
        publish(f"person.{actor.pk}", "asked", saved={"id": question.pk})
        publish(f"person.{actor.pk}", "vote", saved={"id": question.pk})
        # The journal tells who did what; who asked without a name it must not tell.
        record(
            "question.asked",
            None if anonymous else actor,
            question,
            event=room.event,
            room=room.pk,
            place=place,
        )
        _announce(question, before=None)
    return question


def _waiting(person: User, room: Room) -> int:
    return Question.objects.filter(room=room, author=person, state=State.PENDING).count()


@transaction.atomic
def withdraw_question(actor: User, room_id: int, *, question_id: int) -> None:
    """Take one's own question back, as long as nobody has begun to answer it."""
    question = _lock(actor, room_id, question_id, runs=False, alone=False)
    if question.author_id != actor.pk:
        raise Denied(_("Only whoever asked can take a question back."))
    if question.state not in (State.PENDING, State.OPEN):
        raise Conflict(_("This question is not open any more, so it stays."))
    number, room, before = question.pk, question.room, question.state
    for merged in (
        Question.objects.select_for_update(of=("self",), no_key=True)
        .filter(merged_into=question)
        .order_by("pk")
    ):
        merged.merged_into = None
        _save(merged, before=merged.state)
    if question.merged_into_id:
        _recount(question.merged_into_id, without=number)
    question.delete()
    record(
        "question.withdrawn", None if question.anonymous else actor, room, event=room.event, question=number
    )
    _announce_removal(room, number, author_id=actor.pk, before=before)


@transaction.atomic
def vote_for_question(actor: User, room_id: int, *, question_id: int, wanted: bool) -> Question:
    """Want to hear the answer too, or not any more. A vote for a merged question counts for what it was merged into."""
    room, role = get_room(actor, room_id)
    asked = get_question(actor, room, role, question_id)
    question = _lock(actor, room_id, asked.merged_into_id or question_id, runs=False, alone=True)
    if question.state not in (State.OPEN, State.ANSWERING) or question.merged_into_id:
        raise Conflict(_("This question is not open any more."))
    if wanted:
        _vote, changed = Vote.objects.get_or_create(question=question, person=actor)
    else:
        deleted, _by_model = Vote.objects.filter(
            Q(question=question) | Q(question__merged_into=question), person=actor
        ).delete()
        changed = bool(deleted)
    if changed:
        _count(question)
        question.save(update_fields=["votes"])
        own = f"person.{actor.pk}"
        if wanted:
            publish(own, "vote", saved={"id": question.pk})
        else:
            for number in sorted({question.pk, *question.merged.values_list("pk", flat=True)}):
                publish(own, "vote", removed=number)
        publish(room_stream(question.room_id), "question", saved=question_data(question))
    return question


def _count(question: Question) -> None:
    """People who want the answer, each once, over everything merged."""
    people = Vote.objects.filter(Q(question=question) | Q(question__merged_into=question))
    question.votes = people.aggregate(people=Count("person", distinct=True))["people"]


def _recount(question_id: int, *, without: int | None = None) -> None:
    question = (
        Question.objects.select_for_update(of=("self",), no_key=True)
        .select_related("author__organisation", "answered_by__organisation")
        .get(pk=question_id)
    )
    people = Vote.objects.filter(Q(question=question) | Q(question__merged_into=question)).exclude(
        question=without
    )
    question.votes = people.aggregate(people=Count("person", distinct=True))["people"]
    _save(question, before=question.state)


# --- running the queue ---


@transaction.atomic
def approve_question(actor: User, room_id: int, *, question_id: int) -> Question:
    """Let everyone see it: a waiting question, or one that was dismissed."""
    question = _lock(actor, room_id, question_id)
    return _become(actor, question, State.OPEN, allowed=(State.PENDING, State.DISMISSED))


@transaction.atomic
def dismiss_question(actor: User, room_id: int, *, question_id: int) -> Question:
    """Take it out of the queue. Whoever asked sees that."""
    question = _lock(actor, room_id, question_id)
    question.pinned = False
    return _become(actor, question, State.DISMISSED, allowed=(State.PENDING, State.OPEN, State.ANSWERING))


@transaction.atomic
def take_question(actor: User, room_id: int, *, question_id: int) -> Question:
    """Begin to answer it on the stage. Only one is being answered at a time: the one before counts as answered."""
    question = _lock(actor, room_id, question_id)
    others = Question.objects.select_for_update(of=("self",), no_key=True).filter(
        room=question.room, state=State.ANSWERING
    )
    for other in others.exclude(pk=question.pk).select_related("author__organisation").order_by("pk"):
        _finish(actor, other, text=other.answer)
    return _become(actor, question, State.ANSWERING, allowed=(State.OPEN,))


@transaction.atomic
def return_question(actor: User, room_id: int, *, question_id: int) -> Question:
    """Put it back among the open ones: it was taken or closed by mistake."""
    question = _lock(actor, room_id, question_id)
    question.answered_by, question.answered = None, None
    return _become(actor, question, State.OPEN, allowed=(State.ANSWERING, State.ANSWERED))


@transaction.atomic
def answer_question(actor: User, room_id: int, *, question_id: int, text: str = "") -> Question:
    """It was answered: on the stage, or in writing with `text`. Of two who answer the same question, the second is told."""
    question = _lock(actor, room_id, question_id)
    if question.state == State.ANSWERED and question.answered_by_id == actor.pk:
        question.answer = text
        return _save(question, before=question.state)
    if question.state not in (State.OPEN, State.ANSWERING):
        raise Conflict(_conflict_of(question))
    return _finish(actor, question, text=text)


def _finish(actor: User, question: Question, *, text: str) -> Question:
    before, question.state = question.state, State.ANSWERED
    question.answer, question.answered_by, question.answered = text, actor, timezone.now()
    question.pinned = False
    record(
        "question.answered",
        actor,
        question,
        event=question.room.event,
        room=question.room_id,
        written=bool(text),
    )
    return _save(question, before=before)


@transaction.atomic
def pin_question(actor: User, room_id: int, *, question_id: int, pinned: bool) -> Question:
    """Keep it on top, for everyone."""
    question = _lock(actor, room_id, question_id)
    if question.state not in (State.OPEN, State.ANSWERING):
        raise Conflict(_conflict_of(question))
    question.pinned = pinned
    record(
        "question.pinned", actor, question, event=question.room.event, room=question.room_id, pinned=pinned
    )
    return _save(question, before=question.state)


@transaction.atomic
def merge_question(actor: User, room_id: int, *, question_id: int, into: int | None) -> Question:
    """Put it under another one that asks the same, so that both are answered at once and people count once. None: apart again."""
    numbers = sorted({question_id, into} - {None}, key=lambda number: number or 0)
    locked = {number: _lock(actor, room_id, number) for number in numbers if number is not None}
    question = locked[question_id]
    before = question.merged_into_id
    if into is not None:
        target = locked[into]
        if into == question_id or target.merged_into_id:
            raise Conflict(_("Choose a question that is not itself under another one."))
        if question.state not in SHOWN or target.state not in SHOWN:
            raise Conflict(_("Only questions that everyone sees can be put together."))
        # What was under it comes along: two levels would be hard to read.
        for below in (
            Question.objects.select_for_update(of=("self",), no_key=True)
            .filter(merged_into=question)
            .order_by("pk")
        ):
            below.merged_into = target
            _save(below, before=below.state)
    question.merged_into_id = into
    record("question.merged", actor, question, event=question.room.event, room=question.room_id, into=into)
    if into is None:
        _count(question)
    _save(question, before=question.state)
    for number in sorted({before, into} - {None}, key=lambda number: number or 0):
        if number is not None:
            _recount(number)
    return question


def _become(actor: User, question: Question, state: str, *, allowed: Collection[str]) -> Question:
    if question.state not in allowed:
        raise Conflict(_conflict_of(question))
    before, question.state = question.state, state
    record(f"question.made_{state}", actor, question, event=question.room.event, room=question.room_id)
    return _save(question, before=before)


def _conflict_of(question: Question) -> str:
    by = question.answered_by.name if question.answered_by else ""
    if question.state == State.ANSWERED and by:
        return _("%(name)s has answered this question already.") % {"name": by}
    return {
        State.PENDING: _("This question has not been approved yet."),
        State.OPEN: _("This question is open already."),
        State.ANSWERING: _("This question is being answered already."),
        State.ANSWERED: _("This question has been answered already."),
        State.DISMISSED: _("This question was dismissed."),
    }[State(question.state)]


def _lock(actor: User, room_id: int, question_id: int, *, runs: bool = True, alone: bool = False) -> Question:
    """The question, locked with its room (`alone`: without it), for someone who may see it and, unless `runs=False`, runs the
    room."""
    room, role = get_room(actor, room_id)
    if runs and role not in RUNS:
        raise Denied(_("Only those who run this room can do that with questions."))
    get_question(actor, room, role, question_id)
    if not alone:
        _lock_room(room)
    locked = (
        Question.objects.select_for_update(of=("self",), no_key=True)
        .filter(room=room, pk=question_id)
        .select_related("room__event", "author__organisation", "answered_by__organisation")
        .first()
    )
    if locked is None:  # withdrawn a moment ago
        raise Missing(_("There is no such question."))
    return locked


def _save(question: Question, *, before: str) -> Question:
    question.save()
    _announce(question, before=before)
    return question


def _announce(question: Question, *, before: str | None) -> None:
    """Tell those who may see it now, and take it from those who may not any more."""
    data = question_data(question)
    room = room_stream(question.room_id)
    hosts = hosts_stream(question.room_id)
    author = f"person.{question.author_id}" if question.author_id else None
    shown, was_shown = question.state in SHOWN, before in SHOWN
    if author is not None and not (shown and was_shown):
        if shown:
            publish(author, "submission", removed=question.pk)
        else:
            publish(author, "submission", saved=data)
    if shown:
        publish(room, "question", saved=data)
    elif was_shown:
        publish(room, "question", removed=question.pk)
    if not shown:
        publish(hosts, "submission", saved=data)
    elif before is not None and not was_shown:
        publish(hosts, "submission", removed=question.pk)


def _announce_removal(room: Room, number: int, *, author_id: int, before: str) -> None:
    # Others keep a vote for a number that never comes again; that harms nothing.
    publish(f"person.{author_id}", "asked", removed=number)
    publish(f"person.{author_id}", "vote", removed=number)
    if before in SHOWN:
        publish(room_stream(room.pk), "question", removed=number)
    else:
        publish([f"person.{author_id}", hosts_stream(room.pk)], "submission", removed=number)


# --- the line of those who want to speak ---


@transaction.atomic
def raise_hand(actor: User, room_id: int, *, place: str = "online") -> Hand:
    """Stand in the line, at its end. Raised twice, nothing changes."""
    room, _role = get_room(actor, room_id)
    _lock_room(room)
    room, role = get_room_to_speak_in(
        actor, room_id
    )  # whoever is muted at the same moment does not get through
    if room.event.state == Event.State.ARCHIVED or (not rules_of(room).hands and role not in RUNS):
        raise Conflict(_("Hands cannot be raised in this room at the moment."))
    known = Hand.objects.filter(room=room, person=actor).select_related("person__organisation").first()
    return known or _stand(room, actor, person=actor, place=place)


@transaction.atomic
def add_hand(actor: User, room_id: int, *, name: str) -> Hand:
    """Put somebody in the hall who has no account in the same line."""
    room = _room_to_run(actor, room_id)
    _lock_room(room)
    return _stand(room, actor, name=name, place="hall", verb="hand.added")


def _stand(
    room: Room,
    actor: User,
    *,
    place: str,
    person: User | None = None,
    name: str = "",
    verb: str = "hand.raised",
) -> Hand:
    line = Hand.objects.filter(room=room)
    if line.count() >= MOST_HANDS:
        raise Conflict(_("The line is full at the moment. Try again when some have spoken."))
    last = line.aggregate(last=Max("position"))["last"]
    hand = Hand.objects.create(
        room=room, person=person, name=name, place=place, position=0 if last is None else last + 1
    )
    record(verb, actor, room, event=room.event, room=room.pk, hand=hand.pk, place=place)
    publish(room_stream(room.pk), "hand", saved=hand_data(hand))
    return hand


@transaction.atomic
def lower_hand(actor: User, room_id: int, *, hand_id: int) -> None:
    """Leave the line: one's own place, or anyone's for those who run the room. Also: somebody has spoken."""
    room, role = get_room(actor, room_id)
    _lock_room(room)
    hand = _get_hand(room, hand_id)
    if hand.person_id != actor.pk and role not in RUNS:
        raise Denied(_("Only those who run this room can take others out of the line."))
    _leave(actor, room, hand)


@transaction.atomic
def call_hand(actor: User, room_id: int, *, hand_id: int) -> Hand:
    """Give somebody the word. Whoever had it has spoken and leaves the line."""
    room = _room_to_run(actor, room_id)
    _lock_room(room)
    hand = _get_hand(room, hand_id)
    if hand.state == Hand.State.SPEAKING:
        raise Conflict(_("This person has the word already."))
    for speaking in Hand.objects.filter(room=room, state=Hand.State.SPEAKING):
        _leave(actor, room, speaking)
    hand.state = Hand.State.SPEAKING
    hand.save()
    record("hand.called", actor, room, event=room.event, room=room.pk, hand=hand.pk, person=hand.person_id)
    publish(room_stream(room.pk), "hand", saved=hand_data(hand))
    return hand


@transaction.atomic
def move_hand(actor: User, room_id: int, *, hand_id: int, before: int | None) -> None:
    """Put somebody before another in the line, or at its end."""
    room = _room_to_run(actor, room_id)
    _lock_room(room)
    hand = _get_hand(room, hand_id)
    line = list(
        Hand.objects.filter(room=room).select_related("person__organisation").order_by("position", "pk")
    )
    others = [each for each in line if each.pk != hand.pk]
    place = len(others)
    if before is not None:
        if before not in {each.pk for each in others}:
            raise Missing(_("Nobody stands there any more."))
        place = next(index for index, each in enumerate(others) if each.pk == before)
    others.insert(place, hand)
    for position, each in enumerate(others):
        if each.position != position:
            each.position = position
            each.save(update_fields=["position"])
            publish(room_stream(room.pk), "hand", saved=hand_data(each))
    record("hand.moved", actor, room, event=room.event, room=room.pk, hand=hand.pk, person=hand.person_id)


@transaction.atomic
def lower_hands_of(actor: User, room: Room, person: User) -> None:
    """Take the person out of the line: whoever is muted or removed does not get the word. The caller has locked the room."""
    for hand in Hand.objects.filter(room=room, person=person):
        _leave(actor, room, hand)


def _leave(actor: User | None, room: Room, hand: Hand) -> None:
    number = hand.pk
    hand.delete()
    by_others = actor is not None and hand.person_id != actor.pk
    record(
        "hand.taken_down" if by_others else "hand.lowered",
        actor,
        room,
        event=room.event,
        room=room.pk,
        hand=number,
        person=hand.person_id,
    )
    publish(room_stream(room.pk), "hand", removed=number)


def _get_hand(room: Room, hand_id: int) -> Hand:
    hand = Hand.objects.filter(room=room, pk=hand_id).select_related("person__organisation").first()
    if hand is None:
        raise Missing(_("This hand is not raised any more."))
    return hand


def _room_to_run(actor: User, room_id: int) -> Room:
    room, role = get_room(actor, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can give the word."))
    return room


def _lock_room(room: Room) -> None:
    """One change of the queue or the line at a time: nobody gets the same place twice, and one person has the word."""
    Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)


# --- my data ---


@erases("questions")
def forget_asker(person: User) -> None:
    """What the person asked stays, under no name; their votes and raised hands go."""
    for hand in Hand.objects.filter(person=person).select_related("room__event"):
        _leave(None, hand.room, hand)
    voted = list(Question.objects.filter(cast__person=person).values_list("pk", "merged_into"))
    Vote.objects.filter(person=person).delete()
    for number in sorted({merged or own for own, merged in voted}):
        _recount(number)
    Question.objects.filter(author=person).update(author=None)
