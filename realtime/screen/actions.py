"""Making and taking back the links that open a screen."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Missing
from conference.core.journal import record
from conference.core.models import Event
from conference.core.streams import publish
from conference.rooms.models import Room
from realtime.screen.models import ScreenLink
from realtime.screen.queries import get_room_to_run, screens_stream

MOST_LINKS = 10


@transaction.atomic
def make_screen_link(actor: User, event: Event, room_code: str, *, name: str = "") -> ScreenLink:
    """A new link that opens the room's screen to whoever has it, until it is taken back."""
    room = get_room_to_run(actor, event, room_code)
    _lock(room)
    if _links_of(room) >= MOST_LINKS:
        raise Conflict(
            _("A room has at most %(count)d links for screens. Take one back first.") % {"count": MOST_LINKS}
        )
    link = ScreenLink.objects.create(room=room, name=name)
    record("screen.link_made", actor, room, event=room.event, link=link.pk)
    return link


def _lock(room: Room) -> None:
    Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)


def _links_of(room: Room) -> int:
    return ScreenLink.objects.filter(room=room).count()


@transaction.atomic
def revoke_screen_link(actor: User, event: Event, room_code: str, *, link: int) -> None:
    """Take a link back: the screens that it opened show nothing further, at once."""
    room = get_room_to_run(actor, event, room_code)
    deleted, _by_model = ScreenLink.objects.filter(room=room, pk=link).delete()
    if not deleted:
        raise Missing(_("There is no such link any more."))
    record("screen.link_revoked", actor, room, event=room.event, link=link)
    publish(screens_stream(room.pk), "rights", saved={"id": room.pk})
