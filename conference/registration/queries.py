"""Who attends, and who may know of it."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.countries import countries_matching, country_name
from conference.accounts.models import Consent, User
from conference.accounts.queries import apart_from, person_data
from conference.accounts.sectors import SECTORS
from conference.core.errors import Denied
from conference.core.models import Event
from conference.core.personal_data import exports
from conference.core.text import localise
from conference.events.models import EventRole
from conference.events.queries import Role, Viewer, roles_in
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


def participants(
    viewer: Viewer, event: Event, *, text: str = "", country: str = "", sector: str = ""
) -> QuerySet[User]:
    """The people of the event who agreed to be seen by somebody like the viewer, by name.

    The viewer takes part (a valid ticket or a role); organizers also see those who agreed to be seen by organizers
    alone. Two of whom one blocked the other do not see each other. Neither addresses nor contact data can be searched. Who
    gave no name is not listed.
    """
    roles = roles_in(viewer, event)
    if not roles and not may_attend(viewer, event):
        raise Denied(_("Only people who take part in this event see its participants. Register first."))
    audiences = [Consent.Audience.PARTICIPANTS]
    if Role.ORGANIZER in roles:
        audiences.append(Consent.Audience.ORGANIZERS)
    agreed = Consent.objects.filter(
        user=OuterRef("pk"),
        event=event,
        purpose=Consent.Purpose.DIRECTORY,
        withdrawn=None,
        audience__in=audiences,
    )
    attends = Ticket.objects.filter(user=OuterRef("pk"), event=event, state=Ticket.State.VALID)
    has_role = EventRole.objects.filter(user=OuterRef("pk"), event=event)
    people = (
        User.objects.filter(Exists(agreed), Exists(attends) | Exists(has_role), is_active=True, deleted=None)
        .exclude(name="", name_latin="", name_chinese="")
        .exclude(pk__in=apart_from(viewer))
        .select_related("organisation")
        .order_by(Coalesce(NullIf("name_latin", Value("")), "name"), "pk")
    )
    for word in text.split()[:6]:
        people = people.filter(
            Q(name__icontains=word)
            | Q(name_latin__icontains=word)
            | Q(name_chinese__icontains=word)
            | Q(job_title__icontains=word)
            | Q(organisation__name__icontains=word)
            | Q(organisation__name_latin__icontains=word)
            | Q(organisation__name_chinese__icontains=word)
            | Q(country__in=countries_matching(word))
        )
    if country:
        people = people.filter(country=country)
    if sector in SECTORS:
        wanted = Q()
        for code in (sector, *(term.code for term in SECTORS[sector].terms)):
            wanted |= Q(sectors__contains=[code])
        people = people.filter(wanted)
    return people


def participant_data(person: User) -> dict[str, Any]:
    """What the directory shows: the public form of a person, and what they say they came for."""
    purposes = dict(User.Purpose.choices)
    return {
        **person_data(person),
        "country_name": country_name(person.country) if person.country else "",
        "introduction": person.introduction,
        "came_for": [str(purposes[purpose]) for purpose in person.came_for if purpose in purposes],
        "sectors": [localise(SECTORS[code].name) for code in person.sectors if code in SECTORS],
    }


@exports(
    "tickets",
    gettext_lazy("Tickets"),
    {
        "event": gettext_lazy("Event"),
        "mode": gettext_lazy("How you attend"),
        "state": gettext_lazy("State"),
        "code": gettext_lazy("Ticket number"),
        "taken": gettext_lazy("Taken"),
    },
)
def own_tickets(viewer: User) -> list[dict[str, Any]]:
    """The viewer's tickets, for their export."""
    return [
        {
            "event": str(ticket.event),
            "mode": ticket.get_mode_display(),
            "state": ticket.get_state_display(),
            "code": ticket.code,
            "taken": ticket.created,
        }
        for ticket in tickets_of(viewer)
    ]
