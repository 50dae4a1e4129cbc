"""New events: from a preset, or as the next edition of an earlier one."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Invalid
from conference.core.journal import record
from conference.core.models import SLUG, Event, OrganizingBody, Series
from conference.core.text import Text
from conference.events.actions import lock_organized_event, require_order
from conference.events.addresses import require_free_address
from conference.events.models import EventRole
from conference.events.queries import organized_bodies
from conference.organizing.presets import PRESETS, Preset
from conference.programme.actions import create_session, save_day, save_hall, save_track
from conference.programme.models import Day, Hall, Track


@transaction.atomic
def create_series(actor: User, body: OrganizingBody, *, slug: str, name: Text) -> Series:
    """A new series of one of the actor's bodies."""
    if not organized_bodies(actor).filter(pk=body.pk).exists():
        raise Denied(_("Only members of the organizing body can do this."))
    if not SLUG.regex.match(slug) or len(slug) > 50:  # type: ignore[union-attr]
        sentence = _("Use small letters, digits and single hyphens, at most 50 of them.")
        raise Invalid(sentence, fields={"series_slug": [sentence]})
    if not any(name.values()):
        raise Invalid(_("Give the series a name."), fields={"series_name": [_("Give the series a name.")]})
    if Series.objects.filter(slug=slug).exists():
        sentence = _("Another series has this address. Choose another one.")
        raise Invalid(sentence, fields={"series_slug": [sentence]})
    series = Series.objects.create(body=body, slug=slug, name=name)
    record("series.created", actor, series, slug=slug)
    return series


@transaction.atomic
def create_event(
    actor: User,
    *,
    series: Series,
    template: str,
    slug: str,
    acronym: str,
    name: Text,
    starts_on: date,
    ends_on: date,
    time_zone: str,
    city: Text,
) -> Event:
    """A draft of an event that begins with the tracks, halls, days and session ideas of the template. The actor becomes its
    organizer."""
    _require_member(actor, series)
    if template not in PRESETS:
        raise Invalid(
            _("There is no such template."), fields={"template": [_("Choose one of the templates.")]}
        )
    preset = PRESETS[template]
    event = _new_event(
        actor,
        Event(
            series=series, slug=slug, acronym=acronym, kind=preset.kind, name=name, tagline=preset.tagline,
            starts_on=starts_on, ends_on=ends_on, time_zone=time_zone, city=city,
        ),
    )  # fmt: skip
    _lay_out(actor, event, preset)
    record("event.created", actor, event, template=template)
    return event


@transaction.atomic
def clone_event(actor: User, event: Event, *, slug: str, acronym: str, name: Text, starts_on: date) -> Event:
    """The next edition: the same length, texts, look, tracks, halls, day names and organizers. No sessions, no tickets, and
    no other person's data."""
    event = lock_organized_event(actor, event)
    _require_member(actor, event.series, organizes=True)
    length = event.ends_on - event.starts_on
    fresh = _new_event(
        actor,
        Event(
            series=event.series, slug=slug, acronym=acronym, kind=event.kind, name=name, tagline=event.tagline,
            description=event.description, starts_on=starts_on, ends_on=starts_on + length, time_zone=event.time_zone,
            city=event.city, venue=event.venue, colour=event.colour, admission=event.admission,
        ),
    )  # fmt: skip
    Track.objects.bulk_create(
        Track(event=fresh, name=track.name, slug=track.slug, colour=track.colour, position=track.position)
        for track in Track.objects.filter(event=event)
    )
    Hall.objects.bulk_create(
        Hall(
            event=fresh, name=hall.name, kind=hall.kind, capacity=hall.capacity, description=hall.description,
            position=hall.position,
        )
        for hall in Hall.objects.filter(event=event)
    )  # fmt: skip
    Day.objects.bulk_create(
        Day(event=fresh, date=starts_on + (day.date - event.starts_on), label=day.label)
        for day in Day.objects.filter(event=event)
    )
    organizers = EventRole.objects.filter(event=event, role=EventRole.Role.ORGANIZER).exclude(user=actor)
    EventRole.objects.bulk_create(
        EventRole(event=fresh, user_id=user_id, role=EventRole.Role.ORGANIZER)
        for user_id in organizers.values_list("user_id", flat=True)
    )
    record("event.created", actor, fresh, edition_of=event.pk)
    return fresh


def _require_member(actor: User, series: Series, *, organizes: bool = False) -> None:
    """Editions of a series are made by the people of its body; the next edition also by the organizers of an earlier one."""
    if not organizes and not organized_bodies(actor).filter(pk=series.body_id).exists():
        raise Denied(_("Only members of the organizing body can make an event in this series."))


def _new_event(actor: User, event: Event) -> Event:
    require_free_address(event.slug)
    require_order(event.starts_on, event.ends_on)
    if not any(event.name.values()):
        raise Invalid(_("Give the event a name."), fields={"name": [_("Give the event a name.")]})
    try:
        with transaction.atomic():
            event.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("Somebody took this address a moment ago. Choose another one.")) from error
    EventRole.objects.create(event=event, user=actor, role=EventRole.Role.ORGANIZER)
    return event


def _lay_out(actor: User, event: Event, preset: Preset) -> None:
    tracks = [save_track(actor, event, None, name=name, colour=colour) for name, colour in preset.tracks]
    for name, kind, capacity in preset.halls:
        save_hall(actor, event, None, name=name, kind=kind, capacity=capacity, description={})
    for number in range((event.ends_on - event.starts_on).days + 1):
        save_day(actor, event, None, date=event.starts_on + timedelta(days=number), label={})
    for idea in preset.sessions:
        create_session(
            actor,
            event,
            title=idea.title,
            subtitle={},
            abstract={},
            description={},
            kind=idea.kind,
            track=tracks[idea.track] if idea.track is not None else None,
            language="",
            interpreted=[],
            capacity=None,
            recording_allowed=True,
            recording_licence="",
        )
