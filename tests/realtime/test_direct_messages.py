"""Messages between two people: who may write to whom, the first message, and what both see."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from conference.accounts.actions import (
    agree_to_be_reached,
    block,
    delete_account,
    unblock,
    withdraw_from_being_reached,
)
from conference.accounts.models import Block, User
from conference.core.errors import Busy, Conflict, Denied, Missing
from conference.core.models import Fact, Stream
from conference.events.models import BodyMember, EventRole
from conference.notifications.actions import send_mails
from conference.notifications.models import Notification
from conference.registration.models import Ticket
from realtime.direct import actions
from realtime.direct.actions import (
    accept_conversation,
    ignore_conversation,
    read_direct,
    send_direct,
    tell_writing,
)
from realtime.direct.queries import conversation_data, get_side, list_data, talk, unread_conversations
from realtime.models import Conversation, DirectMessage, Side
from tests.realtime.conftest import OpenTab, World
from tests.realtime.stored import rows
from tests.realtime.talking import all_agree, between, write

in_db = database_sync_to_async


@pytest.fixture
def agreed(db: None) -> World:
    """For what needs no commit."""
    return all_agree(World())


@pytest.fixture
def live(world: World) -> World:
    """For sockets and threads."""
    return all_agree(world)


def texts(who: User, other: User) -> list[str]:
    return [message["text"] for message in talk(who, other.pk)["messages"]]


def state_of(who: User, conversation: int) -> str:
    return conversation_data(get_side(who, conversation))["state"]


STORED = (Conversation, Side, DirectMessage, Notification, Block, Fact, Stream)


def _state() -> list[Any]:
    return rows(*STORED)


# --- the first message ---


def test_a_first_message_is_the_only_one_until_there_is_an_answer(agreed: World) -> None:
    noy, sari = agreed.noy, agreed.sari
    first = write(noy, sari, "May I ask something?")
    with pytest.raises(Conflict, match="once they have answered"):
        write(noy, sari, "Are you there?")
    assert (state_of(noy, first.conversation_id), state_of(sari, first.conversation_id)) == (
        "waiting",
        "asked",
    )
    write(sari, noy, "Yes?")
    for number in range(3):
        write(noy, sari, f"Question {number}")
    assert texts(sari, noy) == ["May I ask something?", "Yes?", "Question 0", "Question 1", "Question 2"]
    assert state_of(noy, first.conversation_id) == state_of(sari, first.conversation_id) == "open"
    assert list(DirectMessage.objects.filter(first=True)) == [first]


def test_accepting_lets_the_other_go_on_without_an_answer(agreed: World) -> None:
    first = write(agreed.noy, agreed.sari)
    for _time in range(2):
        accept_conversation(agreed.sari, conversation_id=first.conversation_id)
    write(agreed.noy, agreed.sari, "Thank you.")
    assert Fact.objects.filter(verb="conversation.accepted").count() == 1
    with pytest.raises(Conflict, match="accepted this conversation already"):
        ignore_conversation(agreed.sari, conversation_id=first.conversation_id)


def test_ignoring_is_not_told_and_can_be_changed(agreed: World) -> None:
    noy, sari = agreed.noy, agreed.sari
    number = write(noy, sari).conversation_id
    ignore_conversation(sari, conversation_id=number)
    assert (state_of(noy, number), state_of(sari, number)) == ("waiting", "ignored")
    assert unread_conversations(sari) == 0
    assert [row["id"] for row in list_data(sari)["ignored"]] == [number]
    assert list_data(sari)["asked"] == [] and not list_data(sari)["going"].exists()
    with pytest.raises(Conflict):
        write(noy, sari, "Hello?")
    accept_conversation(sari, conversation_id=number)
    write(noy, sari, "At last")
    assert texts(sari, noy) == ["Hello", "At last"]


def test_whoever_wrote_first_cannot_accept_in_the_place_of_the_other(agreed: World) -> None:
    number = write(agreed.noy, agreed.sari).conversation_id
    before = _state()
    for decide in (accept_conversation, ignore_conversation):
        with pytest.raises(Conflict):
            decide(agreed.noy, conversation_id=number)
    assert _state() == before


def test_only_so_many_new_people_in_a_day(agreed: World, settings: Any) -> None:
    settings.NEW_CONVERSATIONS_PER_DAY = 2
    number = between(agreed.noy, agreed.sari)
    write(agreed.noy, agreed.bounmy)
    before = _state()
    with pytest.raises(Busy, match="2 new people in 24 hours") as refused:
        write(agreed.noy, agreed.moderator)
    assert _state() == before
    assert 86_000 < refused.value.details["retry_after"] <= 86_400
    write(agreed.noy, agreed.sari, "Whom I know I can write to.")
    write(agreed.moderator, agreed.noy, "Others can write to me")
    write(agreed.noy, agreed.moderator, "and get an answer.")
    Conversation.objects.filter(pk=number).update(created=timezone.now() - timedelta(hours=25))
    write(agreed.noy, agreed.organizer)


# --- who may write to whom ---


def test_both_agree_before_anything_is_written(db: None) -> None:
    world = World()
    noy, sari = world.noy, world.sari
    before = _state()
    with pytest.raises(Missing):
        write(noy, sari)
    agree_to_be_reached(sari)
    assert talk(noy, sari.pk)["hindrance"]["needs"] == "consent"
    before = _state()
    with pytest.raises(Denied, match="Agree to get messages first"):
        write(noy, sari)
    assert _state() == before
    agree_to_be_reached(noy)
    assert talk(noy, sari.pk)["hindrance"] is None
    write(noy, sari)


def test_people_who_meet_at_no_event_cannot_write_to_each_other(agreed: World) -> None:
    other = World()
    agree_to_be_reached(other.noy)
    refusals = set()
    before = _state()
    for who, to in (
        (agreed.stranger, agreed.noy.pk),
        (agreed.noy, agreed.stranger.pk),
        (agreed.noy, other.noy.pk),
        (agreed.noy, agreed.noy.pk),
        (agreed.noy, 999_999),
        (agreed.noy, agreed.attendee("Never agreed").pk),
    ):
        for ask in (
            lambda who=who, to=to: send_direct(who, person_id=to, client_id=uuid.uuid4(), text="Hi"),
            lambda who=who, to=to: talk(who, to),
        ):
            with pytest.raises(Missing) as refused:
                ask()
            refusals.add(str(refused.value.message))
    assert _state() == before
    assert refusals == {"You cannot write to this person."}


@pytest.mark.parametrize("part", ["ticket", "role", "body", "room"])
def test_whoever_has_a_part_in_the_event_takes_part(agreed: World, part: str) -> None:
    person = agreed.stranger
    if part == "ticket":
        Ticket.objects.create(event=agreed.event, user=person)
    elif part == "role":
        EventRole.objects.create(event=agreed.event, user=person, role=EventRole.Role.DOOR)
    elif part == "body":
        BodyMember.objects.create(body=agreed.body, user=person)
    else:
        person = agreed.bounmy  # a speaker of one room, without a ticket
    write(agreed.noy, person)
    write(person, agreed.noy)


@pytest.mark.parametrize("state", ["pending", "cancelled", "refused"])
def test_a_ticket_that_does_not_hold_is_no_part_in_the_event(agreed: World, state: str) -> None:
    Ticket.objects.create(event=agreed.event, user=agreed.stranger, state=state)
    with pytest.raises(Missing):
        write(agreed.stranger, agreed.noy)


def test_who_withdraws_gets_nothing_more_and_conversations_end_with_a_sentence(agreed: World) -> None:
    noy, sari = agreed.noy, agreed.sari
    between(noy, sari)
    withdraw_from_being_reached(sari)
    before = _state()
    with pytest.raises(Conflict, match="^Sari cannot get messages from you any more"):
        write(noy, sari)
    with pytest.raises(Denied, match="You do not get messages"):
        write(sari, noy)
    with pytest.raises(Missing):
        write(agreed.bounmy, sari)
    assert _state() == before
    assert texts(noy, sari) == texts(sari, noy) == ["May I?", "You may."]
    assert "cannot get messages" in talk(noy, sari.pk)["hindrance"]["message"]
    agree_to_be_reached(sari)
    write(noy, sari, "Welcome back")


def test_who_gives_the_ticket_back_is_at_no_event_with_the_other_any_more(agreed: World) -> None:
    between(agreed.noy, agreed.sari)
    Ticket.objects.filter(user=agreed.sari).update(state="cancelled")
    for who, to in ((agreed.noy, agreed.sari), (agreed.sari, agreed.noy)):
        with pytest.raises(Conflict, match="any more"):
            write(who, to)


def test_a_block_holds_in_both_directions_and_is_not_told(agreed: World) -> None:
    noy, sari, bounmy = agreed.noy, agreed.sari, agreed.bounmy
    number = between(noy, sari)
    between(noy, bounmy)
    withdraw_from_being_reached(bounmy)
    block(sari, noy)
    before = _state()
    with pytest.raises(Conflict) as blocked:
        write(noy, sari)
    with pytest.raises(Conflict) as withdrawn:
        write(noy, bounmy)
    # To be blocked and to be without the other's agreement look the same.
    assert str(blocked.value.message).replace("Sari", "Bounmy") == str(withdrawn.value.message)
    with pytest.raises(Conflict, match="You blocked this person"):
        write(sari, noy)
    assert _state() == before
    assert [row.conversation_id for row in list_data(noy)["going"]][-1] == number
    assert list(list_data(sari)["going"]) == []
    unblock(sari, person_id=noy.pk)
    write(noy, sari, "Hello again")
    assert unread_conversations(sari) == 1


def test_between_blocked_people_no_conversation_begins(agreed: World) -> None:
    block(agreed.sari, agreed.noy)
    for who, to in ((agreed.noy, agreed.sari), (agreed.sari, agreed.noy)):
        with pytest.raises(Missing, match="You cannot write to this person"):
            write(who, to)
    assert not Conversation.objects.exists()


def test_a_conversation_with_somebody_who_left_can_be_read(agreed: World) -> None:
    number = between(agreed.noy, agreed.sari)
    delete_account(agreed.sari)
    told = talk(agreed.noy, agreed.sari.pk)
    assert (told["other"]["name"], told["hindrance"]["message"]) == (
        "Someone who left",
        "This person has left. What was written stays here.",
    )
    assert [message["text"] for message in told["messages"]] == ["May I?", "You may."]
    assert Side.objects.get(person=agreed.sari).read == 0
    with pytest.raises(Conflict):
        write(agreed.noy, agreed.sari)
    assert get_side(agreed.noy, number).other.deleted


# --- reading ---


def test_how_far_one_has_read_never_goes_back_and_is_told_to_oneself_alone(agreed: World) -> None:
    noy, sari = agreed.noy, agreed.sari
    number = between(noy, sari)
    sent = [write(noy, sari, str(each)).pk for each in range(3)]
    assert unread_conversations(sari) == 1 and get_side(sari, number).unread == 3
    streams = {row.name: row.seq for row in Stream.objects.all()}
    read_direct(sari, conversation_id=number, message_id=sent[1])
    read_direct(sari, conversation_id=number, message_id=sent[0])
    assert (get_side(sari, number).read, get_side(sari, number).unread) == (sent[1], 1)
    read_direct(sari, conversation_id=number, message_id=2**53 - 1)
    assert (get_side(sari, number).read, unread_conversations(sari)) == (sent[2], 0)
    after = {row.name: row.seq for row in Stream.objects.all()}
    assert after[f"person.{noy.pk}"] == streams[f"person.{noy.pk}"]
    assert after[f"person.{sari.pk}"] == streams[f"person.{sari.pk}"] + 2


def test_whoever_writes_has_read_what_stood_before(agreed: World) -> None:
    first = write(agreed.noy, agreed.sari)
    assert unread_conversations(agreed.sari) == 1
    write(agreed.sari, agreed.noy)
    assert unread_conversations(agreed.sari) == 0
    assert (
        get_side(agreed.sari, first.conversation_id).unread == 0
        or get_side(agreed.sari, first.conversation_id).unread is None
    )


def test_a_long_conversation_comes_in_parts(agreed: World) -> None:
    between(agreed.noy, agreed.sari)
    for number in range(60):
        write(agreed.noy, agreed.sari, str(number))
    newest = talk(agreed.sari, agreed.noy.pk)
    assert newest["more"] and [len(newest["messages"]), newest["messages"][-1]["text"]] == [50, "59"]
    older = talk(agreed.sari, agreed.noy.pk, newest["messages"][0]["id"])
    assert not older["more"]
    assert [each["text"] for each in older["messages"]] == ["May I?", "You may.", *map(str, range(10))]


# --- notices ---


def test_a_first_message_and_its_answer_are_noticed_without_naming_anybody(agreed: World) -> None:
    first = write(agreed.noy, agreed.sari, "Secret words")
    write(agreed.sari, agreed.noy, "An answer")
    write(agreed.noy, agreed.sari, "More")
    assert [(each.user, each.kind, each.link) for each in Notification.objects.order_by("pk")] == [
        (agreed.sari, "direct.first", f"/messages/{first.conversation_id}/"),
        (agreed.noy, "direct.answered", f"/messages/{first.conversation_id}/"),
    ]
    mail.outbox.clear()
    send_mails()
    written = " ".join(f"{each.subject} {each.body}" for each in mail.outbox)
    assert "Another participant has written to you for the first time" in written
    for word in ("Noy", "Sari", "Secret words", "An answer"):
        assert word not in written


# --- over the socket ---


async def direct(one: Any, to: User, text: str = "Hello", client_id: str = "") -> dict[str, Any]:
    return await one.ask("direct.send", person=to.pk, client_id=client_id or str(uuid.uuid4()), text=text)


async def next_update(tab: Any, update: str) -> dict[str, Any]:
    while True:
        frame = await tab.frame()
        if frame.get("update") == update:
            return frame["data"]


@pytest.mark.django_db(transaction=True)
async def test_two_people_talk(live: World, tab: OpenTab) -> None:
    noy, sari, third = await tab(live.noy), await tab(live.sari), await tab(live.bounmy)
    sent = (await direct(noy, live.sari, "Rice and rivers? https://example.org"))["data"]
    assert sent["first"] and sent["author"] == live.noy.pk
    came = await next_update(sari, "direct.saved")
    assert came == sent
    conversation = await next_update(sari, "conversation.saved")
    assert (conversation["state"], conversation["unread"], conversation["other"]["name"]) == (
        "asked",
        1,
        "Noy",
    )
    assert (await next_update(noy, "conversation.saved"))["state"] == "waiting"

    number = conversation["id"]
    accepted = (await sari.ask("direct.accept", conversation=number))["data"]
    assert accepted["state"] == "open"
    assert (await next_update(noy, "conversation.saved"))["state"] == "open"
    assert (await next_update(sari, "conversation.saved"))["state"] == "open"

    read = (await sari.ask("direct.read", conversation=number, message=sent["id"]))["data"]
    assert (read["unread"], read["read"]) == (0, sent["id"])
    assert await next_update(sari, "conversation.saved") == read

    assert (await sari.ask("direct.typing", conversation=number))["data"] == {}
    assert await noy.signal("writing") == {"conversation": number}

    history = (await noy.ask("direct.history", person=live.sari.pk))["data"]
    assert history["messages"] == [sent]
    assert (history["more"], history["hindrance"]) == (False, None)
    assert await third.silence()


@pytest.mark.django_db(transaction=True)
async def test_ignoring_over_the_socket_tells_the_writer_nothing(live: World, tab: OpenTab) -> None:
    noy, sari = await tab(live.noy), await tab(live.sari)
    sent = (await direct(noy, live.sari))["data"]
    await next_update(noy, "conversation.saved")
    ignored = (await sari.ask("direct.ignore", conversation=sent["conversation"]))["data"]
    assert ignored["state"] == "ignored"
    assert await noy.silence()


@pytest.mark.django_db(transaction=True)
async def test_a_message_sent_again_is_there_once(live: World, tab: OpenTab) -> None:
    noy, sari = await tab(live.noy), await tab(live.sari)
    client_id = str(uuid.uuid4())
    first = await direct(noy, live.sari, "Hello", client_id)
    again = await direct(noy, live.sari, "Hello", client_id)
    assert first["data"] == again["data"]
    assert await next_update(sari, "direct.saved") == first["data"]
    while (frame := await sari.frame()).get("update") != "notification.saved":
        assert frame["update"] == "conversation.saved"
    assert await sari.silence()
    assert await DirectMessage.objects.acount() == 1


@pytest.mark.django_db(transaction=True)
async def test_writing_is_shown_to_nobody_who_has_not_accepted(live: World, tab: OpenTab) -> None:
    number = (await in_db(write)(live.noy, live.sari)).conversation_id
    noy, sari = await tab(live.noy), await tab(live.sari)
    await noy.ask("direct.typing", conversation=number)
    assert await sari.silence()
    await in_db(accept_conversation)(live.sari, conversation_id=number)
    await next_update(sari, "conversation.saved")
    await in_db(block)(live.sari, live.noy)
    await noy.ask("direct.typing", conversation=number)
    assert await sari.silence()


@pytest.mark.django_db(transaction=True)
async def test_who_writes_too_fast_is_told_how_long_to_wait(live: World, tab: OpenTab) -> None:
    await in_db(between)(live.noy, live.sari)
    tabs = [await tab(live.noy), await tab(live.noy)]
    answers = [await direct(tabs[number % 2], live.sari, str(number)) for number in range(11)]
    refused = [answer["error"] for answer in answers if "error" in answer]
    assert refused and {error["code"] for error in refused} == {"busy"}
    assert all(error["retry_after"] >= 1 for error in refused)
    await in_db(cache.clear)()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "data",
    [
        {"text": ""},
        {"text": "   "},
        {"text": "x" * 2001},
        {"text": 5},
        {"person": "7"},
        {"person": 0},
        {"person": 2**60},
        {"client_id": "x"},
        {"text": None},
    ],
    ids=str,
)
async def test_bad_data_is_refused_with_a_sentence(live: World, tab: OpenTab, data: dict[str, Any]) -> None:
    one = await tab(live.noy)
    whole = {"person": live.sari.pk, "client_id": str(uuid.uuid4()), "text": "Hi", **data}
    error = (await one.ask("direct.send", **whole))["error"]
    assert error["code"] == "invalid" and set(error["fields"]) == set(data)
    assert not await Conversation.objects.aexists()


# --- who may do what ---

COMMANDS: dict[str, Callable[[User, User, int, int], Any]] = {
    "send": lambda who, to, number, message: write(who, to),
    "history": lambda who, to, number, message: talk(who, to.pk),
    "accept": lambda who, to, number, message: accept_conversation(who, conversation_id=number),
    "ignore": lambda who, to, number, message: ignore_conversation(who, conversation_id=number),
    "read": lambda who, to, number, message: read_direct(who, conversation_id=number, message_id=message),
    "typing": lambda who, to, number, message: tell_writing(who, conversation_id=number),
}
ALLOWED = {
    "writer": {"history", "read", "typing"},
    "receiver": set(COMMANDS),
    "third": {"send", "history"},
    "host": {"send", "history"},
    "without consent": {"history"},
    "blocked": {"history", "read", "typing", "accept", "ignore"},
    "stranger": set(),
}
"""In a conversation that noy began with sari and that waits. Whoever is in none of theirs writes to noy."""


@pytest.mark.parametrize("command", sorted(COMMANDS))
@pytest.mark.parametrize("role", sorted(ALLOWED))
def test_each_role_does_what_it_may_and_nothing_else(agreed: World, role: str, command: str) -> None:
    noy, sari = agreed.noy, agreed.sari
    message = write(noy, sari)
    who, to = {
        "writer": (noy, sari),
        "receiver": (sari, noy),
        "third": (agreed.bounmy, noy),
        "host": (agreed.organizer, noy),
        "without consent": (agreed.attendee("Silent"), noy),
        "blocked": (sari, noy),
        "stranger": (agreed.stranger, noy),
    }[role]
    if role == "blocked":
        block(noy, sari)
    before = _state()
    if command in ALLOWED[role]:
        COMMANDS[command](who, to, message.conversation_id, message.pk)
        return
    with pytest.raises((Denied, Missing, Conflict)):
        COMMANDS[command](who, to, message.conversation_id, message.pk)
    assert _state() == before


# --- what is told is what stands there ---


def test_updates_say_what_a_fresh_look_says(agreed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[tuple[str, str, int], Any] = {}
    order: list[list[str]] = [[]]

    def hear(stream: str, kind: str, *, saved: dict[str, Any]) -> None:
        told[stream, kind, saved["id"]] = saved
        order[-1].append(stream)

    monkeypatch.setattr(actions, "publish", hear)
    noy, sari = agreed.noy, agreed.sari
    first = write(noy, sari)
    number = first.conversation_id
    for step in (
        lambda: ignore_conversation(sari, conversation_id=number),
        lambda: accept_conversation(sari, conversation_id=number),
        lambda: write(sari, noy, "Yes?"),
        lambda: write(noy, sari, "Tea?"),
        lambda: read_direct(sari, conversation_id=number, message_id=2**40),
    ):
        order.append([])
        step()
        for who, other in ((noy, sari), (sari, noy)):
            now = talk(who, other.pk)
            assert told[f"person.{who.pk}", "conversation", number] == now["conversation"]
            assert [told[f"person.{who.pk}", "direct", each["id"]] for each in now["messages"]] == now[
                "messages"
            ]
    # Two changes never wait for each other: streams are written in the order of their names.
    assert all(streams == sorted(streams) for streams in order)
