"""Whom one may name in a chat: people of the event who agreed to be listed to its participants, and those with a part on the
stage of the room. Whoever blocked somebody, or was blocked by them, is not offered to them."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from conference.accounts.models import Consent, User
from conference.accounts.queries import apart_from
from conference.events.models import EventRole
from conference.events.queries import Viewer
from conference.registration.models import Ticket
from conference.rooms.models import Restriction, Room, RoomRole
from conference.rooms.queries import ON_STAGE, get_room

MOST_OFFERED = 8


def people_to_mention(viewer: Viewer, room_id: int, prefix: str) -> list[User]:
    """Up to eight people whose name, in any script, begins with `prefix`; then those in whose name it stands."""
    room, _role = get_room(viewer, room_id)
    people = _mentionable(viewer, room)
    begins, holds = Q(), Q()
    for field in ("name", "name_latin", "name_chinese"):
        begins |= Q(**{f"{field}__istartswith": prefix}) | Q(**{f"{field}__icontains": f" {prefix}"})
        holds |= Q(**{f"{field}__icontains": prefix})
    if prefix:
        rank = Case(When(begins, then=Value(0)), default=Value(1), output_field=IntegerField())
        people = people.filter(holds).annotate(rank=rank).order_by("rank", "name", "pk")
    else:
        people = people.order_by("name", "pk")
    return list(people[:MOST_OFFERED])


def people_mentioned(viewer: Viewer, room: Room, numbers: Collection[int]) -> dict[int, User]:
    """Of these people, those whom the viewer may name, by id."""
    return (
        {person.pk: person for person in _mentionable(viewer, room).filter(pk__in=numbers)} if numbers else {}
    )


def names_of(person: User) -> list[str]:
    """How the person may be called after an "@"."""
    return [name for name in (person.name, person.name_latin, person.name_chinese) if name]


def _mentionable(viewer: Viewer, room: Room) -> QuerySet[User]:
    agreed = Consent.objects.filter(
        user=OuterRef("pk"),
        event=room.event_id,
        purpose=Consent.Purpose.DIRECTORY,
        withdrawn=None,
        audience=Consent.Audience.PARTICIPANTS,
    )
    attends = Ticket.objects.filter(user=OuterRef("pk"), event=room.event_id, state=Ticket.State.VALID)
    has_role = EventRole.objects.filter(user=OuterRef("pk"), event=room.event_id)
    on_stage = RoomRole.objects.filter(user=OuterRef("pk"), room=room, role__in=ON_STAGE)
    removed = Restriction.objects.filter(user=OuterRef("pk"), room=room, kind=Restriction.Kind.REMOVED)
    assert viewer is not None
    return (
        User.objects.filter(
            Exists(on_stage) | (Exists(agreed) & (Exists(attends) | Exists(has_role))),
            ~Exists(removed),
            is_active=True,
            deleted=None,
        )
        .exclude(name="", name_latin="", name_chinese="")
        .exclude(pk__in=[*apart_from(viewer), viewer.pk])
        .select_related("organisation")
    )
