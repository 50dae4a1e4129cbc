"""Conversations between sockets, frame by frame: chat."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from conference.core.errors import Conflict, Denied, Missing
from conference.core.models import Event, Fact
from conference.core.personal_data import erase_everywhere, personal_data
from conference.core.streams import cache_server
from conference.registration.actions import cancel_ticket
from realtime.chat.actions import send_message
from realtime.chat.queries import messages_before
from realtime.models import Message
from realtime.queries import room_snapshot
from tests.realtime.conftest import OpenTab, World

pytestmark = pytest.mark.django_db(transaction=True)

MOST_QUERIES = 5
"""For someone who comes into a room that others are in: session and person come on top."""

in_db = database_sync_to_async


async def test_what_one_says_the_other_hears(world: World, tab: OpenTab) -> None:
    one, other = await tab(world.noy, world.room), await tab(world.bounmy, world.room)
    client_id = uuid.uuid4()
    message = (await one.say("Sabaidee", world.room.pk, client_id))["data"]
    assert (message["text"], message["author"]["name"]) == ("Sabaidee", "Noy")
    assert message["client_id"] == str(client_id)
    expected = {"stream": f"room.{world.room.pk}", "update": "message.saved", "seq": 1, "data": message}
    assert await one.frame() == expected
    assert await other.frame() == expected
    answer = (await other.say("Hello Noy", world.room.pk))["data"]
    assert (await one.frame())["data"] == answer
    assert (await other.frame())["seq"] == 2
    assert await other.silence()


async def test_a_message_sent_again_is_answered_and_not_repeated(world: World, tab: OpenTab) -> None:
    one, other = await tab(world.noy, world.room), await tab(world.bounmy, world.room)
    client_id = uuid.uuid4()
    first = await one.say("Once", world.room.pk, client_id)
    again = await one.say("Once", world.room.pk, client_id)
    assert again["data"] == first["data"]
    assert (await other.frame())["data"]["text"] == "Once"
    assert await other.silence()
    assert await Message.objects.acount() == 1


async def test_what_looks_like_script_or_sql_stays_text(world: World, tab: OpenTab) -> None:
    one, other = await tab(world.noy, world.room), await tab(world.bounmy, world.room)
    for text in (
        "<script>alert(1)</script>",
        "'; DROP TABLE realtime_message; --",
        '{{ 7*7 }} %s \\ " </live-room>',
    ):
        assert (await one.say(text, world.room.pk))["data"]["text"] == text
        assert (await other.frame())["data"]["text"] == text


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"text": "Hi"}, "client_id"),
        ({"client_id": "no", "text": "Hi"}, "client_id"),
        ({"client_id": 7, "text": "Hi"}, "client_id"),
        ({"client_id": str(uuid.uuid4())}, "text"),
        ({"client_id": str(uuid.uuid4()), "text": "   "}, "text"),
        ({"client_id": str(uuid.uuid4()), "text": ["a"]}, "text"),
        ({"client_id": str(uuid.uuid4()), "text": "a\u0000b"}, "text"),
        ({"client_id": str(uuid.uuid4()), "text": "x" * 2001}, "text"),
    ],
)
async def test_a_message_that_does_not_hold_is_refused_by_field(
    world: World, tab: OpenTab, data: dict[str, Any], field: str
) -> None:
    one = await tab(world.noy, world.room)
    error = (await one.ask("chat.send", world.room.pk, **data))["error"]
    assert error["code"] == "invalid"
    assert list(error["fields"]) == [field]
    assert error["message"].endswith(".")
    assert await Message.objects.acount() == 0


async def test_two_thousand_characters_of_any_script_fit(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    text = "ສ" * 2000
    assert (await one.say(text, world.room.pk))["data"]["text"] == text


async def test_who_writes_too_fast_is_told_when_to_go_on(world: World, tab: OpenTab) -> None:
    one, second_tab = await tab(world.noy, world.room), await tab(world.noy, world.room)
    answers = []
    # A slow machine writes slower than is allowed: it goes on until both were refused one after the other.
    while len(answers) < 100:
        answers.append(await one.say(f"Message {len(answers)}", world.room.pk))
        if "error" in answers[-1]:
            answers.append(await second_tab.say("Another tab is the same person", world.room.pk))
            if "error" in answers[-1]:
                break
    refused = [answer["error"] for answer in answers if "error" in answer]
    assert len(refused) >= 2
    assert len(answers) - len(refused) >= 8
    assert all(error["code"] == "busy" and error["retry_after"] >= 1 for error in refused)
    assert await Message.objects.acount() == len(answers) - len(refused)
    # Someone else is not.
    assert "data" in await (await tab(world.bounmy, world.room)).say("I may", world.room.pk)


async def test_history_comes_in_pages_oldest_first(world: World, tab: OpenTab) -> None:
    await in_db(_write)(world, 120)
    one = await tab(world.noy)
    reply = (await one.ask("room.enter", world.room.pk))["data"]
    shown = reply["state"]["message"]
    assert ([each["text"] for each in shown][0], [each["text"] for each in shown][-1]) == ("70", "119")
    assert reply["more"] is True
    page = (await one.ask("chat.history", world.room.pk, before=shown[0]["id"]))["data"]
    assert [each["text"] for each in page["messages"]] == [str(number) for number in range(20, 70)]
    rest = (await one.ask("chat.history", world.room.pk, before=page["messages"][0]["id"]))["data"]
    assert len(rest["messages"]) == 20
    assert rest["more"] is False
    assert (await one.ask("chat.history", world.room.pk, before="7"))["error"]["code"] == "invalid"


def _write(world: World, count: int) -> None:
    for number in range(count):
        Message.objects.create(room=world.room, author=world.noy, client_id=uuid.uuid4(), text=str(number))


async def test_after_the_event_the_chat_can_be_read_only(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    await Event.objects.filter(pk=world.event.pk).aupdate(state=Event.State.ARCHIVED)
    error = (await one.say("Too late", world.room.pk))["error"]
    assert (error["code"], await Message.objects.acount()) == ("conflict", 0)
    assert "data" in await one.ask("room.enter", world.room.pk)


async def test_who_loses_the_ticket_cannot_write_and_is_put_out(world: World, tab: OpenTab) -> None:
    noy, bounmy = await tab(world.noy, world.room), await tab(world.bounmy, world.room)
    await in_db(cancel_ticket)(world.noy, world.event)
    assert (await noy.say("Still here", world.room.pk))["error"]["code"] == "denied"
    closed = await noy.signal("closed")
    assert closed["code"] == "denied"
    noy.aside.clear()
    await bounmy.say("Only for those who may", world.room.pk)
    await bounmy.frame()
    assert await noy.silence(0.5)


async def test_nothing_is_announced_when_the_action_is_undone(world: World, tab: OpenTab) -> None:
    other = await tab(world.bounmy, world.room)

    def fail() -> None:
        with transaction.atomic():
            send_message(world.noy, world.room.pk, client_id=uuid.uuid4(), text="Never")
            transaction.set_rollback(True)

    await in_db(fail)()
    assert await other.silence()
    assert await Message.objects.acount() == 0
    one = await tab(world.noy, world.room)
    await one.say("First", world.room.pk)
    assert (await other.frame())["seq"] == 1


def test_a_message_is_a_fact_without_its_words(world: World) -> None:
    send_message(world.noy, world.room.pk, client_id=uuid.uuid4(), text="Secret")
    fact = Fact.objects.get(verb="message.sent")
    assert (fact.actor, fact.event, fact.data) == (world.noy, world.event, {"room": world.room.pk})


def test_strangers_neither_read_nor_write(world: World) -> None:
    for viewer in (world.stranger, None):
        with pytest.raises((Denied, Missing)):
            room_snapshot(viewer, world.room.pk)
        with pytest.raises((Denied, Missing)):
            messages_before(viewer, world.room.pk, 10)
    with pytest.raises(Denied):
        send_message(world.stranger, world.room.pk, client_id=uuid.uuid4(), text="Hi")
    assert Message.objects.count() == 0


def test_a_draft_event_is_not_known_to_strangers(world: World) -> None:
    Event.objects.filter(pk=world.event.pk).update(state=Event.State.DRAFT)
    with pytest.raises(Missing):
        room_snapshot(world.stranger, world.room.pk)


def test_after_the_event_is_archived_nothing_is_written(world: World) -> None:
    Event.objects.filter(pk=world.event.pk).update(state=Event.State.ARCHIVED)
    with pytest.raises(Conflict):
        send_message(world.noy, world.room.pk, client_id=uuid.uuid4(), text="Late")


def test_a_cache_that_is_away_loses_no_message(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = cache_server().__class__.from_url("redis://127.0.0.1:9/0", socket_connect_timeout=0.2)
    monkeypatch.setattr("conference.core.streams.cache_server", lambda: gone)
    send_message(world.noy, world.room.pk, client_id=uuid.uuid4(), text="Kept")
    assert [each["text"] for each in room_snapshot(world.noy, world.room.pk)["state"]["message"]] == ["Kept"]
    gone.close()


def test_what_i_wrote_is_in_my_data_and_stays_without_my_name(world: World) -> None:
    send_message(world.noy, world.room.pk, client_id=uuid.uuid4(), text="Mine")
    assert [each["text"] for each in personal_data(world.noy)["chat"]] == ["Mine"]
    with transaction.atomic():
        erase_everywhere(world.noy)
        world.noy.deleted = world.event.created
        world.noy.name = ""
        world.noy.save()
    (message,) = room_snapshot(world.bounmy, world.room.pk)["state"]["message"]
    assert (message["text"], message["author"]["name"]) == ("Mine", "Someone who left")


def test_coming_in_takes_as_many_queries_for_three_as_for_one_and_few_while_nothing_changes(
    world: World,
) -> None:
    taken = []
    for count in (1, 3):
        for number in range(count):
            author = world.attendee(f"Author {number}")
            send_message(author, world.room.pk, client_id=uuid.uuid4(), text="Hi")
            world.publication(world.speaker(f"Speaker {number}"))
        for viewer in (world.noy, world.sari):
            with CaptureQueriesContext(connection) as queries:
                snapshot = room_snapshot(viewer, world.room.pk)
            taken.append(len(queries))
    assert len(snapshot["state"]["message"]) == 4
    assert taken[:2] == taken[2:], "The number of queries does not depend on how much there is."
    assert taken[1] <= MOST_QUERIES < taken[0], [query["sql"] for query in queries]


async def test_many_at_once_lose_and_double_nothing(world: World, tab: OpenTab) -> None:
    listener = await tab(world.bounmy, world.room)
    people = [await in_db(world.attendee)(f"Person {number}") for number in range(6)]
    tabs = [await tab(person, world.room) for person in people]
    await asyncio.gather(*(each.say(f"{number}", world.room.pk) for number, each in enumerate(tabs)))
    frames = [await listener.frame() for _each in tabs]
    assert [frame["seq"] for frame in frames] == list(range(1, 7))
    assert sorted(frame["data"]["text"] for frame in frames) == [str(number) for number in range(6)]
