"""What stands on the stage of a room before and after its broadcast."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from conference.events.queries import get_event
from conference.rooms.queries import get_room_by_code
from realtime.broadcast.queries import around


@require_safe
def room_around(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    """A part of the room's page: what this session is and who speaks in it, and what comes after it. Fetched again when the
    programme changes and when the session has ended: both may lie hours after the page was loaded."""
    event = get_event(request.user, event_slug)
    request.event = event  # type: ignore[attr-defined]
    room, _role = get_room_by_code(request.user, event, room_code)
    return render(request, "realtime/around.html", {"around": around(request.user, room), "room": room})
