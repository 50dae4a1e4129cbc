"""One session of a file: its time, its people, its links."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from conference.programme.exchange import document as limits
from conference.programme.exchange.cleaning import clean_line, cut, in_utc, is_plausible, whole_minutes
from conference.programme.exchange.document import DayRecord, LinkRecord, PersonRecord, SessionRecord
from conference.programme.exchange.findings import (
    Part,
    address,
    flag,
    guid,
    items,
    note_unused,
    part_at,
    text,
    whole_number,
)

_SESSION = (
    *(
        "guid",
        "id",
        "code",
        "slug",
        "date",
        "start",
        "end",
        "duration",
        "room",
        "title",
        "subtitle",
        "track",
        "type",
        "language",
    ),
    *("abstract", "description", "persons", "links", "attachments", "do_not_record", "recording_license"),
    *("logo", "url", "feedback_url", "origin_url"),
)
_PERSON = ("guid", "id", "code", "name", "public_name", "biography", "avatar", "url")
_LINK = ("url", "title", "type")
_CODE = re.compile(r"[0-9A-Z]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")
_DURATION = re.compile(r"(?P<hours>\d{1,4}):(?P<minutes>\d{1,2})(:(?P<seconds>\d{1,2}))?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(:[0-5]\d)?")


@dataclass(slots=True)
class Setting:
    """What the sessions of a file share, and what they must not share."""

    zone: ZoneInfo
    timeslot: int
    namespace: str
    base_url: str
    guids: dict[UUID, str] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=set)
    offset_noted: bool = False


def read_session(part: Part, day: DayRecord | None, hall: str, setting: Setting) -> SessionRecord | None:
    """The session, or None with an error; `number` is 0 where the file gives none."""
    written = part.get("title")
    called = cut(clean_line(written), 60) if isinstance(written, str) else ""
    part = part.named(
        _("Session “%(title)s”") % {"title": called}
        if called
        else _("Session in “%(hall)s”") % {"hall": hall}
    )
    title = text(part, "title", "title")
    if not title:
        part.error("title", _("The session has no title."))
    note_unused(part, _SESSION)
    if not hall:
        part.warn("room", _("The session has no room."))
    room = part.get("room")
    if isinstance(room, str) and room.strip() and cut(clean_line(room), limits.LENGTH["place"]) != hall:
        part.warn(
            "room",
            _("The session says it is in “%(room)s” but stands under “%(hall)s”, which was taken."),
            room=room[:60],
            hall=hall,
        )
    start = _start(part, day, setting)
    duration = _duration(part, start, setting.zone)
    number = _number(part, setting)
    if start and day and not day.start <= start <= day.end:
        part.warn(
            "date",
            _("The session starts outside the day it stands under, %(date)s."),
            date=day.date.isoformat(),
        )
    if start is None or duration is None or not title:
        return None
    found = _guid(part, number, title, start, setting)
    if found is None:
        return None
    return SessionRecord(
        guid=found,
        number=number,
        code=_code(part),
        slug=text(part, "slug", "slug"),
        start=start,
        duration=duration,
        hall=hall,
        title=title,
        subtitle=text(part, "subtitle", "title"),
        track=text(part, "track", "place"),
        kind=text(part, "type", "kind"),
        language=_language(part),
        abstract=text(part, "abstract", "text", lines=True),
        description=text(part, "description", "text", lines=True),
        persons=_persons(part, setting),
        links=_links(part, "links", setting.base_url),
        attachments=_links(part, "attachments", setting.base_url),
        do_not_record=flag(part, "do_not_record"),
        recording_license=text(part, "recording_license", "license"),
        logo=address(part, "logo", setting.base_url),
        url=address(part, "url", setting.base_url),
        feedback_url=address(part, "feedback_url", setting.base_url),
        origin_url=address(part, "origin_url", setting.base_url, "origin"),
    )


def _number(part: Part, setting: Setting) -> int:
    number = whole_number(part, "id")
    if number is None or not 1 <= number < 2**31:
        part.warn("id", _("The session has no usable number; it was given one."))
        return 0
    if number in setting.numbers:
        part.warn(
            "id",
            _("The number %(number)d is given to several sessions; they are told apart by their guid."),
            number=number,
        )
    setting.numbers.add(number)
    return number


def _guid(part: Part, number: int, title: str, start: datetime, setting: Setting) -> UUID | None:
    found = guid(part)
    if found is None:
        code = part.get("code")
        # The same file read again must give the same guid: nothing else would find the session it made the first time.
        own = (
            str(number)
            if number
            else code
            if isinstance(code, str) and code
            else f"{title}/{start.isoformat()}"
        )
        found = uuid5(NAMESPACE_URL, f"{setting.namespace}{own}")
        part.warn("guid", _("The session has no guid; one was derived from its number or title."))
    if found in setting.guids:
        part.error("guid", _("The session has the same guid as “%(title)s”."), title=setting.guids[found])
        return None
    setting.guids[found] = title
    return found


def _start(part: Part, day: DayRecord | None, setting: Setting) -> datetime | None:
    written, clock = part.get("date"), part.get("start")
    moment: datetime | None = None
    day_of_session: date | None = None
    if isinstance(written, str) and written.strip():
        try:
            if len(written.strip()) == 10:
                day_of_session = date.fromisoformat(written.strip())
            else:
                moment = datetime.fromisoformat(written.strip())
        except ValueError:
            part.warn("date", _("“%(date)s” is not a date and time."), date=cut(clean_line(written), 60))
    at = _clock(clock)
    if moment is None and at is not None:
        if day_of_session is None and day is not None:
            day_of_session = day.date
            # What starts before the day does is in the night that follows it.
            if at < day.start.astimezone(setting.zone).time():
                day_of_session += timedelta(days=1)
        if day_of_session is not None:
            moment = datetime.combine(day_of_session, at)
    if moment is None:
        part.error("date", _("The session has no start: neither “date” nor “start” can be read."))
        return None
    if not is_plausible(moment):
        part.error(
            "date", _("The session starts in the year %(year)d, which cannot be right."), year=moment.year
        )
        return None
    if moment.tzinfo is None:
        if isinstance(written, str) and len(written.strip()) > 10:
            part.warn(
                "date", _("The date has no offset from UTC; it was taken as local time of the conference.")
            )
        return in_utc(moment.replace(tzinfo=setting.zone))
    if moment.utcoffset() != moment.astimezone(setting.zone).utcoffset() and not setting.offset_noted:
        setting.offset_noted = True
        part.warn(
            "date",
            _("The offsets in the dates do not fit the time zone %(zone)s; the offsets were taken."),
            zone=setting.zone.key,
        )
    if at is not None and (at.hour, at.minute) != (moment.hour, moment.minute):
        part.warn(
            "start",
            _("“start” says %(start)s but “date” says %(date)s, which was taken."),
            start=f"{at:%H:%M}",
            date=f"{moment:%H:%M}",
        )
    return in_utc(moment)


def _clock(written: object) -> time | None:
    if isinstance(written, str) and (found := _CLOCK.fullmatch(written.strip())):
        return time(int(found[1]), int(found[2]))
    return None


def _duration(part: Part, start: datetime | None, zone: ZoneInfo) -> timedelta | None:
    """From `end` where there is one, as the format wants it now, else from `duration`."""
    written = part.get("duration")
    duration = _length_of_time(written)
    if duration is None and written not in (None, ""):
        part.error(
            "duration",
            _("“%(duration)s” is not a duration such as 1:30."),
            duration=cut(clean_line(str(written)), 60),
        )
        return None
    by_end = _length_by_end(part, start, zone)
    if by_end is not None and by_end <= timedelta(0) and duration is not None:
        part.warn("end", _("The session ends before it starts; “duration” was taken."))
        by_end = None
    if by_end is not None and duration is not None and whole_minutes(by_end) != whole_minutes(duration):
        part.warn("end", _("“end” and “duration” do not agree; “end” was taken."))
    duration = by_end if by_end is not None else duration
    if duration is None:
        part.warn("duration", _("The session has no duration; half an hour was taken."))
        return limits.DEFAULT_DURATION
    if duration <= timedelta(0):
        part.error("duration", _("The session must last longer than no time at all."))
        return None
    rounded = whole_minutes(duration)
    if rounded > limits.LONGEST:
        part.error("duration", _("The session is longer than 99 hours and 59 minutes."))
        return None
    if rounded != duration:
        part.warn("duration", _("The duration was rounded up to whole minutes."))
    return rounded


def _length_by_end(part: Part, start: datetime | None, zone: ZoneInfo) -> timedelta | None:
    written = part.get("end")
    if written in (None, "") or start is None:
        return None
    try:
        end = datetime.fromisoformat(str(written).strip())
    except ValueError:
        end = None
    if end is None or not is_plausible(end) or len(str(written).strip()) < 16:
        part.warn("end", _("“end” is not a date and time and was left out."))
        return None
    return in_utc(end if end.tzinfo else end.replace(tzinfo=zone)) - start


def _length_of_time(written: object) -> timedelta | None:
    """`H:MM`, `HH:MM:SS`, or a number of minutes."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return timedelta(minutes=written) if abs(written) < 1e6 else None
    if not isinstance(written, str):
        return None
    written = written.strip()
    if re.fullmatch(r"-?[0-9]{1,6}", written):
        return timedelta(minutes=int(written))
    negative = written.startswith("-")
    found = _DURATION.fullmatch(written.removeprefix("-"))
    if not found or int(found["minutes"]) > 59:
        return None
    length = timedelta(
        hours=int(found["hours"]), minutes=int(found["minutes"]), seconds=int(found["seconds"] or 0)
    )
    return -length if negative else length


def _code(part: Part) -> str:
    code = text(part, "code", "code")
    if code and not _CODE.fullmatch(code):
        part.warn(
            "code",
            _("The code “%(code)s” is not made of capital letters and digits and was left out."),
            code=code,
        )
        return ""
    return code


def _language(part: Part) -> str:
    language = text(part, "language", "language")
    if language and not _LANGUAGE.fullmatch(language):
        part.warn(
            "language", _("“%(language)s” is not the tag of a language and was left out."), language=language
        )
        return ""
    return language.replace("_", "-")


def _persons(part: Part, setting: Setting) -> tuple[PersonRecord, ...]:
    people: list[PersonRecord] = []
    for path, value in items(part, "persons", limits.MAX_PERSONS):
        one = part_at(part, path, {"name": value} if isinstance(value, str) else value, part.where)
        person = _person(one, setting) if one else None
        if person:
            people.append(person)
    return tuple(people)


def _person(part: Part, setting: Setting) -> PersonRecord | None:
    name, former = text(part, "name", "name"), text(part, "public_name", "name")
    if name and former and name != former:
        part.warn(
            "public_name",
            _("The person is called “%(name)s” and “%(other)s”; the first was taken."),
            name=name,
            other=former,
        )
    name = name or former
    if not name:
        part.warn(None, _("A person without a name was left out."))
        return None
    note_unused(part, (*_PERSON, "answers"))
    found, number = guid(part), whole_number(part, "id")
    if number is not None and not abs(number) < 2**63:
        part.warn("id", _("“%(key)s” is not a whole number and was left out."), key="id")
        number = None
    code = _code(part)
    if found is None and not code and number is None:
        part.warn(None, _("“%(name)s” has no guid, code or id; a guid was derived from the name."), name=name)
        found = uuid5(NAMESPACE_URL, f"{setting.namespace}person/{name}")
    return PersonRecord(
        name=name,
        guid=found,
        code=code,
        number=number,
        biography=text(part, "biography", "biography", lines=True),
        avatar=address(part, "avatar", setting.base_url),
        url=address(part, "url", setting.base_url),
    )


def _links(part: Part, key: str, base_url: str) -> tuple[LinkRecord, ...]:
    links: list[LinkRecord] = []
    for path, value in items(part, key, limits.MAX_LINKS):
        one = part_at(part, path, {"url": value} if isinstance(value, str) else value, part.where)
        if one is None:
            continue
        note_unused(one, (*_LINK, "service"))
        found = address(one, "url", base_url)
        if not found:
            continue
        kind = text(one, "type", "kind")
        if kind and kind not in limits.LINK_KINDS:
            one.warn(
                "type",
                _("“%(kind)s” is not a type of link that the format knows and was left out."),
                kind=kind,
            )
            kind = ""
        links.append(LinkRecord(found, text(one, "title", "title"), kind))
    return tuple(links)
