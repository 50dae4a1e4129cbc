"""What several actions on the programme share; the import builds on it too. All of it runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Max
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict
from conference.core.models import Event
from conference.core.streams import publish
from conference.events.actions import lock_organized_event
from conference.programme.models import Session, SessionSpeaker, Speaker
from conference.programme.search import session_search_text
from conference.rooms.actions import RoomKind, set_room_roles

BATCH = 200


def open_programme(actor: User, event: Event) -> Event:
    """The event, locked: one change of a programme after the other. Refuses those who do not organize it, and an archive."""
    locked = lock_organized_event(actor, event)
    if locked.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is archived: it can be read, but not changed."))
    return locked


def announce(event: Event) -> None:
    """Have open pages fetch the programme again."""
    publish(f"event.{event.pk}", "programme", saved={"id": event.pk})


def next_number(event: Event, model: type[Session] | type[Speaker]) -> int:
    """A whole number that no session (or speaker) of the event has. The caller holds the event's lock."""
    highest = model._default_manager.filter(event=event).aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1


def refresh_search(session_ids: Iterable[int]) -> None:
    """Write the search text of sessions anew, after a change of theirs, of a speaker's or of a track's. Does not count as an
    edit: `changed` stays."""
    sessions = (
        Session.objects.filter(pk__in=list(session_ids))
        .select_related("track")
        .prefetch_related("parts__speaker")
    )
    fresh = []
    for session in sessions:
        people = [part.speaker for part in session.parts.all()]
        session.search_text = session_search_text(
            session, people, session.track.name if session.track else None
        )
        fresh.append(session)
    Session.objects.bulk_update(fresh, ["search_text"], batch_size=BATCH)


def room_kind(session_kind: str) -> RoomKind:
    """What kind of place the room of such a session is."""
    return RoomKind(green_room=session_kind in Session.STAGED, small=session_kind in Session.ALL_ON_STAGE)


def set_parts(session: Session, parts: Mapping[int, str]) -> None:
    """Make `parts` (speaker id -> part, in their order) the people of the session, and their parts in its room the same."""
    session.parts.exclude(speaker_id__in=parts).delete()
    for position, (speaker_id, part) in enumerate(parts.items()):
        SessionSpeaker.objects.update_or_create(
            session=session, speaker_id=speaker_id, defaults={"part": part, "position": position}
        )
    give_room_roles(session)


def give_room_roles(session: Session) -> None:
    """Those of the session's people who have an account get their part in its room; nobody else keeps one."""
    rows = SessionSpeaker.objects.filter(session=session, speaker__user__isnull=False)
    set_room_roles(session.room, dict(rows.values_list("speaker__user_id", "part")))
