"""Where the broadcast of a room stands, and the ratings of those who followed it."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.rooms.models import Room


class Broadcast(models.Model):
    """One row for a room with a green room in which somebody went live, or is about to. Whether everyone may see and hear the
    stage is `Room.on_air_from`; this is the story around it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Not live yet")
        STARTING = "starting", _("Live in a moment")
        LIVE = "live", _("Live")
        ENDED = "ended", _("Over")

    room = models.OneToOneField(Room, models.CASCADE, related_name="broadcast", primary_key=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    starts_at = models.DateTimeField(null=True, blank=True)
    """When the countdown is over; only while it is running."""
    live_since = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    """Who did the last step."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(state="waiting", starts_at=None, live_since=None, ended=None)
                    | models.Q(state="starting", starts_at__isnull=False, live_since=None, ended=None)
                    | models.Q(state="live", starts_at=None, live_since__isnull=False, ended=None)
                    | models.Q(state="ended", starts_at=None, live_since__isnull=False, ended__isnull=False)
                ),
                name="broadcast_times_fit_its_state",
            )
        ]
        indexes = [
            models.Index(
                fields=["starts_at"], condition=models.Q(state="starting"), name="broadcast_countdowns"
            )
        ]

    def __str__(self) -> str:
        return f"broadcast of room {self.room_id}: {self.state}"


class Rating(models.Model):
    """What one person thinks of what they followed: stars from 1 to 5, and words if they like."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="ratings")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    stars = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    words = models.CharField(max_length=500, blank=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "person"], name="rating_once"),
            models.CheckConstraint(condition=models.Q(stars__range=(1, 5)), name="rating_one_to_five_stars"),
        ]

    def __str__(self) -> str:
        return f"{self.stars} stars for room {self.room_id}"
