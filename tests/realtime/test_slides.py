"""Slides of a room: bringing them, showing them page by page, and who may see which page."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Invalid, Missing
from conference.core.models import Event, Fact, Stream
from conference.core.personal_data import erase_everywhere, personal_data
from conference.programme.models import Release, Session, Slot
from conference.rooms.models import Restriction, Room, RoomRole
from realtime.broadcast.actions import end_broadcast, reopen_broadcast, start_broadcast
from realtime.slides import actions, converting
from realtime.slides.files import check_slides, title_of
from realtime.slides.models import Deck, Slide, SlideShow
from realtime.slides.queries import backstage_part, get_slide, slides_part
from tests.realtime.at_once import meeting, together
from tests.realtime.conftest import OpenTab, World
from tests.realtime.documents import locked_pdf, pdf, ready_deck
from tests.realtime.stored import by_id, listen, rows

in_db = database_sync_to_async


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(uploads: Path) -> list[str]:
    return sorted(str(path.relative_to(uploads)) for path in uploads.rglob("*") if path.is_file())


def upload(name: str = "The road.pdf", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pdf("One", "Two", "Three") if content is None else content)


def bring(world: World, person: User | None = None, content: bytes | None = None, **more: Any) -> Deck:
    what = {"client_id": uuid.uuid4(), "title": "", "file": check_slides(upload(content=content)), **more}
    return actions.bring_deck(person or world.bounmy, world.room.pk, **what)


def show(world: World, deck: Deck, page: int = 1, person: User | None = None) -> SlideShow:
    return actions.show_slides(person or world.bounmy, world.room.pk, deck_id=deck.pk, page=page)


def turn(world: World, deck: Deck, left: int, by: int = 1, person: User | None = None) -> int:
    return actions.turn_page(person or world.bounmy, world.room.pk, deck_id=deck.pk, left=left, by=by).page


def page_shown(world: World) -> int | None:
    shown = slides_part(Room.objects.select_related("event").get(pk=world.room.pk))["state"]["slides"]
    return shown[0]["page"] if shown else None


def green_room(world: World) -> None:
    Room.objects.filter(pk=world.room.pk).update(green_room=True)
    world.room.refresh_from_db()


# --- what is taken ---


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"<html>%%EOF", "Only PDF"),
        (b"PK\x03\x04 slides of another program %%EOF", "Only PDF"),
        (pdf("One")[:300], "ends too early"),
    ],
)
def test_what_is_no_pdf_is_refused_with_the_reason(content: bytes, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence) as refused:
        check_slides(upload(content=content))
    assert refused.value.details["fields"]["file"][0].endswith(".")


def test_a_file_is_only_so_large(settings: Any) -> None:
    settings.SLIDES_MEGABYTES = 1
    with pytest.raises(Invalid, match="larger than 1 MB"):
        check_slides(upload(content=pdf("One") + b" " * 1024 * 1024))


def test_the_title_comes_from_the_name_in_its_own_script() -> None:
    assert title_of("C:\\Slides\\茶马_古道.PDF") == "茶马 古道"
    assert title_of("ສະໄລ້ \u202e1.pdf") == "ສະໄລ້ 1"
    assert title_of(".pdf") == "Slides"


# --- from the upload to the pictures ---


def test_brought_slides_are_made_ready_and_the_pdf_is_not_kept(world: World, uploads: Path) -> None:
    deck = bring(world)
    assert (deck.state, deck.title, len(stored(uploads))) == ("waiting", "The road", 1)
    actions.convert_decks()
    deck.refresh_from_db()
    assert (deck.state, deck.pages, deck.done, deck.file.name) == ("ready", 3, 3, "")
    assert [slide.text for slide in deck.slides.order_by("number")] == ["One", "Two", "Three"]
    assert len(stored(uploads)) == 6
    assert list(
        Fact.objects.filter(verb__startswith="deck.").order_by("pk").values_list("verb", flat=True)
    ) == [
        "deck.brought",
        "deck.converted",
    ]
    actions.convert_decks()
    assert Slide.objects.count() == 3


@pytest.mark.parametrize(
    ("content", "problem"), [(locked_pdf(), "encrypted"), (b"%PDF-1.7\nno\n%%EOF", "broken")]
)
def test_what_cannot_be_made_ready_says_why_and_leaves_nothing(
    world: World, uploads: Path, client: Client, content: bytes, problem: str
) -> None:
    deck = bring(world, content=content)
    actions.convert_decks()
    deck.refresh_from_db()
    assert (deck.state, deck.problem, stored(uploads)) == ("failed", problem, [])
    with pytest.raises(Conflict, match="not ready"):
        show(world, deck)
    client.force_login(world.bounmy)
    page = client.get(address(world)).content.decode()
    assert ("locked with a password" in page) == (problem == "encrypted")


def test_the_uploader_is_told_how_far_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "TOLD_EVERY", 0)
    told: list[tuple[str, int, int]] = []
    publish = actions.publish

    def hear(names: Any, kind: str, **what: Any) -> None:
        publish(names, kind, **what)
        data = what["saved"]
        told.append((data["state"], data["done"], data["pages"]))

    monkeypatch.setattr(actions, "publish", hear)
    bring(world)
    actions.convert_decks()
    assert told == [
        ("waiting", 0, 0),
        ("converting", 0, 0),
        ("converting", 0, 3),
        ("converting", 1, 3),
        ("converting", 2, 3),
        ("converting", 3, 3),
        ("ready", 3, 3),
    ]


def test_one_document_after_another_however_many_workers(world: World) -> None:
    first, second = bring(world), bring(world)
    Deck.objects.filter(pk=first.pk).update(state="converting", begun=timezone.now(), tries=1)
    actions.convert_decks()  # another worker is at the first
    second.refresh_from_db()
    assert second.state == "waiting"
    Deck.objects.filter(pk=first.pk).update(begun=timezone.now() - actions.LOST_AFTER - timedelta(seconds=1))
    actions.convert_decks()  # it has died
    assert set(Deck.objects.values_list("state", "tries")) == {("ready", 2), ("ready", 1)}


def test_a_document_on_which_workers_die_is_given_up(world: World, uploads: Path) -> None:
    deck = bring(world)
    long_ago = timezone.now() - actions.LOST_AFTER - timedelta(seconds=1)
    Deck.objects.filter(pk=deck.pk).update(state="converting", begun=long_ago, tries=actions.MOST_TRIES)
    actions.convert_decks()
    deck.refresh_from_db()
    assert (deck.state, deck.problem, stored(uploads)) == ("failed", "too_complex", [])


def test_two_workers_do_not_make_the_same_pictures(world: World) -> None:
    bring(world)
    together(actions.convert_decks, actions.convert_decks)
    assert Slide.objects.count() == 3


def test_slides_that_are_taken_away_while_they_are_made_ready_leave_nothing(
    world: World, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deck = bring(world)
    convert = converting.convert

    def taken_away_meanwhile(pdf: Path, folder: Path) -> Any:
        for step in convert(pdf, folder):
            yield step
            if Deck.objects.exists():
                actions.remove_deck(world.bounmy, world.room.pk, deck_id=deck.pk)

    monkeypatch.setattr(converting, "convert", taken_away_meanwhile)
    actions.convert_decks()
    assert not Deck.objects.exists() and stored(uploads) == []


def test_a_retried_upload_changes_nothing_and_a_refused_one_leaves_nothing(
    world: World, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = uuid.uuid4()
    assert bring(world, client_id=number) == bring(world, client_id=number)
    assert len(stored(uploads)) == 1
    monkeypatch.setattr(actions, "MOST", 1)
    with pytest.raises(Conflict, match="1 documents"):
        bring(world)
    with pytest.raises(Denied):
        bring(world, world.noy)
    Restriction.objects.create(room=world.room, user=world.bounmy, kind=Restriction.Kind.MUTED)
    with pytest.raises(Denied):
        bring(world)
    Event.objects.filter(pk=world.event.pk).update(state=Event.State.ARCHIVED)
    with pytest.raises(Conflict, match="over"):
        bring(world, world.moderator)
    assert len(stored(uploads)) == 1


def test_pictures_that_nobody_has_any_more_are_erased_after_a_while(world: World, uploads: Path) -> None:
    actions.erase_orphans()
    kept, gone, waiting = ready_deck(world, world.bounmy, 1), ready_deck(world, world.bounmy, 1), bring(world)
    gone.delete()  # as when its room is deleted
    actions.erase_orphans()
    assert len(stored(uploads)) == 5
    for name in stored(uploads):
        os.utime(uploads / name, (0, 0))
    actions.erase_orphans()
    one = kept.slides.get()
    assert stored(uploads) == sorted([one.small.name, one.large.name, str(waiting.file.name)])


# --- showing ---


def test_a_page_is_shown_and_turned_and_taken_from_the_stage(world: World) -> None:
    deck = ready_deck(world, world.bounmy)
    show(world, deck)
    assert page_shown(world) == 1
    assert [turn(world, deck, left) for left in (1, 2, 3)] == [2, 3, 3]
    assert [turn(world, deck, left, -1) for left in (3, 2, 1)] == [2, 1, 1]
    assert show(world, deck, page=99).page == 3
    actions.hide_slides(world.bounmy, world.room.pk)
    actions.hide_slides(world.bounmy, world.room.pk)
    assert page_shown(world) is None
    with pytest.raises(Conflict, match="not shown any more"):
        turn(world, deck, 1)
    verbs = Fact.objects.filter(verb__startswith="slides.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["slides.shown", *["slides.turned"] * 5, "slides.hidden"]


def test_showing_the_same_page_again_tells_nobody(world: World) -> None:
    deck = ready_deck(world, world.bounmy)
    show(world, deck)
    before = rows(Fact, Stream)
    show(world, deck)
    turn(world, deck, 1, -1)
    assert rows(Fact, Stream) == before


def test_other_slides_take_the_place_of_those_before(world: World) -> None:
    one, two = ready_deck(world, world.bounmy), ready_deck(world, world.moderator)
    show(world, one, 2)
    show(world, two, person=world.moderator)
    with pytest.raises(Conflict):
        turn(world, one, 2)
    assert page_shown(world) == 1
    with pytest.raises(Denied):
        actions.remove_deck(world.bounmy, world.room.pk, deck_id=two.pk)
    actions.remove_deck(world.moderator, world.room.pk, deck_id=two.pk)
    assert page_shown(world) is None and not SlideShow.objects.exists()


def _press_next_both_at_once(world: World, deck: Deck) -> list[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actions, "get_room_to_speak_in", meeting(actions.get_room_to_speak_in))
        pressing = [
            lambda who=who: turn(world, deck, 1, person=who) for who in (world.bounmy, world.moderator)
        ]
        return together(*pressing)


def test_two_who_press_next_at_once_turn_one_page(world: World) -> None:
    deck = ready_deck(world, world.bounmy)
    show(world, deck)
    assert _press_next_both_at_once(world, deck) == [2, 2]
    assert page_shown(world) == 2
    assert Fact.objects.filter(verb="slides.turned").count() == 1


def test_without_the_lock_both_would_have_turned_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deck = ready_deck(world, world.bounmy)
    show(world, deck)
    monkeypatch.setattr(actions, "_lock", lambda room: room)
    monkeypatch.setattr(
        actions, "record", meeting(actions.record)
    )  # both have written, neither has committed
    monkeypatch.setattr(SlideShow, "save", lambda self, **more: None)  # else the second waits for the row
    monkeypatch.setattr(actions, "_reach", lambda show: None)
    _press_next_both_at_once(world, deck)
    assert Fact.objects.filter(verb="slides.turned").count() == 2


# --- who sees which page ---


def seen(world: World, role: str, deck: Deck) -> list[int]:
    found = []
    for number in range(1, 6):
        try:
            found.append(get_slide(world.room, role, deck.pk, number).number)
        except Missing:
            continue
    return found


def test_everyone_sees_one_page_further_than_was_shown_and_the_stage_all(world: World) -> None:
    deck = ready_deck(world, world.bounmy, 5)
    assert (seen(world, "attendee", deck), seen(world, "interpreter", deck)) == ([], [1, 2, 3, 4, 5])
    show(world, deck)
    assert seen(world, "attendee", deck) == [1, 2]
    turn(world, deck, 1)
    turn(world, deck, 2, -1)
    assert seen(world, "attendee", deck) == [1, 2, 3]
    assert seen(World(), "speaker", deck) == []


def test_behind_the_scenes_slides_are_tried_without_showing_them_to_anyone(world: World) -> None:
    green_room(world)
    deck = ready_deck(world, world.bounmy, 5)
    show(world, deck, 3)
    assert page_shown(world) is None and seen(world, "attendee", deck) == []
    assert backstage_part(world.room)["state"]["slides"][0]["page"] == 3
    start_broadcast(world.moderator, world.room.pk, countdown=0)
    assert page_shown(world) == 3 and seen(world, "attendee", deck) == [1, 2, 3, 4]
    end_broadcast(world.moderator, world.room.pk)
    assert page_shown(world) is None
    reopen_broadcast(world.moderator, world.room.pk)
    assert page_shown(world) == 3


ACTS: dict[str, Callable[[User, World, Deck, Deck], Any]] = {
    "bring": lambda who, w, theirs, other: bring(w, who),
    "show": lambda who, w, theirs, other: show(w, other, 2, who),
    "turn": lambda who, w, theirs, other: turn(w, theirs, 1, person=who),
    "hide": lambda who, w, theirs, other: actions.hide_slides(who, w.room.pk),
    "remove one's own": lambda who, w, theirs, other: actions.remove_deck(who, w.room.pk, deck_id=theirs.pk),
    "remove another's": lambda who, w, theirs, other: actions.remove_deck(who, w.room.pk, deck_id=other.pk),
}
MAY = {
    "moderator": set(ACTS),
    "organizer": set(ACTS),
    "speaker": set(ACTS) - {"remove another's"},
    "interpreter": {"show", "turn", "hide"},
    "attendee": set(),
    "stranger": set(),
}


def _people(world: World) -> dict[str, User]:
    interpreter = world.person("Rin")
    RoomRole.objects.create(room=world.room, user=interpreter, role=RoomRole.Role.INTERPRETER)
    return {
        "moderator": world.moderator,
        "organizer": world.organizer,
        "speaker": world.bounmy,
        "interpreter": interpreter,
        "attendee": world.noy,
        "stranger": world.stranger,
    }


@pytest.mark.parametrize("role", MAY)
def test_who_may_do_what_with_slides(world: World, role: str, uploads: Path) -> None:
    theirs, other = ready_deck(world, world.bounmy), ready_deck(world, world.moderator)
    show(world, theirs)
    who = _people(world)[role]
    before = rows(Deck, Slide, SlideShow, Fact, Stream)
    kept = stored(uploads)
    for act in ACTS:
        with transaction.atomic():
            if act in MAY[role]:
                ACTS[act](who, world, theirs, other)
                assert rows(Deck, Slide, SlideShow, Fact, Stream) != before, act
            else:
                with pytest.raises((Denied, Missing)):
                    ACTS[act](who, world, theirs, other)
                assert rows(Deck, Slide, SlideShow, Fact, Stream) == before and stored(uploads) == kept, act
            transaction.set_rollback(True)
        for name in set(stored(uploads)) - set(kept):
            (uploads / name).unlink()


def test_in_a_small_room_everybody_brings_and_shows_slides(world: World) -> None:
    Room.objects.filter(pk=world.room.pk).update(small=True)
    deck = bring(world, world.noy)
    actions.convert_decks()
    assert show(world, deck, person=world.sari).page == 1
    with pytest.raises((Denied, Missing)):
        bring(world, world.stranger)


def test_of_another_room_nothing_is_there(world: World) -> None:
    deck = ready_deck(World(), world.bounmy)
    with pytest.raises(Missing):
        show(world, deck)
    with pytest.raises(Missing):
        actions.remove_deck(world.moderator, world.room.pk, deck_id=deck.pk)


# --- what is announced ---


def test_updates_make_an_old_snapshot_a_fresh_one_for_every_audience(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = listen(monkeypatch, actions)
    green_room(world)
    one, two, gone = bring(world), bring(world, content=locked_pdf()), bring(world)
    actions.convert_decks()
    show(world, one)
    start_broadcast(world.moderator, world.room.pk, countdown=0)
    turn(world, one, 1)
    show(world, gone)
    actions.remove_deck(world.bounmy, world.room.pk, deck_id=gone.pk)
    show(world, one, 3, world.moderator)
    actions.remove_deck(world.moderator, world.room.pk, deck_id=two.pk)

    room = Room.objects.select_related("event").get(pk=world.room.pk)
    everyone, stage = slides_part(room)["state"], backstage_part(room)["state"]
    assert told[f"room.{room.pk}", "slides"] == by_id(everyone["slides"])
    assert told[f"room.{room.pk}.backstage", "slides"] == by_id(stage["slides"])
    assert told[f"room.{room.pk}.backstage", "deck"] == by_id(stage["deck"])
    assert everyone["slides"][0]["page"] == 3 and [each["title"] for each in stage["deck"]] == ["The road"]


@pytest.mark.django_db(transaction=True)
async def test_who_comes_late_or_was_away_sees_the_page_that_is_shown(world: World, tab: OpenTab) -> None:
    deck = await in_db(ready_deck)(world, world.bounmy)
    speaker, noy = await tab(world.bounmy, world.room), await tab(world.noy, world.room)
    reply = await speaker.ask("slides.show", world.room.pk, deck=deck.pk)
    assert (reply["data"]["page"], reply["data"]["pages"]) == (1, 3)
    first = await noy.frame()
    assert (first["update"], first["data"]["page"]) == ("slides.saved", 1)
    for left in (1, 2):
        await speaker.ask("slides.next", world.room.pk, deck=deck.pk, left=left)
    assert [(await noy.frame())["data"]["page"] for _turned in range(2)] == [2, 3]
    late = await tab(world.sari)
    entered = await late.ask("room.enter", world.room.pk)
    assert entered["data"]["state"]["slides"][0]["page"] == 3
    assert "deck" not in entered["data"]["state"] and "backstage" not in entered["data"]
    resumed = await noy.ask("stream.resume", stream=f"room.{world.room.pk}", seq=first["seq"])
    assert [frame["data"]["page"] for frame in resumed["data"]["updates"]] == [2, 3]
    await speaker.ask("slides.previous", world.room.pk, deck=deck.pk, left=3)
    assert (await noy.frame())["data"]["page"] == 2
    await speaker.ask("slides.hide", world.room.pk)
    assert (await noy.frame())["update"] == "slides.removed"
    await speaker.ask("slides.remove", world.room.pk, deck=deck.pk)
    assert await noy.silence()  # what was brought is the stage's business


# --- by HTTP ---


def address(world: World) -> str:
    return f"/{world.event.slug}/rooms/{world.room.code}/slides/"


def test_slides_are_uploaded_by_the_room_and_by_the_page(world: World, client: Client) -> None:
    client.force_login(world.bounmy)
    data = {"client_id": str(uuid.uuid4()), "title": "茶马古道", "file": upload()}
    made = client.post(address(world), data, headers={"accept": "application/json"})
    assert made.status_code == 201 and made.json()["title"] == "茶马古道"
    assert "Waits to be made ready" in client.get(address(world)).content.decode()
    again = client.post(address(world), {"client_id": str(uuid.uuid4()), "file": upload("x.pdf", b"no")})
    assert again.status_code == 422 and "Only PDF" in again.content.decode()
    assert "Choose a file." in client.post(address(world), {"client_id": str(uuid.uuid4())}).content.decode()
    data = {"client_id": str(uuid.uuid4()), "file": upload()}
    assert client.post(address(world), data).status_code == 302
    actions.convert_decks()
    assert "3 pages" in client.get(address(world)).content.decode()


@pytest.mark.parametrize("role", ["interpreter", "attendee", "stranger"])
def test_who_may_not_bring_slides_uploads_none(
    world: World, client: Client, role: str, uploads: Path
) -> None:
    client.force_login(_people(world)[role])
    data = {"client_id": str(uuid.uuid4()), "file": upload()}
    answer = client.post(address(world), data, headers={"accept": "application/json"})
    assert answer.status_code == 403 and answer.json()["error"]["message"].endswith(".")
    assert client.get(address(world)).status_code == 403
    assert stored(uploads) == [] and not Deck.objects.exists()


def test_pictures_and_texts_are_kept_by_their_readers_alone(world: World, client: Client) -> None:
    deck = ready_deck(world, world.bounmy)
    show(world, deck)
    client.force_login(world.noy)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(f"{address(world)}{deck.pk}/1-small.webp")
    assert b"".join(answer.streaming_content).endswith(b"small")
    assert answer["Content-Type"] == "image/webp" and answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert len(captured) <= 9  # a thousand people ask for it in the same moment
    text = client.get(f"{address(world)}{deck.pk}/2.txt")
    assert (text.content.decode(), text["Content-Type"]) == ("Words of page 2", "text/plain; charset=utf-8")
    assert client.get(f"{address(world)}{deck.pk}/3-small.webp").status_code == 404
    assert client.get(f"{address(world)}{deck.pk}/1-huge.webp").status_code == 404
    assert client.get(f"/uploads/{deck.slides.first().small.name}").status_code == 404  # type: ignore[union-attr]


def test_every_role_gets_the_pictures_it_may_see(world: World, client: Client) -> None:
    deck = ready_deck(world, world.bounmy)
    answers = {}
    for number in (0, 1):
        if number:
            show(world, deck)
        for role, person in _people(world).items():
            client.force_login(person)
            answer = client.get(f"{address(world)}{deck.pk}/1-large.webp")
            answers.setdefault(role, []).append(answer.status_code)
            answer.close()
    assert answers == {
        **dict.fromkeys(("moderator", "organizer", "speaker", "interpreter"), [200, 200]),
        "attendee": [404, 200],
        "stranger": [403, 403],
    }
    client.logout()
    picture = f"{address(world)}{deck.pk}/1-large.webp"
    assert client.get(picture)["Location"].startswith("/account/sign-in/")
    Restriction.objects.create(room=world.room, user=world.noy, kind=Restriction.Kind.REMOVED)
    client.force_login(world.noy)
    assert client.get(picture).status_code == 403


def test_the_page_takes_a_constant_number_of_queries(world: World, client: Client) -> None:
    Session.objects.create(event=world.event, room=world.room, number=1, title={"en": "Tea"})
    client.force_login(world.bounmy)
    assert "No slides yet" in client.get(address(world)).content.decode()
    counts = []
    for _number in range(3):
        ready_deck(world, world.moderator)
        with CaptureQueriesContext(connection) as captured:
            client.get(address(world))
        counts.append(len(captured))
    assert counts[0] == counts[2]


def test_the_sessions_page_leads_its_speakers_there_before_it_is_live(world: World, client: Client) -> None:
    session = Session.objects.create(event=world.event, room=world.room, number=1, title={"en": "Tea"})
    release = Release.objects.create(event=world.event, number=1, version="1.0")
    soon = timezone.now() + timedelta(days=2)
    Slot.objects.create(session=session, release=release, start=soon, end=soon + timedelta(hours=1))
    found = {}
    for who in (world.bounmy, world.moderator, world.noy):
        client.force_login(who)
        page = client.get(f"/{world.event.slug}/sessions/{session.code}/").content.decode()
        found[who.name] = address(world) in page
    assert found == {"Bounmy": True, "Thandar": True, "Noy": False}


# --- my data ---


def test_my_data_tells_what_i_brought_and_deletion_keeps_only_what_was_shown(
    world: World, uploads: Path
) -> None:
    shown, hidden = (
        ready_deck(world, world.bounmy, title="Shown"),
        ready_deck(world, world.bounmy, title="Hidden"),
    )
    show(world, shown)
    told = personal_data(world.bounmy)["slides"]
    assert [(each["title"], each["reached"]) for each in told] == [("Shown", 1), ("Hidden", 0)]
    assert told[0]["texts"][1] == "Words of page 2"
    with transaction.atomic():
        erase_everywhere(world.bounmy)
    assert list(Deck.objects.values_list("pk", "author")) == [(shown.pk, None)]
    assert len(stored(uploads)) == 6 and page_shown(world) == 1
    assert not Deck.objects.filter(pk=hidden.pk).exists()
