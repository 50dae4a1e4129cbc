"""Captions: who may write them, who gets which language, lines that are taken once, and what stays when people go."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Invalid, Missing, Refusal
from conference.core.models import Event, Fact, Stream
from conference.core.personal_data import erase_everywhere, personal_data
from conference.rooms.models import Restriction, Room
from realtime.captions import actions
from realtime.captions.actions import Heard
from realtime.captions.models import Caption, Captioner, CaptionFeed, CaptionToken
from realtime.captions.queries import (
    captions_now,
    captions_part,
    feeds_to_read,
)
from realtime.queries import room_snapshot
from realtime.snapshots import own_part
from tests.realtime.conftest import OpenTab, World
from tests.realtime.stored import rows

in_db = database_sync_to_async

KHMER = "សូមស្វាគមន៍មកកាន់គុនមីង។"


def offered(world: World, *languages: str) -> CaptionFeed:
    for language in languages or ("en",):
        feed = actions.offer_captions(world.moderator, world.room.pk, language=language)
    return feed


def said(world: World, text: str = "Good morning.", language: str = "en", **more: Any) -> Caption:
    who = more.pop("who", world.moderator)
    line = more.pop("line", uuid.uuid4())
    return actions.say(who, world.room.pk, language=language, line=line, text=text, **more)


def secret_for(world: World, language: str = "en") -> str:
    token, secret = actions.make_token(
        world.moderator, world.room.pk, language=language, label="Service", days=1
    )
    return secret


def heard(world: World, secret: str, *lines: Heard, language: str = "en") -> list[dict[str, Any]]:
    return actions.take_heard(secret, world.room.pk, language, list(lines))


def texts(language: str = "en") -> list[str]:
    return list(Caption.objects.filter(feed__language=language).order_by("pk").values_list("text", flat=True))


# --- languages ---


def test_languages_are_begun_ended_and_begun_again(world: World) -> None:
    feed = offered(world, "km")
    assert offered(world, "km").pk == feed.pk
    assert captions_part(world.room)["state"]["captions"] == [
        {
            "id": feed.pk,
            "language": "km",
            "name": "ខ្មែរ",
            "dir": "ltr",
            "open": True,
            "file": f"/{world.event.slug}/rooms/{world.room.code}/captions/km.vtt",
        }
    ]
    said(world, KHMER, "km")
    actions.end_captions(world.moderator, world.room.pk, language="km")
    assert not captions_part(world.room)["state"]["captions"][0]["open"]
    with pytest.raises(Conflict, match="ended"):
        said(world, KHMER, "km")
    offered(world, "km")
    said(world, KHMER, "km")
    assert texts("km") == [KHMER, KHMER]


def test_a_language_without_a_line_goes_altogether_with_its_keys(world: World) -> None:
    offered(world)
    secret = secret_for(world)
    actions.end_captions(world.moderator, world.room.pk, language="en")
    assert not CaptionFeed.objects.exists() and not CaptionToken.objects.exists()
    with pytest.raises(Refusal):
        heard(world, secret, Heard("Hello", "1"))


def test_only_languages_that_we_know_are_offered(world: World) -> None:
    with pytest.raises(Invalid):
        offered(world, "tlh")


def test_an_event_that_is_over_is_not_captioned(world: World) -> None:
    offered(world)
    secret = secret_for(world)
    caption = said(world)
    Event.objects.filter(pk=world.event.pk).update(state=Event.State.ARCHIVED)
    for refused in (
        lambda: offered(world, "th"),
        lambda: said(world),
        lambda: secret_for(world),
        lambda: actions.correct_caption(world.moderator, world.room.pk, caption_id=caption.pk, text="No"),
        lambda: heard(world, secret, Heard("Hello", "1")),
        lambda: heard(world, secret, Heard("Hello", "1", final=False)),
    ):
        with pytest.raises(Conflict):
            refused()
    assert texts() == ["Good morning."]


def test_what_is_said_behind_the_scenes_is_not_captioned(world: World) -> None:
    offered(world)
    secret = secret_for(world)
    first = said(world)
    Room.objects.filter(pk=world.room.pk).update(green_room=True)
    writing = {"language": "en", "line": uuid.uuid4(), "text": "Is this on?"}
    for refused in (
        lambda: said(world, "Is this on?"),
        lambda: actions.show_writing(world.moderator, world.room.pk, **writing),
        lambda: heard(world, secret, Heard("Is this on?", "1")),
        lambda: heard(world, secret, Heard("Is this on?", "1", final=False)),
    ):
        with pytest.raises(Conflict, match="not live"):
            refused()
    # What was said before may be mended all the same.
    actions.correct_caption(world.moderator, world.room.pk, caption_id=first.pk, text="Good day.")
    Room.objects.filter(pk=world.room.pk).update(on_air_from=timezone.now())
    said(world, "Now it is.")
    heard(world, secret, Heard("Heard.", "2"))
    assert texts() == ["Good day.", "Now it is.", "Heard."]


# --- who may ---

SETS_UP: dict[str, Callable[[User, World, Caption], Any]] = {
    "offer": lambda who, w, c: actions.offer_captions(who, w.room.pk, language="th"),
    "end": lambda who, w, c: actions.end_captions(who, w.room.pk, language="en"),
    "add captioner": lambda who, w, c: actions.add_captioner(who, w.room.pk, email=w.noy.email),
    "remove captioner": lambda who, w, c: actions.remove_captioner(who, w.room.pk, person_id=w.sari.pk),
    "make token": lambda who, w, c: actions.make_token(who, w.room.pk, language="en", label="Mine", days=1),
    "revoke token": lambda who, w, c: actions.revoke_token(
        who, w.room.pk, token_id=CaptionToken.objects.get().pk
    ),
}
WRITES: dict[str, Callable[[User, World, Caption], Any]] = {
    "say": lambda who, w, c: said(w, who=who),
    "write": lambda who, w, c: actions.show_writing(
        who, w.room.pk, language="en", line=uuid.uuid4(), text="Good"
    ),
    "correct": lambda who, w, c: actions.correct_caption(who, w.room.pk, caption_id=c.pk, text="Hello."),
    "delete": lambda who, w, c: actions.delete_caption(who, w.room.pk, caption_id=c.pk),
}
MAY_SET_UP = {"moderator", "organizer"}
MAY_WRITE = {*MAY_SET_UP, "interpreter", "captioner"}
EVERYBODY = ["attendee", "speaker", "stranger", "muted captioner", *sorted(MAY_WRITE)]


def _somebody(world: World, role: str) -> User:
    actions.add_captioner(world.moderator, world.room.pk, email=world.sari.email)
    if role == "muted captioner":
        Restriction.objects.create(room=world.room, user=world.sari, kind=Restriction.Kind.MUTED)
    return world.people().get(role, world.sari)


def state() -> list[Any]:
    return rows(Caption, Captioner, CaptionFeed, CaptionToken, Fact, Stream)


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_may_do_what_and_nothing_changes_for_the_others(world: World, role: str) -> None:
    offered(world)
    caption = said(world)
    secret_for(world)
    who = _somebody(world, role)
    before = state()
    for name, act in (SETS_UP | WRITES).items():
        may = role in (MAY_SET_UP if name in SETS_UP else MAY_WRITE)
        if may:
            with transaction.atomic():  # each begins where the others began
                act(who, world, Caption.objects.get(pk=caption.pk))
                assert name == "write" or state() != before, name
                transaction.set_rollback(True)
        else:
            with pytest.raises((Denied, Missing)):
                act(who, world, caption)
        assert state() == before, name


def test_a_captioner_is_somebody_who_can_enter_and_learns_of_it_at_once(world: World) -> None:
    for email in ("nobody@example.org", world.stranger.email):
        with pytest.raises(Invalid) as refusal:
            actions.add_captioner(world.moderator, world.room.pk, email=email)
        assert refusal.value.details["fields"]["email"]
    assert own_part(world.noy, world.room, "attendee")["captioning"] == []
    actions.add_captioner(world.moderator, world.room.pk, email=world.noy.email.upper())
    page = f"/{world.event.slug}/rooms/{world.room.code}/captions/"
    assert own_part(world.noy, world.room, "attendee")["captioning"][0]["page"] == page
    actions.remove_captioner(world.moderator, world.room.pk, person_id=world.noy.pk)
    assert own_part(world.noy, world.room, "attendee")["captioning"] == []
    assert Stream.objects.get(name=f"person.{world.noy.pk}").seq == 2
    with pytest.raises(Missing):
        actions.remove_captioner(world.moderator, world.room.pk, person_id=world.noy.pk)


def test_a_room_of_another_event_is_another_room(world: World) -> None:
    offered(world)
    caption = said(world)
    other = World()
    offered(other)
    with pytest.raises(Missing):
        actions.correct_caption(other.moderator, other.room.pk, caption_id=caption.pk, text="Mine")
    with pytest.raises(Refusal):
        actions.delete_caption(other.moderator, world.room.pk, caption_id=caption.pk)
    assert texts() == ["Good morning."]


# --- lines ---


def test_the_same_line_again_is_the_same_line(world: World) -> None:
    offered(world)
    line = uuid.uuid4()
    first = said(world, line=line, took=4000)
    assert said(world, "Something else", line=line) == first
    assert texts() == ["Good morning."]
    assert (first.end - first.start).total_seconds() == 4


def test_captioners_correct_one_another_and_delete(world: World) -> None:
    offered(world)
    caption = said(world, "Good mourning.")
    actions.add_captioner(world.moderator, world.room.pk, email=world.noy.email)
    actions.correct_caption(world.noy, world.room.pk, caption_id=caption.pk, text="Good morning.")
    assert texts() == ["Good morning."]
    assert Fact.objects.filter(verb="caption.corrected", actor=world.noy).count() == 1
    actions.correct_caption(world.noy, world.room.pk, caption_id=caption.pk, text="Good morning.")
    assert Fact.objects.filter(verb="caption.corrected").count() == 1
    actions.delete_caption(world.noy, world.room.pk, caption_id=caption.pk)
    assert texts() == []
    with pytest.raises(Missing):
        actions.delete_caption(world.noy, world.room.pk, caption_id=caption.pk)


def test_a_language_holds_only_so_many_lines(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    offered(world)
    monkeypatch.setattr(actions, "MOST_LINES", 2)
    secret = secret_for(world)
    said(world)
    with pytest.raises(Conflict):
        heard(world, secret, Heard("One", "1"), Heard("Two", "2"))
    assert len(texts()) == 1


# --- over the socket ---


@pytest.mark.django_db(transaction=True)
async def test_a_reader_gets_their_language_and_no_other(world: World, tab: OpenTab) -> None:
    await in_db(offered)(world, "en", "km")
    await in_db(said)(world, "Before.")
    one, other = await tab(world.noy, world.room), await tab(world.sari, world.room)
    reply = (await one.ask("captions.follow", world.room.pk, languages=["km"]))["data"]
    assert reply["captions"]["km"] == {
        "stream": f"room.{world.room.pk}.captions.km",
        "seq": 0,
        "lines": [],
        "more": False,
    }
    caption = await in_db(said)(world, KHMER, "km")
    await in_db(said)(world, "In English.")
    update = await one.frame()
    assert (update["update"], update["seq"]) == ("caption.saved", 1)
    assert (update["data"]["id"], update["data"]["text"]) == (caption.pk, KHMER)
    assert await one.silence()
    assert await other.silence()
    # Another language instead: what was there, and from now on that one alone.
    reply = (await one.ask("captions.follow", world.room.pk, languages=["en"]))["data"]
    assert [line["text"] for line in reply["captions"]["en"]["lines"]] == ["Before.", "In English."]
    await in_db(said)(world, KHMER, "km")
    assert await one.silence()
    assert (await one.ask("captions.follow", world.room.pk, languages=[]))["data"] == {"captions": {}}
    await in_db(said)(world, "Nobody reads.")
    assert await one.silence()


@pytest.mark.django_db(transaction=True)
async def test_what_is_typed_comes_as_a_signal_and_then_as_a_line(world: World, tab: OpenTab) -> None:
    await in_db(offered)(world)
    captioner, reader = await tab(world.moderator, world.room), await tab(world.noy, world.room)
    await reader.ask("captions.follow", world.room.pk, languages=["en"])
    line = str(uuid.uuid4())
    data = {"language": "en", "line": line}
    assert (await captioner.ask("caption.write", world.room.pk, **data, text="Good"))["data"] == {}
    assert await reader.signal("writing") == {
        "line": line,
        "text": "Good",
        "person": world.moderator.pk,
        "name": "Thandar",
    }
    reply = await captioner.ask("caption.say", world.room.pk, **data, text="Good  morning.\n", took=900)
    update = await reader.frame()
    assert update["data"] == reply["data"] and update["data"]["text"] == "Good morning."
    number = reply["data"]["id"]
    corrected = await captioner.ask("caption.correct", world.room.pk, caption=number, text="Good day.")
    assert (await reader.frame())["data"] == corrected["data"] and corrected["data"]["edited"]
    assert (await captioner.ask("caption.delete", world.room.pk, caption=number))["data"] == {}
    assert (await reader.frame()) == {
        "stream": f"room.{world.room.pk}.captions.en",
        "update": "caption.removed",
        "seq": 3,
        "data": {"id": number},
    }
    assert await Caption.objects.acount() == 0


@pytest.mark.django_db(transaction=True)
async def test_captions_are_read_in_the_room_only_and_end_with_it(world: World, tab: OpenTab) -> None:
    await in_db(offered)(world)
    one = await tab(world.noy)
    outside = await one.ask("captions.follow", world.room.pk, languages=["en"])
    assert outside["error"]["code"] == "conflict"
    await one.ask("room.enter", world.room.pk)
    assert (await one.ask("captions.follow", world.room.pk, languages=["th"]))["error"]["code"] == "missing"
    await one.ask("captions.follow", world.room.pk, languages=["en"])
    await one.ask("room.leave", world.room.pk)
    await in_db(said)(world)
    assert await one.silence()


@pytest.mark.django_db(transaction=True)
async def test_whoever_is_taken_out_of_the_room_reads_nothing_further(world: World, tab: OpenTab) -> None:
    await in_db(offered)(world)
    one = await tab(world.noy, world.room)
    await one.ask("captions.follow", world.room.pk, languages=["en"])

    def take_out() -> None:
        Restriction.objects.create(room=world.room, user=world.noy, kind=Restriction.Kind.REMOVED)
        with transaction.atomic():
            actions.publish(f"person.{world.noy.pk}", "rights", saved={"id": world.room.pk})

    await in_db(take_out)()
    await one.signal("closed")
    one.aside.clear()
    await in_db(said)(world)
    assert await one.silence()


@pytest.mark.django_db(transaction=True)
async def test_the_history_comes_in_pieces(
    world: World, tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.captions.queries.PAGE", 2)
    await in_db(offered)(world)
    for number in range(11):
        await in_db(said)(world, f"Line {number}")
    one = await tab(world.noy, world.room)
    newest = (await one.ask("captions.follow", world.room.pk, languages=["en"]))["data"]["captions"]["en"]
    assert [line["text"] for line in newest["lines"]] == [f"Line {number}" for number in range(3, 11)]
    assert newest["more"]
    asked = {"language": "en", "before": newest["lines"][0]["id"]}
    older = (await one.ask("captions.history", world.room.pk, **asked))["data"]
    assert ([line["text"] for line in older["lines"]], older["more"]) == (["Line 1", "Line 2"], True)
    asked["before"] = older["lines"][0]["id"]
    oldest = (await one.ask("captions.history", world.room.pk, **asked))["data"]
    assert ([line["text"] for line in oldest["lines"]], oldest["more"]) == (["Line 0"], False)


@pytest.mark.django_db(transaction=True)
async def test_what_updates_said_is_what_a_fresh_answer_says(world: World, tab: OpenTab) -> None:
    await in_db(offered)(world)
    one = await tab(world.noy, world.room)
    await one.ask("captions.follow", world.room.pk, languages=["en"])

    def act() -> None:
        first, second = said(world, "One"), said(world, "Two")
        said(world, "Three")
        actions.correct_caption(world.moderator, world.room.pk, caption_id=first.pk, text="One!")
        actions.delete_caption(world.moderator, world.room.pk, caption_id=second.pk)
        secret = secret_for(world)
        heard(world, secret, Heard("Fore", "4"))
        heard(world, secret, Heard("Four", "4"))

    await in_db(act)()
    known: dict[int, Any] = {}
    for seq in range(1, 8):
        frame = await one.frame()
        assert frame["seq"] == seq
        if frame["update"] == "caption.removed":
            del known[frame["data"]["id"]]
        else:
            known[frame["data"]["id"]] = frame["data"]
    fresh = (await one.ask("captions.follow", world.room.pk, languages=["en"]))["data"]["captions"]["en"]
    assert fresh["seq"] == 7
    assert fresh["lines"] == sorted(known.values(), key=lambda line: line["id"])
    assert [line["text"] for line in fresh["lines"]] == ["One!", "Three", "Four"]


@pytest.mark.django_db(transaction=True)
async def test_the_rooms_languages_are_told_and_stand_in_the_snapshot(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    feed = await in_db(offered)(world, "ur")
    update = await one.frame()
    assert (update["update"], update["data"]["dir"]) == ("captions.saved", "rtl")
    snapshot = await in_db(room_snapshot)(world.noy, world.room.pk)
    assert snapshot["state"]["captions"] == [update["data"]]
    await in_db(actions.end_captions)(world.moderator, world.room.pk, language="ur")
    assert (await one.frame())["data"] == {"id": feed.pk}
    assert (await in_db(room_snapshot)(world.noy, world.room.pk))["state"]["captions"] == []


@pytest.mark.django_db(transaction=True)
async def test_whoever_is_asked_to_caption_is_told_in_the_room(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    await in_db(actions.add_captioner)(world.moderator, world.room.pk, email=world.noy.email)
    update = await one.frame()
    assert (update["update"], update["data"]["id"]) == ("captioning.saved", world.room.pk)
    snapshot = await in_db(room_snapshot)(world.noy, world.room.pk)
    assert snapshot["own"]["captioning"] == [update["data"]]
    await in_db(actions.remove_captioner)(world.moderator, world.room.pk, person_id=world.noy.pk)
    assert (await one.frame())["update"] == "captioning.removed"


# --- what it costs ---


@pytest.mark.parametrize("count", [1, 3])
def test_reading_and_saying_cost_the_same_whatever_was_said(world: World, count: int) -> None:
    offered(world, "en", "km")
    for _number in range(count):
        said(world)
    with CaptureQueriesContext(connection) as queries:
        captions_part(world.room)
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        captions_now(feeds_to_read(world.noy, world.room.pk, ["en", "km"]))
    assert len(queries) == 6  # the room, the right, the feeds, the positions, and the lines of each
    with CaptureQueriesContext(connection) as queries:
        captions_now(feeds_to_read(world.sari, world.room.pk, ["en", "km"]))
    assert len(queries) == 4  # what the first one read is kept
    with CaptureQueriesContext(connection) as queries:
        said(world, "New.")
    assert len(queries) == 12  # however many read it: they are sent what was encoded once
    assert "New." in captions_now(feeds_to_read(world.noy, world.room.pk, ["en"]))


# --- my data ---


def test_lines_are_in_my_data_and_stay_without_me(world: World) -> None:
    offered(world)
    actions.add_captioner(world.moderator, world.room.pk, email=world.noy.email)
    said(world, "The words of the speaker.", who=world.noy)
    secret_for(world)
    data = personal_data(world.noy)
    assert [line["text"] for line in data["captions"]] == ["The words of the speaker."]
    assert data["captioning"][0]["room"] == world.room.pk
    assert personal_data(world.moderator)["captioning"][0]["label"] == "Service"
    for person in (world.noy, world.moderator):
        with transaction.atomic():
            erase_everywhere(person)
    assert texts() == ["The words of the speaker."]
    assert Caption.objects.get().author is None
    assert CaptionToken.objects.get().created_by is None
    assert not Captioner.objects.exists()
