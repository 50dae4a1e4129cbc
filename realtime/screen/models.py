"""Links that open the screen of a room without a sign-in."""

from __future__ import annotations

from django.db import models

from conference.rooms.models import Room


class ScreenLink(models.Model):
    """Opens the screen of its room, for looking only, until it is taken back (deleted). Its key is not stored: see
    `screen.keys`. `name` says where it is used, such as "Hall 3"."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="screen_links")
    name = models.CharField(max_length=60, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"screen link {self.pk}"
