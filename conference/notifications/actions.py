"""Telling people: a notice in the inbox at once, a mail by the worker.

The mail is not queued by itself: the row says that it is still to be sent, and a periodic sweep finds what the queue lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.later import background, later
from conference.core.models import Event
from conference.core.streams import publish
from conference.notifications.kinds import body_of, subject_of
from conference.notifications.models import Notification

SWEEP_SIZE = 200


def notify(
    people: Iterable[User], kind: str, *, event: Event | None = None, link: str = "", mail: bool = True, **data: Any
) -> None:
    """Put a notice into each person's inbox, tell their open tabs, and have it mailed. In the caller's transaction."""
    for person in people:
        if person.deleted is not None:
            continue
        notification = Notification.objects.create(
            user=person, event=event, kind=kind, link=link, data=data, to_mail=mail and person.is_active
        )
        publish(f"person.{person.pk}", "notification", saved={"id": notification.pk, "kind": kind})
    later(send_mails)


@background
def send_mails() -> None:
    """Mail what is still to be mailed, oldest first. Two workers never send the same notice: rows are claimed by lock."""
    for _round in range(SWEEP_SIZE):
        with transaction.atomic():
            notification = (
                Notification.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(to_mail=True, mailed=None)
                .select_related("user")
                .order_by("created")
                .first()
            )
            if notification is None:
                return
            _mail(notification)
            notification.mailed = timezone.now()
            notification.save(update_fields=["mailed"])


def _mail(notification: Notification) -> None:
    person = notification.user
    if person.deleted is not None or not person.is_active:
        return
    with translation.override(person.language or settings.LANGUAGE_CODE):
        parts = [body_of(notification.kind, notification.data)]
        if notification.link:
            parts.append(_("See it here: %(link)s") % {"link": f"{settings.SITE_URL}{notification.link}"})
        message = EmailMessage(
            subject=subject_of(notification.kind, notification.data), body="\n\n".join(part for part in parts if part), to=[person.email]
        )
    message.send()


@transaction.atomic
def mark_read(actor: User) -> int:
    """Mark all of the actor's notices as read; how many were not."""
    return Notification.objects.filter(user=actor, read=None).update(read=timezone.now())
