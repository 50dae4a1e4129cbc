"""Giving somebody time, more of it, and telling them that it ends."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied
from conference.core.journal import record
from conference.core.streams import publish
from conference.rooms.models import Room
from conference.rooms.queries import RUNS, backstage_stream, get_room
from realtime.timer.models import Timer
from realtime.timer.queries import timer_data

TWO_MINUTES = 120


@transaction.atomic
def start_timer(actor: User, room_id: int, *, seconds: int, label: str = "") -> Timer:
    """Count down from now. What ran before runs no more."""
    room = _room_to_run(actor, room_id)
    timer = Timer(room=room, label=label, seconds=seconds, ends=_in(seconds))
    return _save(actor, timer, "timer.started", seconds=seconds)


@transaction.atomic
def add_time(actor: User, room_id: int, *, seconds: int) -> Timer:
    """Give more time, or take some. Where it has run out, more is given from now."""
    room = _room_to_run(actor, room_id)
    timer = _running(room)
    now = timezone.now()
    left = max(0, round((timer.ends - now).total_seconds()))
    timer.ends = max(now, max(timer.ends, now) + timedelta(seconds=seconds))
    timer.seconds = max(1, timer.seconds + seconds, left + seconds)
    timer.called = False
    return _save(actor, timer, "timer.added", seconds=seconds)


@transaction.atomic
def call_time(actor: User, room_id: int) -> Timer:
    """Tell whoever speaks that two minutes are left: from now on that is so, whatever ran before."""
    room = _room_to_run(actor, room_id)
    timer = Timer.objects.filter(room=room).first() or Timer(room=room, seconds=TWO_MINUTES)
    timer.ends, timer.called = _in(TWO_MINUTES), True
    timer.seconds = max(timer.seconds, TWO_MINUTES)
    return _save(actor, timer, "timer.called")


@transaction.atomic
def stop_timer(actor: User, room_id: int) -> None:
    """Take the clock away. Where none runs nothing happens."""
    room = _room_to_run(actor, room_id)
    deleted, _by_model = Timer.objects.filter(room=room).delete()
    if deleted:
        record("timer.stopped", actor, room, event=room.event, room=room.pk)
        publish(backstage_stream(room.pk), "timer", removed=room.pk)


def _in(seconds: int) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def _room_to_run(actor: User, room_id: int) -> Room:
    """The room, locked: of two who set the clock at once, the second sees what the first set."""
    room, role = get_room(actor, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can set the timer."))
    Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)
    return room


def _running(room: Room) -> Timer:
    timer = Timer.objects.filter(room=room).first()
    if timer is None:
        raise Conflict(_("The timer does not run any more."))
    return timer


def _save(actor: User, timer: Timer, verb: str, **data: int) -> Timer:
    timer.save()
    record(verb, actor, timer.room, event=timer.room.event, room=timer.room_id, **data)
    publish(backstage_stream(timer.room_id), "timer", saved=timer_data(timer))
    return timer
