"""`manage.py translations extract | compile | check`, without GNU gettext on the machine.

Babel reads Python and JavaScript itself; Django turns a template into text that a reader of Python understands. There
are two catalogues for each language, as Django wants them: `django` (Python and templates) and `djangojs` (static/js).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from babel.core import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

SOURCES = {
    "django": {
        "conference/**/*.py": "python",
        "booths/**/*.py": "python",
        "realtime/**/*.py": "python",
        "templates/**/*.html": f"{__name__}:extract_template",
        "templates/**/*.txt": f"{__name__}:extract_template",
    },
    "djangojs": {"static/js/**/*.js": "javascript"},
}
KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "gettext_noop": None,
}
# Of JavaScript: `${gettext("…")}` inside a template is text to translate too.
OPTIONS = {"parse_template_string": True}
SHOWN = 40
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


class Command(BaseCommand):
    help = (
        "Collect the texts to translate, compile the catalogues, or check that nothing is left to translate."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["extract", "compile", "check"])

    def handle(self, *_args: Any, what: str, **_options: Any) -> None:
        if what == "compile":
            compile_catalogues()
        elif what == "extract":
            for path, catalog in update_catalogues():
                left = sum(1 for message in catalog if message.id and is_missing(message))
                self.stdout.write(f"{path}: {len(catalog)} texts, {left} to translate")
        else:
            problems = list(find_problems())
            if problems:
                shown = [
                    *problems[:SHOWN],
                    *([f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []),
                ]
                raise CommandError("\n".join([f"{len(problems)} texts are not in order:", *shown]))


def extract_template(file: BinaryIO, keywords: Any, comment_tags: Any, options: Any) -> Iterable[Any]:
    """Babel's reader of Django templates: Django rewrites `{% translate %}` to calls, Babel reads the calls."""
    text = templatize(file.read().decode())
    # The rest of the page is blanked out, but its indentation would be a syntax error.
    flat = "\n".join(line.strip() for line in text.splitlines())
    return extract_python(io.BytesIO(flat.encode()), keywords, comment_tags, options)


def extract(domain: str) -> Catalog:
    """Every text that the code marks for translation."""
    catalog = Catalog(domain=domain, charset="utf-8")
    for pattern, method in SOURCES[domain].items():
        reader: Any = extract_template if "extract_template" in method else method
        for path in sorted(settings.BASE_DIR.glob(pattern)):
            name = path.relative_to(settings.BASE_DIR).as_posix()
            for line, text, comments, context in extract_from_file(
                reader, path, keywords=KEYWORDS, comment_tags=["Translators:"], options=OPTIONS
            ):
                catalog.add(text, None, [(name, line)], auto_comments=comments, context=context)
    return catalog


def catalogue_paths(domain: str) -> Iterator[tuple[Locale, Path]]:
    """Where the translations of this domain lie, for every language but the one the code is written in."""
    for code, _name in settings.LANGUAGES:
        if code != settings.LANGUAGE_CODE:
            locale = to_locale(code)
            yield (
                Locale.parse(locale),
                Path(settings.LOCALE_PATHS[0]) / locale / "LC_MESSAGES" / f"{domain}.po",
            )


def read_catalogue(path: Path, locale: Locale, domain: str) -> Catalog:
    """The catalogue in the file, or an empty one."""
    if not path.exists():
        return Catalog(locale=locale, domain=domain, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=locale, domain=domain)


def update_catalogues() -> Iterator[tuple[Path, Catalog]]:
    """Bring the files up to date with the code: new texts appear, texts that are gone go."""
    for domain in SOURCES:
        template = extract(domain)
        for locale, path in catalogue_paths(domain):
            catalog = read_catalogue(path, locale, domain)
            catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
            catalog.obsolete.clear()
            catalog.fuzzy = False
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                # No line numbers: they would change with every edit of the code.
                write_po(file, catalog, width=110, sort_output=True, include_lineno=False)
            yield path.relative_to(settings.BASE_DIR), catalog


def compile_catalogues() -> None:
    """Write the .mo files that Django reads, where the .po file is newer."""
    for domain in SOURCES:
        for locale, path in catalogue_paths(domain):
            compiled = path.with_suffix(".mo")
            if path.exists() and not (compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime):
                new = compiled.with_suffix(".new")
                with new.open("wb") as file:
                    write_mo(file, read_catalogue(path, locale, domain))
                new.replace(compiled)


def find_problems() -> Iterator[str]:
    """One line for each text that the code uses and a language lacks, or whose placeholders differ."""
    for domain in SOURCES:
        wanted = [message for message in extract(domain) if message.id]
        for locale, path in catalogue_paths(domain):
            catalog = read_catalogue(path, locale, domain)
            for message in wanted:
                found = catalog.get(
                    message.id if isinstance(message.id, str) else message.id[0], message.context
                )
                where = f"{locale} {domain}, {message.locations[0][0]}: {_short(message)}"
                if found is None:
                    yield f"{where} is not in the catalogue; run `make messages`."
                elif is_missing(found):
                    yield f"{where} is not translated."
                elif _placeholders(found.id) != _placeholders(found.string):
                    yield f"{where} has other placeholders in its translation."


def is_missing(message: Message) -> bool:
    """Whether a text has no translation that one may show."""
    strings = [message.string] if isinstance(message.string, str) else list(message.string or [""])
    return message.fuzzy or not all(strings)


def _placeholders(text: Any) -> set[str]:
    """Those of the singular and the plural together: a language without plural has only one form."""
    return set(PLACEHOLDER.findall(text if isinstance(text, str) else " ".join(text)))


def _short(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
