"""Who may open the screen of a room, and what stands on it besides what the room itself shows.

A screen sees what everyone in the room sees, and nothing else. It is opened by somebody who runs the room, or by a link of
that room; it is nobody's: it is not counted among the people and can do nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from conference.core.errors import Denied, Missing
from conference.core.models import Event
from conference.events.queries import Viewer
from conference.programme.models import Session, Slot
from conference.programme.queries import SessionPage, released_sessions, session_of_room
from conference.rooms.models import Room
from conference.rooms.queries import RUNS, get_room_by_code, role_in
from realtime.screen.keys import opens
from realtime.screen.models import ScreenLink


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen that may show its room: opened by a link, or by a person who runs the room (their id)."""

    room: Room
    link: int | None
    person: int | None


def screens_stream(room_id: int) -> str:
    """The stream on which the screens of a room hear that they may have been closed."""
    return f"room.{room_id}.screens"


def find_screen(viewer: Viewer, room_code: str, link: int | None) -> Screen | None:
    """The screen of the room with that code, if the link (its number) opens it, or the viewer runs the room."""
    room = Room.objects.select_related("event").filter(code=room_code).first()
    if room is None:
        return None
    if link is not None and ScreenLink.objects.filter(room=room, pk=link).exists():
        return Screen(room, link, None)
    if viewer is not None and viewer.is_authenticated and role_in(viewer, room) in RUNS:
        return Screen(room, None, viewer.pk)
    return None


def link_by_key(event_slug: str, room_code: str, key: str) -> ScreenLink:
    """The link of that room with that key; `Missing` if there is none (any more)."""
    links = ScreenLink.objects.filter(room__code=room_code, room__event__slug=event_slug)
    for link in links:
        if opens(link, key):
            return link
    raise Missing(
        _("This link for the screen does not work any more. Those who run the room can make a new one.")
    )


def screen_links(viewer: Viewer, event: Event, room_code: str) -> tuple[Room, list[ScreenLink]]:
    """The room and the links that open its screen, oldest first, for those who run it."""
    room = get_room_to_run(viewer, event, room_code)
    return room, list(ScreenLink.objects.filter(room=room).order_by("pk"))


def get_room_to_run(viewer: Viewer, event: Event, room_code: str) -> Room:
    """The room, for those who run it; `Denied` for others who are in it."""
    room, role = get_room_by_code(viewer, event, room_code)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can open its screen in the hall."))
    return room


def session_on_screen(viewer: Viewer, room: Room, at: datetime) -> tuple[SessionPage | None, Slot | None]:
    """The session that the room belongs to, if the viewer may see it, and the one that comes after it at the same place."""
    try:
        page = session_of_room(viewer, room.code)
    except Missing:
        return None, None
    slot = page.slot
    if slot is None or slot.hall_id is None or slot.end is None:
        return page, None
    after = (
        released_sessions(viewer, room.event)
        .filter(hall=slot.hall_id, start__gte=max(slot.end, at), cancelled=False)
        .exclude(session__kind=Session.Kind.BREAK)
        .exclude(session=page.session)
    )
    return page, after.first()
