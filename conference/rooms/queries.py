"""Who may enter a room, and as what."""

from __future__ import annotations

from django.utils.translation import gettext as _

from conference.core.errors import Denied, Missing
from conference.core.models import Event
from conference.events.models import EventRole
from conference.events.queries import Viewer, roles_in
from conference.registration.queries import may_attend
from conference.rooms.models import Room, RoomRole

Role = RoomRole.Role

RUNS = frozenset({Role.HOST, Role.MODERATOR})
"""Roles that run a room."""

ON_STAGE = frozenset({Role.HOST, Role.MODERATOR, Role.SPEAKER, Role.INTERPRETER})
"""Roles that may send picture and sound."""


def get_room(viewer: Viewer, room_id: int) -> tuple[Room, str]:
    """The room and the viewer's role in it; `Missing` if there is none, `Denied` with the reason if the viewer has none."""
    room = Room.objects.select_related("event").filter(pk=room_id).first()
    if room is None or viewer is None or not viewer.is_authenticated:
        raise Missing(_("There is no such room."))
    role = role_in(viewer, room)
    if role is None:
        if room.event.state == Event.State.DRAFT:
            raise Missing(_("There is no such room."))
        if not room.open:
            raise Denied(_("This room is closed at the moment."))
        raise Denied(_("This room is for people with a ticket for the event. Register for the event first."))
    return room, role


def role_in(viewer: Viewer, room: Room) -> str | None:
    """The viewer's role in the room, or None for a stranger. Organizers are hosts of every room of their event, the event's
    moderators moderate every room; a part in this room comes next; a valid ticket makes an attendee."""
    if viewer is None or not viewer.is_authenticated:
        return None
    at_event = roles_in(viewer, room.event)
    if EventRole.Role.ORGANIZER in at_event:
        return Role.HOST
    own = RoomRole.objects.filter(room=room, user=viewer).values_list("role", flat=True).first()
    if own in RUNS:
        return own
    if EventRole.Role.MODERATOR in at_event:
        return Role.MODERATOR
    if own:
        return own
    if room.open and (at_event or (room.event.state != Event.State.DRAFT and may_attend(viewer, room.event))):
        return Role.ATTENDEE
    return None


def room_stream(room_id: int) -> str:
    """The stream that everyone in the room follows."""
    return f"room.{room_id}"


def hosts_stream(room_id: int) -> str:
    """The stream that those who run the room (`RUNS`) follow besides."""
    return f"room.{room_id}.hosts"
