"""Conversations of two people, and what they write to each other."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Conversation(models.Model):
    """Two people, whatever events they meet at: one conversation for each pair. Until the one who was written to answers or
    accepts it, it holds a first message and nothing else."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for an answer")
        OPEN = "open", _("Open")
        IGNORED = "ignored", _("Ignored")

    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    created = models.DateTimeField(auto_now_add=True)
    latest = models.DateTimeField(help_text="When the newest message was written.")

    class Meta:
        indexes = [models.Index(fields=["started_by", "created"], name="conversation_by_starter")]

    def __str__(self) -> str:
        return f"conversation {self.pk}"


class Side(models.Model):
    """One of the two in a conversation, and how far they have read. It tells nobody but themselves."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="sides")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    other = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    read = models.BigIntegerField(default=0, help_text="The number of the last message that was read.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "other"], name="conversation_once_per_pair"),
            models.UniqueConstraint(fields=["conversation", "person"], name="conversation_side_once"),
            models.CheckConstraint(
                condition=~models.Q(person=models.F("other")), name="conversation_with_somebody_else"
            ),
        ]

    def __str__(self) -> str:
        return f"side {self.pk}"


class DirectMessage(models.Model):
    """A message to one person. The browser's own id makes a retried one harmless. Links of a `first` one are never opened."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    client_id = models.UUIDField()
    text = models.TextField()
    first = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["conversation", "-id"], name="direct_by_conversation")]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "author", "client_id"], name="direct_sent_once"),
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(first=True), name="direct_one_first_message"
            ),
        ]

    def __str__(self) -> str:
        return f"direct message {self.pk}"
