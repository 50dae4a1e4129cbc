"""The encoder of a hall: who sets it up, whom its token lets in, and what ends with it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client
from django.utils import timezone

from conference.core.errors import Conflict, Missing
from conference.core.models import Event, Fact
from conference.rooms.models import RoomRole
from realtime.encoder import actions, views
from realtime.encoder.models import EncoderKey
from realtime.encoder.queries import BadKey, get_key
from realtime.media.grants import read_grant
from realtime.stage.actions import end_publication, start_publication
from realtime.stage.forms import SourceForm
from realtime.stage.models import Publication
from realtime.stage.queries import PLACES, stage_part
from tests.realtime.conftest import World

SDP = "application/sdp"


def page_of(world: World, rest: str = "") -> str:
    return f"/{world.event.slug}/rooms/{world.room.code}/encoder/{rest}"


def offer_to(world: World) -> str:
    return f"/media/encoders/{world.room.code}"


def made(world: World, label: str = "Main hall", days: int = 7) -> str:
    _key, secret = actions.make_encoder_key(
        world.moderator, world.event, world.room.code, label=label, days=days, client_id=uuid.uuid4()
    )
    return secret


class MediaProcess:
    """Takes what would go to the media process, and answers as it does."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []

    def request(self, method: str, url: str, *, content: bytes = b"", headers: Any, **more: Any) -> Any:
        self.asked.append((method, url, headers, content))
        answer = {
            "POST": httpx.Response(
                201,
                content=b"answer",
                headers={
                    "Content-Type": SDP,
                    "Location": f"{url.rpartition('/')[2]}/abcdefgh",
                    "ETag": '"1"',
                },
            ),
            "PATCH": httpx.Response(204, headers={"ETag": '"1"'}),
            "DELETE": httpx.Response(200),
        }
        return answer[method]


@pytest.fixture
def media(monkeypatch: pytest.MonkeyPatch) -> MediaProcess:
    process = MediaProcess()
    monkeypatch.setattr(views.httpx, "request", process.request)
    return process


def send(world: World, secret: str, body: str = "v=0", content_type: str = SDP, **more: Any) -> Any:
    return Client().post(
        offer_to(world),
        body,
        content_type=content_type,
        headers={"Authorization": f"Bearer {secret}"},
        **more,
    )


# --- the page ---


def test_a_token_is_made_on_the_page_shown_once_and_taken_back(world: World) -> None:
    client = Client()
    client.force_login(world.moderator)
    filled = {"label": "Main hall", "days": "7", "client_id": str(uuid.uuid4())}
    page = client.post(page_of(world), filled)
    secret = page.context["secret"]
    assert secret in page.content.decode() and "no-store" in page["Cache-Control"]
    # Reloaded, the page makes no other token: the encoder goes on.
    assert client.post(page_of(world), filled).context["secret"] == ""
    assert get_key(secret, world.room.code).label == "Main hall"
    later = client.get(page_of(world)).content.decode()
    assert secret not in later and "Main hall" in later and offer_to(world) in later
    assert not EncoderKey.objects.filter(digest=secret).exists()
    assert client.post(page_of(world), {"label": "", "days": "900"}).status_code == 422
    assert get_key(secret, world.room.code).label == "Main hall"
    assert client.post(page_of(world, "revoke/")).status_code == 302
    with pytest.raises(BadKey):
        get_key(secret, world.room.code)
    assert client.post(page_of(world, "revoke/")).status_code == 404
    verbs = set(Fact.objects.values_list("verb", flat=True))
    assert {"encoder_key.made", "encoder_key.revoked"} <= verbs
    assert not any(secret in str(data) for data in Fact.objects.values_list("data", flat=True))


@pytest.mark.parametrize("name", ["noy", "bounmy", "stranger"])
def test_setting_up_is_for_those_who_run_the_room(world: World, name: str) -> None:
    made(world)
    client = Client()
    client.force_login(world.person("Stranger") if name == "stranger" else getattr(world, name))
    for answer in (
        client.get(page_of(world)),
        client.post(page_of(world), {"label": "Mine", "days": "1", "client_id": str(uuid.uuid4())}),
        client.post(page_of(world, "revoke/")),
    ):
        assert answer.status_code in (403, 404)
    assert EncoderKey.objects.get().label == "Main hall"
    assert Client().get(page_of(world)).status_code == 302  # to the sign-in


def test_a_new_token_takes_the_place_of_the_old_one(world: World) -> None:
    old, new = made(world), made(world, "Balcony")
    with pytest.raises(BadKey):
        get_key(old, world.room.code)
    assert get_key(new, world.room.code).label == "Balcony"


def test_after_the_event_there_is_no_new_token(world: World) -> None:
    Event.objects.filter(pk=world.event.pk).update(state=Event.State.ARCHIVED)
    world.event.refresh_from_db()
    with pytest.raises(Conflict):
        made(world)


# --- the address ---


def test_an_offer_is_handed_over_with_a_grant_and_the_session_is_addressed_here(
    world: World, media: MediaProcess, settings: Any
) -> None:
    secret = made(world)
    answer = send(world, secret)
    assert (answer.status_code, answer.content, answer["ETag"]) == (201, b"answer", '"1"')
    assert (answer["Content-Type"], answer["Location"]) == (SDP, f"{offer_to(world)}/abcdefgh")
    ((method, url, headers, content),) = media.asked
    assert (method, url, content) == (
        "POST",
        f"{settings.MEDIA_INTERNAL_URL}/whip/{world.room.pk}",
        b"v=0",
    )
    grant = read_grant(headers["Authorization"].removeprefix("Bearer "), settings.MEDIA_SECRET)
    assert (grant.room, grant.person, grant.action) == (world.room.pk, str(world.moderator.pk), "publish")
    assert grant.publication == f"{world.moderator.pk}-hall"
    assert EncoderKey.objects.get().last_used is not None

    session = {"headers": {"Authorization": f"Bearer {secret}", "If-Match": '"1"'}}
    trickled = Client().patch(
        answer["Location"], "a=mid:0", content_type="application/trickle-ice-sdpfrag", **session
    )
    assert trickled.status_code == 204
    assert Client().delete(answer["Location"], **session).status_code == 200
    assert [method for method, *_rest in media.asked] == ["POST", "PATCH", "DELETE"]
    assert media.asked[1][1:3] == (
        f"{settings.MEDIA_INTERNAL_URL}/whip/{world.room.pk}/abcdefgh",
        {
            "Content-Type": "application/trickle-ice-sdpfrag",
            "If-Match": '"1"',
            "Authorization": media.asked[1][2]["Authorization"],
        },
    )


def test_what_does_not_hold_is_refused_with_the_right_status(world: World, media: MediaProcess) -> None:
    secret = made(world)
    other = world.event.rooms.create()
    wrong: list[tuple[Any, int]] = [
        (Client().post(offer_to(world), "v=0", content_type=SDP), 401),
        (send(world, "chama_encoder_wrong"), 401),
        (send(world, secret, content_type="application/json"), 415),
        (send(world, secret, "v" * (views.LARGEST_OFFER + 1)), 413),
        (Client().get(offer_to(world)), 405),
        (Client().put(f"{offer_to(world)}/abcdefgh"), 405),
        (
            Client().post(
                f"/media/encoders/{other.code}",
                "v=0",
                content_type=SDP,
                headers={"Authorization": f"Bearer {secret}"},
            ),
            404,
        ),
    ]
    assert [answer.status_code for answer, _status in wrong] == [status for _answer, status in wrong]
    assert wrong[0][0]["WWW-Authenticate"].startswith("Bearer")
    assert all(answer.json()["message"] for answer, _status in wrong)
    EncoderKey.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert send(world, secret).status_code == 401
    assert media.asked == []


def test_a_token_holds_as_long_as_whoever_made_it_runs_the_room(world: World, media: MediaProcess) -> None:
    secret = made(world)
    RoomRole.objects.filter(user=world.moderator).update(role=RoomRole.Role.SPEAKER)
    answer = send(world, secret)
    assert answer.status_code == 401 and "does not run the room any more" in answer.json()["message"]


def test_a_full_stage_has_no_place_for_the_hall_either(world: World, media: MediaProcess) -> None:
    secret = made(world)
    for number in range(PLACES):
        world.publication(world.speaker(f"Speaker {number}"))
    answer = send(world, secret)
    assert answer.status_code == 409 and "The stage is full" in answer.json()["message"]


def test_without_the_media_process_the_encoder_is_told_to_come_again(world: World, settings: Any) -> None:
    settings.MEDIA_INTERNAL_URL = "http://127.0.0.1:9"
    answer = send(world, made(world))
    assert answer.status_code == 503 and answer["Retry-After"]


def test_an_encoder_that_asks_too_often_waits(
    world: World, media: MediaProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "REQUESTS", (2, 60))
    secret = made(world)
    answers = [send(world, secret) for _each in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert int(answers[2]["Retry-After"]) >= 1


# --- on the stage ---


def test_the_hall_stands_on_the_stage_under_its_own_name_beside_whoever_made_the_token(world: World) -> None:
    made(world, "Main hall")
    for source in ("camera", "hall"):
        start_publication(world.room.pk, world.moderator.pk, source, ("audio", "video"))
    camera, hall = stage_part(world.room)["state"]["publication"]
    assert hall["person"] == {"id": world.moderator.pk, "name": "Main hall"}
    assert (hall["source"], hall["name"]) == ("camera", f"{world.moderator.pk}-hall")
    assert camera["person"]["name"] == world.moderator.name
    end_publication(world.room.pk, world.moderator.pk, "hall")
    assert [each["name"] for each in stage_part(world.room)["state"]["publication"]] == [camera["name"]]


def test_what_the_encoder_sends_ends_with_its_token_and_nothing_else_does(
    world: World, queued: list[Any]
) -> None:
    made(world)
    for source in ("camera", "hall"):
        start_publication(world.room.pk, world.moderator.pk, source, ("audio", "video"))
    actions.revoke_encoder_key(world.organizer, world.event, world.room.code)
    assert [each.source for each in Publication.objects.all()] == ["camera"]
    assert queued == [("end_in_media", world.room.pk, f"{world.moderator.pk}-hall")]
    with pytest.raises(Missing):
        actions.revoke_encoder_key(world.organizer, world.event, world.room.code)


def test_no_browser_sends_as_the_hall(world: World) -> None:
    assert not SourceForm({"source": "hall"}).is_valid()
    assert SourceForm({"source": "screen"}).is_valid()
