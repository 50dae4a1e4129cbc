"""Who is on the stage at this moment."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from conference.rooms.models import Room


class Publication(models.Model):
    """A camera with microphone, or a screen, that a person sends to a room's stage at this moment."""

    class Source(models.TextChoices):
        CAMERA = "camera"
        SCREEN = "screen"

    room = models.ForeignKey(Room, models.CASCADE, related_name="publications")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    source = models.CharField(max_length=10, choices=Source.choices)
    audio = models.BooleanField(default=False)
    video = models.BooleanField(default=False)
    muted = models.BooleanField(default=False)
    """The microphone is switched off: silence flows."""
    dark = models.BooleanField(default=False)
    """The camera is switched off: black flows, or nothing."""
    started = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user", "source"], name="publication_once")]

    def __str__(self) -> str:
        return f"publication {self.pk}"
