"""Making an announcement and withdrawing it. Pages are told at once; inboxes are filled by the worker, a batch at a time.

Each batch locks the announcement, tells the next people by their number and notes how far it came, in one transaction: a
worker that dies begins again where the last batch ended, two workers take turns, and one withdrawn meanwhile reaches nobody
further. What the queue loses is found by a sweep (`settings.CELERY_BEAT_SCHEDULE`).
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Missing
from conference.core.journal import record
from conference.core.later import background, later
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish
from conference.core.text import Text
from conference.events.queries import require_organizer
from conference.notifications.actions import notify_many, replace_notices
from conference.rooms.models import Room
from conference.rooms.queries import RUNS, get_room, room_stream
from realtime.announcements.models import Announcement
from realtime.announcements.queries import (
    announcement_data,
    audience_of,
    get_announcement,
    get_room_announcement,
    place_of,
)

BATCH = 500
"""People told in one transaction."""


@transaction.atomic
def announce_in_room(
    actor: User, room_id: int, *, client_id: uuid.UUID, text: Text, link: str = "", urgent: bool = False
) -> Announcement:
    """Tell everyone in the room. The same `client_id` again changes nothing and answers with what was announced."""
    room, role = get_room(actor, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can make announcements in it."))
    return _announce(actor, room.event, room, client_id, text=text, link=link, urgent=urgent)


@transaction.atomic
def announce_to_event(
    actor: User,
    event: Event,
    *,
    client_id: uuid.UUID,
    text: Text,
    link: str = "",
    urgent: bool = False,
    mail: bool = False,
) -> Announcement:
    """Tell everyone at the event, by mail too if that is wanted. The same `client_id` again changes nothing."""
    require_organizer(actor, event)
    if event.state == Event.State.DRAFT:
        raise Conflict(_("Nobody could read it: publish the event first."))
    return _announce(actor, event, None, client_id, text=text, link=link, urgent=urgent, mail=mail)


def _announce(
    actor: User, event: Event, room: Room | None, client_id: uuid.UUID, **what: Any
) -> Announcement:
    known = Announcement.objects.filter(author=actor, client_id=client_id).first()
    if known is None and event.state == Event.State.ARCHIVED:
        raise Conflict(_("The event is over and closed; nothing is announced any more."))
    announcement, created = Announcement.objects.get_or_create(
        author=actor, client_id=client_id, defaults={"event": event, "room": room, **what}
    )
    if (announcement.event_id, announcement.room_id) != (event.pk, room.pk if room else None):
        raise Missing(_("There is no such announcement."))
    if created:
        record(
            "announcement.made",
            actor,
            announcement,
            event=event,
            room=room.pk if room else None,
            urgent=announcement.urgent,
            mail=announcement.mail,
        )
        publish(_stream(announcement), "announcement", saved=announcement_data(announcement))
        later(tell_announcements)
    return announcement


def _stream(announcement: Announcement) -> str:
    return room_stream(announcement.room_id) if announcement.room_id else f"event.{announcement.event_id}"


@transaction.atomic
def withdraw_in_room(actor: User, room_id: int, *, announcement_id: int) -> Announcement:
    """Take back what was announced in this room; of two who do it at once the second is told."""
    room, role = get_room(actor, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can withdraw its announcements."))
    get_room_announcement(room, role, announcement_id)
    return _withdraw(actor, announcement_id)


@transaction.atomic
def withdraw_announcement(actor: User, event: Event, *, announcement_id: int) -> Announcement:
    """Take back anything that was announced at the event, as one of its organizers."""
    get_announcement(actor, event, announcement_id)
    return _withdraw(actor, announcement_id)


def _withdraw(actor: User, announcement_id: int) -> Announcement:
    announcement = _lock(announcement_id)
    if announcement.withdrawn is not None:
        raise Conflict(_("This announcement is withdrawn already."))
    announcement.withdrawn, announcement.withdrawn_by = timezone.now(), actor
    announcement.save(update_fields=["withdrawn", "withdrawn_by"])
    record("announcement.withdrawn", actor, announcement, event=announcement.event, room=announcement.room_id)
    publish(_stream(announcement), "announcement", removed=announcement.pk)
    later(tell_announcements)
    return announcement


def _lock(announcement_id: int) -> Announcement:
    rows = Announcement.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("event").get(pk=announcement_id)


# --- inboxes, by the worker ---


@background
def tell_announcements() -> None:
    """Put what was announced into the inboxes of those concerned, and say of what was withdrawn that it was."""
    while _recall_one():
        pass
    while _tell_some():
        pass


@transaction.atomic
def _recall_one() -> bool:
    announcement = (
        Announcement.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .filter(withdrawn__isnull=False, recalled=None)
        .select_related("event")
        .order_by("pk")
        .first()
    )
    if announcement is None:
        return False
    replace_notices(
        _source(announcement), kind="announcement.withdrawn", data={"title": _title(announcement)}
    )
    announcement.recalled = timezone.now()
    announcement.save(update_fields=["recalled"])
    return True


@transaction.atomic
def _tell_some() -> bool:
    """Tell the next batch; False where nothing is left to do (or another worker does it)."""
    announcement = (
        Announcement.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .filter(told_all=None, withdrawn=None)
        .select_related("event", "room__event")
        .order_by("pk")
        .first()
    )
    if announcement is None:
        return False
    concerned = audience_of(announcement.event, announcement.room).filter(pk__gt=announcement.reached)
    people = list(concerned.exclude(pk=announcement.author_id or 0).order_by("pk")[:BATCH])
    if people:
        announcement.told += notify_many(
            people,
            "announcement.made",
            source=_source(announcement),
            event=announcement.event,
            link=_page(announcement),
            mail=announcement.mail,
            data={
                "title": _title(announcement),
                "lines": [announcement.text, *([announcement.link] if announcement.link else [])],
            },
        )
        announcement.reached = people[-1].pk
    else:
        announcement.told_all = timezone.now()
    announcement.save(update_fields=["told", "reached", "told_all"])
    return True


def _source(announcement: Announcement) -> str:
    return f"announcement:{announcement.pk}"


def _title(announcement: Announcement) -> Text:
    session = place_of(announcement)
    title: Text = session.title if session else announcement.event.name
    return title


def _page(announcement: Announcement) -> str:
    """Where its readers meet it: the session's page, or the event's."""
    session = place_of(announcement)
    if session is None:
        return reverse("now", args=[announcement.event.slug])
    return reverse("session", args=[announcement.event.slug, session.code])


@erases("announcements")
def forget_announcer(person: User) -> None:
    """What was announced was said for the event: it stays, under no name."""
    Announcement.objects.filter(author=person).update(author=None)
    Announcement.objects.filter(withdrawn_by=person).update(withdrawn_by=None)
