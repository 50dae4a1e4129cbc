"""The screen in the hall, and the page where those who run a room make links to it.

A link's key stands in an address once only: the first visit puts it into a cookie and leads to the address without it, so that
nobody reads it off the wall.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conference.core.errors import Missing
from conference.events.queries import get_event
from realtime.screen import actions, queries
from realtime.screen.forms import LinkForm
from realtime.screen.keys import cookie_name, key_of, link_in, seal


@login_not_required
@require_safe
def screen(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    """The room as a projector shows it. Fetched again now and then by the page itself, for what the socket does not tell."""
    if "key" in request.GET:
        return _open_by_key(request, event_slug, room_code)
    link = link_in(request.COOKIES, room_code)
    found = queries.find_screen(request.user, room_code, link)
    if found is None and not request.user.is_authenticated:
        # On the wall of a hall nobody wants to read a form for signing in.
        return (
            redirect_to_login(request.get_full_path())
            if link is None
            else render(request, "realtime/screen_closed.html", status=404)
        )
    if found is None:
        queries.get_room_to_run(request.user, get_event(request.user, event_slug), room_code)
    if found is None or found.room.event.slug != event_slug:
        raise Missing(_("There is no such room."))
    at = timezone.now()
    page, following = queries.session_on_screen(request.user, found.room, at)
    address = reverse("short_address", args=[found.room.code])
    with timezone.override(found.room.event.time_zone):
        response = render(
            request,
            "realtime/screen.html",
            {
                "event": found.room.event,
                "room": found.room,
                "page": page,
                "following": following,
                "at": at,
                "short_address": f"{request.get_host()}{address}".rstrip("/"),
                "version": getattr(staticfiles_storage, "manifest_hash", ""),
            },
        )
    response["Cache-Control"] = "private, no-store"
    return response


def _open_by_key(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    link = queries.link_by_key(event_slug, room_code, request.GET["key"])
    response = redirect("screen", event_slug, room_code)
    response.set_cookie(
        cookie_name(room_code),
        seal(link, room_code),
        max_age=settings.SESSION_COOKIE_AGE,
        httponly=True,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        samesite="Lax",
    )
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def screen_links(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    """The links that open this room's screen; a new one is made by a form."""
    event = get_event(request.user, event_slug)
    request.event = event  # type: ignore[attr-defined]
    room, links = queries.screen_links(request.user, event, room_code)
    form = LinkForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.make_screen_link(request.user, event, room_code, name=form.cleaned_data["name"])  # type: ignore[arg-type]
        messages.success(request, _("The link is there. Open it at the computer of the hall."))
        return redirect("screen_links", event_slug, room_code)
    address = request.build_absolute_uri(reverse("screen", args=[event.slug, room.code]))
    page, _following = queries.session_on_screen(request.user, room, timezone.now())
    context = {
        "room": room,
        "page": page,
        "form": form,
        "links": [(link, f"{address}?key={key_of(link)}") for link in links],
        "full": len(links) >= actions.MOST_LINKS,
    }
    response = render(
        request, "realtime/screen_links.html", context, status=422 if form.is_bound and form.errors else 200
    )
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def revoke_screen_link(request: HttpRequest, event_slug: str, room_code: str, link: int) -> HttpResponse:
    """Take a link back."""
    event = get_event(request.user, event_slug)
    actions.revoke_screen_link(request.user, event, room_code, link=link)  # type: ignore[arg-type]
    messages.success(request, _("The link is taken back, and what it opened is closed."))
    return redirect("screen_links", event_slug, room_code)
