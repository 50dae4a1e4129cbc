"""The key by which the encoder of a hall sends to the stage of its room."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from conference.rooms.models import Room


class EncoderKey(models.Model):
    """A room has at most one. It acts for whoever made it and holds as long as that person runs the room. Only its digest is
    kept: whoever reads the database can send nothing."""

    room = models.OneToOneField(Room, models.CASCADE, related_name="encoder_key")
    label = models.CharField(max_length=60)
    """What stands under its picture, such as "Main hall"."""
    digest = models.CharField(max_length=64, unique=True)
    client_id = models.UUIDField()
    """The form that it was made by: sent again, as by reloading the page, it makes no other."""
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    last_used = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"encoder key of room {self.room_id}"

    @property
    def has_expired(self) -> bool:
        return self.expires <= timezone.now()
