"""What the list of events and the organizers' pages show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from conference.accounts.models import User
from conference.core.models import Event, Fact
from conference.core.times import event_day, zone_named
from conference.events.models import EventRole
from conference.events.queries import Viewer, events_of, organized_events, require_organizer
from conference.organizing.facts import TOLD
from conference.programme.models import Release, Session, Slot, Speaker
from conference.registration.models import Ticket


@dataclass(frozen=True, slots=True)
class EventCard:
    """An event in a list, with what it is to the viewer."""

    event: Event
    phase: str
    days_away: int
    ticket: Ticket | None = None
    roles: tuple[str, ...] = ()
    organizes: bool = False


@dataclass(slots=True)
class EventList:
    """Events by what they are at this moment. A draft stands apart, whatever its dates."""

    running: list[EventCard] = field(default_factory=list)
    coming: list[EventCard] = field(default_factory=list)
    past: list[EventCard] = field(default_factory=list)
    drafts: list[EventCard] = field(default_factory=list)


def phase_of(event: Event, at: datetime) -> str:
    """ "running", "coming" or "past", by conference days in the event's own zone."""
    today = event_day(at, zone_named(event.time_zone) or ZoneInfo("UTC"))
    if today < event.starts_on:
        return "coming"
    return "running" if today <= event.ends_on else "past"


def event_list(viewer: Viewer, at: datetime | None = None) -> EventList:
    """All events that the viewer may see, each with the viewer's own ticket and roles. Three queries, however many events."""
    return _sorted_cards(cards_of(viewer, events_of(viewer), at or timezone.now()))


def cards_of(viewer: Viewer, events: QuerySet[Event] | Sequence[Event], at: datetime) -> list[EventCard]:
    """The events as cards, in their order."""
    tickets: dict[int, Ticket] = {}
    roles: dict[int, list[str]] = {}
    organized: set[int] = set()
    if viewer is not None and viewer.is_authenticated:
        tickets = {ticket.event_id: ticket for ticket in Ticket.objects.filter(user=viewer)}
        for given in EventRole.objects.filter(user=viewer).order_by("pk"):
            roles.setdefault(given.event_id, []).append(str(given.get_role_display()))
        organized = set(organized_events(viewer).values_list("pk", flat=True))
    return [
        EventCard(
            event=event,
            phase=phase_of(event, at),
            days_away=(event.starts_on - at.date()).days,
            ticket=tickets.get(event.pk),
            roles=tuple(roles.get(event.pk, ())),
            organizes=event.pk in organized,
        )
        for event in events
    ]


def _sorted_cards(cards: list[EventCard]) -> EventList:
    told = EventList()
    for card in cards:
        if card.event.state == Event.State.DRAFT:
            told.drafts.append(card)
        elif card.event.state == Event.State.ARCHIVED:
            told.past.append(card)
        else:
            {"running": told.running, "coming": told.coming, "past": told.past}[card.phase].append(card)
    told.running.sort(key=lambda card: (card.event.ends_on, card.event.pk))
    told.coming.sort(key=lambda card: (card.event.starts_on, card.event.pk))
    told.drafts.sort(key=lambda card: (card.event.starts_on, card.event.pk))
    told.past.sort(key=lambda card: (-card.event.starts_on.toordinal(), card.event.pk))
    return told


@dataclass(frozen=True, slots=True)
class FactLine:
    """A fact in words."""

    told: str
    actor: User | None
    happened: datetime


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The figures on an organizer's first page."""

    sessions: int
    unscheduled: int
    speakers: int
    release: Release | None
    tickets: int
    online: int
    onsite: int
    pending: int
    people_with_roles: int
    last_facts: list[FactLine]
    tasks: list[str]


def dashboard(viewer: Viewer, event: Event) -> Dashboard:
    """How the preparation stands. Only for organizers."""
    require_organizer(viewer, event)
    by_ticket = Ticket.objects.filter(event=event).aggregate(
        valid=Count("pk", filter=Q(state=Ticket.State.VALID)),
        online=Count("pk", filter=Q(state=Ticket.State.VALID, mode=Ticket.Mode.ONLINE)),
        pending=Count("pk", filter=Q(state=Ticket.State.PENDING)),
    )
    sessions = Session.objects.filter(event=event).count()
    unscheduled = Slot.objects.filter(session__event=event, release=None, start=None).count()
    release = Release.objects.filter(event=event).order_by("-number").first()
    tasks = []
    if event.state == Event.State.DRAFT:
        tasks.append("publish")
    if release is None:
        tasks.append("release")
    if unscheduled:
        tasks.append("schedule")
    if by_ticket["pending"]:
        tasks.append("approve")
    return Dashboard(
        sessions=sessions,
        unscheduled=unscheduled,
        speakers=Speaker.objects.filter(event=event).count(),
        release=release,
        tickets=by_ticket["valid"],
        online=by_ticket["online"],
        onsite=by_ticket["valid"] - by_ticket["online"],
        pending=by_ticket["pending"],
        people_with_roles=EventRole.objects.filter(event=event).values("user").distinct().count(),
        last_facts=_last_facts(event),
        tasks=tasks,
    )


def _last_facts(event: Event) -> list[FactLine]:
    facts = Fact.objects.filter(event=event, verb__in=list(TOLD)).select_related("actor").order_by("-pk")[:8]
    return [FactLine(told=str(TOLD[fact.verb]), actor=fact.actor, happened=fact.happened) for fact in facts]


def tickets_at(viewer: Viewer, event: Event, *, state: str = "", text: str = "") -> QuerySet[Ticket]:
    """The tickets of the event for its organizers; waiting ones first. `text` looks in names and organisations."""
    require_organizer(viewer, event)
    tickets = Ticket.objects.filter(event=event).select_related("user", "user__organisation")
    if state in Ticket.State.values:
        tickets = tickets.filter(state=state)
    for word in text.split()[:5]:
        tickets = tickets.filter(
            Q(user__name__icontains=word) | Q(user__name_latin__icontains=word) | Q(user__name_chinese__icontains=word)
            | Q(user__organisation__name__icontains=word) | Q(user__organisation__name_latin__icontains=word)
        )  # fmt: skip
    return tickets.alias(waiting=Q(state=Ticket.State.PENDING)).order_by("-waiting", "user__name", "pk")
