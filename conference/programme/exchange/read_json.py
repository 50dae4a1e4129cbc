"""JSON as text to plain values. The lines of values are looked up afterwards, by a second walk over the valid text."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.programme.exchange.findings import Broken, LinesOf, Path

MAX_DEPTH = 64
MAX_PARTS = 1_500_000

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_LONG_NUMBER = re.compile(r"\d{4300}")
_REASONS = {
    "Expecting property name": gettext_lazy("A name in double quotes is expected here."),
    "Expecting value": gettext_lazy("A value is missing here."),
    "Expecting ',' delimiter": gettext_lazy("A comma or a closing bracket is missing here."),
    "Expecting ':' delimiter": gettext_lazy("A colon is missing after the name."),
    "Unterminated string": gettext_lazy("A text that starts here has no closing quotation mark."),
    "Invalid \\": gettext_lazy("A backslash in a text is followed by something it cannot stand before."),
    "Extra data": gettext_lazy("The file goes on after its end."),
    "Illegal trailing comma": gettext_lazy("There is a comma before a closing bracket."),
}


class _Repeated(Exception):
    """A name occurs twice in one object."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise _Repeated
    return values


def _refused(constant: str) -> object:
    raise ValueError(constant)


def parse_json(text: str) -> tuple[object, LinesOf]:
    """The values of the file, and how to find their lines. Raises `Broken` with line and reason."""
    # An empty list costs twenty times what it takes in the file: a small file could fill the memory, and the time.
    if text.count("{") + text.count("[") + text.count(",") > MAX_PARTS:
        raise Broken(_("The file has too many parts for a programme."))
    try:
        values = json.loads(text, strict=False, object_pairs_hook=_once, parse_constant=_refused)
    except json.JSONDecodeError as error:
        reason = next((known for start, known in _REASONS.items() if error.msg.startswith(start)), error.msg)
        raise Broken(_("The file is not valid JSON: %(reason)s") % {"reason": reason}, error.lineno) from None
    except RecursionError:
        raise Broken(_("The file is nested too deeply for a programme."), _line_too_deep(text)) from None
    except _Repeated:
        name, line = _repeated(text)
        raise Broken(
            _("The name “%(name)s” is given twice in the same object.") % {"name": name[:60]}, line
        ) from None
    except ValueError:
        raise Broken(
            _("The file is not valid JSON: a number is infinite or far too long."), _line_of_number(text)
        ) from None

    def lines_of(paths: set[Path]) -> Mapping[Path, int]:
        return _lines(text, paths) if paths else {}

    return values, lines_of


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _line_too_deep(text: str) -> int | None:
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] in "{[") - (token[0] in "}]")
        if depth > MAX_DEPTH:
            return _line(text, token.start())
    return None


def _line_of_number(text: str) -> int | None:
    for token in _TOKEN.finditer(text):
        if token[0] in ("NaN", "Infinity", "-Infinity") or (
            token[0][0] != '"' and _LONG_NUMBER.search(token[0])
        ):
            return _line(text, token.start())
    return None


def _repeated(text: str) -> tuple[str, int | None]:
    names: list[set[str] | None] = []
    previous = ""
    for token in _TOKEN.finditer(text):
        found = token[0]
        if found in "{[":
            names.append(set() if found == "{" else None)
        elif found in "}]":
            names.pop()
        elif found[0] == '"' and previous in ("{", ","):
            here = names[-1]
            name = str(json.loads(found, strict=False))
            if here is not None:
                if name in here:
                    return name, _line(text, token.start())
                here.add(name)
        previous = found
    return "", None


def _lines(text: str, paths: set[Path]) -> dict[Path, int]:
    """The line of each path; of a path that is not in the file, the line of the nearest thing around it that is."""
    wanted = {path[:length] for path in paths for length in range(len(path) + 1)}
    starts = [match.end() for match in re.finditer("\n", text)]
    found: dict[Path, int] = {}
    path: list[str | int] = []
    inside: list[str] = []
    expects_name = False
    for token in _TOKEN.finditer(text):
        what = token[0]
        if what == ":":
            expects_name = False
        elif what == ",":
            if inside[-1] == "[":
                path[-1] = int(path[-1]) + 1
            else:
                expects_name = True
        elif what in "}]":
            inside.pop()
            path.pop()
            expects_name = False
        elif expects_name:
            path[-1] = str(json.loads(what, strict=False))
        else:
            here = tuple(path)
            if here in wanted:
                found[here] = bisect_right(starts, token.start()) + 1
            if what in "{[":
                inside.append(what)
                path.append("" if what == "{" else 0)
                expects_name = what == "{"
    for missing in paths - found.keys():
        around = missing
        while around and around not in found:
            around = around[:-1]
        if around in found:
            found[missing] = found[around]
    return found
