"""`manage.py load_demo`: the demo event, around today."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from conference.demo import accounts
from conference.demo.load import load, start_afresh


class Command(BaseCommand):
    help = "Load the demo event, or move it so that it spans yesterday to tomorrow. Running it again is harmless."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="load it although DEBUG is off")
        parser.add_argument(
            "--fresh",
            action="store_true",
            help="take the demo events away first, with all that was done in them",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEBUG and not options["yes"]:
            raise CommandError(
                "The demo has accounts with a shared password, one of them an administrator's. DEBUG is off, so this looks "
                "like a platform for real people. If you want the demo here all the same, add --yes."
            )
        if options["fresh"]:
            start_afresh()
        password = accounts.read_password()
        made = password is None
        if password is None:
            password = accounts.make_password()
        outcome = load(timezone.now(), password=password, new_password=made)
        accounts.write_sign_in_text(password)
        said = {
            "loaded": "The demo event is loaded; `manage.py demo_accounts` says how to sign in.",
            "moved": f"The demo event is moved by {outcome.days} days.",
            "unchanged": "The demo event is there already, around today.",
        }
        if options["verbosity"]:
            self.stdout.write(said[outcome.what])
