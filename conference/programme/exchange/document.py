"""What a programme is when it travels between systems: plain records, the same for JSON and XML.

The readers keep what the file says (only cleaned and bounded); `fit.fitted` makes a document fit for the two published
schemas before it is written. Times are aware and in UTC, so that two documents with the same times are equal whatever
zone they were written in; the zone of the event is named once, in `time_zone_name`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_SESSIONS = 5_000
MAX_HALLS = 500
MAX_TRACKS = 500
MAX_DAYS = 366
MAX_PERSONS = 200  # of one session
MAX_LINKS = 100  # of one session
MAX_CAPACITY = 1_000_000
MAX_VERSIONS = 50  # languages of one text
MIN_YEAR, MAX_YEAR = 1980, 2200
LONGEST = timedelta(hours=99, minutes=59)
DEFAULT_DURATION = timedelta(minutes=30)
DEFAULT_TIMESLOT = 5
MAX_TIMESLOT = 24 * 60

# The longest text of each kind, in characters; what is longer is cut, with a warning. The columns of the programme hold as much.
LENGTH = {
    "acronym": 60,
    "title": 300,
    "place": 120,  # the name of a hall or a track
    "name": 200,  # of a person
    "slug": 200,
    "kind": 60,
    "version": 40,
    "language": 20,
    "code": 16,
    "license": 120,
    "zone": 64,
    "address": 2_000,
    "origin": 500,
    "note": 1_000,  # what is said about a hall
    "biography": 8_000,
    "text": 20_000,
}

# Under this name in `conference.meta` the JSON writer puts what the format has no word for: see `extension`.
EXTENSION = "chama"

# Name of a text -> language -> text. Only what the one plain text of the format does not say already.
Texts = Mapping[str, Mapping[str, str]]

# The kinds the schema allows.
HALL_KINDS = ("lecturehall", "stage", "workshop", "outside", "online", "project", "bbb", "hangar", "other")
LINK_KINDS = ("slides", "paper", "web", "blog", "article", "media", "related", "activitypub")


@dataclass(frozen=True, slots=True)
class HallRecord:
    name: str
    guid: UUID
    slug: str = ""
    kind: str = ""
    capacity: int | None = None
    description: str = ""
    place: str = ""  # venue, online or both, where `kind` does not tell
    texts: Texts = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class TrackRecord:
    name: str
    slug: str = ""
    colour: str = ""
    texts: Texts = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class DayRecord:
    """`start` and `end` are moments: a conference day ends in the small hours, not at midnight."""

    index: int
    date: date
    start: datetime
    end: datetime
    texts: Texts = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A speaker. `guid`, `code` and `number` are the ways in which systems tell people apart; at least one is there."""

    name: str
    guid: UUID | None = None
    code: str = ""
    number: int | None = None
    biography: str = ""
    avatar: str = ""
    url: str = ""
    part: str = ""  # moderator or interpreter; empty is a speaker
    name_latin: str = ""
    name_chinese: str = ""
    affiliation: str = ""
    country: str = ""
    texts: Texts = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class LinkRecord:
    url: str
    title: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session in its place. `number` is the `id` of the formats; only `guid` tells sessions apart for certain."""

    guid: UUID
    number: int
    start: datetime
    duration: timedelta
    hall: str
    title: str
    code: str = ""
    slug: str = ""
    subtitle: str = ""
    track: str = ""
    kind: str = ""
    language: str = ""
    abstract: str = ""
    description: str = ""
    persons: tuple[PersonRecord, ...] = ()
    links: tuple[LinkRecord, ...] = ()
    attachments: tuple[LinkRecord, ...] = ()
    do_not_record: bool = False
    recording_license: str = ""
    logo: str = ""
    url: str = ""
    feedback_url: str = ""
    origin_url: str = ""
    cancelled: bool = False
    category: str = ""  # our type of session, where `kind` does not tell
    interpreted: tuple[str, ...] = ()
    capacity: int | None = None
    texts: Texts = field(default_factory=dict, hash=False)

    @property
    def end(self) -> datetime:
        return self.start + self.duration


@dataclass(frozen=True, slots=True)
class ScheduleDocument:
    acronym: str
    title: str
    start: date
    end: date
    time_zone_name: str
    timeslot_minutes: int = DEFAULT_TIMESLOT
    version: str = ""
    url: str = ""
    colour: str = ""
    halls: tuple[HallRecord, ...] = ()
    tracks: tuple[TrackRecord, ...] = ()
    days: tuple[DayRecord, ...] = ()
    sessions: tuple[SessionRecord, ...] = ()
    # Which programme this is, as far as the file tells: what has only a number is told apart by it.
    origin: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a file, for the person who brought it: `message` is a full sentence in their language."""

    severity: Literal["error", "warning"]
    line: int | None
    where: str
    message: str


@dataclass(frozen=True, slots=True)
class Generator:
    """Who wrote a file. `url` is the address of the installation."""

    name: str = "Chama"
    version: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the written file can be fetched, and what relative addresses in it would be relative to."""

    generator: Generator = Generator()
    url: str = ""
    base_url: str = ""


NOWHERE = Source()


def in_order(document: ScheduleDocument) -> ScheduleDocument:
    """The same document with its sessions in the one order documents have: by start, then by hall as the halls are listed."""
    place = {hall.name: number for number, hall in enumerate(document.halls)}
    return replace(
        document,
        sessions=tuple(
            sorted(
                document.sessions,
                key=lambda session: (
                    session.start,
                    place.get(session.hall, len(place)),
                    session.number,
                    str(session.guid),
                ),
            )
        ),
    )
