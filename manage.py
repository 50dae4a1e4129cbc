#!/usr/bin/env python
"""Django's command line, with the embedded database and cache found or started when the command needs them."""

import os
import sys

from conference import embedded

# These read no data; everything else gets the services. (`runserver` is not how we run, but it works too.)
NEEDS_NOTHING = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "match_profiles",
    "translations",
    "version",
}


def main(arguments: list[str]) -> None:
    """Prepare the environment, then hand over to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "conference.settings")
    embedded.ensure_secrets()
    command = arguments[1] if len(arguments) > 1 else "help"
    if command not in NEEDS_NOTHING and not {"-h", "--help", "--version"} & set(arguments):
        try:
            embedded.ensure()
        except embedded.Unavailable as error:
            raise SystemExit(str(error)) from None

    from django.core.management import execute_from_command_line  # noqa: PLC0415 - settings need the environment above

    execute_from_command_line(arguments)


if __name__ == "__main__":
    main(sys.argv)
