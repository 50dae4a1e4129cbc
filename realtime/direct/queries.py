"""One's conversations, for whoever has them, and who may be written to.

People may write to each other who both agreed to be reachable, meet at an event and did not block each other. Why somebody
else cannot be written to is never told: that they withdrew, left, blocked the reader or never agreed looks the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import Block, Consent, User
from conference.accounts.queries import apart_from, person_data, reachable_among
from conference.core.errors import Conflict, Denied, Missing, Refusal
from conference.core.models import Event
from conference.core.personal_data import exports
from conference.events.models import BodyMember, EventRole
from conference.events.queries import Viewer
from conference.registration.models import Ticket
from conference.rooms.models import RoomRole
from realtime.direct.models import Conversation, DirectMessage, Side

State = Conversation.State

MOST = 50
"""Messages of one answer."""

MOST_ASKED = 50
"""First messages, and ignored ones, that the list of conversations shows, the newest."""


# --- who may be written to ---


def share_an_event(one: int, other: int) -> bool:
    """Whether both people (ids) take part in the same event: with a valid ticket, or a part in it or in one of its rooms."""
    return Event.objects.filter(_takes_part(one), _takes_part(other)).exists()


def _takes_part(person: int) -> Q:
    event = OuterRef("pk")
    return (
        Q(Exists(Ticket.objects.filter(event=event, user=person, state=Ticket.State.VALID)))
        | Q(Exists(EventRole.objects.filter(event=event, user=person)))
        | Q(Exists(BodyMember.objects.filter(body__series=OuterRef("series"), user=person)))
        | Q(Exists(RoomRole.objects.filter(room__event=event, user=person)))
    )


def hindrance(viewer: User, other: User) -> Refusal | None:
    """What keeps the viewer from writing to the other, as a sentence for the viewer; None if nothing does."""
    apart, reachable = apart_from(viewer), reachable_among([viewer.pk, other.pk])
    if viewer.pk not in reachable:
        return Denied(
            _(
                "You do not get messages at the moment, so nobody could answer you. Agree to get messages first."
            ),
            needs="consent",
        )
    if other.pk in apart and Block.objects.filter(blocker=viewer, blocked=other).exists():
        return Conflict(_("You blocked this person. Neither of you can write to the other."))
    if other.pk in apart or other.pk not in reachable or not share_an_event(viewer.pk, other.pk):
        if other.deleted is not None:
            return Conflict(_("This person has left. What was written stays here."))
        return Conflict(
            _("%(name)s cannot get messages from you any more. What was written stays here.")
            % {"name": other}
        )
    return None


def get_partner(viewer: Viewer, person_id: int) -> tuple[User, Side | None]:
    """Somebody the viewer has a conversation with, or may begin one with (but for the viewer's own agreement); else `Missing`,
    with the same sentence for whatever reason."""
    missing = Missing(_("You cannot write to this person."))
    if viewer is None or not viewer.is_authenticated or viewer.pk == person_id:
        raise missing
    side = _sides(viewer).filter(other=person_id).first()
    if side is not None:
        return side.other, side
    person = User.objects.select_related("organisation").filter(pk=person_id).first()
    if (
        person is None
        or person.pk not in reachable_among([person.pk])
        or person.pk in apart_from(viewer)
        or not share_an_event(viewer.pk, person.pk)
    ):
        raise missing
    return person, None


def get_person_to_block(viewer: Viewer, person_id: int) -> User:
    """Somebody whose name the viewer sees anyway: from a conversation, from the list of participants, or because they can be
    written to."""
    missing = Missing(_("There is no such person here."))
    if viewer is None or not viewer.is_authenticated or viewer.pk == person_id:
        raise missing
    side = _sides(viewer).filter(other=person_id).first()
    if side is not None:
        return side.other
    shows = Q(purpose=Consent.Purpose.REACHABLE, event=None) | Q(
        purpose=Consent.Purpose.DIRECTORY,
        audience=Consent.Audience.PARTICIPANTS,
        event__in=Event.objects.filter(_takes_part(viewer.pk)),
    )
    agreed = Consent.objects.filter(shows, user=OuterRef("pk"), withdrawn=None)
    people = User.objects.filter(Exists(agreed), pk=person_id, is_active=True, deleted=None)
    person = people.select_related("organisation").first()
    # Of two who blocked each other, each may still block or unblock.
    if person is None or not share_an_event(viewer.pk, person.pk):
        raise missing
    return person


# --- conversations ---


def _sides(viewer: Viewer) -> QuerySet[Side]:
    """The viewer's conversations as they see them."""
    if viewer is None or not viewer.is_authenticated:
        return Side.objects.none()
    unread = (
        DirectMessage.objects.filter(
            conversation=OuterRef("conversation"), author=OuterRef("other"), pk__gt=OuterRef("read")
        )
        .order_by()
        .values("conversation")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return (
        Side.objects.filter(person=viewer)
        .select_related("conversation", "person", "other__organisation")
        .annotate(unread=Subquery(unread))
    )


def get_side(viewer: Viewer, conversation_id: int) -> Side:
    """The viewer's side of a conversation of theirs; else `Missing`."""
    side = _sides(viewer).filter(conversation=conversation_id).first()
    if side is None:
        raise Missing(_("There is no such conversation."))
    return side


def conversation_of(side: Side) -> dict[str, Any]:
    """The same, read anew: for whoever has just changed it."""
    return conversation_data(get_side(side.person, side.conversation_id))


def conversation_data(side: Any) -> dict[str, Any]:
    """The form of a conversation for one of the two. Who wrote first sees `waiting` until there is an answer, whether the
    other ignored it or not; the other sees `asked` or `ignored`."""
    conversation = side.conversation
    state = conversation.state
    if conversation.started_by_id == side.person_id:
        state = State.WAITING if state == State.IGNORED else state
    elif state == State.WAITING:
        state = "asked"
    return {
        "id": conversation.pk,
        "other": person_data(side.other),
        "state": str(state),
        "unread": side.unread or 0,
        "read": side.read,
        "latest": conversation.latest,
    }


def message_data(message: DirectMessage) -> dict[str, Any]:
    """The form of a message for both: who wrote it is said by the id, because they know each other."""
    return {
        "id": message.pk,
        "conversation": message.conversation_id,
        "client_id": str(message.client_id),
        "author": message.author_id,
        "text": message.text,
        "first": message.first,
        "created": message.created,
    }


def talk(viewer: User, person_id: int, before: int | None = None) -> dict[str, Any]:
    """What stands between the viewer and that person: up to 50 messages, oldest first (those before the one with id
    `before`), and whether the viewer may write."""
    other, side = get_partner(viewer, person_id)
    keeps = hindrance(viewer, other)
    answer: dict[str, Any] = {
        "other": person_data(other),
        "conversation": None,
        "messages": [],
        "more": False,
        "hindrance": keeps.as_data() if keeps else None,
    }
    if side is not None:
        rows = DirectMessage.objects.filter(conversation=side.conversation_id).order_by("-pk")
        if before is not None:
            rows = rows.filter(pk__lt=before)
        found = list(rows[: MOST + 1])
        answer["conversation"] = conversation_data(side)
        answer["messages"] = [message_data(each) for each in found[MOST - 1 :: -1]]
        answer["more"] = len(found) > MOST
    return answer


def conversations_of(viewer: Viewer) -> QuerySet[Side]:
    """The viewer's conversations, newest first, with `text` and `author` of the newest message and how many are `unread`.
    Those with people whom the viewer blocked are left out."""
    newest = DirectMessage.objects.filter(conversation=OuterRef("conversation")).order_by("-pk")
    blocked = Block.objects.filter(blocker=OuterRef("person"), blocked=OuterRef("other"))
    return (
        _sides(viewer)
        .filter(~Exists(blocked))
        .annotate(text=Subquery(newest.values("text")[:1]), author=Subquery(newest.values("author")[:1]))
        .order_by("-conversation__latest", "-pk")
    )


ASKED = Q(conversation__state=State.WAITING) & ~Q(conversation__started_by=F("person"))
"""Somebody wrote for the first time, and the person has neither answered nor accepted nor ignored it."""

IGNORED = Q(conversation__state=State.IGNORED) & ~Q(conversation__started_by=F("person"))


def list_data(viewer: Viewer) -> dict[str, Any]:
    """The conversations in the three parts of the list: first messages, those that go on, and ignored ones."""
    rows = conversations_of(viewer)
    return {
        "asked": [row_data(side) for side in rows.filter(ASKED)[:MOST_ASKED]],
        "going": rows.exclude(ASKED).exclude(IGNORED),
        "ignored": [row_data(side) for side in rows.filter(IGNORED)[:MOST_ASKED]],
    }


def row_data(side: Any) -> dict[str, Any]:
    """A conversation in the list: with the words of its newest message."""
    return {**conversation_data(side), "text": side.text or "", "mine": side.author == side.person_id}


def unread_conversations(viewer: Viewer) -> int:
    """How many conversations hold something that the viewer has not read; ignored ones and those with blocked people do not
    count."""
    if viewer is None or not viewer.is_authenticated:
        return 0
    new = DirectMessage.objects.filter(
        conversation=OuterRef("conversation"), author=OuterRef("other"), pk__gt=OuterRef("read")
    )
    blocked = Block.objects.filter(blocker=OuterRef("person"), blocked=OuterRef("other"))
    return Side.objects.filter(~Exists(blocked), Exists(new), person=viewer).exclude(IGNORED).count()


def begun_lately(person: User) -> QuerySet[Conversation]:
    """The conversations that the person began in the last 24 hours, oldest first."""
    since = timezone.now() - timedelta(days=1)
    return Conversation.objects.filter(started_by=person, created__gt=since).order_by("created")


@exports(
    "direct",
    gettext_lazy("Messages you wrote to other people"),
    {"to": gettext_lazy("To"), "text": gettext_lazy("Message"), "created": gettext_lazy("Written")},
)
def direct_messages_by(person: User) -> list[dict[str, Any]]:
    """Everything the person wrote to other people. What those answered is theirs."""
    names = {
        side.conversation_id: str(side.other)
        for side in Side.objects.filter(person=person).select_related("other")
    }
    rows = DirectMessage.objects.filter(author=person).order_by("pk")
    return [
        {"to": names.get(row.conversation_id, ""), "text": row.text, "created": row.created.isoformat()}
        for row in rows
    ]
