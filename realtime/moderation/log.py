"""What those who run a room did there, out of the journal: for them.

An act is a fact whose verb stands in `ACTS`. Facts name people by their ids; whoever asked without a name is in none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import User
from conference.core.models import Fact
from conference.rooms.models import Room
from realtime.moderation.models import Report
from realtime.rules.models import RoomRules

PAGE = 50
MOST = 20_000
"""Acts in a file."""

GROUPS: dict[str, tuple[Any, dict[str, Any]]] = {
    "people": (
        gettext_lazy("People"),
        {
            "person.muted": gettext_lazy("Muted"),
            "person.unmuted": gettext_lazy("No longer muted"),
            "person.removed": gettext_lazy("Removed from the room"),
            "person.readmitted": gettext_lazy("Let back in"),
            "stage.taken_off": gettext_lazy("Taken off the stage"),
            "stage.invited": gettext_lazy("Asked to the stage"),
            "stage.withdrawn": gettext_lazy("Asked to the stage no more"),
            "stage.sent_back": gettext_lazy("Sent back from the stage"),
            "stage.muted": gettext_lazy("Muted on the stage"),
            "stage.unmuted": gettext_lazy("Let speak on the stage again"),
            "stage.handed_over": gettext_lazy("Gave or freed the speaker's place"),
            "stage.arranged": gettext_lazy("Chose how everyone sees the stage"),
        },
    ),
    "reports": (gettext_lazy("Reports"), {"report.decided": gettext_lazy("Decided about a report")}),
    "chat": (
        gettext_lazy("Chat"),
        {
            "message.deleted": gettext_lazy("Deleted a message"),
            "message.approved": gettext_lazy("Approved a message"),
            "message.dismissed": gettext_lazy("Dismissed a message"),
        },
    ),
    "questions": (
        gettext_lazy("Questions"),
        {
            "question.made_open": gettext_lazy("Put a question into the queue"),
            "question.made_dismissed": gettext_lazy("Dismissed a question"),
            "question.made_answering": gettext_lazy("Took a question to be answered"),
            "question.answered": gettext_lazy("Question answered"),
            "question.pinned": gettext_lazy("Pinned or unpinned a question"),
            "question.merged": gettext_lazy("Put questions together or apart"),
        },
    ),
    "line": (
        gettext_lazy("The line"),
        {
            "hand.added": gettext_lazy("Put somebody into the line"),
            "hand.called": gettext_lazy("Gave the word"),
            "hand.moved": gettext_lazy("Moved in the line"),
            "hand.taken_down": gettext_lazy("Taken out of the line"),
        },
    ),
    "polls": (
        gettext_lazy("Polls"),
        {
            "poll.created": gettext_lazy("Made a poll"),
            "poll.edited": gettext_lazy("Changed a poll"),
            "poll.deleted": gettext_lazy("Deleted a poll"),
            "poll.opened": gettext_lazy("Opened a poll"),
            "poll.closed": gettext_lazy("Closed a poll"),
            "poll.shown": gettext_lazy("Showed the results of a poll"),
            "poll.hidden": gettext_lazy("Hid the results of a poll"),
        },
    ),
    "room": (
        gettext_lazy("Rules, timer and going live"),
        {
            "broadcast.started": gettext_lazy("Went live"),
            "broadcast.cancelled": gettext_lazy("Stopped the countdown to going live"),
            "broadcast.ended": gettext_lazy("Ended the live session"),
            "broadcast.reopened": gettext_lazy("Continued the live session"),
            "room.rules_set": gettext_lazy("Changed the rules"),
            "timer.started": gettext_lazy("Started the timer"),
            "timer.added": gettext_lazy("Changed the time"),
            "timer.called": gettext_lazy("Said that two minutes are left"),
            "timer.stopped": gettext_lazy("Stopped the timer"),
        },
    ),
}

ACTS = {verb: words for _title, verbs in GROUPS.values() for verb, words in verbs.items()}


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the log. `whom` is empty where it concerns nobody, or somebody who asked without a name."""

    number: int
    happened: datetime
    who: str
    what: str
    whom: str
    details: str


def acts_in(room: Room, *, group: str = "", before: int | None = None, most: int = PAGE) -> list[Act]:
    """What was done in a room that the caller has checked, newest first; of one group, and before an act, where asked for."""
    verbs = GROUPS[group][1] if group in GROUPS else ACTS
    rows = Fact.objects.filter(event=room.event_id, verb__in=list(verbs), data__room=room.pk)
    # What an author takes back is no act of those who run the room.
    rows = rows.exclude(Q(verb="message.deleted"), ~Q(data__by_hosts=True))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    facts = list(rows.select_related("actor").order_by("-pk")[:most])
    people = User.objects.in_bulk({number for fact in facts if (number := _whom(fact)) is not None})
    return [
        Act(
            number=fact.pk,
            happened=fact.happened,
            who=_name(fact.actor) if fact.actor else "",
            what=str(ACTS[fact.verb]),
            whom=_name(people.get(_whom(fact) or 0)) if _whom(fact) is not None else "",
            details=_details(fact),
        )
        for fact in facts
    ]


def _whom(fact: Fact) -> int | None:
    number = fact.data.get("person")
    return number if isinstance(number, int) else None


def _name(person: User | None) -> str:
    if person is None or person.deleted is not None:
        return _("Someone who left")
    return person.name or person.name_latin or person.name_chinese or _("Someone")


def _details(fact: Fact) -> str:
    data = fact.data
    match fact.verb:
        case "report.decided":
            return str(Report.Decision(data["decision"]).label) if data.get("decision") else ""
        case "room.rules_set":
            return "; ".join(_rule(name, value) for name, value in data.items() if name != "room")
        case "timer.started" | "timer.added":
            return _("%(seconds)d seconds") % {"seconds": int(data.get("seconds", 0))}
        case "question.pinned":
            return _("Pinned") if data.get("pinned") else _("Unpinned")
        case _:
            return ""


RULES = {field.name: field for field in RoomRules._meta.get_fields() if hasattr(field, "verbose_name")}


def _rule(name: str, value: object) -> str:
    """A rule as the pages name it, and what it was set to."""
    if name == "chat" and value in RoomRules.Chat.values:
        return str(RoomRules.Chat(value).label)
    if isinstance(value, bool):
        told = _("yes") if value else _("no")
    else:
        told = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{RULES[name].verbose_name if name in RULES else name}: {told}"
