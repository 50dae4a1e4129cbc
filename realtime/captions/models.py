"""The languages in which a room is captioned, who writes them, and what was written."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from conference.rooms.models import Room

MAX_TEXT = 500


class CaptionFeed(models.Model):
    """One language in which a room is captioned. A closed one takes no more lines; what was written stays."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="caption_feeds")
    language = models.CharField(max_length=10)
    open = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "language"], name="caption_feed_once")]

    def __str__(self) -> str:
        return f"captions {self.language} of room {self.room_id}"


class Captioner(models.Model):
    """Someone who may caption a room, besides its interpreters and those who run it."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="captioners")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="captioner_once")]

    def __str__(self) -> str:
        return f"captioner {self.user_id} of room {self.room_id}"


class CaptionToken(models.Model):
    """The key of an outside service to one feed. Only its digest is kept: whoever reads the database cannot write captions."""

    feed = models.ForeignKey(CaptionFeed, models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    expires = models.DateTimeField()
    revoked = models.DateTimeField(null=True)
    last_used = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"caption token {self.pk}"


class Caption(models.Model):
    """A finished line. `line` is the id that its writer gave it, so that sending it again is harmless. It has an author or came
    by a token; an author who deleted their account leaves it without either."""

    feed = models.ForeignKey(CaptionFeed, models.CASCADE, related_name="captions")
    line = models.CharField(max_length=64)
    text = models.CharField(max_length=MAX_TEXT)
    start = models.DateTimeField()
    end = models.DateTimeField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    token = models.ForeignKey(CaptionToken, models.SET_NULL, null=True, related_name="captions")
    edited = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["feed", "-id"], name="caption_by_feed")]
        constraints = [
            models.UniqueConstraint(fields=["feed", "author", "line"], name="caption_of_person_once"),
            models.UniqueConstraint(fields=["token", "line"], name="caption_of_service_once"),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="caption_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"caption {self.pk}"
