"""Going live and ending, and rating what was.

`Room.on_air_from` is the one truth about who may see and hear the stage: the rights follow the clock to the second, also
where nobody looks. The `Broadcast` tells the story around it. When a countdown is over somebody has to write down that it is
live and show everyone what is on the stage: the worker does so in that second; its sweep and the browsers in the room do if
it could not. Whoever comes first does it, under the stage's lock; the others find it done.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied
from conference.core.journal import record
from conference.core.later import background, later
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish
from conference.rooms.models import Room
from conference.rooms.queries import ON_STAGE, RUNS, get_room, hosts_stream, room_stream
from realtime.broadcast.models import Broadcast, Rating
from realtime.broadcast.queries import broadcast_data, broadcast_of, is_due, rating_data, ratings_data
from realtime.slides.actions import conceal_slides, reveal_slides
from realtime.stage.actions import hide_stage, lock_stage, show_stage

State = Broadcast.State

LONGEST_COUNTDOWN = 60


@transaction.atomic
def start_broadcast(actor: User, room_id: int, *, countdown: int) -> Broadcast:
    """Go live in so many seconds, or at once. Of two who do it the second is told who was first."""
    room, broadcast = _lock(actor, room_id)
    _check_event(room)
    if broadcast.state == State.STARTING:
        raise Conflict(_("%(name)s has begun the countdown already.") % {"name": _who(broadcast)})
    if broadcast.state == State.LIVE:
        raise Conflict(_("This is live already."))
    if broadcast.state == State.ENDED:
        raise Conflict(_("This is over. If it was ended by mistake, continue it."))
    broadcast.state, broadcast.starts_at = State.STARTING, timezone.now() + timedelta(seconds=countdown)
    room.on_air_from = broadcast.starts_at
    record("broadcast.started", actor, room, event=room.event, room=room.pk, countdown=countdown)
    if countdown == 0:
        _become_live(broadcast)
    else:
        later(settle_broadcast, room.pk, after=countdown)
    _save(actor, room, broadcast)
    if countdown == 0:
        show_stage(room)
        reveal_slides(room)
    return broadcast


@transaction.atomic
def cancel_broadcast(actor: User, room_id: int) -> Broadcast:
    """Stop the countdown; the speakers stay behind the scenes."""
    room, broadcast = _lock(actor, room_id)
    if broadcast.state == State.LIVE:
        raise Conflict(_("The countdown is over: this is live."))
    if broadcast.state != State.STARTING:
        raise Conflict(_("There is no countdown to stop."))
    broadcast.state, broadcast.starts_at = State.WAITING, None
    room.on_air_from = None
    record("broadcast.cancelled", actor, room, event=room.event, room=room.pk)
    _save(actor, room, broadcast)
    return broadcast


@transaction.atomic
def end_broadcast(actor: User, room_id: int) -> Broadcast:
    """End it for everyone. The speakers stay behind the scenes as long as they like."""
    room, broadcast = _lock(actor, room_id)
    if broadcast.state == State.ENDED:
        raise Conflict(_("%(name)s has ended this already.") % {"name": _who(broadcast)})
    if broadcast.state != State.LIVE:
        raise Conflict(_("This is not live, so there is nothing to end."))
    broadcast.state, broadcast.ended = State.ENDED, timezone.now()
    room.on_air_from = None
    record("broadcast.ended", actor, room, event=room.event, room=room.pk)
    _save(actor, room, broadcast)
    hide_stage(room)
    conceal_slides(room)
    return broadcast


@transaction.atomic
def reopen_broadcast(actor: User, room_id: int) -> Broadcast:
    """It was ended by mistake: live again, at once."""
    room, broadcast = _lock(actor, room_id)
    _check_event(room)
    if broadcast.state != State.ENDED:
        raise Conflict(_("This has not ended, so it cannot be continued."))
    broadcast.state, broadcast.ended = State.LIVE, None
    room.on_air_from = timezone.now()
    record("broadcast.reopened", actor, room, event=room.event, room=room.pk)
    _save(actor, room, broadcast)
    show_stage(room)
    reveal_slides(room)
    return broadcast


def look_at_broadcast(actor: User, room_id: int) -> Broadcast:
    """How it stands. Whoever looks when the countdown is over sees it live, and everyone else with them."""
    room, _role = get_room(actor, room_id)
    broadcast = broadcast_of(room)
    if is_due(broadcast):
        settle_broadcast(room.pk)
        broadcast = broadcast_of(room)
    return broadcast


@background
@transaction.atomic
def settle_broadcast(room_id: int) -> None:
    """The countdown of this room is over: it is live. Doing it twice, or too early, is harmless."""
    found = Room.objects.filter(pk=room_id).first()
    if found is not None:
        room = lock_stage(found)
        broadcast = broadcast_of(room)
        if is_due(broadcast):
            _settle(room, broadcast)


@background
def settle_broadcasts() -> None:
    """Every countdown that is over, for what the queue has lost."""
    due = Broadcast.objects.filter(state=State.STARTING, starts_at__lte=timezone.now())
    for room_id in due.values_list("room_id", flat=True):
        settle_broadcast(room_id)


def _lock(actor: User, room_id: int) -> tuple[Room, Broadcast]:
    """The room and its broadcast as they stand now, for someone who runs the room."""
    room, role = get_room(actor, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can go live and end."))
    if not room.green_room:
        raise Conflict(_("This room has no green room: its stage is live at all times."))
    room = lock_stage(room)
    broadcast = broadcast_of(room)
    if is_due(broadcast):
        _settle(room, broadcast)
    return room, broadcast


def _check_event(room: Room) -> None:
    if room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is over. Nobody can go live any more."))


def _settle(room: Room, broadcast: Broadcast) -> None:
    _become_live(broadcast)
    broadcast.save()
    publish(room_stream(room.pk), "broadcast", saved=broadcast_data(broadcast))
    show_stage(room)
    reveal_slides(room)


def _become_live(broadcast: Broadcast) -> None:
    broadcast.state, broadcast.live_since, broadcast.starts_at = State.LIVE, broadcast.starts_at, None


def _save(actor: User, room: Room, broadcast: Broadcast) -> None:
    broadcast.by = actor
    broadcast.save()
    room.save(update_fields=["on_air_from"])
    publish(room_stream(room.pk), "broadcast", saved=broadcast_data(broadcast))


def _who(broadcast: Broadcast) -> str:
    return broadcast.by.name if broadcast.by is not None else _("Somebody")


# --- ratings ---


@transaction.atomic
def rate(actor: User, room_id: int, *, stars: int, words: str) -> Rating:
    """Say what one thinks of it, once it is over; again to think otherwise."""
    room, role = get_room(actor, room_id)
    if role in ON_STAGE:
        raise Denied(_("Those with a part on the stage do not rate it themselves."))
    broadcast = _lock_ratings(room)
    if broadcast is None or broadcast.state != State.ENDED:
        raise Conflict(_("This can be rated when it is over."))
    rating, created = Rating.objects.update_or_create(
        room=room, person=actor, defaults={"stars": stars, "words": words}
    )
    if created:
        # The journal tells who did what; how somebody rated, and that, it must not tell.
        record("broadcast.rated", None, room, event=room.event, room=room.pk)
    publish(f"person.{actor.pk}", "rating", saved=rating_data(rating))
    publish(hosts_stream(room.pk), "ratings", saved=ratings_data(room))
    return rating


@transaction.atomic
def withdraw_rating(actor: User, room_id: int) -> None:
    """Take one's rating back. Doing it twice is harmless."""
    room, _role = get_room(actor, room_id)
    _lock_ratings(room)
    deleted, _by_model = Rating.objects.filter(room=room, person=actor).delete()
    if deleted:
        publish(f"person.{actor.pk}", "rating", removed=room.pk)
        publish(hosts_stream(room.pk), "ratings", saved=ratings_data(room))


def _lock_ratings(room: Room) -> Broadcast | None:
    """The numbers are counted anew for each rating: one after another."""
    return Broadcast.objects.select_for_update(of=("self",), no_key=True).filter(room=room).first()


@erases("ratings")
def forget_ratings(person: User) -> None:
    """A closed account rates nothing any more, and takes its words with it."""
    for rating in Rating.objects.filter(person=person).select_related("room").order_by("room_id"):
        _lock_ratings(rating.room)
        rating.delete()
        publish(hosts_stream(rating.room_id), "ratings", saved=ratings_data(rating.room))
