"""Who comes on the stage and leaves it, how it is shown, and what the media process reports of it.

Every change of a stage is made under its lock (`lock_stage`); what writes to several streams takes theirs after that, in the
order of their names.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx
import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Missing
from conference.core.journal import record
from conference.core.later import background, later
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import hold, publish, signal_latest
from conference.rooms.actions import end_guest, make_guest
from conference.rooms.models import Room
from conference.rooms.queries import (
    ON_STAGE,
    RUNS,
    backstage_stream,
    get_room,
    hosts_stream,
    is_on_air,
    people_on_stage,
    role_in,
    room_stream,
)
from realtime.media.grants import GRANT_LIFETIME, sign_grant, sign_service
from realtime.stage.models import Invitation, Publication, Scene, Seat, Silence
from realtime.stage.names import publication_name
from realtime.stage.queries import (
    get_invitation,
    get_person_here,
    get_publication,
    get_publication_to_watch,
    get_room_for_stage,
    get_stage_to_direct,
    invitation_data,
    is_silenced,
    own_invitation_data,
    people_seated,
    places_on,
    publication_data,
    publications_in,
    scene_data,
    scene_of,
    stage_streams,
)

CONTROL_TIMEOUT = 5.0

MOST_INVITED = 20
"""People who are asked to one stage and have not answered."""

log = structlog.get_logger(__name__)


@transaction.atomic
def grant_publishing(actor: User, room_id: int, *, source: str, media_url: str) -> dict[str, Any]:
    """What a browser needs to send picture and sound to the stage: an address and a short-lived grant. A place on the stage is
    kept for this person from now on."""
    room = get_room_for_stage(actor, room_id)
    if room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is over. Nobody can go on its stages any more."))
    room = lock_stage(room)
    _check_places(room, actor)
    Seat.objects.update_or_create(room=room, user=actor, defaults={"taken": timezone.now()})
    name, url = publication_name(actor.pk, source), f"{media_url}/whip/{room.pk}"
    return _grant(actor, room, "publish", name, url, silent=is_silenced(room, actor))


def _check_places(room: Room, person: User) -> None:
    """Refuse whoever finds no place. The caller has locked the stage."""
    seated = people_seated(room, timezone.now())
    if person.pk in seated or len(seated) < places_on(room):
        return
    if room.small:
        raise Conflict(
            _(
                "This room is full: %(count)d people are in it with camera or microphone. You can watch, listen and write."
            )
            % {"count": places_on(room)}
        )
    raise Conflict(
        _("The stage is full: %(count)d people are on it. Somebody has to leave it first.")
        % {"count": places_on(room)}
    )


def grant_watching(actor: User, room_id: int, *, publication_id: int, media_url: str) -> dict[str, Any]:
    """What a browser needs to see and hear one publication. What is behind the scenes is for those with a part on the stage."""
    room, role = get_room(actor, room_id)
    publication = get_publication_to_watch(actor, room, role, publication_id)
    name = publication_name(publication.user_id, publication.source)
    return _grant(actor, room, "watch", name, f"{media_url}/whep/{room.pk}")


def _grant(
    actor: User, room: Room, action: Any, name: str, url: str, *, silent: bool = False
) -> dict[str, Any]:
    token = sign_grant(
        settings.MEDIA_SECRET,
        room=room.pk,
        person=str(actor.pk),
        action=action,
        publication=name,
        silent=silent,
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
        if publication.source != Publication.Source.HALL:
            later(remove_from_media, room.pk, publication.user_id)
    if publication.source == Publication.Source.HALL:
        # No browser ends it, and whose token it came by may be on the stage besides.
        later(end_in_media, room.pk, publication_name(publication.user_id, publication.source))
    room = lock_stage(room)
    _stop(room, publication, by=actor)
    _free_seat(room, publication.user_id)


def _free_seat(room: Room, user_id: int) -> None:
    """Somebody has left on purpose: their place need not be kept."""
    Seat.objects.filter(room=room, user_id=user_id).delete()


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


@background
def end_in_media(room_id: int, name: str) -> None:
    """Have the media process end this publication and nothing else of the person."""
    _end_in_media(f"rooms/{room_id}/publications/{name}", room_id)


@background
def silence_in_media(room_id: int, user_id: int) -> None:
    """Have the media process pass on no sound of this person in this room, or pass it on again: as it stands now."""
    silent = Silence.objects.filter(room_id=room_id, user_id=user_id).exists()
    _tell_media("PUT", f"rooms/{room_id}/people/{user_id}/silence", room_id, {"silent": silent})


def _end_in_media(what: str, room_id: int) -> None:
    _tell_media("DELETE", what, room_id)


def _tell_media(method: str, what: str, room_id: int, data: dict[str, Any] | None = None) -> None:
    headers = {"Authorization": f"Bearer {sign_service(settings.MEDIA_SECRET, 'control')}"}
    url = f"{settings.MEDIA_INTERNAL_URL}/control/{what}"
    try:
        httpx.request(method, url, json=data, headers=headers, timeout=CONTROL_TIMEOUT).raise_for_status()
    except httpx.HTTPError as error:
        log.warning("media.not_told", room=room_id, what=method, error=type(error).__name__)


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
    if room is not None and user is not None and role is None:
        room = lock_stage(room)
        _withdraw(room, user)
        end_guest(room, user)
        _give_place(room, None, instead_of=user_id)
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


def tell_who_speaks(room_id: int, speaking: list[str], active: str | None) -> None:
    """Passing news: nothing of it is kept."""
    room = Room.objects.filter(pk=room_id).first()
    if room is not None:
        for stream in stage_streams(room):
            signal_latest(stream, "speaking", {"speaking": speaking, "active": active})


@transaction.atomic
def start_publication(room_id: int, user_id: int, source: str, kinds: Iterable[str]) -> None:
    """Picture or sound of this person has begun to flow. Reported twice, nothing happens."""
    room = Room.objects.select_related("event").filter(pk=room_id).first()
    user = User.objects.select_related("organisation").filter(pk=user_id).first()
    if room is None or user is None or role_in(user, room) not in ON_STAGE:
        later(remove_from_media, room_id, user_id)
        return
    room = lock_stage(room)
    try:
        _check_places(room, user)
    except Conflict:
        later(remove_from_media, room_id, user_id)  # the grant was used when its place was kept no longer
        return
    flows = {"audio": "audio" in kinds, "video": "video" in kinds}
    publication = Publication.objects.filter(room=room, user=user, source=source).first()
    if publication is not None and {"audio": publication.audio, "video": publication.video} == flows:
        return
    if publication is None:
        publication = Publication(room=room, user=user, source=source, silenced=is_silenced(room, user))
        if publication.silenced:
            later(silence_in_media, room_id, user_id)
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
        room = lock_stage(publication.room)
        _stop(room, publication, by=None)
        Seat.objects.update_or_create(room=room, user_id=user_id, defaults={"taken": timezone.now()})


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
    for silence in Silence.objects.filter(user__in={user for _room, user, _source, _kinds in rows}):
        silence_in_media(silence.room_id, silence.user_id)


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


# --- directing ---


@transaction.atomic
def arrange_stage(actor: User, room_id: int, *, layout: str) -> Scene:
    """Choose how everyone sees the stage."""
    room = lock_stage(get_stage_to_direct(actor, room_id))
    scene = scene_of(room)
    if scene.layout != layout:
        scene.layout = layout
        _save_scene(room, scene)
        record("stage.arranged", actor, room, event=room.event, room=room.pk, layout=layout)
    return scene


@transaction.atomic
def hand_over(actor: User, room_id: int, *, person_id: int | None) -> Scene:
    """Give the speaker's place to somebody who is on the stage, or (None) to whoever speaks."""
    room = lock_stage(get_stage_to_direct(actor, room_id))
    if person_id is not None and not Publication.objects.filter(room=room, user_id=person_id).exists():
        raise Missing(_("This person is not on the stage at the moment."))
    if _give_place(room, person_id):
        record("stage.handed_over", actor, room, event=room.event, room=room.pk, person=person_id)
    return scene_of(room)


def _give_place(room: Room, person_id: int | None, *, instead_of: int | None = None) -> bool:
    """The speaker's place to this person, or only where `instead_of` has it; whether that changed anything."""
    scene = scene_of(room)
    if scene.speaker_id == person_id or (instead_of is not None and scene.speaker_id != instead_of):
        return False
    scene.speaker_id = person_id
    _save_scene(room, scene)
    return True


def _save_scene(room: Room, scene: Scene) -> None:
    scene.save()
    publish(room_stream(room.pk), "scene", saved=scene_data(scene))


@transaction.atomic
def invite_to_stage(actor: User, room_id: int, *, person_id: int) -> Invitation:
    """Ask somebody of the audience to come to the stage. They answer in their own browser."""
    room = lock_stage(get_stage_to_direct(actor, room_id))
    person, role = get_person_here(room, person_id)
    if role in ON_STAGE:
        raise Conflict(_("%(name)s can come on the stage without being asked.") % {"name": person.name})
    if room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is over. Nobody can go on its stages any more."))
    if Invitation.objects.filter(room=room).exclude(user=person).count() >= MOST_INVITED:
        raise Conflict(
            _("Many people are asked to the stage already. Wait for their answers, or withdraw some.")
        )
    invitation, created = Invitation.objects.get_or_create(room=room, user=person, defaults={"by": actor})
    if created:
        record("stage.invited", actor, room, event=room.event, room=room.pk, person=person.pk)
        hold([f"person.{person.pk}", hosts_stream(room.pk)])
        publish(f"person.{person.pk}", "invitation", saved=own_invitation_data(invitation))
        publish(hosts_stream(room.pk), "invitation", saved=invitation_data(invitation))
    return invitation


@transaction.atomic
def withdraw_invitation(actor: User, room_id: int, *, person_id: int) -> None:
    """Take the question back. Doing it twice is harmless; whoever has come is sent back instead."""
    room = lock_stage(get_stage_to_direct(actor, room_id))
    person, _role = get_person_here(room, person_id)
    if _withdraw(room, person):
        record("stage.withdrawn", actor, room, event=room.event, room=room.pk, person=person.pk)


@transaction.atomic
def accept_invitation(actor: User, room_id: int) -> None:
    """Come to the stage: from now on this person may start their camera and microphone there."""
    room, _role = get_room(actor, room_id)
    room = lock_stage(room)
    get_invitation(actor, room)
    _check_places(room, actor)
    _withdraw(room, actor)
    make_guest(room, actor)
    Seat.objects.update_or_create(room=room, user=actor, defaults={"taken": timezone.now()})
    record("stage.accepted", actor, room, event=room.event, room=room.pk)


@transaction.atomic
def decline_invitation(actor: User, room_id: int) -> None:
    """Stay in the audience."""
    room, _role = get_room(actor, room_id)
    room = lock_stage(room)
    get_invitation(actor, room)
    _withdraw(room, actor)
    record("stage.declined", actor, room, event=room.event, room=room.pk)


def _withdraw(room: Room, person: User) -> bool:
    """The invitation is no more; whether there was one. The caller has locked the stage."""
    deleted, _by_model = Invitation.objects.filter(room=room, user=person).delete()
    if deleted:
        hold([f"person.{person.pk}", hosts_stream(room.pk)])
        publish(f"person.{person.pk}", "invitation", removed=room.pk)
        publish(hosts_stream(room.pk), "invitation", removed=person.pk)
    return bool(deleted)


@transaction.atomic
def send_back(actor: User, room_id: int, *, person_id: int) -> None:
    """Off the stage: oneself, or anyone for those who run the room. A guest is in the audience again; others keep their part,
    and may come back."""
    room, role = get_room(actor, room_id)
    if role not in RUNS and person_id != actor.pk:
        raise Denied(_("Only those who run this room can send others back from the stage."))
    room = lock_stage(room)
    person, _role = get_person_here(room, person_id)
    publications = list(
        Publication.objects.filter(room=room, user=person).select_related("user__organisation")
    )
    hold([f"person.{person.pk}", room_stream(room.pk), backstage_stream(room.pk), hosts_stream(room.pk)])
    for publication in publications:
        _stop(room, publication, by=actor)
    was_guest = end_guest(room, person)
    if was_guest:
        Silence.objects.filter(room=room, user=person).delete()
    if not publications and not was_guest:
        raise Missing(_("This person is not on the stage at the moment."))
    later(remove_from_media, room.pk, person.pk)
    _free_seat(room, person.pk)
    _give_place(room, None, instead_of=person.pk)
    verb = "stage.stepped_down" if person.pk == actor.pk else "stage.sent_back"
    record(verb, actor, room, event=room.event, room=room.pk, person=person.pk)


@transaction.atomic
def mute_on_stage(actor: User, room_id: int, *, person_id: int) -> None:
    """Nobody hears this person until it is lifted: the media process passes on no sound of theirs. Muted twice, nothing
    happens."""
    room = lock_stage(get_stage_to_direct(actor, room_id))
    person = _get_person_to_mute(actor, room, person_id)
    _made, created = Silence.objects.get_or_create(room=room, user=person, defaults={"by": actor})
    if created:
        _show_silence(room, person, True)
        record("stage.muted", actor, room, event=room.event, room=room.pk, person=person.pk)


@transaction.atomic
def unmute_on_stage(actor: User, room_id: int, *, person_id: int) -> None:
    """They may be heard again. Their own switch stays as they left it."""
    room = lock_stage(get_stage_to_direct(actor, room_id))
    person = _get_person_to_mute(actor, room, person_id)
    deleted, _by_model = Silence.objects.filter(room=room, user=person).delete()
    if deleted:
        _show_silence(room, person, False)
        record("stage.unmuted", actor, room, event=room.event, room=room.pk, person=person.pk)


def _get_person_to_mute(actor: User, room: Room, person_id: int) -> User:
    person, role = get_person_here(room, person_id)
    if person.pk == actor.pk:
        raise Denied(_("You cannot do that to yourself."))
    if role not in ON_STAGE:
        raise Missing(_("This person is not on the stage at the moment."))
    if role in RUNS and not Silence.objects.filter(room=room, user=person).exists():
        raise Denied(_("Those who run this room cannot be muted on its stage. You can take them off it."))
    return person


def _show_silence(room: Room, person: User, silent: bool) -> None:
    for publication in Publication.objects.filter(room=room, user=person).select_related(
        "user__organisation"
    ):
        publication.silenced = silent
        publication.save(update_fields=["silenced"])
        publish(stage_streams(room), "publication", saved=publication_data(publication))
    later(silence_in_media, room.pk, person.pk)


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
    for invitation in Invitation.objects.filter(user=person).select_related("room__event"):
        _withdraw(lock_stage(invitation.room), person)
    for scene in Scene.objects.filter(speaker=person).select_related("room__event"):
        _give_place(lock_stage(scene.room), None, instead_of=person.pk)
    for model in (Seat, Silence):
        model.objects.filter(user=person).delete()
