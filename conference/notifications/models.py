"""Notices to people: kept in the inbox, and mailed by the worker."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from conference.core.models import Event


class Notification(models.Model):
    """One notice to one person. Text is made from `kind` and `data` in the reader's language when it is shown or sent."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    event = models.ForeignKey(Event, models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=60)
    data = models.JSONField(default=dict)
    source = models.CharField(
        max_length=60, blank=True, help_text="What told many people at once, such as announcement:12."
    )
    link = models.CharField(max_length=300, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    read = models.DateTimeField(null=True, blank=True)
    to_mail = models.BooleanField(default=True)
    mailed = models.DateTimeField(null=True, blank=True)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    mail_after = models.DateTimeField(
        null=True, blank=True, help_text="Not before then, after a try that failed."
    )

    class Meta:
        ordering = ["-created", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "user"], condition=~models.Q(source=""), name="notification_once_per_source"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created"], name="notification_inbox"),
            models.Index(
                fields=["created"], condition=models.Q(to_mail=True, mailed=None), name="notification_to_mail"
            ),
        ]

    def __str__(self) -> str:
        return self.kind
