"""Getting, changing and giving up a ticket."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied
from conference.core.journal import record
from conference.core.models import Event
from conference.registration.models import Ticket


@transaction.atomic
def register(actor: User, event: Event, *, mode: str) -> Ticket:
    """Take a ticket for the event, in the hall or online. Doing it again changes the mode and never makes a second ticket."""
    if event.state != Event.State.PUBLISHED:
        raise Conflict(_("Registration for this event is not open."))
    ticket = Ticket.objects.select_for_update().filter(event=event, user=actor).first()
    if ticket is not None and ticket.state != Ticket.State.CANCELLED:
        if ticket.mode != mode:
            ticket.mode = mode
            ticket.save(update_fields=["mode"])
            record("ticket.changed", actor, ticket, mode=mode)
        return ticket
    if event.admission == Event.Admission.INVITATION:
        raise Denied(_("This event is by invitation. Ask its organizers to invite you."))
    state = Ticket.State.VALID if event.admission == Event.Admission.OPEN else Ticket.State.PENDING
    ticket, created = Ticket.objects.update_or_create(event=event, user=actor, defaults={"mode": mode, "state": state})
    record("ticket.taken", actor, ticket, mode=mode, state=state, again=not created)
    return ticket


@transaction.atomic
def cancel_ticket(actor: User, event: Event) -> None:
    """Give the actor's own ticket back."""
    ticket = Ticket.objects.select_for_update().filter(event=event, user=actor).first()
    if ticket is None or ticket.state == Ticket.State.CANCELLED:
        raise Conflict(_("You have no ticket for this event."))
    ticket.state = Ticket.State.CANCELLED
    ticket.save(update_fields=["state"])
    record("ticket.cancelled", actor, ticket)
