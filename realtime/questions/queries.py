"""Questions and raised hands, for someone who is in the room.

What everyone may see travels as `question` on the room's stream. What waits to be looked at, or was dismissed, is a
`submission`: the same thing under another name, for those who run the room (`room.12.hosts`) and for whoever asked
(`person.7`). Who asked without a name is told to nobody, those who run the room included.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import User
from conference.accounts.queries import person_data
from conference.core.errors import Missing
from conference.core.personal_data import exports
from conference.events.queries import Viewer
from conference.rooms.models import Room
from conference.rooms.queries import RUNS
from realtime.questions.models import Hand, Question, Vote
from realtime.snapshots import shows_to_everyone, shows_to_hosts, shows_to_person

State = Question.State

SHOWN = frozenset({State.OPEN, State.ANSWERING, State.ANSWERED})
"""States in which everyone in the room sees a question."""

MOST = 500
"""Questions of one room that a snapshot holds, the newest; hands likewise."""


def question_data(question: Question) -> dict[str, Any]:
    """The public form of a question, whoever looks."""
    return {
        "id": question.pk,
        "room": question.room_id,
        "author": None if question.anonymous else person_data(question.author),
        "anonymous": question.anonymous,
        "text": question.text,
        "place": question.place,
        "state": question.state,
        "pinned": question.pinned,
        "merged_into": question.merged_into_id,
        "votes": question.votes,
        "answer": question.answer,
        "answered_by": person_data(question.answered_by) if question.answered_by else None,
        "answered": question.answered,
        "created": question.created,
    }


def hand_data(hand: Hand) -> dict[str, Any]:
    """The public form of a place in the line of those who want to speak."""
    return {
        "id": hand.pk,
        "person": person_data(hand.person) if hand.person_id else None,
        "name": hand.name,
        "place": hand.place,
        "state": hand.state,
        "position": hand.position,
        "raised": hand.raised,
    }


def shown_questions(room: Room) -> list[Question]:
    """What everyone in the room sees, oldest first."""
    return _newest(Question.objects.filter(room=room, state__in=SHOWN))


def submissions(room: Room) -> list[Question]:
    """What only those who run the room see, oldest first."""
    return _newest(Question.objects.filter(room=room).exclude(state__in=SHOWN))


def own_submissions(person: User, room: Room) -> list[Question]:
    """What the person asked here and others do not see."""
    return _newest(Question.objects.filter(room=room, author=person).exclude(state__in=SHOWN))


def _newest(rows: Any) -> list[Question]:
    found = rows.select_related("author__organisation", "answered_by__organisation").order_by("-pk")[:MOST]
    return list(found)[::-1]


def own_votes(person: User, room: Room) -> list[int]:
    """The questions of this room that the person voted for."""
    return list(
        Vote.objects.filter(question__room=room, person=person)
        .order_by("question")
        .values_list("question", flat=True)
    )


def own_questions(person: User, room: Room) -> list[int]:
    """The questions of this room that the person asked, with or without a name."""
    return list(Question.objects.filter(room=room, author=person).order_by("pk").values_list("pk", flat=True))


def hands_in(room: Room) -> list[Hand]:
    """Who speaks and who waits, in their order."""
    rows = Hand.objects.filter(room=room).select_related("person__organisation")
    return list(rows.order_by("position", "pk")[:MOST])


def get_question(viewer: Viewer, room: Room, role: str, question_id: int) -> Question:
    """A question that the viewer, who is in the room in this role, may see; else `Missing`."""
    rows = Question.objects.filter(room=room, pk=question_id)
    if role not in RUNS:
        seen = Q(state__in=SHOWN)
        if viewer is not None and viewer.is_authenticated:
            seen |= Q(author=viewer)
        rows = rows.filter(seen)
    found = rows.select_related("room__event", "author__organisation", "answered_by__organisation").first()
    if found is None:
        raise Missing(_("There is no such question."))
    return found


# --- what a room shows to whoever comes in ---


@shows_to_everyone
def shown_part(room: Room) -> dict[str, Any]:
    """The queue as everyone sees it, and the line."""
    return {
        "state": {
            "question": [question_data(each) for each in shown_questions(room)],
            "hand": [hand_data(each) for each in hands_in(room)],
        }
    }


@shows_to_hosts
def hosts_part(room: Room) -> dict[str, Any]:
    """What waits to be looked at, and what was dismissed."""
    return {"state": {"submission": [question_data(each) for each in submissions(room)]}}


@shows_to_person(
    f"EXISTS(SELECT FROM {Question._meta.db_table} WHERE room_id = %(room)s AND author_id = %(person)s)",
    asked=[],
    submission=[],
)
def asked_by_person(person: User, room: Room) -> dict[str, Any]:
    """What the person asked, by the ids of the questions; of what others do not see, the whole."""
    return {
        "asked": [{"id": number} for number in own_questions(person, room)],
        "submission": [question_data(each) for each in own_submissions(person, room)],
    }


@shows_to_person(
    f"""EXISTS(SELECT FROM {Vote._meta.db_table} vote JOIN {Question._meta.db_table} question ON question.id = vote.question_id
               WHERE question.room_id = %(room)s AND vote.person_id = %(person)s)""",
    vote=[],
)
def votes_of_person(person: User, room: Room) -> dict[str, Any]:
    """What the person voted for, by the ids of the questions."""
    return {"vote": [{"id": number} for number in own_votes(person, room)]}


@exports(
    "questions",
    gettext_lazy("Questions you asked"),
    {"text": gettext_lazy("Question"), "answer": gettext_lazy("Answer"), "created": gettext_lazy("Asked")},
)
def questions_by(person: User) -> list[dict[str, Any]]:
    """Everything the person asked, with or without a name."""
    rows = Question.objects.filter(author=person).order_by("pk")
    return [
        {
            "room": row.room_id,
            "text": row.text,
            "anonymous": row.anonymous,
            "state": row.state,
            "answer": row.answer,
            "created": row.created.isoformat(),
        }
        for row in rows
    ]
