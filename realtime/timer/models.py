"""One countdown for each room."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.rooms.models import Room


class Timer(models.Model):
    """Runs until `ends`, by the server's clock; `seconds` is what was given altogether. `called`: somebody said "two minutes
    left" by hand."""

    room = models.OneToOneField(Room, models.CASCADE, related_name="timer", primary_key=True)
    label = models.CharField(_("What it is for"), max_length=80, blank=True)
    seconds = models.PositiveIntegerField()
    ends = models.DateTimeField()
    called = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"timer of room {self.room_id}"
