"""What the media process tells Django, and what those who run a room take home from it."""

from __future__ import annotations

import csv
import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

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
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="polls-{room_id}.csv"'
    answer["Cache-Control"] = "private, no-store"
    answer.write("\ufeff")  # spreadsheets take it for UTF-8 only with this mark
    rows = csv.writer(answer)
    rows.writerow([_("Poll"), _("Kind"), _("State"), _("People who answered"), _("Answer"), _("Number")])
    for poll in polls:
        for result in poll["results"]:
            cells = [
                poll["title"],
                poll["kind"],
                poll["state"],
                poll["answers"],
                result["label"],
                result["count"],
            ]
            rows.writerow([_harmless(cell) for cell in cells])
    return answer


def _harmless(cell: str | int) -> str | int:
    """A cell that a spreadsheet would take for a formula is text."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
