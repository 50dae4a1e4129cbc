"""Questions, the votes for them, and raised hands."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.rooms.models import Room


class Place(models.TextChoices):
    ONLINE = "online", _("Online")
    HALL = "hall", _("In the hall")


class Question(models.Model):
    """A question to the people on the stage. The browser's own id makes a retried one harmless."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting to be looked at")
        OPEN = "open", _("Open")
        ANSWERING = "answering", _("Being answered")
        ANSWERED = "answered", _("Answered")
        DISMISSED = "dismissed", _("Dismissed")

    room = models.ForeignKey(Room, models.CASCADE, related_name="questions")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    client_id = models.UUIDField()
    anonymous = models.BooleanField(default=False)
    text = models.CharField(max_length=500)
    place = models.CharField(max_length=10, choices=Place.choices, default=Place.ONLINE)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    pinned = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", models.CASCADE, null=True, related_name="merged")
    votes = models.PositiveIntegerField(default=0)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    answered = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["room", "state"], name="question_by_room")]
        constraints = [
            models.UniqueConstraint(fields=["room", "author", "client_id"], name="question_asked_once"),
            models.CheckConstraint(
                condition=models.Q(merged_into=None) | ~models.Q(merged_into=models.F("id")),
                name="question_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return f"question {self.pk}"


class Vote(models.Model):
    """A person wants to hear the answer too."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="cast")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "person"], name="vote_once")]

    def __str__(self) -> str:
        return f"vote {self.pk}"


class Hand(models.Model):
    """Somebody who wants to speak: a person online or in the hall, or, by `name`, somebody in the hall without an account."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SPEAKING = "speaking", _("Speaking")

    room = models.ForeignKey(Room, models.CASCADE, related_name="hands")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=80, blank=True)
    place = models.CharField(max_length=10, choices=Place.choices, default=Place.ONLINE)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    position = models.PositiveIntegerField()
    raised = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "person"], name="hand_one_per_person"),
            models.UniqueConstraint(
                fields=["room"], condition=models.Q(state="speaking"), name="hand_one_speaks"
            ),
            models.CheckConstraint(
                condition=models.Q(person__isnull=False) | ~models.Q(name=""), name="hand_is_somebodys"
            ),
        ]

    def __str__(self) -> str:
        return f"hand {self.pk}"
