"""The inbox."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from conference.notifications.actions import mark_read
from conference.notifications.queries import inbox_of, notification_data, unread_count


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """The reader's notices, newest first, a page at a time."""
    page = Paginator(inbox_of(request.user), 30).get_page(request.GET.get("page"))
    words = {
        "page": page,
        "notices": [notification_data(notice) for notice in page],
        "unread": unread_count(request.user),
    }
    return render(request, "notifications/inbox.html", words)


@require_POST
def mark_inbox_read(request: HttpRequest) -> HttpResponse:
    mark_read(request.user)
    return redirect("inbox")
