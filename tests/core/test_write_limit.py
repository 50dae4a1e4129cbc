"""What one person may write over HTTP has a bound, for pages of every kind."""

from __future__ import annotations

import pytest
import redis
from django.test import Client

from conference.core import limits, middleware
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "WRITES", ((3, 60),))


def test_who_writes_without_end_is_told_how_long_to_wait(client: Client, few: None) -> None:
    client.force_login(make_user())
    answers = [client.post("/me/inbox/read/") for _time in range(4)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert client.get("/me/inbox/").status_code == 200
    toast = client.post("/me/inbox/read/", headers={"HX-Request": "true"})
    assert toast.status_code == 429 and "toast" in toast["HX-Trigger"]


def test_each_person_has_a_limit_of_their_own(client: Client, few: None) -> None:
    client.force_login(make_user())
    for _time in range(4):
        client.post("/me/inbox/read/")
    client.force_login(make_user())
    assert client.post("/me/inbox/read/").status_code == 302


def test_without_redis_people_go_on_writing(
    client: Client, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(make_user())
    away = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(limits, "cache_server", lambda: away)
    assert [client.post("/me/inbox/read/").status_code for _time in range(5)] == [302] * 5
