"""What the media process tells Django."""

from __future__ import annotations

import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from realtime.media.grants import BadGrant, read_service
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
