"""The address of one message."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from conference.events.queries import get_event
from conference.programme.queries import session_of_room
from conference.rooms.queries import get_room_by_code


@require_GET
def chat_message(request: HttpRequest, event_slug: str, code: str, message: int) -> HttpResponse:
    """To the page of what the room belongs to, which opens the chat at this message."""
    event = get_event(request.user, event_slug)
    room, _role = get_room_by_code(request.user, event, code)
    session = session_of_room(request.user, room.code).session
    return redirect(f"{reverse('session', args=[event.slug, session.code])}?message={message}#room-chat")
