"""Where allauth asks us: what happens at sign-in, and that a passkey is another door, not a second lock."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language

from conference.accounts.actions import end_sockets, remember_reader
from conference.accounts.models import User
from conference.core.middleware import TIME_ZONE_COOKIE


class AccountAdapter(DefaultAccountAdapter):
    """Every way of signing in ends here, by code, link, passkey, password or another service."""

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """New people are welcomed first; whoever chose a language before gets it back."""
        response = super().post_login(request, user, **kwargs)
        remember_reader(
            user, language=get_language() or "", time_zone=request.COOKIES.get(TIME_ZONE_COOKIE, "")[:64]
        )
        if user.onboarded is None:
            target = response.headers.get("Location", "")
            query = f"?{urlencode({'next': target})}" if target and target != "/" else ""
            response = redirect(reverse("welcome") + query)
        set_language_cookie(request, response, user.language)
        return response

    def logout(self, request: HttpRequest) -> None:
        """The session's sockets end with it."""
        person = request.user
        super().logout(request)
        if isinstance(person, User):
            end_sockets(person)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Sensitive pages are wrapped in our own `fresh_sign_in_required`, which takes a mailed code too."""
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("security")


class PasskeyAdapter(DefaultMFAAdapter):
    """A passkey lets its owner in by itself. It is not asked for after a mailed code, so losing it locks nobody out."""

    def is_mfa_enabled(self, user: Any, types: Any = None) -> bool:
        return False

    def _get_site_name(self) -> str:
        return settings.SITE_NAME


class ServiceAdapter(DefaultSocialAccountAdapter):
    """Somebody who comes from another service brings their name along."""

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        user = super().populate_user(request, sociallogin, data)
        told = data.get("name") or " ".join(filter(None, (data.get("first_name"), data.get("last_name"))))
        user.name = " ".join(str(told or "").split())[:120]
        return user


def set_language_cookie(request: HttpRequest, response: HttpResponse, language: str) -> None:
    """Have the pages speak `language` from the next one on; unknown languages are passed over."""
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            samesite="Lax",
            secure=request.is_secure(),
        )
