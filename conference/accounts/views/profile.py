"""The profile, and what the frame of every page lets a reader choose: language and clock."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conference.accounts.actions import change_profile, join_organisation, set_photo, set_spoken_languages
from conference.accounts.adapter import set_language_cookie
from conference.accounts.forms import (
    MOST_SECTORS,
    LanguageForm,
    OrganisationSearchForm,
    ProfileForm,
    SpokenLanguages,
    TimeZoneForm,
)
from conference.accounts.queries import find_organisations, spoken_languages_of
from conference.accounts.sectors import DOMAINS
from conference.accounts.zones import KEPT_COOKIE, zone_guess, zone_name
from conference.core.forms import posted
from conference.core.targets import safe_target

PLAIN = (
    "name", "name_latin", "name_chinese", "job_title", "country", "came_for", "sectors", "introduction", "time_zone",
    "language", "media_mode",
)  # fmt: skip


@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Everything one says about oneself, on one page."""
    person = request.user
    initial = {field: getattr(person, field) for field in PLAIN} | {
        "organisation": person.organisation.name if person.organisation else ""  # type: ignore[union-attr]
    }
    form = ProfileForm(
        posted(request),
        request.FILES or None,
        person=person,
        guess=zone_guess(request.COOKIES),
        initial=initial,  # type: ignore[arg-type]
    )
    spoken = [{"language": row.language, "level": row.level} for row in spoken_languages_of(person)]  # type: ignore[arg-type]
    languages = SpokenLanguages(posted(request), initial=spoken, prefix="spoken")
    if request.method == "POST" and form.is_valid() & languages.is_valid():
        data = form.cleaned_data
        with transaction.atomic():
            change_profile(person, **{field: data[field] for field in PLAIN})
            join_organisation(person, name=data["organisation"], kind=data["organisation_kind"] or "other")
            set_spoken_languages(person, languages=languages.levels)
            if data["photo"] or data.get("remove_photo"):
                set_photo(person, picture=data["photo"])
        messages.success(request, _("Your profile is saved."))
        response = redirect("profile")
        set_language_cookie(request, response, data["language"])
        return response
    words = {"form": form, "spoken": languages, "domains": DOMAINS, "most": MOST_SECTORS}
    return render(request, "accounts/profile.html", words, status=422 if request.method == "POST" else 200)


@require_GET
def organisations(request: HttpRequest) -> HttpResponse:
    """Options for the organisation field, while one types."""
    form = OrganisationSearchForm(request.GET)
    found = find_organisations(request.user, form.cleaned_data["organisation"]) if form.is_valid() else []  # type: ignore[arg-type]
    return render(request, "accounts/organisation_options.html", {"organisations": found})


@require_POST
def use_time_zone(request: HttpRequest) -> HttpResponse:
    """Move one's clock to where the device is, or keep it and not be asked again."""
    form = TimeZoneForm(request.POST)
    response = redirect(safe_target(request, "/me/"))
    if not form.is_valid():
        messages.error(request, _("That time zone is not known. Choose one in your profile."))
        return response
    zone = form.cleaned_data["time_zone"]
    if "keep" in request.POST:
        response.set_cookie(
            KEPT_COOKIE,
            zone,
            max_age=30 * 24 * 3600,
            samesite="Lax",
            secure=request.is_secure(),
            httponly=True,
        )
        return response
    change_profile(request.user, time_zone=zone)
    messages.success(request, _("Your times are now those of %(zone)s.") % {"zone": zone_name(zone)})
    return response


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language of the pages, in a cookie and in the profile of whoever is signed in, and go back."""
    response = redirect(safe_target(request, "/"))
    form = LanguageForm(request.POST)
    if form.is_valid():
        set_language_cookie(request, response, form.cleaned_data["language"])
        if request.user.is_authenticated:
            change_profile(request.user, language=form.cleaned_data["language"])
    return response
