"""Captions when two do something at once: nothing comes twice, and nothing after the end."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from conference.core.errors import Denied, Refusal
from conference.core.models import Fact, Stream
from realtime.captions import actions
from realtime.captions.actions import Heard
from realtime.captions.models import Caption, CaptionFeed, CaptionToken
from realtime.captions.queries import get_caption
from tests.realtime.at_once import meeting, together
from tests.realtime.conftest import World
from tests.realtime.test_captions import heard, offered, said, secret_for, texts


def test_the_same_line_from_two_tabs_at_once_is_taken_once(world: World) -> None:
    offered(world)
    line = uuid.uuid4()
    together(*(lambda: said(world, line=line) for _tab in range(6)))
    assert texts() == ["Good morning."]
    assert Stream.objects.get(name=f"room.{world.room.pk}.captions.en").seq == 1


def test_nothing_is_taken_after_a_key_was_revoked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service's request has passed the first look at its key, and waits for the lock that revoking holds."""
    offered(world)
    secret = secret_for(world)
    locked = actions._lock_feed
    looked, revoked = threading.Event(), threading.Event()

    def lock_late(feed: CaptionFeed) -> CaptionFeed:
        if threading.current_thread().name == "service":
            looked.set()
            assert revoked.wait(10)
        return locked(feed)

    monkeypatch.setattr(actions, "_lock_feed", lock_late)
    outcome: list[Any] = []

    def send() -> None:
        try:
            outcome.append(heard(world, secret, Heard("Too late", "1")))
        except Refusal as refusal:
            outcome.append(refusal)
        finally:
            connection.close()

    service = threading.Thread(target=send, name="service")
    service.start()
    assert looked.wait(10)
    actions.revoke_token(world.moderator, world.room.pk, token_id=CaptionToken.objects.get().pk)
    revoked.set()
    service.join(20)
    assert isinstance(outcome[0], Denied)
    assert texts() == []


def test_without_the_lock_a_line_would_come_after_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run proves the race: with a plain read instead of the lock, both go through."""

    def race(lock: Callable[[CaptionFeed], CaptionFeed] | None) -> tuple[bool, int]:
        feed = offered(world)
        before = feed.captions.count()
        said(world, "Before the end.")
        real = actions._lock_feed
        with monkeypatch.context() as patch:
            if lock is not None:
                patch.setattr(actions, "_lock_feed", meeting(lock))
            # The end is decided first; the line has been read as open meanwhile.
            works: list[Callable[[], Any]] = [
                lambda: actions.end_captions(world.moderator, world.room.pk, language="en"),
                lambda: said(world, "After."),
            ]
            together(*works)
        assert actions._lock_feed is real
        feed.refresh_from_db()
        return feed.open, feed.captions.count() - before

    plain = lambda feed: CaptionFeed.objects.select_related("room__event").get(pk=feed.pk)  # noqa: E731
    assert race(plain) == (False, 2)
    # With it, each of the two orders is possible, and in both nothing is taken once it has ended.
    for _try in range(5):
        opened, lines = race(None)
        assert not opened and lines in (1, 2)
        newest = Caption.objects.order_by("-pk")[0]
        ended = Fact.objects.filter(verb="captions.ended").order_by("-pk")[0]
        assert newest.created <= ended.happened


def test_correcting_and_deleting_at_once_end_in_one_of_the_two_orders(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run proves the race: with a plain read instead of the lock, the correction finds nothing to write to."""
    offered(world)
    failures: list[Exception] = []

    def race(line: Caption) -> None:
        def correct() -> None:
            try:
                actions.correct_caption(world.moderator, world.room.pk, caption_id=line.pk, text="Mended.")
            except DatabaseError as error:
                failures.append(error)

        together(
            correct,
            lambda: actions.delete_caption(world.moderator, world.room.pk, caption_id=line.pk),
        )

    deleted, saved = threading.Event(), Caption.save

    def save_late(caption: Caption, *args: Any, **more: Any) -> None:
        assert deleted.wait(10)
        saved(caption, *args, **more)

    one = said(world, "One")
    with monkeypatch.context() as patch:
        patch.setattr(actions, "_lock_caption", meeting(get_caption))
        patch.setattr(Caption, "save", save_late)
        delete = Caption.delete

        def delete_first(caption: Caption, *args: Any, **more: Any) -> Any:
            done = delete(caption, *args, **more)
            transaction.on_commit(deleted.set)
            return done

        patch.setattr(Caption, "delete", delete_first)
        race(one)
    assert len(failures) == 1
    failures.clear()
    for number in range(5):
        line = said(world, f"Line {number}")
        race(line)
        assert not failures
        assert not Caption.objects.filter(pk=line.pk).exists()
