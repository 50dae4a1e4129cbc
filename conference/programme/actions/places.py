"""Halls, tracks and days: what a programme is laid out on. `None` for the row makes a new one."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from django.db import transaction
from django.db.models import Max, Model
from django.utils.text import slugify
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Invalid, Missing
from conference.core.journal import record
from conference.core.models import Event
from conference.core.text import Text
from conference.programme.actions.blocks import announce, open_programme, refresh_search
from conference.programme.models import Day, Hall, Session, Slot, Track

Row = TypeVar("Row", bound=Model)


@transaction.atomic
def save_hall(
    actor: User,
    event: Event,
    hall_id: int | None,
    *,
    name: Text,
    kind: str,
    capacity: int | None,
    description: Text,
) -> Hall:
    """Make a room of the programme, or change it; readers see its new name at once."""
    event = open_programme(actor, event)
    hall = _get(Hall, event, hall_id) if hall_id else Hall(event=event, position=_next_position(Hall, event))
    _require_name(name)
    if kind not in Hall.Kind.values:
        raise Invalid(_("Choose where the room is."), fields={"kind": [_("Choose one of these.")]})
    hall.name, hall.kind, hall.capacity, hall.description = name, kind, capacity, description
    hall.save()
    record("hall.saved", actor, hall)
    announce(event)
    return hall


@transaction.atomic
def delete_hall(actor: User, event: Event, hall_id: int) -> None:
    """Delete a room that no version of the programme uses."""
    event = open_programme(actor, event)
    hall = _get(Hall, event, hall_id)
    if Slot.objects.filter(hall=hall).exists():
        raise Conflict(_("This room is used in the programme or in an earlier version of it, so it stays."))
    record("hall.deleted", actor, hall, name=hall.name)
    hall.delete()


@transaction.atomic
def save_track(actor: User, event: Event, track_id: int | None, *, name: Text, colour: str = "") -> Track:
    """Make a track or change it; the search finds its sessions by the new name."""
    event = open_programme(actor, event)
    _require_name(name)
    if track_id:
        track = _get(Track, event, track_id)
    else:
        track = Track(event=event, slug=_free_slug(event, name), position=_next_position(Track, event))
    track.name, track.colour = name, colour
    track.save()
    refresh_search(Session.objects.filter(track=track).values_list("pk", flat=True))
    record("track.saved", actor, track)
    announce(event)
    return track


@transaction.atomic
def delete_track(actor: User, event: Event, track_id: int) -> None:
    """Delete a track without sessions."""
    event = open_programme(actor, event)
    track = _get(Track, event, track_id)
    if Session.objects.filter(track=track).exists():
        raise Conflict(_("This track has sessions. Give them another track first."))
    record("track.deleted", actor, track, name=track.name)
    track.delete()


@transaction.atomic
def save_day(actor: User, event: Event, day_id: int | None, *, date: date, label: Text) -> Day:
    """Make a day of the event, or change it. Two days never have the same date."""
    event = open_programme(actor, event)
    day = _get(Day, event, day_id) if day_id else Day(event=event)
    if Day.objects.filter(event=event, date=date).exclude(pk=day.pk).exists():
        raise Invalid(
            _("This day is on the list already."), fields={"date": [_("This day is on the list already.")]}
        )
    day.date, day.label = date, label
    day.save()
    record("day.saved", actor, day, date=date.isoformat())
    announce(event)
    return day


@transaction.atomic
def delete_day(actor: User, event: Event, day_id: int) -> None:
    """Take a day off the list. Its sessions stay, and the editor warns of them."""
    event = open_programme(actor, event)
    day = _get(Day, event, day_id)
    record("day.deleted", actor, day, date=day.date.isoformat())
    day.delete()
    announce(event)


def _get(model: type[Row], event: Event, row_id: int) -> Row:
    row = model._default_manager.filter(event=event, pk=row_id).first()
    if row is None:
        raise Missing(_("This is not there any more. Perhaps someone has deleted it."))
    return row


def _next_position(model: type[Hall] | type[Track], event: Event) -> int:
    return (model._default_manager.filter(event=event).aggregate(highest=Max("position"))["highest"] or 0) + 1


def _require_name(name: Text) -> None:
    if not any(name.values()):
        raise Invalid(_("Give it a name."), fields={"name": [_("Give it a name.")]})


def _free_slug(event: Event, name: Text) -> str:
    """An address from the English name; Han and other scripts have none, so those are numbered."""
    taken = set(Track.objects.filter(event=event).values_list("slug", flat=True))
    stem = slugify(name.get("en", ""))[:50].strip("-") or "track"
    if stem != "track" and stem not in taken:
        return stem
    return next(slug for slug in (f"{stem}-{number}" for number in range(1, 10_000)) if slug not in taken)
