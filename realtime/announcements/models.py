"""Announcements."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from conference.core.models import Event
from conference.core.text import TranslatedField
from conference.rooms.models import Room

MAX_TEXT = 500


class Announcement(models.Model):
    """A few words to one room, or (room NULL) to the whole event. `reached`, `told` and `told_all` say how far the worker is in
    putting it into inboxes; `recalled`, when it changed the notices of one that was withdrawn."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="announcements")
    room = models.ForeignKey(Room, models.CASCADE, null=True, related_name="announcements")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    client_id = models.UUIDField()
    text = TranslatedField(max_length=MAX_TEXT)
    link = models.URLField(max_length=500, blank=True)
    urgent = models.BooleanField(default=False)
    mail = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)
    withdrawn = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reached = models.BigIntegerField(
        default=0, help_text="The last person who was looked at, by primary key."
    )
    told = models.PositiveIntegerField(default=0)
    told_all = models.DateTimeField(null=True)
    recalled = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["event", "-created"], name="announcement_by_event"),
            models.Index(fields=["room", "-created"], name="announcement_by_room"),
            models.Index(
                fields=["id"],
                condition=models.Q(told_all=None, withdrawn=None)
                | models.Q(withdrawn__isnull=False, recalled=None),
                name="announcement_to_tell",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["author", "client_id"], name="announcement_made_once"),
            models.CheckConstraint(
                condition=models.Q(room=None) | models.Q(mail=False), name="announcement_mail_to_event_only"
            ),
        ]

    def __str__(self) -> str:
        return f"announcement {self.pk}"
