"""What a programme is laid out on, and who speaks: the organizers' lists of rooms, tracks, days and speakers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from conference.core.errors import Conflict, Invalid
from conference.core.files import clean_image
from conference.programme import actions
from conference.programme.forms import DayForm, HallForm, LinkForm, SpeakerForm, TrackForm
from conference.programme.layout import track_numbers
from conference.programme.queries import (
    all_speakers,
    day_rows,
    get_day,
    get_hall,
    get_speaker,
    get_track,
    halls_of,
    tracks_of,
)
from conference.programme.views.editor import organized_event, put_into


def _saved(request: HttpRequest, form: forms.Form, save: Callable[[], object]) -> bool:
    """Save what the form holds; False where it does not hold, with the sentences in the form."""
    if not form.is_valid():
        return False
    try:
        save()
    except (Invalid, Conflict) as refusal:
        put_into(form, refusal)
        return False
    messages.success(request, _("Saved."))
    return True


@require_safe
def plan(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Rooms, tracks and days on one page, each with its form for a new one."""
    event = organized_event(request, event_slug)
    tracks = list(tracks_of(request.user, event))
    numbers = track_numbers(tracks)
    context = {
        "halls": halls_of(request.user, event),
        "tracks": [(track, numbers[track.pk]) for track in tracks],
        "days": day_rows(request.user, event),
    }
    return render(request, "programme/plan.html", context)


def _row_page(
    request: HttpRequest,
    event_slug: str,
    form: forms.Form,
    save: Callable[[], object],
    context: dict[str, Any],
) -> HttpResponse:
    if request.method == "POST" and _saved(request, form, save):
        return redirect("edit_plan", event_slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "programme/plan_row.html", {"form": form, **context}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def hall(request: HttpRequest, event_slug: str, row: int | None = None) -> HttpResponse:
    """Make (without `row`) or change a room of the programme."""
    event = organized_event(request, event_slug)
    found = get_hall(request.user, event, row) if row else None
    form = HallForm(request.POST if request.method == "POST" else None, hall=found)
    context = {"row": found, "kind": "hall", "delete": "delete_hall"}
    return _row_page(
        request,
        event.slug,
        form,
        lambda: actions.save_hall(request.user, event, row, **form.cleaned_data),
        context,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def track(request: HttpRequest, event_slug: str, row: int | None = None) -> HttpResponse:
    """Make or change a track."""
    event = organized_event(request, event_slug)
    found = get_track(request.user, event, row) if row else None
    form = TrackForm(request.POST if request.method == "POST" else None, track=found)
    context = {"row": found, "kind": "track", "delete": "delete_track"}
    return _row_page(
        request,
        event.slug,
        form,
        lambda: actions.save_track(request.user, event, row, **form.cleaned_data),
        context,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def day(request: HttpRequest, event_slug: str, row: int | None = None) -> HttpResponse:
    """Make or change a day."""
    event = organized_event(request, event_slug)
    found = get_day(request.user, event, row) if row else None
    form = DayForm(request.POST if request.method == "POST" else None, day=found)
    context = {"row": found, "kind": "day", "delete": "delete_day"}
    return _row_page(
        request,
        event.slug,
        form,
        lambda: actions.save_day(request.user, event, row, **form.cleaned_data),
        context,
    )


@require_POST
def delete_hall(request: HttpRequest, event_slug: str, row: int) -> HttpResponse:
    event = organized_event(request, event_slug)
    actions.delete_hall(request.user, event, row)
    return _deleted(request, event.slug)


@require_POST
def delete_track(request: HttpRequest, event_slug: str, row: int) -> HttpResponse:
    event = organized_event(request, event_slug)
    actions.delete_track(request.user, event, row)
    return _deleted(request, event.slug)


@require_POST
def delete_day(request: HttpRequest, event_slug: str, row: int) -> HttpResponse:
    event = organized_event(request, event_slug)
    actions.delete_day(request.user, event, row)
    return _deleted(request, event.slug)


def _deleted(request: HttpRequest, event_slug: str) -> HttpResponse:
    messages.success(request, _("Deleted."))
    return redirect("edit_plan", event_slug)


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def edit_speakers(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Everyone on the list of speakers, also those without a session."""
    event = organized_event(request, event_slug)
    asked = request.GET.get("q", "")[:100]
    context = {"speakers": all_speakers(request.user, event, asked), "q": asked}
    part = request.htmx and request.htmx.target == "speakers"  # type: ignore[attr-defined]
    return render(
        request, "programme/edit_speakers_list.html" if part else "programme/edit_speakers.html", context
    )


@require_http_methods(["GET", "HEAD", "POST"])
def new_speaker(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Put someone on the list of speakers."""
    event = organized_event(request, event_slug)
    form = SpeakerForm(request.POST or None, request.FILES or None)

    def save() -> None:
        photo = form.cleaned_data["photo"]
        picture = clean_image(photo, side=640) if photo else None
        made = actions.create_speaker(request.user, event, **form.entry())
        if picture:
            actions.set_speaker_photo(request.user, event, made.code, photo=picture)

    if request.method == "POST" and _saved(request, form, save):
        return redirect("edit_speakers", event.slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "programme/edit_speaker.html", {"form": form, "speaker": None}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_speaker(request: HttpRequest, event_slug: str, code: str) -> HttpResponse:
    """A speaker's entry, and the account behind it."""
    event = organized_event(request, event_slug)
    person, _slots = get_speaker(request.user, event, code)
    posted = request.method == "POST"
    form = SpeakerForm(request.POST if posted else None, request.FILES if posted else None, speaker=person)

    def save() -> None:
        photo = form.cleaned_data["photo"]
        picture = clean_image(photo, side=640) if photo else None
        actions.edit_speaker(request.user, event, code, **form.entry())
        if picture or "remove_photo" in request.POST:
            actions.set_speaker_photo(request.user, event, code, photo=picture)

    if posted and _saved(request, form, save):
        return redirect("edit_speaker", event.slug, code)
    context = {"form": form, "speaker": person, "link": LinkForm()}
    return render(request, "programme/edit_speaker.html", context, status=422 if posted else 200)


@require_POST
def link_speaker(request: HttpRequest, event_slug: str, code: str) -> HttpResponse:
    """Tie the speaker to an account, or with `unlink` untie them."""
    event = organized_event(request, event_slug)
    person, _slots = get_speaker(request.user, event, code)
    if "unlink" in request.POST:
        actions.unlink_speaker(request.user, event, code)
        messages.success(request, _("The account is no longer linked."))
        return redirect("edit_speaker", event.slug, code)
    link = LinkForm(request.POST)
    if _saved(
        request,
        link,
        lambda: actions.link_speaker(request.user, event, code, email=link.cleaned_data["email"]),
    ):
        return redirect("edit_speaker", event.slug, code)
    context = {"form": SpeakerForm(None, speaker=person), "speaker": person, "link": link}
    return render(request, "programme/edit_speaker.html", context, status=422)


@require_POST
def delete_speaker(request: HttpRequest, event_slug: str, code: str) -> HttpResponse:
    event = organized_event(request, event_slug)
    actions.delete_speaker(request.user, event, code)
    messages.success(request, _("Deleted."))
    return redirect("edit_speakers", event.slug)
