"""Who does what at an event, and who belongs to an organizing body. The event itself, the tenant, stands in core."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.core.models import Event, OrganizingBody


class BodyMember(models.Model):
    """A person of an organizing body: an organizer of all its events."""

    body = models.ForeignKey(OrganizingBody, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="bodies")

    class Meta:
        verbose_name = _("member of an organizing body")
        verbose_name_plural = _("members of organizing bodies")
        constraints = [models.UniqueConstraint(fields=["body", "user"], name="body_member_once")]

    def __str__(self) -> str:
        return f"{self.user} @ {self.body}"


class EventRole(models.Model):
    """What a person does at an event, beside attending it. One person may have several roles."""

    class Role(models.TextChoices):
        ORGANIZER = "organizer", _("Organizer")
        MODERATOR = "moderator", _("Moderator")
        SPEAKER = "speaker", _("Speaker")
        INTERPRETER = "interpreter", _("Interpreter")
        EXHIBITOR = "exhibitor", _("Exhibitor")
        RECRUITER = "recruiter", _("Recruiter")
        DOOR = "door", _("Door staff")
        OBSERVER = "observer", _("Observer")

    event = models.ForeignKey(Event, models.CASCADE, related_name="roles")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="event_roles")
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        verbose_name = _("role at an event")
        verbose_name_plural = _("roles at events")
        constraints = [models.UniqueConstraint(fields=["event", "user", "role"], name="event_role_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"
