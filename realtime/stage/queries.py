"""What is on the stage of a room, for someone who is in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.accounts.queries import person_data
from conference.core.errors import Denied, Missing
from conference.events.queries import Viewer
from conference.rooms.models import Room
from conference.rooms.queries import (
    ON_STAGE,
    RUNS,
    backstage_stream,
    get_room,
    is_on_air,
    role_in,
    room_stream,
)
from realtime.snapshots import shows_to_everyone, shows_to_hosts, shows_to_person, shows_to_stage
from realtime.stage.models import Invitation, Publication, Scene, Seat, Silence
from realtime.stage.names import publication_name

Source = Publication.Source

PLACES = 6
"""People on a stage."""

SMALL_PLACES = 12
"""People in a small room."""

SEAT_KEPT = timedelta(seconds=30)
"""So long a place is kept for somebody of whom nothing flows (yet, or for a moment)."""


def publication_data(publication: Publication) -> dict[str, Any]:
    """The public form of a camera or screen on the stage."""
    return {
        "id": publication.pk,
        "name": publication_name(publication.user_id, publication.source),
        "person": _shown_as(publication),
        "source": Source.CAMERA if publication.source == Source.HALL else publication.source,
        "audio": publication.audio,
        "video": publication.video,
        "muted": publication.muted,
        "dark": publication.dark,
        "silenced": publication.silenced,
        "started": publication.started,
    }


def _shown_as(publication: Publication) -> dict[str, Any]:
    """Whose it is. What comes from the hall stands for the hall, by the name that its encoder was given."""
    if publication.source == Source.HALL and hasattr(publication.room, "encoder_key"):
        return {"id": publication.user_id, "name": publication.room.encoder_key.label}
    return person_data(publication.user)


def scene_of(room: Room) -> Scene:
    """How the room shows its stage. Where nobody has chosen it is not saved."""
    return Scene.objects.filter(room=room).first() or Scene(room=room)


def scene_data(scene: Scene) -> dict[str, Any]:
    return {"id": scene.room_id, "layout": scene.layout, "speaker": scene.speaker_id}


def invitations_in(room: Room) -> list[Invitation]:
    rows = Invitation.objects.filter(room=room).select_related("user__organisation", "by__organisation")
    return list(rows.order_by("pk"))


def invitation_data(invitation: Invitation) -> dict[str, Any]:
    """For those who run the room; `id` is that of the person."""
    by = invitation.by
    return {
        "id": invitation.user_id,
        "person": person_data(invitation.user),
        "by": person_data(by) if by is not None else None,
        "created": invitation.created,
    }


def own_invitation_data(invitation: Invitation) -> dict[str, Any]:
    """For whoever is asked; `id` is that of the room."""
    by = invitation.by
    return {
        "id": invitation.room_id,
        "by": person_data(by) if by is not None else None,
        "created": invitation.created,
    }


def places_on(room: Room) -> int:
    """How many people can be on this stage at once."""
    return SMALL_PLACES if room.small else PLACES


def people_seated(room: Room, at: datetime) -> set[int]:
    """Who has a place on the stage: whose camera or screen is on it, and for whom one is kept."""
    on_it = Publication.objects.filter(room=room).values_list("user_id", flat=True)
    kept = Seat.objects.filter(room=room, taken__gt=at - SEAT_KEPT).values_list("user_id", flat=True)
    return {*on_it, *kept}


def is_silenced(room: Room, user: User) -> bool:
    return Silence.objects.filter(room=room, user=user).exists()


def get_person_here(room: Room, person_id: int) -> tuple[User, str]:
    """Somebody who may be in the room, and their role; `Missing` for everyone else."""
    person = User.objects.select_related("organisation").filter(pk=person_id, deleted=None).first()
    role = role_in(person, room)
    if person is None or role is None:
        raise Missing(_("There is no such person in this room."))
    return person, role


def get_stage_to_direct(viewer: Viewer, room_id: int) -> Room:
    """The room, for those who run it."""
    room, role = get_room(viewer, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can direct its stage."))
    return room


def get_invitation(viewer: Viewer, room: Room) -> Invitation:
    """What asks this person to the stage; `Missing` where nothing does, or not any more."""
    found = None
    if viewer is not None and viewer.is_authenticated:
        found = Invitation.objects.filter(room=room, user=viewer).first()
    if found is None:
        raise Missing(_("This invitation does not hold any more."))
    return found


def publications_in(room: Room) -> list[Publication]:
    """What is on the stage, in the order in which it came."""
    rows = Publication.objects.filter(room=room).select_related("user__organisation")
    return list(rows.order_by("started", "pk"))


@shows_to_everyone
def stage_part(room: Room) -> dict[str, Any]:
    """What everyone sees of the stage, for whoever comes in."""
    shown = publications_in(room) if is_on_air(room) else []
    return {
        "state": {
            "publication": [publication_data(each) for each in shown],
            "scene": [scene_data(scene_of(room))],
        }
    }


@shows_to_hosts
def invitation_part(room: Room) -> dict[str, Any]:
    """Whom those who run the room have asked to come to the stage."""
    return {"state": {"invitation": [invitation_data(each) for each in invitations_in(room)]}}


@shows_to_person(
    f"EXISTS(SELECT FROM {Invitation._meta.db_table} WHERE room_id = %(room)s AND user_id = %(person)s)",
    invitation=[],
)
def own_invitation_part(person: User, room: Room) -> dict[str, Any]:
    """Whether this person is asked to come to the stage."""
    own = Invitation.objects.filter(room=room, user=person).select_related("by__organisation")
    return {"invitation": [own_invitation_data(each) for each in own]}


@shows_to_stage
def backstage_part(room: Room) -> dict[str, Any]:
    """Where there is a green room those with a part on the stage see all of it, live or not."""
    shown = publications_in(room) if room.green_room else []
    return {"state": {"publication": [publication_data(each) for each in shown]}}


def stage_streams(room: Room) -> list[str]:
    """Who is told of what happens on the stage of this room, as it is at this moment."""
    streams = [room_stream(room.pk)] if is_on_air(room) else []
    return [*streams, backstage_stream(room.pk)] if room.green_room else streams


def get_publication_to_watch(viewer: Viewer, room: Room, role: str, publication_id: int) -> Publication:
    """`get_publication` for someone with this role in the room: what is behind the scenes is not there for the others."""
    if role not in ON_STAGE and not is_on_air(room):
        raise Missing(_("This is not on the stage any more."))
    return get_publication(viewer, room, publication_id)


def get_publication(viewer: Viewer, room: Room, publication_id: int) -> Publication:
    """A publication in a room that the caller has checked; `Missing` once it is over."""
    found = (
        Publication.objects.filter(room=room, pk=publication_id).select_related("user__organisation").first()
    )
    if found is None:
        raise Missing(_("This is not on the stage any more."))
    return found


def get_room_for_stage(viewer: Viewer, room_id: int) -> Room:
    """The room, for someone who may send picture and sound in it; `Denied` for the others in it."""
    room, role = get_room(viewer, room_id)
    if role not in ON_STAGE:
        raise Denied(_("Only speakers and moderators can go on this stage."))
    return room
