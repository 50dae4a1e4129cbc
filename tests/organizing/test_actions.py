"""New events and editions."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from conference.core.errors import Denied, Invalid, Missing, Refusal
from conference.core.models import Event, Fact, Series
from conference.events.models import BodyMember, EventRole
from conference.events.queries import is_organizer
from conference.organizing import actions
from conference.organizing.presets import PRESETS
from conference.programme.models import Day, Hall, Session, Slot, Speaker, Track
from conference.registration.actions import withdraw_registration
from conference.registration.models import Ticket
from tests.factories import make_attendee, make_event, make_organizer, make_user

pytestmark = pytest.mark.django_db


def member_of(event: Event) -> Any:
    user = make_user()
    BodyMember.objects.create(body=event.series.body, user=user)
    return user


def plan(**other: Any) -> dict[str, Any]:
    return {
        "template": "conference",
        "slug": "tea-2027",
        "acronym": "tea_2027",
        "name": {"en": "Tea 2027", "zh-hans": "茶会2027"},
        "starts_on": date(2027, 5, 3),
        "ends_on": date(2027, 5, 5),
        "time_zone": "Asia/Shanghai",
        "city": {"en": "Kunming"},
        **other,
    }


def rows() -> list[int]:
    """How much there is of everything that a new event makes."""
    models = (Event, Series, EventRole, Track, Hall, Day, Session, Slot, Fact)
    return [model._default_manager.count() for model in models]


@pytest.mark.parametrize("template", list(PRESETS))
def test_a_template_brings_tracks_halls_days_sessions_and_a_tagline(template):
    earlier = make_event()
    member = member_of(earlier)
    event = actions.create_event(member, series=earlier.series, **plan(template=template))
    preset = PRESETS[template]
    assert event.state == "draft" and event.kind == template
    assert event.tagline == preset.tagline
    assert [track.name for track in event.tracks.all()] == [name for name, _colour in preset.tracks]
    assert [hall.name["en"] for hall in event.halls.all()] == [hall[0]["en"] for hall in preset.halls]
    assert [day.date for day in event.days.all()] == [date(2027, 5, day) for day in (3, 4, 5)]
    assert sorted(event.sessions.values_list("kind", flat=True)) == sorted(
        idea.kind for idea in preset.sessions
    )
    assert not Slot.objects.filter(session__event=event).exclude(start=None, release=None).exists()
    assert is_organizer(member, event)


def test_an_event_is_made_only_in_a_series_of_ones_own_body():
    event = make_event()
    other = make_event()
    people = [make_organizer(event), make_attendee(event), member_of(other), make_user(is_staff=True)]
    before = rows()
    for actor in people:
        with pytest.raises(Denied):
            actions.create_event(actor, series=event.series, **plan())
        with pytest.raises(Denied):
            actions.create_series(actor, event.series.body, slug="new-series", name={"en": "New"})
    assert rows() == before


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"template": "circus"}, "template"),
        ({"slug": "admin"}, "slug"),
        ({"slug": "Not A Slug"}, "slug"),
        ({"ends_on": date(2027, 5, 2)}, "ends_on"),
        ({"ends_on": date(2027, 9, 2)}, "ends_on"),
        ({"name": {}}, "name"),
    ],
)
def test_a_new_event_that_does_not_hold_is_refused_and_nothing_is_made(wrong, field):
    earlier = make_event()
    member = member_of(earlier)
    before = rows()
    with pytest.raises(Invalid) as refusal:
        actions.create_event(member, series=earlier.series, **plan(**wrong))
    assert field in refusal.value.details["fields"]
    assert rows() == before


def test_a_series_is_made_once():
    event = make_event()
    member = member_of(event)
    series = actions.create_series(member, event.series.body, slug="tea-road", name={"en": "Tea Road"})
    assert series.body == event.series.body
    for slug in ("tea-road", "Tea Road", ""):
        with pytest.raises(Invalid):
            actions.create_series(member, event.series.body, slug=slug, name={"en": "Again"})
    with pytest.raises(Invalid):
        actions.create_series(member, event.series.body, slug="nameless", name={})


def test_the_next_edition_takes_the_layout_and_nobodys_data():
    event = make_event(colour="#2b5f9e")
    organizer = make_organizer(event)
    colleague = make_organizer(event)
    make_user(roles=(event, "speaker"))
    make_attendee(event)
    track = Track.objects.create(event=event, name={"en": "Tea"}, slug="tea", colour="#4f7a28")
    Hall.objects.create(event=event, name={"en": "Hall"}, kind="both", capacity=80)
    Day.objects.create(event=event, date=event.starts_on, label={"en": "First"})
    Speaker.objects.create(event=event, name="Mei", number=1)
    edition = actions.clone_event(
        organizer, event, slug="next", acronym="next_one", name={"en": "Next"}, starts_on=date(2027, 11, 1)
    )
    assert edition.state == "draft" and edition.series == event.series and edition.colour == "#2b5f9e"
    assert edition.ends_on == date(2027, 11, 3)
    assert edition.tracks.get().slug == "tea" and edition.tracks.get().pk != track.pk
    assert edition.halls.get().capacity == 80
    assert edition.halls.get().guid != event.halls.get().guid
    assert edition.days.get().date == date(2027, 11, 1)
    roles = set(EventRole.objects.filter(event=edition).values_list("user", "role"))
    assert roles == {(organizer.pk, "organizer"), (colleague.pk, "organizer")}
    assert not edition.tickets.exists() and not edition.speakers.exists() and not edition.sessions.exists()


def test_only_organizers_make_the_next_edition():
    event, draft = make_event(), make_event(state="draft")
    make_organizer(event)
    stranger = make_organizer(make_event())
    before = rows()
    for actor in (stranger, make_attendee(event), make_user(roles=(event, "moderator"))):
        for of in (event, draft):
            with pytest.raises(Refusal) as refusal:
                actions.clone_event(
                    actor,
                    of,
                    slug="mine",
                    acronym="mine_now",
                    name={"en": "Mine"},
                    starts_on=date(2027, 1, 1),
                )
            assert isinstance(refusal.value, Denied if of is event else Missing)
    assert rows()[0] == before[0] and rows()[3:] == before[3:]


def test_a_ticket_taken_back_is_told_of_and_only_by_organizers():
    event = make_event()
    organizer, holder = make_organizer(event), make_attendee(event)
    ticket = Ticket.objects.get(user=holder)
    with pytest.raises(Denied):
        withdraw_registration(make_attendee(event), event, ticket.pk)
    ticket.refresh_from_db()
    assert ticket.state == "valid"
    withdraw_registration(organizer, event, ticket.pk)
    ticket.refresh_from_db()
    assert ticket.state == "refused"
    assert holder.notifications.get().kind == "ticket.withdrawn"
    with pytest.raises(Refusal):
        withdraw_registration(organizer, event, ticket.pk)
    with pytest.raises(Missing):
        withdraw_registration(make_organizer(other := make_event()), other, ticket.pk)
