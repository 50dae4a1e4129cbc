"""Importing a programme for real: all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Invalid
from conference.core.journal import record
from conference.core.models import Event
from conference.programme.actions import announce, open_programme, release
from conference.programme.exchange import read_schedule
from conference.programme.importing.matching import fill
from conference.programme.importing.plan import ImportPlan
from conference.programme.importing.writing import cancel, save
from conference.programme.models import Release, Slot
from conference.programme.queries import next_version, pending_changes


@dataclass(slots=True)
class ImportReport:
    """What was done: the plan, what was cancelled because the file has it no more, and the release if there was one."""

    plan: ImportPlan
    cancelled: list[Slot] = field(default_factory=list)
    release: Release | None = None


def import_schedule(
    actor: User,
    event: Event,
    data: bytes,
    file_name: str,
    *,
    seen: str | None = None,
    cancel_missing: bool = False,
    release_now: bool = False,
) -> ImportReport:
    """Bring the draft to what the file says. `Invalid`, with the problems, where the file cannot be used; `Conflict` where the
    programme has changed since the plan with the fingerprint `seen` was made. Readers see moved times with the next release,
    which `release_now` makes at once."""
    # Reading takes the most time and needs no lock.
    document, problems = read_schedule(data, file_name)
    with transaction.atomic():
        event = open_programme(actor, event)
        plan = ImportPlan(event, file_name, problems)
        if document is None:
            first = plan.errors[0]
            place = _("Line %(line)d") % {"line": first.line} if first.line else first.where
            raise Invalid(f"{place}: {first.message}", problems=[problem.message for problem in plan.errors])
        fill(plan, document)
        if seen is not None and seen != plan.fingerprint:
            raise Conflict(
                _(
                    "The programme has changed since this report was made. Look at the new report, then import."
                )
            )
        report = ImportReport(plan)
        save(plan)
        if cancel_missing:
            report.cancelled = cancel(plan.missing)
        record(
            "schedule.imported",
            actor,
            event,
            origin=document.origin,
            version=document.version,
            cancelled=len(report.cancelled),
            sessions=plan.counts,
        )
        announce(event)
        if release_now and pending_changes(actor, event):
            report.release = release(actor, event, version=next_version(actor, event))
    return report
