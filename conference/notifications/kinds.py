"""What a notice says, in the reader's language, made from its kind and data each time it is shown or mailed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conference.core.text import localise


def subject_of(kind: str, data: dict[str, Any]) -> str:
    """One line."""
    title = localise(data.get("title"))
    match kind:
        case "session.moved":
            return _("Moved: %(title)s") % {"title": title}
        case "session.cancelled":
            return _("Cancelled: %(title)s") % {"title": title}
        case "session.restored":
            return _("Takes place after all: %(title)s") % {"title": title}
        case "agenda.changed":
            count = int(data.get("count", 1))
            text = ngettext(
                "%(count)d session on your agenda has changed",
                "%(count)d sessions on your agenda have changed",
                count,
            )
            return text % {"count": count}
        case "ticket.approved":
            return _("Your registration is approved: %(title)s") % {"title": title}
        case "ticket.withdrawn":
            return _("The organizers have taken your ticket back: %(title)s") % {"title": title}
        case "chat.mentioned":
            return _("%(name)s mentioned you in the chat: %(title)s") % {"name": data["name"], "title": title}
        case "announcement.made":
            return _("Announcement: %(title)s") % {"title": title}
        case "announcement.withdrawn":
            return _("Withdrawn announcement: %(title)s") % {"title": title}
        case "direct.first":
            return _("Another participant has written to you for the first time")
        case "direct.answered":
            return _("Somebody to whom you wrote has answered")
        case "direct.accepted":
            return _("Somebody to whom you wrote has agreed to talk with you")
        case "report.made":
            return _("Somebody has reported something in a room of your event")
        case "report.decided":
            return _("Your report was looked at")
        case _:
            return title or _("News from Chama")


def body_of(kind: str, data: dict[str, Any]) -> str:
    """A few sentences; `data["lines"]` are texts in several languages, one for each thing that changed."""
    if kind == "announcement.withdrawn":
        return _("This announcement was withdrawn. It does not hold any more.")
    if kind == "report.made":
        return _("Those who run the room see it in its console, and decide about it there. So can you.")
    if kind == "report.decided":
        return _decision(data)
    return "\n".join(localise(line) for line in data.get("lines", []) if line)


def _decision(data: dict[str, Any]) -> str:
    """What became of what somebody reported, and the note of whoever decided."""
    sentences = {
        "nothing": _("Those who run the room have looked at what you reported. It stays as it is."),
        "message_removed": _(
            "Those who run the room have looked at what you reported, and have taken it away."
        ),
        "person_muted": _(
            "Those who run the room have looked at what you reported. The person cannot write there any more."
        ),
        "person_removed": _(
            "Those who run the room have looked at what you reported. The person is not in the room any more."
        ),
    }
    note = str(data.get("note", ""))
    sentence = sentences.get(str(data.get("decision", "")), sentences["nothing"])
    return sentence + (f"\n{note}" if note else "")
