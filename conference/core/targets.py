"""Where a page leads to when it is done."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def safe_target(request: HttpRequest, fallback: str = "") -> str:
    """The `next` of the request if it leads to a page of ours."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if len(target) <= 500 and url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return fallback
