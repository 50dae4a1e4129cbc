"""Facts of the journal in words, for organizers. What people do for themselves (their tickets, their agendas) is not listed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

TOLD: dict[str, Any] = {
    "event.created": _("The event was made"),
    "event.edited": _("The settings were changed"),
    "event.published": _("The event was published"),
    "event.archived": _("The event was archived"),
    "role.given": _("A role was given"),
    "role.taken": _("A role was taken away"),
    "programme.released": _("The programme was released"),
    "programme.imported": _("A programme was imported"),
    "session.created": _("A session was added"),
    "session.edited": _("A session was changed"),
    "session.moved": _("A session was moved"),
    "session.cancelled": _("A session was cancelled"),
    "session.restored": _("A cancelled session was restored"),
    "session.deleted": _("A session was deleted"),
    "speaker.created": _("A speaker was added"),
    "speaker.edited": _("A speaker was changed"),
    "ticket.approved": _("A registration was approved"),
    "ticket.refused": _("A registration was refused"),
    "ticket.withdrawn": _("A ticket was taken back"),
    "announcement.made": _("An announcement was made"),
    "announcement.withdrawn": _("An announcement was withdrawn"),
    "demo.moved": _("The demo was moved to today"),
}
