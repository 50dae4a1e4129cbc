"""Who comes on the stage and leaves it, and what the media process reports of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx
import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied
from conference.core.journal import record
from conference.core.later import background, later
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish
from conference.rooms.models import Room
from conference.rooms.queries import (
    ON_STAGE,
    RUNS,
    get_room,
    is_on_air,
    people_on_stage,
    role_in,
    room_stream,
)
from realtime.media.grants import GRANT_LIFETIME, sign_grant, sign_service
from realtime.stage.models import Publication
from realtime.stage.names import publication_name
from realtime.stage.queries import (
    get_publication,
    get_publication_to_watch,
    get_room_for_stage,
    publication_data,
    publications_in,
    stage_streams,
)

CONTROL_TIMEOUT = 5.0

log = structlog.get_logger(__name__)


def grant_publishing(actor: User, room_id: int, *, source: str, media_url: str) -> dict[str, Any]:
    """What a browser needs to send picture and sound to the stage: an address and a short-lived grant."""
    room = get_room_for_stage(actor, room_id)
    if room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is over. Nobody can go on its stages any more."))
    return _grant(actor, room, "publish", publication_name(actor.pk, source), f"{media_url}/whip/{room.pk}")


def grant_watching(actor: User, room_id: int, *, publication_id: int, media_url: str) -> dict[str, Any]:
    """What a browser needs to see and hear one publication. What is behind the scenes is for those with a part on the stage."""
    room, role = get_room(actor, room_id)
    publication = get_publication_to_watch(actor, room, role, publication_id)
    name = publication_name(publication.user_id, publication.source)
    return _grant(actor, room, "watch", name, f"{media_url}/whep/{room.pk}")


def _grant(actor: User, room: Room, action: Any, name: str, url: str) -> dict[str, Any]:
    token = sign_grant(
        settings.MEDIA_SECRET, room=room.pk, person=str(actor.pk), action=action, publication=name
    )
    return {
        "publication": name,
        "url": url,
        "token": token,
        "expires_in": int(GRANT_LIFETIME.total_seconds()),
    }


@transaction.atomic
def stop_publication(actor: User, room_id: int, *, publication_id: int) -> None:
    """Take a camera or screen off the stage: one's own, or anyone's for those who run the room."""
    room, role = get_room(actor, room_id)
    publication = get_publication(actor, room, publication_id)
    if publication.user_id != actor.pk:
        if role not in RUNS:
            raise Denied(_("Only those who run this room can take others off the stage."))
        later(remove_from_media, room.pk, publication.user_id)
    _stop(lock_stage(room), publication, by=actor)


@transaction.atomic
def show_switches(actor: User, room_id: int, *, publication_id: int, muted: bool, dark: bool) -> None:
    """Tell the room whether one's own microphone or camera is switched off. Told twice, nothing happens."""
    room, _role = get_room(actor, room_id)
    room = lock_stage(room)
    publication = get_publication(actor, room, publication_id)
    if publication.user_id != actor.pk:
        raise Denied(_("Each person on the stage switches their own microphone and camera."))
    if (publication.muted, publication.dark) == (muted, dark):
        return
    publication.muted, publication.dark = muted, dark
    publication.save(update_fields=["muted", "dark"])
    publish(stage_streams(room), "publication", saved=publication_data(publication))


@background
def remove_from_media(room_id: int, user_id: int) -> None:
    """Have the media process end everything that this person sends and receives in this room. Whoever may still watch
    gets a new grant by themselves."""
    _end_in_media(f"rooms/{room_id}/people/{user_id}", room_id)


def _end_in_media(what: str, room_id: int) -> None:
    headers = {"Authorization": f"Bearer {sign_service(settings.MEDIA_SECRET, 'control')}"}
    try:
        httpx.delete(
            f"{settings.MEDIA_INTERNAL_URL}/control/{what}", headers=headers, timeout=CONTROL_TIMEOUT
        ).raise_for_status()
    except httpx.HTTPError as error:
        log.warning("media.not_removed", room=room_id, error=type(error).__name__)


@transaction.atomic
def end_rights(user_id: int, room_id: int) -> bool:
    """After a change of rights: whether the person may still be in the room. What they send and receive is ended where they
    may not, or where they are on a stage on which they may not be any more."""
    user = User.objects.filter(pk=user_id, is_active=True, deleted=None).first()
    room = Room.objects.select_related("event").filter(pk=room_id).first()
    role = role_in(user, room) if room is not None else None
    if room is not None and role not in ON_STAGE:
        publications = list(
            Publication.objects.filter(room=room, user_id=user_id).select_related("user__organisation")
        )
        if publications:
            room = lock_stage(room)
        for publication in publications:
            _stop(room, publication, by=None)
        if publications or role is None or not is_on_air(room):
            later(remove_from_media, room_id, user_id)
    return role is not None


# --- what the media process reports ---


def apply_media_event(event: str, flowing: list[tuple[int, int, str, frozenset[str]]]) -> None:
    """One report of the media process. A fresh worker forwards nothing yet: what it had is gone."""
    if event == "publication.started":
        start_publication(*flowing[0])
    elif event == "publication.stopped":
        room, user, source, _kinds = flowing[0]
        end_publication(room, user, source)
    else:
        reconcile_publications(flowing if event == "publications" else [])


@transaction.atomic
def start_publication(room_id: int, user_id: int, source: str, kinds: Iterable[str]) -> None:
    """Picture or sound of this person has begun to flow. Reported twice, nothing happens."""
    room = Room.objects.select_related("event").filter(pk=room_id).first()
    user = User.objects.select_related("organisation").filter(pk=user_id).first()
    if room is None or user is None or role_in(user, room) not in ON_STAGE:
        later(remove_from_media, room_id, user_id)
        return
    room = lock_stage(room)
    flows = {"audio": "audio" in kinds, "video": "video" in kinds}
    publication = Publication.objects.filter(room=room, user=user, source=source).first()
    if publication is not None and {"audio": publication.audio, "video": publication.video} == flows:
        return
    if publication is None:
        publication = Publication(room=room, user=user, source=source)
        record("stage.joined", user, room, event=room.event, source=source)
    publication.audio, publication.video = flows["audio"], flows["video"]
    publication.save()
    publish(stage_streams(room), "publication", saved=publication_data(publication))


@transaction.atomic
def end_publication(room_id: int, user_id: int, source: str) -> None:
    """It flows no more."""
    publications = Publication.objects.filter(room_id=room_id, user_id=user_id, source=source).select_related(
        "room__event"
    )
    for publication in publications:
        _stop(lock_stage(publication.room), publication, by=None)


def reconcile_publications(flowing: Iterable[tuple[int, int, str, frozenset[str]]]) -> None:
    """Make the stages what the media process says is flowing: its word is the truth, after whatever was lost."""
    rows = list(flowing)
    known = {(room, user, source) for room, user, source, _kinds in rows}
    for publication in Publication.objects.all():
        key = (publication.room_id, publication.user_id, publication.source)
        if key not in known:
            end_publication(*key)
    for room, user, source, kinds in rows:
        start_publication(room, user, source, kinds)


def lock_stage(room: Room) -> Room:
    """One change of a stage at a time, so that updates stand in the order of what they say. The room as it is from now on: who
    sees the stage may have changed a moment ago."""
    return Room.objects.select_for_update(of=("self",), no_key=True).select_related("event").get(pk=room.pk)


def _stop(room: Room, publication: Publication, *, by: User | None) -> None:
    number = publication.pk
    deleted, _by_model = Publication.objects.filter(pk=number).delete()
    if deleted:
        by_others = by is not None and by.pk != publication.user_id
        record(
            "stage.taken_off" if by_others else "stage.left",
            by or publication.user,
            room,
            event=room.event,
            room=room.pk,
            source=publication.source,
            person=publication.user_id,
        )
        publish(stage_streams(room), "publication", removed=number)


# --- for everyone, or behind the scenes ---


def show_stage(room: Room) -> None:
    """Everyone sees what is on the stage from now on. The caller has locked the stage and said so on the room."""
    for publication in publications_in(room):
        publish(room_stream(room.pk), "publication", saved=publication_data(publication))


def hide_stage(room: Room) -> None:
    """From now on only those with a part on the stage see it. The caller has locked the stage and said so on the room."""
    for publication in publications_in(room):
        publish(room_stream(room.pk), "publication", removed=publication.pk)
    later(end_watching, room.pk)


@background
def end_watching(room_id: int) -> None:
    """Have the media process end what everyone without a part on the stage receives in this room, unless it is on air again."""
    room = Room.objects.filter(pk=room_id).first()
    if room is not None and not is_on_air(room):
        stays = ",".join(str(number) for number in sorted(people_on_stage(room)))
        _end_in_media(f"rooms/{room_id}/audience?except={stays}", room_id)


# --- my data ---


@erases("stage")
def leave_every_stage(person: User) -> None:
    """Whoever closes their account is not seen or heard any more."""
    for publication in Publication.objects.filter(user=person).select_related("room__event"):
        later(remove_from_media, publication.room_id, person.pk)
        _stop(lock_stage(publication.room), publication, by=None)
