"""The released programme as files, for apps, other systems and calendars. Whoever may see the event may have them."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from conference.core.models import Event
from conference.events.queries import get_event
from conference.programme.exchange.write_json import MEDIA_TYPE as JSON
from conference.programme.exchange.write_json import write_json
from conference.programme.exchange.write_xml import MEDIA_TYPE as XML
from conference.programme.exchange.write_xml import write_xml
from conference.programme.exporting import (
    Export,
    Site,
    agenda_calendar,
    export_of,
    kept,
    programme_calendar,
    schedule_document,
    schedule_source,
    session_calendar,
    speaker_calendar,
)

CALENDAR = "text/calendar; charset=utf-8"
PUBLIC_METHODS = ["GET", "HEAD", "OPTIONS"]


def asked_language(request: HttpRequest) -> str:
    """The language of `?lang=`, if it is one of ours, else empty."""
    wanted = request.GET.get("lang", "").lower()
    return wanted if wanted in dict(settings.LANGUAGES) else ""


def site_of(request: HttpRequest) -> Site:
    """How the reader reached us, and in which language: the one asked for, else that of the browser."""
    language = asked_language(request) or translation.get_language() or settings.LANGUAGE_CODE
    return Site(f"{request.scheme}://{request.get_host()}", language)


def file_response(
    request: HttpRequest, export: Export, media_type: str, name: str, language: str
) -> HttpResponse:
    """200 with the file, or 304 for whoever has it already."""
    response = HttpResponse(export.body, content_type=media_type)
    response["Content-Language"] = language
    response["ETag"] = export.etag
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Cache-Control"] = "no-cache"
    if export.modified:
        response["Last-Modified"] = http_date(export.modified)
    patch_vary_headers(response, ["Accept-Language"])
    answer = get_conditional_response(
        request, etag=export.etag, last_modified=export.modified or None, response=response
    )
    return answer or response


def public_file(
    request: HttpRequest,
    event_slug: str,
    what: str,
    media_type: str,
    name: str,
    make: Callable[[Event, Site], bytes],
) -> HttpResponse:
    """A file that scripts of other sites may read too, unless the event is a draft."""
    event = get_event(request.user, event_slug)
    if request.method == "OPTIONS":
        response = HttpResponse(status=204)
        response["Allow"] = ", ".join(PUBLIC_METHODS)
    else:
        site = site_of(request)
        export = kept(event, what, site, lambda: make(event, site))
        response = file_response(request, export, media_type, name.format(event=event.acronym), site.language)
    if event.state != Event.State.DRAFT:
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = "ETag"
        if request.method == "OPTIONS":
            response["Access-Control-Allow-Methods"] = ", ".join(PUBLIC_METHODS)
            response["Access-Control-Allow-Headers"] = "If-None-Match, If-Modified-Since"
            response["Access-Control-Max-Age"] = "86400"
    return response


@csrf_exempt
@login_not_required
@require_http_methods(PUBLIC_METHODS)
def schedule_json(request: HttpRequest, event_slug: str, number: int | None = None) -> HttpResponse:
    """schedule.json of the newest release, or of the version with that number."""

    def make(event: Event, site: Site) -> bytes:
        document = schedule_document(request.user, event, site, number)
        return write_json(document, schedule_source(event, site, "schedule_json"))

    what = "json" if number is None else f"json {number}"
    return public_file(request, event_slug, what, JSON, "{event}.json", make)


@csrf_exempt
@login_not_required
@require_http_methods(PUBLIC_METHODS)
def schedule_xml(request: HttpRequest, event_slug: str) -> HttpResponse:
    """schedule.xml of the newest release."""

    def make(event: Event, site: Site) -> bytes:
        document = schedule_document(request.user, event, site)
        return write_xml(document, schedule_source(event, site, "schedule_xml"))

    return public_file(request, event_slug, "xml", f"{XML}; charset=utf-8", "{event}.xml", make)


@csrf_exempt
@login_not_required
@require_http_methods(PUBLIC_METHODS)
def schedule_ics(request: HttpRequest, event_slug: str) -> HttpResponse:
    """The whole programme as a calendar."""

    def make(event: Event, site: Site) -> bytes:
        return programme_calendar(request.user, event, site)

    return public_file(request, event_slug, "ics", CALENDAR, "{event}.ics", make)


@csrf_exempt
@login_not_required
@require_http_methods(PUBLIC_METHODS)
def session_ics(request: HttpRequest, event_slug: str, code: str) -> HttpResponse:
    """One session as a calendar."""

    def make(event: Event, site: Site) -> bytes:
        return session_calendar(request.user, event, code, site)

    return public_file(request, event_slug, f"session {code}", CALENDAR, "{event}-session.ics", make)


@csrf_exempt
@login_not_required
@require_http_methods(PUBLIC_METHODS)
def speaker_ics(request: HttpRequest, event_slug: str, code: str) -> HttpResponse:
    """The sessions of one speaker as a calendar."""

    def make(event: Event, site: Site) -> bytes:
        return speaker_calendar(request.user, event, code, site)

    return public_file(request, event_slug, f"speaker {code}", CALENDAR, "{event}-speaker.ics", make)


@login_not_required
@require_safe
def agenda_ics(request: HttpRequest, event_slug: str, secret: str) -> HttpResponse:
    """A person's agenda, for whoever knows its secret address: calendar apps do not sign in. Nothing of it is kept in any
    cache on the way, and the log has the route, not the address."""
    body, language = agenda_calendar(event_slug, secret, site_of(request), language=asked_language(request))
    response = file_response(request, export_of(body), CALENDAR, "agenda.ics", language)
    response["Cache-Control"] = "private, no-cache"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
