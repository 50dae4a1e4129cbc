"""Streams: numbered without gaps, announced after the commit, and never undoing what was saved."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
import redis
from django.db import connection, transaction

from conference.core.streams import BUS, HISTORY, SIGNALS, cache_server, position, publish, signal

NAME = "room.1"


def frames_on_the_bus() -> list[dict[str, Any]]:
    entries: Any = cache_server().xrange(BUS)
    return [json.loads(entry[b"frame"]) for _id, entry in entries]


@pytest.mark.django_db(transaction=True)
def test_an_update_is_numbered_and_goes_to_the_bus_and_the_history() -> None:
    with transaction.atomic():
        publish(NAME, "message", saved={"id": 7, "text": "ສະບາຍດີ"})
        publish(NAME, "message", removed=7)
        assert frames_on_the_bus() == []
    saved = {"stream": NAME, "update": "message.saved", "seq": 1, "data": {"id": 7, "text": "ສະບາຍດີ"}}
    removed = {"stream": NAME, "update": "message.removed", "seq": 2, "data": {"id": 7}}
    assert frames_on_the_bus() == [saved, removed]
    history: Any = cache_server().xrange(HISTORY.format(NAME))
    assert [int(entry[b"seq"]) for _id, entry in history] == [1, 2]
    assert position(NAME) == 2
    assert position("room.2") == 0


@pytest.mark.django_db(transaction=True)
def test_several_streams_get_the_same_update_each_with_its_own_number() -> None:
    with transaction.atomic():
        publish(NAME, "message", saved={"id": 1})
    with transaction.atomic():
        publish({NAME, "room.1.hosts"}, "message", saved={"id": 2})
    numbers = {(frame["stream"], frame["seq"]) for frame in frames_on_the_bus()}
    assert numbers == {(NAME, 1), (NAME, 2), ("room.1.hosts", 1)}


@pytest.mark.django_db(transaction=True)
def test_a_rollback_announces_nothing_and_leaves_no_gap() -> None:
    with transaction.atomic():
        publish(NAME, "message", saved={"id": 1})
        transaction.set_rollback(True)
    assert (frames_on_the_bus(), position(NAME)) == ([], 0)
    with transaction.atomic():
        publish(NAME, "message", saved={"id": 2})
    assert [frame["seq"] for frame in frames_on_the_bus()] == [1]


@pytest.mark.django_db(transaction=True)
def test_many_writers_get_every_number_once() -> None:
    def write() -> None:
        for _time in range(5):
            with transaction.atomic():
                publish(NAME, "message", saved={"id": 1})
        connection.close()

    threads = [threading.Thread(target=write) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(frame["seq"] for frame in frames_on_the_bus()) == list(range(1, 31))


@pytest.mark.django_db(transaction=True)
def test_publishing_outside_a_transaction_or_of_nothing_is_a_mistake() -> None:
    with pytest.raises(RuntimeError):
        publish(NAME, "message", saved={"id": 1})
    with transaction.atomic():
        with pytest.raises(ValueError, match="either"):
            publish(NAME, "message")
        with pytest.raises(ValueError, match="either"):
            publish(NAME, "message", saved={"id": 1}, removed=1)


@pytest.mark.django_db(transaction=True)
def test_without_redis_the_change_stays_and_its_number_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with redis.Redis.from_url("redis://127.0.0.1:9/0", socket_connect_timeout=0.2) as gone:
        monkeypatch.setattr("conference.core.streams.cache_server", lambda: gone)
        with transaction.atomic():
            publish(NAME, "message", saved={"id": 1})
        signal(NAME, "wave", {})
    assert position(NAME) == 1


def test_a_signal_goes_to_whoever_listens_now() -> None:
    with cache_server().pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe(SIGNALS)
        listener.get_message(timeout=1)
        signal(NAME, "wave", {"hand": "left"})
        message: Any = None
        while message is None:
            message = listener.get_message(timeout=1)
    assert json.loads(message["data"]) == {"stream": NAME, "signal": "wave", "data": {"hand": "left"}}
