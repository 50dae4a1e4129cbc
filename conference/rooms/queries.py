"""Who may enter a room, and as what."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from conference.core.errors import Denied, Missing
from conference.core.models import Event, Series
from conference.events.models import BodyMember, EventRole
from conference.events.queries import Viewer
from conference.registration.models import Ticket
from conference.rooms.models import Guest, Restriction, Room, RoomRole

Role = RoomRole.Role

RUNS = frozenset({Role.HOST, Role.MODERATOR})
"""Roles that run a room."""

ON_STAGE = frozenset({Role.HOST, Role.MODERATOR, Role.SPEAKER, Role.INTERPRETER, Role.GUEST})
"""Roles that may send picture and sound."""

AUDIENCES = {"backstage": ON_STAGE, "hosts": RUNS}
"""Who follows more than what everyone in the room sees: by the name of the stream behind, in the order of the names."""


class Removed(Denied):
    """Somebody was taken out of a room by those who run it."""


class Standing(NamedTuple):
    """What someone is in a room: a role, or None for a stranger; whether their ticket is for being in the hall; and what
    those who run the room took from them."""

    role: str | None
    in_hall: bool
    muted: bool = False
    removed: bool = False


def get_room(viewer: Viewer, room_id: int) -> tuple[Room, str]:
    """The room and the viewer's role in it; `Missing` if there is none, `Denied` with the reason if the viewer has none."""
    room, role, _in_hall = get_room_and_standing(viewer, room_id)
    return room, role


def get_room_and_standing(viewer: Viewer, room_id: int) -> tuple[Room, str, bool]:
    """The same, and whether the viewer's ticket is for being in the hall."""
    room = Room.objects.select_related("event").filter(pk=room_id).first()
    if room is None or viewer is None or not viewer.is_authenticated:
        raise Missing(_("There is no such room."))
    standing = standing_in(viewer, room)
    if standing.removed:
        raise Removed(
            _(
                "Those who run this room have removed you from it. If you think that is a mistake, "
                "write to the organizers of the event: they can let you back in."
            )
        )
    if standing.role is None:
        if room.event.state == Event.State.DRAFT:
            raise Missing(_("There is no such room."))
        if not room.open:
            raise Denied(_("This room is closed at the moment."))
        raise Denied(_("This room is for people with a ticket for the event. Register for the event first."))
    return room, standing.role, standing.in_hall


def get_room_to_speak_in(viewer: Viewer, room_id: int) -> tuple[Room, str]:
    """`get_room` for whoever wants to say something that others see; `Denied` for those who are muted there."""
    room, role = get_room(viewer, room_id)
    if role not in RUNS and standing_in(viewer, room).muted:
        raise Denied(_("Those who run this room have muted you here. You can read and listen along."))
    return room, role


def get_room_by_code(viewer: Viewer, event: Event, code: str) -> tuple[Room, str]:
    """The room of the event with that short code, and the viewer's role in it; refused as by `get_room`."""
    number = Room.objects.filter(event=event, code=code).values_list("pk", flat=True).first()
    return get_room(viewer, number or 0)


def is_on_air(room: Room, at: datetime | None = None) -> bool:
    """Whether everyone in the room may see and hear its stage; else only those with a part on it."""
    if not room.green_room:
        return True
    return room.on_air_from is not None and room.on_air_from <= (at or timezone.now())


def people_on_stage(room: Room) -> set[int]:
    """The ids of those who were given a part on the stage of this room or of all rooms of its event. Who has it by other ways
    (the organizing body) is not among them."""
    here = RoomRole.objects.filter(room=room, role__in=ON_STAGE).values_list("user_id", flat=True)
    everywhere = EventRole.objects.filter(
        event=room.event_id, role__in=[EventRole.Role.ORGANIZER, EventRole.Role.MODERATOR]
    ).values_list("user_id", flat=True)
    removed = Restriction.objects.filter(room=room, kind=Restriction.Kind.REMOVED).values_list(
        "user_id", flat=True
    )
    guests = Guest.objects.filter(room=room).values_list("user_id", flat=True)
    return {*here, *everywhere, *guests} - set(removed)


def role_in(viewer: Viewer, room: Room) -> str | None:
    """The viewer's role in the room, or None for a stranger. Organizers are hosts of every room of their event, the event's
    moderators moderate every room; a part in this room comes next; a valid ticket makes an attendee, in a small room a guest."""
    return standing_in(viewer, room).role


# Asked for every command in every room, so in one statement: what `events.queries.roles_in`, `registration.queries.may_attend`
# and a `RoomRole` say of one person. A test holds them together.
_STANDING = f"""
    SELECT ARRAY(SELECT role FROM {EventRole._meta.db_table} WHERE event_id = %(event)s AND user_id = %(user)s),
           EXISTS(SELECT FROM {BodyMember._meta.db_table} member
                  JOIN {Series._meta.db_table} series ON series.body_id = member.body_id
                  JOIN {Event._meta.db_table} event ON event.series_id = series.id
                  WHERE member.user_id = %(user)s AND event.id = %(event)s),
           (SELECT role FROM {RoomRole._meta.db_table} WHERE room_id = %(room)s AND user_id = %(user)s ORDER BY id LIMIT 1),
           ticket.state, ticket.mode,
           ARRAY(SELECT kind FROM {Restriction._meta.db_table} WHERE room_id = %(room)s AND user_id = %(user)s),
           EXISTS(SELECT FROM {Guest._meta.db_table} WHERE room_id = %(room)s AND user_id = %(user)s)
    FROM (SELECT) nothing
    LEFT JOIN {Ticket._meta.db_table} ticket ON ticket.event_id = %(event)s AND ticket.user_id = %(user)s
"""  # noqa: S608 - the names of our own tables


def standing_in(viewer: Viewer, room: Room) -> Standing:
    """What the viewer is in the room. One query."""
    if viewer is None or not viewer.is_authenticated:
        return Standing(None, False)
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"event": room.event_id, "room": room.pk, "user": viewer.pk})
        at_event, of_body, own, ticket, mode, lost, is_guest = cursor.fetchone()
    role = _role(
        set(at_event) | ({EventRole.Role.ORGANIZER} if of_body or viewer.is_superuser else set()),
        own,
        room,
        ticket == Ticket.State.VALID,
        is_guest,
    )
    in_hall = mode == Ticket.Mode.ONSITE
    if role is None or role in RUNS:
        return Standing(role, in_hall)
    if Restriction.Kind.REMOVED in lost:
        return Standing(None, in_hall, removed=True)
    return Standing(role, in_hall, muted=Restriction.Kind.MUTED in lost)


def _role(at_event: set[str], own: str | None, room: Room, may_attend: bool, is_guest: bool) -> str | None:
    if EventRole.Role.ORGANIZER in at_event:
        return Role.HOST
    if own in RUNS:
        return own
    if EventRole.Role.MODERATOR in at_event:
        return Role.MODERATOR
    if own and own != Role.ATTENDEE:
        return own
    may_enter = room.open and (at_event or (room.event.state != Event.State.DRAFT and may_attend))
    if not own and not may_enter:
        return None
    return Role.GUEST if room.small or is_guest else Role.ATTENDEE


def room_stream(room_id: int) -> str:
    """The stream that everyone in the room follows."""
    return f"room.{room_id}"


def hosts_stream(room_id: int) -> str:
    """The stream that those who run the room (`RUNS`) follow besides."""
    return audience_stream(room_id, "hosts")


def backstage_stream(room_id: int) -> str:
    """The stream that those with a part on the stage (`ON_STAGE`) follow besides."""
    return audience_stream(room_id, "backstage")


def audience_stream(room_id: int, audience: str) -> str:
    """The stream of one of the `AUDIENCES`."""
    return f"room.{room_id}.{audience}"


def audiences_of(role: str) -> list[str]:
    """The `AUDIENCES` to which someone with this role belongs."""
    return [audience for audience, roles in AUDIENCES.items() if role in roles]
