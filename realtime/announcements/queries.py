"""Announcements: those that hold, for everyone in the room or at the event; all of them, for organizers; and whom one reaches.

An update is the same for all who follow, so it carries the text in every language it has, and the browser picks its reader's
(`static/js/realtime/announcements.js`, by the rules of `core.text`).
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import User
from conference.accounts.queries import person_data
from conference.core.errors import Missing
from conference.core.models import Event
from conference.core.personal_data import exports
from conference.core.text import localise
from conference.events.models import BodyMember, EventRole
from conference.events.queries import Viewer, require_organizer
from conference.programme.models import Session, Star
from conference.registration.models import Ticket
from conference.rooms.models import Restriction, Room, RoomRole
from conference.rooms.queries import RUNS
from realtime.announcements.models import Announcement
from realtime.snapshots import shows_in_event, shows_to_everyone

MOST = 30
"""Announcements that a snapshot holds, the newest."""


def announcement_data(announcement: Announcement) -> dict[str, Any]:
    """The public form, whoever looks: the text in all its languages."""
    return {
        "id": announcement.pk,
        "event": announcement.event_id,
        "room": announcement.room_id,
        "text": announcement.text,
        "link": announcement.link,
        "urgent": announcement.urgent,
        "author": person_data(announcement.author),
        "created": announcement.created,
    }


def _newest(rows: QuerySet[Announcement]) -> list[Announcement]:
    found = rows.filter(withdrawn=None).select_related("author__organisation").order_by("-pk")[:MOST]
    return list(found)[::-1]


@shows_to_everyone
def room_part(room: Room) -> dict[str, Any]:
    """What was announced in this room and holds, oldest first."""
    shown = _newest(Announcement.objects.filter(room=room))
    return {"state": {"announcement": [announcement_data(each) for each in shown]}}


@shows_in_event
def event_wide_part(event: Event) -> dict[str, Any]:
    """What was announced to the whole event and holds, oldest first."""
    shown = _newest(Announcement.objects.filter(event=event, room=None))
    return {"state": {"announcement": [announcement_data(each) for each in shown]}}


def get_room_announcement(room: Room, role: str, announcement_id: int) -> Announcement:
    """One that was made in this room, for somebody who runs it; `Missing` for anyone else."""
    found = Announcement.objects.filter(room=room, pk=announcement_id).select_related("event").first()
    if found is None or role not in RUNS:
        raise Missing(_("There is no such announcement."))
    return found


def get_announcement(viewer: Viewer, event: Event, announcement_id: int) -> Announcement:
    """Any announcement at the event, for its organizers."""
    require_organizer(viewer, event)
    found = Announcement.objects.filter(event=event, pk=announcement_id).select_related("event").first()
    if found is None:
        raise Missing(_("There is no such announcement."))
    return found


def announcements_of(viewer: Viewer, event: Event) -> QuerySet[Announcement]:
    """Everything that was announced at the event and in its rooms, newest first, for its organizers."""
    require_organizer(viewer, event)
    rows = Announcement.objects.filter(event=event)
    return rows.select_related("author", "withdrawn_by", "room__session").order_by("-pk")


def place_of(announcement: Announcement) -> Session | None:
    """The session in whose room it was made."""
    return Session.objects.filter(room=announcement.room_id).first() if announcement.room_id else None


# --- whom it concerns ---


def audience_of(event: Event, room: Room | None) -> QuerySet[User]:
    """Those whose inbox keeps an announcement.

    To the whole event: everyone with a valid ticket, and everyone with a part: in the event, in a room of it, or in its
    organizing body. To a room: those with a part in it, and those who have its session on their agenda and may come in. Who is
    only passing through is told in the room itself, where the announcement stays to be read; that they came is kept nowhere.
    """
    members = BodyMember.objects.filter(body__series__events=event).values("user")
    at_event = EventRole.objects.filter(event=event).values("user")
    tickets = Ticket.objects.filter(event=event, state=Ticket.State.VALID).values("user")
    people = User.objects.filter(deleted=None)
    if room is None:
        parts = RoomRole.objects.filter(room__event=event).values("user")
        return people.filter(Q(pk__in=tickets) | Q(pk__in=at_event) | Q(pk__in=members) | Q(pk__in=parts))
    concerned = Q(pk__in=RoomRole.objects.filter(room=room).values("user"))
    if room.open:
        starred = Q(pk__in=Star.objects.filter(session__room=room).values("user"))
        concerned |= starred & (Q(pk__in=tickets) | Q(pk__in=at_event) | Q(pk__in=members))
    removed = Restriction.objects.filter(room=room, kind=Restriction.Kind.REMOVED).values("user")
    return people.filter(concerned).exclude(pk__in=removed)


def reach_of(viewer: Viewer, event: Event) -> int:
    """How many people an announcement to the whole event would reach, for its organizers."""
    require_organizer(viewer, event)
    return audience_of(event, None).exclude(pk=(viewer.pk if viewer else None) or 0).count()


@exports(
    "announcements",
    gettext_lazy("Announcements you made"),
    {"event": gettext_lazy("Event"), "text": gettext_lazy("Text"), "created": gettext_lazy("Time")},
)
def announcements_by(person: User) -> list[dict[str, Any]]:
    """Everything the person announced, in all its languages."""
    rows = Announcement.objects.filter(author=person).select_related("event").order_by("pk")
    return [
        {
            "event": localise(row.event.name),
            "text": "\n".join(row.text.values()),
            "link": row.link,
            "created": row.created.isoformat(),
            "withdrawn": row.withdrawn is not None,
        }
        for row in rows
    ]
