"""Pages of the installation itself: health, language, translations for scripts, and uploaded pictures."""

from __future__ import annotations

import mimetypes
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.i18n import JavaScriptCatalog

from conference.core.health import health


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when every part is well, else 503; either way each part is named."""
    parts = health()
    well = all(parts.values())
    answer = {
        "status": "ok" if well else "degraded",
        **{name: "ok" if ok else "down" for name, ok in parts.items()},
    }
    return JsonResponse(answer, status=200 if well else 503)


@method_decorator([login_not_required, cache_control(public=False, max_age=3600)], name="dispatch")
class Catalogue(JavaScriptCatalog):
    """The translations that scripts need, in the reader's language."""

    packages = ["conference"]
    domain = "djangojs"


javascript_catalogue = Catalogue.as_view()


@login_not_required
@require_GET
def upload(request: HttpRequest, name: str) -> HttpResponse:
    """An uploaded picture, by its unguessable name. Everything here was encoded by ourselves (`core.files`)."""
    if not name.endswith(".webp") or not default_storage.exists(name):
        raise Http404
    response = FileResponse(
        default_storage.open(name), content_type=mimetypes.types_map.get(".webp", "image/webp")
    )
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@login_not_required
def bad_request(request: HttpRequest, exception: Any) -> HttpResponse:
    return render(request, "400.html", status=400)


@login_not_required
def permission_denied(request: HttpRequest, exception: Any) -> HttpResponse:
    return render(request, "403.html", status=403)
