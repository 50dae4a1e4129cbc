"""Tickets: a person's right to attend an event."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.core.models import Event


def ticket_code() -> str:
    """Sixteen characters that are hard to mistake for one another."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _place in range(16))


class Ticket(models.Model):
    """One person at one event, in the hall or online: both count the same."""

    class Mode(models.TextChoices):
        ONLINE = "online", _("Online")
        ONSITE = "onsite", _("In the hall")

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for approval")
        VALID = "valid", _("Valid")
        CANCELLED = "cancelled", _("Given back")
        REFUSED = "refused", _("Refused by the organizers")

    event = models.ForeignKey(Event, models.CASCADE, related_name="tickets")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tickets")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.ONLINE)
    state = models.CharField(max_length=10, choices=State.choices, default=State.VALID)
    code = models.CharField(max_length=32, unique=True, default=ticket_code, editable=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [models.UniqueConstraint(fields=["event", "user"], name="ticket_once_per_event")]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_state_display()})"

    @property
    def ended(self) -> bool:
        """Given back, or refused: no right to attend, and none is waited for."""
        return self.state in (self.State.CANCELLED, self.State.REFUSED)
