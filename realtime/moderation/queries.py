"""Who was muted or removed, what was reported, and what those who run a room did: for them. What somebody lost: for that
person. Who reported is told to nobody."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import User
from conference.accounts.queries import person_data
from conference.core.errors import Denied, Missing
from conference.core.models import Event
from conference.core.personal_data import exports
from conference.events.queries import Viewer
from conference.rooms.models import Restriction, Room
from conference.rooms.queries import RUNS, get_room, get_room_by_code, standing_in
from realtime.chat.models import Message
from realtime.moderation.models import Report
from realtime.questions.models import Question
from realtime.questions.queries import get_question
from realtime.snapshots import shows_to_hosts, shows_to_person

MOST = 200
"""Reports of one room that a snapshot holds, the newest; people who lost something likewise."""

Kind = Restriction.Kind


def get_room_to_run(viewer: User, room_id: int) -> Room:
    """The room, for those who run it; `Denied` to the others in it."""
    room, role = get_room(viewer, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can do that."))
    return room


# --- who lost what ---


def restrictions_data(person: User, lost: set[str]) -> dict[str, Any]:
    """What somebody may not do in a room, for those who run it. The id is the person's."""
    return {
        "id": person.pk,
        "person": person_data(person),
        "muted": Kind.MUTED in lost,
        "removed": Kind.REMOVED in lost,
    }


def own_restrictions_data(room: Room, lost: set[str]) -> dict[str, Any]:
    """The same for the person. The id is the room's."""
    return {"id": room.pk, "muted": Kind.MUTED in lost, "removed": Kind.REMOVED in lost}


def lost_by(person: User, room: Room) -> set[str]:
    """What the person may not do in the room."""
    return set(Restriction.objects.filter(room=room, user=person).values_list("kind", flat=True))


def get_person_in(room: Room, person_id: int) -> User:
    """Somebody who may be in the room, or was removed from it; `Missing` for everyone else."""
    person = User.objects.select_related("organisation").filter(pk=person_id, deleted=None).first()
    standing = standing_in(person, room)
    if person is None or (standing.role is None and not standing.removed):
        raise Missing(_("There is no such person in this room."))
    return person


# --- reports ---


def report_data(report: Report) -> dict[str, Any]:
    """A report for those who run the room. It does not say who made it."""
    return {
        "id": report.pk,
        "kind": report.kind,
        "thing": report.thing,
        "person": person_data(report.person) if report.person_id else None,
        "text": report.text,
        "reason": report.reason,
        "words": report.words,
        "created": report.created,
        "decision": report.decision,
        "note": report.note,
        "decided_by": person_data(report.decided_by) if report.decided_by_id else None,
        "decided": report.decided,
    }


def get_reported(viewer: User, room: Room, role: str, kind: str, thing: int) -> tuple[User | None, str]:
    """Whom it is about and what it says, for someone in the room who sees it; `Missing` otherwise. Nobody is told of whoever
    asked without a name."""
    if kind == Report.Kind.MESSAGE:
        message = (
            Message.objects.filter(room=room, pk=thing, state=Message.State.SHOWN)
            .select_related("author__organisation")
            .first()
        )
        if message is None:
            raise Missing(_("There is no such message any more."))
        return message.author, message.text
    if kind == Report.Kind.QUESTION:
        question: Question = get_question(viewer, room, role, thing)
        return (None if question.anonymous else question.author), question.text
    return get_person_in(room, thing), ""


def get_report(room: Room, report_id: int) -> Report:
    report = (
        Report.objects.select_related("decided_by__organisation", "person__organisation", "reporter")
        .filter(room=room, pk=report_id)
        .first()
    )
    if report is None:
        raise Missing(_("There is no such report."))
    return report


# --- what a room shows to whoever comes in ---


@shows_to_hosts
def hosts_part(room: Room) -> dict[str, Any]:
    """The reports, oldest first, and those who were muted or removed."""
    reports = (
        Report.objects.filter(room=room)
        .select_related("person__organisation", "decided_by__organisation")
        .order_by("-pk")[:MOST]
    )
    lost: dict[int, tuple[User, set[str]]] = {}
    rows = Restriction.objects.filter(room=room).select_related("user__organisation").order_by("-pk")
    for row in rows[: 2 * MOST]:
        lost.setdefault(row.user_id, (row.user, set()))[1].add(row.kind)
    return {
        "state": {
            "report": [report_data(report) for report in list(reports)[::-1]],
            "restriction": [restrictions_data(person, kinds) for person, kinds in lost.values()],
        }
    }


@shows_to_person(
    f"""%(role)s <> ALL('{{{",".join(sorted(RUNS))}}}') AND
        EXISTS(SELECT FROM {Restriction._meta.db_table} WHERE room_id = %(room)s AND user_id = %(person)s)""",
    restriction=[],
)
def own_restrictions(person: User, room: Room) -> dict[str, Any]:
    """What was taken from the person here; nothing can be from those who run the room."""
    return {"restriction": [own_restrictions_data(room, lost_by(person, room))]}


# --- my data ---


@exports(
    "reports",
    gettext_lazy("What you reported to those who run a room"),
    {
        "text": gettext_lazy("What it said"),
        "words": gettext_lazy("Your words"),
        "note": gettext_lazy("Their answer"),
        "created": gettext_lazy("Reported"),
    },
)
def reports_by(person: User) -> list[dict[str, Any]]:
    """Everything the person reported."""
    rows = Report.objects.filter(reporter=person).order_by("pk")
    return [
        {
            "room": row.room_id,
            "kind": row.kind,
            "text": row.text,
            "reason": row.reason,
            "words": row.words,
            "decision": row.decision,
            "note": row.note,
            "created": row.created.isoformat(),
        }
        for row in rows
    ]


@exports(
    "restrictions",
    gettext_lazy("Where you were muted or removed"),
    {"kind": gettext_lazy("What you may not do"), "created": gettext_lazy("Since")},
)
def restrictions_of(person: User) -> list[dict[str, Any]]:
    """What was taken from the person, and where."""
    rows = Restriction.objects.filter(user=person).order_by("pk")
    return [
        {"room": row.room_id, "kind": row.get_kind_display(), "created": row.created.isoformat()}
        for row in rows
    ]


# --- the console and its log ---


def get_console(viewer: Viewer, event: Event, code: str) -> tuple[Room, dict[str, Any] | None]:
    """The room with that short code and the title of what it is about, for those who run it; `Denied` for the others in it."""
    room, role = get_room_by_code(viewer, event, code)
    if role not in RUNS:
        raise Denied(_("Only those who run this room have its console."))
    # The room tells by its owner what it is about.
    return room, (room.session.title if hasattr(room, "session") else None)
