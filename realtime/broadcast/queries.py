"""Where a broadcast stands, what somebody thinks of it, and what those who run the room learn from that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import User
from conference.core.errors import Denied
from conference.core.personal_data import exports
from conference.events.queries import Viewer
from conference.programme.models import Session, SessionSpeaker, Slot
from conference.programme.queries import get_session, own_sessions_ahead, released_sessions
from conference.rooms.models import Room
from conference.rooms.queries import RUNS, get_room
from realtime.broadcast.models import Broadcast, Rating
from realtime.snapshots import shows_to_everyone, shows_to_hosts, shows_to_person

FEWEST = 3
"""Ratings from which on averages and words are told: of fewer one could guess whose they are."""

MOST_WORDS = 200


def broadcast_of(room: Room) -> Broadcast:
    """The room's broadcast; where nobody did anything yet, one that waits (not saved)."""
    found = Broadcast.objects.filter(room=room).select_related("by").first()
    return found or Broadcast(room=room)


def broadcast_data(broadcast: Broadcast) -> dict[str, Any]:
    """The public form, with the room's id as its own: a room has one broadcast."""
    return {
        "id": broadcast.room_id,
        "state": broadcast.state,
        "starts_at": broadcast.starts_at,
        "live_since": broadcast.live_since,
        "ended": broadcast.ended,
    }


def is_due(broadcast: Broadcast) -> bool:
    """Whether the countdown is over, so that it is live though nobody has written that down yet."""
    return broadcast.starts_at is not None and broadcast.starts_at <= timezone.now()


@shows_to_everyone
def broadcast_part(room: Room) -> dict[str, Any]:
    """A room without a green room has none: its stage is for everyone at all times."""
    return {"state": {"broadcast": [broadcast_data(broadcast_of(room))] if room.green_room else []}}


# --- ratings ---


def rating_data(rating: Rating) -> dict[str, Any]:
    """One's own rating, for oneself."""
    return {"id": rating.room_id, "stars": rating.stars, "words": rating.words}


@shows_to_person(
    f"EXISTS(SELECT FROM {Rating._meta.db_table} WHERE room_id = %(room)s AND person_id = %(person)s)",
    rating=[],
)
def own_rating(person: User, room: Room) -> dict[str, Any]:
    """How the person has rated this."""
    rated = Rating.objects.filter(room=room, person=person) if room.green_room else []
    return {"rating": [rating_data(each) for each in rated]}


def ratings_data(room: Room) -> dict[str, Any]:
    """All ratings together: how many, and from `FEWEST` on how good."""
    stars = list(Rating.objects.filter(room=room).values_list("stars", flat=True))
    told = len(stars) >= FEWEST
    return {
        "id": room.pk,
        "count": len(stars),
        "average": round(sum(stars) / len(stars), 1) if told else None,
        "each": [stars.count(number) for number in range(1, 6)] if told else None,
    }


@shows_to_hosts
def hosts_part(room: Room) -> dict[str, Any]:
    """The ratings together."""
    return {"state": {"ratings": [ratings_data(room)] if room.green_room else []}}


def ratings_of(viewer: Viewer, room_id: int) -> dict[str, Any]:
    """The ratings together with what people wrote, without their names and in an order that does not tell who, for those who
    run the room."""
    room, role = get_room(viewer, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can see its ratings."))
    data = ratings_data(room)
    if data["average"] is None:
        return {**data, "words": []}
    words = (
        Rating.objects.filter(room=room).exclude(words="").order_by("words").values_list("words", flat=True)
    )
    return {**data, "words": list(words[:MOST_WORDS])}


# --- around the broadcast ---


@dataclass(frozen=True, slots=True)
class Around:
    """What a page says before and after: the session with its place and people, what follows in the same hall, and what is
    next on the viewer's own agenda."""

    session: Session
    slot: Slot | None
    parts: list[SessionSpeaker]
    in_hall: Slot | None
    mine: Slot | None
    links: list[dict[str, Any]]


def around(viewer: Viewer, room: Room) -> Around | None:
    """None for a room that no session owns."""
    session = Session.objects.filter(room=room).select_related("event").first()
    if session is None:
        return None
    page = get_session(viewer, session.event, session.code)
    in_hall = mine = None
    if page.released and page.slot is not None:
        ahead = released_sessions(viewer, session.event).filter(cancelled=False, start__gte=page.slot.end)
        ahead = ahead.exclude(session=session).exclude(session__kind=Session.Kind.BREAK)
        in_hall = ahead.filter(hall=page.slot.hall_id).first() if page.slot.hall_id else None
        mine = own_sessions_ahead(viewer, session.event, timezone.now()).exclude(session=session).first()
    links = [*page.session.links, *page.session.attachments]
    return Around(page.session, page.slot, list(page.session.parts.all()), in_hall, mine, links)


# --- my data ---


@exports(
    "ratings",
    gettext_lazy("Your ratings of sessions"),
    {
        "session": gettext_lazy("Session"),
        "stars": gettext_lazy("Stars"),
        "words": gettext_lazy("Words"),
        "changed": gettext_lazy("Changed"),
    },
)
def ratings_by(person: User) -> list[dict[str, Any]]:
    """Everything the person rated."""
    rows = Rating.objects.filter(person=person).select_related("room__session").order_by("pk")
    return [
        {
            "session": str(getattr(row.room, "session", row.room)),
            "stars": row.stars,
            "words": row.words,
            "changed": row.changed.isoformat(),
        }
        for row in rows
    ]
