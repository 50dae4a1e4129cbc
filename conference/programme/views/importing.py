"""The page on which organizers import a programme: choose a file, read what it will do, import."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from conference.core.errors import Conflict
from conference.core.models import Event
from conference.programme.exchange_forms import ImportForm, UploadForm
from conference.programme.importing import ImportPlan, ImportReport, plan_import
from conference.programme.importing import import_schedule as do_import
from conference.programme.importing.waiting import WaitingFile, drop_file, keep_file, waiting_file
from conference.programme.views.editor import organized_event

SHOWN = 8
"""So many new sessions are told at once; the rest stands behind a word."""


@require_http_methods(["GET", "HEAD", "POST"])
def import_schedule(request: HttpRequest, event_slug: str) -> HttpResponse:
    """Choose a file. What it would do is shown before anything happens."""
    event = organized_event(request, event_slug)
    if request.method != "POST":
        return render(request, "programme/import.html", {"form": UploadForm()})
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "programme/import.html", {"form": form}, status=422)
    upload = form.cleaned_data["file"]
    file = keep_file(request.user, event, upload.read(), upload.name)
    return redirect("import_report", event.slug, file.token)


@require_http_methods(["GET", "HEAD", "POST"])
def import_report(request: HttpRequest, event_slug: str, token: str) -> HttpResponse:
    """What the file will do, and the button that does it."""
    event = organized_event(request, event_slug)
    try:
        file = waiting_file(request.user, event, token)
    except Conflict as refusal:
        messages.warning(request, str(refusal.message))
        return redirect("import_schedule", event.slug)
    if request.method != "POST":
        return _report(request, event, file)
    form = ImportForm(request.POST)
    if not form.is_valid():
        return _report(request, event, file, form)
    try:
        report = do_import(request.user, event, file.data, file.name, **form.cleaned_data)
    except Conflict as refusal:
        form.add_error(None, str(refusal.message))
        return _report(request, event, file, form)
    drop_file(request.user, event)
    messages.success(request, _told(report))
    return redirect(reverse("programme_editor", args=[event.slug]))


def _report(
    request: HttpRequest, event: Event, file: WaitingFile, form: ImportForm | None = None
) -> HttpResponse:
    plan = plan_import(request.user, event, file.data, file.name)
    if form is not None:
        # Whoever has read that the programme has changed sees the new report, and may say yes to it.
        form.data = form.data.copy()
        form.data["seen"] = plan.fingerprint
    context = {
        "plan": plan,
        "first": plan.new[:SHOWN],
        "rest": plan.new[SHOWN:],
        "form": form or ImportForm(initial={"seen": plan.fingerprint}),
        "tallies": [
            (_("Rooms"), plan.halls),
            (_("Tracks"), plan.tracks),
            (_("Speakers"), plan.speakers),
        ],
        "idle": not plan.does_something and not plan.missing,
    }
    status = 422 if plan.broken or form is not None else 200
    return render(request, "programme/import_report.html", context, status=status)


def _told(report: ImportReport) -> str:
    """What was done, in one message."""
    plan: ImportPlan = report.plan
    lines = [
        _("Imported: %(new)d new sessions, %(changed)d changed, %(same)d unchanged.") % plan.counts,
    ]
    if report.cancelled:
        lines.append(
            ngettext(
                "%(count)d session that is no longer in the file is cancelled.",
                "%(count)d sessions that are no longer in the file are cancelled.",
                len(report.cancelled),
            )
            % {"count": len(report.cancelled)}
        )
    if report.release:
        lines.append(_("Version %(version)s is public.") % {"version": report.release.version})
    else:
        lines.append(_("Times and rooms wait in the draft for the next release."))
    return " ".join(lines)
