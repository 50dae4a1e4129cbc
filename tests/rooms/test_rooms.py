"""Who may enter a room, and as what."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.contrib.auth.models import AnonymousUser

from conference.accounts.models import User
from conference.core.errors import Denied, Missing
from conference.core.models import Event, Stream
from conference.events.models import BodyMember, EventRole
from conference.events.queries import roles_in
from conference.registration.models import Ticket
from conference.registration.queries import may_attend
from conference.rooms.actions import create_room, set_room_roles
from conference.rooms.models import Restriction, Room, RoomRole
from conference.rooms.queries import ON_STAGE, RUNS, get_room, get_room_to_speak_in, role_in, standing_in
from tests import factories

pytestmark = pytest.mark.django_db

Role = RoomRole.Role


@pytest.fixture
def room() -> Room:
    return create_room(factories.make_event("rooms"))


def test_a_ticket_makes_an_attendee_and_no_ticket_a_stranger(room: Room) -> None:
    assert role_in(factories.make_attendee(room.event), room) == Role.ATTENDEE
    assert role_in(factories.make_user(), room) is None
    assert role_in(None, room) is None
    assert role_in(AnonymousUser(), room) is None


@pytest.mark.parametrize("state", [Ticket.State.PENDING, Ticket.State.CANCELLED])
def test_a_ticket_that_is_not_valid_opens_nothing(room: Room, state: str) -> None:
    person = factories.make_attendee(room.event)
    Ticket.objects.filter(user=person).update(state=state)
    with pytest.raises(Denied, match="people with a ticket"):
        get_room(person, room.pk)


@pytest.mark.parametrize("role", [Role.HOST, Role.MODERATOR, Role.SPEAKER, Role.INTERPRETER])
def test_a_part_in_the_room_is_the_role_in_it_with_or_without_a_ticket(room: Room, role: str) -> None:
    person = factories.make_user()
    set_room_roles(room, {person.pk: role})
    assert get_room(person, room.pk)[1] == role
    assert role in ON_STAGE


def test_organizers_host_every_room_and_the_events_moderators_moderate_it(room: Room) -> None:
    organizer, moderator, member = (factories.make_user() for _number in range(3))
    EventRole.objects.create(event=room.event, user=organizer, role=EventRole.Role.ORGANIZER)
    EventRole.objects.create(event=room.event, user=moderator, role=EventRole.Role.MODERATOR)
    BodyMember.objects.create(body=room.event.series.body, user=member)
    set_room_roles(room, {organizer.pk: Role.SPEAKER, moderator.pk: Role.SPEAKER})
    assert [role_in(person, room) for person in (organizer, moderator, member)] == [
        Role.HOST,
        Role.MODERATOR,
        Role.HOST,
    ]


def test_someone_with_a_part_in_the_event_attends_without_a_ticket(room: Room) -> None:
    person = factories.make_user()
    EventRole.objects.create(event=room.event, user=person, role=EventRole.Role.INTERPRETER)
    assert role_in(person, room) == Role.ATTENDEE


def test_a_closed_room_lets_in_only_those_with_a_part(room: Room) -> None:
    attendee, speaker = factories.make_attendee(room.event), factories.make_user()
    set_room_roles(room, {speaker.pk: Role.SPEAKER})
    Room.objects.filter(pk=room.pk).update(open=False)
    with pytest.raises(Denied, match="closed"):
        get_room(attendee, room.pk)
    assert get_room(speaker, room.pk)[1] == Role.SPEAKER


def test_a_room_of_a_draft_is_as_unknown_as_none(room: Room) -> None:
    Event.objects.filter(pk=room.event.pk).update(state=Event.State.DRAFT)
    for viewer, number in (
        (factories.make_user(), room.pk),
        (factories.make_user(), 10**9),
        (None, room.pk),
    ):
        with pytest.raises(Missing) as missing:
            get_room(viewer, number)
        assert str(missing.value) == "There is no such room."


def test_a_role_in_one_event_is_none_in_another(room: Room) -> None:
    elsewhere = create_room(factories.make_event("elsewhere"))
    person = factories.make_attendee(room.event)
    set_room_roles(room, {person.pk: Role.HOST})
    assert role_in(person, elsewhere) is None


def test_setting_parts_replaces_them_and_tells_only_those_concerned(room: Room) -> None:
    stays, goes, comes = (factories.make_user() for _number in range(3))
    set_room_roles(room, {stays.pk: Role.SPEAKER, goes.pk: Role.SPEAKER})
    Stream.objects.all().delete()
    set_room_roles(room, {stays.pk: Role.SPEAKER, comes.pk: Role.MODERATOR})
    assert dict(room.roles.values_list("user_id", "role")) == {
        stays.pk: Role.SPEAKER,
        comes.pk: Role.MODERATOR,
    }
    assert set(Stream.objects.values_list("name", flat=True)) == {f"person.{goes.pk}", f"person.{comes.pk}"}
    assert RUNS < ON_STAGE


def test_what_is_asked_in_one_statement_is_what_the_packages_below_say(
    room: Room, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    """`standing_in` reads their tables itself; it must not come to mean something else."""
    event = room.event
    people = [
        factories.make_attendee(event),
        factories.make_user(),
        factories.make_user(roles=(event, EventRole.Role.ORGANIZER)),
        factories.make_user(roles=(event, EventRole.Role.MODERATOR)),
        factories.make_user(roles=(event, EventRole.Role.OBSERVER)),
        factories.make_user(is_superuser=True),
        factories.make_user(),
    ]
    BodyMember.objects.create(body=event.series.body, user=people[-1])
    pending = factories.make_attendee(event)
    Ticket.objects.filter(user=pending).update(state=Ticket.State.PENDING, mode=Ticket.Mode.ONSITE)
    for person in [*people, pending]:
        there = roles_in(person, event)
        attends = bool(there) or may_attend(person, event)
        role = (
            Role.HOST
            if EventRole.Role.ORGANIZER in there
            else Role.MODERATOR
            if EventRole.Role.MODERATOR in there
            else Role.ATTENDEE
            if attends
            else None
        )
        with django_assert_num_queries(1):
            assert standing_in(person, room)[:2] == (role, person == pending)


def restrict(room: Room, person: User, kind: str) -> None:
    Restriction.objects.create(room=room, user=person, kind=kind)


def test_whoever_was_taken_out_is_told_so_and_may_not_enter(room: Room) -> None:
    person = factories.make_attendee(room.event)
    restrict(room, person, Restriction.Kind.REMOVED)
    with pytest.raises(Denied, match="have removed you"):
        get_room(person, room.pk)
    assert role_in(person, room) is None


def test_whoever_is_muted_may_be_there_but_not_speak(room: Room) -> None:
    person, other = factories.make_attendee(room.event), factories.make_attendee(room.event)
    restrict(room, person, Restriction.Kind.MUTED)
    assert get_room(person, room.pk)[1] == Role.ATTENDEE
    with pytest.raises(Denied, match="muted"):
        get_room_to_speak_in(person, room.pk)
    assert get_room_to_speak_in(other, room.pk)[1] == Role.ATTENDEE


def test_those_who_run_a_room_keep_all_their_rights(room: Room) -> None:
    organizer = factories.make_organizer(room.event)
    for kind in Restriction.Kind.values:
        restrict(room, organizer, kind)
    assert get_room_to_speak_in(organizer, room.pk)[1] == Role.HOST
