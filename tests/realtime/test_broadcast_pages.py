"""What the page of a session tells around its broadcast, and to whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conference.core.models import Event
from conference.programme.models import Session
from conference.rooms.models import Room, RoomRole
from tests.factories import (
    make_attendee,
    make_event,
    make_hall,
    make_session,
    make_speaker,
    make_star,
    make_user,
    release_all,
)

pytestmark = pytest.mark.django_db


class Programme:
    """A session that runs now, one that follows in its hall, and one later in another."""

    def __init__(self) -> None:
        self.event = make_event()
        hall, other = make_hall(self.event, "Spring Hall"), make_hall(self.event, "Cangshan Hall")
        now = timezone.now()
        self.speaker = make_speaker(self.event, "ດາລາ", user=make_user())
        self.now = make_session(
            self.event, "Terraces", start=now - timedelta(minutes=20), minutes=60, hall=hall, speakers=(self.speaker,),
            links=[{"url": "https://example.org/film", "title": "Recording"}, {"url": "javascript:alert(1)", "title": "Bad"}],
        )  # fmt: skip
        self.next = make_session(self.event, "Seeds", start=now + timedelta(hours=1), hall=hall)
        make_session(
            self.event, "Break", start=now + timedelta(minutes=40), minutes=15, hall=hall, kind="break"
        )
        make_session(
            self.event, "Called off", start=now + timedelta(minutes=42), minutes=15, hall=hall, cancelled=True
        )
        self.starred = make_session(self.event, "Coffee", start=now + timedelta(hours=3), hall=other)
        release_all(self.event)
        Room.objects.filter(pk=self.now.room_id).update(green_room=True)
        self.guest = make_attendee(self.event)
        self.client = Client()
        self.client.force_login(self.guest)

    def around(self, client: Client | None = None) -> Any:
        return (client or self.client).get(self.address)

    @property
    def address(self) -> str:
        return reverse("room_around", args=[self.event.slug, self.now.room.code])

    def page(self) -> str:
        return self.client.get(reverse("session", args=[self.event.slug, self.now.code])).content.decode()


@pytest.fixture
def programme() -> Programme:
    return Programme()


def test_before_it_tells_what_it_is_who_speaks_and_when(programme: Programme) -> None:
    told = programme.around().content.decode()
    assert "Terraces" in told and "ດາລາ" in told
    assert f'data-person="{programme.speaker.user_id}"' in told
    assert 'data-planned="' in told


def test_after_it_tells_what_follows_in_the_hall_and_on_the_own_agenda(programme: Programme) -> None:
    told = programme.around().content.decode()
    assert "Next in <bdi>Spring Hall</bdi>" in told and "Seeds" in told
    assert "Break" not in told and "Called off" not in told
    assert "Next on your agenda" not in told
    make_star(programme.guest, programme.starred)
    told = programme.around().content.decode()
    assert "Next on your agenda" in told and "Coffee" in told
    make_star(programme.guest, programme.next)
    told = programme.around().content.decode()
    assert told.count("Seeds") == 1 and "It is on your agenda too." in told


def test_links_of_the_session_are_there_when_it_is_over_and_lead_to_the_web_only(
    programme: Programme,
) -> None:
    told = programme.around().content.decode()
    assert 'href="https://example.org/film"' in told and "javascript:" not in told


def test_only_those_who_may_be_in_the_room_are_told(programme: Programme) -> None:
    stranger = Client()
    assert programme.around(stranger).status_code == 302
    stranger.force_login(make_user())
    assert programme.around(stranger).status_code == 403
    Event.objects.update(state=Event.State.DRAFT)
    assert programme.around(stranger).status_code == 404


def test_it_takes_as_many_queries_for_three_speakers_as_for_one(programme: Programme) -> None:
    counts = []
    for _number in range(2):
        with CaptureQueriesContext(connection) as queries:
            programme.around()
        counts.append(len(queries))
        for speaker in (make_speaker(programme.event), make_speaker(programme.event)):
            programme.now.parts.create(speaker=speaker)
    assert counts[0] == counts[1]


def test_the_page_says_live_only_when_it_is(programme: Programme) -> None:
    mark = '<span class="live">Live</span>'
    waiting = programme.page()
    assert mark not in waiting and f'data-around="{programme.address}"' in waiting
    Room.objects.filter(pk=programme.now.room_id).update(on_air_from=timezone.now())
    assert mark in programme.page()
    Room.objects.update(green_room=False)
    without = programme.page()
    assert without.count(mark) == 2 and "data-around" not in without


def test_what_takes_longer_than_planned_stays_open_as_long_as_it_is_live(programme: Programme) -> None:
    long_over = timezone.now() - timedelta(hours=3)
    for slot in programme.now.slots.all():
        slot.start, slot.end = long_over, long_over + timedelta(hours=1)
        slot.save()
    assert "<live-room" not in programme.page()
    Room.objects.filter(pk=programme.now.room_id).update(on_air_from=long_over)
    assert "<live-room" in programme.page()
    Room.objects.update(green_room=False)
    assert "<live-room" not in programme.page()


def test_a_room_of_no_session_tells_nothing_and_does_not_break(programme: Programme) -> None:
    room = Room.objects.create(event=programme.event)
    RoomRole.objects.create(room=room, user=programme.guest, role="host")
    answer = programme.client.get(reverse("room_around", args=[programme.event.slug, room.code]))
    assert answer.status_code == 200 and "Terraces" not in answer.content.decode()
    assert Session.objects.filter(room=room).count() == 0
