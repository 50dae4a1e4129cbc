"""The pages where a room's captions are set up and written, and the file that people take home."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from conference.core.models import Fact
from conference.rooms.models import Room
from realtime.broadcast.models import Broadcast
from realtime.captions import actions
from realtime.captions.models import Caption, Captioner, CaptionFeed, CaptionToken
from realtime.captions.queries import webvtt_of
from tests.realtime.conftest import World
from tests.realtime.test_captions import offered, said, secret_for, state


def page_of(world: World, rest: str = "") -> str:
    return f"/{world.event.slug}/rooms/{world.room.code}/captions/{rest}"


def test_a_room_is_set_up_on_its_page(world: World) -> None:
    client = Client()
    client.force_login(world.moderator)
    assert client.post(page_of(world, "offer/"), {"language": "my"}).status_code == 302
    assert client.post(page_of(world, "offer/"), {"language": "xx"}).status_code == 422
    wrong = client.post(page_of(world, "people/"), {"email": "nobody@example.org"})
    assert wrong.status_code == 422 and "Nobody with an account here" in wrong.content.decode()
    assert client.post(page_of(world, "people/"), {"email": world.noy.email}).status_code == 302
    made = client.post(page_of(world, "my/tokens/"), {"label": "ASR", "days": "7"})
    secret = made.context["secret"]
    assert secret in made.content.decode() and "no-store" in made["Cache-Control"]
    assert secret not in client.get(page_of(world)).content.decode()
    assert not CaptionToken.objects.filter(digest=secret).exists()
    token = CaptionToken.objects.get()
    assert abs((token.expires - timezone.now()).total_seconds() - 7 * 86400) < 60
    assert client.post(page_of(world, "my/tokens/"), {"label": "", "days": "900"}).status_code == 422
    client.post(page_of(world, f"tokens/{token.pk}/revoke/"))
    assert "Revoked" in client.get(page_of(world)).content.decode()
    assert "caption-desk" in client.get(page_of(world, "my/")).content.decode()
    client.post(page_of(world, f"people/{world.noy.pk}/remove/"))
    client.post(page_of(world, "my/end/"))
    assert not CaptionFeed.objects.exists() and not Captioner.objects.exists()
    verbs = set(Fact.objects.values_list("verb", flat=True))
    assert {"captions.offered", "caption_token.made", "caption_token.revoked", "captions.ended"} <= verbs
    assert not any(secret in str(data) for data in Fact.objects.values_list("data", flat=True))


@pytest.mark.parametrize("name", ["noy", "bounmy", "stranger", "captioner"])
def test_the_setting_up_is_for_those_who_run_the_room(world: World, name: str) -> None:
    offered(world)
    secret_for(world)
    actions.add_captioner(world.moderator, world.room.pk, email=world.sari.email)
    client = Client()
    client.force_login(world.sari if name == "captioner" else getattr(world, name))
    before = state()
    seen = 200 if name == "captioner" else 403
    assert client.get(page_of(world)).status_code == seen
    assert client.get(page_of(world, "en/")).status_code == seen
    for rest, data in (
        ("offer/", {"language": "th"}),
        ("people/", {"email": world.noy.email}),
        (f"people/{world.sari.pk}/remove/", {}),
        ("en/end/", {}),
        ("en/tokens/", {"label": "Mine", "days": "1"}),
        (f"tokens/{CaptionToken.objects.get().pk}/revoke/", {}),
    ):
        assert client.post(page_of(world, rest), data).status_code == 403
    assert state() == before
    if name == "captioner":
        text = client.get(page_of(world)).content.decode()
        assert "Type captions in" in text and "Make a token" not in text


def test_the_file_is_for_those_who_may_enter(world: World) -> None:
    offered(world)
    said(world, "Rice < wheat & maize")
    for person, status in ((world.noy, 200), (world.bounmy, 200), (world.stranger, 403)):
        client = Client()
        client.force_login(person)
        answer = client.get(page_of(world, "en.vtt"))
        assert answer.status_code == status
        if status == 200:
            assert answer["Content-Type"] == "text/vtt; charset=utf-8"
            assert "Rice &lt; wheat &amp; maize" in answer.content.decode()
            assert "attachment" in answer["Content-Disposition"]
    assert Client().get(page_of(world, "en.vtt")).status_code == 302
    client = Client()
    client.force_login(world.noy)
    assert client.get(page_of(world, "th.vtt")).status_code == 404
    assert client.get(page_of(world, "en.vtt?from=yesterday")).status_code == 422
    other = Room.objects.create(event=world.event)
    assert client.get(page_of(world, "en.vtt").replace(world.room.code, other.code)).status_code == 404


def test_the_file_can_begin_with_the_recording(world: World) -> None:
    offered(world)
    caption = said(world, took=2000)
    assert "00:00:00.000 -->" in webvtt_of(world.noy, world.room, "en")
    earlier = caption.start - timedelta(seconds=90)
    assert "00:01:30.000 -->" in webvtt_of(world.noy, world.room, "en", earlier)


def test_the_file_begins_when_the_room_went_live(world: World) -> None:
    offered(world)
    said(world, "Testing, testing.")
    live = timezone.now()
    Caption.objects.update(start=live - timedelta(minutes=9), end=live - timedelta(minutes=9))
    said(world, "Good morning.")
    Broadcast.objects.create(room=world.room, state="live", live_since=live - timedelta(seconds=3))
    client = Client()
    client.force_login(world.noy)
    text = client.get(page_of(world, "en.vtt")).content.decode()
    assert "Testing" not in text and "00:00:03." in text.split("-->")[0]
    asked = (live - timedelta(minutes=10)).isoformat().replace("+00:00", "Z")
    assert "Testing" in client.get(page_of(world, "en.vtt"), {"from": asked}).content.decode()
