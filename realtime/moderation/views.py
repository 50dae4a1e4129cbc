"""The console of those who run a room, and the log of what they did."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from conference.core.models import Event
from conference.core.spreadsheets import csv_answer
from conference.events.queries import get_event
from realtime.moderation.forms import LogForm
from realtime.moderation.log import GROUPS, MOST, PAGE, acts_in
from realtime.moderation.queries import get_console


def _event(request: HttpRequest, slug: str) -> Event:
    request.event = get_event(request.user, slug)
    return request.event


@require_safe
def console(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    """Everything that whoever runs the room needs, on one page."""
    room, title = get_console(request.user, _event(request, event_slug), room_code)
    session = room.session if title is not None else None
    return render(request, "realtime/console.html", {"room": room, "title": title, "session": session})


@require_safe
def log(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    """What was done in the room, newest first; for htmx the list alone."""
    room, title = get_console(request.user, _event(request, event_slug), room_code)
    form = LogForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    group = asked.get("group") or ""
    acts = acts_in(room, group=group, before=asked.get("before"), most=PAGE + 1)
    words = {
        "room": room,
        "title": title,
        "acts": acts[:PAGE],
        "older": acts[PAGE - 1].number if len(acts) > PAGE else None,
        "group": group,
        "groups": [(name, words) for name, (words, _verbs) in GROUPS.items()],
    }
    part = bool(request.headers.get("HX-Request"))
    return render(request, "realtime/log_list.html" if part else "realtime/log.html", words)


@require_safe
def log_csv(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    """The whole log as a file."""
    room, _title = get_console(request.user, _event(request, event_slug), room_code)
    head = [_("When"), _("Who"), _("What"), _("Whom"), _("Details")]
    rows = [
        [act.happened.isoformat(), act.who, act.what, act.whom, act.details]
        for act in acts_in(room, most=MOST)
    ]
    return csv_answer(f"log-{room.code}.csv", [head, *rows])
