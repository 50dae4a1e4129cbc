"""What everyone reads: now, the programme, a session, the speakers, what has changed, and the event's colour."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from conference.core.models import COLOUR, Event
from conference.core.qr import qr_svg
from conference.events.queries import get_event, is_organizer
from conference.programme import colour
from conference.programme.forms import FilterForm
from conference.programme.layout import Card, cards, day_lists, grid, opening_day, track_numbers
from conference.programme.queries import (
    by_day,
    choices_of,
    days_of,
    door_of,
    get_session,
    get_speaker,
    newest_release,
    now_and_next,
    released_sessions,
    releases_of,
    session_of_room,
    speakers_of,
    starred_ids,
    title_hits_first,
    tracks_of,
)
from conference.registration.queries import ticket_of
from conference.rooms.queries import ON_STAGE, RUNS, is_on_air, standing_in

IMMINENT = timedelta(hours=2)
"""What is on my agenda so soon stands above what is on."""


def _event(request: HttpRequest, event_slug: str) -> Event:
    event = get_event(request.user, event_slug)
    request.event = event  # type: ignore[attr-defined]
    return event


def _wants_part(request: HttpRequest, target: str) -> bool:
    """Whether htmx asks for this part of the page alone."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and htmx.target == target


@login_not_required
@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def now(request: HttpRequest, event_slug: str) -> HttpResponse:
    """What is on, what comes next, and what is next for me. Refetched every minute."""
    event = _event(request, event_slug)
    at = timezone.now()
    moment = now_and_next(request.user, event, at)
    numbers = track_numbers(tracks_of(request.user, event))
    starred = starred_ids(request.user, event)
    context = {
        "moment": moment,
        "on": cards(event, moment.on, tracks=numbers, at=at, starred=starred),
        "next": cards(event, moment.next, tracks=numbers, at=at, starred=starred),
        "mine": cards(event, [moment.mine], tracks=numbers, at=at, starred=starred)[0]
        if moment.mine
        else None,
        "mine_soon": moment.mine is not None and moment.mine.start <= at + IMMINENT,  # type: ignore[operator]
        "before": moment.first is not None and at < moment.first,
        "after": moment.last is not None and at >= moment.last,
    }
    if _wants_part(request, "now"):
        return render(request, "programme/now_live.html", context)
    context |= {"ticket": ticket_of(request.user, event), "organizer": is_organizer(request.user, event)}
    return render(request, "programme/now.html", context)


@login_not_required
@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def schedule(request: HttpRequest, event_slug: str) -> HttpResponse:
    """The programme, as a list of all days or as one day's grid. The filters are an ordinary form; htmx fetches only the body."""
    event = _event(request, event_slug)
    at = timezone.now()
    choices = choices_of(request.user, event)
    form = FilterForm(request.GET, choices)
    filters = form.filters()
    slots = released_sessions(request.user, event, filters)
    if filters.text:
        slots = slots.defer("session__abstract", "session__description")
    found = list(slots)
    starred = starred_ids(request.user, event)
    numbers = track_numbers(choices.tracks)
    days = days_of(request.user, event)
    context: dict[str, Any] = {
        "form": form,
        "filters": filters,
        "count": len(found),
        "view": form.shown_view(),
        "release": newest_release(request.user, event),
        "tracks": [(track, numbers[track.pk]) for track in choices.tracks],
    }

    def made(group: list[Any]) -> list[Card]:
        return cards(event, group, tracks=numbers, at=at, starred=starred)

    grouped = by_day(event, days, found)
    if context["view"] == "grid":
        dates = [day.date for day, _slots in grouped]
        wanted = form.shown_day()
        shown = wanted if wanted in dates else opening_day(event, dates, at)
        todays = [slot for day, group in grouped if day.date == shown for slot in group]
        context |= {
            "days": [(day, day.date == shown) for day, _slots in grouped],
            "shown": next((day for day, _slots in grouped if day.date == shown), None),
            "grid": grid(made(todays), choices.halls, ZoneInfo(event.time_zone), at),
        }
    elif filters.text:
        context["hits"], context["mentions"] = map(made, title_hits_first(found, filters.text))
    else:
        context["days"] = day_lists((day, made(group)) for day, group in grouped)
    part = _wants_part(request, "programme")
    return render(request, "programme/schedule_body.html" if part else "programme/schedule.html", context)


@login_not_required
@require_safe
def short_address(request: HttpRequest, room_code: str) -> HttpResponse:
    """From the wall of the hall to the room: whoever comes this way is in the hall, and comes to ask."""
    session = session_of_room(request.user, room_code).session
    return redirect(f"{reverse('session', args=[session.event.slug, session.code])}?hall#room-questions")


@login_not_required
@require_safe
def short_address_image(request: HttpRequest, room_code: str) -> HttpResponse:
    """The short address as a QR code, for walls and slides."""
    session = session_of_room(request.user, room_code).session
    address = request.build_absolute_uri(reverse("short_address", args=[session.room.code]))
    return HttpResponse(qr_svg(address), content_type="image/svg+xml")


@login_not_required
@require_safe
def session(request: HttpRequest, event_slug: str, code: str) -> HttpResponse:
    """All about one session; whoever may enter finds its live room here."""
    event = _event(request, event_slug)
    at = timezone.now()
    page = get_session(request.user, event, code)
    standing = standing_in(request.user, page.session.room)
    role = standing.role
    door = door_of(page.slot, at)
    numbers = track_numbers(tracks_of(request.user, event))
    on_air = is_on_air(page.session.room, at)
    late = page.session.room.green_room and on_air and door == "over"  # it takes longer than planned
    open_for_reader = role is not None and (door == "open" or late or (role in ON_STAGE and door != "none"))
    # Whoever was removed reads there that it is so, and comes in by themselves when they are let back in.
    open_for_reader = open_for_reader or (standing.removed and door == "open")
    context = {
        "page": page,
        "session": page.session,
        "slot": page.slot,
        "parts": list(page.session.parts.all()),
        "track": numbers.get(page.session.track_id) if page.session.track_id else None,
        "starred": page.session.pk in starred_ids(request.user, event),
        "role": role,
        "door": door,
        "live": open_for_reader,
        "runs": role in RUNS,
        "short_address": f"{request.get_host()}{reverse('short_address', args=[page.session.room.code])}",
        "on": on_air and door == "open" and page.slot is not None and page.slot.start <= at < page.slot.end,  # type: ignore[operator]
        "ticket": ticket_of(request.user, event) if role is None else None,
        "organizer": is_organizer(request.user, event),
    }
    return render(request, "programme/session.html", context)


@login_not_required
@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def speakers(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Everyone on the programme; found by any of their names."""
    event = _event(request, event_slug)
    asked = request.GET.get("q", "")[:100]
    context = {"speakers": speakers_of(request.user, event, asked), "q": asked}
    part = _wants_part(request, "speakers")
    return render(request, "programme/speakers_list.html" if part else "programme/speakers.html", context)


@login_not_required
@require_safe
def speaker(request: HttpRequest, event_slug: str, code: str) -> HttpResponse:
    """One speaker and their sessions."""
    event = _event(request, event_slug)
    person, slots = get_speaker(request.user, event, code)
    numbers = track_numbers(tracks_of(request.user, event))
    starred = starred_ids(request.user, event)
    made = cards(event, slots, tracks=numbers, at=timezone.now(), starred=starred)
    return render(request, "programme/speaker.html", {"speaker": person, "cards": made})


@login_not_required
@require_safe
def changes(request: HttpRequest, event_slug: str) -> HttpResponse:
    """The released versions and what each changed. Of the first, which is all new, only the number of sessions is told."""
    event = _event(request, event_slug)
    releases = list(releases_of(request.user, event)[:50])
    return render(request, "programme/changes.html", {"releases": releases})


@login_not_required
@require_safe
def brand(request: HttpRequest, event_slug: str) -> HttpResponse:
    """The event's colour as CSS. Browsers that can compute colours make the accent from --brand themselves (base.css); for the
    others it is computed here, so that text in it always reaches AA."""
    event = get_event(request.user, event_slug)
    chosen = event.colour if COLOUR.regex.match(event.colour) else "#b8481b"  # type: ignore[union-attr]
    light, dark = colour.readable_on(chosen, colour.PAPER), colour.readable_on(chosen, colour.NIGHT)
    night = f"--accent:{dark};--on-accent:{colour.text_on(dark)}"
    css = (
        f":root{{--brand:{chosen};--on-brand:{colour.text_on(chosen)}}}\n"
        "@supports not (color: oklch(from red l c h)){"
        f":root{{--accent:{light};--on-accent:{colour.text_on(light)}}}"
        f'@media (prefers-color-scheme: dark){{:root:not([data-theme="light"]){{{night}}}}}'
        f':root[data-theme="dark"]{{{night}}}}}\n'
    )
    etag = f'"{hashlib.sha256(css.encode()).hexdigest()[:16]}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        css, content_type="text/css; charset=utf-8"
    )
    response["ETag"] = etag
    response["Cache-Control"] = f"{'private' if event.state == Event.State.DRAFT else 'public'}, max-age=300"
    return response
