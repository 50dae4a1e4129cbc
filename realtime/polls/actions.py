"""Making polls, answering them, and showing what came of it.

A poll's row is locked for every change and every ballot: nobody answers what was closed a moment ago, and what is shown at the
end is all that was answered.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Invalid, Missing
from conference.core.journal import record
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish, signal_latest
from conference.rooms.models import Room
from conference.rooms.queries import RUNS, get_room, hosts_stream, room_stream
from realtime.polls.models import RATINGS, Ballot, Poll
from realtime.polls.queries import MOST_POLLS, get_poll, poll_data, tallies_in

State, Kind = Poll.State, Poll.Kind


# --- making ---


@transaction.atomic
def create_poll(actor: User, room_id: int, *, kind: str, title: str, options: list[str], most: int) -> Poll:
    """A draft, which only those who run the room see."""
    room, role = get_room(actor, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can do that with polls."))
    if room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is over. No polls can be made in it any more."))
    Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)
    if Poll.objects.filter(room=room).count() >= MOST_POLLS:
        raise Conflict(_("This room has as many polls as it can have. Delete a draft first."))
    poll = Poll(room=room)
    _fill(poll, kind=kind, title=title, options=options, most=most)
    poll.save()
    record("poll.created", actor, poll, event=room.event, room=room.pk)
    publish(hosts_stream(room.pk), "draft", saved=poll_data(poll))
    return poll


@transaction.atomic
def edit_poll(
    actor: User, room_id: int, *, poll_id: int, kind: str, title: str, options: list[str], most: int
) -> Poll:
    """Change a draft. What people have begun to answer stays as it is."""
    poll = _lock(actor, room_id, poll_id)
    if poll.state != State.DRAFT:
        raise Conflict(_("This poll was opened, so it stays as it is. Make a new one."))
    _fill(poll, kind=kind, title=title, options=options, most=most)
    poll.save()
    record("poll.edited", actor, poll, event=poll.room.event, room=poll.room_id)
    publish(hosts_stream(room_id), "draft", saved=poll_data(poll))
    return poll


def _fill(poll: Poll, *, kind: str, title: str, options: list[str], most: int) -> None:
    chosen = kind in (Kind.SINGLE, Kind.SEVERAL)
    if chosen and len(options) < 2:
        sentence = _("Give at least two options.")
        raise Invalid(sentence, fields={"options": [sentence]})
    if len(set(options)) < len(options):
        sentence = _("Two options are the same.")
        raise Invalid(sentence, fields={"options": [sentence]})
    poll.kind, poll.title, poll.options = kind, title, options if chosen else []
    poll.most = {Kind.SINGLE: 1, Kind.RATING: 1, Kind.SEVERAL: min(most, len(options)), Kind.WORDS: most}[
        Kind(kind)
    ]


@transaction.atomic
def delete_poll(actor: User, room_id: int, *, poll_id: int) -> None:
    """Throw a draft away."""
    poll = _lock(actor, room_id, poll_id)
    if poll.state != State.DRAFT:
        raise Conflict(_("This poll was opened, so it stays as it is. Make a new one."))
    number, room = poll.pk, poll.room
    poll.delete()
    record("poll.deleted", actor, room, event=room.event, room=room.pk, poll=number)
    publish(hosts_stream(room_id), "draft", removed=number)


# --- running ---


@transaction.atomic
def open_poll(actor: User, room_id: int, *, poll_id: int) -> Poll:
    """Let everyone answer: a draft, or one that was closed too early."""
    poll = _lock(actor, room_id, poll_id)
    if poll.state == State.OPEN:
        raise Conflict(_("This poll is open already."))
    was_draft = poll.state == State.DRAFT
    poll.state = State.OPEN
    poll.save()
    record("poll.opened", actor, poll, event=poll.room.event, room=poll.room_id)
    publish(room_stream(room_id), "poll", saved=poll_data(poll))
    if was_draft:
        publish(hosts_stream(room_id), "draft", removed=poll.pk)
    return poll


@transaction.atomic
def close_poll(actor: User, room_id: int, *, poll_id: int) -> Poll:
    """No more answers."""
    poll = _lock(actor, room_id, poll_id)
    if poll.state != State.OPEN:
        raise Conflict(_("This poll is not open."))
    poll.state = State.CLOSED
    poll.save()
    record("poll.closed", actor, poll, event=poll.room.event, room=poll.room_id, answers=poll.answers)
    publish(room_stream(room_id), "poll", saved=poll_data(poll))
    return poll


@transaction.atomic
def show_poll(actor: User, room_id: int, *, poll_id: int, shown: bool) -> Poll:
    """Show the results to everyone, or hide them again."""
    poll = _lock(actor, room_id, poll_id)
    if poll.state == State.DRAFT:
        raise Conflict(_("Nobody could answer this poll yet, so there is nothing to show."))
    if poll.shown != shown:
        poll.shown = shown
        poll.save()
        record(
            "poll.shown" if shown else "poll.hidden", actor, poll, event=poll.room.event, room=poll.room_id
        )
        publish(room_stream(room_id), "poll", saved=poll_data(poll))
    return poll


def _lock(actor: User, room_id: int, poll_id: int) -> Poll:
    get_poll(actor, room_id, poll_id)
    return _locked(room_id, poll_id)


def _locked(room_id: int, poll_id: int) -> Poll:
    rows = Poll.objects.select_for_update(of=("self",), no_key=True).select_related("room__event")
    poll = rows.filter(room=room_id, pk=poll_id).first()
    if poll is None:
        raise Missing(_("There is no such poll."))
    return poll


# --- answering ---


@transaction.atomic
def cast_ballot(actor: User, room_id: int, *, poll_id: int, choices: list[Any]) -> Ballot:
    """Answer, or answer differently, while the poll is open. One ballot for each person."""
    get_room(actor, room_id)
    poll = _locked(room_id, poll_id)
    if poll.state == State.DRAFT:
        raise Missing(_("There is no such poll."))
    if poll.state != State.OPEN:
        raise Conflict(_("This poll is closed. Your answer was not counted."))
    answer = _read(poll, choices)
    ballot = Ballot.objects.filter(poll=poll, person=actor).first() or Ballot(poll=poll, person=actor)
    _count(poll, ballot.choices or [], answer)
    ballot.choices = answer
    ballot.save()
    poll.save(update_fields=["answers", "tally"])
    publish(f"person.{actor.pk}", "ballot", saved={"id": poll.pk, "choices": answer})
    # Hundreds answer at once: everyone sees how it stands, at most once a second.
    now = timezone.now().timestamp()
    signal_latest(room_stream(room_id), "tally", {"polls": tallies_in(room_id)}, order=int(now * 1000))
    return ballot


def _count(poll: Poll, before: list[Any], after: list[Any]) -> None:
    """Take the old answer out of the tally and put the new one in."""
    for choices, by in ((before, -1), (after, 1)):
        for choice in choices:
            if poll.kind == Kind.WORDS:
                key = unicodedata.normalize("NFC", choice).casefold()
                label, count = poll.tally.get(key, (choice, 0))
                poll.tally[key] = [label, count + by]
            else:
                key = str(choice)
                poll.tally[key] = poll.tally.get(key, 0) + by
            if poll.tally[key] == 0 or (poll.kind == Kind.WORDS and poll.tally[key][1] == 0):
                del poll.tally[key]
    poll.answers += bool(after) - bool(before)


def _read(poll: Poll, choices: list[Any]) -> list[Any]:
    """The answer, checked against what was asked."""
    if not choices or len(choices) > poll.most:
        sentence = ngettext(
            "Give an answer: %(most)d at most.", "Give an answer: up to %(most)d.", poll.most
        ) % {"most": poll.most}
        raise Invalid(sentence, fields={"choices": [sentence]})
    if poll.kind == Kind.WORDS:
        words = list(dict.fromkeys(" ".join(word.split()) for word in choices if isinstance(word, str)))
        fits = len(words) > 0 and all(words) and all(isinstance(word, str) for word in choices)
        answer: list[Any] = words
    else:
        first, last = (1, RATINGS) if poll.kind == Kind.RATING else (0, len(poll.options) - 1)
        fits = all(type(choice) is int and first <= choice <= last for choice in choices)
        answer = sorted(set(choices)) if fits else []
    if not fits:
        sentence = _("This is not among the answers of the poll.")
        raise Invalid(sentence, fields={"choices": [sentence]})
    return answer


@erases("polls")
def forget_ballots(person: User) -> None:
    """The person's answers go; the results are what the others answered."""
    for ballot in Ballot.objects.filter(person=person).order_by("poll"):
        rows = Poll.objects.select_for_update(of=("self",), no_key=True)
        poll = rows.get(pk=ballot.poll_id)
        _count(poll, ballot.choices, [])
        poll.save(update_fields=["answers", "tally"])
        ballot.delete()
        publish(room_stream(poll.room_id), "poll", saved=poll_data(poll))
