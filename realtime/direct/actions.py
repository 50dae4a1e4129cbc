"""Writing to one person, and deciding about a first message.

Whoever writes locks both people, in the order of their numbers: of two who write to each other for the first time at the same
moment the second finds the conversation of the first and thereby answers it, and once a block or the withdrawal of the agreement
is answered, nothing comes after it. Then, as everything else, it locks the conversation.
What is written is told on `person.N` of both, in the order of the streams' names. Single messages leave no trace in the
journal: who wrote to whom and when is nobody else's business.
"""

from __future__ import annotations

import math
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conference.accounts.models import User
from conference.core.errors import Busy, Conflict
from conference.core.journal import record
from conference.core.limits import duration
from conference.core.personal_data import erases
from conference.core.streams import publish, signal
from conference.notifications.actions import notify
from realtime.direct.models import Conversation, DirectMessage, Side
from realtime.direct.queries import (
    begun_lately,
    conversation_of,
    get_partner,
    get_side,
    hindrance,
    message_data,
)

State = Conversation.State


@transaction.atomic
def send_direct(actor: User, *, person_id: int, client_id: uuid.UUID, text: str) -> DirectMessage:
    """Write to somebody. The first message to a person begins a conversation and stays the only one until they answer or accept
    it; an answer accepts it. The same `client_id` again changes nothing and answers with what was sent."""
    _lock_people(actor, get_partner(actor, person_id)[0])
    other, side = get_partner(actor, person_id)
    conversation = _lock(side.conversation_id) if side is not None else None
    if conversation is not None:
        known = DirectMessage.objects.filter(
            conversation=conversation, author=actor, client_id=client_id
        ).first()
        if known is not None:
            return known
    keeps = hindrance(actor, other)
    if keeps is not None:
        raise keeps
    first = conversation is None
    answers = False
    if conversation is None:
        conversation = _begin(actor, other)
    elif conversation.state != State.OPEN:
        if conversation.started_by_id == actor.pk:
            raise Conflict(
                _("You have written to %(name)s. You can write more once they have answered.")
                % {"name": other}
            )
        conversation.state, answers = State.OPEN, True
        record("conversation.accepted", actor, conversation)
    message = DirectMessage.objects.create(
        conversation=conversation, author=actor, client_id=client_id, text=text, first=first
    )
    conversation.latest = message.created
    conversation.save(update_fields=["state", "latest"])
    # Whoever writes has read what stood before.
    Side.objects.filter(conversation=conversation, person=actor).update(read=message.pk)
    kind = "direct.first" if first else "direct.answered" if answers else ""
    _announce(conversation, message=message, tell=other if kind else None, kind=kind)
    return message


def _lock_people(*people: User) -> None:
    numbers = [person.pk for person in people]
    list(User.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=numbers).order_by("pk"))


def _lock(conversation_id: int) -> Conversation:
    return Conversation.objects.select_for_update(of=("self",), no_key=True).get(pk=conversation_id)


def _begin(actor: User, other: User) -> Conversation:
    begun, most = begun_lately(actor), settings.NEW_CONVERSATIONS_PER_DAY
    number = begun.count()
    if number >= most:
        oldest = begun[number - most]
        left = (oldest.created + timedelta(days=1) - timezone.now()).total_seconds()
        seconds = max(1, math.ceil(left))
        sentence = ngettext(
            "You can write to %(count)d new person in 24 hours. Wait %(time)s and try again.",
            "You can write to %(count)d new people in 24 hours. Wait %(time)s and try again.",
            most,
        )
        raise Busy(sentence % {"count": most, "time": duration(seconds)}, retry_after=seconds)
    conversation = Conversation.objects.create(started_by=actor, latest=timezone.now())
    Side.objects.bulk_create(
        [
            Side(conversation=conversation, person=actor, other=other),
            Side(conversation=conversation, person=other, other=actor),
        ]
    )
    record("conversation.started", actor, conversation)
    return conversation


@transaction.atomic
def accept_conversation(actor: User, *, conversation_id: int) -> Side:
    """Let the person who wrote first go on, without an answer yet. Doing it twice is harmless."""
    return _decide(actor, conversation_id, State.OPEN)


@transaction.atomic
def ignore_conversation(actor: User, *, conversation_id: int) -> Side:
    """Put a first message away. Whoever wrote it is not told; it can still be accepted."""
    return _decide(actor, conversation_id, State.IGNORED)


def _decide(actor: User, conversation_id: int, state: str) -> Side:
    side = get_side(actor, conversation_id)
    conversation = _lock(conversation_id)
    if conversation.started_by_id == actor.pk:
        raise Conflict(_("You wrote the first message yourself. The other person decides about it."))
    if conversation.state == state:
        return get_side(actor, conversation_id)
    if conversation.state == State.OPEN:
        raise Conflict(_("You have accepted this conversation already. You can block the person instead."))
    conversation.state = state
    conversation.save(update_fields=["state"])
    if state == State.OPEN:
        record("conversation.accepted", actor, conversation)
        _announce(conversation, tell=side.other, kind="direct.accepted")
    else:
        record("conversation.ignored", actor, conversation)
        publish(f"person.{actor.pk}", "conversation", saved=conversation_of(side))
    return get_side(actor, conversation_id)


@transaction.atomic
def read_direct(actor: User, *, conversation_id: int, message_id: int) -> Side:
    """Have read everything up to that message. The other person is not told."""
    side = get_side(actor, conversation_id)
    _lock(conversation_id)
    upto = (
        DirectMessage.objects.filter(conversation=conversation_id, pk__lte=message_id)
        .order_by("-pk")
        .values_list("pk", flat=True)
        .first()
    )
    if upto and Side.objects.filter(pk=side.pk, read__lt=upto).update(read=upto):
        publish(f"person.{actor.pk}", "conversation", saved=conversation_of(side))
    return get_side(actor, conversation_id)


def tell_writing(actor: User, *, conversation_id: int) -> None:
    """Show the other person that one is writing: only where both talk already, and nothing keeps one from it."""
    side = get_side(actor, conversation_id)
    if side.conversation.state == State.OPEN and hindrance(actor, side.other) is None:
        signal(f"person.{side.other_id}", "writing", {"conversation": conversation_id})


def _announce(
    conversation: Conversation,
    *,
    message: DirectMessage | None = None,
    tell: User | None = None,
    kind: str = "",
) -> None:
    """Tell both, in the order of their streams' names, and put a notice into the inbox of `tell`. It says no more than that
    there is something to read: a name would stay there when its owner has left."""
    sides = Side.objects.filter(conversation=conversation).select_related("person")
    for side in sorted(sides, key=lambda side: f"person.{side.person_id}"):
        stream = f"person.{side.person_id}"
        if message is not None:
            publish(stream, "direct", saved=message_data(message))
        publish(stream, "conversation", saved=conversation_of(side))
        if tell is not None and side.person_id == tell.pk:
            notify([tell], kind, link=f"/messages/{conversation.pk}/")


@erases("direct")
def forget_reading(person: User) -> None:
    """What was said to others stays with them, without the name. How far one has read is forgotten."""
    Side.objects.filter(person=person).update(read=0)
