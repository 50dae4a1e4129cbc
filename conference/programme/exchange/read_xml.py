"""XML as text to the same plain values as the JSON form has, with the line of each.

Parsed with nothing that reaches outside or grows: a document type, the only place where entities can be declared, is
refused before the parser sees it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _
from lxml import etree

from conference.programme.exchange.cleaning import CONTROL, clean_line
from conference.programme.exchange.findings import Broken, Findings, LinesOf, Path

MAX_PARTS = 1_500_000

_BEFORE_ROOT = re.compile(r"(?:\s++|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_EVENT_LISTS = {"persons": "person", "links": "link", "attachments": "attachment"}


def parse_xml(text: str, findings: Findings) -> tuple[object, LinesOf]:
    """The values of the file, and how to find their lines. Raises `Broken` with line and reason."""
    if text.count("<") > MAX_PARTS:
        raise Broken(_("The file has too many parts for a programme."))
    stripped: int | None = None
    if found := CONTROL.search(text):
        # Before the next check: a control character in front must not hide a document type from it.
        stripped = _line(text, found.start())
        text = CONTROL.sub("", text)
    before = _BEFORE_ROOT.match(text)
    begin = before.end() if before else 0
    if text[begin : begin + 2] == "<!":
        raise Broken(
            _(
                "The file declares a document type or entities; such files are refused because they can do harm."
            ),
            _line(text, begin),
        )
    parser = etree.XMLParser(
        encoding="utf-8",  # the text is decoded already; what the declaration says no longer counts
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(text.lstrip("\ufeff \t\r\n").encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        skipped = len(text) - len(text.lstrip("\ufeff \t\r\n"))
        line = (error.lineno or 1) + text.count("\n", 0, skipped)
        reason = clean_line(re.sub(r", line \d+, column \d+.*$", "", error.msg or ""))
        raise Broken(
            _("The file is not well-formed XML: %(reason)s.") % {"reason": reason or _("it ends too early")},
            line,
        ) from None
    if _tag(root) != "schedule":
        raise Broken(
            _("The file is XML but not a programme: its first element is “%(name)s” instead of “schedule”.")
            % {"name": _tag(root)[:60]},
            root.sourceline,
        )
    lines: dict[Path, int] = {}
    if stripped:
        lines["control characters",] = stripped
        findings.add(
            "warning",
            ("control characters",),
            _("File"),
            _("Control characters were removed from the file."),
            {},
        )
    values = {"schedule": _schedule(root, lines)}

    def lines_of(paths: set[Path]) -> Mapping[Path, int]:
        found: dict[Path, int] = {}
        for path in paths:
            around = path
            while around and around not in lines:
                around = around[:-1]
            if around:
                found[path] = lines[around]
        return found

    return values, lines_of


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _tag(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _note(lines: dict[Path, int], path: Path, element: etree._Element) -> None:
    if element.sourceline:
        lines[path] = element.sourceline


def _content(element: etree._Element) -> str:
    """The text of an element. Markup that was not escaped is kept as the text it should have been."""
    text = element.text or ""
    for child in element:
        text += etree.tostring(child, encoding="unicode", with_tail=False) + (child.tail or "")
    return text


def _attributes(element: etree._Element) -> dict[str, object]:
    return {etree.QName(str(name)).localname: str(value) for name, value in element.attrib.items()}


def _schedule(root: etree._Element, lines: dict[Path, int]) -> dict[str, object]:
    path: Path = ("schedule",)
    _note(lines, path, root)
    values: dict[str, object] = {}
    halls: dict[str, dict[str, object]] = {}
    days: list[object] = []
    conference: dict[str, object] | None = None
    for child in root:
        name = _tag(child)
        if name == "conference" and conference is None:
            conference = _conference(child, (*path, "conference"), lines, values)
        elif name == "day":
            days.append(_day(child, (*path, "conference", "days", len(days)), lines, halls))
        elif name == "generator":
            values["generator"] = _attributes(child)
        else:
            _note(lines, (*path, name), child)
            values[name] = _content(child)
    if conference is not None:
        # XML has no list of rooms: it is put together from the days.
        conference["rooms"] = list(halls.values())
        for place, hall in enumerate(halls.values()):
            lines[(*path, "conference", "rooms", place)] = int(str(hall.pop("line")))
        if days:
            conference["days"] = days
        values["conference"] = conference
    return values


def _conference(
    element: etree._Element, path: Path, lines: dict[Path, int], schedule: dict[str, object]
) -> dict[str, object]:
    _note(lines, path, element)
    values: dict[str, object] = {}
    tracks: list[object] = []
    for child in element:
        name = _tag(child)
        if name == "track":
            _note(lines, (*path, "tracks", len(tracks)), child)
            track = _attributes(child)
            track.setdefault("name", _content(child))
            tracks.append(track)
        elif name == "color":
            _note(lines, (*path, "colors"), child)
            values["colors"] = _attributes(child)
        elif name == "base_url":
            _note(lines, ("schedule", "base_url"), child)
            schedule["base_url"] = _content(child)
        else:
            key = "daysCount" if name == "days" else name
            _note(lines, (*path, key), child)
            values[key] = _content(child)
    values["tracks"] = tracks
    return values


def _day(
    element: etree._Element, path: Path, lines: dict[Path, int], halls: dict[str, dict[str, object]]
) -> dict[str, object]:
    _note(lines, path, element)
    names = {"start": "day_start", "end": "day_end"}
    values: dict[str, object] = {names.get(name, name): value for name, value in _attributes(element).items()}
    rooms: dict[str, list[object]] = {}
    for child in element:
        if _tag(child) != "room":
            _note(lines, (*path, _tag(child)), child)
            values[_tag(child)] = _content(child)
            continue
        room = _attributes(child)
        name = clean_line(str(room.get("name") or ""))
        room["name"] = name
        _note(lines, (*path, "rooms", name), child)
        if name and name not in halls:
            halls[name] = {**room, "line": child.sourceline or 1}
        events = rooms.setdefault(name, [])
        for event in child:
            events.append(_event(event, (*path, "rooms", name, len(events)), lines))
    values["rooms"] = rooms
    return values


def _event(element: etree._Element, path: Path, lines: dict[Path, int]) -> dict[str, object]:
    _note(lines, path, element)
    values = _attributes(element)
    if _tag(element) != "event":
        return {"element": _tag(element)}
    for child in element:
        name = _tag(child)
        _note(lines, (*path, name), child)
        if name in _EVENT_LISTS:
            values[name] = _listed(child, name, (*path, name), lines)
        elif name == "recording":
            for detail in child:
                key = {"license": "recording_license", "optout": "do_not_record"}.get(
                    _tag(detail), f"recording/{_tag(detail)}"
                )
                _note(lines, (*path, key), detail)
                values[key] = _content(detail)
        else:
            values[name] = _content(child)
    return values


def _listed(element: etree._Element, name: str, path: Path, lines: dict[Path, int]) -> list[object]:
    found: list[object] = []
    for child in element:
        _note(lines, (*path, len(found)), child)
        values = _attributes(child)
        if name == "persons":
            values.setdefault("name", _content(child))
        else:
            values["url"] = values.pop("href", "")
            values.setdefault("title", _content(child))
        found.append(values)
    return found
