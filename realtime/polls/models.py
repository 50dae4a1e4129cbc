"""Polls and the ballots cast in them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.rooms.models import Room

RATINGS = 5


class Poll(models.Model):
    """One question to everyone in the room. `options` are the texts to choose from; a rating goes from 1 to `RATINGS`, words
    are free. `most` bounds how many options or words one person gives. `tally` holds how many chose each, by the number of the
    option or by the folded word; for words also how the first one wrote it."""

    class Kind(models.TextChoices):
        SINGLE = "single", _("One choice")
        SEVERAL = "several", _("Several choices")
        RATING = "rating", _("Rating from 1 to 5")
        WORDS = "words", _("Words")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    room = models.ForeignKey(Room, models.CASCADE, related_name="polls")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    title = models.CharField(max_length=200)
    options = models.JSONField(default=list)
    most = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    shown = models.BooleanField(default=False)
    # Counted with each ballot, under the lock of this row: thousands answer at once, and nobody reads all ballots for each.
    answers = models.PositiveIntegerField(default=0)
    tally = models.JSONField(default=dict)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="draft") | models.Q(shown=False), name="poll_draft_not_shown"
            ),
        ]

    def __str__(self) -> str:
        return f"poll {self.pk}"


class Ballot(models.Model):
    """What one person answered: numbers of options, a rating, or words."""

    poll = models.ForeignKey(Poll, models.CASCADE, related_name="ballots")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    choices = models.JSONField()
    cast = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["poll", "person"], name="ballot_one_per_person")]

    def __str__(self) -> str:
        return f"ballot {self.pk}"
