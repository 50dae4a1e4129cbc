"""A person's inbox."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from conference.accounts.models import User
from conference.core.personal_data import exports
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


@exports(
    "notices",
    _("Notices"),
    {"subject": _("Subject"), "body": _("Text"), "created": _("Time"), "read": _("Read")},
)
def own_notices(viewer: User) -> list[dict[str, Any]]:
    """The viewer's notices, for their export."""
    told = (notification_data(notice) for notice in inbox_of(viewer))
    return [
        {"subject": one["subject"], "body": one["body"], "created": one["created"], "read": one["read"]}
        for one in told
    ]
