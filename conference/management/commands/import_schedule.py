"""`manage.py import_schedule FILE --event SLUG`: bring a programme in from schedule.json or schedule.xml."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from conference.core.errors import Refusal
from conference.core.text import localise
from conference.programme.importing import ImportPlan, import_schedule, importer, plan_import


class Command(BaseCommand):
    help = "Import a programme from schedule.json or schedule.xml into an event. What is there already is updated by guid."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--event", required=True, metavar="SLUG", help="the event to import into")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        parser.add_argument(
            "--release", action="store_true", help="release the draft at once: readers see it"
        )
        parser.add_argument(
            "--cancel-missing",
            action="store_true",
            help="cancel what an earlier import brought and this file has no more",
        )
        parser.add_argument(
            "--as", dest="person", default="", metavar="EMAIL", help="in whose name; must organize the event"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        try:
            actor, event = importer(options["event"], options["person"])
            plan = plan_import(actor, event, data, path.name)
            self._print(plan)
            if plan.broken:
                raise CommandError(_("The file has errors, so nothing was imported."))
            if options["dry_run"]:
                self.stdout.write(_("This was a dry run: nothing was changed."))
                return
            report = import_schedule(
                actor,
                event,
                data,
                path.name,
                cancel_missing=options["cancel_missing"],
                release_now=options["release"],
            )
        except Refusal as refusal:
            raise CommandError(str(refusal.message)) from refusal
        if report.cancelled:
            self.stdout.write(
                _("Cancelled because the file has them no more: %(count)d.")
                % {"count": len(report.cancelled)}
            )
        if report.release:
            self.stdout.write(_("Released as version %(version)s.") % {"version": report.release.version})
        elif options["release"]:
            self.stdout.write(_("No time, room or state has changed, so there was nothing to release."))
        else:
            self.stdout.write(
                _("Imported into the draft. Readers see new times and rooms with the next release.")
            )

    def _print(self, plan: ImportPlan) -> None:
        for problem in plan.problems:
            place = f"{plan.file_name}:{problem.line}" if problem.line else plan.file_name
            word = _("error") if problem.severity == "error" else _("warning")
            self.stdout.write(f"{place}: {word}: {problem.where}: {problem.message}")
        if plan.broken:
            return
        for one in plan.changed:
            self.stdout.write(f"~ {one.session.code} {localise(one.title)}")
            for change in one.changes:
                self.stdout.write(f"    {change.field}: {change.before or '-'} -> {change.after or '-'}")
        for slot in plan.missing:
            self.stdout.write(f"- {slot.session.code} {localise(slot.session.title)}")
        counts = plan.counts
        self.stdout.write(
            _(
                "Sessions: %(new)d new, %(changed)d changed, %(same)d unchanged, %(missing)d no longer in the file."
            )
            % counts
        )
        for label, tally in (
            (_("Rooms"), plan.halls),
            (_("Tracks"), plan.tracks),
            (_("Speakers"), plan.speakers),
        ):
            self.stdout.write(
                _("%(what)s: %(new)d new, %(changed)d changed, %(same)d unchanged.")
                % {"what": label, "new": len(tally.new), "changed": len(tally.changed), "same": tally.same}
            )
