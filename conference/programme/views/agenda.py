"""A person's own agenda: the page, the stars and the secret address."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from conference.events.queries import get_event
from conference.programme import actions
from conference.programme.layout import cards, day_lists, track_numbers
from conference.programme.queries import agenda_feed, agenda_of, by_day, days_of, tracks_of


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def my_agenda(request: HttpRequest, event_slug: str) -> HttpResponse:
    """What I starred and where I have a part, by day, with a word where two things overlap."""
    event = get_event(request.user, event_slug)
    request.event = event  # type: ignore[attr-defined]
    agenda = agenda_of(request.user, event)
    at = timezone.now()
    numbers = track_numbers(tracks_of(request.user, event))
    clashing = {slot.pk for pair in agenda.clashes for slot in pair}
    days = day_lists(
        (
            day,
            cards(
                event,
                slots,
                tracks=numbers,
                at=at,
                starred=agenda.starred,
                part_in=agenda.part_in,
                clashing=clashing,
            ),
        )
        for day, slots in by_day(event, days_of(request.user, event), agenda.slots)
    )
    context = {
        "agenda": agenda,
        "days": days,
        "feed": agenda_feed(request.user, event),
        "host": request.get_host(),
    }
    whole = not (request.htmx and request.htmx.target == "agenda")  # type: ignore[attr-defined]
    return render(request, "programme/agenda.html" if whole else "programme/agenda_body.html", context)


@require_POST
def star(request: HttpRequest, event_slug: str, code: str) -> HttpResponse:
    """Put a session on the agenda (`on=1`) or take it off. htmx gets the button as it is now; others go back."""
    event = get_event(request.user, event_slug)
    on = request.POST.get("on") == "1"
    session = (actions.star if on else actions.unstar)(request.user, event, code)
    if request.htmx:  # type: ignore[attr-defined]
        context = {"event": event, "session": session, "starred": on, "words": "words" in request.POST}
        return render(request, "programme/star.html", context)
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return redirect("session", event.slug, code)
    return redirect(target)


@require_POST
def feed(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Make or revoke the secret address of my agenda."""
    event = get_event(request.user, event_slug)
    if "revoke" in request.POST:
        actions.revoke_feed(request.user, event)
        messages.success(request, _("The address is revoked. Calendars that used it get nothing more."))
    else:
        actions.feed_address(request.user, event)
    return redirect(reverse("my_agenda", args=[event.slug]) + "#subscribe")
