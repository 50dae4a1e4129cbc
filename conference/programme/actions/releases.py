"""Releasing the draft: the public gets a new version, and whoever planned with what has changed is told."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Invalid
from conference.core.journal import record
from conference.core.models import Event
from conference.core.text import Text
from conference.notifications.actions import notify
from conference.programme.actions.blocks import announce, open_programme
from conference.programme.changes import changes_between, told_in_every_language
from conference.programme.models import Release, Session, SessionSpeaker, Slot, Star
from conference.programme.queries import draft_of, places
from conference.rooms.actions import open_rooms

MAX_LINES = 20
"""A notice names at most this many sessions; the page of changes has them all."""


def fingerprint(changes: Sequence[Mapping[str, Any]]) -> str:
    """Stands for what a preview showed, so that nothing is released that its organizer has not seen."""
    return hashlib.sha256(json.dumps(changes, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


@transaction.atomic
def release(
    actor: User, event: Event, *, version: str, note: Text | None = None, seen: str | None = None
) -> Release:
    """Publish the draft as a new version. `seen` is the `fingerprint` of the changes the actor looked at."""
    event = open_programme(actor, event)
    version = version.strip()
    if not version or len(version) > 40:
        sentence = _("Give the version a name of at most 40 characters.")
        raise Invalid(sentence, fields={"version": [sentence]})
    last = Release.objects.filter(event=event).order_by("-number").first()
    if Release.objects.filter(event=event, version=version).exists():
        sentence = _("There is a version of this name already. Choose another one.")
        raise Invalid(sentence, fields={"version": [sentence]})
    draft = [slot for slot in draft_of(actor, event) if slot.start is not None]
    before = Slot.objects.filter(release=last).select_related("session", "hall") if last else []
    changes = changes_between(places(before), places(draft))
    if not draft:
        raise Conflict(_("No session has a time yet, so there is nothing to release."))
    if last is not None and not changes:
        raise Conflict(_("Nothing has moved since the last version, so there is nothing to release."))
    if seen is not None and seen != fingerprint(changes):
        raise Conflict(
            _("The draft has changed since you looked at it. Look at the changes again, then release.")
        )
    fresh = Release.objects.create(
        event=event,
        number=last.number + 1 if last else 1,
        version=version,
        note=note or {},
        changes=changes,
        released_by=actor,
    )
    known = set(Slot.objects.filter(release__event=event).values_list("session_id", flat=True).distinct())
    Slot.objects.bulk_create(
        [
            Slot(
                session=slot.session,
                release=fresh,
                hall=slot.hall,
                start=slot.start,
                end=slot.end,
                cancelled=slot.cancelled,
            )
            for slot in draft
        ]
    )
    # What nobody outside knew of had a closed room; a room that its organizer closed later stays so.
    open_rooms([slot.session.room_id for slot in draft if slot.session_id not in known])
    touched = [change for change in changes if change["session"] in known]
    Session.objects.filter(pk__in=[change["session"] for change in touched]).update(
        sequence=F("sequence") + 1
    )
    record("programme.released", actor, fresh, version=version, number=fresh.number, changes=len(changes))
    announce(event)
    _tell(event, touched)
    return fresh


def _tell(event: Event, changes: Sequence[Mapping[str, Any]]) -> None:
    """One notice to each person with a changed session on their agenda; people with the same changes share the work."""
    sessions = [change["session"] for change in changes]
    of_person: dict[User, set[int]] = defaultdict(set)
    for star in Star.objects.filter(session__in=sessions).select_related("user"):
        of_person[star.user].add(star.session_id)
    parts = SessionSpeaker.objects.filter(Q(session__in=sessions), speaker__user__isnull=False)
    for part in parts.select_related("speaker__user"):
        if part.speaker.user is not None:
            of_person[part.speaker.user].add(part.session_id)
    alike: dict[tuple[int, ...], list[User]] = defaultdict(list)
    for person in sorted(of_person, key=lambda person: person.pk):
        alike[tuple(sorted(of_person[person]))].append(person)
    lines = (
        {change["session"]: told_in_every_language(change, event.time_zone) for change in changes}
        if alike
        else {}
    )
    link = reverse("my_agenda", args=[event.slug])
    order = {session: place for place, session in enumerate(sessions)}
    for theirs, people in alike.items():
        told = [lines[session] for session in sorted(theirs, key=order.__getitem__)]
        notify(
            people,
            "agenda.changed",
            event=event,
            link=link,
            count=len(theirs),
            lines=told[:MAX_LINES],
            title=dict(event.name),
        )
