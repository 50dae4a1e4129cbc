"""Who may write to me, and whom I blocked."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from conference.accounts.actions import agree_to_be_reached, unblock, withdraw_from_being_reached
from conference.accounts.forms import ReachableForm
from conference.accounts.queries import blocks_of, person_data, reachable_consent_of
from conference.core.forms import posted
from conference.core.targets import safe_target


@never_cache
@require_http_methods(["GET", "POST"])
def privacy(request: HttpRequest) -> HttpResponse:
    """Agree to get messages, or withdraw that; below, the people whom one blocked. Afterwards one is where one came from."""
    person = request.user
    consent = reachable_consent_of(person)  # type: ignore[arg-type]
    form = ReachableForm(posted(request), initial={"reachable": consent is not None})
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["reachable"]:
            agree_to_be_reached(person)
            messages.success(request, _("Other participants can write to you now."))
        else:
            withdraw_from_being_reached(person)
            messages.success(request, _("Nobody can write to you any more."))
        return redirect(safe_target(request, "/me/privacy/"))
    blocked = [
        {"card": person_data(block.blocked), "since": block.created}
        for block in blocks_of(person)  # type: ignore[arg-type]
    ]
    words = {"form": form, "consent": consent, "blocked": blocked, "next": safe_target(request)}
    return render(request, "accounts/privacy.html", words, status=422 if form.errors else 200)


@require_POST
def lift_block(request: HttpRequest, person_id: int) -> HttpResponse:
    """Take one's own block back."""
    unblock(request.user, person_id=person_id)
    messages.success(request, _("The block is lifted."))
    return redirect("privacy")
