"""My place at an event: the "Me" page, the ticket, and the list of participants."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from conference.accounts.countries import country_name
from conference.accounts.queries import directory_consent_of, person_data, reachable_among
from conference.accounts.zones import zone_name, zone_to_offer
from conference.core.errors import Denied
from conference.core.forms import posted
from conference.core.limits import spend
from conference.core.models import Event
from conference.core.targets import safe_target
from conference.events.models import EventRole
from conference.events.queries import get_event, organized_events, roles_in
from conference.notifications.queries import unread_count
from conference.registration import actions
from conference.registration.forms import DirectorySearchForm, ListingForm, RegisterForm
from conference.registration.models import Ticket
from conference.registration.queries import (
    may_attend,
    participant_data,
    participants,
    ticket_of,
    tickets_of,
)

PAGE = 24
DIRECTORY_PAGES = 150
"""Pages of the list of participants that one person may open in ten minutes."""


def _enter(request: HttpRequest, event_slug: str) -> Event:
    event = get_event(request.user, event_slug)  # type: ignore[arg-type]
    request.event = event  # type: ignore[attr-defined]
    return event


@require_GET
def me(request: HttpRequest, event_slug: str | None = None) -> HttpResponse:
    """My card, my tickets and all that is mine; inside an event with its places around."""
    person = request.user
    event = _enter(request, event_slug) if event_slug else None
    away = zone_to_offer(request.COOKIES, person.time_zone)  # type: ignore[union-attr]
    words = {
        "card": person_data(person),  # type: ignore[arg-type]
        "country": country_name(person.country) if person.country else "",  # type: ignore[union-attr]
        "tickets": tickets_of(person).exclude(state=Ticket.State.CANCELLED),  # type: ignore[arg-type]
        "organized": organized_events(person).order_by("-starts_on")[:20],  # type: ignore[arg-type]
        "roles": _role_names(roles_in(person, event)) if event else [],  # type: ignore[arg-type]
        "ticket": ticket_of(person, event) if event else None,  # type: ignore[arg-type]
        "unread": unread_count(person),  # type: ignore[arg-type]
        "zone": zone_name(person.time_zone) if person.time_zone else "",  # type: ignore[union-attr]
        "device_zone": away,
        "device_zone_name": zone_name(away) if away else "",
    }
    return render(request, "accounts/me.html", words)


def _role_names(roles: frozenset[str]) -> list[str]:
    return [str(label) for role, label in EventRole.Role.choices if role in roles]


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Take a ticket, or change how one attends. Afterwards the person is where they came from (`next`)."""
    event = _enter(request, event_slug)
    person = request.user
    ticket = ticket_of(person, event)  # type: ignore[arg-type]
    if ticket is not None and ticket.ended:
        ticket = None
    consent = directory_consent_of(person, event)  # type: ignore[arg-type]
    initial = {
        "mode": ticket.mode if ticket else Ticket.Mode.ONLINE,
        "audience": consent.audience if consent else "",
    }
    form = RegisterForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        ticket = actions.register(person, event, mode=form.cleaned_data["mode"])  # type: ignore[arg-type]
        actions.choose_listing(person, event, audience=form.cleaned_data["audience"])  # type: ignore[arg-type]
        if ticket.state == Ticket.State.PENDING:
            messages.success(
                request, _("Thank you. The organizers look at your registration; you will be told.")
            )
        else:
            messages.success(request, _("You are registered."))
        return redirect(safe_target(request, reverse("now", args=[event.slug])))
    words = {"form": form, "ticket": ticket, "next": safe_target(request)}
    return render(request, "registration/register.html", words, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Give the ticket back, after a question."""
    event = _enter(request, event_slug)
    if request.method == "POST":
        actions.cancel_ticket(request.user, event)  # type: ignore[arg-type]
        messages.success(request, _("Your ticket was cancelled."))
        return redirect("me", event.slug)
    return render(request, "registration/cancel.html", {"ticket": ticket_of(request.user, event)})  # type: ignore[arg-type]


@require_GET
def directory(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Who takes part, as far as they agreed to be seen by the reader; enough to look for people, too little to copy the list."""
    event = _enter(request, event_slug)
    spend("directory", str(request.user.pk), amount=DIRECTORY_PAGES, seconds=600)
    form = DirectorySearchForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = participants(
        request.user,  # type: ignore[arg-type]
        event,
        text=wanted.get("q", ""),
        country=wanted.get("country", ""),
        sector=wanted.get("sector", ""),
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    consent = directory_consent_of(request.user, event)  # type: ignore[arg-type]
    words = {
        "form": form,
        "page": page,
        "people": [participant_data(person) for person in page],
        "reachable": reachable_among([person.pk for person in page if person != request.user]),
        "searching": any(wanted.values()),
        "asked": asked.urlencode(),
        "consent": consent,
    }
    return render(request, "registration/directory.html", words)


@require_http_methods(["GET", "POST"])
def listing(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Am I listed, and for whom?"""
    event = _enter(request, event_slug)
    person = request.user
    if not may_attend(person, event) and not roles_in(person, event):  # type: ignore[arg-type]
        raise Denied(_("Only people who take part in this event see its participants. Register first."))
    consent = directory_consent_of(person, event)  # type: ignore[arg-type]
    form = ListingForm(posted(request), initial={"audience": consent.audience if consent else ""})
    if request.method == "POST" and form.is_valid():
        actions.choose_listing(person, event, audience=form.cleaned_data["audience"])  # type: ignore[arg-type]
        messages.success(
            request,
            _("You are listed.") if form.cleaned_data["audience"] else _("You are not listed any more."),
        )
        return redirect("directory", event.slug)
    words = {"form": form, "consent": consent}
    return render(request, "registration/listing.html", words, status=422 if form.errors else 200)
