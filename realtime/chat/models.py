"""What is written in a room and kept, and what people do with it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.rooms.models import Room

EMOJI = ("👍", "❤️", "👏", "🎉", "😂", "😮", "🤔", "🙏")
"""With these one reacts to a message. The browser is told them; they stand nowhere else."""


class Message(models.Model):
    """A chat message, or a reply to one (`parent`; one level). The browser's own id makes a retried send harmless.

    A deleted one stays as a place without words, so that threads hold together.
    """

    class State(models.TextChoices):
        SHOWN = "shown", _("Shown")
        HELD = "held", _("Waiting to be looked at")
        DISMISSED = "dismissed", _("Dismissed")
        DELETED = "deleted", _("Deleted")

    room = models.ForeignKey(Room, models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="messages")
    client_id = models.UUIDField()
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="replies")
    text = models.TextField()
    html = models.TextField(blank=True)
    """The text with its links and mentions marked; empty where there are none. Made once, when it is written."""
    language = models.CharField(max_length=12, blank=True)
    search_text = models.TextField(blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SHOWN)
    by_hosts = models.BooleanField(default=False)
    """Whether those who run the room deleted it, not its author."""
    reply_count = models.PositiveIntegerField(default=0)
    reactions = models.JSONField(default=dict, blank=True)
    """How often each emoji was given."""
    reacted = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    edited = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["room", "-id"], name="message_by_room"),
            models.Index(
                fields=["room", "-reacted"],
                condition=models.Q(reacted__isnull=False),
                name="message_by_reaction",
            ),
            models.Index(fields=["room"], condition=models.Q(state="held"), name="message_held"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["room", "author", "client_id"], name="message_sent_once"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Mention(models.Model):
    """A person is named in a message."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="mentions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    told = models.BooleanField(default=False)
    """Whether there was a notice: one for each message, however often it is edited."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "person"], name="mention_once")]

    def __str__(self) -> str:
        return f"mention {self.pk}"


class MessageReaction(models.Model):
    """A person gave a message one of the `EMOJI`."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="given")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    emoji = models.CharField(max_length=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "person", "emoji"], name="message_reaction_once")
        ]

    def __str__(self) -> str:
        return f"reaction {self.pk}"


class ReadMark(models.Model):
    """How far a person has read the chat of a room."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    message = models.PositiveBigIntegerField()
    """The id of the newest message seen; that message may be gone."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "person"], name="read_mark_once")]

    def __str__(self) -> str:
        return f"read mark {self.pk}"


class Translation(models.Model):
    """A message in another language, as the installation's translator gave it. Goes when the message changes."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="translations")
    language = models.CharField(max_length=12)
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "language"], name="message_translated_once")
        ]

    def __str__(self) -> str:
        return f"translation {self.pk}"
