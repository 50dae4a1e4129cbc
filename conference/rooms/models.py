"""Live places. A session, a booth and a meeting each own one; chat, presence and media know only rooms.

Not to be taken for `programme.Hall`, the physical place that a programme names.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.core.codes import short_code
from conference.core.models import Event


class Room(models.Model):
    """Where people act together live. What it is about is told by its owner, such as a session. `code` is its short address."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="rooms")
    code = models.CharField(max_length=8, unique=True, default=short_code, editable=False)
    open = models.BooleanField(default=True, help_text=_("A closed room lets in only those who run it."))
    green_room = models.BooleanField(
        default=False,
        help_text=_("Those on the stage meet behind the scenes until somebody who runs the room goes live."),
    )
    on_air_from = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("With a green room: from when on everyone sees the stage; empty: not now."),
    )
    small = models.BooleanField(
        default=False,
        help_text=_("A small room: everybody in it may send picture and sound, up to twelve people."),
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(small=False) | models.Q(green_room=False),
                name="small_room_has_no_green_room",
            )
        ]

    def __str__(self) -> str:
        return f"room {self.pk}"


class RoomRole(models.Model):
    """A part given to a person in one room. Others get theirs from the event: see `rooms.queries.role_in`."""

    class Role(models.TextChoices):
        HOST = "host", _("Host")
        MODERATOR = "moderator", _("Moderator")
        SPEAKER = "speaker", _("Speaker")
        INTERPRETER = "interpreter", _("Interpreter")
        GUEST = "guest", _("Guest on the stage")
        """Never given: who of the audience is a `Guest`, and in a small room everybody."""
        ATTENDEE = "attendee", _("Attendee")

    room = models.ForeignKey(Room, models.CASCADE, related_name="roles")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="room_roles")
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="room_role_one_per_person")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"


class Guest(models.Model):
    """Somebody of the audience who was brought to the stage and came, until they are sent back or go by themselves."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="guests")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="guest_once")]

    def __str__(self) -> str:
        return f"guest in room {self.room_id}"


class Restriction(models.Model):
    """Somebody has lost something in one room, until it is given back. Those who run the room can never be restricted."""

    class Kind(models.TextChoices):
        MUTED = "muted", _("May not write, ask or raise a hand")
        REMOVED = "removed", _("May not be in the room")

    room = models.ForeignKey(Room, models.CASCADE, related_name="restrictions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user", "kind"], name="restriction_once")]

    def __str__(self) -> str:
        return f"{self.kind} in room {self.room_id}"
