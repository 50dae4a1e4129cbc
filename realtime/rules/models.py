"""The rules of a room. A room without a row has the defaults."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.rooms.models import Room


class RoomRules(models.Model):
    """One row for a room whose rules differ from the defaults."""

    room = models.OneToOneField(Room, models.CASCADE, related_name="rules", primary_key=True)
    questions = models.BooleanField(_("Questions can be asked"), default=True)
    moderate_questions = models.BooleanField(
        _("Questions are looked at before others see them"), default=True
    )
    anonymous_questions = models.BooleanField(_("Questions can be asked without a name"), default=False)
    hands = models.BooleanField(_("Hands can be raised"), default=True)

    def __str__(self) -> str:
        return f"rules of room {self.room_id}"
