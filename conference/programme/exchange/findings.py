"""What a reader finds wrong, and the small steps of reading that may find something.

A file becomes plain dicts and lists first (`read_json`, `read_xml`), each value with a path. A finding keeps the path; the
lines of a file are looked up once, at the end, and only for the paths that have something wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from conference.programme.exchange.cleaning import CONTROL, clean_line, clean_text, cut, web_address
from conference.programme.exchange.document import LENGTH, Problem

Path = tuple[str | int, ...]
LinesOf = Callable[[set[Path]], Mapping[Path, int]]

# A file of five thousand sessions with the same flaw is told about it this many times.
SHOWN_OF_A_KIND = 20


class Broken(Exception):
    """The file cannot be read at all; carries the sentence and the line for the person who brought it."""

    def __init__(self, message: str | Promise, line: int | None = None) -> None:
        super().__init__(str(message))
        self.problem = Problem("error", line, str(_("File")), str(message))


@dataclass(frozen=True, slots=True)
class Finding:
    severity: Literal["error", "warning"]
    path: Path
    where: str
    message: str


class Findings:
    """Collects what is wrong, bounded, in the language of the person who reads it."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        self.failed = False

    def add(
        self,
        severity: Literal["error", "warning"],
        path: Path,
        where: str | Promise,
        message: str | Promise,
        values: object,
    ) -> None:
        kind = (severity, str(message))
        self._counts[kind] += 1
        self.failed |= severity == "error"
        if self._counts[kind] <= SHOWN_OF_A_KIND:
            self._found.append(Finding(severity, path, str(where), str(message) % values))

    def problems(self, lines_of: LinesOf) -> list[Problem]:
        """Errors before warnings, each in the order of the file; what was too much to list is counted at the end."""
        lines = lines_of({finding.path for finding in self._found})
        listed = [
            Problem(found.severity, lines.get(found.path), found.where, found.message)
            for found in self._found
        ]
        listed.sort(
            key=lambda problem: (problem.severity != "error", problem.line is None, problem.line or 0)
        )
        for severity in ("error", "warning"):
            more = sum(
                count - SHOWN_OF_A_KIND
                for (of, _m), count in self._counts.items()
                if of == severity and count > SHOWN_OF_A_KIND
            )
            if more:
                message = ngettext(
                    "There is %(count)d more place with the same kind of problem.",
                    "There are %(count)d more places with the same kinds of problem.",
                    more,
                )
                listed.append(
                    Problem(
                        "error" if severity == "error" else "warning",
                        None,
                        str(_("File")),
                        message % {"count": more},
                    )
                )
        return listed


@dataclass(frozen=True, slots=True)
class Part:
    """One object of the file: its values, where they stand, and what to call it when speaking of it."""

    values: Mapping[str, object]
    path: Path
    where: str
    findings: Findings

    def error(self, key: str | int | None, message: str | Promise, /, **values: object) -> None:
        self.findings.add("error", self._path(key), self.where, message, values)

    def warn(self, key: str | int | None, message: str | Promise, /, **values: object) -> None:
        self.findings.add("warning", self._path(key), self.where, message, values)

    def _path(self, key: str | int | None) -> Path:
        return self.path if key is None else (*self.path, key)

    def get(self, key: str) -> object:
        return self.values.get(key)

    def named(self, where: str | Promise) -> Part:
        return Part(self.values, self.path, str(where), self.findings)


def part_at(owner: Part, path: Path, value: object, where: str | Promise) -> Part | None:
    """The object at `path`, or None with an error."""
    if isinstance(value, Mapping):
        return Part(value, path, str(where), owner.findings)
    owner.findings.add("error", path, where, _("An object with named values is expected here."), {})
    return None


def bounded(
    part: Part, key: str | int | None, name: str, text: str, limit: str, *, lines: bool = False
) -> str:
    """`text` without control characters and not longer than its kind may be; says so where it had to be changed."""
    if CONTROL.search(text):
        part.warn(key, _("Control characters in “%(key)s” were removed."), key=name)
    clean = clean_text(text) if lines else clean_line(text)
    short = cut(clean, LENGTH[limit])
    if short != clean:
        part.warn(
            key,
            _("“%(key)s” has %(length)d characters and was cut to the %(limit)d that are allowed."),
            key=name,
            length=len(clean),
            limit=LENGTH[limit],
        )
    return short


def text(part: Part, key: str, limit: str, *, lines: bool = False) -> str:
    """The text under `key`. A mapping from languages to texts gives one of them; numbers are taken as they are written."""
    value = part.get(key)
    if isinstance(value, Mapping) and value and all(isinstance(one, str | None) for one in value.values()):
        versions = {
            str(language): one for language, one in value.items() if isinstance(one, str) and one.strip()
        }
        if len(versions) > 1:
            part.warn(key, _("“%(key)s” is given in several languages; only one of them was read."), key=key)
        value = versions.get("en") or next(iter(versions.values()), "")
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        part.warn(key, _("“%(key)s” is not a text and was left out."), key=key)
        return ""
    return bounded(part, key, key, value, limit, lines=lines)


def whole_number(part: Part, key: str) -> int | None:
    """A whole number, also where it is written as text; None with a warning where there is something else."""
    value = part.get(key)
    if value is None or value == "":
        return None
    if (
        isinstance(value, str)
        and value.strip().lstrip("-").isascii()
        and value.strip().lstrip("-").isdigit()
        and len(value) < 20
    ):
        value = int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    part.warn(key, _("“%(key)s” is not a whole number and was left out."), key=key)
    return None


def flag(part: Part, key: str) -> bool:
    value = part.get(key)
    if isinstance(value, str) and value.strip().lower() in ("true", "1", "yes", "false", "0", "no", ""):
        return value.strip().lower() in ("true", "1", "yes")
    if value is None or isinstance(value, bool) or value in (0, 1):
        return bool(value)
    part.warn(key, _("“%(key)s” is neither true nor false and was left out."), key=key)
    return False


def guid(part: Part, key: str = "guid") -> UUID | None:
    """The UUID under `key`; None, without a word where there is none and with a warning where it is not one."""
    value = part.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            return UUID(value.strip())
        except ValueError:
            pass
    part.warn(key, _("“%(key)s” is not a UUID."), key=key)
    return None


def address(part: Part, key: str, base_url: str, limit: str = "address") -> str:
    """The absolute web address under `key`, or empty, with a warning where something was there."""
    value = part.get(key)
    if value is None or (isinstance(value, str) and not value.strip()):
        return ""
    if isinstance(value, str):
        if value.startswith("urn:uuid:"):  # how write_json says that a session has no page
            return ""
        found = web_address(value, base_url)
        if found and len(found) <= LENGTH[limit]:
            return found
    part.warn(key, _("“%(key)s” is not a web address that can be used and was left out."), key=key)
    return ""


def items(part: Part, key: str, limit: int) -> list[tuple[Path, object]]:
    """The list under `key` with the path of each item; too long or no list at all gives a warning."""
    value = part.get(key)
    if value is None or value == "" or value == {}:
        return []
    if not isinstance(value, list):
        part.warn(key, _("“%(key)s” is not a list and was left out."), key=key)
        return []
    if len(value) > limit:
        part.warn(
            key,
            _("“%(key)s” has %(length)d items; the first %(limit)d were read."),
            key=key,
            length=len(value),
            limit=limit,
        )
    return [((*part.path, key, place), one) for place, one in enumerate(value[:limit])]


def note_unused(part: Part, used: Container[str]) -> None:
    """Say which named values are not taken over, so that nobody looks for them afterwards."""
    unused = (
        key
        for key, value in part.values.items()
        if key not in used and value not in (None, "", [], {}, False)
    )
    for key in islice(unused, SHOWN_OF_A_KIND):
        part.warn(key, _("“%(key)s” is not used and was left out."), key=cut(clean_line(key), 60))
