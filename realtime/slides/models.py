"""Documents that speakers bring to be shown, the pictures of their pages, and the page that is shown in a room."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.rooms.models import Room

FOLDER = "slides"
MAX_TITLE = 200
MOST_PAGES = 200
MOST_TEXT = 1500
"""Characters of a page that are kept for those who hear it."""


def slide_path(instance: Any, filename: str) -> str:
    """A name of our own without an ending: nothing that serves files by their names ever serves it (see `core.views.upload`)."""
    return f"{FOLDER}/{uuid.uuid4().hex}"


class Deck(models.Model):
    """A PDF that somebody brought to a room. Its file is kept until the worker has made pictures of its pages, or has failed to.
    `reached` is the furthest page that everyone in the room has seen; 0: none. The browser's own id makes a retried upload
    harmless."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CONVERTING = "converting", _("Being made ready")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    room = models.ForeignKey(Room, models.CASCADE, related_name="decks")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    client_id = models.UUIDField()
    title = models.CharField(max_length=MAX_TITLE)
    file = models.FileField(upload_to=slide_path, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    problem = models.CharField(max_length=20, blank=True)
    pages = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveSmallIntegerField(default=0)
    reached = models.PositiveSmallIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    begun = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "author", "client_id"], name="deck_brought_once"),
            models.CheckConstraint(condition=models.Q(reached__lte=models.F("pages")), name="deck_reached"),
        ]
        indexes = [
            models.Index(
                fields=["created"],
                name="deck_unfinished",
                condition=models.Q(state__in=["waiting", "converting"]),
            )
        ]

    def __str__(self) -> str:
        return f"deck {self.pk}"


class Slide(models.Model):
    """One page: its picture in two sizes, and what is written on it."""

    deck = models.ForeignKey(Deck, models.CASCADE, related_name="slides")
    number = models.PositiveSmallIntegerField()
    small = models.FileField(upload_to=slide_path)
    large = models.FileField(upload_to=slide_path)
    text = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deck", "number"], name="slide_once")]

    def __str__(self) -> str:
        return f"slide {self.number} of deck {self.deck_id}"


class SlideShow(models.Model):
    """The page that is shown in a room; none: no slides are shown."""

    room = models.OneToOneField(Room, models.CASCADE, related_name="slide_show", primary_key=True)
    deck = models.ForeignKey(Deck, models.CASCADE, related_name="+")
    page = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(page__gte=1), name="slide_show_page")]

    def __str__(self) -> str:
        return f"slides of room {self.room_id}"
