"""Pages of direct messages: the list, one conversation, and blocking somebody."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from conference.accounts.actions import block
from conference.accounts.models import User
from conference.accounts.queries import person_data, reachable_consent_of
from conference.core.limits import spend
from realtime.direct.queries import get_partner, get_person_to_block, get_side, list_data, row_data

PAGE = 30

PEOPLE = 60
"""People whose card one person may open in ten minutes to write to them or to block them."""


@never_cache
@require_GET
def conversations(request: HttpRequest) -> HttpResponse:
    """The reader's conversations, newest first; for htmx the list alone."""
    told = list_data(request.user)
    page = Paginator(told["going"], PAGE).get_page(request.GET.get("page"))
    words = {
        "page": page,
        "asked": told["asked"] if page.number == 1 else [],
        "going": [row_data(side) for side in page],
        "ignored": told["ignored"] if page.number == page.paginator.num_pages else [],
        "reachable": reachable_consent_of(request.user) is not None,
    }
    part = "HX-Request" in request.headers
    return render(request, "direct/list.html" if part else "direct/conversations.html", words)


@never_cache
@require_GET
def unread(request: HttpRequest) -> HttpResponse:
    """The mark in the head of every page, for htmx."""
    return render(request, "direct/unread.html")


@never_cache
@require_GET
def conversation(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """One conversation."""
    return _talk(request, get_side(request.user, conversation_id).other)


@never_cache
@require_GET
def write_to(request: HttpRequest, person_id: int) -> HttpResponse:
    """Where one writes to a person: the conversation with them, or the page on which it begins."""
    spend("person-card", str(request.user.pk), amount=PEOPLE, seconds=600)
    other, side = get_partner(request.user, person_id)
    if side is not None:
        return redirect("conversation", side.conversation_id)
    return _talk(request, other)


def _talk(request: HttpRequest, other: User) -> HttpResponse:
    words = {"other": person_data(other), "gone": other.deleted is not None}
    return render(request, "direct/conversation.html", words)


@never_cache
@require_http_methods(["GET", "POST"])
def block_person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Block somebody, after a question."""
    spend("person-card", str(request.user.pk), amount=PEOPLE, seconds=600)
    other = get_person_to_block(request.user, person_id)
    if request.method == "POST":
        block(request.user, other)  # type: ignore[arg-type]
        messages.success(
            request, _("%(name)s is blocked. Neither of you sees or reaches the other.") % {"name": other}
        )
        return redirect("privacy")
    return render(request, "direct/block.html", {"other": person_data(other)})
