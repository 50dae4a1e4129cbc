"""The slides of a room as a page, for before it is live; uploading; and the pictures and texts of their pages."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from conference.core.errors import Invalid
from conference.events.queries import get_event
from conference.rooms.models import Room
from conference.rooms.queries import get_room_by_code
from realtime.slides.actions import bring_deck, require_bringer
from realtime.slides.files import check_slides
from realtime.slides.forms import FileForm
from realtime.slides.models import Slide
from realtime.slides.queries import deck_data, decks_for, get_slide, sentence_of, session_of

KEPT = "private, max-age=31536000, immutable"
"""A page of a document never changes; it is in its reader's browser and nowhere between."""


@require_http_methods(["GET", "POST"])
def slides(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    """What was brought and how far it is, with a form for those who may bring more. The live room sends its files here too and
    asks for JSON."""
    room, role = _room(request, event_slug, room_code)
    wants_json = request.accepts("application/json") and not request.accepts("text/html")
    form = FileForm(request.POST or None, request.FILES or None, initial={"client_id": uuid.uuid4()})
    require_bringer(room, role)
    if request.method == "POST":
        try:
            _require_valid(form)
            file = check_slides(form.cleaned_data["file"])
            deck = bring_deck(request.user, room.pk, file=file, **form.cleaned())
        except Invalid as error:
            if wants_json:
                raise
            for name, sentences in error.details["fields"].items():
                if name not in form.errors:
                    form.add_error(name if name in form.fields else None, sentences)
        else:
            if wants_json:
                return JsonResponse(deck_data(deck), status=201)
            messages.success(request, _("The slides have arrived. They are being made ready."))
            return redirect(request.path)
    decks = decks_for(room, role)
    words = {
        "room": room,
        "session": session_of(room),
        "decks": [(deck, sentence_of(deck)) for deck in decks],
        "unfinished": any(deck.state in ("waiting", "converting") for deck in decks),
        "form": form,
    }
    return render(request, "realtime/slides.html", words, status=422 if form.errors else 200)


def _require_valid(form: FileForm) -> None:
    if not form.is_valid():
        fields = {name: list(sentences) for name, sentences in form.errors.items()}
        raise Invalid(next(iter(fields.values()))[0], fields=fields)


@require_safe
def slide_picture(
    request: HttpRequest, event_slug: str, room_code: str, deck_id: int, number: int, size: str
) -> HttpResponse:
    """The picture of a page, `small` or `large`, for those who may be in the room and may see it already."""
    return answer_with_picture(_slide(request, event_slug, room_code, deck_id, number), size)


def answer_with_picture(slide: Slide, size: str) -> HttpResponse:
    """The picture, once it is known that whoever asked may see it."""
    file = slide.small if size == "small" else slide.large
    answer = FileResponse(file.open("rb"), content_type="image/webp")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = KEPT
    return answer


@require_safe
def slide_text(
    request: HttpRequest, event_slug: str, room_code: str, deck_id: int, number: int
) -> HttpResponse:
    """What is written on a page, for those who hear it."""
    slide = _slide(request, event_slug, room_code, deck_id, number)
    answer = HttpResponse(slide.text, content_type="text/plain; charset=utf-8")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = KEPT
    return answer


def _slide(request: HttpRequest, event_slug: str, room_code: str, deck_id: int, number: int) -> Slide:
    room, role = _room(request, event_slug, room_code)
    return get_slide(room, role, deck_id, number)


def _room(request: HttpRequest, event_slug: str, room_code: str) -> tuple[Room, str]:
    event = get_event(request.user, event_slug)
    request.event = event  # type: ignore[attr-defined]
    return get_room_by_code(request.user, event, room_code)
