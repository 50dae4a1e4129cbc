"""The first two minutes: three screens after the mail, each of which can be left for later."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from conference.accounts.actions import change_profile, finish_welcome
from conference.accounts.adapter import set_language_cookie
from conference.accounts.forms import FIRST_SECTORS, InterestsForm, MediaForm, WelcomePlaceForm
from conference.accounts.sectors import DOMAINS
from conference.accounts.zones import zone_guess
from conference.core.forms import posted
from conference.core.targets import safe_target

STEPS = ("welcome", "welcome_interests", "welcome_media")


def _onwards(request: HttpRequest, step: str) -> HttpResponse:
    """To the next screen, or, after the last, to where the person wanted to go."""
    target = safe_target(request)
    place = STEPS.index(step) + 1
    if place == len(STEPS):
        finish_welcome(request.user)
        return redirect(target or "/")
    query = f"?{urlencode({'next': target})}" if target else ""
    return redirect(reverse(STEPS[place]) + query)


def _page(request: HttpRequest, step: str, words: dict[str, object]) -> HttpResponse:
    form = words["form"]
    words |= {"step": STEPS.index(step) + 2, "next": safe_target(request)}
    return render(request, f"accounts/{step}.html", words, status=422 if form.errors else 200)  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Name, language, country, clock."""
    if "later" in request.POST:
        return _onwards(request, "welcome")
    person, guess = request.user, zone_guess(request.COOKIES)
    initial = {"name": person.name, "language": get_language(), "country": person.country}  # type: ignore[union-attr]
    form = WelcomePlaceForm(posted(request), person=person, guess=guess, initial=initial)  # type: ignore[arg-type]
    if request.method == "POST" and form.is_valid():
        change_profile(person, **form.cleaned_data)
        response = _onwards(request, "welcome")
        set_language_cookie(request, response, form.cleaned_data["language"])
        return response
    return _page(request, "welcome", {"form": form})


@require_http_methods(["GET", "POST"])
def welcome_interests(request: HttpRequest) -> HttpResponse:
    """Why one came."""
    if "later" in request.POST:
        return _onwards(request, "welcome_interests")
    person = request.user
    initial = {field: getattr(person, field) for field in ("came_for", "sectors", "introduction")}
    form = InterestsForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        change_profile(person, **form.cleaned_data)
        return _onwards(request, "welcome_interests")
    return _page(request, "welcome_interests", {"form": form, "domains": DOMAINS, "most": FIRST_SECTORS})


@require_http_methods(["GET", "POST"])
def welcome_media(request: HttpRequest) -> HttpResponse:
    """What the line can carry."""
    if "later" in request.POST:
        return _onwards(request, "welcome_media")
    person = request.user
    form = MediaForm(posted(request), initial={"media_mode": person.media_mode})  # type: ignore[union-attr]
    if request.method == "POST" and form.is_valid():
        change_profile(person, **form.cleaned_data)
        return _onwards(request, "welcome_media")
    return _page(request, "welcome_media", {"form": form})
