"""What is written in a room and kept."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from conference.rooms.models import Room


class Message(models.Model):
    """A chat message. The browser's own id makes a retried send harmless."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="messages")
    client_id = models.UUIDField()
    text = models.TextField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["room", "-id"], name="message_by_room")]
        constraints = [
            models.UniqueConstraint(fields=["room", "author", "client_id"], name="message_sent_once"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"
