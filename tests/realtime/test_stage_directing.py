"""Directing a stage: places, layouts, bringing somebody and sending them back, muting, handing over, small rooms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Missing, Refusal
from conference.core.models import Fact
from conference.registration.actions import cancel_ticket
from conference.rooms.actions import set_room_roles
from conference.rooms.models import Guest, Restriction, Room, RoomRole
from conference.rooms.queries import people_on_stage, role_in
from realtime.media.grants import read_grant
from realtime.models import Invitation, Publication, Scene, Seat, Silence
from realtime.moderation.actions import remove_person
from realtime.queries import room_snapshot
from realtime.stage import actions
from realtime.stage.actions import (
    accept_invitation,
    arrange_stage,
    decline_invitation,
    end_publication,
    grant_publishing,
    hand_over,
    invite_to_stage,
    leave_every_stage,
    mute_on_stage,
    reconcile_publications,
    send_back,
    show_switches,
    silence_in_media,
    start_publication,
    stop_publication,
    unmute_on_stage,
    withdraw_invitation,
)
from tests.realtime.at_once import together
from tests.realtime.conftest import OpenTab, World
from tests.realtime.stored import rows

pytestmark = pytest.mark.django_db(transaction=True)

in_db = database_sync_to_async
BOTH = frozenset({"audio", "video"})


def grant(who: User, room: Room, source: str = "camera") -> dict[str, Any]:
    return grant_publishing(who, room.pk, source=source, media_url="http://media")


def speakers(world: World, number: int) -> list[User]:
    return [world.speaker(f"Speaker {each}") for each in range(number)]


def small(world: World) -> Room:
    Room.objects.filter(pk=world.room.pk).update(small=True)
    world.room.refresh_from_db()
    return world.room


# --- places ---


def test_six_people_find_a_place_and_the_seventh_is_told_that_the_stage_is_full(world: World) -> None:
    people = speakers(world, 7)
    for person in people[:6]:
        grant(person, world.room)
        start_publication(world.room.pk, person.pk, "camera", BOTH)
    with pytest.raises(Conflict, match="The stage is full: 6 people are on it"):
        grant(people[6], world.room)
    grant(people[0], world.room, "screen")  # whoever is on it may show a screen too
    stop_publication(people[0], world.room.pk, publication_id=Publication.objects.get(user=people[0]).pk)
    grant(people[6], world.room)


def test_of_many_who_want_the_last_places_at_once_as_many_get_one_as_there_are(world: World) -> None:
    people = speakers(world, 8)
    for person in people[:4]:
        start_publication(world.room.pk, person.pk, "camera", BOTH)
    results = together(*(lambda person=person: grant(person, world.room) for person in people[4:]))  # type: ignore[misc]
    assert sum(isinstance(result, Conflict) for result in results) == 2
    assert Seat.objects.filter(user__in=people[4:]).count() == 2


def test_a_place_is_kept_for_who_was_cut_off_and_not_for_ever(world: World) -> None:
    people = speakers(world, 7)
    for person in people[:6]:
        start_publication(world.room.pk, person.pk, "camera", BOTH)
    end_publication(world.room.pk, people[0].pk, "camera")
    with pytest.raises(Conflict):
        grant(people[6], world.room)
    grant(people[0], world.room)
    Seat.objects.update(taken=timezone.now() - timedelta(seconds=31))
    grant(people[6], world.room)


def test_a_grant_that_is_used_when_its_place_is_gone_puts_nobody_on_the_stage(
    world: World, queued: list[Any]
) -> None:
    people = speakers(world, 7)
    grant(people[6], world.room)
    Seat.objects.update(taken=timezone.now() - timedelta(seconds=31))
    for person in people[:6]:
        start_publication(world.room.pk, person.pk, "camera", BOTH)
    start_publication(world.room.pk, people[6].pk, "camera", BOTH)
    assert not Publication.objects.filter(user=people[6]).exists()
    assert queued == [("remove_from_media", world.room.pk, people[6].pk)]


# --- how it is shown ---


async def test_everyone_sees_the_layout_that_was_chosen_and_so_does_who_comes_later(
    world: World, tab: OpenTab
) -> None:
    noy, host = await tab(world.noy), await tab(world.moderator, world.room)
    entered = (await noy.ask("room.enter", world.room.pk))["data"]
    start = {"id": world.room.pk, "layout": "screen", "speaker": None}
    assert entered["state"]["scene"] == [start]
    answer = await host.ask("stage.arrange", world.room.pk, layout="side")
    assert answer["data"] == {**start, "layout": "side"}
    frame = await noy.frame()
    assert (frame["update"], frame["data"]) == ("scene.saved", answer["data"])
    await host.ask("stage.arrange", world.room.pk, layout="side")
    assert await noy.silence()
    late = (await (await tab(world.sari)).ask("room.enter", world.room.pk))["data"]
    assert late["state"]["scene"] == [answer["data"]]
    resumed = await (await tab(world.sari)).ask("stream.resume", stream=entered["stream"], seq=entered["seq"])
    assert [frame["update"] for frame in resumed["data"]["updates"]] == ["scene.saved"]
    assert [fact.verb async for fact in Fact.objects.all()] == ["stage.arranged"]


async def test_what_is_no_layout_is_refused(world: World, tab: OpenTab) -> None:
    host = await tab(world.moderator, world.room)
    for layout in ("grid", "", None, 7, ["side"]):
        assert (await host.ask("stage.arrange", world.room.pk, layout=layout))["error"]["code"] == "invalid"
    assert not await Scene.objects.aexists()


def test_of_two_layouts_chosen_at_once_everyone_is_told_last_the_one_that_holds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    publish = actions.publish

    def hear(streams: Any, kind: str, **what: Any) -> None:
        publish(streams, kind, **what)
        told.append(what["saved"]["layout"])

    monkeypatch.setattr(actions, "publish", hear)
    for _round in range(5):
        together(
            lambda: arrange_stage(world.moderator, world.room.pk, layout="side"),
            lambda: arrange_stage(world.organizer, world.room.pk, layout="speaker"),
            lambda: arrange_stage(world.organizer, world.room.pk, layout="screen"),
        )
        assert told[-1] == Scene.objects.get().layout


def test_the_speakers_place_is_handed_over_to_somebody_on_the_stage_and_free_when_they_are_sent_back(
    world: World, queued: list[Any]
) -> None:
    with pytest.raises(Missing):
        hand_over(world.moderator, world.room.pk, person_id=world.bounmy.pk)
    world.publication(world.bounmy)
    assert hand_over(world.moderator, world.room.pk, person_id=world.bounmy.pk).speaker_id == world.bounmy.pk
    # Cut off for a moment, they have it still.
    end_publication(world.room.pk, world.bounmy.pk, "camera")
    assert Scene.objects.get().speaker_id == world.bounmy.pk
    world.publication(world.bounmy)
    send_back(world.moderator, world.room.pk, person_id=world.bounmy.pk)
    assert Scene.objects.get().speaker_id is None
    assert hand_over(world.moderator, world.room.pk, person_id=None).speaker_id is None


# --- from the audience to the stage, and back ---


async def test_who_is_asked_to_the_stage_comes_by_themselves_and_may_start_their_camera(
    world: World, tab: OpenTab, queued: list[Any]
) -> None:
    noy, host = await tab(world.noy, world.room), await tab(world.moderator, world.room)
    assert (await noy.ask("stage.publish", world.room.pk, source="camera"))["error"]["code"] == "denied"
    answer = await host.ask("stage.invite", world.room.pk, person=world.noy.pk)
    assert answer["data"]["person"]["name"] == "Noy"
    invitation = await noy.frame()
    assert (invitation["stream"], invitation["update"]) == (f"person.{world.noy.pk}", "invitation.saved")
    assert invitation["data"]["by"]["name"] == "Thandar"
    assert (await host.frame())["stream"] == f"room.{world.room.pk}.hosts"
    # Asked is not on the stage: nobody's camera starts without them.
    assert (await noy.ask("stage.publish", world.room.pk, source="camera"))["error"]["code"] == "denied"
    fresh = (await (await tab(world.noy)).ask("room.enter", world.room.pk))["data"]
    assert [each["id"] for each in fresh["own"]["invitation"]] == [world.room.pk]
    assert (await noy.ask("stage.accept", world.room.pk))["data"] == {}
    role = await noy.signal("role")
    assert (role["role"], role["may_publish"], role["runs"]) == ("guest", True, False)
    assert "data" in await noy.ask("stage.publish", world.room.pk, source="camera")
    assert (await host.frame())["update"] == "invitation.removed"
    assert [each.verb async for each in Fact.objects.order_by("pk")] == ["stage.invited", "stage.accepted"]
    # And back to the audience.
    await in_db(start_publication)(world.room.pk, world.noy.pk, "camera", BOTH)
    assert (await host.ask("stage.back", world.room.pk, person=world.noy.pk))["data"] == {}
    role = await noy.signal("role")
    assert (role["role"], role["may_publish"]) == ("attendee", False)
    assert ("remove_from_media", world.room.pk, world.noy.pk) in queued
    assert not await Publication.objects.aexists()


def test_who_declines_stays_in_the_audience(world: World) -> None:
    invite_to_stage(world.moderator, world.room.pk, person_id=world.noy.pk)
    decline_invitation(world.noy, world.room.pk)
    with pytest.raises(Missing, match="does not hold any more"):
        accept_invitation(world.noy, world.room.pk)
    assert role_in(world.noy, world.room) == "attendee"


def test_an_invitation_that_was_withdrawn_opens_nothing(world: World) -> None:
    invite_to_stage(world.moderator, world.room.pk, person_id=world.noy.pk)
    withdraw_invitation(world.moderator, world.room.pk, person_id=world.noy.pk)
    withdraw_invitation(world.moderator, world.room.pk, person_id=world.noy.pk)
    with pytest.raises(Missing):
        accept_invitation(world.noy, world.room.pk)
    with pytest.raises(Missing):
        accept_invitation(world.sari, world.room.pk)


def test_who_accepts_in_the_moment_of_withdrawal_is_on_the_stage_or_not_and_never_half(world: World) -> None:
    for _round in range(6):
        invite_to_stage(world.moderator, world.room.pk, person_id=world.noy.pk)
        accepted, _withdrawn = together(
            lambda: accept_invitation(world.noy, world.room.pk),
            lambda: withdraw_invitation(world.moderator, world.room.pk, person_id=world.noy.pk),
        )
        assert not Invitation.objects.exists()
        assert Guest.objects.exists() == (accepted is None)
        Guest.objects.all().delete()


def test_who_is_asked_twice_at_once_is_asked_once(world: World) -> None:
    together(
        *(
            lambda host=host: invite_to_stage(host, world.room.pk, person_id=world.noy.pk)  # type: ignore[misc]
            for host in (world.moderator, world.organizer)
        )
    )
    assert Invitation.objects.count() == Fact.objects.filter(verb="stage.invited").count() == 1


def test_a_guest_finds_no_place_on_a_full_stage_and_is_still_asked(world: World) -> None:
    invite_to_stage(world.moderator, world.room.pk, person_id=world.noy.pk)
    for person in speakers(world, 6):
        start_publication(world.room.pk, person.pk, "camera", BOTH)
    with pytest.raises(Conflict, match="The stage is full"):
        accept_invitation(world.noy, world.room.pk)
    assert Invitation.objects.exists()
    Publication.objects.first().delete()  # type: ignore[union-attr]
    Seat.objects.all().delete()
    accept_invitation(world.noy, world.room.pk)


def test_speakers_need_not_be_asked_and_strangers_cannot_be(world: World) -> None:
    with pytest.raises(Conflict, match="without being asked"):
        invite_to_stage(world.moderator, world.room.pk, person_id=world.bounmy.pk)
    for person in (world.stranger.pk, 10**9):
        with pytest.raises(Missing):
            invite_to_stage(world.moderator, world.room.pk, person_id=person)


def test_no_more_than_twenty_are_asked_at_once(world: World) -> None:
    for number in range(20):
        invite_to_stage(world.moderator, world.room.pk, person_id=world.attendee(f"A {number}").pk)
    with pytest.raises(Conflict, match="asked to the stage already"):
        invite_to_stage(world.moderator, world.room.pk, person_id=world.noy.pk)


def test_a_guest_goes_back_by_themselves_and_a_speaker_keeps_their_part(
    world: World, queued: list[Any]
) -> None:
    invite_to_stage(world.moderator, world.room.pk, person_id=world.noy.pk)
    accept_invitation(world.noy, world.room.pk)
    assert world.noy.pk in people_on_stage(world.room)
    send_back(world.noy, world.room.pk, person_id=world.noy.pk)
    assert role_in(world.noy, world.room) == "attendee"
    with pytest.raises(Missing):
        send_back(world.noy, world.room.pk, person_id=world.noy.pk)
    world.publication(world.bounmy)
    send_back(world.moderator, world.room.pk, person_id=world.bounmy.pk)
    assert role_in(world.bounmy, world.room) == "speaker"
    assert not Publication.objects.exists()
    with pytest.raises(Denied):
        send_back(world.noy, world.room.pk, person_id=world.bounmy.pk)


def test_a_guest_without_a_ticket_any_more_is_nobody_there(world: World) -> None:
    invite_to_stage(world.moderator, world.room.pk, person_id=world.noy.pk)
    accept_invitation(world.noy, world.room.pk)
    set_room_roles(world.room, {world.bounmy.pk: "speaker"})  # the programme changes: guests stay
    assert role_in(world.noy, world.room) == "guest"
    cancel_ticket(world.noy, world.event)
    assert role_in(world.noy, world.room) is None


def test_who_is_removed_from_the_room_is_no_guest_when_they_are_let_back_in(
    world: World, queued: list[Any]
) -> None:
    invite_to_stage(world.moderator, world.room.pk, person_id=world.noy.pk)
    accept_invitation(world.noy, world.room.pk)
    invite_to_stage(world.moderator, world.room.pk, person_id=world.sari.pk)
    for person in (world.noy, world.sari):
        remove_person(world.moderator, world.room.pk, person_id=person.pk)
    Restriction.objects.all().delete()
    assert role_in(world.noy, world.room) == "attendee"
    assert not Invitation.objects.exists()


# --- muting ---


async def test_a_muted_person_is_shown_as_muted_to_everyone_and_cannot_undo_it(
    world: World, tab: OpenTab, queued: list[Any]
) -> None:
    publication = await in_db(world.publication)(world.bounmy)
    one, host, noy = [await tab(person, world.room) for person in (world.bounmy, world.moderator, world.noy)]
    assert (await host.ask("stage.mute", world.room.pk, person=world.bounmy.pk))["data"] == {}
    for each in (one, noy):
        frame = await each.frame()
        assert (frame["update"], frame["data"]["silenced"]) == ("publication.saved", True)
    assert queued == [("silence_in_media", world.room.pk, world.bounmy.pk)]
    # Their own switch, a new grant, leaving and coming back: nothing undoes it.
    switches = {"publication": publication.pk, "muted": False, "dark": False}
    await one.ask("stage.switches", world.room.pk, **switches)
    assert (await one.ask("stage.unmute", world.room.pk, person=world.bounmy.pk))["error"]["code"] == "denied"
    token = (await one.ask("stage.publish", world.room.pk, source="camera"))["data"]["token"]
    assert read_grant(token, settings.MEDIA_SECRET).silent
    await in_db(end_publication)(world.room.pk, world.bounmy.pk, "camera")
    await in_db(start_publication)(world.room.pk, world.bounmy.pk, "camera", BOTH)
    assert (await Publication.objects.aget()).silenced
    assert queued[-1] == ("silence_in_media", world.room.pk, world.bounmy.pk)
    assert (await host.ask("stage.unmute", world.room.pk, person=world.bounmy.pk))["data"] == {}
    assert not (await Publication.objects.aget()).silenced
    token = (await one.ask("stage.publish", world.room.pk, source="camera"))["data"]["token"]
    assert not read_grant(token, settings.MEDIA_SECRET).silent


def test_those_who_run_the_room_cannot_mute_one_another_and_nobody_mutes_who_is_not_on_stage(
    world: World,
) -> None:
    for other in (world.organizer, world.moderator):
        with pytest.raises(Denied):
            mute_on_stage(world.moderator, world.room.pk, person_id=other.pk)
    with pytest.raises(Missing):
        mute_on_stage(world.moderator, world.room.pk, person_id=world.noy.pk)
    assert not Silence.objects.exists()


def test_who_was_muted_and_runs_the_room_now_does_not_unmute_themselves(
    world: World, queued: list[Any]
) -> None:
    mute_on_stage(world.moderator, world.room.pk, person_id=world.bounmy.pk)
    RoomRole.objects.filter(user=world.bounmy).update(role=RoomRole.Role.MODERATOR)
    with pytest.raises(Denied):
        unmute_on_stage(world.bounmy, world.room.pk, person_id=world.bounmy.pk)
    unmute_on_stage(world.moderator, world.room.pk, person_id=world.bounmy.pk)
    assert not Silence.objects.exists()


def test_muting_in_the_moment_in_which_a_camera_starts_never_misses_it(
    world: World, queued: list[Any]
) -> None:
    for _round in range(6):
        together(
            lambda: mute_on_stage(world.moderator, world.room.pk, person_id=world.bounmy.pk),
            lambda: start_publication(world.room.pk, world.bounmy.pk, "camera", BOTH),
        )
        assert Publication.objects.get().silenced
        Publication.objects.all().delete()
        Silence.objects.all().delete()


def test_muting_and_unmuting_at_once_leave_the_room_told_what_holds(world: World, queued: list[Any]) -> None:
    publication = world.publication(world.bounmy)
    for _round in range(6):
        together(
            lambda: mute_on_stage(world.moderator, world.room.pk, person_id=world.bounmy.pk),
            lambda: unmute_on_stage(world.organizer, world.room.pk, person_id=world.bounmy.pk),
        )
        publication.refresh_from_db()
        assert publication.silenced == Silence.objects.exists()
        (shown,) = room_snapshot(world.noy, world.room.pk)["state"]["publication"]
        assert shown["silenced"] == publication.silenced


def test_the_media_process_is_told_how_it_stands_and_again_with_every_full_list(
    world: World, queued: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str, Any]] = []

    def request(method: str, url: str, **more: Any) -> httpx.Response:
        told.append((method, url.removeprefix(settings.MEDIA_INTERNAL_URL), more["json"]))
        return httpx.Response(200, request=httpx.Request(method, url))

    monkeypatch.setattr(httpx, "request", request)
    path = f"/control/rooms/{world.room.pk}/people/{world.bounmy.pk}/silence"
    mute_on_stage(world.moderator, world.room.pk, person_id=world.bounmy.pk)
    silence_in_media(world.room.pk, world.bounmy.pk)
    reconcile_publications([(world.room.pk, world.bounmy.pk, "camera", BOTH)])
    unmute_on_stage(world.moderator, world.room.pk, person_id=world.bounmy.pk)
    silence_in_media(world.room.pk, world.bounmy.pk)
    assert told == [("PUT", path, {"silent": silent}) for silent in (True, True, False)]


# --- small rooms ---


async def test_in_a_small_room_everybody_may_start_their_camera(world: World, tab: OpenTab) -> None:
    await in_db(small)(world)
    noy = await tab(world.noy)
    entered = (await noy.ask("room.enter", world.room.pk))["data"]
    assert (entered["role"], entered["may_publish"], entered["runs"]) == ("guest", True, False)
    assert "data" in await noy.ask("stage.publish", world.room.pk, source="camera")
    stranger = await tab(world.stranger)
    assert (await stranger.ask("room.enter", world.room.pk))["error"]["code"] == "denied"


def test_twelve_fit_into_a_small_room_and_the_thirteenth_may_watch(world: World) -> None:
    room = small(world)
    people = [world.attendee(f"Guest {number}") for number in range(13)]
    results = together(*(lambda person=person: grant(person, room) for person in people))  # type: ignore[misc]
    (full,) = [result for result in results if isinstance(result, Refusal)]
    assert "This room is full: 12 people are in it" in str(full.message)
    assert Seat.objects.count() == 12
    assert room_snapshot(people[12], room.pk)["room"] == room.pk


def test_a_small_room_has_no_green_room(world: World) -> None:
    with pytest.raises(Exception, match="small_room_has_no_green_room"):
        Room.objects.create(event=world.event, small=True, green_room=True)


# --- nothing changes for who is refused, and a closed account leaves nothing ---


def test_who_may_not_direct_changes_nothing(world: World) -> None:
    world.publication(world.bounmy)
    before = rows(Publication, Scene, Seat, Invitation, Silence, Guest, Fact)
    for person in (world.noy, world.bounmy, world.stranger):
        for act in (
            lambda person=person: arrange_stage(person, world.room.pk, layout="side"),
            lambda person=person: hand_over(person, world.room.pk, person_id=world.bounmy.pk),
            lambda person=person: invite_to_stage(person, world.room.pk, person_id=world.sari.pk),
            lambda person=person: withdraw_invitation(person, world.room.pk, person_id=world.sari.pk),
            lambda person=person: mute_on_stage(person, world.room.pk, person_id=world.bounmy.pk),
        ):
            with pytest.raises((Denied, Missing)):
                act()  # type: ignore[no-untyped-call]
    assert rows(Publication, Scene, Seat, Invitation, Silence, Guest, Fact) == before


def test_a_closed_account_is_on_no_stage_and_asked_to_none(world: World, queued: list[Any]) -> None:
    world.publication(world.bounmy)
    hand_over(world.moderator, world.room.pk, person_id=world.bounmy.pk)
    mute_on_stage(world.moderator, world.room.pk, person_id=world.bounmy.pk)
    invite_to_stage(world.moderator, world.room.pk, person_id=world.noy.pk)
    with transaction.atomic():
        for person in (world.bounmy, world.noy):
            leave_every_stage(person)
    assert not any((Publication.objects.exists(), Silence.objects.exists(), Invitation.objects.exists()))
    assert Scene.objects.get().speaker_id is None


def test_a_switch_of_ones_own_is_kept_while_muted(world: World, queued: list[Any]) -> None:
    number = world.publication(world.bounmy).pk
    mute_on_stage(world.moderator, world.room.pk, person_id=world.bounmy.pk)
    show_switches(world.bounmy, world.room.pk, publication_id=number, muted=True, dark=False)
    unmute_on_stage(world.moderator, world.room.pk, person_id=world.bounmy.pk)
    kept = Publication.objects.get()
    assert (kept.muted, kept.silenced) == (True, False)
