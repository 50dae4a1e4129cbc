"""Who attends."""

from __future__ import annotations

from django.db.models import QuerySet

from conference.core.models import Event
from conference.events.queries import Viewer
from conference.registration.models import Ticket


def ticket_of(viewer: Viewer, event: Event) -> Ticket | None:
    """The viewer's own ticket for the event, in whatever state."""
    if viewer is None or not viewer.is_authenticated:
        return None
    return Ticket.objects.filter(event=event, user=viewer).first()


def may_attend(viewer: Viewer, event: Event) -> bool:
    """Whether the viewer holds a valid ticket."""
    ticket = ticket_of(viewer, event)
    return ticket is not None and ticket.state == Ticket.State.VALID


def tickets_of(viewer: Viewer) -> QuerySet[Ticket]:
    """The viewer's own tickets, newest event first."""
    if viewer is None or not viewer.is_authenticated:
        return Ticket.objects.none()
    return Ticket.objects.filter(user=viewer).select_related("event").order_by("-event__starts_on")
