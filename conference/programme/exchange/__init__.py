"""Programmes that travel: reading and writing schedule.json and schedule.xml, as many conference systems and apps know them.

    bytes -> read_json | read_xml -> interpret -> ScheduleDocument + problems
    ScheduleDocument -> fit -> write_json | write_xml -> bytes

Reading is generous: what real exporters get wrong is put right with a warning. It refuses what cannot be understood, and
then it names the line and the reason. Writing is strict: what comes out fits the published schemas. Nothing here knows
the database.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from conference.programme.exchange.document import MAX_FILE_BYTES, Problem, ScheduleDocument
from conference.programme.exchange.encoding import decoded
from conference.programme.exchange.findings import Broken, Findings
from conference.programme.exchange.interpret import interpret
from conference.programme.exchange.read_json import parse_json
from conference.programme.exchange.read_xml import parse_xml


def read_schedule(data: bytes, file_name: str = "") -> tuple[ScheduleDocument | None, list[Problem]]:
    """Read a programme, JSON or XML by what is in the file. With any error among the problems there is no document."""
    findings = Findings()
    try:
        if len(data) > MAX_FILE_BYTES:
            raise Broken(
                _("The file is larger than %(limit)d MiB.") % {"limit": MAX_FILE_BYTES // 1024 // 1024}
            )
        text = decoded(data)
        start = text.lstrip()[:1]
        if start == "<":
            raw, lines_of = parse_xml(text, findings)
        elif start and start in "{[":
            raw, lines_of = parse_json(text)
        elif not start:
            raise Broken(_("The file is empty."))
        else:
            name = file_name[:100] or _("The file")
            raise Broken(_("%(name)s is neither JSON nor XML.") % {"name": name}, 1)
    except Broken as broken:
        return None, [broken.problem]
    document = interpret(raw, findings)
    return (None if findings.failed else document), findings.problems(lines_of)
