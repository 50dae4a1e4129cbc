"""The screen in the hall: who opens it, that it sees what everyone sees and does nothing, and that it closes when it must."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from asgi import application
from conference.accounts.actions import end_sockets
from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Missing, Refusal
from conference.core.models import Event, Fact, Stream
from conference.events.actions import take_role
from conference.events.models import EventRole
from conference.programme.models import Hall, Release, Session, Slot
from conference.rooms.models import Room
from realtime import consumers
from realtime.announcements.actions import announce_in_room, announce_to_event
from realtime.captions.actions import offer_captions, say
from realtime.commands import COMMANDS
from realtime.limits import Rate
from realtime.questions.actions import approve_question, ask_question
from realtime.screen import actions
from realtime.screen.actions import MOST_LINKS, make_screen_link, revoke_screen_link
from realtime.screen.keys import cookie_name, key_of, link_in, opens, seal
from realtime.screen.models import ScreenLink
from realtime.screens import SCREEN_COMMANDS
from tests.realtime.at_once import meeting, together
from tests.realtime.conftest import OpenTab, Tab, World, cookie_of
from tests.realtime.stored import everything, rows
from tests.realtime.test_protocol import DATA, GARBAGE

pytestmark = pytest.mark.django_db(transaction=True)

in_db = database_sync_to_async

OpenScreen = Callable[..., Awaitable[Tab]]


def linked(world: World, room: Room | None = None, name: str = "Hall 3") -> ScreenLink:
    room = room or world.room
    return make_screen_link(world.organizer, room.event, room.code, name=name)


def address(room: Room, more: str = "") -> str:
    return f"/{room.event.slug}/rooms/{room.code}/screen{more}"


@pytest_asyncio.fixture
async def screen() -> AsyncIterator[OpenScreen]:
    """Open the sockets of screens: `await screen(room, cookie)`; closed after the test."""
    opened: list[WebsocketCommunicator] = []

    async def open_screen(room: Room, cookie: str = "", origin: str = "http://testserver") -> Tab:
        headers = [(b"host", b"testserver"), (b"origin", origin.encode()), (b"cookie", cookie.encode())]
        wire = WebsocketCommunicator(application, f"/ws/screen/{room.code}/", headers=headers)
        connected, _protocol = await wire.connect(timeout=5)
        assert connected
        opened.append(wire)
        made = Tab(wire)
        first = json.loads(await wire.receive_from(5))
        made.hello, made.refusal = first.get("data", {}), first.get("error", {})
        return made

    try:
        yield open_screen
        for wire in opened:
            if not wire.future.done():
                await wire.disconnect()
    finally:
        await sync_to_async(connections.close_all)()


def cookie(link: ScreenLink, room: Room) -> str:
    return f"{cookie_name(room.code)}={seal(link, room.code)}"


async def closed_with(tab: Tab, code: int, within: float = 5) -> None:
    async with asyncio.timeout(within):
        while (output := await tab.wire.receive_output(within))["type"] != "websocket.close":
            pass
    assert output["code"] == code


# --- keys ---


def test_a_key_is_typed_as_people_type_and_opens_one_link(world: World) -> None:
    one, other = linked(world), linked(world)
    key = key_of(one)
    assert opens(one, key)
    assert opens(one, f" {key.lower().replace('-', ' ')} ")
    assert not opens(other, key)
    assert not opens(one, key[:-1])
    assert not opens(one, "")
    assert key != key_of(other)


def test_a_cookie_holds_for_its_room_only_and_cannot_be_made_up(world: World) -> None:
    link, other = linked(world), Room.objects.create(event=world.event)
    sealed = seal(link, world.room.code)
    assert link_in({cookie_name(world.room.code): sealed}, world.room.code) == link.pk
    assert link_in({cookie_name(other.code): sealed}, other.code) is None
    assert link_in({cookie_name(world.room.code): str(link.pk)}, world.room.code) is None
    assert link_in({}, world.room.code) is None


# --- the page ---


def opened(room: Room, key: str = "", client: Client | None = None) -> HttpResponse:
    return (client or Client()).get(
        address(room, f"?key={key}" if key else ""), headers={"accept": "text/html"}
    )  # type: ignore[return-value]


def test_the_link_leads_to_the_address_without_its_key_and_opens_that_screen_only(world: World) -> None:
    link, other = linked(world), Room.objects.create(event=world.event)
    computer = Client()
    answer = opened(world.room, key_of(link), computer)
    assert (answer.status_code, answer["Location"]) == (302, address(world.room))
    assert computer.cookies[cookie_name(world.room.code)]["httponly"]
    page = opened(world.room, client=computer)
    assert page.status_code == 200
    assert f"/ws/screen/{world.room.code}/" in page.content.decode()
    assert page["Cache-Control"] == "private, no-store"
    assert opened(other, client=computer).status_code == 302  # to the sign-in
    for path in (
        f"/{world.event.slug}/rooms/{world.room.code}/screens/",
        f"/{world.event.slug}/organize/",
        "/me/",
    ):
        assert "/account/sign-in/" in computer.get(path)["Location"]


def test_a_wrong_key_and_a_key_of_another_room_open_nothing(world: World) -> None:
    link, other = linked(world), Room.objects.create(event=world.event)
    for room, key in ((other, key_of(link)), (world.room, "AAAA-AAAA-AAAA"), (world.room, "x" * 5000)):
        answer = opened(room, key)
        assert answer.status_code == 404
        assert not any(name.startswith("screen_") for name in answer.cookies)


def test_a_link_that_was_taken_back_opens_nothing_any_more(world: World) -> None:
    link = linked(world)
    computer = Client()
    opened(world.room, key_of(link), computer)
    revoke_screen_link(world.moderator, world.event, world.room.code, link=link.pk)
    page = opened(world.room, client=computer)
    assert page.status_code == 404
    assert "This screen is not open any more." in page.content.decode()
    assert opened(world.room, key_of(link), computer).status_code == 404


def test_those_who_run_the_room_open_it_by_signing_in_and_nobody_else(world: World) -> None:
    expected = {"moderator": 200, "organizer": 200, "noy": 403, "bounmy": 403, "stranger": 403}
    for name, status in expected.items():
        client = Client()
        client.force_login(getattr(world, name))
        assert opened(world.room, client=client).status_code == status, name
        assert client.get(f"/{world.event.slug}/rooms/{world.room.code}/screens/").status_code == status, name


def test_the_address_of_another_event_shows_no_screen(world: World) -> None:
    elsewhere = World()
    client = Client()
    client.force_login(world.organizer)
    assert client.get(f"/{elsewhere.event.slug}/rooms/{world.room.code}/screen").status_code == 404


def test_the_wall_tells_the_session_and_what_comes_next_by_the_clock_of_the_event(world: World) -> None:
    """In Chinese, on another day; 01:00 UTC is 09:00 in Kunming."""
    hall = Hall.objects.create(event=world.event, name={"en": "Spring Hall"})
    begins = (datetime.now(UTC) + timedelta(days=3)).replace(hour=1, minute=0, second=0, microsecond=0)
    release = Release.objects.create(event=world.event, number=1, version="1")
    for number, title in enumerate(("水稻", "玉米")):
        session = Session.objects.create(
            event=world.event,
            room=Room.objects.create(event=world.event) if number else world.room,
            number=number + 1,
            code=f"TALK0{number}",
            title={"zh-hans": title},
        )
        start = begins + timedelta(hours=number)
        Slot.objects.create(
            session=session, release=release, hall=hall, start=start, end=start + timedelta(hours=1)
        )
    computer = Client(headers={"accept-language": "zh-CN"})
    opened(world.room, key_of(linked(world)), computer)
    page = " ".join(opened(world.room, client=computer).content.decode().split())
    assert "09:00–10:00" in page
    assert f"{begins.month}月{begins.day}日" in page
    assert page.index("水稻") < page.index("本会场下一场") < page.index("玉米")
    assert f"testserver/r/{world.room.code}" in page


# --- the links ---


def test_who_runs_the_room_makes_links_and_takes_them_back(world: World) -> None:
    client = Client()
    client.force_login(world.moderator)
    path = f"/{world.event.slug}/rooms/{world.room.code}/screens/"
    assert client.post(path, {"name": "ຫ້ອງ 3"}).status_code == 302
    (link,) = ScreenLink.objects.filter(room=world.room)
    page = client.get(path).content.decode()
    assert key_of(link) in page
    assert "ຫ້ອງ 3" in page
    assert client.post(path, {"name": "x" * 61}).status_code == 422
    assert client.post(f"{path}{link.pk}/revoke").status_code == 302
    assert not ScreenLink.objects.exists()
    assert client.post(f"{path}{link.pk}/revoke").status_code == 404
    verbs = list(
        Fact.objects.filter(verb__startswith="screen.").order_by("pk").values_list("verb", flat=True)
    )
    assert verbs == ["screen.link_made", "screen.link_revoked"]


def test_others_make_and_take_back_nothing(world: World) -> None:
    link = linked(world)
    elsewhere = World()

    before = rows(ScreenLink, Fact, Stream)
    for person in (world.noy, world.bounmy, world.stranger, elsewhere.organizer):
        with pytest.raises((Denied, Missing)):
            make_screen_link(person, world.event, world.room.code)
        with pytest.raises((Denied, Missing)):
            revoke_screen_link(person, world.event, world.room.code, link=link.pk)
    with pytest.raises(Missing):
        revoke_screen_link(elsewhere.organizer, elsewhere.event, elsewhere.room.code, link=link.pk)
    assert rows(ScreenLink, Fact, Stream) == before


def test_a_room_has_only_so_many_links(world: World) -> None:
    for _each in range(MOST_LINKS):
        linked(world)
    with pytest.raises(Conflict):
        linked(world)
    linked(world, Room.objects.create(event=world.event))


def _two_at_the_last_place(world: World, patch: pytest.MonkeyPatch, *, locked: bool) -> list[Any]:
    """Two moderators make a link at once where one place is left, and meet after they have asked for the room, or, without the
    lock, after they have counted."""
    for _each in range(MOST_LINKS - 1):
        linked(world)
    name = "get_room_to_run" if locked else "_links_of"
    patch.setattr(actions, name, meeting(getattr(actions, name)))
    if not locked:
        patch.setattr(actions, "_lock", lambda room: None)
    return together(
        *(
            lambda who=who: actions.make_screen_link(who, world.event, world.room.code)
            for who in (world.moderator, world.organizer)
        )
    )


def test_of_two_who_take_the_last_place_for_a_link_one_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = _two_at_the_last_place(world, monkeypatch, locked=True)
    assert sorted(isinstance(each, Conflict) for each in results) == [False, True]
    assert ScreenLink.objects.filter(room=world.room).count() == MOST_LINKS


def test_without_the_lock_there_would_be_one_too_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _two_at_the_last_place(world, monkeypatch, locked=False)
    assert ScreenLink.objects.filter(room=world.room).count() == MOST_LINKS + 1


# --- the socket ---


async def test_a_screen_sees_what_everyone_sees_and_is_nobody(
    world: World, tab: OpenTab, screen: OpenScreen
) -> None:
    link = await in_db(linked)(world)
    await in_db(ask_question)(world.noy, world.room.pk, client_id=uuid.uuid4(), text="Not looked at yet")
    wall = await screen(world.room, cookie(link, world.room))
    assert wall.hello["person"] is None
    entered = (await wall.ask("room.enter", world.room.pk))["data"]
    assert (entered["role"], entered["runs"], entered["may_publish"], entered["own"]) == (
        "screen",
        False,
        False,
        {},
    )
    assert not {"hosts", "backstage"} & set(entered)
    assert "Not looked at yet" not in json.dumps(entered)
    noy = await tab(world.noy, world.room)
    await noy.say("Hello hall", world.room.pk)
    frame = await wall.frame()
    assert (frame["update"], frame["data"]["text"]) == ("message.saved", "Hello hall")
    people = (await noy.ask("room.people", world.room.pk))["data"]
    assert people["count"] == 1
    assert (await wall.ask("ping"))["data"] == {}


async def test_a_screen_hears_nothing_of_what_is_for_hosts(
    world: World, tab: OpenTab, screen: OpenScreen
) -> None:
    by_link = await screen(world.room, cookie(await in_db(linked)(world), world.room))
    by_person = await screen(world.room, await in_db(cookie_of)(world.moderator))
    for wall in (by_link, by_person):
        assert "data" in await wall.ask("room.enter", world.room.pk)
    question = await in_db(ask_question)(world.noy, world.room.pk, client_id=uuid.uuid4(), text="Hm?")
    # What one person alone hears: the moderator's own stream.
    own = await in_db(ask_question)(world.moderator, world.room.pk, client_id=uuid.uuid4(), text="Mine")
    await in_db(approve_question)(world.moderator, world.room.pk, question_id=question.pk)
    for wall in (by_link, by_person):
        frames = [await wall.frame(), await wall.frame()]
        assert [(frame["stream"], frame["data"]["id"]) for frame in frames] == [
            (f"room.{world.room.pk}", own.pk),
            (f"room.{world.room.pk}", question.pk),
        ]
        assert await wall.silence()


async def test_a_screen_goes_on_from_where_it_was(world: World, tab: OpenTab, screen: OpenScreen) -> None:
    link = await in_db(linked)(world)
    wall = await screen(world.room, cookie(link, world.room))
    seq = (await wall.ask("room.enter", world.room.pk))["data"]["seq"]
    noy = await tab(world.noy, world.room)
    await wall.wire.disconnect()
    await noy.say("Meanwhile", world.room.pk)
    again = await screen(world.room, cookie(link, world.room))
    answer = (await again.ask("stream.resume", stream=f"room.{world.room.pk}", seq=seq))["data"]
    assert [update["data"]["text"] for update in answer["updates"]] == ["Meanwhile"]
    assert (answer["role"], answer["runs"]) == ("screen", False)
    await noy.say("And now", world.room.pk)
    assert (await again.frame())["data"]["text"] == "And now"
    assert (await again.ask("stream.resume", stream=f"room.{world.room.pk}", seq=10**6))["error"][
        "code"
    ] == "gap"


@pytest.mark.parametrize("opener", ["link", "moderator"])
async def test_a_screen_can_do_nothing(
    world: World, screen: OpenScreen, opener: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command, with data that fits: only those of screens are answered, and nothing changes."""
    monkeypatch.setattr(consumers, "FRAMES", Rate(1000, 0.001))
    if opener == "link":
        wall = await screen(world.room, cookie(await in_db(linked)(world), world.room))
    else:
        wall = await screen(world.room, await in_db(cookie_of)(world.moderator))

    before = await in_db(everything)()
    for name in sorted(set(COMMANDS) - set(SCREEN_COMMANDS)):
        answer = await wall.ask(name, world.room.pk, **DATA.get(name, {}))
        assert answer["error"]["code"] == "denied", name
    assert (await wall.ask("no.such"))["error"]["code"] == "unknown_command"
    assert await in_db(everything)() == before


async def test_a_screen_shows_captions_and_what_is_announced_to_the_room_and_the_event(
    world: World, screen: OpenScreen
) -> None:
    await in_db(offer_captions)(world.moderator, world.room.pk, language="lo")
    await in_db(say)(world.moderator, world.room.pk, language="lo", line=uuid.uuid4(), text="ສະບາຍດີ")
    wall = await screen(world.room, cookie(await in_db(linked)(world), world.room))
    entered = (await wall.ask("room.enter", world.room.pk))["data"]
    assert [feed["language"] for feed in entered["state"]["captions"]] == ["lo"]
    followed = (await wall.ask("captions.follow", world.room.pk, languages=["lo"]))["data"]
    assert "ສະບາຍດີ" in json.dumps(followed, ensure_ascii=False)
    assert (await wall.ask("captions.follow", world.room.pk, languages=["km"]))["error"]["code"] == "missing"
    assert (await wall.ask("event.follow", event=world.event.pk))["data"]["state"]["announcement"] == []

    await in_db(say)(world.moderator, world.room.pk, language="lo", line=uuid.uuid4(), text="ຂອບໃຈ")
    assert (await wall.frame())["data"]["text"] == "ຂອບໃຈ"
    words = {"en": "Lunch is served"}
    await in_db(announce_in_room)(world.moderator, world.room.pk, client_id=uuid.uuid4(), text=words)
    await in_db(announce_to_event)(world.organizer, world.event, client_id=uuid.uuid4(), text=words)
    heard = [await wall.frame(), await wall.frame()]
    assert [(frame["stream"], frame["update"]) for frame in heard] == [
        (f"room.{world.room.pk}", "announcement.saved"),
        (f"event.{world.event.pk}", "announcement.saved"),
    ]


async def test_wrong_frames_are_answered_and_close_no_screen(
    world: World, screen: OpenScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "FRAMES", Rate(1000, 0.001))
    wall = await screen(world.room, cookie(await in_db(linked)(world), world.room))
    for what, (text, code, reply) in GARBAGE.items():
        if isinstance(text, bytes):
            await wall.wire.send_to(bytes_data=text)
        else:
            await wall.wire.send_to(text_data=text)
        answer = await wall.frame()
        assert (answer["error"]["code"], answer["reply"]) == (code, reply), what
    for name, data in (
        ("room.enter", {"x": "x"}),
        ("stream.resume", {"stream": 7, "seq": "x"}),
        ("event.follow", {"event": None}),
        ("captions.follow", {"languages": {"a": 1}}),
    ):
        answer = await wall.ask(name, world.room.pk, **data)
        assert answer.get("error", {}).get("code") in {None, "invalid", "missing"}, name
    assert (await wall.ask("ping"))["data"] == {}


async def test_a_screen_enters_no_other_room_and_follows_no_other_stream(
    world: World, screen: OpenScreen
) -> None:
    other = await in_db(Room.objects.create)(event=world.event)
    wall = await screen(world.room, cookie(await in_db(linked)(world), world.room))
    assert (await wall.ask("room.enter", other.pk))["error"]["code"] == "missing"
    assert (await wall.ask("event.follow", event=world.event.pk + 1))["error"]["code"] == "missing"
    for stream in (
        f"room.{other.pk}",
        f"room.{world.room.pk}.hosts",
        f"person.{world.noy.pk}",
        f"event.{world.event.pk}",
    ):
        assert (await wall.ask("stream.resume", stream=stream, seq=0))["error"]["code"] == "missing", stream


async def test_who_may_open_the_socket(world: World, screen: OpenScreen) -> None:
    other = await in_db(Room.objects.create)(event=world.event)
    link = await in_db(linked)(world)
    for person in (world.noy, world.bounmy, world.stranger):
        wall = await screen(world.room, await in_db(cookie_of)(person))
        assert wall.refusal["code"] == "signed_out"
        await closed_with(wall, 4401)
    for room, cookies in (
        (world.room, ""),
        (other, cookie(link, world.room)),
        (other, f"{cookie_name(other.code)}={seal(link, world.room.code)}"),
        (world.room, f"{cookie_name(world.room.code)}={link.pk}"),
    ):
        wall = await screen(room, cookies)
        assert wall.refusal["code"] == "signed_out"
        await closed_with(wall, 4401)
    foreign = await screen(world.room, cookie(link, world.room), origin="https://elsewhere.example")
    await closed_with(foreign, 4403)


async def test_the_link_opens_no_socket_of_a_person(world: World, tab: OpenTab) -> None:
    link = await in_db(linked)(world)
    headers = [(b"host", b"testserver"), (b"cookie", cookie(link, world.room).encode())]
    wire = WebsocketCommunicator(application, "/ws/", headers=headers)
    await wire.connect(timeout=5)
    assert json.loads(await wire.receive_from(5))["error"]["code"] == "signed_out"
    await wire.disconnect()


async def test_a_link_that_is_taken_back_closes_its_screens_at_once_and_no_others(
    world: World, screen: OpenScreen
) -> None:
    link, kept = await in_db(linked)(world), await in_db(linked)(world)
    gone, stays = [await screen(world.room, cookie(each, world.room)) for each in (link, kept)]
    for wall in (gone, stays):
        await wall.ask("room.enter", world.room.pk)
    await in_db(revoke_screen_link)(world.moderator, world.event, world.room.code, link=link.pk)
    await closed_with(gone, 4401)
    assert "data" in await stays.ask("ping")
    again = await screen(world.room, cookie(link, world.room))
    assert again.refusal["code"] == "signed_out"
    assert again.refusal["message"].startswith("This screen is not open any more.")


async def test_it_is_closed_in_the_language_of_the_wall(world: World, screen: OpenScreen) -> None:
    link = await in_db(linked)(world)
    language = f"{settings.LANGUAGE_COOKIE_NAME}=zh-hans"
    wall = await screen(world.room, f"{cookie(link, world.room)}; {language}")
    await in_db(revoke_screen_link)(world.moderator, world.event, world.room.code, link=link.pk)
    while "error" not in (frame := await wall.frame()):
        pass
    assert frame["error"]["message"].startswith("这个屏幕已关闭")


async def test_a_command_after_the_link_is_gone_is_refused_even_unheard(
    world: World, screen: OpenScreen
) -> None:
    link = await in_db(linked)(world)
    wall = await screen(world.room, cookie(link, world.room))
    await ScreenLink.objects.all().adelete()  # nobody was told
    assert (await wall.ask("room.enter", world.room.pk))["error"]["code"] == "signed_out"
    await closed_with(wall, 4401)


def sign_out(user: User) -> None:
    """As when a password is changed: no session of theirs holds any more."""
    user.set_password("another long password")
    user.save()
    end_sockets(user)


@pytest.mark.parametrize("how", ["signs out", "runs it no more"])
async def test_a_screen_opened_by_a_person_ends_with_their_right_to_it(
    world: World, screen: OpenScreen, how: str
) -> None:
    given = await EventRole.objects.acreate(event=world.event, user=world.stranger, role="moderator")
    wall = await screen(world.room, await in_db(cookie_of)(world.stranger))
    assert "data" in await wall.ask("room.enter", world.room.pk)
    if how == "signs out":
        await in_db(sign_out)(world.stranger)
    else:
        await in_db(take_role)(world.organizer, world.event, role_id=given.pk)
    await closed_with(wall, 4401)


async def test_a_screen_shows_on_in_a_closed_room(world: World, screen: OpenScreen) -> None:
    """Those who run the room prepare with the doors closed."""
    await Room.objects.filter(pk=world.room.pk).aupdate(open=False)
    await Event.objects.filter(pk=world.event.pk).aupdate(state=Event.State.DRAFT)
    wall = await screen(world.room, cookie(await in_db(linked)(world), world.room))
    assert "data" in await wall.ask("room.enter", world.room.pk)


def test_refusals_are_sentences(world: World) -> None:
    with pytest.raises(Refusal) as refused:
        revoke_screen_link(world.moderator, world.event, world.room.code, link=99)
    assert str(refused.value.message).endswith(".")
