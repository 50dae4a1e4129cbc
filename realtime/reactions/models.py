"""How often each reaction was sent in a room. Who sent it is kept nowhere."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.rooms.models import Room


class ReactionTotal(models.Model):
    """One row for each room and kind of reaction. Many reactions are added at once, so it is a few seconds late."""

    class Emoji(models.TextChoices):
        CLAP = "clap", _("Applause")
        THUMB = "thumb", _("I agree")
        HEART = "heart", _("I love it")
        LAUGH = "laugh", _("That is funny")
        THANKS = "thanks", _("Thank you")
        IDEA = "idea", _("Good idea")

    room = models.ForeignKey(Room, models.CASCADE, related_name="reactions")
    emoji = models.CharField(max_length=10, choices=Emoji.choices)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "emoji"], name="reaction_total_once")]

    def __str__(self) -> str:
        return f"{self.emoji} in room {self.room_id}"
