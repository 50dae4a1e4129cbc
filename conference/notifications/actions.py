"""Telling people: a notice in the inbox at once, a mail by the worker.

The mail is not queued by itself: the row says that it is still to be sent, and a periodic sweep finds what the queue lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.later import background, later
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish, publish_each
from conference.notifications.kinds import body_of, subject_of
from conference.notifications.models import Notification

log = structlog.get_logger(__name__)

SWEEP_SIZE = 200
MAIL_TRIES = 8
"""A mail that fails is tried again after 1, 2, 4 ... minutes, and given up after this many tries (about four hours)."""


def notify(
    people: Iterable[User],
    kind: str,
    *,
    event: Event | None = None,
    link: str = "",
    mail: bool = True,
    **data: Any,
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


def notify_many(
    people: Sequence[User],
    kind: str,
    *,
    source: str,
    event: Event | None = None,
    link: str = "",
    mail: bool = False,
    data: dict[str, Any],
) -> int:
    """`notify` for a batch of many people, in few statements. `source` names what they are told of: of one source nobody is
    told twice, however often this is done. In the caller's transaction, which holds a lock on that source. How many are new."""
    known = set(Notification.objects.filter(source=source, user__in=people).values_list("user_id", flat=True))
    fresh = Notification.objects.bulk_create(
        Notification(
            user=person, event=event, kind=kind, link=link, data=data, source=source, to_mail=mail and person.is_active
        )
        for person in people
        if person.deleted is None and person.pk not in known
    )  # fmt: skip
    publish_each("notification", {f"person.{each.user_id}": {"id": each.pk, "kind": kind} for each in fresh})
    if mail and fresh:
        later(send_mails)
    return len(fresh)


def replace_notices(source: str, *, kind: str, data: dict[str, Any]) -> int:
    """What was told of this source does not hold any more: its notices say something else, and what was not mailed yet is
    not mailed. In the caller's transaction. How many notices there are."""
    return Notification.objects.filter(source=source).update(kind=kind, data=data, to_mail=False)


@background
def send_mails() -> None:
    """Mail what is still to be mailed, oldest first. Two workers never send the same notice: rows are claimed by lock. One
    address that fails does not hold up the others."""
    for _round in range(SWEEP_SIZE):
        with transaction.atomic():
            now = timezone.now()
            notification = (
                Notification.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(Q(mail_after=None) | Q(mail_after__lte=now), to_mail=True, mailed=None)
                .select_related("user")
                .order_by("created")
                .first()
            )
            if notification is None:
                return
            try:
                _mail(notification)
            except (OSError, SMTPException) as error:
                notification.mail_tries += 1
                notification.mail_after = now + timedelta(minutes=2 ** (notification.mail_tries - 1))
                notification.to_mail = notification.mail_tries < MAIL_TRIES
                log.warning("mail.failed", notification=notification.pk, error=type(error).__name__)
            else:
                notification.mailed = now
            notification.save(update_fields=["mailed", "mail_tries", "mail_after", "to_mail"])


def _mail(notification: Notification) -> None:
    person = notification.user
    if person.deleted is not None or not person.is_active:
        return
    with translation.override(person.language or settings.LANGUAGE_CODE):
        parts = [body_of(notification.kind, notification.data)]
        if notification.link:
            parts.append(_("See it here: %(link)s") % {"link": f"{settings.SITE_URL}{notification.link}"})
        subject = " ".join(subject_of(notification.kind, notification.data).split())
        EmailMessage(
            subject=subject, body="\n\n".join(part for part in parts if part), to=[person.email]
        ).send()


@transaction.atomic
def mark_read(actor: User) -> int:
    """Mark all of the actor's notices as read; how many were not."""
    return Notification.objects.filter(user=actor, read=None).update(read=timezone.now())


@erases("notices")
def forget_notices(person: User) -> None:
    """Nobody reads them any more."""
    Notification.objects.filter(user=person).delete()
