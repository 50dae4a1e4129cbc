"""What is on the stage of a room, for someone who is in it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from conference.accounts.queries import person_data
from conference.core.errors import Denied, Missing
from conference.events.queries import Viewer
from conference.rooms.models import Room
from conference.rooms.queries import ON_STAGE, backstage_stream, get_room, is_on_air, room_stream
from realtime.snapshots import shows_to_everyone, shows_to_stage
from realtime.stage.models import Publication
from realtime.stage.names import publication_name


def publication_data(publication: Publication) -> dict[str, Any]:
    """The public form of a camera or screen on the stage."""
    return {
        "id": publication.pk,
        "name": publication_name(publication.user_id, publication.source),
        "person": person_data(publication.user),
        "source": publication.source,
        "audio": publication.audio,
        "video": publication.video,
        "muted": publication.muted,
        "dark": publication.dark,
        "started": publication.started,
    }


def publications_in(room: Room) -> list[Publication]:
    """What is on the stage, in the order in which it came."""
    rows = Publication.objects.filter(room=room).select_related("user__organisation")
    return list(rows.order_by("started", "pk"))


@shows_to_everyone
def stage_part(room: Room) -> dict[str, Any]:
    """What everyone sees of the stage, for whoever comes in."""
    shown = publications_in(room) if is_on_air(room) else []
    return {"state": {"publication": [publication_data(each) for each in shown]}}


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
