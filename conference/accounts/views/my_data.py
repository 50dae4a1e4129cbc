"""What the installation knows of the reader: see, take along, delete."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from conference.accounts.actions import delete_account
from conference.accounts.forms import DeleteAccountForm
from conference.accounts.views.sign_in import fresh_sign_in_required
from conference.core.forms import posted
from conference.core.personal_data import Section, personal_data, sections
from conference.core.times import full_time


@never_cache
@require_GET
def my_data(request: HttpRequest) -> HttpResponse:
    """All of it, to read."""
    parts = [_readable(section, request.user) for section in sections()]
    words = {"parts": parts, "nothing": [part for part in parts if not part["things"]]}
    return render(request, "accounts/my_data.html", words)


def _readable(section: Section, person: Any) -> dict[str, Any]:
    """The section as rows of (label, value), for one thing or for each of several."""
    told = section.tell(person)
    things = told if isinstance(told, list) else [told]
    return {
        "key": section.key,
        "title": section.title,
        "several": isinstance(told, list),
        "things": [
            [
                (section.labels.get(name, name), _words(value))
                for name, value in thing.items()
                if value not in ("", None, [])
            ]
            for thing in things
        ],
    }


def _words(value: Any) -> Any:
    """A value as a person reads it."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return full_time(value)
    if isinstance(value, dict):
        return " ".join(str(_words(part)) for part in value.values())
    if isinstance(value, list):
        return " · ".join(str(_words(entry)) for entry in value)
    return value


@never_cache
@fresh_sign_in_required
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """All of it, as a file for other programs."""
    answer = {"exported": timezone.now(), **personal_data(request.user)}
    response = JsonResponse(answer, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@never_cache
@fresh_sign_in_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """The end of the account, after the address was typed."""
    form = DeleteAccountForm(posted(request), person=request.user)  # type: ignore[arg-type]
    if request.method == "POST" and form.is_valid():
        delete_account(request.user)
        get_adapter().logout(request)
        return redirect("account_deleted")
    return render(request, "accounts/delete.html", {"form": form}, status=422 if form.errors else 200)


@login_not_required
@require_GET
def deleted(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/deleted.html")
