"""Who is on the stage at this moment, and what those who run the room have decided about it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.rooms.models import Room


class Publication(models.Model):
    """A camera with microphone, or a screen, that a person (or the encoder of the hall for them) sends to a room's stage at this
    moment."""

    class Source(models.TextChoices):
        CAMERA = "camera"
        SCREEN = "screen"
        HALL = "hall"
        """What the encoder of the hall sends, with a token of this person."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="publications")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    source = models.CharField(max_length=10, choices=Source.choices)
    audio = models.BooleanField(default=False)
    video = models.BooleanField(default=False)
    muted = models.BooleanField(default=False)
    """The microphone is switched off: silence flows."""
    dark = models.BooleanField(default=False)
    """The camera is switched off: black flows, or nothing."""
    silenced = models.BooleanField(default=False)
    """Those who run the room have muted this person (see `Silence`): no sound is passed on."""
    started = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user", "source"], name="publication_once")]

    def __str__(self) -> str:
        return f"publication {self.pk}"


class Scene(models.Model):
    """How a room shows its stage: the same for every viewer, and for those who come later."""

    class Layout(models.TextChoices):
        SCREEN = "screen", _("Screen with speaker")
        SPEAKER = "speaker", _("Speaker")
        SIDE = "side", _("Side by side")

    room = models.OneToOneField(Room, models.CASCADE, related_name="scene")
    layout = models.CharField(max_length=10, choices=Layout.choices, default=Layout.SCREEN)
    speaker = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    """Who was given the speaker's place; nobody: whoever speaks has it."""

    def __str__(self) -> str:
        return f"scene of room {self.room_id}"


class Seat(models.Model):
    """A place on the stage that is kept for somebody: on their way to it, or cut off a moment ago."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    taken = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="seat_once")]

    def __str__(self) -> str:
        return f"seat in room {self.room_id}"


class Invitation(models.Model):
    """Somebody of the audience is asked to come to the stage, and has not answered yet."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="invitation_once")]

    def __str__(self) -> str:
        return f"invitation to room {self.room_id}"


class Silence(models.Model):
    """Those who run the room have muted somebody on its stage, until they lift it. Nobody lifts their own."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="silence_once")]

    def __str__(self) -> str:
        return f"silence in room {self.room_id}"
