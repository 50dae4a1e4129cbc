"""`manage.py demo_accounts`: how to sign in to the demo as each role."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from conference.demo.accounts import read_password, write_sign_in_text


class Command(BaseCommand):
    help = "Print the addresses and the password of the demo accounts."

    def handle(self, *_args: Any, **_options: Any) -> None:
        password = read_password()
        if password is None:
            raise CommandError("There is no demo here yet. `manage.py load_demo` makes it.")
        self.stdout.write(write_sign_in_text(password), ending="")
