"""What the media process tells Django, and what people take home from a room."""

from __future__ import annotations

import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from conference.core.errors import Invalid
from conference.core.spreadsheets import csv_answer
from conference.events.queries import get_event
from conference.rooms.queries import get_room_by_code
from realtime.broadcast.queries import broadcast_of
from realtime.captions.forms import FileForm
from realtime.captions.queries import webvtt_of
from realtime.media.grants import BadGrant, read_service
from realtime.polls.queries import polls_of
from realtime.stage.actions import apply_media_event, tell_who_speaks
from realtime.stage.forms import MediaEventForm
from realtime.tokens import bearer_of

MAX_BODY = 2 * 1024 * 1024


@csrf_exempt
@login_not_required
@require_POST
def media_events(request: HttpRequest) -> HttpResponse:
    """A report of the media process, which proves itself by a signed service token instead of a session."""
    try:
        read_service(bearer_of(request.headers.get("Authorization", "")), settings.MEDIA_SECRET, "events")
    except BadGrant as error:
        return JsonResponse({"code": f"service-{error.reason}"}, status=401)
    try:
        data = json.loads(request.body) if len(request.body) <= MAX_BODY else None
    except (ValueError, RecursionError):
        data = None
    form = MediaEventForm(data if isinstance(data, dict) else {})
    if not form.is_valid():
        return JsonResponse({"code": "malformed", "fields": form.errors}, status=422)
    if form.cleaned_data["event"] == "speaking":
        tell_who_speaks(*form.cleaned_data["speaking"])
    else:
        apply_media_event(form.cleaned_data["event"], form.cleaned_data.get("flowing", []))
    return HttpResponse(status=204)


@require_safe
def polls_csv(request: HttpRequest, room_id: int) -> HttpResponse:
    """All polls of a room with their results, one line for each answer, for those who run it."""
    polls = polls_of(request.user, room_id)
    head = [_("Poll"), _("Kind"), _("State"), _("People who answered"), _("Answer"), _("Number")]
    rows = [
        [poll["title"], poll["kind"], poll["state"], poll["answers"], result["label"], result["count"]]
        for poll in polls
        for result in poll["results"]
    ]
    return csv_answer(f"polls-{room_id}.csv", [head, *rows])


@require_safe
def captions_vtt(request: HttpRequest, event_slug: str, room_code: str, language: str) -> HttpResponse:
    """All captions in one language as WebVTT, for everyone who may enter the room. The file's clock begins at `?from=`, else when
    the room went live, else with the first line."""
    event = get_event(request.user, event_slug)
    request.event = event  # type: ignore[attr-defined]
    room, _role = get_room_by_code(request.user, event, room_code)
    form = FileForm({"origin": request.GET.get("from") or None})
    if not form.is_valid():
        raise Invalid(form.errors["origin"][0])
    origin = form.cleaned_data["origin"] or broadcast_of(room).live_since
    text = webvtt_of(request.user, room, language, origin)
    answer = HttpResponse(text, content_type="text/vtt; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="captions-{room.code}-{language}.vtt"'
    answer["Cache-Control"] = "private, no-store"
    return answer
