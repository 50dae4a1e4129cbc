"""The page where those who run a room set up the encoder of its hall, and its address for the encoder (WHIP, RFC 9725).

Signalling comes here and not to the media process, because its grants live for two minutes and an encoder's key for weeks: it
is looked at anew for each request and exchanged for a grant. Picture and sound go straight to the media process.
"""

from __future__ import annotations

import uuid

import httpx
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from conference.core.errors import Busy, Refusal
from conference.core.limits import spend
from conference.events.queries import get_event
from realtime.encoder import actions, queries
from realtime.encoder.forms import KeyForm
from realtime.tokens import bearer_of, digest_of

LARGEST_OFFER = 64 * 1024
ANSWERS_WITHIN = 15.0
REQUESTS = (60, 60)
"""Requests of one encoder in so many seconds: what it needs when it comes back ten times."""

PASSED_ON = ("Content-Type", "If-Match")
PASSED_BACK = ("Content-Type", "ETag", "Link", "Accept-Patch", "Retry-After")


@require_http_methods(["GET", "HEAD", "POST"])
def encoder(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    """Address and token for the encoder. A token stands in the answer that makes it and nowhere else."""
    event = get_event(request.user, event_slug)
    request.event = event  # type: ignore[attr-defined]
    secret = ""
    form = KeyForm(request.POST if request.method == "POST" else None, initial={"client_id": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        _key, secret = actions.make_encoder_key(request.user, event, room_code, **form.cleaned_data)  # type: ignore[arg-type]
        form = KeyForm(initial={"client_id": uuid.uuid4()})
    room, key, is_sending = queries.encoder_of(request.user, event, room_code)
    context = {
        "room": room,
        "key": key,
        "is_sending": is_sending,
        "form": form,
        "secret": secret,
        "address": request.build_absolute_uri(reverse("encoder_offer", args=[room.code])),
    }
    status = 422 if form.is_bound and form.errors else 200
    response = render(request, "realtime/encoder.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def revoke_encoder(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    """Take the token back."""
    event = get_event(request.user, event_slug)
    actions.revoke_encoder_key(request.user, event, room_code)  # type: ignore[arg-type]
    messages.success(request, _("The token was revoked. It opens nothing any more."))
    return redirect("encoder", event_slug, room_code)


# --- the address for the encoder ---


class WrongMethod(Refusal):
    code = "method_not_allowed"
    status = 405


class WrongType(Refusal):
    code = "unsupported_media_type"
    status = 415


class TooLarge(Refusal):
    code = "too_large"
    status = 413


class Away(Refusal):
    code = "unavailable"
    status = 503


@csrf_exempt
@login_not_required
def encoder_offer(request: HttpRequest, room_code: str) -> HttpResponse:
    """WHIP: an offer is answered with 201, and with the address of the session."""
    if request.method == "OPTIONS":
        answer = HttpResponse(status=204)
        answer["Allow"] = "POST, OPTIONS"
        answer["Accept-Post"] = "application/sdp"
        return answer
    return _answer(request, room_code, "POST", "application/sdp", "")


@csrf_exempt
@login_not_required
def encoder_session(request: HttpRequest, room_code: str, session: str) -> HttpResponse:
    """WHIP: candidates and ICE restarts by PATCH, the end by DELETE."""
    if request.method == "PATCH":
        return _answer(request, room_code, "PATCH", "application/trickle-ice-sdpfrag", session)
    return _answer(request, room_code, "DELETE", "", session)


def _answer(
    request: HttpRequest, room_code: str, method: str, content_type: str, session: str
) -> HttpResponse:
    try:
        return _hand_over(request, room_code.upper(), method, content_type, session)
    except Refusal as refusal:
        answer: HttpResponse = JsonResponse(refusal.as_data(), status=refusal.status)
        if isinstance(refusal, Busy | Away):
            answer["Retry-After"] = str(int(refusal.details.get("retry_after", 2)))
        if refusal.status == 401:
            answer["WWW-Authenticate"] = 'Bearer realm="encoder"'
        if refusal.status == 405:
            answer["Allow"] = "PATCH, DELETE" if session else "POST, OPTIONS"
        return answer


def _hand_over(
    request: HttpRequest, room_code: str, method: str, content_type: str, session: str
) -> HttpResponse:
    if request.method != method:
        raise WrongMethod(_("An encoder begins by POST, tells candidates by PATCH and ends by DELETE."))
    secret = bearer_of(request.headers.get("Authorization", ""))
    key = queries.get_key(secret, room_code)
    amount, seconds = REQUESTS
    spend("encoder", digest_of(secret), amount=amount, seconds=seconds, guards=False)
    if content_type and request.content_type != content_type:
        raise WrongType(_("Send it with the header “Content-Type: %(type)s”.") % {"type": content_type})
    body = request.read(LARGEST_OFFER + 1)
    if len(body) > LARGEST_OFFER:
        raise TooLarge(_("This is too long: at most %(limit)d bytes at once.") % {"limit": LARGEST_OFFER})
    token = actions.grant_session(key) if session else actions.grant_offer(secret, room_code)
    told = _ask_media(method, f"whip/{key.room_id}/{session}".rstrip("/"), token, request, body)
    answer = HttpResponse(told.content, status=told.status_code)
    del answer["Content-Type"]
    for name in PASSED_BACK:
        if name in told.headers:
            answer[name] = told.headers[name]
    if "Location" in told.headers:
        made = told.headers["Location"].rpartition("/")[2]
        answer["Location"] = reverse("encoder_session", args=[room_code, made])
    return answer


def _ask_media(method: str, what: str, token: str, request: HttpRequest, body: bytes) -> httpx.Response:
    url = f"{settings.MEDIA_INTERNAL_URL}/{what}"
    headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
    headers["Authorization"] = f"Bearer {token}"
    try:
        return httpx.request(method, url, content=body, headers=headers, timeout=ANSWERS_WITHIN)
    except httpx.HTTPError as error:
        raise Away(_("The media server is starting again. Please try again in a moment.")) from error
