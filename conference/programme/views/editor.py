"""The organizers' programme editor: the draft as a table or grid with its clashes, one page for each session, and the release.

What is refused never loses what was typed: the form comes back with the sentence.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from conference.core.errors import Conflict, Invalid, Refusal
from conference.core.models import Event
from conference.core.text import localise
from conference.events.queries import get_event, require_organizer
from conference.programme import actions
from conference.programme.forms import FilterForm, PlaceForm, ReleaseForm, SessionForm
from conference.programme.layout import cards, grid, opening_day, track_numbers
from conference.programme.models import Slot
from conference.programme.queries import (
    Choices,
    all_speakers,
    by_day,
    clashes,
    days_of,
    draft_choices,
    draft_of,
    get_draft,
    halls_of,
    newest_release,
    next_version,
    pending_changes,
    tracks_of,
    was_released,
)


def organized_event(request: HttpRequest, event_slug: str) -> Event:
    """The event, for its organizers only."""
    event = get_event(request.user, event_slug)
    request.event = event  # type: ignore[attr-defined]
    require_organizer(request.user, event)
    return event


def put_into(form: forms.Form, refusal: Refusal) -> None:
    """Show a refusal at the fields it names, or above the form."""
    fields = refusal.details.get("fields", {})
    named = {name: sentences for name, sentences in fields.items() if name in form.fields}
    for name, sentences in named.items():
        for sentence in sentences:
            form.add_error(name, sentence)
    if not named:
        form.add_error(None, str(refusal.message))


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def editor(request: HttpRequest, event_slug: str) -> HttpResponse:
    """The draft: a table of all sessions or one day's grid, what clashes in it, and what a release would change."""
    event = organized_event(request, event_slug)
    at = timezone.now()
    choices: Choices = draft_choices(request.user, event)
    form = FilterForm(request.GET, choices)
    filters = form.filters()
    slots = list(draft_of(request.user, event, filters))
    warnings = clashes(request.user, event)
    clashing = {slot.pk for clash in warnings for slot in clash.slots}
    numbers = track_numbers(choices.tracks)
    made = cards(event, slots, tracks=numbers, at=at, clashing=clashing, url_name="edit_session")
    context: dict[str, Any] = {
        "form": form,
        "filters": filters,
        "view": form.shown_view(),
        "cards": made,
        "waiting": [card for card in made if card.slot.start is None],
        "warnings": warnings,
        "pending": pending_changes(request.user, event),
        "release": newest_release(request.user, event),
    }
    if context["view"] == "grid":
        grouped = by_day(event, days_of(request.user, event), slots)
        dates = [day.date for day, _slots in grouped]
        wanted = form.shown_day()
        shown = wanted if wanted in dates else opening_day(event, dates, at)
        of_day = {slot.pk for day, group in grouped if day.date == shown for slot in group}
        todays = [card for card in made if card.slot.pk in of_day]
        context |= {
            "days": [(day, day.date == shown) for day, _slots in grouped],
            "shown": next((day for day, _slots in grouped if day.date == shown), None),
            "grid": grid(todays, choices.halls, ZoneInfo(event.time_zone), at),
        }
    part = request.htmx and request.htmx.target == "draft"  # type: ignore[attr-defined]
    return render(request, "programme/editor_body.html" if part else "programme/editor.html", context)


def _session_form(request: HttpRequest, event: Event, data: Any, slot: Slot | None = None) -> SessionForm:
    return SessionForm(
        data,
        tracks=list(tracks_of(request.user, event)),
        speakers=list(all_speakers(request.user, event)),
        session=slot.session if slot else None,
    )


def _place_form(request: HttpRequest, event: Event, data: Any, slot: Slot | None = None) -> PlaceForm:
    return PlaceForm(
        data,
        event=event,
        halls=list(halls_of(request.user, event)),
        days=days_of(request.user, event),
        slot=slot,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def new_session(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Make a session: its content, its people and, if it is known already, its time and place."""
    event = organized_event(request, event_slug)
    data = request.POST if request.method == "POST" else None
    form, place = _session_form(request, event, data), _place_form(request, event, data)
    if data is not None and form.is_valid() & place.is_valid():
        try:
            session = actions.create_session(
                request.user, event, parts=form.parts(), **place.place(), **form.content()
            )
            messages.success(request, _("“%(title)s” is in the draft.") % {"title": localise(session.title)})
            return redirect("edit_session", event.slug, session.code)
        except (Invalid, Conflict) as refusal:
            put_into(place if set(refusal.details.get("fields", {})) & set(place.fields) else form, refusal)
    status = 422 if data is not None else 200
    return render(request, "programme/new_session.html", {"form": form, "place": place}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_session(request: HttpRequest, event_slug: str, code: str) -> HttpResponse:
    """One session: what it says, when and where it is, and whether it takes place."""
    event = organized_event(request, event_slug)
    slot = get_draft(request.user, event, code)
    if request.method != "POST":
        return _session_page(request, event, slot, _session_form(request, event, None, slot))
    form = _session_form(request, event, request.POST, slot)
    if form.is_valid():
        try:
            actions.edit_session(
                request.user,
                event,
                code,
                seen=form.cleaned_data["seen"],
                parts=form.parts(),
                **form.content(),
            )
            messages.success(request, _("Saved."))
            return redirect("edit_session", event.slug, code)
        except Conflict as refusal:
            form = _session_form(request, event, _seen_now(request.POST, slot), slot)
            put_into(form, refusal)
        except Invalid as refusal:
            put_into(form, refusal)
    return _session_page(request, event, slot, form, status=422)


@require_POST
def move_session(request: HttpRequest, event_slug: str, code: str) -> HttpResponse:
    """Another time or room; `shift` moves the session by minutes, without the form."""
    event = organized_event(request, event_slug)
    slot = get_draft(request.user, event, code)
    form = _place_form(request, event, request.POST, slot)
    if form.is_valid():
        place = form.place()
        shift = request.POST.get("shift", "")
        if shift in {"-15", "15"} and place["start"] is not None:
            minutes = timedelta(minutes=int(shift))
            place |= {"start": place["start"] + minutes, "end": place["end"] + minutes}
        try:
            actions.move_session(request.user, event, code, seen=form.cleaned_data["seen"], **place)
            messages.success(request, _("Moved in the draft. Readers see it with the next release."))
            return redirect("edit_session", event.slug, code)
        except Conflict as refusal:
            form = _place_form(request, event, _seen_now(request.POST, slot), slot)
            put_into(form, refusal)
        except Invalid as refusal:
            put_into(form, refusal)
    return _session_page(request, event, slot, _session_form(request, event, None, slot), form, status=422)


def _seen_now(data: QueryDict, slot: Slot) -> QueryDict:
    """The same input with the present stamp: whoever has read that there was a conflict may save again."""
    fresh = data.copy()
    fresh["seen"] = slot.session.changed.isoformat()
    return fresh


def _session_page(
    request: HttpRequest,
    event: Event,
    slot: Slot,
    form: SessionForm,
    place: PlaceForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "slot": slot,
        "session": slot.session,
        "form": form,
        "place": place or _place_form(request, event, None, slot),
        "released": was_released(slot.session),
        "warnings": [
            clash for clash in clashes(request.user, event) if slot.pk in {other.pk for other in clash.slots}
        ],
    }
    return render(request, "programme/edit_session.html", context, status=status)


@require_POST
def cancel_session(request: HttpRequest, event_slug: str, code: str) -> HttpResponse:
    event = organized_event(request, event_slug)
    actions.cancel_session(request.user, event, code)
    messages.success(request, _("Cancelled in the draft. Readers are told with the next release."))
    return redirect("edit_session", event.slug, code)


@require_POST
def restore_session(request: HttpRequest, event_slug: str, code: str) -> HttpResponse:
    event = organized_event(request, event_slug)
    actions.restore_session(request.user, event, code)
    messages.success(
        request, _("It takes place after all, in the draft. Readers are told with the next release.")
    )
    return redirect("edit_session", event.slug, code)


@require_POST
def delete_session(request: HttpRequest, event_slug: str, code: str) -> HttpResponse:
    event = organized_event(request, event_slug)
    actions.delete_session(request.user, event, code)
    messages.success(request, _("The session is deleted."))
    return redirect("programme_editor", event.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def release_programme(request: HttpRequest, event_slug: str) -> HttpResponse:
    """What a release would change, and the button that does it."""
    event = organized_event(request, event_slug)
    pending = pending_changes(request.user, event)
    last = newest_release(request.user, event)
    initial = {"seen": actions.fingerprint(pending), "version": next_version(request.user, event)}
    data = request.POST if request.method == "POST" else None
    form = ReleaseForm(data, initial=initial)
    if data is not None and form.is_valid():
        try:
            fresh = actions.release(request.user, event, **form.cleaned_data)
            messages.success(
                request,
                _("Version %(version)s is public, and people were told.") % {"version": fresh.version},
            )
            return redirect("programme_editor", event.slug)
        except (Invalid, Conflict) as refusal:
            again = data.copy()
            again["seen"] = initial["seen"]
            form = ReleaseForm(again, initial=initial)
            put_into(form, refusal)
    context = {
        "form": form,
        "pending": pending,
        "last": last,
        "warnings": clashes(request.user, event),
        "waiting": draft_of(request.user, event).filter(start=None).count(),
    }
    return render(request, "programme/release.html", context, status=422 if data is not None else 200)
