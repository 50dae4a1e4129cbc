"""Trying out a line: what is fetched and sent, by whom, and how much of it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from realtime.network import views
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client: Client) -> Client:
    client.force_login(make_user())
    return client


def test_so_much_is_sent_as_was_asked_for_and_nobody_keeps_it(person: Client) -> None:
    answer = person.get(reverse("network_test"), {"bytes": "65536"}, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert len(answer.content) == 65536
    assert "Content-Encoding" not in answer.headers
    assert "no-store" in answer.headers["Cache-Control"]
    assert (
        person.get(reverse("network_test"), {"bytes": "16"}).content
        != person.get(reverse("network_test"), {"bytes": "16"}).content
    )


@pytest.mark.parametrize("wanted", ["", "0", "-5", "1000001", "1e9", "many", "٣" * 40])
def test_too_much_and_nonsense_are_refused_with_a_sentence(person: Client, wanted: str) -> None:
    answer = person.get(reverse("network_test"), {"bytes": wanted}, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == "Say how many bytes to send, up to a million."


def test_what_is_sent_is_counted_and_too_much_is_refused(person: Client) -> None:
    answer = person.post(
        reverse("network_test"), data=b"\0" * 50_000, content_type="application/octet-stream"
    )
    assert (answer.status_code, answer.content) == (200, b"50000")
    refused = person.post(
        reverse("network_test"), data=b"\0" * 1_000_001, content_type="application/octet-stream"
    )
    assert refused.status_code == 422


def test_strangers_try_nothing(client: Client) -> None:
    answer = client.get(reverse("network_test"), {"bytes": "16"})
    assert answer.status_code == 302
    assert "/account/sign-in/" in answer.headers["Location"]


def test_the_number_of_trials_is_bounded(person: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "TRIALS", 2)
    got = [person.get(reverse("network_test"), {"bytes": "1"}).status_code for _number in range(3)]
    assert got == [200, 200, 429]
