"""The green room: who sees the stage when, going live and ending, and what people think of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Missing, Refusal
from conference.core.models import Event, Fact, Stream
from conference.core.personal_data import erase_everywhere, personal_data
from conference.core.streams import encode
from conference.rooms.actions import set_room_roles
from conference.rooms.models import Room
from conference.rooms.queries import is_on_air, people_on_stage
from realtime.broadcast import actions
from realtime.broadcast.models import Broadcast, Rating
from realtime.broadcast.queries import FEWEST, broadcast_of, broadcast_part, hosts_part, ratings_of
from realtime.models import Publication
from realtime.moderation.log import acts_in
from realtime.queries import room_snapshot
from realtime.snapshots import own_part
from realtime.stage.actions import (
    end_publication,
    end_rights,
    end_watching,
    grant_publishing,
    grant_watching,
    lock_stage,
    show_switches,
    start_publication,
    stop_publication,
)
from tests.realtime.at_once import meeting, together
from tests.realtime.conftest import OpenTab, Tab, World
from tests.realtime.stored import rows

pytestmark = pytest.mark.django_db(transaction=True)

in_db = database_sync_to_async
BOTH = frozenset({"audio", "video"})
State = Broadcast.State


@pytest.fixture
def world(world: World, queued: list[Any]) -> World:
    """With a green room."""
    world.room.green_room = True
    world.room.save()
    return world


def start(world: World, countdown: int = 10, who: User | None = None) -> Broadcast:
    return actions.start_broadcast(who or world.moderator, world.room.pk, countdown=countdown)


def end(world: World) -> Broadcast:
    return actions.end_broadcast(world.moderator, world.room.pk)


def pass_countdown(world: World) -> None:
    """The countdown that runs was begun a minute earlier."""
    past = timezone.now() - timedelta(seconds=1)
    Broadcast.objects.filter(room=world.room, state=State.STARTING).update(starts_at=past)
    Room.objects.filter(pk=world.room.pk).update(on_air_from=past)


def state(world: World) -> str:
    return broadcast_of(world.room).state


def on_air(world: World) -> bool:
    return is_on_air(Room.objects.get(pk=world.room.pk))


def on_stage(world: World) -> Publication:
    start_publication(world.room.pk, world.bounmy.pk, "camera", BOTH)
    return Publication.objects.get()


def watch(who: User, world: World, publication: Publication) -> dict[str, Any]:
    return grant_watching(who, world.room.pk, publication_id=publication.pk, media_url="http://media")


# --- who sees the stage ---


async def test_in_the_green_room_only_those_on_the_stage_see_and_hear_each_other(
    world: World, tab: OpenTab
) -> None:
    speaker, host = await tab(world.bounmy, world.room), await tab(world.moderator, world.room)
    guest = await tab(world.noy, world.room)
    publication = await in_db(on_stage)(world)
    for one in (speaker, host):
        frame = await one.frame()
        assert (frame["stream"], frame["update"]) == (f"room.{world.room.pk}.backstage", "publication.saved")
    assert await guest.silence()
    for one in (speaker, host):
        assert "data" in await one.ask("stage.watch", world.room.pk, publication=publication.pk)
    for command, more in (("stage.watch", {}), ("stage.stop", {})):
        refused = await guest.ask(command, world.room.pk, publication=publication.pk, **more)
        assert refused["error"]["code"] in ("missing", "denied")
    entered = (await guest.ask("room.enter", world.room.pk))["data"]
    assert entered["state"]["publication"] == [] and "backstage" not in entered
    entered = (await host.ask("room.enter", world.room.pk))["data"]
    assert [each["id"] for each in entered["backstage"]["state"]["publication"]] == [publication.pk]


def test_a_publication_behind_the_scenes_is_like_none_for_an_attendee(world: World) -> None:
    publication = on_stage(world)
    with pytest.raises(Missing) as hidden:
        watch(world.noy, world, publication)
    with pytest.raises(Missing) as none:
        grant_watching(world.noy, world.room.pk, publication_id=10**9, media_url="http://media")
    assert str(hidden.value) == str(none.value)
    assert watch(world.bounmy, world, publication)["publication"] == f"{world.bounmy.pk}-camera"


def test_without_a_green_room_the_stage_is_for_everyone_and_there_is_nothing_to_start(world: World) -> None:
    Room.objects.update(green_room=False)
    publication = on_stage(world)
    assert watch(world.noy, world, publication)
    room = Room.objects.get(pk=world.room.pk)
    assert broadcast_part(room) == {"state": {"broadcast": []}}
    assert hosts_part(room) == {"state": {"ratings": []}}
    for act in (lambda: start(world), lambda: end(world)):
        with pytest.raises(Conflict):
            act()
    assert Broadcast.objects.count() == 0
    assert not Stream.objects.filter(name__endswith=".backstage").exists()


async def test_after_the_countdown_everyone_sees_the_stage_and_after_the_end_nobody_else(
    world: World, tab: OpenTab, queued: list[Any]
) -> None:
    publication = await in_db(on_stage)(world)
    guest, host = await tab(world.noy, world.room), await tab(world.moderator, world.room)
    begun = (await host.ask("broadcast.start", world.room.pk, countdown=7))["data"]
    assert begun["state"] == "starting"
    assert queued == [("settle_broadcast", world.room.pk, 7)]
    assert (await guest.frame())["data"] == begun
    assert (await guest.ask("stage.watch", world.room.pk, publication=publication.pk))["error"][
        "code"
    ] == "missing"
    await in_db(pass_countdown)(world)
    # The rights follow the clock, whether somebody has written it down or not.
    assert "data" in await guest.ask("stage.watch", world.room.pk, publication=publication.pk)
    await in_db(actions.settle_broadcast)(world.room.pk)
    live, shown = await guest.frame(), await guest.frame()
    assert (live["update"], live["data"]["state"], live["data"]["starts_at"]) == (
        "broadcast.saved",
        "live",
        None,
    )
    assert (shown["update"], shown["data"]["id"]) == ("publication.saved", publication.pk)
    queued.clear()
    over = (await host.ask("broadcast.end", world.room.pk))["data"]
    assert (await guest.frame())["data"] == over
    assert (await guest.frame())["data"] == {"id": publication.pk}
    assert queued == [("end_watching", world.room.pk)]
    assert (await guest.ask("stage.watch", world.room.pk, publication=publication.pk))["error"][
        "code"
    ] == "missing"
    assert "data" in await host.ask("stage.watch", world.room.pk, publication=publication.pk)
    back = (await host.ask("broadcast.reopen", world.room.pk))["data"]
    assert (back["state"], back["live_since"], back["ended"]) == ("live", live["data"]["live_since"], None)
    assert [(await guest.frame())["update"], (await guest.frame())["update"]] == [
        "broadcast.saved",
        "publication.saved",
    ]


async def test_a_countdown_is_ten_seconds_and_can_be_stopped(world: World, tab: OpenTab) -> None:
    host, guest = await tab(world.moderator, world.room), await tab(world.noy, world.room)
    before = timezone.now()
    await host.ask("broadcast.start", world.room.pk)
    begun = await in_db(broadcast_of)(world.room)
    assert timedelta(seconds=9) < begun.starts_at - before < timedelta(seconds=12)
    stopped = (await host.ask("broadcast.cancel", world.room.pk))["data"]
    assert (stopped["state"], stopped["starts_at"]) == ("waiting", None)
    assert [(await guest.frame())["data"]["state"] for _number in range(2)] == ["starting", "waiting"]
    # The worker comes when it was told to, and finds nothing to do.
    await in_db(actions.settle_broadcast)(world.room.pk)
    assert await guest.silence()
    assert not await in_db(on_air)(world)


async def test_without_a_countdown_it_is_live_at_once(world: World, tab: OpenTab, queued: list[Any]) -> None:
    publication = await in_db(on_stage)(world)
    host, guest = await tab(world.moderator, world.room), await tab(world.noy, world.room)
    assert (await host.ask("broadcast.start", world.room.pk, countdown=0))["data"]["state"] == "live"
    assert (await guest.frame())["data"]["state"] == "live"
    assert (await guest.frame())["data"]["id"] == publication.pk
    assert queued == []


@pytest.mark.parametrize("wrong", [-1, 61, "10", 1.5, True, [10]])
async def test_a_countdown_that_is_none_is_refused(world: World, tab: OpenTab, wrong: Any) -> None:
    host = await tab(world.moderator, world.room)
    answer = await host.ask("broadcast.start", world.room.pk, countdown=wrong)
    assert answer["error"]["code"] == "invalid"
    assert await Broadcast.objects.acount() == 0


async def test_whoever_looks_after_the_countdown_makes_it_live_where_the_worker_was_lost(
    world: World, tab: OpenTab
) -> None:
    publication = await in_db(on_stage)(world)
    guest, other = await tab(world.noy, world.room), await tab(world.sari, world.room)
    await in_db(start)(world)
    assert (await guest.ask("broadcast.look", world.room.pk))["data"]["state"] == "starting"
    await in_db(pass_countdown)(world)
    assert (await guest.ask("broadcast.look", world.room.pk))["data"]["state"] == "live"
    assert [(await other.frame())["data"].get("state") for _number in range(2)] == ["starting", "live"]
    assert (await other.frame())["data"]["id"] == publication.pk
    await other.ask("broadcast.look", world.room.pk)
    assert await other.silence()


def test_the_sweep_finds_every_countdown_that_is_over_and_no_other(world: World) -> None:
    start(world)
    actions.settle_broadcasts()
    assert state(world) == "starting"
    pass_countdown(world)
    actions.settle_broadcasts()
    assert state(world) == "live"
    positions = list(Stream.objects.values())
    actions.settle_broadcasts()
    assert list(Stream.objects.values()) == positions


def test_who_comes_after_an_overdue_countdown_acts_on_what_is_live(world: World) -> None:
    on_stage(world)
    start(world)
    pass_countdown(world)
    with pytest.raises(Conflict, match="live"):
        actions.cancel_broadcast(world.moderator, world.room.pk)
    assert end(world).state == "ended"
    assert broadcast_of(world.room).live_since is not None


def test_each_step_has_its_time_and_is_refused_in_a_sentence_otherwise(world: World) -> None:
    room, host = world.room.pk, world.moderator
    for act in (actions.cancel_broadcast, actions.end_broadcast, actions.reopen_broadcast):
        with pytest.raises(Conflict):
            act(host, room)
    start(world)
    with pytest.raises(Conflict, match="Thandar has begun"):
        start(world, who=world.organizer)
    with pytest.raises(Conflict):
        end(world)
    pass_countdown(world)
    actions.settle_broadcast(room)
    with pytest.raises(Conflict):
        start(world)
    end(world)
    with pytest.raises(Conflict, match="Thandar has ended"):
        actions.end_broadcast(world.organizer, room)
    with pytest.raises(Conflict, match="continue it"):
        start(world)
    verbs = [fact.verb for fact in Fact.objects.filter(verb__startswith="broadcast.").order_by("pk")]
    assert verbs == ["broadcast.started", "broadcast.ended"]
    assert [act.what for act in acts_in(world.room)] == ["Ended the live session", "Went live"]


def test_nobody_goes_live_at_an_event_that_is_over_but_what_is_live_can_be_ended(world: World) -> None:
    start(world, 0)
    Event.objects.update(state=Event.State.ARCHIVED)
    end(world)
    with pytest.raises(Conflict):
        actions.reopen_broadcast(world.moderator, world.room.pk)
    Broadcast.objects.all().delete()
    with pytest.raises(Conflict):
        start(world)


def test_the_times_of_a_broadcast_fit_its_state(world: World) -> None:
    for wrong in ({"state": "live"}, {"state": "starting"}, {"state": "waiting", "ended": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Broadcast.objects.create(room=world.room, **wrong)


# --- the media ---


def test_at_the_end_the_media_process_sends_the_audience_away_and_not_the_stage(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted: list[str] = []

    class Done:
        def raise_for_status(self) -> None:
            pass

    def request(method: str, url: str, **_more: Any) -> Done:
        assert method == "DELETE"
        deleted.append(url.partition("/control/")[2])
        return Done()

    monkeypatch.setattr("realtime.stage.actions.httpx.request", request)
    stays = ",".join(str(pk) for pk in sorted({world.bounmy.pk, world.moderator.pk, world.organizer.pk}))
    start(world, 0)
    end_watching(world.room.pk)
    assert deleted == [], "It is live."
    end(world)
    end_watching(world.room.pk)
    assert deleted == [f"rooms/{world.room.pk}/audience?except={stays}"]


def test_who_stays_when_the_audience_goes_has_a_part_on_the_stage(world: World) -> None:
    assert people_on_stage(world.room) == {world.bounmy.pk, world.moderator.pk, world.organizer.pk}


def test_who_loses_the_part_behind_the_scenes_receives_nothing_more(world: World, queued: list[Any]) -> None:
    set_room_roles(world.room, {world.noy.pk: "speaker", world.moderator.pk: "moderator"})
    set_room_roles(world.room, {world.moderator.pk: "moderator"})
    queued.clear()
    assert end_rights(world.noy.pk, world.room.pk) is True
    assert queued == [("remove_from_media", world.room.pk, world.noy.pk)]
    start(world, 0)
    queued.clear()
    assert end_rights(world.noy.pk, world.room.pk) is True
    assert queued == []


# --- two at once ---


def _start_both_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Both have been let in before either goes on."""
    monkeypatch.setattr(actions, "get_room", meeting(actions.get_room))
    return together(lambda: start(world), lambda: start(world, who=world.organizer))


def test_of_two_who_go_live_at_once_one_is_told_who_was_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = _start_both_at_once(world, monkeypatch)
    refused = [each for each in results if isinstance(each, Conflict)]
    assert len(refused) == 1 and "has begun the countdown" in str(refused[0])
    assert Fact.objects.filter(verb="broadcast.started").count() == 1


def test_without_the_lock_both_would_have_gone_live(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    Broadcast.objects.create(room=world.room)

    def read_without_lock(room: Room) -> Room:
        return Room.objects.select_related("event").get(pk=room.pk)

    monkeypatch.setattr(actions, "lock_stage", read_without_lock)
    monkeypatch.setattr(actions, "broadcast_of", meeting(broadcast_of))
    results = together(lambda: start(world), lambda: start(world, who=world.organizer))
    assert not any(isinstance(each, Refusal) for each in results)
    assert Fact.objects.filter(verb="broadcast.started").count() == 2


def _appear_while_going_live(world: World, monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> bool:
    """A camera is reported by the media process just before somebody goes live, and written just after. Whether everyone was
    told of it."""
    reported, live = threading.Event(), threading.Event()

    def late(room: Room) -> Room:
        reported.set()
        live.wait(10)
        return lock_stage(room) if locked else room

    monkeypatch.setattr("realtime.stage.actions.lock_stage", late)

    def go_live() -> None:
        reported.wait(10)
        start(world, 0)
        live.set()

    together(lambda: start_publication(world.room.pk, world.bounmy.pk, "camera", BOTH), go_live)
    # What everyone was told: where it stands, and the camera.
    return Stream.objects.get(name=f"room.{world.room.pk}").seq == 2


def test_a_camera_that_appears_while_somebody_goes_live_is_seen_by_everyone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _appear_while_going_live(world, monkeypatch, locked=True)


def test_with_the_room_as_it_was_before_the_lock_nobody_would_see_that_camera(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not _appear_while_going_live(world, monkeypatch, locked=False)


def test_everyone_who_looks_at_the_same_moment_makes_it_live_once(world: World) -> None:
    on_stage(world)
    start(world)
    pass_countdown(world)
    before = Stream.objects.get(name=f"room.{world.room.pk}").seq
    people = [world.noy, world.sari, world.bounmy, world.moderator]
    results = together(*(lambda who=who: actions.look_at_broadcast(who, world.room.pk) for who in people))
    assert {each.state for each in results} == {"live"}
    assert Stream.objects.get(name=f"room.{world.room.pk}").seq == before + 2  # it, and the camera


def test_ratings_and_a_reopening_at_once_do_not_wait_for_each_other(world: World) -> None:
    start(world, 0)
    end(world)
    people = [world.attendee(f"Person {number}") for number in range(6)]
    results = together(
        *(lambda who=who: actions.rate(who, world.room.pk, stars=4, words="") for who in people),
        lambda: actions.reopen_broadcast(world.moderator, world.room.pk),
    )
    assert all(isinstance(each, (Rating, Broadcast, Conflict)) for each in results), results


# --- ratings ---


def ended(world: World) -> World:
    start(world, 0)
    end(world)
    return world


async def test_what_is_over_is_rated_once_by_each_and_changed_as_one_likes(
    world: World, tab: OpenTab
) -> None:
    await in_db(ended)(world)
    one, other = await tab(world.noy, world.room), await tab(world.noy, world.room)
    mine = (await one.ask("broadcast.rate", world.room.pk, stars=4, words=" ດີຫຼາຍ "))["data"]
    assert mine == {"id": world.room.pk, "stars": 4, "words": "ດີຫຼາຍ"}
    frame = await other.frame()
    assert (frame["stream"], frame["update"], frame["data"]) == (
        f"person.{world.noy.pk}",
        "rating.saved",
        mine,
    )
    await one.ask("broadcast.rate", world.room.pk, stars=2)
    assert [(each.stars, each.words) async for each in Rating.objects.all()] == [(2, "")]
    assert (await other.ask("room.enter", world.room.pk))["data"]["own"]["rating"][0]["stars"] == 2
    assert (await one.ask("broadcast.unrate", world.room.pk))["data"] == {}
    assert await Rating.objects.acount() == 0
    assert (await one.ask("broadcast.unrate", world.room.pk))["data"] == {}


async def test_what_is_not_over_is_not_rated(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    for step in (lambda: None, lambda: start(world, 0)):
        await in_db(step)()
        answer = await one.ask("broadcast.rate", world.room.pk, stars=5)
        assert answer["error"]["code"] == "conflict"
    assert await Rating.objects.acount() == 0


async def test_a_rating_is_one_to_five_stars_and_at_most_five_hundred_characters(
    world: World, tab: OpenTab
) -> None:
    await in_db(ended)(world)
    one = await tab(world.noy, world.room)
    wrong = (
        {"stars": 0},
        {"stars": 6},
        {"stars": "5"},
        {},
        {"stars": 3, "words": "ก" * 501},
        {"stars": 3, "words": 7},
    )
    for data in wrong:
        answer = await one.ask("broadcast.rate", world.room.pk, **data)
        assert answer["error"]["code"] in ("invalid", "busy"), data
    assert await Rating.objects.acount() == 0


def test_the_table_takes_no_other_stars_either(world: World) -> None:
    for stars in (0, 6):
        with pytest.raises(IntegrityError), transaction.atomic():
            Rating.objects.create(room=world.room, person=world.noy, stars=stars)


def test_an_average_is_told_from_three_ratings_on_to_those_who_run_the_room(world: World) -> None:
    ended(world)
    people = [world.noy, world.sari, world.attendee("Third")]
    for number, (who, stars) in enumerate(zip(people, (5, 4, 2), strict=True), 1):
        actions.rate(who, world.room.pk, stars=stars, words=f"Words {number}")
        told = ratings_of(world.organizer, world.room.pk)
        assert told["count"] == number
        if number < FEWEST:
            assert (told["average"], told["each"], told["words"]) == (None, None, [])
    assert (told["average"], told["each"]) == (3.7, [0, 1, 0, 1, 1])
    assert told["words"] == ["Words 1", "Words 2", "Words 3"]
    assert "Noy" not in encode(told)
    for who in (world.noy, world.bounmy):
        with pytest.raises(Denied):
            ratings_of(who, world.room.pk)
    with pytest.raises(Denied):
        ratings_of(world.stranger, world.room.pk)


def test_those_on_the_stage_do_not_rate_themselves(world: World) -> None:
    ended(world)
    for who in (world.bounmy, world.moderator, world.organizer):
        with pytest.raises(Denied):
            actions.rate(who, world.room.pk, stars=5, words="Splendid.")
    assert Rating.objects.count() == 0


def test_the_journal_does_not_say_who_rated(world: World) -> None:
    ended(world)
    actions.rate(world.noy, world.room.pk, stars=1, words="")
    assert Fact.objects.get(verb="broadcast.rated").actor is None


def test_ratings_are_in_my_data_and_go_with_the_account(world: World) -> None:
    ended(world)
    actions.rate(world.noy, world.room.pk, stars=3, words="Too fast.")
    rows = personal_data(world.noy)["ratings"]
    assert [(row["stars"], row["words"]) for row in rows] == [(3, "Too fast.")]
    with transaction.atomic():
        erase_everywhere(world.noy)
    assert Rating.objects.count() == 0


# --- who may ---

STEPS: dict[str, tuple[Callable[[World], Any], Callable[[User, World], Any]]] = {
    "start": (lambda world: None, lambda who, world: start(world, who=who)),
    "cancel": (start, lambda who, world: actions.cancel_broadcast(who, world.room.pk)),
    "end": (lambda world: start(world, 0), lambda who, world: actions.end_broadcast(who, world.room.pk)),
    "reopen": (ended, lambda who, world: actions.reopen_broadcast(who, world.room.pk)),
    "ratings": (ended, lambda who, world: ratings_of(who, world.room.pk)),
}


@pytest.mark.parametrize("step", sorted(STEPS))
@pytest.mark.parametrize("role", ["attendee", "speaker", "stranger", "muted speaker"])
def test_only_those_who_run_the_room_and_nothing_changes_otherwise(
    world: World, step: str, role: str
) -> None:
    prepare, act = STEPS[step]
    prepare(world)
    who = {
        "attendee": world.noy,
        "speaker": world.bounmy,
        "stranger": world.stranger,
        "muted speaker": world.bounmy,
    }[role]
    if role.startswith("muted"):
        world.room.restrictions.create(user=who, kind="muted")
    before = _stored()
    with pytest.raises((Denied, Missing)):
        act(who, world)
    assert _stored() == before


@pytest.mark.parametrize("step", sorted(STEPS))
@pytest.mark.parametrize("role", ["moderator", "organizer"])
def test_those_who_run_the_room_may(world: World, step: str, role: str) -> None:
    prepare, act = STEPS[step]
    prepare(world)
    act(getattr(world, role), world)


def _stored() -> list[Any]:
    return rows(Broadcast, Rating, Room, Fact, Stream)


def test_a_stranger_neither_looks_nor_rates(world: World) -> None:
    ended(world)
    for act in (
        lambda: actions.look_at_broadcast(world.stranger, world.room.pk),
        lambda: actions.rate(world.stranger, world.room.pk, stars=1, words=""),
        lambda: actions.withdraw_rating(world.stranger, world.room.pk),
    ):
        with pytest.raises(Denied):
            act()
    assert Rating.objects.count() == 0


def test_speakers_may_come_before_it_is_live_and_stay_after_it(world: World) -> None:
    for step in (lambda: None, lambda: start(world, 0), lambda: end(world)):
        step()
        assert grant_publishing(world.bounmy, world.room.pk, source="camera", media_url="http://media")
        with pytest.raises(Denied):
            grant_publishing(world.noy, world.room.pk, source="camera", media_url="http://media")


# --- what updates say is what a fresh snapshot says ---


def _switch(world: World) -> None:
    show_switches(
        world.bounmy, world.room.pk, publication_id=Publication.objects.get().pk, muted=True, dark=True
    )


STORY: list[Callable[[World], Any]] = [
    on_stage,
    _switch,
    start,
    lambda world: actions.cancel_broadcast(world.moderator, world.room.pk),
    start,
    pass_countdown,
    lambda world: actions.settle_broadcast(world.room.pk),
    lambda world: start_publication(world.room.pk, world.moderator.pk, "camera", BOTH),
    lambda world: show_switches(
        world.moderator,
        world.room.pk,
        publication_id=Publication.objects.get(user=world.moderator).pk,
        muted=True,
        dark=False,
    ),
    lambda world: end(world),
    lambda world: actions.rate(world.noy, world.room.pk, stars=4, words="Fine."),
    lambda world: end_publication(world.room.pk, world.bounmy.pk, "camera"),
    lambda world: actions.reopen_broadcast(world.moderator, world.room.pk),
    lambda world: stop_publication(
        world.moderator, world.room.pk, publication_id=Publication.objects.get().pk
    ),
    lambda world: end(world),
    lambda world: actions.withdraw_rating(world.noy, world.room.pk),
]


async def _apply(one: Tab, states: dict[str, dict[str, dict[int, Any]]], wanted: dict[str, int]) -> None:
    """Take in what comes until each stream stands where it is wanted."""
    while any(wanted.values()):
        frame = await one.frame()
        stream = frame["stream"]
        if stream not in states:
            continue
        kind, what = frame["update"].split(".")
        if what == "saved":
            states[stream].setdefault(kind, {})[frame["data"]["id"]] = frame["data"]
        else:
            states[stream][kind].pop(frame["data"]["id"], None)
        wanted[stream] -= 1


@pytest.mark.parametrize("who", ["noy", "bounmy", "moderator"])
async def test_after_each_step_what_was_told_is_what_a_fresh_snapshot_says(
    world: World, tab: OpenTab, who: str
) -> None:
    person = getattr(world, who)
    one = await tab(person)
    entered = (await one.ask("room.enter", world.room.pk))["data"]

    def parts(snapshot: dict[str, Any]) -> dict[str, tuple[int, dict[str, dict[int, Any]]]]:
        members = [snapshot, *(snapshot[audience] for audience in snapshot["audiences"])]
        return {
            part["stream"]: (
                part["seq"],
                {kind: {each["id"]: each for each in rows} for kind, rows in part["state"].items()},
            )
            for part in members
        }

    known = parts(entered)
    states = {stream: had for stream, (_seq, had) in known.items()}
    seqs = {stream: seq for stream, (seq, _had) in known.items()}
    for step in STORY:
        await in_db(step)(world)
        fresh = parts(json.loads(encode(await in_db(room_snapshot)(person, world.room.pk))))
        await _apply(one, states, {stream: seq - seqs[stream] for stream, (seq, _state) in fresh.items()})
        seqs = {stream: seq for stream, (seq, _state) in fresh.items()}
        if step is not pass_countdown:  # between the second and its news
            assert states == {stream: had for stream, (_seq, had) in fresh.items()}
    own = await in_db(own_part)(world.noy, world.room, "attendee")
    assert own["rating"] == []


@pytest.mark.parametrize("count", [1, 3])
def test_what_a_room_shows_takes_as_many_queries_for_three_as_for_one(world: World, count: int) -> None:
    ended(world)
    for number in range(count):
        actions.rate(world.attendee(f"Person {number}"), world.room.pk, stars=3, words="Hm.")
    room = Room.objects.get(pk=world.room.pk)
    with CaptureQueriesContext(connection) as queries:
        broadcast_part(room)
        hosts_part(room)
        own_part(world.noy, room, "attendee")
    assert len(queries) == 3
