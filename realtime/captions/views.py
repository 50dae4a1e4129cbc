"""The pages of a room's captions, and the address for outside services. The file to take home is in `realtime.views`."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from conference.core.errors import Busy, Denied, Invalid, Missing, Refusal
from conference.core.languages import LANGUAGES, RIGHT_TO_LEFT, own_name
from conference.core.limits import spend
from conference.core.models import Event
from conference.events.queries import get_event
from conference.rooms.models import Room
from conference.rooms.queries import RUNS, get_room_by_code
from realtime.captions import actions
from realtime.captions.forms import MOST_BATCH, CaptionerForm, HeardForm, OfferForm, TokenForm
from realtime.captions.queries import (
    captioners_of,
    feeds_of,
    get_feed,
    get_token,
    may_caption,
)
from realtime.tokens import bearer_of, digest_of

MAX_BODY = 64 * 1024

REQUESTS = (600, 60)
LINES = (180, 60)
BATCHES = (20, 60)
"""What one key may send, each within so many seconds: requests of any kind, those with finished lines, and those with
several lines."""


# --- pages ---


def _room(request: HttpRequest, event_slug: str, room_code: str) -> tuple[Event, Room, str]:
    event = get_event(request.user, event_slug)
    request.event = event  # type: ignore[attr-defined]
    room, role = get_room_by_code(request.user, event, room_code)
    return event, room, role


def _room_to_run(request: HttpRequest, event_slug: str, room_code: str) -> tuple[Event, Room]:
    event, room, role = _room(request, event_slug, room_code)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can set up its captions."))
    return event, room


@require_GET
def captions_page(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    """Where those who run the room set up its captions, and those who caption it choose a language."""
    event, room, role = _room(request, event_slug, room_code)
    if not may_caption(request.user, room, role):
        raise Denied(_("Only those who were asked to caption this room can do that."))
    return _page(request, event, room, runs=role in RUNS)


def _page(request: HttpRequest, event: Event, room: Room, *, runs: bool = True, **words: Any) -> HttpResponse:
    """The page, with whichever form was not right, or the key that was just made."""
    feeds = feeds_of(request.user, room)
    offer = words.pop("offer", None) or OfferForm()
    offered = {feed.language for feed in feeds if feed.open}
    field: Any = offer.fields["language"]
    field.choices = [(tag, label) for tag, label in field.choices if tag not in offered]
    wrong: tuple[str, TokenForm] | None = words.pop("token", None)
    shown = {
        "room": room,
        "runs": runs,
        "feeds": [
            {
                "feed": feed,
                "name": own_name(feed.language),
                "dir": "rtl" if feed.language in RIGHT_TO_LEFT else "ltr",
                "address": request.build_absolute_uri(
                    reverse("send_captions", args=[room.pk, feed.language])
                ),
                "form": wrong[1]
                if wrong and wrong[0] == feed.language
                else TokenForm(auto_id=f"id_{feed.language}_%s"),
            }
            for feed in feeds
        ],
        "captioners": captioners_of(request.user, room) if runs else [],
        "offer": offer,
        "captioner": words.pop("captioner", None) or CaptionerForm(),
        "now": timezone.now(),
        **words,
    }
    status = 422 if any(isinstance(each, forms.Form) and each.errors for each in shown.values()) else 200
    status = 422 if wrong else status
    answer = render(request, "captions/captions.html", shown, status=status)
    if "secret" in shown:
        answer["Cache-Control"] = "private, no-store"
    return answer


def _refuse(form: forms.Form, refusal: Invalid) -> None:
    for name, sentences in refusal.details.get("fields", {}).items():
        for sentence in sentences:
            form.add_error(name if name in form.fields else None, sentence)


@require_POST
def offer_captions(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    """Begin a language."""
    event, room = _room_to_run(request, event_slug, room_code)
    form = OfferForm(request.POST)
    if not form.is_valid():
        return _page(request, event, room, offer=form)
    actions.offer_captions(request.user, room.pk, **form.cleaned_data)  # type: ignore[arg-type]
    return redirect("room_captions", event.slug, room.code)


@require_POST
def end_captions(request: HttpRequest, event_slug: str, room_code: str, language: str) -> HttpResponse:
    """End a language."""
    event, room = _room_to_run(request, event_slug, room_code)
    actions.end_captions(request.user, room.pk, language=language)  # type: ignore[arg-type]
    messages.success(request, _("Captions in %(language)s have ended.") % {"language": own_name(language)})
    return redirect("room_captions", event.slug, room.code)


@require_POST
def add_captioner(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    """Ask somebody to caption."""
    event, room = _room_to_run(request, event_slug, room_code)
    form = CaptionerForm(request.POST)
    if form.is_valid():
        try:
            added = actions.add_captioner(request.user, room.pk, **form.cleaned_data)  # type: ignore[arg-type]
        except Invalid as refusal:
            _refuse(form, refusal)
        else:
            messages.success(request, _("%(name)s can caption this room now.") % {"name": added.user})
            return redirect("room_captions", event.slug, room.code)
    return _page(request, event, room, captioner=form)


@require_POST
def remove_captioner(request: HttpRequest, event_slug: str, room_code: str, person_id: int) -> HttpResponse:
    """Take the captions away from somebody."""
    event, room = _room_to_run(request, event_slug, room_code)
    actions.remove_captioner(request.user, room.pk, person_id=person_id)  # type: ignore[arg-type]
    return redirect("room_captions", event.slug, room.code)


@require_POST
def make_token(request: HttpRequest, event_slug: str, room_code: str, language: str) -> HttpResponse:
    """Make a key for a service. It stands in this answer and nowhere else, so it is not sent twice by going back."""
    event, room = _room_to_run(request, event_slug, room_code)
    form = TokenForm(request.POST, auto_id=f"id_{language}_%s")
    if not form.is_valid():
        return _page(request, event, room, token=(language, form))
    made, secret = actions.make_token(
        request.user,  # type: ignore[arg-type]
        room.pk,
        language=language,
        **form.cleaned_data,
    )
    return _page(request, event, room, made=made, secret=secret)


@require_POST
def revoke_token(request: HttpRequest, event_slug: str, room_code: str, token_id: int) -> HttpResponse:
    """Make a key worthless."""
    event, room = _room_to_run(request, event_slug, room_code)
    actions.revoke_token(request.user, room.pk, token_id=token_id)  # type: ignore[arg-type]
    messages.success(request, _("The token was revoked. It opens nothing any more."))
    return redirect("room_captions", event.slug, room.code)


@require_GET
def caption_desk(request: HttpRequest, event_slug: str, room_code: str, language: str) -> HttpResponse:
    """Where a captioner works."""
    _event, room, role = _room(request, event_slug, room_code)
    if not may_caption(request.user, room, role):
        raise Denied(_("Only those who were asked to caption this room can do that."))
    feed = get_feed(room, language)
    words = {
        "room": room,
        "feed": feed,
        "language_name": own_name(language),
        "dir": "rtl" if language in RIGHT_TO_LEFT else "ltr",
    }
    return render(request, "captions/desk.html", words)


# --- the address for outside services ---


@csrf_exempt
@login_not_required
def send_captions(request: HttpRequest, room_id: int, language: str) -> HttpResponse:
    """One line, or several, of a service that proves itself by a token instead of a session. See docs/captions-endpoint.md."""
    try:
        done = _take(request, room_id, language)
    except Refusal as refusal:
        answer: HttpResponse = JsonResponse({"error": refusal.as_data()}, status=refusal.status)
        if isinstance(refusal, Busy):
            answer["Retry-After"] = str(int(refusal.details.get("retry_after", 1)))
        if refusal.status == 401:
            answer["WWW-Authenticate"] = 'Bearer realm="captions"'
        if refusal.status == 405:
            answer["Allow"] = "POST"
        return answer
    final = any(each["caption"] is not None for each in done)
    return JsonResponse({"lines": done}, status=200 if final else 202)


class WrongMethod(Refusal):
    code = "method_not_allowed"
    status = 405


class TooLarge(Refusal):
    code = "too_large"
    status = 413


class WrongType(Refusal):
    code = "unsupported_media_type"
    status = 415


def _take(request: HttpRequest, room_id: int, language: str) -> list[dict[str, Any]]:
    if request.method != "POST":
        raise WrongMethod(_("Captions are sent by POST."))
    if language not in LANGUAGES:
        raise Missing(_("This room has no captions in this language."))
    secret = bearer_of(request.headers.get("Authorization", ""))
    get_token(secret, room_id, language)
    amount, seconds = REQUESTS
    spend("captions", digest_of(secret), amount=amount, seconds=seconds, guards=False)
    data = _read(request)
    several = "lines" in data
    heard = [_heard(each, f"lines.{place}." if several else "") for place, each in enumerate(_entries(data))]
    for applies, what, (amount, seconds) in (
        (any(each.final for each in heard), "caption-lines", LINES),
        (several, "caption-batches", BATCHES),
    ):
        if applies:
            spend(what, digest_of(secret), amount=amount, seconds=seconds, guards=False)
    return actions.take_heard(secret, room_id, language, heard)


def _read(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the body, of which never more is read than may be."""
    if request.content_type != "application/json":
        raise WrongType(_("Send JSON, with the header “Content-Type: application/json”."))
    told = request.headers.get("Content-Length", "")
    body = b"" if told.isdigit() and int(told) > MAX_BODY else request.read(MAX_BODY + 1)
    if len(body) > MAX_BODY or (told.isdigit() and int(told) > MAX_BODY):
        raise TooLarge(
            _("This is too long: at most %(limit)d bytes at once.") % {"limit": MAX_BODY}, limit=MAX_BODY
        )
    try:
        data = json.loads(body)
        # JSON can spell halves of characters, which no database or browser takes.
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        sentence = _("This is not JSON.")
        raise Invalid(sentence, fields={"body": [sentence]}) from None
    if not isinstance(data, dict):
        sentence = _("Send a JSON object.")
        raise Invalid(sentence, fields={"body": [sentence]})
    return data


def _entries(data: dict[str, Any]) -> list[Any]:
    if "lines" not in data:
        return [data]
    lines = data["lines"]
    if not isinstance(lines, list) or not 1 <= len(lines) <= MOST_BATCH:
        sentence = _("“lines” must be a list of 1 to %(most)d lines.") % {"most": MOST_BATCH}
        raise Invalid(sentence, fields={"lines": [sentence]})
    return lines


def _heard(entry: Any, place: str) -> actions.Heard:
    if not isinstance(entry, dict):
        sentence = _("Each line must be a JSON object.")
        raise Invalid(sentence, fields={place.rstrip(".") or "body": [sentence]})
    form = HeardForm(entry)
    if not form.is_valid():
        fields = {f"{place}{name}": list(errors) for name, errors in form.errors.items()}
        raise Invalid(next(iter(fields.values()))[0], fields=fields)
    return actions.line_heard(
        form.cleaned_data["text"],
        line=form.cleaned_data["id"],
        start=form.cleaned_data["start"],
        end=form.cleaned_data["end"],
        final=form.cleaned_data["final"] is not False,
    )
