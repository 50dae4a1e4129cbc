"""Making and taking back the key of a hall's encoder, and letting the encoder in."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Missing
from conference.core.journal import record
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.rooms.models import Room
from realtime.encoder.models import EncoderKey
from realtime.encoder.queries import get_key, get_room_to_run, sent_by_encoder
from realtime.media.grants import sign_grant
from realtime.stage.actions import grant_publishing, stop_publication
from realtime.stage.models import Publication
from realtime.stage.names import publication_name
from realtime.tokens import digest_of, new_secret


@transaction.atomic
def make_encoder_key(
    actor: User, event: Event, room_code: str, *, label: str, days: int, client_id: uuid.UUID
) -> tuple[EncoderKey, str]:
    """The key, and its secret, which nobody can read again (so it is empty when the same is asked for twice). An older one of the
    room opens nothing any more."""
    room = _lock(get_room_to_run(actor, event, room_code))
    if room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is over. Nobody can go on its stages any more."))
    known = EncoderKey.objects.filter(room=room, client_id=client_id).first()
    if known is not None:
        return known, ""
    _end(actor, room)
    secret = new_secret("encoder")
    key = EncoderKey.objects.create(
        room=room,
        label=label,
        client_id=client_id,
        digest=digest_of(secret),
        made_by=actor,
        expires=timezone.now() + timedelta(days=days),
    )
    record("encoder_key.made", actor, room, event=room.event, key=key.pk)
    return key, secret


@transaction.atomic
def revoke_encoder_key(actor: User, event: Event, room_code: str) -> None:
    """The key opens nothing any more, and what its encoder sends ends."""
    room = _lock(get_room_to_run(actor, event, room_code))
    if not _end(actor, room):
        raise Missing(_("There is no such token."))
    record("encoder_key.revoked", actor, room, event=room.event)


def _lock(room: Room) -> Room:
    return Room.objects.select_for_update(of=("self",), no_key=True).select_related("event").get(pk=room.pk)


def _end(actor: User, room: Room) -> bool:
    """Whether there was a key."""
    for publication in sent_by_encoder(room):
        stop_publication(actor, room.pk, publication_id=publication)
    deleted, _by_model = EncoderKey.objects.filter(room=room).delete()
    return bool(deleted)


@transaction.atomic
def grant_offer(secret: str, room_code: str) -> str:
    """A short-lived grant to publish for the encoder that has this key; it needs a place on the stage, as a browser does."""
    key = get_key(secret, room_code)
    EncoderKey.objects.filter(pk=key.pk).update(last_used=timezone.now())
    granted = grant_publishing(key.made_by, key.room_id, source=Publication.Source.HALL, media_url="")
    return str(granted["token"])


def grant_session(key: EncoderKey) -> str:
    """The same for the session that the encoder has already."""
    return sign_grant(
        settings.MEDIA_SECRET,
        room=key.room_id,
        person=str(key.made_by_id),
        action="publish",
        publication=publication_name(key.made_by_id, Publication.Source.HALL),
    )


@erases("encoders")
def forget_encoders(person: User) -> None:
    """Whoever closes their account leaves no key behind."""
    EncoderKey.objects.filter(made_by=person).delete()
