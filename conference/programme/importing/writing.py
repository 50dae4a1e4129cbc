"""Saving a plan: rows in bulk, so that three hundred sessions cost as many queries as three."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.utils import timezone

from conference.programme.actions.blocks import give_room_roles, room_kind
from conference.programme.importing.plan import ImportPlan, SessionPlan
from conference.programme.models import Day, Hall, Session, SessionSpeaker, Slot, Speaker, Track
from conference.programme.search import session_search_text, speaker_search_text
from conference.rooms.actions import create_rooms

_HALL = ("name", "kind", "capacity", "description")
_TRACK = ("name", "colour")
_SPEAKER = ("name", "name_latin", "name_chinese", "affiliation", "country", "biography", "search_text")
_PLACE = ("hall", "start", "end", "cancelled")


def save(plan: ImportPlan) -> None:
    """Write the plan, in the caller's transaction, with the event locked."""
    _make(Hall, plan.halls.new)
    _change(Hall, plan.halls.changed, _HALL)
    _make(Track, plan.tracks.new)
    _change(Track, plan.tracks.changed, _TRACK)
    for speaker in (*plan.speakers.new, *plan.speakers.changed):
        speaker.search_text = speaker_search_text(speaker)
    _make(Speaker, plan.speakers.new)
    _change(Speaker, plan.speakers.changed, _SPEAKER)
    _make(Day, [day for day in plan.days if day.pk is None])
    _change(Day, [day for day in plan.days if day.pk is not None], ("label",))
    _save_sessions(plan)
    _save_parts(plan)


def cancel(slots: Iterable[Slot]) -> list[Slot]:
    """Mark sessions as cancelled in the draft, by their draft slots."""
    rows = list(slots)
    for slot in rows:
        slot.cancelled = True
    keys = [slot.pk for slot in rows]
    Slot.objects.filter(pk__in=keys).update(cancelled=True)
    Session.objects.filter(pk__in=[slot.session_id for slot in rows]).update(changed=timezone.now())
    return rows


def _make(model: type[Model], rows: list[Any]) -> None:
    if rows:
        model._default_manager.bulk_create(rows)


def _change(model: type[Model], rows: list[Any], fields: Iterable[str]) -> None:
    """One statement for all rows; ten times as fast as a CASE for each field, which `bulk_update` writes."""
    if rows:
        model._default_manager.bulk_create(
            rows, update_conflicts=True, unique_fields=["id"], update_fields=list(fields)
        )


def _save_sessions(plan: ImportPlan) -> None:
    new, changed = plan.new, plan.changed
    kinds = [room_kind(one.session.kind) for one in new]
    for one, room in zip(new, create_rooms(plan.event, kinds, open=False), strict=True):
        one.session.room = room
    renamed = {row.pk for row in plan.speakers.changed}
    retracked = {row.pk for row in plan.tracks.changed}
    touched = [one for one in plan.sessions if one.state != "same"]
    stale = [
        one
        for one in plan.same
        if one.session.track_id in retracked or any(speaker.pk in renamed for speaker, _part in one.people)
    ]
    for one in (*touched, *stale):
        _index(one)
    _make(Session, [one.session for one in new])
    fields = set().union(*(one.fields for one in changed)) if changed else set()
    _change(Session, [one.session for one in changed], [*sorted(fields), "changed", "search_text"])
    others = _others(plan, renamed, retracked)
    _change(Session, [*(one.session for one in stale), *others], ["search_text"])
    placed = [one.slot for one in touched if one.moved or one.slot.pk is None]
    _make(Slot, [slot for slot in placed if slot.pk is None])
    _change(Slot, [slot for slot in placed if slot.pk is not None], _PLACE)


def _others(plan: ImportPlan, renamed: set[int], retracked: set[int]) -> list[Session]:
    """Sessions that the file does not name, with a track or a speaker that it has renamed."""
    named = {one.session.pk for one in plan.sessions}
    found = []
    for session, speakers in plan.there:
        if session.pk in named:
            continue
        if session.track_id in retracked or any(speaker.pk in renamed for speaker in speakers):
            session.search_text = session_search_text(
                session, speakers, session.track.name if session.track else None
            )
            found.append(session)
    return found


def _index(one: SessionPlan) -> None:
    track = one.session.track
    one.session.search_text = session_search_text(
        one.session, [speaker for speaker, _part in one.people], track.name if track else None
    )


def _save_parts(plan: ImportPlan) -> None:
    touched = [one for one in plan.sessions if one.parts is not None]
    known = [one.session.pk for one in touched if one.state != "new"]
    SessionSpeaker.objects.filter(session__in=known).delete()
    _make(SessionSpeaker, [part for one in touched for part in one.parts or []])
    had_account = {
        session.pk for session, speakers in plan.there if any(speaker.user_id for speaker in speakers)
    }
    for one in touched:
        if one.session.pk in had_account or any(speaker.user_id for speaker, _part in one.people):
            give_room_roles(one.session)
