"""`manage.py prepare`: what must be done before the processes start. Doing it again costs a second."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Migrate the database, compile the translations and collect the static files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo event too")

    def handle(self, *_args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=options["verbosity"] - 1)
        call_command("translations", "compile")
        collect_static_files()
        if options["demo"]:
            # `--demo` is the wish; the command asks for it again where DEBUG is off.
            call_command("load_demo", yes=True)


def collect_static_files() -> None:
    """`collectstatic`, when a file or a setting that it reads has changed."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    stamp = Path(settings.VAR_DIR) / "static.stamp"
    wanted = _state_of_static_files()
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if manifest.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    # --clear: what is no longer there must not be served from an earlier run.
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(wanted, encoding="utf-8")


def _state_of_static_files() -> str:
    digest = hashlib.sha256(
        repr([settings.NPM_FILES, settings.STORAGES, settings.STATICFILES_FINDERS]).encode()
    )
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
