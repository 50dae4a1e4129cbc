"""The short address of a room: from the wall of the hall to the questions of the session."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from lxml import etree

from tests.factories import make_event, make_organizer, make_session, release_all

pytestmark = pytest.mark.django_db


def test_the_short_address_leads_to_the_questions_of_the_session(client: Client) -> None:
    event = make_event()
    session = make_session(event)
    release_all(event)
    answer = client.get(reverse("short_address", args=[session.room.code.lower()]))
    assert answer.status_code == 302
    assert answer.url == f"/{event.slug}/sessions/{session.code}/?hall#room-questions"


def test_the_code_on_the_wall_is_a_picture_of_the_address(client: Client) -> None:
    event = make_event()
    session = make_session(event)
    release_all(event)
    answer = client.get(reverse("short_address_image", args=[session.room.code]))
    assert answer["Content-Type"] == "image/svg+xml"
    assert etree.fromstring(answer.content).tag.endswith("svg")


@pytest.mark.parametrize("name", ["short_address", "short_address_image"])
def test_a_code_of_nothing_or_of_an_unreleased_session_says_so(client: Client, name: str) -> None:
    event = make_event()
    hidden = make_session(event)
    for code in ("NOSUCH", hidden.room.code, "x" * 40):
        answer = client.get(reverse(name, args=[code]))
        assert answer.status_code == 404
    client.force_login(make_organizer(event))
    assert client.get(reverse(name, args=[hidden.room.code])).status_code in (200, 302)
