"""The world of `live.py`: a database of its own with a room and people, and what happens in it without a socket.

Imported once Django is set up, which `live.main` does.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone

from conference.accounts.models import User
from conference.core.streams import cache_server, count, position, publish
from conference.registration.models import Ticket
from conference.rooms.actions import create_room
from tests import factories


@contextmanager
def own_database() -> Iterator[str]:
    """The name of a new, empty database, which is gone afterwards."""
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    name = connection.settings_dict["NAME"]
    try:
        yield name
    finally:
        connection.close()
        connection.creation.destroy_test_db(name, verbosity=0)


def build(people: int) -> tuple[int, list[str]]:
    """A room, and session cookies of people with a ticket."""
    event = factories.make_event("bench")
    made = User.objects.bulk_create(
        [
            User(email=f"{number}@example.org", name=f"Person {number}", password="!")
            for number in range(people)
        ]
    )
    Ticket.objects.bulk_create([Ticket(event=event, user=user) for user in made])
    ends, store, rows = timezone.now() + timedelta(days=1), SessionStore(), []
    for user in made:
        data = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        rows.append(Session(session_key=uuid.uuid4().hex, session_data=store.encode(data), expire_date=ends))
    Session.objects.bulk_create(rows)
    cookies = [f"{settings.SESSION_COOKIE_NAME}={row.session_key}" for row in rows]
    return create_room(event).pk, cookies


def announce(stream: str, number: int, text: str, more: str = "") -> None:
    """One durable update, as an action makes it."""

    with transaction.atomic():
        publish(stream, "message", saved={"id": 10**9 + number, "text": text, "more": more})


def position_of(stream: str) -> int:

    return position(stream)


def position_apart(stream: str) -> int:
    """The same on a thread of a running loop, which leaves no connection behind."""

    try:
        return position_of(stream)
    finally:
        connection.close()


def forget_limits() -> None:
    """The next scenario is another day for the limits of each person."""

    for key in cache_server().scan_iter("limit:*"):
        cache_server().delete(key)


def react(stream: str, emoji: str) -> None:
    """One reaction, counted and told as an action does it."""
    count(stream, "reactions", emoji)
