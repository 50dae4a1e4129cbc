"""Who may set up the encoder of a hall, and whose key an encoder has."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import User
from conference.core.errors import Denied, Missing, Refusal
from conference.core.models import Event
from conference.core.personal_data import exports
from conference.events.queries import Viewer
from conference.rooms.models import Room
from conference.rooms.queries import RUNS, get_room_by_code, role_in
from realtime.encoder.models import EncoderKey
from realtime.stage.models import Publication
from realtime.tokens import digest_of


class BadKey(Refusal):
    """No key, none of ours, or one that does not hold any more."""

    code = "unauthorized"
    status = 401


def get_room_to_run(viewer: Viewer, event: Event, room_code: str) -> Room:
    """The room, for those who run it; `Denied` for others who are in it."""
    room, role = get_room_by_code(viewer, event, room_code)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can set up its encoder."))
    return room


def encoder_of(viewer: Viewer, event: Event, room_code: str) -> tuple[Room, EncoderKey | None, bool]:
    """The room, its key, and whether the encoder sends at this moment, for those who run the room."""
    room = get_room_to_run(viewer, event, room_code)
    key = EncoderKey.objects.filter(room=room).select_related("made_by").first()
    return room, key, bool(sent_by_encoder(room))


def sent_by_encoder(room: Room) -> list[int]:
    """The publications that come from the hall's encoder."""
    rows = Publication.objects.filter(room=room, source=Publication.Source.HALL)
    return list(rows.values_list("pk", flat=True))


def get_key(secret: str, room_code: str) -> EncoderKey:
    """The key of an encoder, good at this moment for this room: `BadKey` where it is not, `Missing` where it is for another."""
    rows = EncoderKey.objects.select_related("room__event", "made_by")
    found = rows.filter(digest=digest_of(secret)).first() if secret else None
    if found is None:
        raise BadKey(_("Send the token of the encoder in the header “Authorization: Bearer …”."))
    if found.room.code != room_code:
        raise Missing(_("This token is for another room."))
    if found.has_expired:
        raise BadKey(_("This token has expired. Those who run the room can make a new one."))
    if found.made_by.deleted is not None or role_in(found.made_by, found.room) not in RUNS:
        raise BadKey(
            _("Whoever made this token does not run the room any more. Somebody who does can make a new one.")
        )
    return found


@exports(
    "encoders",
    gettext_lazy("Tokens of encoders you made"),
    {"label": gettext_lazy("Encoder"), "since": gettext_lazy("Since")},
)
def encoders_of(person: User) -> list[dict[str, Any]]:
    """The keys the person made; never the keys themselves."""
    rows = EncoderKey.objects.filter(made_by=person).order_by("pk")
    return [{"room": row.room_id, "label": row.label, "since": row.created.isoformat()} for row in rows]
