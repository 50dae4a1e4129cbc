"""How one signs in: address, passkeys, password, linked services."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conference.accounts.actions import set_password
from conference.accounts.forms import EmailForm, PasswordForm
from conference.accounts.queries import passkeys_of, social_accounts_of
from conference.accounts.views.sign_in import ask, busy_status, fresh_sign_in_required
from conference.core.errors import Busy
from conference.core.forms import posted


@never_cache
@require_GET
def security(request: HttpRequest) -> HttpResponse:
    """What opens this account."""
    words = {"passkeys": passkeys_of(request.user), "services": social_accounts_of(request.user)}  # type: ignore[arg-type]
    return render(request, "accounts/security.html", words)


@never_cache
@fresh_sign_in_required
@require_http_methods(["GET", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """Move the account to another address: it must be proven first."""
    form = EmailForm(posted(request))
    busy = None
    if request.method == "POST" and form.is_valid():
        try:
            return ask(request, "change", form.cleaned_data["email"])
        except Busy as refusal:
            busy = refusal
            form.add_error(None, str(refusal.message))
    response = render(request, "accounts/address.html", {"form": form}, status=422 if form.errors else 200)
    return busy_status(response, busy) if busy else response


@never_cache
@fresh_sign_in_required
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Set a password, or another one. The old one is not asked for: the person has just proven who they are."""
    form = PasswordForm(posted(request), person=request.user)  # type: ignore[arg-type]
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, set_password(request.user, password=form.cleaned_data["password"]))
        messages.success(request, _("Your password is set. Other devices were signed out."))
        return redirect("security")
    return render(request, "accounts/password.html", {"form": form}, status=422 if form.errors else 200)


@fresh_sign_in_required
@require_POST
def remove_password(request: HttpRequest) -> HttpResponse:
    update_session_auth_hash(request, set_password(request.user, password=None))
    messages.success(request, _("Your password was removed. You sign in by mail or passkey."))
    return redirect("security")
