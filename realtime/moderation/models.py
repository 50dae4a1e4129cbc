"""What people told those who run a room about, and what was decided."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.rooms.models import Room

LONGEST_NOTE = 500


class Report(models.Model):
    """Somebody thinks that something should not stand as it is. `text` is what it said at that moment: it may be changed or
    gone by the time it is looked at. `person` is whom it is about; nobody is told about whoever asked without a name."""

    class Kind(models.TextChoices):
        MESSAGE = "message", _("Message")
        QUESTION = "question", _("Question")
        PERSON = "person", _("Person")

    class Reason(models.TextChoices):
        SPAM = "spam", _("Advertising or spam")
        INSULT = "insult", _("Insulting or threatening")
        PRIVATE = "private", _("Tells private things about somebody")
        FALSE = "false", _("Deceiving or dangerous")
        OTHER = "other", _("Something else")

    class Decision(models.TextChoices):
        NOTHING = "nothing", _("It stays as it is")
        MESSAGE_REMOVED = "message_removed", _("It was taken away")
        PERSON_MUTED = "person_muted", _("The person was muted in the room")
        PERSON_REMOVED = "person_removed", _("The person was removed from the room")

    room = models.ForeignKey(Room, models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    thing = models.BigIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    text = models.TextField(blank=True)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    words = models.CharField(max_length=LONGEST_NOTE, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    decision = models.CharField(max_length=20, choices=Decision.choices, blank=True)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["room", "-id"], name="report_by_room")]
        constraints = [
            models.UniqueConstraint(fields=["room", "reporter", "kind", "thing"], name="reported_once"),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"
