"""What people do in a chat: write, change, take back, react; and what those who run the room decide about it.

Whoever changes a message locks it first (a reply after what it replies to), so that of an edit and a deletion, or of two
moderators, the second sees what the first did. Streams are always written in the order of their names (`person.7`,
`room.12`, `room.12.hosts`): two changes never wait for each other.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.accounts.queries import are_apart
from conference.core.errors import Busy, Conflict, Denied, Missing
from conference.core.journal import record
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish, signal_latest
from conference.notifications.actions import notify
from conference.programme.search import folded
from conference.rooms.models import Room
from conference.rooms.queries import (
    ON_STAGE,
    RUNS,
    get_room,
    get_room_to_speak_in,
    hosts_stream,
    room_stream,
)
from realtime.chat.models import Mention, Message, MessageReaction, ReadMark, Translation
from realtime.chat.people import names_of, people_mentioned
from realtime.chat.queries import (
    EDIT_FOR,
    SEEN,
    get_message,
    in_order,
    message_data,
    reactions_since,
    read_data,
)
from realtime.chat.writing import holds_one_of, language_of, marked
from realtime.rules.models import RoomRules
from realtime.rules.queries import rules_of

State = Message.State

MOST_WAITING = 20
"""Messages of one person in one room that nobody has looked at yet."""

TELL_REACTIONS_FOR = timedelta(seconds=5)
"""A signal replaces the one before it within a second, so it tells what changed in the last seconds, not only the last."""


# --- writing ---


@transaction.atomic
def send_message(
    actor: User,
    room_id: int,
    *,
    client_id: uuid.UUID,
    text: str,
    parent_id: int | None = None,
    mentions: Collection[int] = (),
) -> Message:
    """Say something to everyone in the room, or reply to a message (to a reply: in the same thread). The same `client_id` again
    changes nothing and answers with what was sent. Where messages are looked at first it waits, seen by its author alone."""
    room, role = get_room_to_speak_in(actor, room_id)
    known = _sent_before(actor, room, client_id)
    if known is not None:
        return known
    rules = rules_of(room)
    _check_open(room, role, rules)
    if rules.slow_mode and role not in ON_STAGE:
        _wait_for_turn(actor, room, rules.slow_mode)
    parent = _thread_to_reply_in(actor, room, role, parent_id) if parent_id is not None else None
    held = _is_held(role, rules, text)
    if held and Message.objects.filter(room=room, author=actor, state=State.HELD).count() >= MOST_WAITING:
        raise Conflict(_("Several messages of yours wait to be looked at. Wait for the moderators."))
    draft = Message(state=State.HELD if held else State.SHOWN)
    people = _write(draft, actor, room, text, mentions)
    draft.room, draft.author, draft.client_id, draft.parent = room, actor, client_id, parent
    try:
        with transaction.atomic():
            draft.save()
    except IntegrityError:  # two tabs, or a retry that overtook the first
        return Message.objects.select_related("author__organisation").get(
            room=room, author=actor, client_id=client_id
        )
    if people:
        _mention(draft, people)
    record("message.sent", actor, draft, event=room.event, room=room.pk)
    _announce(draft, parent, before=None)
    return draft


def _sent_before(actor: User, room: Room, client_id: uuid.UUID) -> Message | None:
    rows = Message.objects.filter(room=room, author=actor, client_id=client_id)
    return rows.select_related("author__organisation").first()


def _check_open(room: Room, role: str, rules: RoomRules) -> None:
    if room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is over. Its chat can be read, but not added to."))
    if rules.chat == RoomRules.Chat.CLOSED:
        raise Conflict(_("The chat of this room is closed at the moment. It can be read."))
    if rules.chat == RoomRules.Chat.HOSTS and role not in RUNS:
        raise Conflict(_("Only those who run this room write in its chat at the moment."))


def _wait_for_turn(actor: User, room: Room, pause: int) -> None:
    """In slow mode: `Busy` until enough time has passed since the person's last message. The lock is for two tabs at once."""
    Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)
    last = Message.objects.filter(room=room, author=actor).order_by("-pk").values_list("created").first()
    wait = pause - (timezone.now() - last[0]).total_seconds() if last else 0
    if wait > 0:
        seconds = int(wait) + 1
        sentence = ngettext(
            "Slow mode: you can write again in %(seconds)d second.",
            "Slow mode: you can write again in %(seconds)d seconds.",
            seconds,
        )
        raise Busy(sentence % {"seconds": seconds}, retry_after=seconds)


def _thread_to_reply_in(actor: User, room: Room, role: str, message_id: int) -> Message:
    """What a reply stands under, locked."""
    found = get_message(actor, room, role, message_id)
    parent = _locked(room, [found.parent_id or found.pk]).get(found.parent_id or found.pk)
    if parent is None or parent.state != State.SHOWN:
        raise Conflict(_("This message is not there any more, so nobody can reply to it."))
    return parent


def _is_held(role: str, rules: RoomRules, text: str) -> bool:
    return role not in RUNS and (rules.hold_messages or holds_one_of(text, rules.held_words))


def _write(
    message: Message, actor: User, room: Room, text: str, mentions: Collection[int]
) -> dict[int, User]:
    """Put the words into the message; whom they name."""
    known = people_mentioned(actor, room, mentions)
    message.html, found = marked(text, {number: names_of(person) for number, person in known.items()})
    message.text = text
    message.language = language_of(text, get_language() or "")
    message.search_text = folded(text)
    return {number: known[number] for number in found}


def _mention(message: Message, people: dict[int, User]) -> None:
    Mention.objects.filter(message=message, told=False).exclude(person__in=people).delete()
    Mention.objects.bulk_create(
        [Mention(message=message, person=person) for person in people.values()], ignore_conflicts=True
    )


@transaction.atomic
def edit_message(
    actor: User, room_id: int, *, message_id: int, text: str, mentions: Collection[int] = ()
) -> Message:
    """Put other words into one's own message, soon after it was written. What has to be looked at first goes out of the
    others' sight until somebody has."""
    room, role = get_room_to_speak_in(actor, room_id)
    message, parent = _lock(actor, room, role, message_id)
    if message.author_id != actor.pk:
        raise Denied(_("Only whoever wrote a message can change it."))
    if message.state not in (State.SHOWN, State.HELD):
        raise Conflict(_conflict_of(message))
    if timezone.now() - message.created > EDIT_FOR:
        minutes = int(EDIT_FOR.total_seconds() // 60)
        raise Conflict(
            _("A message can be changed for %(minutes)d minutes. You can delete it and write another one.")
            % {"minutes": minutes}
        )
    if text == message.text:
        return message
    rules = rules_of(room)
    _check_open(room, role, rules)
    before = message.state
    people = _write(message, actor, room, text, mentions)
    message.edited = timezone.now()
    if _is_held(role, rules, text):
        message.state = State.HELD
    message.save()
    Translation.objects.filter(message=message).delete()
    _mention(message, people)
    record("message.edited", actor, message, event=room.event, room=room.pk)
    _announce(message, parent, before=before)
    return message


@transaction.atomic
def delete_message(actor: User, room_id: int, *, message_id: int) -> None:
    """Take the words away for good: one's own, or anyone's for those who run the room. The place stays where others saw it."""
    room, role = get_room(actor, room_id)
    message, parent = _lock(actor, room, role, message_id)
    if message.author_id != actor.pk and role not in RUNS:
        raise Denied(_("Only whoever wrote a message, or those who run the room, can delete it."))
    if message.state == State.DELETED:
        return
    before = message.state
    by_hosts = message.author_id != actor.pk
    record(
        "message.deleted",
        actor,
        message,
        event=room.event,
        room=room.pk,
        by_hosts=by_hosts,
        person=message.author_id,
    )
    if before not in SEEN and not message.replies.exists():
        _announce_removal(message)
        message.delete()
        return
    message.state, message.by_hosts = State.DELETED, by_hosts
    message.text = message.html = message.language = message.search_text = ""
    message.reactions, message.edited = {}, None
    message.save()
    for rows in (message.given, message.mentions, message.translations):
        rows.all().delete()
    _announce(message, parent, before=before)


# --- deciding about what waits ---


@transaction.atomic
def approve_message(actor: User, room_id: int, *, message_id: int) -> Message:
    """Let everyone see it, at the place where it was written."""
    return _decide(actor, room_id, message_id, State.SHOWN)


@transaction.atomic
def dismiss_message(actor: User, room_id: int, *, message_id: int) -> Message:
    """Nobody but its author will see it. The author is told."""
    return _decide(actor, room_id, message_id, State.DISMISSED)


def _decide(actor: User, room_id: int, message_id: int, state: str) -> Message:
    room, role = get_room(actor, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room decide about what waits."))
    message, parent = _lock(actor, room, role, message_id)
    if message.state != State.HELD:
        raise Conflict(_conflict_of(message))
    before, message.state = message.state, State(state)
    message.save(update_fields=["state"])
    verb = "message.approved" if state == State.SHOWN else "message.dismissed"
    record(verb, actor, message, event=room.event, room=room.pk, person=message.author_id)
    _announce(message, parent, before=before)
    return message


def _conflict_of(message: Message) -> str:
    return {
        State.SHOWN: _("This message has been approved already."),
        State.HELD: _("This message waits to be looked at."),
        State.DISMISSED: _("This message was dismissed."),
        State.DELETED: _("This message was deleted."),
    }[State(message.state)]


# --- reactions, and how far one has read ---


@transaction.atomic
def react_to_message(actor: User, room_id: int, *, message_id: int, emoji: str, wanted: bool) -> list[str]:
    """Give a message an emoji, or take it back; each person each emoji once. What the person has given it now."""
    room, role = get_room_to_speak_in(actor, room_id)
    if room.event.state == Event.State.ARCHIVED or rules_of(room).chat == RoomRules.Chat.CLOSED:
        raise Conflict(_("The chat of this room is closed at the moment. It can be read."))
    get_message(actor, room, role, message_id)
    message = _locked(room, [message_id]).get(message_id)
    if message is None or message.state != State.SHOWN:
        raise Conflict(_("This message is not there any more."))
    mine = MessageReaction.objects.filter(message=message, person=actor)
    given = set(mine.values_list("emoji", flat=True))
    if (emoji in given) != wanted:
        if wanted:
            MessageReaction.objects.create(message=message, person=actor, emoji=emoji)
            given.add(emoji)
        else:
            mine.filter(emoji=emoji).delete()
            given.discard(emoji)
        _count(message, emoji, 1 if wanted else -1)
        own = {"id": message.pk, "emoji": in_order(list(given))}
        stream = f"person.{actor.pk}"
        if given:
            publish(stream, "reacted", saved=own)
        else:
            publish(stream, "reacted", removed=message.pk)
        transaction.on_commit(lambda: _tell_reactions(room.pk))
    return in_order(list(given))


def _count(message: Message, emoji: str, by: int) -> None:
    count = message.reactions.get(emoji, 0) + by
    message.reactions = {name: number for name, number in message.reactions.items() if name != emoji}
    if count > 0:
        message.reactions[emoji] = count
    message.reacted = timezone.now()
    message.save(update_fields=["reactions", "reacted"])


def _tell_reactions(room_id: int) -> None:
    """How it stands, after the commit: whoever reads later knows more, and says so by a higher order."""
    order = int(timezone.now().timestamp() * 1_000_000)
    told = {"messages": reactions_since(room_id, TELL_REACTIONS_FOR)}
    signal_latest(room_stream(room_id), "reactions", told, order=order)


@transaction.atomic
def mark_read(actor: User, room_id: int, *, message_id: int) -> ReadMark:
    """Remember how far the person has read; never back."""
    room, _role = get_room(actor, room_id)
    newest = Message.objects.filter(room=room).order_by("-pk").values_list("pk", flat=True).first() or 0
    number = min(message_id, newest)
    ReadMark.objects.get_or_create(room=room, person=actor, defaults={"message": 0})
    mark = ReadMark.objects.select_for_update(of=("self",), no_key=True).get(room=room, person=actor)
    if number > mark.message:
        mark.message = number
        mark.save(update_fields=["message"])
        publish(f"person.{actor.pk}", "read", saved=read_data(mark))
    return mark


@transaction.atomic
def keep_translation(message_id: int, *, of_text: str, language: str, text: str) -> None:
    """Keep what the translator gave, unless the message has changed meanwhile."""
    rows = Message.objects.select_for_update(of=("self",), no_key=True)
    message = rows.filter(pk=message_id, text=of_text, state=State.SHOWN).first()
    if message is not None:
        Translation.objects.update_or_create(message=message, language=language, defaults={"text": text})


# --- locking and telling ---


def _locked(room: Room, numbers: Collection[int]) -> dict[int, Message]:
    """These messages of the room, locked in the order of their ids."""
    rows = Message.objects.select_for_update(of=("self",), no_key=True).filter(room=room, pk__in=numbers)
    return {row.pk: row for row in rows.select_related("room__event", "author__organisation").order_by("pk")}


def _lock(actor: User, room: Room, role: str, message_id: int) -> tuple[Message, Message | None]:
    """The message, and what it replies to, both locked, for someone who may see it."""
    found = get_message(actor, room, role, message_id)
    locked = _locked(room, [number for number in (found.parent_id, found.pk) if number is not None])
    if message_id not in locked:  # deleted a moment ago
        raise Missing(_("There is no such message."))
    return locked[message_id], locked.get(found.parent_id) if found.parent_id else None


def _announce(message: Message, parent: Message | None, *, before: str | None) -> None:
    """Tell those who may see it now, take it from those who may not any more, and tell the people named in it."""
    data = message_data(message)
    author, room = f"person.{message.author_id}", room_stream(message.room_id)
    hosts = hosts_stream(message.room_id)
    seen, was_seen = message.state in SEEN, before in SEEN
    steps: list[tuple[str, Callable[[], Any]]] = []
    if not seen:
        steps.append((author, lambda: publish(author, "held", saved=data)))
    elif before is not None and not was_seen:
        steps.append((author, lambda: publish(author, "held", removed=message.pk)))
    if seen:
        steps.append((room, lambda: _show(message)))
    elif was_seen:
        steps.append((room, lambda: _hide(message)))
    if parent is not None and (message.state == State.SHOWN) != (before == State.SHOWN):
        steps.append((room, lambda: _count_replies(parent)))
    if message.state == State.HELD:
        steps.append((hosts, lambda: publish(hosts, "held", saved=data)))
    elif before == State.HELD:
        steps.append((hosts, lambda: publish(hosts, "held", removed=message.pk)))
    if message.state == State.SHOWN and "<mark " in message.html:
        steps += _notices(message)
    for _stream, step in sorted(steps, key=lambda each: each[0]):
        step()


def _show(message: Message) -> None:
    if message.parent_id is not None:
        publish(room_stream(message.room_id), "reply", saved=message_data(message))
    else:
        publish(room_stream(message.room_id), "message", saved=message_data(message))


def _hide(message: Message) -> None:
    if message.parent_id is not None:
        publish(room_stream(message.room_id), "reply", removed=message.pk)
    else:
        publish(room_stream(message.room_id), "message", removed=message.pk)


def _announce_removal(message: Message) -> None:
    streams = [f"person.{message.author_id}"]
    if message.state == State.HELD:
        streams.append(hosts_stream(message.room_id))
    publish(streams, "held", removed=message.pk)


def _count_replies(parent: Message) -> None:
    parent.reply_count = parent.replies.filter(state=State.SHOWN).count()
    parent.save(update_fields=["reply_count"])
    if parent.state in SEEN:
        _show(parent)


def _notices(message: Message) -> list[tuple[str, Callable[[], Any]]]:
    """One notice for each person named, by the stream on which it is told."""
    room, author = message.room, message.author
    untold = list(Mention.objects.filter(message=message, told=False).select_related("person"))
    if not untold or author is None:
        return []
    Mention.objects.filter(pk__in=[mention.pk for mention in untold]).update(told=True)
    # The room tells by its owner what it is about.
    title = room.session.title if hasattr(room, "session") else room.event.name
    link = reverse("chat_message", args=[room.event.slug, room.code, message.pk])

    def tell(person: User) -> None:
        notify(
            [person],
            "chat.mentioned",
            event=room.event,
            link=link,
            mail=False,
            title=title,
            name=str(author),
        )

    return [
        (f"person.{mention.person_id}", partial(tell, mention.person))
        for mention in untold
        if not are_apart(author.pk, mention.person_id)
    ]


# --- my data ---


@erases("chat")
def forget_writer(person: User) -> None:
    """What others saw stays, under no name; what they did not see goes, and so do reactions, marks and mentions."""
    waiting = Message.objects.filter(author=person).exclude(state__in=SEEN).filter(replies=None)
    for message in waiting.select_related("room__event"):
        _announce_removal(message)
        message.delete()
    for reaction in MessageReaction.objects.filter(person=person).order_by("message"):
        rows = Message.objects.select_for_update(of=("self",), no_key=True)
        message = rows.select_related("author__organisation").get(pk=reaction.message_id)
        _count(message, reaction.emoji, -1)
        reaction.delete()
        _show(message)
    ReadMark.objects.filter(person=person).delete()
    Mention.objects.filter(person=person).delete()
