"""A person's inbox."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from conference.events.queries import Viewer
from conference.notifications.kinds import body_of, subject_of
from conference.notifications.models import Notification


def inbox_of(viewer: Viewer) -> QuerySet[Notification]:
    """The viewer's own notices, newest first."""
    if viewer is None or not viewer.is_authenticated:
        return Notification.objects.none()
    return Notification.objects.filter(user=viewer).select_related("event")


def unread_count(viewer: Viewer) -> int:
    return inbox_of(viewer).filter(read=None).count()


def notification_data(notification: Notification) -> dict[str, Any]:
    """The public form of a notice, for its reader, in the active language."""
    return {
        "id": notification.pk,
        "subject": subject_of(notification.kind, notification.data),
        "body": body_of(notification.kind, notification.data),
        "link": notification.link,
        "created": notification.created,
        "read": notification.read is not None,
    }
