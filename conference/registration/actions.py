"""Getting, changing and giving up a ticket."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from conference.accounts.actions import Actor, agree_to_directory, require_person, withdraw_from_directory
from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Missing
from conference.core.journal import record
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish
from conference.events.queries import require_organizer
from conference.notifications.actions import notify
from conference.registration.models import Ticket


@transaction.atomic
def register(actor: Actor, event: Event, *, mode: str) -> Ticket:
    """Take a ticket for the event, in the hall or online. Doing it again changes the mode and never makes a second
    ticket."""
    person = require_person(actor)
    if mode not in Ticket.Mode.values:
        raise ValueError(f"No such way to attend: {mode}.")
    if event.state != Event.State.PUBLISHED:
        raise Conflict(_("Registration for this event is not open."))
    User.objects.select_for_update(of=("self",), no_key=True).get(
        pk=person.pk
    )  # two windows at once, one ticket
    ticket = Ticket.objects.filter(event=event, user=person).first()
    if ticket is not None and ticket.state == Ticket.State.REFUSED:
        raise Denied(
            _("The organizers did not accept your registration. Ask them if you think that is a mistake.")
        )
    if ticket is not None and not ticket.ended:
        if ticket.mode != mode:
            ticket.mode = mode
            ticket.save(update_fields=["mode"])
            record("ticket.changed", person, ticket, mode=mode)
        return ticket
    if event.admission == Event.Admission.INVITATION:
        raise Denied(_("This event is by invitation. Ask its organizers to invite you."))
    state = Ticket.State.VALID if event.admission == Event.Admission.OPEN else Ticket.State.PENDING
    ticket, created = Ticket.objects.update_or_create(
        event=event, user=person, defaults={"mode": mode, "state": state}
    )
    record("ticket.taken", person, ticket, mode=mode, state=state, again=not created)
    return ticket


@transaction.atomic
def cancel_ticket(actor: Actor, event: Event) -> None:
    """Give the actor's own ticket back; they are no longer listed among the participants either."""
    person = require_person(actor)
    ticket = Ticket.objects.select_for_update().filter(event=event, user=person).first()
    if ticket is None or ticket.ended:
        raise Conflict(_("You have no ticket for this event."))
    ticket.state = Ticket.State.CANCELLED
    ticket.save(update_fields=["state"])
    withdraw_from_directory(person, event)
    record("ticket.cancelled", person, ticket)
    publish(f"person.{person.pk}", "rights", saved={"id": event.pk})


@transaction.atomic
def answer_registration(actor: Actor, event: Event, ticket_id: int, *, approve: bool) -> Ticket:
    """An organizer lets a waiting person in, or does not; the person is told when they are let in. Who was refused may be let
    in later."""
    organizer = require_person(actor)
    require_organizer(organizer, event)
    ticket = Ticket.objects.select_for_update(of=("self",)).filter(event=event, pk=ticket_id).first()
    if ticket is None:
        raise Missing(_("There is no such registration."))
    if ticket.state != Ticket.State.PENDING and not (approve and ticket.state == Ticket.State.REFUSED):
        raise Conflict(_("This registration was already answered."))
    ticket.state = Ticket.State.VALID if approve else Ticket.State.REFUSED
    ticket.save(update_fields=["state"])
    record("ticket.approved" if approve else "ticket.refused", organizer, ticket)
    publish(f"person.{ticket.user_id}", "rights", saved={"id": event.pk})
    if approve:
        notify([ticket.user], "ticket.approved", event=event, link=f"/{event.slug}/", title=event.name)
    return ticket


@transaction.atomic
def withdraw_registration(actor: Actor, event: Event, ticket_id: int) -> Ticket:
    """An organizer takes a valid ticket back; its holder is told, is no longer listed, and cannot take another."""
    organizer = require_person(actor)
    require_organizer(organizer, event)
    ticket = Ticket.objects.select_for_update(of=("self",)).filter(event=event, pk=ticket_id).first()
    if ticket is None:
        raise Missing(_("There is no such registration."))
    if ticket.state != Ticket.State.VALID:
        raise Conflict(_("This ticket is not valid, so it cannot be taken back."))
    ticket.state = Ticket.State.REFUSED
    ticket.save(update_fields=["state"])
    withdraw_from_directory(ticket.user, event)
    record("ticket.withdrawn", organizer, ticket)
    publish(f"person.{ticket.user_id}", "rights", saved={"id": event.pk})
    notify([ticket.user], "ticket.withdrawn", event=event, link=f"/{event.slug}/", title=event.name)
    return ticket


@transaction.atomic
def choose_listing(actor: Actor, event: Event, *, audience: str) -> None:
    """Be listed among the participants for that audience, or ("") not at all."""
    if audience:
        agree_to_directory(actor, event, audience=audience)
    else:
        withdraw_from_directory(actor, event)


@erases("tickets")
def forget_tickets(person: User) -> None:
    """Tickets are given back; their number stays for the figures."""
    Ticket.objects.filter(user=person).exclude(state=Ticket.State.CANCELLED).update(
        state=Ticket.State.CANCELLED
    )
