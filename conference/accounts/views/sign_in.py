"""Signing in, signing up (the same form) and proving oneself again, all by one mail with a code and a link."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import (
    record_authentication,  # its public module only reads the records
)
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from conference.accounts import codes
from conference.accounts.actions import arrive, ask_to_prove, change_email, count_wrong_code
from conference.accounts.forms import CodeForm, EmailForm
from conference.core.errors import Busy, Conflict, Invalid, Refusal
from conference.core.forms import posted
from conference.core.middleware import TIME_ZONE_COOKIE
from conference.core.targets import safe_target

CHALLENGE = "challenge"
"""Session key: the challenge this browser may answer with a code."""


def network_of(request: HttpRequest) -> str:
    """Where a request comes from, as coarse as one household or office: an IPv4 address or an IPv6 /64."""
    address = get_adapter().get_client_ip(request) or ""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)


def ask(request: HttpRequest, purpose: str, email: str, *, target: str = "") -> HttpResponse:
    """Send the mail and lead to the page where its code is typed."""
    challenge = ask_to_prove(
        purpose,
        email,
        ip=network_of(request),
        address_of=lambda link: request.build_absolute_uri(reverse("sign_in_link", args=[link])),
        person=request.user if request.user.is_authenticated else None,  # type: ignore[arg-type]
        target=target,
    )
    request.session[CHALLENGE] = challenge.id
    return redirect("sign_in_code")


def busy_status(response: HttpResponse, refusal: Busy) -> HttpResponse:
    """The refusal is told in the form; the status and header tell it to programs."""
    response.status_code = refusal.status
    response["Retry-After"] = str(int(refusal.details.get("retry_after", 60)))
    return response


@login_not_required
@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """One form for those who have an account and those who do not: the address."""
    target = safe_target(request)
    if request.user.is_authenticated:
        return redirect(target or "me")
    form = EmailForm(posted(request))
    busy = None
    if request.method == "POST" and form.is_valid():
        try:
            return ask(request, "sign-in", form.cleaned_data["email"], target=target)
        except Busy as refusal:
            busy = refusal
            form.add_error(None, str(refusal.message))
    words = {"form": form, "next": target, "providers": sorted(settings.SOCIAL_PROVIDERS)}
    response = render(request, "account/sign_in.html", words, status=422 if form.errors else 200)
    return busy_status(response, busy) if busy else response


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Where the code is typed or pasted."""
    challenge = codes.find(request.session.get(CHALLENGE))
    if challenge is None or not _may_answer(request, challenge):
        return _expired(request)
    form = CodeForm(posted(request))
    busy = None
    if request.method == "POST" and form.is_valid():
        try:
            codes.meet(challenge, form.cleaned_data["code"])
            return _proven(request, challenge)
        except Invalid as refusal:
            form.add_error("code", str(refusal.message))
            try:
                count_wrong_code(ip=network_of(request))
            except Busy as wait:
                busy = wait
                form.add_error(None, str(wait.message))
        except Conflict as refusal:
            messages.error(request, str(refusal.message))
            return _start_again(request, challenge)
    response = render(
        request,
        "account/sign_in_code.html",
        {"form": form, "challenge": challenge, "minutes": -(-challenge.seconds_left // 60)},
        status=422 if form.errors else 200,
    )
    return busy_status(response, busy) if busy else response


@login_not_required
@require_POST
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Another mail; the code of the one before is dead from then on."""
    challenge = codes.find(request.session.get(CHALLENGE))
    if challenge is None or not _may_answer(request, challenge):
        return _expired(request)
    try:
        response = ask(request, challenge.purpose, challenge.email, target=challenge.target)
    except Busy as refusal:
        messages.error(request, str(refusal.message))
        return redirect("sign_in_code")
    codes.drop(challenge)
    messages.success(request, _("A new mail is on its way. The code of the old one no longer works."))
    return response


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_link(request: HttpRequest, link: str) -> HttpResponse:
    """The page behind the mail's link, for any browser. Opening it changes nothing; its button does."""
    challenge = codes.find_by_link(link)
    if challenge is None:
        return _expired(request)
    if not _may_answer(request, challenge):
        return render(request, "account/sign_in_elsewhere.html", {"challenge": challenge}, status=403)
    if request.method == "POST":
        try:
            codes.use_up(challenge)
            return _proven(request, challenge)
        except Conflict as refusal:
            messages.error(request, str(refusal.message))
            return _start_again(request, challenge)
    return render(request, "account/sign_in_link.html", {"challenge": challenge})


def _may_answer(request: HttpRequest, challenge: codes.Challenge) -> bool:
    """Proving oneself again and moving to another address are for the person who began it."""
    return challenge.purpose == "sign-in" or request.user.pk == challenge.person


def _expired(request: HttpRequest) -> HttpResponse:
    request.session.pop(CHALLENGE, None)
    return render(request, "account/sign_in_expired.html", status=410)


def _start_again(request: HttpRequest, challenge: codes.Challenge) -> HttpResponse:
    request.session.pop(CHALLENGE, None)
    if challenge.purpose != "sign-in":
        return redirect("security")
    query = f"?{urlencode({'next': challenge.target})}" if challenge.target else ""
    return redirect(reverse("account_login") + query)


def _proven(request: HttpRequest, challenge: codes.Challenge) -> HttpResponse:
    """The address was proven: do what that was for."""
    request.session.pop(CHALLENGE, None)
    if challenge.purpose == "sign-in":
        zone = request.COOKIES.get(TIME_ZONE_COOKIE, "")[:64]
        person, created = arrive(challenge.email, language=get_language() or "", time_zone=zone)
        record_authentication(request, person, method="code", reauthenticated=True)
        return perform_login(
            request, person, redirect_url=challenge.target or None, signup=created, email=challenge.email
        )
    record_authentication(request, request.user, method="code", reauthenticated=True)  # type: ignore[arg-type]
    if challenge.purpose == "change":
        try:
            change_email(request.user, email=challenge.email)
        except Refusal as refusal:
            messages.error(request, str(refusal.message))
            return redirect("security")
        messages.success(request, _("Your address was changed."))
    return redirect(challenge.target or "security")


# --- Proving oneself again before something that matters ---


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person signed in or proved themselves within the last quarter of an hour."""
    records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
    return bool(records) and time.time() - records[-1].get("at", 0) < settings.FRESH_MINUTES * 60


View = Callable[..., HttpResponse]


def fresh_sign_in_required(view: View) -> View:
    """For pages that change how one signs in, or end the account: a forgotten open browser is not enough."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not is_fresh(request):
            back = request.path if request.method == "GET" else reverse("security")
            return HttpResponseRedirect(f"{reverse('confirm_person')}?{urlencode({'next': back})}")
        return view(request, *args, **kwargs)

    return wrapped


@never_cache
@require_http_methods(["GET", "POST"])
def confirm_person(request: HttpRequest) -> HttpResponse:
    """ "Is it you?": a mail to the person's own address."""
    target = safe_target(request, reverse("security"))
    if is_fresh(request):
        return redirect(target)
    refusal = None
    if request.method == "POST":
        try:
            return ask(request, "confirm", request.user.email, target=target)  # type: ignore[union-attr]
        except Busy as busy:
            refusal = busy
    response = render(request, "account/confirm_person.html", {"next": target, "refusal": refusal})
    return busy_status(response, refusal) if refusal else response
