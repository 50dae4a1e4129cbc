"""What the socket does with frames that are wrong, people who may not, and pages of other sites."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session
from django.core.cache import cache
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.accounts.actions import agree_to_be_reached
from conference.accounts.models import User
from conference.core.errors import Refusal
from realtime.announcements.actions import announce_in_room
from realtime.captions.actions import offer_captions, say
from realtime.chat.actions import send_message
from realtime.commands import COMMANDS, clean
from realtime.direct.actions import send_direct
from realtime.materials.actions import add_link
from realtime.models import (
    Message,
)
from realtime.moderation.actions import report
from realtime.polls.actions import create_poll
from realtime.protocol import MAX_FRAME, BadFrame, join_frames, read_command, reply_frame
from realtime.questions.actions import ask_question, raise_hand
from realtime.slides.actions import show_slides
from tests.realtime.conftest import OpenTab, World
from tests.realtime.documents import ready_deck
from tests.realtime.stored import everything

in_db = database_sync_to_async

GARBAGE: dict[str, tuple[str | bytes, str, int | None]] = {
    "not JSON": ("hello", "bad_frame", None),
    "nothing": (" ", "bad_frame", None),
    "half a frame": ('{"id": 1, "command": ', "bad_frame", None),
    "bytes": (b"\x00\x01\x02", "bad_frame", None),
    "a megabyte": ("x" * 1024 * 1024, "too_large", None),
    "a megabyte of message": (
        json.dumps({"id": 1, "command": "chat.send", "data": {"text": "x" * 1024 * 1024}}),
        "too_large",
        None,
    ),
    "few characters, many bytes": ("ສ" * (MAX_FRAME // 2), "too_large", None),
    "a nested bomb": ("[" * 4000 + "]" * 4000, "bad_frame", None),
    "a nested object bomb": ('{"a":' * 1300 + "1" + "}" * 1300, "bad_frame", None),
    "a number too large to read": ('{"id": ' + "9" * 5000 + "}", "bad_frame", None),
    "not a number": ('{"id": NaN, "command": "ping"}', "bad_frame", None),
    "half a character": ('{"id": 1, "command": "ping", "data": {"x": "\\ud800"}}', "bad_frame", None),
    "a list": ("[1, 2]", "bad_frame", None),
    "a text": ('"ping"', "bad_frame", None),
    "no id": ('{"command": "ping"}', "bad_frame", None),
    "a negative id": ('{"id": -1, "command": "ping"}', "bad_frame", None),
    "true as id": ('{"id": true, "command": "ping"}', "bad_frame", None),
    "no command": ('{"id": 3}', "bad_frame", 3),
    "a number as command": ('{"id": 4, "command": 4}', "bad_frame", 4),
    "an unknown command": ('{"id": 5, "command": "room.destroy"}', "unknown_command", 5),
    "a Python name as command": ('{"id": 6, "command": "__class__"}', "unknown_command", 6),
    "a list as data": ('{"id": 7, "command": "ping", "data": []}', "bad_frame", 7),
    "a text as room": ('{"id": 8, "command": "room.enter", "room": "12"}', "bad_frame", 8),
    "a room below 1": ('{"id": 9, "command": "room.enter", "room": 0}', "bad_frame", 9),
    "no room": ('{"id": 10, "command": "room.enter"}', "invalid", 10),
    "a room that is not there": ('{"id": 11, "command": "room.enter", "room": 999999999}', "missing", 11),
}


@pytest.mark.django_db(transaction=True)
async def test_garbage_is_answered_and_never_closes(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy)
    for what, (sent, code, number) in GARBAGE.items():
        if isinstance(sent, bytes):
            await one.wire.send_to(bytes_data=sent)
        else:
            await one.wire.send_to(text_data=sent)
        answer = await one.frame()
        assert (answer["reply"], answer["error"]["code"]) == (number, code), what
        assert answer["error"]["message"].endswith("."), what
    assert (await one.ask("ping"))["data"] == {}


@pytest.mark.django_db(transaction=True)
async def test_a_flood_of_garbage_is_slowed_down_not_closed(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy)
    for _number in range(120):
        await one.wire.send_to(text_data="{")
    codes = [(await one.frame())["error"]["code"] for _number in range(120)]
    assert set(codes) == {"bad_frame", "busy"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(st.text(max_size=300) | json_values.map(json.dumps))
@settings(max_examples=300, deadline=None)
def test_whatever_comes_is_a_command_or_a_refusal(text: str) -> None:
    try:
        frame = read_command(text)
    except BadFrame as error:
        assert str(error.message).endswith(".")
    else:
        assert frame.id >= 0


@given(
    st.sampled_from(sorted(COMMANDS)),
    st.dictionaries(
        st.sampled_from(
            [
                "text",
                "client_id",
                "before",
                "stream",
                "seq",
                "source",
                "publication",
                "event",
                "question",
                "person",
                "conversation",
                "message",
                "wanted",
                "hand",
                "poll",
                "choices",
                "options",
                "languages",
                "language",
                "line",
                "caption",
                "took",
                "announcement",
                "link",
                "material",
                "deck",
                "page",
                "left",
                "url",
                "title",
                "shown",
                "pinned",
                "kind",
                "reason",
                "decision",
                "report",
                "note",
                "chat",
                "held_words",
                "slow_mode",
                "seconds",
                "x",
            ]
        ),
        json_values,
        max_size=5,
    ),
)
@settings(max_examples=300, deadline=None)
def test_every_form_survives_every_value(name: str, data: dict[str, Any]) -> None:
    try:
        cleaned = clean(COMMANDS[name], 1, data)
    except Refusal as error:
        assert error.as_data()["fields"]
    else:
        assert set(cleaned) == set(COMMANDS[name].form.base_fields)


def test_what_is_encoded_already_goes_into_a_reply_as_it_is() -> None:
    frames = ['{"stream":"room.1","update":"message.saved","seq":4,"data":{"id":1}}', '{"seq":5}']
    missed = f'"updates":[{",".join(frames)}]'
    reply = json.loads(reply_frame(3, {"seq": 5, "stream": "room.1"}, missed))
    assert reply == {
        "reply": 3,
        "data": {"seq": 5, "stream": "room.1", "updates": [json.loads(each) for each in frames]},
    }
    assert json.loads(reply_frame(3, {}, '"updates":[]'))["data"] == {"updates": []}
    assert json.loads(reply_frame(3, {"seq": 5}))["data"] == {"seq": 5}


def test_one_frame_is_a_message_and_several_are_a_list() -> None:
    assert json.loads(join_frames(['{"seq":4}'])) == {"seq": 4}
    assert json.loads(join_frames(['{"seq":4}', '{"seq":5}'])) == [{"seq": 4}, {"seq": 5}]


# --- who may come in ---


@pytest.mark.django_db(transaction=True)
async def test_someone_not_signed_in_is_told_so_and_let_go(world: World, tab: OpenTab) -> None:
    one = await tab(None)
    frame = await one.frame()
    assert frame["reply"] is None
    assert frame["error"] == {"code": "signed_out", "message": "You are signed out. Sign in to take part."}
    assert await one.wire.receive_output(2) == {"type": "websocket.close", "code": 4401}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://testserver.evil.example",
        "http://testserver:81",
        "null",
        "file://testserver",
        "",
    ],
)
async def test_a_page_of_another_site_is_refused_with_a_sentence(
    world: World, tab: OpenTab, origin: str
) -> None:
    one = await tab(world.noy, origin=origin)
    assert await one.wire.receive_output(2) == {"type": "websocket.close", "code": 4403}
    assert not one.hello
    assert one.refusal["code"] == "foreign"


@pytest.mark.django_db(transaction=True)
async def test_a_program_without_an_origin_gets_in(world: World, tab: OpenTab) -> None:
    assert (await (await tab(world.noy, origin=None)).ask("ping"))["data"] == {}


@pytest.mark.django_db(transaction=True)
async def test_sentences_come_in_the_language_of_the_page(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, language="zh-hans")
    assert (await one.ask("chat.send", world.room.pk))["error"]["fields"]["client_id"] == [
        "这个字段是必填项。"
    ]


@pytest.mark.django_db(transaction=True)
async def test_who_signs_out_elsewhere_can_do_nothing_here(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    await Session.objects.all().adelete()
    assert (await one.say("Hi", world.room.pk))["error"]["code"] == "signed_out"
    assert await one.wire.receive_output(2) == {"type": "websocket.close", "code": 4401}
    assert await Message.objects.acount() == 0


@pytest.mark.django_db(transaction=True)
async def test_a_closed_account_can_do_nothing(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    await User.objects.filter(pk=world.noy.pk).aupdate(is_active=False)
    assert (await one.say("Hi", world.room.pk))["error"]["code"] == "signed_out"


# --- denied: every command, nothing changed ---

DATA: dict[str, dict[str, Any]] = {
    "material.link": {"client_id": str(uuid.uuid4()), "title": "Slides", "url": "https://example.org/"},
    "material.edit": {"material": "MATERIAL", "title": "Other"},
    "material.pin": {"material": "MATERIAL", "pinned": True},
    "material.move": {"material": "MATERIAL", "before": None},
    "material.remove": {"material": "MATERIAL"},
    "slides.show": {"deck": "DECK", "page": 2},
    "slides.next": {"deck": "DECK SHOWN", "left": 1},
    "slides.previous": {"deck": "DECK SHOWN", "left": 2},
    "slides.hide": {},
    "slides.remove": {"deck": "DECK"},
    "announcement.make": {"client_id": str(uuid.uuid4()), "text": {"en": "Lunch"}},
    "announcement.withdraw": {"announcement": "ANNOUNCEMENT"},
    "ping": {},
    "room.enter": {},
    "room.leave": {},
    "room.people": {},
    "room.find": {"text": "No"},
    "event.follow": {"event": "EVENT"},
    "stream.resume": {"stream": "ROOM STREAM", "seq": 0},
    "chat.send": {"client_id": str(uuid.uuid4()), "text": "Hi"},
    "chat.edit": {"message": "MESSAGE", "text": "Ho"},
    "chat.delete": {"message": "MESSAGE"},
    "chat.approve": {"message": "MESSAGE"},
    "chat.dismiss": {"message": "MESSAGE"},
    "chat.react": {"message": "MESSAGE", "emoji": "👍", "wanted": True},
    "chat.read": {"message": "MESSAGE"},
    "chat.typing": {},
    "chat.history": {"before": 10},
    "chat.thread": {"message": "MESSAGE"},
    "chat.search": {"text": "Hm"},
    "chat.people": {"prefix": "No"},
    "chat.translate": {"message": "MESSAGE"},
    "direct.send": {"person": "NOY", "client_id": str(uuid.uuid4()), "text": "Hi"},
    "direct.history": {"person": "NOY"},
    "direct.read": {"conversation": "CONVERSATION", "message": 1},
    "direct.typing": {"conversation": "CONVERSATION"},
    "direct.accept": {"conversation": "CONVERSATION"},
    "direct.ignore": {"conversation": "CONVERSATION"},
    "question.ask": {"client_id": str(uuid.uuid4()), "text": "Why?"},
    "question.withdraw": {"question": "QUESTION"},
    "question.vote": {"question": "QUESTION", "wanted": True},
    "question.approve": {"question": "QUESTION"},
    "question.dismiss": {"question": "QUESTION"},
    "question.take": {"question": "QUESTION"},
    "question.return": {"question": "QUESTION"},
    "question.answer": {"question": "QUESTION", "text": "Because."},
    "question.pin": {"question": "QUESTION", "pinned": True},
    "question.merge": {"question": "QUESTION", "into": None},
    "poll.create": {"kind": "rating", "title": "How was it?"},
    "poll.edit": {"poll": "POLL", "kind": "rating", "title": "How was it?"},
    "poll.delete": {"poll": "POLL"},
    "poll.open": {"poll": "POLL"},
    "poll.close": {"poll": "POLL"},
    "poll.show": {"poll": "POLL", "shown": True},
    "poll.results": {"poll": "POLL"},
    "poll.vote": {"poll": "POLL", "choices": [1]},
    "hand.raise": {},
    "hand.lower": {"hand": "HAND"},
    "hand.add": {"name": "Somebody"},
    "hand.call": {"hand": "HAND"},
    "hand.move": {"hand": "HAND", "before": None},
    "captions.follow": {"languages": ["en"]},
    "captions.history": {"language": "en"},
    "caption.write": {"language": "en", "line": str(uuid.uuid4()), "text": "Good"},
    "caption.say": {"language": "en", "line": str(uuid.uuid4()), "text": "Good morning."},
    "caption.correct": {"caption": "CAPTION", "text": "Good evening."},
    "caption.delete": {"caption": "CAPTION"},
    "reaction.send": {"emoji": "clap"},
    "reaction.totals": {},
    "person.mute": {"person": "PERSON"},
    "person.unmute": {"person": "PERSON"},
    "person.remove": {"person": "PERSON"},
    "person.readmit": {"person": "PERSON"},
    "report.make": {"kind": "person", "id": "PERSON", "reason": "other"},
    "report.decide": {"report": "REPORT", "decision": "nothing"},
    "rules.set": {"questions": False},
    "broadcast.start": {"countdown": 5},
    "broadcast.cancel": {},
    "broadcast.end": {},
    "broadcast.reopen": {},
    "broadcast.look": {},
    "broadcast.rate": {"stars": 4, "words": "Good."},
    "broadcast.unrate": {},
    "broadcast.ratings": {},
    "timer.start": {"seconds": 60},
    "timer.add": {"seconds": 60},
    "timer.call": {},
    "timer.stop": {},
    "stage.publish": {"source": "camera"},
    "stage.watch": {"publication": "PUBLICATION"},
    "stage.stop": {"publication": "PUBLICATION"},
    "stage.switches": {"publication": "PUBLICATION", "muted": True, "dark": False},
    "stage.arrange": {"layout": "speaker"},
    "stage.hand_over": {"person": "SPEAKER"},
    "stage.invite": {"person": "PERSON"},
    "stage.withdraw": {"person": "PERSON"},
    "stage.accept": {},
    "stage.decline": {},
    "stage.back": {"person": "SPEAKER"},
    "stage.mute": {"person": "SPEAKER"},
    "stage.unmute": {"person": "SPEAKER"},
}
HARMLESS = {"ping", "room.leave"}


def test_each_command_has_its_denial_below() -> None:
    assert set(DATA) == set(COMMANDS)


def prepared(world: World, command: str) -> dict[str, Any]:
    """The data of the command, with the numbers of what it is about, which is made."""
    room = world.room.pk
    made: dict[str, Callable[[], int | str]] = {
        "EVENT": lambda: world.event.pk,
        "ROOM STREAM": lambda: f"room.{room}",
        "PUBLICATION": lambda: world.publication(world.bounmy).pk,
        "SPEAKER": lambda: world.publication(world.bounmy).user_id,
        "MESSAGE": lambda: send_message(world.noy, room, client_id=uuid.uuid4(), text="Hm?").pk,
        "NOY": lambda: world.noy.pk,
        "CONVERSATION": lambda: _conversation(world),
        "QUESTION": lambda: ask_question(world.moderator, room, client_id=uuid.uuid4(), text="Hm?").pk,
        "ANNOUNCEMENT": lambda: (
            announce_in_room(world.moderator, room, client_id=uuid.uuid4(), text={"en": "Hm?"}).pk
        ),
        "PERSON": lambda: world.sari.pk,
        "REPORT": lambda: report(world.noy, room, kind="person", thing=world.sari.pk, reason="spam").pk,
        "MATERIAL": lambda: (
            add_link(
                world.moderator, room, client_id=uuid.uuid4(), title="Hm?", url="https://example.org/"
            ).pk
        ),
        "DECK": lambda: ready_deck(world, world.moderator).pk,
        "DECK SHOWN": lambda: _deck_shown(world),
        "CAPTION": lambda: _caption(world),
        "HAND": lambda: raise_hand(world.noy, room).pk,
        "POLL": lambda: create_poll(world.moderator, room, kind="rating", title="Hm?", options=[], most=1).pk,
    }
    if command == "event.follow":
        world.event.state = "draft"
        world.event.save()
    if command == "captions.follow":
        _caption(world)
    return {
        key: made[value]() if isinstance(value, str) and value in made else value
        for key, value in DATA[command].items()
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("command", sorted(set(DATA) - HARMLESS))
async def test_a_stranger_is_refused_and_nothing_changes(world: World, tab: OpenTab, command: str) -> None:
    data = await in_db(prepared)(world, command)
    one = await tab(world.stranger)
    before = await in_db(everything)()
    answer = await one.ask(command, world.room.pk, **data)
    assert answer["error"]["code"] in {"denied", "missing"}, answer
    assert await in_db(everything)() == before
    assert await one.silence()


def _caption(world: World) -> int:
    offer_captions(world.moderator, world.room.pk, language="en")
    return say(world.moderator, world.room.pk, language="en", line=uuid.uuid4(), text="Hello.").pk


def _deck_shown(world: World) -> int:
    deck = ready_deck(world, world.moderator)
    show_slides(world.moderator, world.room.pk, deck_id=deck.pk, page=1)
    return deck.pk


def _conversation(world: World) -> int:
    for person in (world.noy, world.sari, world.stranger):
        agree_to_be_reached(person)
    sent = send_direct(world.noy, person_id=world.sari.pk, client_id=uuid.uuid4(), text="Hello")
    return sent.conversation_id


@pytest.mark.django_db(transaction=True)
async def test_one_persons_stream_is_nobody_elses(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy)
    for stream in (
        f"person.{world.bounmy.pk}",
        "person.999999",
        f"room.{world.room.pk}.hosts",
        f"room.{world.room.pk}.backstage",
        "bus",
        "room.0",
    ):
        error = (await one.ask("stream.resume", stream=stream, seq=0))["error"]
        assert error["code"] in {"missing", "invalid"}, stream


@pytest.mark.django_db(transaction=True)
async def test_a_socket_follows_only_so_many_streams(world: World, tab: OpenTab) -> None:
    rooms = await in_db(
        lambda: [type(world.room).objects.create(event=world.event) for _number in range(8)]
    )()
    one = await tab(world.noy)
    codes = []
    for room in rooms:
        answer = await one.ask("room.enter", room.pk)
        codes.append(answer.get("error", {}).get("code"))
        await in_db(cache.clear)()  # the rate is another test's
    assert codes == [None] * 7 + ["conflict"]
    await one.ask("room.leave", rooms[0].pk)
    assert "data" in await one.ask("room.enter", rooms[7].pk)
