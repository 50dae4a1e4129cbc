"""The slides of a room, for someone who is in it.

What is shown travels as `slides` on the room's stream, and behind the scenes of a room with a green room as on the stage
(`stage.queries`). The documents themselves, `deck`, are for those with a part on the stage. Pictures and texts of pages go by
HTTP; to everyone no further than one page beyond what they have seen, which browsers fetch ahead.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import User
from conference.accounts.queries import person_data
from conference.core.errors import Missing
from conference.core.personal_data import exports
from conference.programme.models import Session
from conference.rooms.models import Room, RoomRole
from conference.rooms.queries import ON_STAGE, RUNS, backstage_stream, is_on_air, room_stream
from realtime.slides.models import Deck, Slide, SlideShow
from realtime.snapshots import shows_to_everyone, shows_to_stage

BRINGS = RUNS | {RoomRole.Role.SPEAKER}
"""Roles that may bring slides: those who run the room, and its speakers. In a small room everybody on the stage may."""

PRESENTS = ON_STAGE
"""Roles that may show what was brought, and turn its pages."""

PROBLEMS = {
    "encrypted": gettext_lazy("The file is locked with a password. Save it without one and bring it again."),
    "broken": gettext_lazy("The file cannot be read as PDF. Save it as PDF once more and bring it again."),
    "too_many_pages": gettext_lazy("The file has more than 200 pages. Divide it and bring the parts."),
    "too_complex": gettext_lazy(
        "Making pictures of the pages took too long or too much memory. Save it as PDF with smaller pictures and bring it again."
    ),
}
"""Why a document could not be made ready, in words."""

AHEAD = 1
"""Pages beyond the furthest that was shown which everyone may fetch, so that they are there when they are shown."""


def may_bring(room: Room, role: str) -> bool:
    """Whether somebody in this role may bring slides to the room."""
    return role in BRINGS or (room.small and role in PRESENTS)


def deck_data(deck: Deck) -> dict[str, Any]:
    """The public form of a document, for those with a part on the stage."""
    return {
        "id": deck.pk,
        "room": deck.room_id,
        "title": deck.title,
        "state": deck.state,
        "problem": deck.problem,
        "pages": deck.pages,
        "done": deck.done,
        "address": address_of(deck),
        "author": person_data(deck.author),
        "created": deck.created,
    }


def show_data(show: SlideShow) -> dict[str, Any]:
    """The public form of what is shown in a room. `address`: where the pages are, `<address>/4-small.webp` and so on."""
    return {
        "id": show.room_id,
        "deck": show.deck_id,
        "title": show.deck.title,
        "pages": show.deck.pages,
        "page": show.page,
        "reached": max(show.deck.reached, show.page),
        "address": address_of(show.deck),
    }


def sentence_of(deck: Deck) -> str:
    """Why it could not be made ready; empty where nothing went wrong."""
    return str(PROBLEMS.get(deck.problem, PROBLEMS["broken"])) if deck.state == Deck.State.FAILED else ""


def address_of(deck: Deck) -> str:
    room = deck.room
    return reverse("room_slides", args=[room.event.slug, room.code]) + str(deck.pk)


def _of(room: Room) -> QuerySet[Deck]:
    rows = Deck.objects.filter(room=room).select_related("room__event", "author__organisation")
    return rows.order_by("created", "pk")


def decks_for(room: Room, role: str) -> list[Deck]:
    """What was brought to the room, for someone who may be there in this role: nothing without a part on the stage."""
    return list(_of(room)) if role in ON_STAGE else []


def get_deck(room: Room, role: str, deck_id: int) -> Deck:
    """One of them; `Missing` if there is none that this role sees."""
    found = _of(room).filter(pk=deck_id).first() if role in ON_STAGE else None
    if found is None:
        raise Missing(_("There are no such slides in this room. They may have been taken away."))
    return found


def get_slide(room: Room, role: str, deck_id: int, number: int) -> Slide:
    """A page with its pictures and text; `Missing` where there is none that this role may see already."""
    found = Slide.objects.filter(deck=deck_id, deck__room=room, number=number).select_related("deck").first()
    seen = found is not None and (
        role in ON_STAGE or (found.deck.reached > 0 and number <= found.deck.reached + AHEAD)
    )
    if found is None or not seen:
        raise Missing(_("There is no such slide in this room, or it was not shown yet."))
    return found


def show_in(room: Room) -> SlideShow | None:
    """What is shown in the room."""
    return SlideShow.objects.filter(room=room).select_related("deck__room__event").first()


def slides_streams(room: Room) -> list[str]:
    """Who is told of what is shown in this room, as it is at this moment."""
    streams = [room_stream(room.pk)] if is_on_air(room) else []
    return [*streams, backstage_stream(room.pk)] if room.green_room else streams


def session_of(room: Room) -> Session | None:
    """The session whose room it is."""
    return Session.objects.filter(room=room).first()


# --- what a room shows to whoever comes in ---


def _shown(room: Room) -> list[dict[str, Any]]:
    show = show_in(room)
    return [] if show is None else [show_data(show)]


@shows_to_everyone
def slides_part(room: Room) -> dict[str, Any]:
    """The page that is shown to everyone."""
    return {"state": {"slides": _shown(room) if is_on_air(room) else []}}


@shows_to_stage
def backstage_part(room: Room) -> dict[str, Any]:
    """What was brought; and where there is a green room the page that is shown, live or not."""
    return {
        "state": {
            "deck": [deck_data(each) for each in _of(room)],
            "slides": _shown(room) if room.green_room else [],
        }
    }


# --- my data ---


@exports(
    "slides",
    gettext_lazy("Slides you brought"),
    {
        "title": gettext_lazy("Title"),
        "pages": gettext_lazy("Pages"),
        "texts": gettext_lazy("What is written on them"),
        "created": gettext_lazy("Time"),
    },
)
def slides_by(person: User) -> list[dict[str, Any]]:
    """Every document the person brought to a room, with the text of its pages; the pictures are at its address."""
    decks = Deck.objects.filter(author=person).select_related("room__event").prefetch_related("slides")
    return [
        {
            "title": deck.title,
            "address": address_of(deck),
            "pages": deck.pages,
            "reached": deck.reached,
            "texts": [slide.text for slide in sorted(deck.slides.all(), key=lambda each: each.number)],
            "created": deck.created.isoformat(),
        }
        for deck in decks.order_by("pk")
    ]
