"""The stage: grants, what the media process reports, and the updates that follow."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.test import Client

from conference.core.errors import Conflict, Denied
from conference.core.models import Event, Fact
from conference.core.streams import encode
from conference.registration.actions import cancel_ticket
from conference.rooms.actions import set_room_roles
from realtime.chat.actions import send_message
from realtime.media.grants import read_grant, sign_grant, sign_service
from realtime.models import Publication
from realtime.queries import room_snapshot
from realtime.stage.actions import (
    end_publication,
    end_rights,
    grant_publishing,
    reconcile_publications,
    show_switches,
    start_publication,
    stop_publication,
)
from tests.realtime.conftest import OpenTab, World

pytestmark = pytest.mark.django_db(transaction=True)

in_db = database_sync_to_async
BOTH = frozenset({"audio", "video"})


def report(data: Any, token: str | None = None) -> Any:
    """Post to Django as the media process does."""
    token = sign_service(settings.MEDIA_SECRET, "events") if token is None else token
    return Client(enforce_csrf_checks=True).post(
        "/media/events",
        json.dumps(data),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def flowing(
    world: World, user: Any, source: str = "camera", kinds: tuple[str, ...] = ("audio", "video")
) -> dict[str, Any]:
    return {
        "room": world.room.pk,
        "person": str(user.pk),
        "publication": f"{user.pk}-{source}",
        "kinds": list(kinds),
    }


# --- grants ---


async def test_a_speaker_gets_a_grant_for_their_own_camera(world: World, tab: OpenTab) -> None:
    one = await tab(world.bounmy, world.room)
    data = (await one.ask("stage.publish", world.room.pk, source="camera"))["data"]
    assert data["url"] == f"http://testserver:{settings.MEDIA_PORT}/whip/{world.room.pk}"
    grant = read_grant(data["token"], settings.MEDIA_SECRET)
    assert (grant.room, grant.person, grant.action, grant.publication) == (
        world.room.pk, str(world.bounmy.pk), "publish", f"{world.bounmy.pk}-camera",
    )  # fmt: skip


async def test_who_only_attends_gets_no_grant_to_publish(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    error = (await one.ask("stage.publish", world.room.pk, source="camera"))["error"]
    assert (error["code"], error["message"]) == (
        "denied",
        "Only speakers and moderators can go on this stage.",
    )


async def test_a_source_that_is_no_source_is_refused(world: World, tab: OpenTab) -> None:
    one = await tab(world.bounmy, world.room)
    for source in ("kitchen", "", None, ["camera"], 7):
        assert (await one.ask("stage.publish", world.room.pk, source=source))["error"]["code"] == "invalid"


async def test_everyone_in_the_room_gets_a_grant_to_watch(world: World, tab: OpenTab) -> None:
    publication = await in_db(world.publication)(world.bounmy, "screen")
    one = await tab(world.noy, world.room)
    data = (await one.ask("stage.watch", world.room.pk, publication=publication.pk))["data"]
    assert data["url"].endswith(f"/whep/{world.room.pk}")
    grant = read_grant(data["token"], settings.MEDIA_SECRET)
    assert (grant.action, grant.person, grant.publication) == (
        "watch",
        str(world.noy.pk),
        f"{world.bounmy.pk}-screen",
    )
    assert (await one.ask("stage.watch", world.room.pk, publication=publication.pk + 1))["error"][
        "code"
    ] == "missing"


async def test_a_publication_of_another_room_is_not_known_here(world: World, tab: OpenTab) -> None:
    def elsewhere() -> Publication:
        room = type(world.room).objects.create(event=world.event)
        return Publication.objects.create(room=room, user=world.moderator, source="camera")

    publication = await in_db(elsewhere)()
    one = await tab(world.moderator, world.room)
    for command, more in (
        ("stage.watch", {}),
        ("stage.stop", {}),
        ("stage.switches", {"muted": True, "dark": True}),
    ):
        answer = await one.ask(command, world.room.pk, publication=publication.pk, **more)
        assert answer["error"]["code"] == "missing"
    assert await Publication.objects.acount() == 1


def test_nobody_goes_on_the_stage_of_an_event_that_is_over(world: World) -> None:
    Event.objects.filter(pk=world.event.pk).update(state=Event.State.ARCHIVED)
    with pytest.raises(Conflict):
        grant_publishing(world.bounmy, world.room.pk, source="camera", media_url="http://media")


# --- what the media process reports ---


async def test_what_flows_is_announced_and_what_stops_too(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    started = {"event": "publication.started", **flowing(world, world.bounmy)}
    assert (await in_db(report)(started)).status_code == 204
    update = await one.frame()
    assert (update["update"], update["seq"]) == ("publication.saved", 1)
    assert (update["data"]["name"], update["data"]["person"]["name"]) == (
        f"{world.bounmy.pk}-camera",
        "Bounmy",
    )
    assert (update["data"]["audio"], update["data"]["video"]) == (True, True)
    # Told twice, nothing happens.
    assert (await in_db(report)(started)).status_code == 204
    only_sound = {"event": "publication.started", **flowing(world, world.bounmy, kinds=("audio",))}
    await in_db(report)(only_sound)
    assert (await one.frame())["data"]["video"] is False
    await in_db(report)({"event": "publication.stopped", **flowing(world, world.bounmy)})
    removed = await one.frame()
    assert (removed["update"], removed["data"]) == ("publication.removed", {"id": update["data"]["id"]})
    assert await one.silence()
    verbs = [fact.verb async for fact in Fact.objects.order_by("pk")]
    assert verbs == ["stage.joined", "stage.left"]


async def test_the_full_list_puts_right_what_was_lost(world: World, tab: OpenTab) -> None:
    await in_db(world.publication)(world.moderator)
    one = await tab(world.noy, world.room)
    await in_db(report)({"event": "publications", "publications": [flowing(world, world.bounmy)]})
    kinds = [(await one.frame())["update"], (await one.frame())["update"]]
    assert kinds == ["publication.removed", "publication.saved"]
    await in_db(report)({"event": "publications", "publications": [flowing(world, world.bounmy)]})
    assert await one.silence()
    await in_db(report)({"event": "worker.started"})
    assert (await one.frame())["update"] == "publication.removed"
    assert await Publication.objects.acount() == 0


def test_who_may_not_be_on_the_stage_is_removed_from_the_media(world: World, queued: list[Any]) -> None:
    report({"event": "publication.started", **flowing(world, world.noy)})
    assert Publication.objects.count() == 0
    assert queued == [("remove_from_media", world.room.pk, world.noy.pk)]


@pytest.mark.parametrize(
    "data",
    [
        [],
        "text",
        {},
        {"event": "publication.exploded"},
        {"event": "publication.started"},
        {"event": "publication.started", "room": "1", "publication": "1-camera", "kinds": []},
        {"event": "publication.started", "room": 1, "publication": "1-kitchen", "kinds": []},
        {"event": "publication.started", "room": 1, "publication": "1-camera", "kinds": "audio"},
        {"event": "publications", "publications": {"room": 1}},
        {"event": "publications", "publications": [7]},
        {"event": "speaking", "room": 1, "speaking": "34-camera", "active": None},
        {"event": "speaking", "room": 1, "speaking": ["34-kitchen"], "active": None},
        {"event": "speaking", "room": 1, "speaking": ["34-camera"] * 13, "active": None},
        {"event": "speaking", "room": 1, "speaking": [], "active": 34},
        {"event": "speaking", "room": "1", "speaking": [], "active": None},
    ],
)
def test_a_report_that_does_not_hold_changes_nothing(world: World, data: Any) -> None:
    kept = world.publication(world.bounmy)
    assert report(data).status_code == 422
    assert list(Publication.objects.all()) == [kept]


async def test_everyone_who_sees_the_stage_hears_who_speaks(world: World, tab: OpenTab) -> None:
    one = await tab(world.noy, world.room)
    name = f"{world.bounmy.pk}-camera"
    told = {"event": "speaking", "room": world.room.pk, "speaking": [name], "active": name}
    assert (await in_db(report)(told)).status_code == 204
    assert await one.signal("speaking") == {"speaking": [name], "active": name}
    nobody = {"event": "speaking", "room": 10**9, "speaking": [], "active": None}
    assert (await in_db(report)(nobody)).status_code == 204
    # Behind the scenes only those with a part on the stage hear it.
    await in_db(type(world.room).objects.filter(pk=world.room.pk).update)(green_room=True)
    backstage = await tab(world.bounmy, world.room)
    await in_db(report)({**told, "speaking": []})
    assert (await backstage.signal("speaking"))["speaking"] == []
    assert await one.silence(1.2)


def test_a_report_about_an_unknown_room_or_person_is_harmless(world: World, queued: list[Any]) -> None:
    unknown = {"room": 10**9, "person": "1", "publication": "999999-camera", "kinds": ["audio"]}
    for event in ("publication.started", "publication.stopped"):
        assert report({"event": event, **unknown}).status_code == 204
    assert Publication.objects.count() == 0


def test_only_our_own_media_process_may_report(world: World) -> None:
    data = {"event": "publication.started", **flowing(world, world.bounmy)}
    grant = sign_grant(
        settings.MEDIA_SECRET, room=world.room.pk, person="1", action="publish", publication="1-camera"
    )
    for token in (
        "",
        "nonsense",
        sign_service("another-secret-of-sufficient-length-0123", "events"),
        sign_service(settings.MEDIA_SECRET, "control"),
        grant,
    ):
        assert report(data, token).status_code == 401
    assert Client().post("/media/events", data).status_code == 401
    assert Client().get("/media/events").status_code == 405
    assert Publication.objects.count() == 0


# --- leaving the stage ---


async def test_one_may_stop_ones_own(world: World, tab: OpenTab, queued: list[Any]) -> None:
    publication = await in_db(world.publication)(world.bounmy)
    one, other = await tab(world.bounmy, world.room), await tab(world.noy, world.room)
    assert (await one.ask("stage.stop", world.room.pk, publication=publication.pk))["data"] == {}
    assert (await other.frame())["update"] == "publication.removed"
    assert queued == []


async def test_a_moderator_takes_someone_off_the_stage(world: World, tab: OpenTab, queued: list[Any]) -> None:
    publication = await in_db(world.publication)(world.bounmy)
    one, other = await tab(world.moderator, world.room), await tab(world.noy, world.room)
    assert (await one.ask("stage.stop", world.room.pk, publication=publication.pk))["data"] == {}
    assert (await other.frame())["update"] == "publication.removed"
    assert queued == [("remove_from_media", world.room.pk, world.bounmy.pk)]


async def test_others_cannot_take_someone_off_the_stage(world: World, tab: OpenTab) -> None:
    publication = await in_db(world.publication)(world.bounmy)
    one = await tab(world.noy, world.room)
    assert (await one.ask("stage.stop", world.room.pk, publication=publication.pk))["error"][
        "code"
    ] == "denied"
    assert await Publication.objects.acount() == 1
    assert await one.silence()


async def test_who_is_no_speaker_any_more_leaves_the_stage(
    world: World, tab: OpenTab, queued: list[Any]
) -> None:
    await in_db(world.publication)(world.bounmy)
    one, other = await tab(world.bounmy, world.room), await tab(world.noy, world.room)
    await in_db(set_room_roles)(world.room, {world.moderator.pk: "moderator"})
    assert (await one.signal("closed"))["code"] == "denied"  # without a ticket of their own
    assert (await other.frame())["update"] == "publication.removed"
    assert queued == [("remove_from_media", world.room.pk, world.bounmy.pk)]


def test_whose_rights_end_receives_nothing_more(world: World, queued: list[Any]) -> None:
    assert end_rights(world.noy.pk, world.room.pk) is True
    assert queued == []
    cancel_ticket(world.noy, world.event)
    queued.clear()
    assert end_rights(world.noy.pk, world.room.pk) is False
    assert queued == [("remove_from_media", world.room.pk, world.noy.pk)]


# --- switches ---


async def test_the_room_is_told_what_a_speaker_switches_off(world: World, tab: OpenTab) -> None:
    publication = await in_db(world.publication)(world.bounmy)
    one, other = await tab(world.bounmy, world.room), await tab(world.noy, world.room)
    switched = {"publication": publication.pk, "muted": True, "dark": False}
    assert (await one.ask("stage.switches", world.room.pk, **switched))["data"] == {}
    update = await other.frame()
    assert (update["update"], update["data"]["muted"], update["data"]["dark"]) == (
        "publication.saved",
        True,
        False,
    )
    # Told twice, nothing happens; and the media process, which knows nothing of it, does not switch it on again.
    await one.ask("stage.switches", world.room.pk, **switched)
    await in_db(report)({"event": "publications", "publications": [flowing(world, world.bounmy)]})
    newcomer = (await (await tab(world.organizer)).ask("room.enter", world.room.pk))["data"]
    assert [(each["muted"], each["dark"]) for each in newcomer["state"]["publication"]] == [(True, False)]


async def test_nobody_switches_for_somebody_else(world: World, tab: OpenTab) -> None:
    publication = await in_db(world.publication)(world.bounmy)
    for person in (world.noy, world.moderator):
        one = await tab(person, world.room)
        answer = await one.ask(
            "stage.switches", world.room.pk, publication=publication.pk, muted=True, dark=True
        )
        assert answer["error"]["code"] == "denied"
    kept = await Publication.objects.aget()
    assert (kept.muted, kept.dark) == (False, False)


async def test_switches_must_be_true_or_false(world: World, tab: OpenTab) -> None:
    publication = await in_db(world.publication)(world.bounmy)
    one = await tab(world.bounmy, world.room)
    for wrong in ({}, {"muted": True}, {"muted": "true", "dark": False}, {"muted": 1, "dark": 0}):
        answer = await one.ask("stage.switches", world.room.pk, publication=publication.pk, **wrong)
        assert answer["error"]["code"] == "invalid"
    kept = await Publication.objects.aget()
    assert (kept.muted, kept.dark) == (False, False)


# --- what updates say is what a fresh snapshot says ---


def _say(world: World) -> None:
    send_message(world.noy, world.room.pk, client_id=uuid.uuid4(), text="New")


def _start(world: World) -> None:
    start_publication(world.room.pk, world.bounmy.pk, "screen", BOTH)


def _change(world: World) -> None:
    start_publication(world.room.pk, world.bounmy.pk, "camera", frozenset({"audio"}))


def _switch(world: World) -> None:
    number = Publication.objects.get(user=world.bounmy).pk
    show_switches(world.bounmy, world.room.pk, publication_id=number, muted=True, dark=True)


def _end(world: World) -> None:
    end_publication(world.room.pk, world.bounmy.pk, "camera")


def _stop(world: World) -> None:
    stop_publication(
        world.moderator, world.room.pk, publication_id=Publication.objects.get(user=world.bounmy).pk
    )


def _reconcile(world: World) -> None:
    reconcile_publications([(world.room.pk, world.moderator.pk, "camera", BOTH)])


def _lose_part(world: World) -> None:
    set_room_roles(world.room, {})
    end_rights(world.bounmy.pk, world.room.pk)


def _refuse(world: World) -> None:
    with pytest.raises(Denied):
        stop_publication(
            world.noy, world.room.pk, publication_id=Publication.objects.get(user=world.bounmy).pk
        )


@pytest.mark.parametrize(
    "act", [_say, _start, _change, _switch, _end, _stop, _reconcile, _lose_part, _refuse]
)
async def test_updates_make_an_old_snapshot_a_fresh_one(
    world: World, tab: OpenTab, queued: list[Any], act: Callable[[World], None]
) -> None:
    def before() -> None:
        send_message(world.sari, world.room.pk, client_id=uuid.uuid4(), text="Old")
        start_publication(world.room.pk, world.bounmy.pk, "camera", BOTH)

    await in_db(before)()
    one = await tab(world.organizer)
    old = (await one.ask("room.enter", world.room.pk))["data"]
    await in_db(act)(world)
    fresh = json.loads(encode(await in_db(room_snapshot)(world.organizer, world.room.pk)))
    state = {kind: {thing["id"]: thing for thing in things} for kind, things in old["state"].items()}
    for seq in range(old["seq"] + 1, fresh["seq"] + 1):
        frame = await one.frame()
        assert frame["seq"] == seq
        kind, what = frame["update"].split(".")
        if what == "saved":
            state[kind][frame["data"]["id"]] = frame["data"]
        else:
            del state[kind][frame["data"]["id"]]
    assert await one.silence(0.1)
    as_lists = {
        kind: sorted(things.values(), key=lambda thing: thing["id"]) for kind, things in state.items()
    }
    assert as_lists == {
        kind: sorted(things, key=lambda thing: thing["id"]) for kind, things in fresh["state"].items()
    }
