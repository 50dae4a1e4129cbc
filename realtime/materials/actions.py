"""Bringing links and files to a room, and putting them in order.

Every change locks the room first: two that come at once stand one behind the other, one is on top, and a room takes no more than
it may. Streams are written in the order of their names (`person.7`, `room.12`, `room.12.hosts`). A file is stored before the
transaction and erased after it, so that the two never disagree to the reader's loss.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Missing
from conference.core.journal import record
from conference.core.later import background
from conference.core.limits import spend
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish
from conference.rooms.models import Room
from conference.rooms.queries import RUNS, get_room, get_room_to_speak_in, hosts_stream, room_stream
from realtime.materials.files import Checked
from realtime.materials.models import FOLDER, MAX_TITLE, Material, material_path
from realtime.materials.queries import BRINGS, get_material, material_data

Kind = Material.Kind

MOST = 60
"""Links and files of one room."""

UPLOADS_AN_HOUR = 60


def require_bringer(role: str) -> None:
    """Let those pass who may bring links and files to the room in which they have this role."""
    if role not in BRINGS:
        raise Denied(_("Only those who run this room and its speakers can add links and files."))


@transaction.atomic
def add_link(
    actor: User, room_id: int, *, client_id: uuid.UUID, title: str, url: str, shown: bool = True
) -> Material:
    """Pin a link to the room. The same `client_id` again changes nothing and answers with what was brought."""
    return _bring(actor, room_id, client_id, kind=Kind.LINK, title=title, url=url, shown=shown)


def add_file(
    actor: User, room_id: int, *, client_id: uuid.UUID, title: str, file: Checked, shown: bool = True
) -> Material:
    """Pin a file to the room, under its own name if it has no title. The same `client_id` again changes nothing."""
    _room, role = get_room_to_speak_in(actor, room_id)
    require_bringer(role)
    spend("material-file", str(actor.pk), amount=UPLOADS_AN_HOUR, seconds=3600, guards=False)
    stored = default_storage.save(material_path(None, ""), file.content)
    kept = ""
    try:
        with transaction.atomic():
            material = _bring(
                actor,
                room_id,
                client_id,
                kind=Kind.FILE,
                title=(title or file.name.rpartition(".")[0])[:MAX_TITLE],
                file=stored,
                file_name=file.name,
                file_type=file.type,
                size=file.size,
                shown=shown,
            )
        kept = material.file.name or ""
    finally:
        if kept != stored:  # refused, or brought before
            default_storage.delete(stored)
    return material


def _bring(actor: User, room_id: int, client_id: uuid.UUID, **what: Any) -> Material:
    room, role = get_room_to_speak_in(actor, room_id)
    require_bringer(role)
    _lock_room(room)
    known = Material.objects.filter(room=room, author=actor, client_id=client_id).first()
    if known is not None:
        return known
    if room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("The event is over and closed; nothing is added any more."))
    those = Material.objects.filter(room=room)
    if those.count() >= MOST:
        raise Conflict(
            _("There are %(most)d links and files in this room already. Take one away first.")
            % {"most": MOST}
        )
    last = those.aggregate(last=Max("position"))["last"]
    material = Material.objects.create(
        room=room, author=actor, client_id=client_id, position=0 if last is None else last + 1, **what
    )
    record("material.brought", actor, material, event=room.event, room=room.pk, kind=material.kind)
    _announce(material, was_shown=None)
    return material


@transaction.atomic
def edit_material(
    actor: User, room_id: int, *, material_id: int, title: str | None = None, shown: bool | None = None
) -> Material:
    """Give it another title, show it to everyone, or take it out of their sight again; what is None stays. Speakers do so with
    what they brought."""
    material, _role = _lock(actor, room_id, material_id)
    was_shown = material.shown
    before = (material.title, material.shown)
    material.title = material.title if title is None else title
    material.shown = was_shown if shown is None else shown
    material.pinned = material.pinned and material.shown
    if (material.title, material.shown) != before:
        material.save(update_fields=["title", "shown", "pinned"])
        record("material.edited", actor, material, event=material.room.event, shown=material.shown)
        _announce(material, was_shown=was_shown)
    return material


@transaction.atomic
def pin_material(actor: User, room_id: int, *, material_id: int, pinned: bool) -> Material:
    """Put one on top, for everyone; the one before comes down."""
    material, _role = _lock(actor, room_id, material_id, runs=True)
    if pinned and not material.shown:
        raise Conflict(_("Show it to everyone first; then it can be put on top."))
    if material.pinned != pinned:
        if pinned:
            before = _of(material.room).filter(pinned=True).first()
            if before is not None:
                _set_pinned(before, False)
        _set_pinned(material, pinned)
        record("material.pinned", actor, material, event=material.room.event, pinned=pinned)
    return material


def _set_pinned(material: Material, pinned: bool) -> None:
    material.pinned = pinned
    material.save(update_fields=["pinned"])
    _announce(material, was_shown=material.shown)


@transaction.atomic
def move_material(actor: User, room_id: int, *, material_id: int, before: int | None) -> None:
    """Put it before another one, or at the end."""
    material, _role = _lock(actor, room_id, material_id, runs=True)
    others = list(_of(material.room).exclude(pk=material.pk).order_by("position", "pk"))
    place = len(others)
    if before is not None:
        if before not in {each.pk for each in others}:
            raise Missing(_("There is no such link or file in this room. It may have been taken away."))
        place = next(index for index, each in enumerate(others) if each.pk == before)
    others.insert(place, material)
    changed = [(position, each) for position, each in enumerate(others) if each.position != position]
    for position, each in changed:
        each.position = position
        each.save(update_fields=["position"])
    # Those that everyone sees last: first the streams of persons, then the room's, then its hosts'.
    for _position, each in sorted(changed, key=lambda pair: f"person.{pair[1].author_id}"):
        if not each.shown:
            _announce_to_author(each)
    for _position, each in changed:
        if each.shown:
            publish(room_stream(each.room_id), "material", saved=material_data(each))
    for _position, each in changed:
        if not each.shown:
            publish(hosts_stream(each.room_id), "unreleased", saved=material_data(each))
    if changed:
        record("material.moved", actor, material, event=material.room.event)


@transaction.atomic
def remove_material(actor: User, room_id: int, *, material_id: int) -> None:
    """Take it away; a file is erased. Speakers do so with what they brought."""
    material, _role = _lock(actor, room_id, material_id)
    _remove(actor, material)


def _remove(actor: User | None, material: Material) -> None:
    number, room, stored = material.pk, material.room, material.file.name
    record("material.removed", actor, room, event=room.event, material=number, kind=material.kind)
    author = material.author_id
    material.delete()
    if material.shown:
        publish(room_stream(room.pk), "material", removed=number)
    else:
        if author is not None:
            publish(f"person.{author}", "unreleased", removed=number)
        publish(hosts_stream(room.pk), "unreleased", removed=number)
    if stored:
        transaction.on_commit(lambda: default_storage.delete(stored))


def _announce(material: Material, *, was_shown: bool | None) -> None:
    """Tell those who may see it now, and take it from those who may not any more."""
    data = material_data(material)
    if material.shown:
        if was_shown is False and material.author_id is not None:
            publish(f"person.{material.author_id}", "unreleased", removed=material.pk)
        publish(room_stream(material.room_id), "material", saved=data)
        if was_shown is False:
            publish(hosts_stream(material.room_id), "unreleased", removed=material.pk)
        return
    _announce_to_author(material)
    if was_shown:
        publish(room_stream(material.room_id), "material", removed=material.pk)
    publish(hosts_stream(material.room_id), "unreleased", saved=data)


def _announce_to_author(material: Material) -> None:
    if material.author_id is not None:
        publish(f"person.{material.author_id}", "unreleased", saved=material_data(material))


def _of(room: Room) -> Any:
    return Material.objects.filter(room=room).select_related("room__event", "author__organisation")


def _lock(actor: User, room_id: int, material_id: int, *, runs: bool = False) -> tuple[Material, str]:
    """It, with its room locked, for someone who runs the room or, unless `runs`, is the speaker who brought it."""
    room, role = get_room(actor, room_id)
    seen = get_material(actor, room, role, material_id)
    if role not in RUNS and (runs or role not in BRINGS or seen.author_id != actor.pk):
        raise Denied(
            _("Only those who run this room can put links and files in order.")
            if runs and role in BRINGS
            else _("Only those who run this room, or the speaker who brought it, can change this.")
        )
    _lock_room(room)
    return get_material(actor, room, role, material_id), role


def _lock_room(room: Room) -> None:
    Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)


@background
def erase_orphans() -> None:
    """Erase files that no material has: of rooms that were deleted as a whole, and of an upload whose process died. What came in
    the last hour is left alone, since it may still be on its way into the table."""
    if not default_storage.exists(FOLDER):
        return
    names = {f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]}
    kept = set(Material.objects.exclude(file="").values_list("file", flat=True))
    before = timezone.now() - timedelta(hours=1)
    for name in sorted(names - kept):
        if default_storage.get_modified_time(name) < before:
            default_storage.delete(name)


@erases("materials")
def forget_bringer(person: User) -> None:
    """What was shown belongs to its session and stays, under no name; what nobody else has seen yet goes, with its files."""
    for material in Material.objects.filter(author=person, shown=False).select_related("room__event"):
        _remove(None, material)
    Material.objects.filter(author=person).update(author=None)
