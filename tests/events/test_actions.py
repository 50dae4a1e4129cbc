"""Changing an event and giving roles: what happens, and that a refusal changes nothing."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver
from PIL import Image

from conference.core.errors import Conflict, Denied, Invalid, Missing, Refusal
from conference.core.files import clean_image
from conference.core.models import Event, Fact, OrganizingBody
from conference.events import actions
from conference.events.addresses import RESERVED, require_free_address
from conference.events.models import BodyMember, EventRole
from conference.events.queries import (
    events_of,
    get_body,
    get_event,
    get_series,
    members_of,
    organized_events,
    organized_series,
    roles_given,
    roles_in,
)
from tests.factories import give_role, make_attendee, make_event, make_organizer, make_user

pytestmark = pytest.mark.django_db


def new_content(**other: Any) -> dict[str, Any]:
    return {
        "name": {"en": "New name", "lo": "ຊື່ໃໝ່"},
        "tagline": {},
        "description": {"en": "<script>alert(1)</script>'; DROP TABLE conference_event; --"},
        "starts_on": date(2026, 12, 1),
        "ends_on": date(2026, 12, 2),
        "time_zone": "Asia/Vientiane",
        "city": {"en": "Vientiane"},
        "venue": {},
        "colour": "#123456",
        "admission": "approval",
        **other,
    }


def state_of(event: Event) -> dict[str, Any]:
    """Everything that an action of this package could change."""
    return {
        "event": Event.objects.filter(pk=event.pk).values().get(),
        "roles": list(EventRole.objects.order_by("pk").values()),
        "members": list(BodyMember.objects.order_by("pk").values()),
        "facts": Fact.objects.count(),
    }


def test_an_organizer_edits_the_event_and_the_journal_says_what():
    event = make_event()
    organizer = make_organizer(event)
    actions.edit_event(organizer, event, **new_content())
    event.refresh_from_db()
    assert event.name == {"en": "New name", "lo": "ຊື່ໃໝ່"}
    assert event.time_zone == "Asia/Vientiane"
    assert event.description["en"].endswith("DROP TABLE conference_event; --")
    fact = Fact.objects.get(verb="event.edited")
    assert fact.actor == organizer
    assert "name" in fact.data["fields"] and "tagline" not in fact.data["fields"]


def test_an_edit_that_changes_nothing_is_no_fact():
    event = make_event()
    organizer = make_organizer(event)
    actions.edit_event(organizer, event, **new_content())
    actions.edit_event(organizer, event, **new_content())
    assert Fact.objects.filter(verb="event.edited").count() == 1


def test_the_last_day_is_not_before_the_first():
    event = make_event()
    organizer = make_organizer(event)
    before = state_of(event)
    with pytest.raises(Invalid) as refusal:
        actions.edit_event(organizer, event, **new_content(ends_on=date(2026, 11, 30)))
    assert "ends_on" in refusal.value.details["fields"]
    assert state_of(event) == before


def test_publishing_lets_everyone_see_a_draft_and_archiving_closes_it():
    event = make_event(state="draft")
    organizer = make_organizer(event)
    assert not events_of(None).filter(pk=event.pk).exists()
    actions.publish_event(organizer, event)
    assert get_event(None, event.slug) == event
    with pytest.raises(Conflict):
        actions.publish_event(organizer, event)
    actions.archive_event(organizer, event)
    with pytest.raises(Conflict):
        actions.edit_event(organizer, event, **new_content())
    with pytest.raises(Conflict):
        actions.archive_event(organizer, event)
    actions.publish_event(organizer, event)
    assert get_event(None, event.slug).state == "published"


def test_a_logo_is_encoded_anew_and_can_be_taken_away(django_capture_on_commit_callbacks):
    event = make_event()
    organizer = make_organizer(event)
    picture = io.BytesIO()
    Image.new("RGB", (900, 300), "teal").save(picture, "PNG")
    upload = SimpleUploadedFile("logo.png", picture.getvalue(), "image/png")
    event = actions.set_logo(organizer, event, logo=clean_image(upload, side=512))
    assert event.logo.name.endswith(".webp") and "logo" not in event.logo.name
    with event.logo.open() as file, Image.open(file) as made:
        assert made.size == (512, 171)
    name, storage = event.logo.name, event.logo.storage
    with django_capture_on_commit_callbacks(execute=True):
        event = actions.set_logo(organizer, event, logo=None)
    assert not event.logo
    assert not storage.exists(name)


def test_a_role_is_given_by_exact_address_once_and_taken_away():
    event = make_event()
    organizer = make_organizer(event)
    person = make_user(email="noy@example.org")
    given = actions.give_role(organizer, event, email=" NOY@example.org ", role="interpreter")
    assert actions.give_role(organizer, event, email="noy@example.org", role="interpreter") == given
    actions.give_role(organizer, event, email="noy@example.org", role="moderator")
    assert roles_in(person, event) == {"interpreter", "moderator"}
    assert Fact.objects.filter(verb="role.given").count() == 2
    actions.take_role(organizer, event, role_id=given.pk)
    assert roles_in(person, event) == {"moderator"}


@pytest.mark.parametrize("email", ["noy@example", "no", "noy", "%", "noy@example.or_", ""])
def test_part_of_an_address_finds_nobody(email):
    event = make_event()
    organizer = make_organizer(event)
    make_user(email="noy@example.org")
    before = state_of(event)
    with pytest.raises(Invalid):
        actions.give_role(organizer, event, email=email, role="speaker")
    assert state_of(event) == before


def test_a_deleted_person_gets_no_role():
    event = make_event()
    organizer = make_organizer(event)
    make_user(email="gone@example.org", is_active=False)
    with pytest.raises(Invalid):
        actions.give_role(organizer, event, email="gone@example.org", role="speaker")


def test_the_last_organizer_stays():
    event = make_event()
    first = make_organizer(event)
    role = EventRole.objects.get(user=first)
    before = state_of(event)
    with pytest.raises(Conflict):
        actions.take_role(first, event, role_id=role.pk)
    assert state_of(event) == before
    second = make_organizer(event)
    actions.take_role(second, event, role_id=role.pk)
    assert roles_in(first, event) == frozenset()


def test_a_role_of_another_event_cannot_be_taken_through_this_one():
    event, other = make_event(), make_event()
    organizer = make_organizer(event)
    foreign = give_role(make_user(), other, "speaker")
    with pytest.raises(Missing):
        actions.take_role(organizer, event, role_id=foreign.pk)
    assert EventRole.objects.filter(pk=foreign.pk).exists()


def test_members_of_a_body_organize_all_its_events_and_add_each_other():
    event = make_event(state="draft")
    body = event.series.body
    member = make_user()
    BodyMember.objects.create(body=body, user=member)
    assert "organizer" in roles_in(member, event)
    colleague = make_user(email="colleague@example.org")
    added = actions.add_body_member(member, body, email="colleague@example.org")
    assert list(organized_events(colleague)) == [event]
    assert {row.user for row in members_of(colleague, body)} == {member, colleague}
    actions.remove_body_member(member, body, member_id=added.pk)
    assert not organized_events(colleague).exists()


def test_the_last_member_of_a_body_stays():
    body = make_event().series.body
    member = BodyMember.objects.create(body=body, user=make_user())
    with pytest.raises(Conflict):
        actions.remove_body_member(member.user, body, member_id=member.pk)
    assert BodyMember.objects.filter(pk=member.pk).exists()


# --- Refusals: for every action, every kind of stranger ---


def strangers(event: Event) -> dict[str, Any]:
    other = make_event(state="draft")
    foreign_member = make_user()
    BodyMember.objects.create(body=other.series.body, user=foreign_member)
    return {
        "attendee": make_attendee(event),
        "moderator": make_user(roles=(event, "moderator")),
        "door": make_user(roles=(event, "door")),
        "observer": make_user(roles=(event, "observer")),
        "organizer of another event": make_organizer(other),
        "member of another body": foreign_member,
        "member of staff": make_user(is_staff=True),
    }


CALLS = {
    "edit_event": lambda actor, event: actions.edit_event(actor, event, **new_content()),
    "set_logo": lambda actor, event: actions.set_logo(actor, event, logo=None),
    "publish_event": lambda actor, event: actions.publish_event(actor, event),
    "archive_event": lambda actor, event: actions.archive_event(actor, event),
    "give_role": lambda actor, event: actions.give_role(actor, event, email=actor.email, role="organizer"),
    "take_role": lambda actor, event: actions.take_role(
        actor, event, role_id=EventRole.objects.get(event=event, role="organizer").pk
    ),
    "add_body_member": lambda actor, event: actions.add_body_member(
        actor, event.series.body, email=actor.email
    ),
    "remove_body_member": lambda actor, event: actions.remove_body_member(
        actor, event.series.body, member_id=BodyMember.objects.get(body=event.series.body).pk
    ),
}


@pytest.mark.parametrize("state", ["draft", "published"])
@pytest.mark.parametrize("name", list(CALLS))
def test_who_does_not_organize_is_refused_and_nothing_changes(name, state):
    event = make_event(state=state)
    make_organizer(event)
    BodyMember.objects.create(body=event.series.body, user=make_user())
    people = strangers(event)
    before = state_of(event)
    for who, actor in people.items():
        with pytest.raises(Refusal) as refusal:
            CALLS[name](actor, event)
        assert isinstance(refusal.value, (Denied, Missing)), who
        assert state_of(event) == before, who


def test_a_draft_is_missing_not_forbidden_for_those_who_must_not_know_of_it():
    event = make_event(state="draft")
    outsider = make_organizer(make_event())
    with pytest.raises(Missing):
        actions.edit_event(outsider, event, **new_content())
    with pytest.raises(Missing):
        get_event(outsider, event.slug)


# --- What each viewer sees ---


def test_two_bodies_see_only_their_own_drafts():
    mine, theirs = make_event(state="draft"), make_event(state="draft")
    me, them = make_user(), make_user()
    BodyMember.objects.create(body=mine.series.body, user=me)
    BodyMember.objects.create(body=theirs.series.body, user=them)
    assert list(events_of(me)) == [mine]
    assert list(events_of(them)) == [theirs]
    assert list(organized_series(me)) == [mine.series]
    with pytest.raises(Missing):
        get_series(me, theirs.series.slug)
    with pytest.raises(Missing):
        get_body(me, theirs.series.body.slug)
    with pytest.raises(Denied):
        members_of(me, theirs.series.body)
    with pytest.raises(Denied):
        roles_given(me, theirs)
    assert get_series(them, theirs.series.slug) == (theirs.series, [theirs])


def test_a_series_of_drafts_alone_is_not_told_of():
    event = make_event(state="draft")
    with pytest.raises(Missing):
        get_series(None, event.series.slug)
    Event.objects.filter(pk=event.pk).update(state="published")
    assert get_series(None, event.series.slug)[1] == [event]


def test_whoever_has_a_part_in_a_draft_sees_it():
    event = make_event(state="draft")
    speaker = make_user(roles=(event, "speaker"))
    assert get_event(speaker, event.slug) == event


# --- Addresses ---


def first_parts() -> set[str]:
    """The first part of every fixed path of the installation."""
    found: set[str] = set()

    def walk(entries: list[Any], before: str) -> None:
        for entry in entries:
            route = before + str(entry.pattern)
            if isinstance(entry, URLResolver) and "/" not in route and "<" not in route:
                walk(entry.url_patterns, route)
            elif isinstance(entry, URLResolver | URLPattern):
                part = route.partition("/")[0]
                if part and "<" not in part:
                    found.add(part)

    walk(get_resolver().url_patterns, "")
    return found


def test_no_event_can_take_an_address_of_the_installation():
    parts = first_parts()
    assert {"healthz", "admin", "account", "me", "events", "series", "jsi18n", "language"} <= parts
    assert not parts - RESERVED


@pytest.mark.parametrize(
    "slug",
    [
        "admin", "accounts", "account", "me", "media", "static", "uploads", "healthz", "jsi18n", "language", "series", "ws",
        "events", "favicon.ico", "robots.txt", "", "-tea", "tea-", "Tea", "tea road", "a--b", "ກ", "x" * 51, "../etc",
    ],
)  # fmt: skip
def test_an_address_that_is_kept_or_malformed_is_refused(slug):
    with pytest.raises(Invalid) as refusal:
        require_free_address(slug)
    assert refusal.value.details["fields"]["slug"]


def test_an_address_that_is_taken_is_refused_but_an_event_keeps_its_own():
    event = make_event("tea-2026")
    with pytest.raises(Invalid):
        require_free_address("tea-2026")
    require_free_address("tea-2026", but=event)
    require_free_address("tea-2027")


def test_the_body_itself_is_never_changed_by_a_refusal():
    body = make_event().series.body
    with pytest.raises(Denied):
        actions.add_body_member(make_user(), body, email="nobody@example.org")
    assert OrganizingBody.objects.filter(pk=body.pk, members__isnull=True).exists()
