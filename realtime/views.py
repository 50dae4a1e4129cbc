"""What the media process tells Django, and what those who run a room take home from it."""

from __future__ import annotations

import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from conference.core.spreadsheets import csv_answer
from realtime.media.grants import BadGrant, read_service
from realtime.polls.queries import polls_of
from realtime.stage.actions import apply_media_event
from realtime.stage.forms import MediaEventForm

MAX_BODY = 2 * 1024 * 1024


@csrf_exempt
@login_not_required
@require_POST
def media_events(request: HttpRequest) -> HttpResponse:
    """A report of the media process, which proves itself by a signed service token instead of a session."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    try:
        read_service(token.strip() if scheme.lower() == "bearer" else "", settings.MEDIA_SECRET, "events")
    except BadGrant as error:
        return JsonResponse({"code": f"service-{error.reason}"}, status=401)
    try:
        data = json.loads(request.body) if len(request.body) <= MAX_BODY else None
    except (ValueError, RecursionError):
        data = None
    form = MediaEventForm(data if isinstance(data, dict) else {})
    if not form.is_valid():
        return JsonResponse({"code": "malformed", "fields": form.errors}, status=422)
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
