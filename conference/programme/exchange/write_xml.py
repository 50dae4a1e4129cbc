"""schedule.xml, valid against https://c3voc.de/schedule/schema.xsd."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from lxml import etree

from conference.programme.exchange.document import (
    NOWHERE,
    LinkRecord,
    ScheduleDocument,
    SessionRecord,
    Source,
)
from conference.programme.exchange.fit import by_day, carried_by_xml, fitted

MEDIA_TYPE = "application/vnd.c3voc.schedule+xml"


def write_xml(document: ScheduleDocument, source: Source = NOWHERE) -> bytes:
    """The file, the same bytes for the same document. What XML has no words for is left out: see `carried_by_xml`."""
    document = carried_by_xml(fitted(document))
    zone = ZoneInfo(document.time_zone_name)
    root = etree.Element("schedule")
    generator = etree.SubElement(root, "generator", name=source.generator.name)
    if source.generator.url:
        generator.set("system", source.generator.url)
    if source.generator.version:
        generator.set("version", source.generator.version)
    _add(root, "url", source.url)
    _add(root, "version", document.version, always=True)
    _add_conference(root, document, source)
    for day, rooms in by_day(document):
        day_element = etree.SubElement(
            root,
            "day",
            index=str(day.index),
            date=day.date.isoformat(),
            start=_moment(day.start, zone),
            end=_moment(day.end, zone),
        )
        guids = {hall.name: str(hall.guid) for hall in document.halls}
        for name, sessions in rooms.items():
            room = etree.SubElement(day_element, "room", name=name)
            if name in guids:
                room.set("guid", guids[name])
            for session in sessions:
                _add_session(room, session, zone)
    etree.indent(root, " ")
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds")


def _add(parent: etree._Element, name: str, text: str, *, always: bool = False) -> None:
    """Empty elements fail for addresses, and apps take them for addresses: what is empty is left out."""
    if text or always:
        etree.SubElement(parent, name).text = text


def _add_conference(root: etree._Element, document: ScheduleDocument, source: Source) -> None:
    conference = etree.SubElement(root, "conference")
    minutes = document.timeslot_minutes
    _add(conference, "title", document.title, always=True)
    _add(conference, "acronym", document.acronym)
    _add(conference, "start", document.start.isoformat())
    _add(conference, "end", document.end.isoformat())
    _add(conference, "days", str(len(document.days)))
    _add(conference, "timeslot_duration", f"{minutes // 60:02d}:{minutes % 60:02d}")
    _add(conference, "base_url", source.base_url)
    _add(conference, "url", document.url)
    _add(conference, "time_zone_name", document.time_zone_name)
    if document.colour:
        etree.SubElement(conference, "color", primary=document.colour)
    for track in document.tracks:
        element = etree.SubElement(conference, "track", name=track.name)
        if track.colour:
            element.set("color", track.colour)
        if track.slug:
            element.set("slug", track.slug)


def _add_session(room: etree._Element, session: SessionRecord, zone: ZoneInfo) -> None:
    event = etree.SubElement(room, "event", guid=str(session.guid), id=str(session.number))
    if session.code:
        event.set("code", session.code)
    minutes = round(session.duration.total_seconds() / 60)
    start = session.start.astimezone(zone)
    _add(event, "room", session.hall, always=True)
    _add(event, "title", session.title)
    _add(event, "subtitle", session.subtitle, always=True)
    _add(event, "type", session.kind, always=True)
    _add(event, "date", _moment(session.start, zone))
    _add(event, "start", f"{start:%H:%M}")
    _add(event, "duration", f"{minutes // 60:02d}:{minutes % 60:02d}")
    _add(event, "abstract", session.abstract, always=True)
    _add(event, "slug", session.slug)
    _add(event, "track", session.track, always=True)
    _add(event, "logo", session.logo)
    persons = etree.SubElement(event, "persons")
    for person in session.persons:
        element = etree.SubElement(persons, "person")
        element.text = person.name
        if person.number is not None:
            element.set("id", str(person.number))
        if person.guid is not None:
            element.set("guid", str(person.guid))
    _add(event, "language", session.language, always=True)
    _add(event, "description", session.description, always=True)
    recording = etree.SubElement(event, "recording")
    _add(recording, "license", session.recording_license, always=True)
    _add(recording, "optout", "true" if session.do_not_record else "false")
    _add_links(event, "links", "link", session.links)
    _add_links(event, "attachments", "attachment", session.attachments)
    _add(event, "url", session.url)
    _add(event, "feedback_url", session.feedback_url)
    _add(event, "origin_url", session.origin_url)


def _add_links(event: etree._Element, name: str, item: str, links: tuple[LinkRecord, ...]) -> None:
    parent = etree.SubElement(event, name)
    for link in links:
        element = etree.SubElement(parent, item, href=link.url)
        element.text = link.title
        if link.kind:
            element.set("type", link.kind)
