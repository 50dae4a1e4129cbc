"""What wraps every request: its id and log line, the policy, the reader's language and clock, and refusals as answers."""

from __future__ import annotations

import time
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils import timezone, translation
from django_htmx.http import reswap, trigger_client_event

from conference.core.errors import Busy, Refusal
from conference.core.limits import spend
from conference.core.times import zone_named

log = structlog.get_logger("chama.request")

GetResponse = Callable[[HttpRequest], HttpResponse]

WRITES = ((120, 60), (1200, 3600))
"""How many POSTs a person may send, each within so many seconds: an organizer with a long programme types fewer."""

TIME_ZONE_COOKIE = "time_zone"


class RequestLogMiddleware:
    """Gives each request an id (also sent back as X-Request-ID) and writes one line when it is done: no addresses, no
    query strings, no names."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._answer_async(request)
        start = self._begin(request)
        response = self.get_response(request)
        return self._end(request, response, start)

    async def _answer_async(self, request: HttpRequest) -> HttpResponse:
        start = self._begin(request)
        response = await self.get_response(request)
        return self._end(request, response, start)

    def _begin(self, request: HttpRequest) -> float:
        structlog.contextvars.clear_contextvars()
        request.id = uuid.uuid4().hex[:12]  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(request=request.id)  # type: ignore[attr-defined]
        return time.perf_counter()

    def _end(self, request: HttpRequest, response: HttpResponse, start: float) -> HttpResponse:
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        if (
            not request.path.startswith(("/static/", "/media/events", "/healthz"))
            or response.status_code >= 500
        ):
            match = request.resolver_match
            log.info(
                "request",
                method=request.method,
                route=match.route if match else None,
                status=response.status_code,
                ms=round((time.perf_counter() - start) * 1000, 1),
            )
        return response


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """The strict policy everywhere, with two additions that depend on the request: the socket and media addresses of the
    host that was asked, and the inline styles and evaluated expressions of the back office, which its library needs."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        host = request.get_host() if response.status_code != 400 else ""
        connect = (
            [f"{'wss' if request.is_secure() else 'ws'}://{host}", media_origin(request)] if host else []
        )
        extra: dict[str, list[str]] = {"connect-src": [address for address in connect if address]}
        if request.path.startswith("/admin/"):
            extra["script-src"] = ["'unsafe-inline'", "'unsafe-eval'"]
            extra["style-src"] = ["'unsafe-inline'"]
        response._csp_update = {**getattr(response, "_csp_update", {}), **extra}  # type: ignore[attr-defined]
        return super().process_response(request, response)


class CompressTextMiddleware(GZipMiddleware):
    """Pages go compressed over the line. Django blurs their length, so that a secret in them cannot be guessed from it. Files
    that are sent in pieces are photos, compressed already."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if response.streaming else super().process_response(request, response)


def media_origin(request: HttpRequest) -> str:
    """Where this reader's browser reaches the media process: the configured address, or the same host's media port."""
    if settings.MEDIA_PUBLIC_URL:
        return settings.MEDIA_PUBLIC_URL
    host = request.get_host()
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return f"{request.scheme}://{name}:{settings.MEDIA_PORT}"


class LanguageMiddleware(LocaleMiddleware):
    """The reader's language: the cookie that the language switch sets, else the browser's wish.

    A signed-in person's choice is put into the cookie when they sign in (`accounts.views`), so no query is needed here.
    """


class PrivatePagesMiddleware:
    """What a signed-in person gets is theirs: no cache on the way may keep it, whatever it makes of `Vary`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class TimeZoneMiddleware:
    """Activates the reader's time zone: the one in their profile, else the one that their browser told in a cookie."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.user.time_zone if request.user.is_authenticated else ""
        zone = zone_named(name or request.COOKIES.get(TIME_ZONE_COOKIE, "")[:64])
        with timezone.override(zone or zoneinfo.ZoneInfo("Asia/Shanghai")):
            return self.get_response(request)


class WriteLimitMiddleware:
    """Bounds what one signed-in person can write over HTTP, whichever page they use; a person with a mouse never meets it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if request.method == "POST" and request.user.is_authenticated:
            try:
                for amount, seconds in WRITES:
                    spend("writes", str(request.user.pk), amount=amount, seconds=seconds, guards=False)
            except Busy as refusal:
                return answer_to(request, refusal)
        return None


class RefusalMiddleware:
    """Turns a `Refusal` into an answer: a page for a browser, a toast for htmx, JSON for whoever asked for JSON."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return answer_to(request, error) if isinstance(error, Refusal) else None


def answer_to(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The refusal as this request's sender can read it."""
    response: HttpResponse
    if getattr(request, "htmx", False):
        response = HttpResponse(status=refusal.status)
        trigger_client_event(response, "toast", {"kind": "error", "message": str(refusal.message)})
        reswap(response, "none")
    elif request.accepts("application/json") and not request.accepts("text/html"):
        response = JsonResponse({"error": refusal.as_data()}, status=refusal.status)
    else:
        template = f"{refusal.status}.html" if refusal.status in (403, 404, 429) else "400.html"
        response = render(
            request, template, {"message": refusal.message, "details": refusal.details}, status=refusal.status
        )
    if "retry_after" in refusal.details:
        response["Retry-After"] = str(int(refusal.details["retry_after"]))
    log.info("refused", code=refusal.code, language=quote(translation.get_language() or ""))
    return response
