"""What was written in a room, for someone who is in it.

What everyone may see travels as `message` (and replies as `reply`) on the room's stream. What waits to be looked at is
`held`: the same thing under another name, for those who run the room (`room.12.hosts`) and for its author (`person.7`).

A snapshot holds the newest messages without their replies: a thread is read when somebody opens it. How often an emoji was
given is told by a signal of which only the newest counts, so the kept part of a snapshot may be behind in that; what
changed a moment ago therefore stands in each person's own part.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import Consent, User
from conference.accounts.queries import directory_consent_of, person_data
from conference.core.errors import Denied, Invalid, Missing
from conference.core.personal_data import exports
from conference.events.queries import Viewer
from conference.programme.search import terms_of
from conference.rooms.models import Room
from conference.rooms.queries import ON_STAGE, RUNS, get_room, get_room_to_speak_in
from realtime.chat.models import EMOJI, Message, MessageReaction, ReadMark, Translation
from realtime.rules.models import RoomRules
from realtime.rules.queries import rules_of
from realtime.snapshots import LONGEST, shows_to_everyone, shows_to_hosts, shows_to_person

State = Message.State

SNAPSHOT_MESSAGES = 50
AROUND = 25
"""Messages on each side of one that is looked up."""
MOST_REPLIES = 100
MOST_HELD = 200
MOST_REACTIONS = 300
"""Own reactions that a snapshot holds, the newest."""
MOST_CHANGED = 50
"""Messages whose reactions one signal tells."""
MOST_UNREAD = 999
FOUND = 30

EDIT_FOR = timedelta(minutes=15)

SEEN = (State.SHOWN, State.DELETED)
"""States in which everyone in the room sees a message: with its words, or as the place where it stood."""


def message_data(message: Message) -> dict[str, Any]:
    """The public form of a chat message. A deleted one has no words."""
    return {
        "id": message.pk,
        "room": message.room_id,
        "client_id": str(message.client_id),
        "parent": message.parent_id,
        "author": person_data(message.author),
        "state": message.state,
        "by_hosts": message.by_hosts,
        "text": message.text,
        "html": message.html,
        "language": message.language,
        "replies": message.reply_count,
        "reactions": message.reactions,
        "created": message.created,
        "edited": message.edited,
    }


def get_message(viewer: Viewer, room: Room, role: str, message_id: int) -> Message:
    """A message that the viewer, who is in the room in this role, may see; else `Missing`."""
    rows = Message.objects.filter(room=room, pk=message_id)
    if role not in RUNS:
        seen = Q(state__in=SEEN)
        if viewer is not None and viewer.is_authenticated:
            seen |= Q(author=viewer)
        rows = rows.filter(seen)
    found = rows.select_related("room__event", "author__organisation").first()
    if found is None:
        raise Missing(_("There is no such message."))
    return found


def _shown_in(room: Room) -> QuerySet[Message]:
    """What stands in the room's chat itself, replies left out."""
    return Message.objects.filter(room=room, parent=None, state__in=SEEN).select_related(
        "author__organisation"
    )


def messages_before(viewer: Viewer, room_id: int, before: int) -> dict[str, Any]:
    """The messages before the one with id `before`, oldest first, and whether there are still older ones."""
    room, _role = get_room(viewer, room_id)
    messages, more = newest_messages(room, before)
    return {"messages": [message_data(message) for message in messages], "more": more}


def messages_after(viewer: Viewer, room_id: int, after: int) -> dict[str, Any]:
    """The messages after the one with id `after`, oldest first, and whether there are still newer ones."""
    room, _role = get_room(viewer, room_id)
    found = list(_shown_in(room).filter(pk__gt=after).order_by("pk")[: SNAPSHOT_MESSAGES + 1])
    return {
        "messages": [message_data(message) for message in found[:SNAPSHOT_MESSAGES]],
        "newer": len(found) > SNAPSHOT_MESSAGES,
    }


def messages_around(viewer: Viewer, room_id: int, message_id: int) -> dict[str, Any]:
    """A message among those before and after it, and whether there are still older and newer ones. Of a reply, what it
    replies to: `thread`."""
    room, role = get_room(viewer, room_id)
    target = get_message(viewer, room, role, message_id)
    middle = target.parent_id or target.pk
    older = list(_shown_in(room).filter(pk__lte=middle).order_by("-pk")[: AROUND + 1])
    newer = list(_shown_in(room).filter(pk__gt=middle).order_by("pk")[: AROUND + 1])
    return {
        "messages": [message_data(message) for message in [*older[:AROUND][::-1], *newer[:AROUND]]],
        "message": middle,
        "thread": target.parent_id,
        "more": len(older) > AROUND,
        "newer": len(newer) > AROUND,
    }


def newest_messages(room: Room, before: int | None = None) -> tuple[list[Message], bool]:
    """Up to 50 messages, oldest first, and whether there are still older ones."""
    rows = _shown_in(room).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: SNAPSHOT_MESSAGES + 1])
    return found[SNAPSHOT_MESSAGES - 1 :: -1], len(found) > SNAPSHOT_MESSAGES


def thread_of(viewer: Viewer, room_id: int, message_id: int, before: int | None = None) -> dict[str, Any]:
    """A message and the newest replies to it, oldest first; with `before`, those before that reply."""
    room, role = get_room(viewer, room_id)
    message = get_message(viewer, room, role, message_id)
    if message.parent_id is not None:
        message = get_message(viewer, room, role, message.parent_id)
    rows = Message.objects.filter(parent=message, state__in=SEEN).select_related("author__organisation")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: MOST_REPLIES + 1])
    return {
        "message": message_data(message),
        "replies": [message_data(reply) for reply in found[MOST_REPLIES - 1 :: -1]],
        "more": len(found) > MOST_REPLIES,
    }


def found_messages(viewer: Viewer, room_id: int, text: str, before: int | None = None) -> dict[str, Any]:
    """The messages and replies with all the words of `text` in them, newest first. Found are characters anywhere in the text:
    many languages of the region write no spaces (`programme.search`)."""
    room, _role = get_room(viewer, room_id)
    terms = terms_of(text)
    if not terms:
        sentence = _("Write what you are looking for.")
        raise Invalid(sentence, fields={"text": [sentence]})
    rows = Message.objects.filter(room=room, state=State.SHOWN).select_related("author__organisation")
    for term in terms:
        rows = rows.filter(search_text__contains=term)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: FOUND + 1])
    return {
        "messages": [message_data(message) for message in found[:FOUND]],
        "more": len(found) > FOUND,
    }


def translation_of(
    viewer: Viewer, room_id: int, message_id: int, language: str
) -> tuple[str | None, Message]:
    """The message with its words in that language, as they were given before; None where nobody asked yet."""
    room, role = get_room(viewer, room_id)
    message = get_message(viewer, room, role, message_id)
    if message.state != State.SHOWN:
        raise Missing(_("There is no such message."))
    if message.language.split("-")[0] == language.split("-")[0]:
        return message.text, message
    known = Translation.objects.filter(message=message, language=language).values_list("text", flat=True)
    return known.first(), message


def writer_in(viewer: User, room_id: int) -> dict[str, Any] | None:
    """What others may know of someone who is writing just now: who it is, if the person agreed to be listed or has a part on
    the stage, else None. Refused for those who may not write."""
    room, role = get_room_to_speak_in(viewer, room_id)
    chat = rules_of(room).chat
    if chat == RoomRules.Chat.CLOSED or (chat == RoomRules.Chat.HOSTS and role not in RUNS):
        raise Denied(_("Only those who run this room write in its chat at the moment."))
    consent = None if role in ON_STAGE else directory_consent_of(viewer, room.event)
    agreed = consent is not None and consent.audience == Consent.Audience.PARTICIPANTS
    return person_data(viewer) if agreed or role in ON_STAGE else None


def held_messages(room: Room) -> list[Message]:
    """What waits for those who run the room, oldest first."""
    rows = Message.objects.filter(room=room, state=State.HELD).select_related("author__organisation")
    return list(rows.order_by("-pk")[:MOST_HELD])[::-1]


def own_held(person: User, room: Room) -> list[Message]:
    """What the person wrote here and others do not see."""
    rows = Message.objects.filter(room=room, author=person, state__in=(State.HELD, State.DISMISSED))
    return list(rows.select_related("author__organisation").order_by("-pk")[:MOST_HELD])[::-1]


def reactions_since(room_id: int, ago: timedelta) -> list[dict[str, Any]]:
    """How the reactions of those messages stand where they changed no longer ago than this."""
    rows = Message.objects.filter(room=room_id, reacted__gt=timezone.now() - ago, state=State.SHOWN)
    return [
        {"id": number, "parent": parent, "reactions": reactions}
        for number, parent, reactions in rows.order_by("-reacted").values_list("pk", "parent", "reactions")[
            :MOST_CHANGED
        ]
    ]


def reactions_of(person: User, room: Room) -> list[dict[str, Any]]:
    """What the person reacted with here, by message."""
    rows = MessageReaction.objects.filter(message__room=room, person=person).order_by("-pk")
    given: dict[int, list[str]] = {}
    for number, emoji in rows.values_list("message", "emoji")[:MOST_REACTIONS]:
        given.setdefault(number, []).append(emoji)
    return [{"id": number, "emoji": in_order(given[number])} for number in sorted(given)]


def in_order(emoji: list[str]) -> list[str]:
    """As they are offered."""
    return [each for each in EMOJI if each in emoji]


def read_data(mark: ReadMark) -> dict[str, Any]:
    """How far a person has read, with the room's id as its own."""
    return {"id": mark.room_id, "message": mark.message}


def _unread_by(person: User, room: Room, mark: ReadMark) -> int:
    """How many messages of others came since the person was here."""
    newer = Message.objects.filter(room=room, parent=None, state=State.SHOWN, pk__gt=mark.message)
    return newer.exclude(author=person).order_by()[:MOST_UNREAD].count()


# --- what a room shows to whoever comes in ---


@shows_to_everyone
def chat_part(room: Room) -> dict[str, Any]:
    """The newest messages for whoever comes in, whether there are older ones, and what one may do with them."""
    messages, more = newest_messages(room)
    return {
        "state": {"message": [message_data(message) for message in messages]},
        "more": more,
        "chat": {
            "emoji": EMOJI,
            "edit_seconds": int(EDIT_FOR.total_seconds()),
            "translates": bool(settings.CHAT_TRANSLATOR),
            "address": reverse("chat_message", args=[room.event.slug, room.code, 0]).removesuffix("0/"),
        },
    }


@shows_to_hosts
def held_part(room: Room) -> dict[str, Any]:
    """What waits to be looked at."""
    return {"state": {"held": [message_data(message) for message in held_messages(room)]}}


_MESSAGES = Message._meta.db_table


@shows_to_person(
    f"""EXISTS(SELECT FROM {_MESSAGES} WHERE room_id = %(room)s AND author_id = %(person)s
                                         AND state IN ('{State.HELD}', '{State.DISMISSED}'))""",
    held=[],
)
def held_of_person(person: User, room: Room) -> dict[str, Any]:
    """What the person wrote and others do not see."""
    return {"held": [message_data(message) for message in own_held(person, room)]}


@shows_to_person(
    f"""EXISTS(SELECT FROM {MessageReaction._meta.db_table} given JOIN {_MESSAGES} message ON message.id = given.message_id
               WHERE message.room_id = %(room)s AND given.person_id = %(person)s)""",
    reacted=[],
)
def reactions_of_person(person: User, room: Room) -> dict[str, Any]:
    """What the person reacted with."""
    return {"reacted": reactions_of(person, room)}


@shows_to_person(
    f"EXISTS(SELECT FROM {ReadMark._meta.db_table} WHERE room_id = %(room)s AND person_id = %(person)s)",
    read=[],
    unread=0,
)
def read_by_person(person: User, room: Room) -> dict[str, Any]:
    """How far the person has read, and how much came since; whoever was never here has nothing to catch up with."""
    mark = ReadMark.objects.get(room=room, person=person)
    return {"read": [read_data(mark)], "unread": _unread_by(person, room, mark)}


CHANGED_SINCE = timedelta(seconds=LONGEST * 2)
"""Time in which reactions may have changed since the shared part of a snapshot was read."""


@shows_to_person(
    f"""EXISTS(SELECT FROM {_MESSAGES} WHERE room_id = %(room)s AND state = '{State.SHOWN}'
                                         AND reacted > now() - INTERVAL '{CHANGED_SINCE.total_seconds()} seconds')""",
    reactions=[],
)
def changed_reactions(person: User, room: Room) -> dict[str, Any]:
    """How reactions stand that changed since the shared part may have been read."""
    return {"reactions": reactions_since(room.pk, CHANGED_SINCE)}


@exports(
    "chat",
    gettext_lazy("Messages you wrote"),
    {
        "text": gettext_lazy("Message"),
        "created": gettext_lazy("Written"),
        "edited": gettext_lazy("Edited"),
        "reply_to": gettext_lazy("Reply to"),
        "language": gettext_lazy("Language"),
        "state": gettext_lazy("State"),
    },
)
def messages_by(person: User) -> list[dict[str, Any]]:
    """Everything the person wrote in chats; of a reply also the number of the message it replies to (its thread), and whose
    that is."""
    rows = Message.objects.filter(author=person).exclude(state=State.DELETED).select_related("parent__author")
    return [
        {
            "room": row.room_id,
            "id": row.pk,
            "thread": row.parent_id or row.pk,
            "reply_to": _author_of(row.parent),
            "text": row.text,
            "language": row.language,
            "state": row.get_state_display(),
            "created": row.created.isoformat(),
            "edited": row.edited.isoformat() if row.edited else "",
        }
        for row in rows.order_by("room", "pk")
    ]


def _author_of(message: Message | None) -> str:
    """Who wrote it; "" where there is no message."""
    if message is None:
        return ""
    return str(message.author) if message.author else str(_("Someone who left"))


@exports(
    "chat_reactions",
    gettext_lazy("Your reactions to messages"),
    {"emoji": gettext_lazy("Reaction"), "message": gettext_lazy("Number of the message")},
)
def reactions_by(person: User) -> list[dict[str, Any]]:
    """Every reaction the person gave to a message."""
    rows = MessageReaction.objects.filter(person=person).select_related("message").order_by("pk")
    return [{"room": row.message.room_id, "message": row.message_id, "emoji": row.emoji} for row in rows]
