"""Links and files of a room."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.rooms.models import Room

FOLDER = "material"
MAX_TITLE = 200


def material_path(instance: Any, filename: str) -> str:
    """A name of our own without an ending: nothing that serves files by their names ever serves it (see `core.views.upload`)."""
    return f"{FOLDER}/{uuid.uuid4().hex}"


class Material(models.Model):
    """Something to read beside what is said: a link, or a file. Unless `shown`, only those who run the room and whoever brought
    it see it. The browser's own id makes a retried one harmless."""

    class Kind(models.TextChoices):
        LINK = "link", _("Link")
        FILE = "file", _("File")

    room = models.ForeignKey(Room, models.CASCADE, related_name="materials")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    client_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    title = models.CharField(max_length=MAX_TITLE)
    url = models.URLField(max_length=500, blank=True)
    file = models.FileField(upload_to=material_path, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    file_type = models.CharField(max_length=10, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    shown = models.BooleanField(default=True)
    pinned = models.BooleanField(default=False)
    position = models.PositiveIntegerField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "author", "client_id"], name="material_brought_once"),
            models.UniqueConstraint(
                fields=["room"], condition=models.Q(pinned=True), name="material_one_on_top"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="link", file="") & ~models.Q(url="")
                | models.Q(kind="file", url="") & ~models.Q(file=""),
                name="material_is_a_link_or_a_file",
            ),
        ]

    def __str__(self) -> str:
        return f"material {self.pk}"
