"""Links and files of a room, for someone who is in it.

What everyone may see travels as `material` on the room's stream. What is not shown yet is the same thing under another name,
`unreleased`, for those who run the room (`room.12.hosts`) and for whoever brought it (`person.7`).
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import User
from conference.accounts.queries import person_data
from conference.core.errors import Missing
from conference.core.personal_data import exports
from conference.events.queries import Viewer
from conference.programme.models import Session
from conference.rooms.models import Room, RoomRole
from conference.rooms.queries import RUNS
from realtime.materials.models import Material
from realtime.snapshots import shows_to_everyone, shows_to_hosts, shows_to_person

BRINGS = RUNS | {RoomRole.Role.SPEAKER}
"""Roles that may bring links and files: those who run the room, and its speakers."""

IN_ORDER = ("-pinned", "position", "pk")


def material_data(material: Material) -> dict[str, Any]:
    """The public form of a link or file, whoever looks. `url` leads to it; a file's is a page of ours that looks at rights."""
    return {
        "id": material.pk,
        "room": material.room_id,
        "kind": material.kind,
        "title": material.title,
        "url": address_of(material),
        "type": material.file_type,
        "size": material.size,
        "shown": material.shown,
        "pinned": material.pinned,
        "position": material.position,
        "author": person_data(material.author),
        "created": material.created,
    }


def address_of(material: Material) -> str:
    if material.kind == Material.Kind.LINK:
        return material.url
    room = material.room
    return reverse("room_material", args=[room.event.slug, room.code, material.pk, material.file_name])


def _of(room: Room) -> QuerySet[Material]:
    rows = Material.objects.filter(room=room).select_related("room__event", "author__organisation")
    return rows.order_by(*IN_ORDER)


def _seen_by(viewer: Viewer, room: Room, role: str) -> QuerySet[Material]:
    if role in RUNS:
        return _of(room)
    seen = Q(shown=True)
    if viewer is not None and viewer.is_authenticated:
        seen |= Q(author=viewer)
    return _of(room).filter(seen)


def materials_for(viewer: Viewer, room: Room, role: str) -> list[Material]:
    """What the viewer, who may be in the room in this role, sees there: what is on top first, then in order."""
    return list(_seen_by(viewer, room, role))


def get_material(viewer: Viewer, room: Room, role: str, material_id: int) -> Material:
    """One of them; `Missing` if there is none that the viewer sees."""
    found = _seen_by(viewer, room, role).filter(pk=material_id).first()
    if found is None:
        raise Missing(_("There is no such link or file in this room. It may have been taken away."))
    return found


def get_file(viewer: Viewer, room: Room, role: str, material_id: int, name: str) -> Material:
    """A file of the room that has this name and is there to be read; else `Missing`."""
    material = get_material(viewer, room, role, material_id)
    if material.file_name != name or not material.file.storage.exists(material.file.name or ""):
        raise Missing(_("There is no such link or file in this room. It may have been taken away."))
    return material


def session_of(room: Room) -> Session | None:
    """The session whose room it is."""
    return Session.objects.filter(room=room).first()


# --- what a room shows to whoever comes in ---


@shows_to_everyone
def shown_part(room: Room) -> dict[str, Any]:
    """What everyone sees."""
    return {"state": {"material": [material_data(each) for each in _of(room).filter(shown=True)]}}


@shows_to_hosts
def hosts_part(room: Room) -> dict[str, Any]:
    """What is not shown yet."""
    return {"state": {"unreleased": [material_data(each) for each in _of(room).filter(shown=False)]}}


@shows_to_person(
    f"""%(role)s = ANY('{{{",".join(sorted(BRINGS))}}}') AND
        EXISTS(SELECT FROM {Material._meta.db_table} WHERE room_id = %(room)s AND author_id = %(person)s AND NOT shown)""",
    unreleased=[],
)
def own_unreleased(person: User, room: Room) -> dict[str, Any]:
    """What the person, who may bring something, brought and others do not see yet."""
    rows = _of(room).filter(shown=False, author=person)
    return {"unreleased": [material_data(each) for each in rows]}


@exports(
    "materials",
    gettext_lazy("Links and files you brought"),
    {"title": gettext_lazy("Title"), "url": gettext_lazy("Address"), "created": gettext_lazy("Time")},
)
def materials_by(person: User) -> list[dict[str, Any]]:
    """Everything the person pinned to a room; files can be downloaded at their address."""
    rows = Material.objects.filter(author=person).select_related("room__event").order_by("pk")
    return [
        {
            "title": row.title,
            "url": address_of(row),
            "file": row.file_name,
            "size": row.size,
            "shown": row.shown,
            "created": row.created.isoformat(),
        }
        for row in rows
    ]
