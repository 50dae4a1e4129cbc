"""schedule.json, valid against https://c3voc.de/schedule/schema.json."""

from __future__ import annotations

import json
import re
from datetime import datetime
from zoneinfo import ZoneInfo

from conference.programme.exchange.document import (
    EXTENSION,
    NOWHERE,
    HallRecord,
    LinkRecord,
    PersonRecord,
    ScheduleDocument,
    SessionRecord,
    Source,
    TrackRecord,
)
from conference.programme.exchange.extension import extension_of
from conference.programme.exchange.fit import by_day, fitted

MEDIA_TYPE = "application/json"

# As the schema has it: not every name of a zone passes.
_ZONE_NAME = re.compile(r"^([A-Z][a-z]+/[A-Z][a-z]+)|UTC$")


def write_json(document: ScheduleDocument, source: Source = NOWHERE) -> bytes:
    """The file, the same bytes for the same document.

    Cancelled sessions are kept outside the days: an app that does not know the extension must not show them as happening.
    """
    document = fitted(document)
    zone = ZoneInfo(document.time_zone_name)
    conference: dict[str, object] = {
        "acronym": document.acronym,
        "title": document.title,
        "start": document.start.isoformat(),
        "end": document.end.isoformat(),
        "daysCount": len(document.days),
        "timeslot_duration": f"{document.timeslot_minutes // 60:02d}:{document.timeslot_minutes % 60:02d}",
    }
    if _ZONE_NAME.search(document.time_zone_name):
        conference["time_zone_name"] = document.time_zone_name
    if document.url:
        conference["url"] = document.url
    if document.colour:
        conference["colors"] = {"primary": document.colour}
    conference["rooms"] = [_hall(hall) for hall in document.halls]
    conference["tracks"] = [_track(track) for track in document.tracks]
    cancelled = [_session(session, zone) for session in document.sessions if session.cancelled]
    ours = {**({"cancelled": cancelled} if cancelled else {}), **extension_of(document)}
    if ours:
        conference["meta"] = {EXTENSION: ours}
    conference["days"] = [
        {
            "index": day.index,
            "date": day.date.isoformat(),
            "day_start": _moment(day.start, zone),
            "day_end": _moment(day.end, zone),
            "rooms": {
                name: [_session(session, zone) for session in sessions]
                for name, sessions in rooms.items()
                if sessions
            },
        }
        for day, rooms in by_day(document)
    ]
    schedule: dict[str, object] = {"version": document.version}
    if source.url:
        schedule["url"] = source.url
    if source.base_url:
        schedule["base_url"] = source.base_url
    schedule["conference"] = conference
    generator = {
        "name": source.generator.name,
        "version": source.generator.version,
        "url": source.generator.url,
    }
    file = {
        "$schema": "https://c3voc.de/schedule/schema.json",
        "generator": {key: value for key, value in generator.items() if value},
        "schedule": schedule,
    }
    return (json.dumps(file, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds")


def _hall(hall: HallRecord) -> dict[str, object]:
    values: dict[str, object] = {"name": hall.name, "guid": str(hall.guid)}
    if hall.slug:
        values["slug"] = hall.slug
    if hall.kind:
        values["type"] = hall.kind
    return {**values, "capacity": hall.capacity, "description": hall.description or None}


def _track(track: TrackRecord) -> dict[str, object]:
    values = {"name": track.name, "slug": track.slug, "color": track.colour}
    return {key: value for key, value in values.items() if value}


def _session(session: SessionRecord, zone: ZoneInfo) -> dict[str, object]:
    minutes = round(session.duration.total_seconds() / 60)
    values: dict[str, object] = {
        "guid": str(session.guid),
        "id": session.number,
        "code": session.code,
        "date": _moment(session.start, zone),
        "start": f"{session.start.astimezone(zone):%H:%M}",
        "end": _moment(session.end, zone),
        "duration": f"{minutes // 60:02d}:{minutes % 60:02d}",
        "room": session.hall,
        "slug": session.slug,
        # The schema wants an address; a session without a page is named by its guid, which leads nowhere and says so.
        "url": session.url or f"urn:uuid:{session.guid}",
        "title": session.title,
        "subtitle": session.subtitle,
        "track": session.track or None,
        "type": session.kind,
        "language": session.language or None,
        "abstract": session.abstract,
        "description": session.description,
        "recording_license": session.recording_license,
        "do_not_record": session.do_not_record,
        "persons": [_person(person) for person in session.persons],
        "links": [_link(link) for link in session.links],
        "attachments": [_link(link) for link in session.attachments],
        "logo": session.logo,
        "feedback_url": session.feedback_url,
        "origin_url": session.origin_url,
    }
    for key in ("code", "logo", "feedback_url", "origin_url"):
        if not values[key]:
            del values[key]
    return values


def _person(person: PersonRecord) -> dict[str, object]:
    # Never with `public_name`: together with `id` and `name` it would fit two of the forms a person may have.
    values: dict[str, object] = {"name": person.name}
    if person.guid is not None:
        values["guid"] = str(person.guid)
    if person.number is not None:
        values["id"] = person.number
    for key, value in (
        ("code", person.code),
        ("biography", person.biography),
        ("avatar", person.avatar),
        ("url", person.url),
    ):
        if value:
            values[key] = value
    return values


def _link(link: LinkRecord) -> dict[str, object]:
    values = {"url": link.url, "title": link.title, "type": link.kind}
    return {key: value for key, value in values.items() if value}
