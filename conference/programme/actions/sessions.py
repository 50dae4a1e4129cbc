"""Making, editing, moving, cancelling and deleting sessions. Time and place go to the draft; content holds at once.

Two organizers at once: a form brings back the `changed` stamp that it was drawn with (`seen`), and whoever saves second is
told, instead of overwriting what they never saw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Invalid, Missing
from conference.core.journal import record
from conference.core.models import Event
from conference.core.text import Text
from conference.programme.actions.blocks import (
    announce,
    next_number,
    open_programme,
    refresh_search,
    room_kind,
    set_parts,
)
from conference.programme.models import Hall, Session, SessionSpeaker, Slot, Speaker, Track
from conference.programme.queries import was_released
from conference.rooms.actions import create_room, set_room_kind

LONGEST = timedelta(hours=24)


class Content(TypedDict, total=False):
    """What a session says of itself; what is not given stays, or takes its default."""

    title: Text
    subtitle: Text
    abstract: Text
    description: Text
    kind: str
    track: Track | None
    language: str
    interpreted: Sequence[str]
    capacity: int | None
    recording_allowed: bool
    recording_licence: str


@transaction.atomic
def create_session(
    actor: User,
    event: Event,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    hall: Hall | None = None,
    parts: Mapping[int, str] | None = None,
    **content: Unpack[Content],
) -> Session:
    """A new session in the draft, with a room of its own. `parts`: speaker id -> part."""
    event = open_programme(actor, event)
    _check_place(event, start, end, hall)
    session = Session(event=event, number=next_number(event, Session))
    _fill(session, content)
    session.room = create_room(event, open=False, kind=room_kind(session.kind))
    session.save()
    Slot.objects.create(session=session, start=start, end=end, hall=hall)
    set_parts(session, _checked_parts(event, parts or {}))
    refresh_search([session.pk])
    record("session.created", actor, session)
    return session


@transaction.atomic
def edit_session(
    actor: User,
    event: Event,
    code: str,
    *,
    seen: datetime | None = None,
    parts: Mapping[int, str] | None = None,
    **content: Unpack[Content],
) -> Session:
    """Change what a session says, and with `parts` who is in it. Readers of a released session see it at once."""
    event = open_programme(actor, event)
    session = _locked(event, code, seen)
    changed = _fill(session, content)
    if parts is not None:
        before = list(session.parts.values_list("speaker_id", "part"))
        parts = _checked_parts(event, parts)
        if before != list(parts.items()):
            set_parts(session, parts)
            changed.append("parts")
    if changed:
        session.save()
        refresh_search([session.pk])
        if "kind" in changed:
            set_room_kind(session.room, room_kind(session.kind))
        record("session.edited", actor, session, fields=changed)
        if was_released(session):
            announce(event)
    return session


@transaction.atomic
def move_session(
    actor: User,
    event: Event,
    code: str,
    *,
    start: datetime | None,
    end: datetime | None,
    hall: Hall | None,
    seen: datetime | None = None,
) -> Slot:
    """Give a session another time and place in the draft; without a time it waits outside the programme. Clashes are not
    refused here: the editor shows them."""
    event = open_programme(actor, event)
    _check_place(event, start, end, hall)
    session = _locked(event, code, seen)
    slot = _draft_slot(session)
    if (slot.start, slot.end, slot.hall_id) != (start, end, hall.pk if hall else None):
        before = {"start": slot.start and slot.start.isoformat(), "hall": slot.hall_id}
        slot.start, slot.end, slot.hall = start, end, hall
        slot.save(update_fields=["start", "end", "hall"])
        _touch(session)
        record(
            "session.moved",
            actor,
            session,
            before=before,
            start=start and start.isoformat(),
            hall=slot.hall_id,
        )
    return slot


@transaction.atomic
def cancel_session(actor: User, event: Event, code: str) -> Slot:
    """Mark a session as cancelled in the draft. It keeps its time, so that readers see what is not taking place."""
    event = open_programme(actor, event)
    session = _locked(event, code, None)
    slot = _draft_slot(session)
    if slot.cancelled:
        raise Conflict(_("This session is cancelled already."))
    if slot.start is None:
        raise Conflict(
            _(
                "This session has no time, so there is nothing to cancel. Delete it, or leave it out of the programme."
            )
        )
    return _set_cancelled(actor, session, slot, True)


@transaction.atomic
def restore_session(actor: User, event: Event, code: str) -> Slot:
    """Let a cancelled session take place after all."""
    event = open_programme(actor, event)
    session = _locked(event, code, None)
    slot = _draft_slot(session)
    if not slot.cancelled:
        raise Conflict(_("This session is not cancelled."))
    return _set_cancelled(actor, session, slot, False)


@transaction.atomic
def delete_session(actor: User, event: Event, code: str) -> None:
    """Delete a session that no release has ever held, and its room. What people have seen is cancelled instead."""
    event = open_programme(actor, event)
    session = _locked(event, code, None)
    if was_released(session):
        raise Conflict(
            _(
                "This session was in a released programme, and people may have planned with it. Cancel it instead."
            )
        )
    record("session.deleted", actor, session, title=session.title)
    room = session.room
    session.delete()
    room.delete()


def _fill(session: Session, content: Content) -> list[str]:
    """Set the given content; the names of the fields that differ."""
    if "title" in content and not any(content["title"].values()):
        raise Invalid(_("Give the session a title."), fields={"title": [_("Give the session a title.")]})
    track = content.get("track")
    if track is not None and track.event_id != session.event_id:
        raise Invalid(
            _("This track belongs to another event."),
            fields={"track": [_("This track belongs to another event.")]},
        )
    if "kind" in content and content["kind"] not in Session.Kind.values:
        raise Invalid(
            _("There is no such type of session."), fields={"kind": [_("Choose one of the types.")]}
        )
    new: dict[str, Any] = dict(content)
    if "interpreted" in new:
        new["interpreted"] = list(new["interpreted"])
    changed = [field for field, value in new.items() if getattr(session, field) != value]
    for field in changed:
        setattr(session, field, new[field])
    return changed


def _locked(event: Event, code: str, seen: datetime | None) -> Session:
    session = (
        Session.objects.select_for_update(of=("self",))
        .select_related("room", "track")
        .filter(event=event, code=code)
        .first()
    )
    if session is None:
        raise Missing(_("There is no such session. Perhaps someone has deleted it."))
    if seen is not None and seen != session.changed:
        raise Conflict(
            _("Someone else has changed this session while you had it open, so yours was not saved.")
            + " "
            + _("Look at it again, then repeat your change.")
        )
    return session


def _draft_slot(session: Session) -> Slot:
    slot, _created = Slot.objects.select_for_update().get_or_create(session=session, release=None)
    return slot


def _set_cancelled(actor: User, session: Session, slot: Slot, cancelled: bool) -> Slot:
    slot.cancelled = cancelled
    slot.save(update_fields=["cancelled"])
    _touch(session)
    record("session.cancelled" if cancelled else "session.restored", actor, session)
    return slot


def _touch(session: Session) -> None:
    """A moved session is a changed one, also for whoever has its form open."""
    session.changed = timezone.now()
    session.save(update_fields=["changed"])


def _check_place(event: Event, start: datetime | None, end: datetime | None, hall: Hall | None) -> None:
    if (start is None) != (end is None):
        raise Invalid(
            _("Give both a start and an end, or neither."),
            fields={"start": [_("Give both a start and an end.")]},
        )
    if start is not None and end is not None:
        if end <= start:
            raise Invalid(
                _("The session ends before it starts."),
                fields={"end": [_("The end is not after the start.")]},
            )
        if end - start > LONGEST:
            raise Invalid(
                _("A session lasts at most 24 hours."),
                fields={"end": [_("A session lasts at most 24 hours.")]},
            )
    if hall is not None and hall.event_id != event.pk:
        raise Invalid(
            _("This room belongs to another event."),
            fields={"hall": [_("This room belongs to another event.")]},
        )


def _checked_parts(event: Event, parts: Mapping[int, str]) -> dict[int, str]:
    known = set(Speaker.objects.filter(event=event, pk__in=parts).values_list("pk", flat=True))
    if set(parts) - known or set(parts.values()) - set(SessionSpeaker.Part.values):
        raise Invalid(_("One of these people is not on the list of speakers of this event."))
    return dict(parts)
