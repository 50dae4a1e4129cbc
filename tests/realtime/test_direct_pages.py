"""The pages of direct messages: who sees what, and blocking somebody."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conference.accounts.actions import agree_to_be_reached
from conference.accounts.models import Block, User
from conference.core.models import Event
from realtime.direct.actions import ignore_conversation
from tests.realtime.conftest import World
from tests.realtime.talking import all_agree, between, write


@pytest.fixture
def agreed(db: None) -> World:
    return all_agree(World())


def page(who: User | None, address: str) -> Any:
    client = Client()
    if who is not None:
        client.force_login(who)
    return client.get(address)


def test_the_list_shows_first_messages_conversations_and_ignored_ones(agreed: World) -> None:
    asked = write(agreed.sari, agreed.noy, "<b>May</b> I?")
    between(agreed.noy, agreed.bounmy)
    put_away = write(agreed.organizer, agreed.noy, "Buy gold")
    ignore_conversation(agreed.noy, conversation_id=put_away.conversation_id)
    shown = page(agreed.noy, "/messages/").content.decode()
    assert "Want to talk with you" in shown and "&lt;b&gt;May&lt;/b&gt; I?" in shown
    assert "<b>May" not in shown and "Ignored first messages" in shown
    assert shown.index(f"/messages/{asked.conversation_id}/") < shown.index("Bounmy")
    assert "Messages: 2 unread conversations" in shown
    assert "Waiting for an answer" in page(agreed.sari, "/messages/").content.decode()
    part = Client()
    part.force_login(agreed.noy)
    assert "<html" not in part.get("/messages/", headers={"HX-Request": "true"}).content.decode()


def test_pages_open_for_the_two_alone(agreed: World) -> None:
    number = between(agreed.noy, agreed.sari)
    assert "direct-talk" in page(agreed.noy, f"/messages/{number}/").content.decode()
    assert page(agreed.sari, f"/messages/{number}/").status_code == 200
    for who in (agreed.bounmy, agreed.organizer, agreed.stranger):
        assert page(who, f"/messages/{number}/").status_code == 404
    assert page(None, f"/messages/{number}/").status_code == 302
    assert page(agreed.noy, f"/messages/to/{agreed.sari.pk}/")["Location"] == f"/messages/{number}/"
    assert "Bounmy" in page(agreed.noy, f"/messages/to/{agreed.bounmy.pk}/").content.decode()
    assert page(agreed.noy, f"/messages/to/{agreed.stranger.pk}/").status_code == 404
    assert page(agreed.noy, "/messages/to/999999/").status_code == 404


def test_people_who_cannot_be_seen_cannot_be_found_out_by_blocking(agreed: World) -> None:
    hidden = agreed.attendee("Hidden")
    for who, to in ((agreed.noy, hidden), (agreed.noy, agreed.stranger), (agreed.stranger, agreed.noy)):
        client = Client()
        client.force_login(who)
        for answer in (client.get(f"/messages/block/{to.pk}/"), client.post(f"/messages/block/{to.pk}/")):
            assert answer.status_code == 404
            assert "Hidden" not in answer.content.decode()
    assert not Block.objects.exists()


def test_blocking_from_a_conversation_and_lifting_it(agreed: World) -> None:
    number = between(agreed.noy, agreed.sari)
    client = Client()
    client.force_login(agreed.sari)
    assert f"/messages/block/{agreed.noy.pk}/" in client.get(f"/messages/{number}/").content.decode()
    assert "Block <bdi>Noy</bdi>?" in client.get(f"/messages/block/{agreed.noy.pk}/").content.decode()
    shown = client.post(f"/messages/block/{agreed.noy.pk}/", follow=True).content.decode()
    assert "Noy is blocked." in shown and "Unblock Noy" in shown
    assert "Noy" not in client.get("/messages/").content.decode()
    client.post(f"/me/privacy/unblock/{agreed.noy.pk}/")
    assert not Block.objects.exists()
    assert "Noy" in client.get("/messages/").content.decode()


def test_cards_of_people_are_not_opened_without_end(agreed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.direct.views.PEOPLE", 2)
    client = Client()
    client.force_login(agreed.noy)
    codes = [client.get(f"/messages/to/{agreed.bounmy.pk}/").status_code for _time in range(3)]
    assert codes == [200, 200, 429]


def test_the_mark_in_the_head_is_on_every_page_of_whoever_is_signed_in(agreed: World) -> None:
    write(agreed.noy, agreed.sari)
    assert "Messages: 1 unread conversation" in page(agreed.sari, "/").content.decode()
    assert 'aria-label="Messages"' in page(agreed.noy, "/").content.decode()
    assert "unread-mark" not in page(None, "/").content.decode()
    assert "Messages: 1 unread conversation" in page(agreed.sari, "/messages/unread/").content.decode()


def test_an_archived_event_still_joins_those_who_met_there(agreed: World) -> None:
    between(agreed.noy, agreed.sari)
    Event.objects.update(state=Event.State.ARCHIVED)
    write(agreed.noy, agreed.sari, "See you next year")


@pytest.mark.parametrize("count", [1, 3])
def test_list_and_conversation_take_as_many_queries_for_three_as_for_one(agreed: World, count: int) -> None:
    for number in range(count):
        person = agreed.attendee(f"Person {number}")
        agree_to_be_reached(person)
        between(agreed.noy, person)
        other = agreed.attendee(f"Other {number}")
        agree_to_be_reached(other)
        write(other, agreed.noy)
    client = Client()
    client.force_login(agreed.noy)
    client.get("/messages/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/messages/").status_code == 200
    assert len(queries) == 8
