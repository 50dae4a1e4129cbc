"""The rules of a room. A room without a row has the defaults."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.rooms.models import Room


class RoomRules(models.Model):
    """One row for a room whose rules differ from the defaults."""

    class Chat(models.TextChoices):
        OPEN = "open", _("Everyone in the room writes")
        HOSTS = "hosts", _("Only those who run the room write")
        CLOSED = "closed", _("Nobody writes")

    room = models.OneToOneField(Room, models.CASCADE, related_name="rules", primary_key=True)
    questions = models.BooleanField(_("Questions can be asked"), default=True)
    moderate_questions = models.BooleanField(
        _("Questions are looked at before others see them"), default=True
    )
    anonymous_questions = models.BooleanField(_("Questions can be asked without a name"), default=False)
    hands = models.BooleanField(_("Hands can be raised"), default=True)
    chat = models.CharField(_("Chat"), max_length=10, choices=Chat.choices, default=Chat.OPEN)
    slow_mode = models.PositiveSmallIntegerField(_("Seconds between two messages of one person"), default=0)
    hold_messages = models.BooleanField(_("Messages are looked at before others see them"), default=False)
    held_words = models.JSONField(_("Words for which a message is looked at first"), default=list)
    """Told to those who run the room alone."""
    reactions = models.BooleanField(_("Reactions can be sent"), default=True)

    def __str__(self) -> str:
        return f"rules of room {self.room_id}"
