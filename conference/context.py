"""What the frame of every page needs."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from realtime.direct.queries import unread_conversations

AGENDA = {"schedule", "session", "my_agenda", "speaker", "speakers", "programme_changes"}
"""Pages that belong to the place "Agenda"."""

MINE = {"me", "directory", "listing", "register", "cancel_registration"}
"""Pages that belong to the place "Me"."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """The site's name and, inside an event (a view has set `request.event`), its places. Places not built are not listed."""
    event = getattr(request, "event", None)
    places = []
    if event is not None:
        current = getattr(request.resolver_match, "url_name", "") if request.resolver_match else ""
        rows = [
            ("now", _("Now"), reverse("now", args=[event.slug]), "now", {"now"}),
            ("agenda", _("Agenda"), reverse("schedule", args=[event.slug]), "agenda", AGENDA),
            ("me", _("Me"), reverse("me", args=[event.slug]), "me", MINE),
        ]  # fmt: skip
        places = [
            {"name": name, "label": label, "url": url, "icon": icon, "current": current in names}
            for name, label, url, icon, names in rows
        ]
    return {
        "site_name": settings.SITE_NAME,
        "event": event,
        "places": places,
        "languages": settings.LANGUAGES,
        # Asked only by a page that shows it.
        "unread_conversations": partial(unread_conversations, getattr(request, "user", None)),
        "account_links": [
            {"label": _("Me"), "url": reverse("me", args=[event.slug] if event else []), "icon": "me"},
            {"label": _("Messages"), "url": reverse("conversations"), "icon": "mail"},
            {"label": _("Notices"), "url": reverse("inbox"), "icon": "bell"},
            {"label": _("My profile"), "url": reverse("profile"), "icon": "user"},
            {"label": _("Sign-in and security"), "url": reverse("security"), "icon": "lock"},
            {"label": _("My data"), "url": reverse("my_data"), "icon": "shield"},
        ],
    }
