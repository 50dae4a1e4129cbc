"""From plain values, as the JSON form names them, to a document: what the words of the format mean, and how far to forgive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from conference.core.times import DAY_BOUNDARY, zone_named
from conference.programme.exchange import document as limits
from conference.programme.exchange.cleaning import clean_line, colour, cut, in_utc, is_plausible, web_address
from conference.programme.exchange.document import (
    EXTENSION,
    DayRecord,
    HallRecord,
    ScheduleDocument,
    SessionRecord,
    TrackRecord,
    in_order,
)
from conference.programme.exchange.extension import extended
from conference.programme.exchange.findings import (
    Findings,
    Part,
    Path,
    bounded,
    guid,
    items,
    note_unused,
    part_at,
    text,
    whole_number,
)
from conference.programme.exchange.fit import day_record, fits_acronym
from conference.programme.exchange.interpret_session import Setting, read_session

_CONFERENCE = (
    *("acronym", "title", "start", "end", "daysCount", "timeslot_duration", "time_zone_name"),
    *("colors", "url", "rooms", "tracks", "days", "meta"),
)
_DAY = ("index", "date", "day_start", "day_end", "rooms")
_HALL = ("name", "guid", "slug", "type", "capacity", "description")
_TRACK = ("name", "slug", "color")


@dataclass(slots=True)
class _Reading:
    """What is known of the file so far."""

    setting: Setting
    halls: dict[str, HallRecord] = field(default_factory=dict)
    hall_guids: set[UUID] = field(default_factory=set)
    halls_listed: bool = False
    days: list[DayRecord] = field(default_factory=list)
    sessions: list[SessionRecord] = field(default_factory=list)


def interpret(values: object, findings: Findings) -> ScheduleDocument | None:
    """The document a file means; None, with errors among the findings, where it means none."""
    top = Part(values if isinstance(values, Mapping) else {}, (), _("File"), findings)
    schedule = top.get("schedule")
    if not isinstance(schedule, Mapping):
        top.error("schedule", _("The file is not a programme: it has no “schedule”."))
        return None
    note_unused(top, ("schedule", "$schema", "generator"))
    root = Part(schedule, ("schedule",), _("File"), findings)
    note_unused(root, ("version", "base_url", "conference", "url", "generator", "$schema"))
    if not isinstance(root.get("conference"), Mapping):
        root.error("conference", _("The file is not a programme: it has no “conference”."))
        return None
    conference = part_at(root, ("schedule", "conference"), root.get("conference"), _("Conference"))
    days = conference.get("days") if conference else None
    if conference is None or not isinstance(days, list) or not days:
        root.error("conference", _("The programme has no days."))
        return None
    note_unused(conference, _CONFERENCE)
    return _document(root, conference, days)


def _document(root: Part, conference: Part, days: list[object]) -> ScheduleDocument:
    title = text(conference, "title", "title")
    if not title:
        conference.warn("title", _("The conference has no title."))
    acronym = text(conference, "acronym", "acronym")
    if not fits_acronym(acronym):
        conference.warn(
            "acronym",
            _("The acronym “%(acronym)s” does not follow the rules of the format."),
            acronym=acronym,
        )
    zone_name, zone = _zone(conference)
    base_url = web_address(str(root.get("base_url") or "")) or web_address(str(root.get("url") or ""))
    reading = _Reading(
        Setting(
            zone=zone,
            timeslot=_timeslot(conference),
            # Without an address, ids are told apart by the acronym: it is all there is.
            namespace=base_url or f"urn:schedule:{acronym}/",
            base_url=base_url,
        )
    )
    _read_halls(conference, reading)
    if len(days) > limits.MAX_DAYS:
        conference.error(
            "days",
            _("The programme has %(count)d days; at most %(limit)d are allowed."),
            count=len(days),
            limit=limits.MAX_DAYS,
        )
        days = []
    count = whole_number(conference, "daysCount")
    if count is not None and days and count != len(days):
        conference.warn(
            "daysCount",
            _("“daysCount” is %(count)d, but the number of days in the file is %(days)d."),
            count=count,
            days=len(days),
        )
    for place, day in enumerate(days):
        _read_day(conference, (*conference.path, "days", place), day, reading)
    _read_cancelled(conference, reading)
    start, end = _dates(conference, reading)
    tracks = _tracks(conference, reading.sessions)
    document = in_order(
        ScheduleDocument(
            acronym=acronym,
            title=title,
            start=start,
            end=end,
            time_zone_name=zone_name,
            timeslot_minutes=reading.setting.timeslot,
            version=text(root, "version", "version"),
            url=web_address(str(conference.get("url") or ""), base_url),
            colour=_conference_colour(conference),
            halls=tuple(reading.halls.values()),
            tracks=tracks,
            days=tuple(reading.days),
            sessions=tuple(_numbered(reading.sessions)),
            origin=reading.setting.namespace,
        )
    )
    return extended(document, conference)


def _zone(conference: Part) -> tuple[str, ZoneInfo]:
    name = text(conference, "time_zone_name", "zone")
    zone = zone_named(name) if name else None
    if zone is not None:
        return name, zone
    if name:
        conference.warn("time_zone_name", _("“%(name)s” is not a time zone; UTC was taken."), name=name)
    else:
        conference.warn("time_zone_name", _("The file names no time zone; UTC was taken."))
    return "UTC", ZoneInfo("UTC")


def _timeslot(conference: Part) -> int:
    written = text(conference, "timeslot_duration", "kind")
    hours, colon, minutes = written.partition(":")
    if colon and hours.isdecimal() and minutes[:2].isdecimal() and len(hours) < 4:
        value = int(hours) * 60 + int(minutes[:2])
        if 0 < value <= limits.MAX_TIMESLOT:
            return value
    if written:
        conference.warn(
            "timeslot_duration",
            _("“timeslot_duration” is not a usual length of time; five minutes were taken."),
        )
    return limits.DEFAULT_TIMESLOT


def _conference_colour(conference: Part) -> str:
    colours = conference.get("colors")
    written = colours.get("primary") if isinstance(colours, Mapping) else None
    if not written:
        return ""
    found = colour(written) if isinstance(written, str) else ""
    if not found:
        conference.warn("colors", _("The colour is not written as #rrggbb and was left out."))
    return found


def _read_halls(conference: Part, reading: _Reading) -> None:
    listed = items(conference, "rooms", limits.MAX_HALLS)
    if conference.get("rooms") is None:
        conference.warn("rooms", _("The file has no list of rooms; they are taken from the days."))
    reading.halls_listed = bool(listed)
    for place, (path, value) in enumerate(listed):
        part = part_at(conference, path, value, _("Room %(number)d") % {"number": place + 1})
        if part is None:
            continue
        name = text(part, "name", "place")
        if not name:
            part.warn("name", _("A room without a name was left out."))
            continue
        part = part.named(_("Room “%(name)s”") % {"name": name})
        if name in reading.halls:
            part.warn("name", _("This name is given to two rooms; they are taken as one."))
            continue
        note_unused(part, _HALL)
        slug = text(part, "slug", "slug")
        description = text(part, "description", "note", lines=True)
        reading.halls[name] = HallRecord(
            name=name,
            guid=_hall_guid(part, name, reading),
            slug=slug,
            kind=_hall_kind(part),
            capacity=_capacity(part),
            description=description,
        )


def _hall_guid(part: Part, name: str, reading: _Reading) -> UUID:
    found = guid(part)
    if found is None:
        part.warn("guid", _("The room has no guid; one was derived from its name."))
    elif found in reading.hall_guids:
        part.warn("guid", _("Another room has the same guid; a new one was derived from the name."))
        found = None
    return _claim_hall_guid(found, name, reading)


def _claim_hall_guid(found: UUID | None, name: str, reading: _Reading) -> UUID:
    found = found or uuid5(NAMESPACE_URL, f"{reading.setting.namespace}room/{name}")
    reading.hall_guids.add(found)
    return found


def _hall_kind(part: Part) -> str:
    kind = text(part, "type", "kind").lower()
    if kind and kind not in limits.HALL_KINDS:
        part.warn(
            "type", _("“%(kind)s” is not a type of room that the format knows; “other” was taken."), kind=kind
        )
        return "other"
    return kind


def _capacity(part: Part) -> int | None:
    capacity = whole_number(part, "capacity")
    if capacity is not None and capacity < 0:
        part.error("capacity", _("The capacity of a room cannot be negative."))
        return None
    if capacity is not None and capacity > limits.MAX_CAPACITY:
        part.warn("capacity", _("The capacity is not plausible and was left out."))
        return None
    return capacity


def _tracks(conference: Part, sessions: list[SessionRecord]) -> tuple[TrackRecord, ...]:
    found: dict[str, TrackRecord] = {}
    for path, value in items(conference, "tracks", limits.MAX_TRACKS):
        part = part_at(conference, path, {"name": value} if isinstance(value, str) else value, _("Track"))
        if part is None:
            continue
        name = text(part, "name", "place")
        if not name:
            part.warn("name", _("A track without a name was left out."))
            continue
        part = part.named(_("Track “%(name)s”") % {"name": name})
        note_unused(part, _TRACK)
        if name in found:
            part.warn("name", _("This name is given to two tracks; they are taken as one."))
            continue
        written = text(part, "color", "kind")
        if written and not colour(written):
            part.warn("color", _("The colour is not written as #rrggbb and was left out."))
        found[name] = TrackRecord(name=name, slug=text(part, "slug", "slug"), colour=colour(written))
    for session in sessions:
        if session.track and session.track not in found:
            found[session.track] = TrackRecord(session.track)
    if len(found) > limits.MAX_TRACKS:
        conference.error(
            "tracks",
            _("The programme has %(count)d tracks; at most %(limit)d are allowed."),
            count=len(found),
            limit=limits.MAX_TRACKS,
        )
    return tuple(found.values())


def _read_day(conference: Part, path: Path, value: object, reading: _Reading) -> None:
    number = len(reading.days) + 1
    part = part_at(conference, path, value, _("Day %(number)d") % {"number": number})
    if part is None:
        return
    note_unused(part, _DAY)
    day = _day(part, number, reading)
    if day is None:
        return
    reading.days.append(day)
    part = part.named(_day_name(number, day.date))
    rooms = part.get("rooms")
    if rooms is None or rooms == [] or rooms == "":
        return
    rooms_part = part_at(part, (*path, "rooms"), rooms, part.where)
    if rooms_part is None:
        return
    for written, events in rooms_part.values.items():
        name = bounded(rooms_part, written, "room", written, "place")
        _know_hall(rooms_part, written, name, reading)
        if not isinstance(events, list):
            rooms_part.error(written, _("The sessions of a room must be a list."))
            continue
        for place, event in enumerate(events):
            if not _read_one(rooms_part, (*rooms_part.path, written, place), event, day, name, reading):
                return


def _know_hall(part: Part, key: str, name: str, reading: _Reading) -> None:
    if not name or name in reading.halls:
        return
    # Where the file has no list at all, that has been said already.
    if reading.halls_listed:
        part.warn(key, _("The room “%(name)s” is not in the list of rooms; it was added."), name=name)
    reading.halls[name] = HallRecord(name, _claim_hall_guid(None, name, reading))
    if len(reading.halls) == limits.MAX_HALLS + 1:
        part.error(key, _("The programme has more than %(limit)d rooms."), limit=limits.MAX_HALLS)


def _read_one(
    owner: Part, path: Path, event: object, day: DayRecord | None, hall: str, reading: _Reading
) -> bool:
    """False where no more sessions may be read."""
    if len(reading.sessions) >= limits.MAX_SESSIONS:
        owner.findings.add(
            "error",
            path,
            _("File"),
            _("The programme has more than %(limit)d sessions."),
            {"limit": limits.MAX_SESSIONS},
        )
        return False
    part = part_at(owner, path, event, owner.where)
    session = read_session(part, day, hall, reading.setting) if part else None
    if session:
        reading.sessions.append(session)
    return True


def _read_cancelled(conference: Part, reading: _Reading) -> None:
    """Sessions our own writer has set aside: the format has no word for what was cancelled, so apps must not see them."""
    meta = conference.get("meta")
    ours = meta.get(EXTENSION) if isinstance(meta, Mapping) else None
    events = ours.get("cancelled") if isinstance(ours, Mapping) else None
    if not isinstance(events, list):
        return
    path: Path = (*conference.path, "meta", EXTENSION, "cancelled")
    before = len(reading.sessions)
    for place, event in enumerate(events):
        room = event.get("room") if isinstance(event, Mapping) else None
        name = cut(clean_line(room), limits.LENGTH["place"]) if isinstance(room, str) else ""
        _know_hall(conference, "meta", name, reading)
        if not _read_one(conference, (*path, place), event, None, name, reading):
            break
    reading.sessions[before:] = [replace(session, cancelled=True) for session in reading.sessions[before:]]


def _day_name(number: int, day: date) -> str:
    return _("Day %(number)d, %(date)s") % {"number": number, "date": day.isoformat()}


def _day(part: Part, number: int, reading: _Reading) -> DayRecord | None:
    zone = reading.setting.zone
    start, end = _moment(part, "day_start", zone), _moment(part, "day_end", zone)
    written = part.get("date")
    day: date | None = None
    if isinstance(written, str):
        try:
            day = date.fromisoformat(written.strip()[:10])
        except ValueError:
            day = None
    if day is None and start:
        part.warn("date", _("The day has no date that can be read; it was taken from the start of the day."))
        day = (start.astimezone(zone) - DAY_BOUNDARY).date()
    if day is None or not limits.MIN_YEAR <= day.year <= limits.MAX_YEAR:
        part.error("date", _("The day has no date that can be read."))
        return None
    part = part.named(_day_name(number, day))
    if start is None or end is None or end <= start:
        part.warn(
            "day_start",
            _("Start and end of the day cannot be used; the day was taken to last from 04:00 to 04:00."),
        )
        usual = day_record(1, day, zone)
        start, end = usual.start, usual.end
    index = whole_number(part, "index")
    if index is None or not 1 <= index < 10_000 or any(index == other.index for other in reading.days):
        part.warn(
            "index",
            _("The number of the day is missing, not positive or given twice; the days were numbered anew."),
        )
        index = max((other.index for other in reading.days), default=0) + 1
    return DayRecord(index, day, start, end)


def _moment(part: Part, key: str, zone: ZoneInfo) -> datetime | None:
    written = part.get(key)
    if not isinstance(written, str) or len(written.strip()) < 16:
        return None
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return in_utc(moment) if is_plausible(moment) else None


def _dates(conference: Part, reading: _Reading) -> tuple[date, date]:
    """First and last day of the conference, as the file says or, where it says nothing useful, as its days are."""
    # Without a day that can be read there is an error already, and no document.
    days = [day.date for day in reading.days] or [date.min]
    found: dict[str, date] = {}
    for key in ("start", "end"):
        written = conference.get(key)
        try:
            found[key] = date.fromisoformat(str(written or "").strip()[:10])
        except ValueError:
            conference.warn(key, _("“%(key)s” is not a date; it was taken from the days."), key=key)
    start, end = found.get("start", min(days)), found.get("end", max(days))
    if start > end or not limits.MIN_YEAR <= start.year <= end.year <= limits.MAX_YEAR:
        conference.warn(
            "start", _("The conference ends before it starts; both dates were taken from the days.")
        )
        start, end = min(days), max(days)
    outside = [day for day in reading.days if not start <= day.date <= end]
    for day in outside:
        conference.warn(
            "days",
            _("Day %(number)d, %(date)s, is outside the dates of the conference."),
            number=day.index,
            date=day.date.isoformat(),
        )
    return start, end


def _numbered(sessions: list[SessionRecord]) -> list[SessionRecord]:
    """Sessions without a number get the next free ones, so that each has one."""
    following = max((session.number for session in sessions), default=0) + 1
    numbered: list[SessionRecord] = []
    for session in sessions:
        if not session.number:
            session = replace(session, number=following)
            following += 1
        numbered.append(session)
    return numbered
