"""The organizers' page of announcements."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from conference.core.models import Event
from conference.core.text import language_of
from conference.events.queries import get_event, require_organizer
from realtime.announcements import actions
from realtime.announcements.forms import EventAnnouncementForm
from realtime.announcements.queries import announcements_of, reach_of

PAGE = 30


@require_http_methods(["GET", "POST"])
def announcements(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Write one, look at it as its readers will see it, send it; and what was announced so far."""
    event = _organized(request, event_slug)
    form = EventAnnouncementForm(request.POST or None, initial={"client_id": uuid.uuid4()})
    preview: list[dict[str, str]] = []
    if request.method == "POST" and form.is_valid():
        if "preview" not in request.POST:
            made = actions.announce_to_event(request.user, event, **form.cleaned_data)
            messages.success(request, _("It is announced. The inboxes are filled in the next moments."))
            return redirect(f"{request.path}#announcement-{made.pk}")
        text = form.cleaned_data["text"]
        preview = [
            {"language": name, "tag": language_of(text, tag), "text": text[language_of(text, tag)]}
            for tag, name in form.fields["text"].languages
        ]
    words = {
        "form": form,
        "preview": preview,
        "urgent": preview and form.cleaned_data["urgent"],
        "link": form.cleaned_data["link"] if preview else "",
        "reach": reach_of(request.user, event),
        "page": Paginator(announcements_of(request.user, event), PAGE).get_page(request.GET.get("page")),
    }
    status = 422 if form.errors else 200
    return render(request, "realtime/announcements.html", words, status=status)


@require_POST
def withdraw_announcement(request: HttpRequest, event_slug: str, announcement_id: int) -> HttpResponse:
    """Take one back."""
    event = _organized(request, event_slug)
    actions.withdraw_announcement(request.user, event, announcement_id=announcement_id)
    messages.success(
        request, _("The announcement is withdrawn. Those who have it in their inbox read there that it is.")
    )
    return redirect("organize_announcements", event.slug)


def _organized(request: HttpRequest, event_slug: str) -> Event:
    event = get_event(request.user, event_slug)
    require_organizer(request.user, event)
    request.event = event  # type: ignore[attr-defined]
    return event
