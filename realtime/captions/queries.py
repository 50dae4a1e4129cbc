"""The captions of a room, for someone who is in it, and the keys of services, for those who run it.

Each language is a stream of its own, `room.12.captions.km`: whoever switched captions off or reads another language gets none
of them. What everybody gets who begins to read is encoded once, and kept for as long as the stream stands where it stood.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import User
from conference.core.errors import Denied, Missing, Refusal
from conference.core.languages import RIGHT_TO_LEFT, own_name
from conference.core.personal_data import exports
from conference.core.streams import encode, positions
from conference.events.queries import Viewer
from conference.rooms.models import Room
from conference.rooms.queries import RUNS, Role, get_room, room_stream
from realtime.captions.models import Caption, Captioner, CaptionFeed, CaptionToken
from realtime.captions.webvtt import Cue, write_webvtt
from realtime.snapshots import shows_to_everyone, shows_to_person
from realtime.tokens import digest_of

NEWEST = 8
"""Lines for someone who begins to read: what stands over the picture, and a little of what was before."""
PAGE = 100
"""Lines in one piece of the history."""
KEPT = 256

CAPTIONS = RUNS | {Role.INTERPRETER}
"""Roles that caption without having been asked to."""


class NoToken(Refusal):
    """A service asked without a key, or with one that is none of ours."""

    code = "unauthorized"
    status = 401


def captions_stream(room_id: int, language: str) -> str:
    """The stream that those who read captions in this language follow."""
    return f"{room_stream(room_id)}.captions.{language}"


def feed_data(feed: CaptionFeed) -> dict[str, Any]:
    """The public form of a language in which the room is captioned."""
    return {
        "id": feed.pk,
        "language": feed.language,
        "name": own_name(feed.language),
        "dir": "rtl" if feed.language in RIGHT_TO_LEFT else "ltr",
        "open": feed.open,
        "file": reverse("captions_vtt", args=[feed.room.event.slug, feed.room.code, feed.language]),
    }


def caption_data(caption: Caption) -> dict[str, Any]:
    """The public form of a finished line. Who wrote it is nobody's business: these are the words of the speaker."""
    return {
        "id": caption.pk,
        "line": caption.line,
        "text": caption.text,
        "start": caption.start,
        "end": caption.end,
        "edited": caption.edited,
    }


@shows_to_everyone
def captions_part(room: Room) -> dict[str, Any]:
    """The languages in which the room is captioned, in the order in which they were begun."""
    feeds = CaptionFeed.objects.filter(room=room).order_by("pk").select_related("room__event")
    return {"state": {"captions": [feed_data(feed) for feed in feeds]}}


@shows_to_person(
    f"""%(role)s = ANY('{{{",".join(sorted(CAPTIONS))}}}') OR
        EXISTS(SELECT FROM {Captioner._meta.db_table} WHERE room_id = %(room)s AND user_id = %(person)s)""",
    captioning=[],
)
def captioning_part(person: User, room: Room) -> dict[str, Any]:
    """For those who `may_caption` this room: where."""
    return {"captioning": [captioning_data(room)]}


def captioning_data(room: Room) -> dict[str, Any]:
    return {"id": room.pk, "page": reverse("room_captions", args=[room.event.slug, room.code])}


def may_caption(viewer: Viewer, room: Room, role: str) -> bool:
    """Those who run the room, its interpreters, and whoever was asked to."""
    if role in CAPTIONS:
        return True
    return isinstance(viewer, User) and Captioner.objects.filter(room=room, user=viewer).exists()


def get_room_to_caption(viewer: Viewer, room_id: int) -> tuple[Room, str]:
    """The room, for someone who may caption it; `Denied` for the others in it."""
    room, role = get_room(viewer, room_id)
    if not may_caption(viewer, room, role):
        raise Denied(_("Only those who were asked to caption this room can do that."))
    return room, role


def get_feed(room: Room, language: str) -> CaptionFeed:
    """A language of a room that the caller has checked."""
    feed = CaptionFeed.objects.filter(room=room, language=language).select_related("room__event").first()
    if feed is None:
        raise Missing(_("This room has no captions in this language."))
    return feed


def get_caption(room: Room, caption_id: int) -> Caption:
    """A line in a room that the caller has checked."""
    found = Caption.objects.filter(feed__room=room, pk=caption_id).select_related("feed").first()
    if found is None:
        raise Missing(_("There is no such line. Perhaps it was deleted."))
    return found


# --- reading ---


_kept: OrderedDict[str, tuple[int, str]] = OrderedDict()
_lock = threading.Lock()


def feeds_to_read(viewer: Viewer, room_id: int, languages: Iterable[str]) -> list[CaptionFeed]:
    """The feeds of these languages, for someone who may be in the room; `Missing` where it is not captioned in one."""
    room, _role = get_room(viewer, room_id)
    return feeds_in(room, languages)


def feeds_in(room: Room, languages: Iterable[str]) -> list[CaptionFeed]:
    """The same, in a room that the caller has checked."""
    asked = set(languages)
    feeds = list(CaptionFeed.objects.filter(room=room, language__in=asked).order_by("language"))
    if len(feeds) != len(asked):
        raise Missing(_("This room has no captions in this language."))
    return feeds


def captions_now(feeds: list[CaptionFeed]) -> str:
    """Where the streams of these languages stand and their newest lines, encoded: `"captions":{"en":{...},...}`. The caller
    follows them already, so that nothing is missed in between."""
    streams = {feed: captions_stream(feed.room_id, feed.language) for feed in feeds}
    known = positions(streams.values())
    parts = (f'"{feed.language}":{_newest(feed, stream, known[stream])}' for feed, stream in streams.items())
    return f'"captions":{{{",".join(parts)}}}'


def _newest(feed: CaptionFeed, stream: str, seq: int) -> str:
    kept = _kept.get(stream)
    if kept is not None and kept[0] == seq:
        return kept[1]
    lines, more = _lines(feed, None, NEWEST)
    encoded = encode({"stream": stream, "seq": seq, "lines": lines, "more": more})
    with _lock:
        _kept[stream] = (seq, encoded)
        _kept.move_to_end(stream)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return encoded


def captions_before(viewer: Viewer, room_id: int, language: str, before: int | None) -> dict[str, Any]:
    """The lines before the one with that id (None: the newest), oldest first, and whether there are still older ones."""
    room, _role = get_room(viewer, room_id)
    lines, more = _lines(get_feed(room, language), before, PAGE)
    return {"lines": lines, "more": more}


def _lines(feed: CaptionFeed, before: int | None, most: int) -> tuple[list[dict[str, Any]], bool]:
    rows = Caption.objects.filter(feed=feed).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: most + 1])
    return [caption_data(caption) for caption in found[:most][::-1]], len(found) > most


def webvtt_of(viewer: Viewer, room: Room, language: str, origin: datetime | None = None) -> str:
    """All lines of one language as a WebVTT file, for someone who may be in the room, which the caller has checked."""
    feed = get_feed(room, language)
    rows = Caption.objects.filter(feed=feed).order_by("start", "pk")
    cues = [Cue(str(row.pk), row.start, row.end, row.text) for row in rows.iterator()]
    return write_webvtt(cues, about=f"{own_name(language)} ({language})", origin=origin)


# --- for those who run the room ---


def feeds_of(viewer: Viewer, room: Room) -> list[CaptionFeed]:
    """The languages of a room that the caller has checked, each with its number of lines and its tokens."""
    rows = CaptionFeed.objects.filter(room=room).order_by("pk").select_related("room__event")
    return list(rows.prefetch_related("tokens__created_by"))


def captioners_of(viewer: Viewer, room: Room) -> list[Captioner]:
    """Who was asked to caption the room, which the caller has checked."""
    return list(Captioner.objects.filter(room=room).select_related("user__organisation").order_by("pk"))


def get_token(secret: str, room_id: int, language: str) -> CaptionToken:
    """The key of a service, good at this moment for this language of this room. `NoToken` where it is none of ours, `Denied`
    where it is over, `Missing` where it is for something else."""
    rows = CaptionToken.objects.select_related("feed__room__event")
    found = rows.filter(digest=digest_of(secret)).first() if secret else None
    if found is None:
        raise NoToken(_("Send the token of the captions in the header “Authorization: Bearer …”."))
    if found.feed.room_id != room_id or found.feed.language != language:
        raise Missing(_("This token is not for this room and language."))
    check_token(found)
    return found


def check_token(token: CaptionToken) -> None:
    if token.revoked is not None:
        raise Denied(_("This token was revoked. Those who run the room can make a new one."))
    if token.expires <= timezone.now():
        raise Denied(_("This token has expired. Those who run the room can make a new one."))


# --- my data ---


@exports(
    "captions",
    gettext_lazy("Captions you typed"),
    {
        "text": gettext_lazy("Line"),
        "language": gettext_lazy("Language"),
        "start": gettext_lazy("Said"),
    },
)
def captions_by(person: User) -> list[dict[str, Any]]:
    """Every line that the person typed."""
    rows = Caption.objects.filter(author=person).select_related("feed").order_by("pk")
    return [
        {
            "room": row.feed.room_id,
            "language": row.feed.language,
            "text": row.text,
            "start": row.start.isoformat(),
        }
        for row in rows
    ]


@exports(
    "captioning",
    gettext_lazy("Rooms you were asked to caption, and tokens of captioning services you made"),
    {"label": gettext_lazy("Service"), "since": gettext_lazy("Since")},
)
def captioning_of(person: User) -> list[dict[str, Any]]:
    """Where the person captions, and the keys they made; never the keys themselves."""
    asked = Captioner.objects.filter(user=person).order_by("pk")
    made = CaptionToken.objects.filter(created_by=person).select_related("feed").order_by("pk")
    return [
        *({"room": row.room_id, "label": "", "since": row.created.isoformat()} for row in asked),
        *({"room": row.feed.room_id, "label": row.label, "since": row.created.isoformat()} for row in made),
    ]
