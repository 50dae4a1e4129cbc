"""Muting, removing and letting back in; reporting, and deciding about what was reported.

All of them lock the room first, so that of two moderators who decide about the same thing the second sees what the first
decided. A decision is made of several acts, each of which writes to streams of its own: it takes their locks beforehand, in
the order of their names (`hold`).
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Invalid
from conference.core.journal import record
from conference.core.personal_data import erases
from conference.core.streams import hold, publish
from conference.events.queries import organizers_of
from conference.notifications.actions import notify
from conference.rooms.models import Restriction, Room
from conference.rooms.queries import (
    RUNS,
    backstage_stream,
    get_room,
    hosts_stream,
    room_stream,
    standing_in,
)
from realtime.chat.actions import delete_message
from realtime.chat.models import Message
from realtime.moderation.models import Report
from realtime.moderation.queries import (
    get_person_in,
    get_report,
    get_reported,
    get_room_to_run,
    lost_by,
    own_restrictions_data,
    report_data,
    restrictions_data,
)
from realtime.questions.actions import dismiss_question, lower_hands_of
from realtime.questions.models import Question
from realtime.stage.actions import end_rights

MOST_OPEN = 20
"""Reports of one person in one room that nobody has decided about yet."""

MOST_TEXT = 2000
"""Of what was reported so much is kept."""

Kind = Restriction.Kind
Decision = Report.Decision


# --- taking something from a person, and giving it back ---


@transaction.atomic
def mute_person(actor: User, room_id: int, *, person_id: int) -> None:
    """They may read and listen along, and not write, ask or raise a hand. A raised hand goes down."""
    _take(actor, room_id, person_id, Kind.MUTED, "person.muted")


@transaction.atomic
def unmute_person(actor: User, room_id: int, *, person_id: int) -> None:
    _give_back(actor, room_id, person_id, Kind.MUTED, "person.unmuted")


@transaction.atomic
def remove_person(actor: User, room_id: int, *, person_id: int) -> None:
    """They may not be in the room any more: their pages leave it, and what they send and receive ends at once."""
    _take(actor, room_id, person_id, Kind.REMOVED, "person.removed")


@transaction.atomic
def readmit_person(actor: User, room_id: int, *, person_id: int) -> None:
    """Let them back in; a page that still shows the room enters it again by itself."""
    _give_back(actor, room_id, person_id, Kind.REMOVED, "person.readmitted")


def _take(actor: User, room_id: int, person_id: int, kind: str, verb: str) -> None:
    room = get_room_to_run(actor, room_id)
    _lock_room(room)
    person = get_person_in(room, person_id)
    if person.pk == actor.pk:
        raise Denied(_("You cannot do that to yourself."))
    if standing_in(person, room).role in RUNS:
        raise Denied(_("Those who run this room can be neither muted nor removed in it."))
    _made, created = Restriction.objects.get_or_create(
        room=room, user=person, kind=kind, defaults={"by": actor}
    )
    if created:
        record(verb, actor, room, event=room.event, room=room.pk, person=person.pk)
        _tell(room, person)
        lower_hands_of(actor, room, person)
        if kind == Kind.REMOVED:
            end_rights(person.pk, room.pk)  # not only where a page of theirs is connected


def _give_back(actor: User, room_id: int, person_id: int, kind: str, verb: str) -> None:
    room = get_room_to_run(actor, room_id)
    _lock_room(room)
    person = get_person_in(room, person_id)
    deleted, _by_model = Restriction.objects.filter(room=room, user=person, kind=kind).delete()
    if deleted:
        record(verb, actor, room, event=room.event, room=room.pk, person=person.pk)
        _tell(room, person)


def _tell(room: Room, person: User) -> None:
    """The person, whose pages and media the server then looks at, and those who run the room."""
    own, lost = f"person.{person.pk}", lost_by(person, room)
    hold([own, *_streams_of(room)])
    if lost:
        publish(own, "restriction", saved=own_restrictions_data(room, lost))
        publish(hosts_stream(room.pk), "restriction", saved=restrictions_data(person, lost))
    else:
        publish(own, "restriction", removed=room.pk)
        publish(hosts_stream(room.pk), "restriction", removed=person.pk)
    publish(own, "rights", saved={"id": room.pk})


def _streams_of(room: Room) -> list[str]:
    return [room_stream(room.pk), backstage_stream(room.pk), hosts_stream(room.pk)]


def _lock_room(room: Room) -> None:
    Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)


# --- reports ---


@transaction.atomic
def report(actor: User, room_id: int, *, kind: str, thing: int, reason: str, words: str = "") -> Report:
    """Tell those who run the room, and the organizers, that something should be looked at. Once for each thing and person: done
    again, nothing changes."""
    room, role = get_room(actor, room_id)
    known = Report.objects.filter(room=room, reporter=actor, kind=kind, thing=thing).first()
    if known is not None:
        return known
    person, text = get_reported(actor, room, role, kind, thing)
    if person is not None and person.pk == actor.pk:
        raise Invalid(_("This is your own. You cannot report it."))
    if person is not None and standing_in(person, room).role in RUNS:
        raise Conflict(
            _("This is about somebody who runs this room. Write to the organizers of the event about it.")
        )
    if Report.objects.filter(room=room, reporter=actor, decision="").count() >= MOST_OPEN:
        raise Conflict(_("Several reports of yours wait to be looked at. Wait for those who run the room."))
    first = not Report.objects.filter(room=room, kind=kind, thing=thing, decision="").exists()
    made, created = Report.objects.get_or_create(
        room=room,
        reporter=actor,
        kind=kind,
        thing=thing,
        defaults={"person": person, "text": text[:MOST_TEXT], "reason": reason, "words": words},
    )
    if created:
        # The journal counts; who reported it tells to nobody.
        record("report.made", None, room, event=room.event, room=room.pk, report=made.pk, kind=kind)
        if first:
            told = sorted(organizers_of(room.event), key=lambda each: f"person.{each.pk}")
            about = person.pk if person else None
            notify(
                [each for each in told if each.pk not in (actor.pk, about)],
                "report.made",
                event=room.event,
                link=reverse("room_console", args=[room.event.slug, room.code]),
                mail=False,
            )
        publish(hosts_stream(room.pk), "report", saved=report_data(made))
    return made


@transaction.atomic
def decide_report(actor: User, room_id: int, *, report_id: int, decision: str, note: str = "") -> Report:
    """Do what was decided, and tell everyone who reported this same thing, each by themselves. Of two who decide at once the
    second is told who did."""
    room = get_room_to_run(actor, room_id)
    _lock_room(room)
    found = get_report(room, report_id)
    if found.decision:
        by = found.decided_by.name if found.decided_by else _("Somebody who left")
        raise Conflict(_("%(name)s has decided about this report already.") % {"name": by})
    if found.person_id == actor.pk:
        raise Denied(_("This is about you. Somebody else decides about it."))
    _check_decision(found, decision)
    together = list(
        Report.objects.filter(room=room, kind=found.kind, thing=found.thing, decision="")
        .select_related("reporter", "person__organisation")
        .order_by("pk")
    )
    reporters = [each.reporter for each in together if each.reporter is not None]
    people = {each.pk for each in reporters} | _lock_thing(room, found)
    hold([*(f"person.{number}" for number in people), *_streams_of(room)])
    _carry_out(actor, room, found, decision)
    now = timezone.now()
    for each in together:
        each.decision, each.note, each.decided_by, each.decided = decision, note, actor, now
        each.save(update_fields=["decision", "note", "decided_by", "decided"])
        publish(hosts_stream(room.pk), "report", saved=report_data(each))
    record(
        "report.decided",
        actor,
        room,
        event=room.event,
        room=room.pk,
        decision=decision,
        kind=found.kind,
        person=found.person_id,
        reports=[each.pk for each in together],
    )
    notify(reporters, "report.decided", event=room.event, decision=decision, note=note)
    return next(each for each in together if each.pk == found.pk)


def _check_decision(found: Report, decision: str) -> None:
    if decision == Decision.MESSAGE_REMOVED and found.kind == Report.Kind.PERSON:
        raise Invalid(_("This report is about a person, not about something they wrote."))
    if decision in (Decision.PERSON_MUTED, Decision.PERSON_REMOVED) and found.person_id is None:
        raise Invalid(_("This was asked without a name, so it can only be taken away."))


def _lock_thing(room: Room, found: Report) -> set[int]:
    """Lock what is reported before any stream, as those do who change it; whose own streams a decision may write to."""
    people = {found.person_id}
    if found.kind == Report.Kind.MESSAGE:
        parents = Message.objects.filter(room=room, pk=found.thing).values("parent")
        rows = Message.objects.filter(Q(pk=found.thing) | Q(pk__in=parents), room=room).order_by("pk")
        list(rows.select_for_update(of=("self",), no_key=True))
    elif found.kind == Report.Kind.QUESTION:
        questions = Question.objects.filter(room=room, pk=found.thing)
        people |= {each.author_id for each in questions.select_for_update(of=("self",), no_key=True)}
    return {number for number in people if number is not None}


def _carry_out(actor: User, room: Room, found: Report, decision: str) -> None:
    """What is so already stays so: a message that its author has deleted meanwhile is gone."""
    person = found.person_id or 0
    acts: dict[str, Callable[[], object]] = {
        Decision.NOTHING: lambda: None,
        Decision.MESSAGE_REMOVED: lambda: _take_away(actor, room, found),
        Decision.PERSON_MUTED: lambda: mute_person(actor, room.pk, person_id=person),
        Decision.PERSON_REMOVED: lambda: remove_person(actor, room.pk, person_id=person),
    }
    acts[decision]()


def _take_away(actor: User, room: Room, found: Report) -> None:
    if found.kind == Report.Kind.MESSAGE:
        if Message.objects.filter(room=room, pk=found.thing).exclude(state=Message.State.DELETED).exists():
            delete_message(actor, room.pk, message_id=found.thing)
    elif Question.objects.filter(
        room=room,
        pk=found.thing,
        state__in=(Question.State.PENDING, Question.State.OPEN, Question.State.ANSWERING),
    ).exists():
        dismiss_question(actor, room.pk, question_id=found.thing)


# --- my data ---


@erases("moderation")
def forget_reports(person: User) -> None:
    """What the person reported stays, under no name; what was kept of what they wrote goes, and so does what they had lost."""
    for about in Report.objects.filter(person=person).select_related("room", "decided_by__organisation"):
        about.person, about.text = None, ""
        about.save(update_fields=["person", "text"])
        publish(hosts_stream(about.room_id), "report", saved=report_data(about))
    Report.objects.filter(reporter=person).update(reporter=None)
    for room_id in sorted(
        set(Restriction.objects.filter(user=person).values_list("room", flat=True)), key=str
    ):
        Restriction.objects.filter(user=person, room=room_id).delete()
        publish(hosts_stream(room_id), "restriction", removed=person.pk)
