"""The list of events, series, and the pages of organizers. Each page: one form and one action, or a few queries."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conference.core.errors import Denied, Invalid
from conference.core.files import clean_image
from conference.core.models import Event
from conference.core.text import localise
from conference.events import actions as events
from conference.events.models import EventRole
from conference.events.queries import (
    get_body,
    get_event,
    get_series,
    is_organizer,
    members_of,
    organized_bodies,
    organized_series,
    require_organizer,
    roles_given,
)
from conference.organizing import actions
from conference.organizing.forms import (
    GiveRoleForm,
    LogoForm,
    MemberForm,
    NewEditionForm,
    NewEventForm,
    NewSeriesForm,
    SettingsForm,
    TicketSearchForm,
    acronym_of,
)
from conference.organizing.presets import PRESETS
from conference.organizing.queries import cards_of, dashboard, event_list, tickets_at
from conference.programme.colour import NIGHT, PAPER, contrast, readable_on
from conference.registration.actions import answer_registration, withdraw_registration
from conference.registration.models import Ticket

PAGE = 50


@login_not_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What this is, and which events there are."""
    bodies = organized_bodies(request.user)
    return render(
        request, "organizing/home.html", {"events": event_list(request.user), "bodies": list(bodies)}
    )


@login_not_required
@require_GET
def series(request: HttpRequest, series_slug: str) -> HttpResponse:
    """A series with its editions: the ones to come first, then the archive."""
    found, editions = get_series(request.user, series_slug)
    cards = cards_of(request.user, editions, timezone.now())
    may_add = organized_series(request.user).filter(pk=found.pk).exists()
    return render(request, "organizing/series.html", {"series": found, "cards": cards, "may_add": may_add})


@require_http_methods(["GET", "POST"])
def new_event(request: HttpRequest) -> HttpResponse:
    """A new event from a template."""
    own = organized_series(request.user)
    bodies = organized_bodies(request.user)
    if not bodies.exists():
        raise Denied(_("Only members of an organizing body can make an event."))
    wanted = own.filter(slug=request.GET.get("series", "")[:50]).first()
    form = NewEventForm(
        request.POST or None, series=own, initial={"template": "conference", "series": wanted}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        event = _try(
            form, lambda: actions.create_event(request.user, acronym=acronym_of(data["slug"]), **data)
        )  # type: ignore[arg-type]
        if event is not None:
            messages.success(
                request, _("The event is made. Only its organizers see it until you publish it.")
            )
            return redirect("organize", event.slug)
    words = {
        "form": form,
        "presets": PRESETS,
        "series_form": NewSeriesForm(bodies=bodies),
        "has_series": own.exists(),
    }
    return render(request, "organizing/new_event.html", words, status=422 if form.errors else 200)


@require_POST
def new_series(request: HttpRequest) -> HttpResponse:
    """A new series; then on to its first event."""
    bodies = organized_bodies(request.user)
    form = NewSeriesForm(request.POST, bodies=bodies)
    if form.is_valid():
        data = form.cleaned_data
        made = _try(
            form,
            lambda: actions.create_series(
                request.user,  # type: ignore[arg-type]
                data["body"],
                slug=data["series_slug"],
                name=data["series_name"],
            ),
        )
        if made is not None:
            messages.success(request, _("The series is made. Now make its first event."))
            return redirect(f"{request.path.removesuffix('series/')}?series={made.slug}")
    own = organized_series(request.user)
    words = {
        "form": NewEventForm(series=own),
        "presets": PRESETS,
        "series_form": form,
        "has_series": own.exists(),
    }
    return render(request, "organizing/new_event.html", words, status=422)


@require_GET
def organize(request: HttpRequest, event_slug: str) -> HttpResponse:
    """How the preparation stands, and the ways to everything an organizer does."""
    event = _organized(request, event_slug)
    return render(request, "organizing/dashboard.html", {"board": dashboard(request.user, event)})


@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Texts, dates, place, look and admission of the event."""
    event = _organized(request, event_slug)
    form = SettingsForm(request.POST or None, event=event)
    if request.method == "POST" and form.is_valid():
        if _try(form, lambda: events.edit_event(request.user, event, **form.cleaned_data)) is not None:  # type: ignore[arg-type]
            messages.success(request, _("Saved."))
            return redirect("organize_settings", event.slug)
    return _settings_page(request, event, form, LogoForm())


@require_POST
def logo(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Put a logo on the event, or take it away."""
    event = _organized(request, event_slug)
    if "remove" in request.POST:
        events.set_logo(request.user, event, logo=None)  # type: ignore[arg-type]
        messages.success(request, _("The logo was removed."))
        return redirect("organize_settings", event.slug)
    form = LogoForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["logo"]
        done = _try(
            form,
            lambda: events.set_logo(request.user, event, logo=clean_image(upload, side=512)),  # type: ignore[arg-type]
            "logo",
        )
        if done is not None:
            messages.success(request, _("The logo was saved."))
            return redirect("organize_settings", event.slug)
    return _settings_page(request, event, SettingsForm(event=event), form)


@require_POST
def state(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Publish the event, or close it."""
    event = _organized(request, event_slug)
    if "publish" in request.POST:
        events.publish_event(request.user, event)  # type: ignore[arg-type]
        messages.success(request, _("The event is published. Everyone can see it now."))
    elif "archive" in request.POST:
        events.archive_event(request.user, event)  # type: ignore[arg-type]
        messages.success(request, _("The event is archived. It can be read, but not changed."))
    return redirect("organize", event.slug)


@require_http_methods(["GET", "POST"])
def people(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Who does what at the event."""
    event = _organized(request, event_slug)
    form = GiveRoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = _try(form, lambda: events.give_role(request.user, event, **form.cleaned_data))  # type: ignore[arg-type]
        if given is not None:
            done = _("%(name)s now has the role “%(role)s”.") % {
                "name": given.user,
                "role": given.get_role_display(),
            }
            messages.success(request, done)
            return redirect("organize_people", event.slug)
    by_role: dict[str, list[EventRole]] = {str(label): [] for label in EventRole.Role.labels}
    for row in roles_given(request.user, event):
        by_role[str(row.get_role_display())].append(row)
    words = {"form": form, "groups": [(label, rows) for label, rows in by_role.items() if rows]}
    return render(request, "organizing/people.html", words, status=422 if form.errors else 200)


@require_POST
def take_role(request: HttpRequest, event_slug: str, role_id: int) -> HttpResponse:
    """Take a role away."""
    event = _organized(request, event_slug)
    events.take_role(request.user, event, role_id=role_id)  # type: ignore[arg-type]
    messages.success(request, _("The role was taken away."))
    if not is_organizer(request.user, event):
        return redirect("home")
    return redirect("organize_people", event.slug)


@require_GET
def registrations(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Everyone with a ticket; those who wait for an answer first."""
    event = _organized(request, event_slug)
    asked = TicketSearchForm(request.GET)
    wanted = asked.cleaned_data if asked.is_valid() else {}
    found = tickets_at(request.user, event, state=wanted.get("state", ""), text=wanted.get("q", ""))
    words = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "states": Ticket.State.choices,
        "wanted": wanted,
    }
    return render(request, "organizing/registrations.html", words)


@require_POST
def answer_ticket(request: HttpRequest, event_slug: str, ticket_id: int) -> HttpResponse:
    """Let someone in, refuse them, or take a ticket back."""
    event = _organized(request, event_slug)
    if "withdraw" in request.POST:
        withdraw_registration(request.user, event, ticket_id)  # type: ignore[arg-type]
        messages.success(request, _("The ticket was taken back, and the person is told."))
    else:
        approve = "approve" in request.POST
        answer_registration(request.user, event, ticket_id, approve=approve)  # type: ignore[arg-type]
        messages.success(
            request, _("The registration is approved.") if approve else _("The registration is refused.")
        )
    return redirect("organize_registrations", event.slug)


@require_http_methods(["GET", "POST"])
def new_edition(request: HttpRequest, event_slug: str) -> HttpResponse:
    """The next edition of the event."""
    event = _organized(request, event_slug)
    form = NewEditionForm(request.POST or None, event=event)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = _try(
            form,
            lambda: actions.clone_event(request.user, event, acronym=acronym_of(data["slug"]), **data),  # type: ignore[arg-type]
        )
        if made is not None:
            messages.success(
                request, _("The new edition is made. Only its organizers see it until you publish it.")
            )
            return redirect("organize", made.slug)
    return render(request, "organizing/new_edition.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def body(request: HttpRequest, body_slug: str) -> HttpResponse:
    """The people of an organizing body."""
    found = get_body(request.user, body_slug)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        member = _try(
            form, lambda: events.add_body_member(request.user, found, email=form.cleaned_data["email"])
        )  # type: ignore[arg-type]
        if member is not None:
            messages.success(request, _("%(name)s is now a member.") % {"name": member.user})
            return redirect("body", found.slug)
    words = {"body": found, "members": members_of(request.user, found), "form": form}
    return render(request, "organizing/body.html", words, status=422 if form.errors else 200)


@require_POST
def remove_member(request: HttpRequest, body_slug: str, member_id: int) -> HttpResponse:
    """Take a person out of the body."""
    found = get_body(request.user, body_slug)
    events.remove_body_member(request.user, found, member_id=member_id)  # type: ignore[arg-type]
    messages.success(request, _("The person is no longer a member."))
    if not organized_bodies(request.user).filter(pk=found.pk).exists():
        return redirect("home")
    return redirect("body", found.slug)


def _organized(request: HttpRequest, event_slug: str) -> Event:
    event = get_event(request.user, event_slug)
    require_organizer(request.user, event)
    request.event = event  # type: ignore[attr-defined]
    return event


def _settings_page(
    request: HttpRequest, event: Event, form: SettingsForm, logo_form: LogoForm
) -> HttpResponse:
    failed = bool(form.errors or logo_form.errors)
    words = {
        "form": form,
        "logo_form": logo_form,
        "on_paper": round(contrast(event.colour, PAPER), 1),
        "on_night": round(contrast(event.colour, NIGHT), 1),
        "adjusted": readable_on(event.colour, PAPER) != event.colour
        or readable_on(event.colour, NIGHT) != event.colour,
        "title": localise(event.name),
    }
    return render(request, "organizing/settings.html", words, status=422 if failed else 200)


def _try(form: forms.Form, act: Any, field: str | None = None) -> Any:
    """The action's result; or None, with the action's refusal as errors of the form, so that nothing typed is lost."""
    try:
        return act()
    except Invalid as error:
        fields = error.details.get("fields") or {field: [error.message]}
        for name, sentences in fields.items():
            for sentence in sentences:
                form.add_error(name if name in form.fields else None, sentence)
        return None
