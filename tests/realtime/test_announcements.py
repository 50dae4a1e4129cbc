"""Announcements: who may, whom they reach, and what becomes of one that is withdrawn."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Invalid, Missing
from conference.core.models import Event, Fact, Stream
from conference.core.personal_data import erase_everywhere, personal_data
from conference.events.models import BodyMember, EventRole
from conference.notifications.actions import send_mails
from conference.notifications.models import Notification
from conference.programme.models import Session, Star
from conference.registration.models import Ticket
from conference.rooms.models import Restriction, Room
from realtime.announcements import actions
from realtime.announcements.models import Announcement
from realtime.announcements.queries import audience_of, event_wide_part, room_part
from realtime.commands import COMMANDS, clean
from tests.realtime.at_once import meeting, together
from tests.realtime.conftest import OpenTab, World
from tests.realtime.stored import by_id, listen, rows

TEXT = {"en": "Lunch is in hall 3.", "zh-hans": "午餐在三号厅。"}
in_db = database_sync_to_async


def in_room(world: World, person: User | None = None, **more: Any) -> Announcement:
    what = {"client_id": uuid.uuid4(), "text": TEXT, **more}
    return actions.announce_in_room(person or world.moderator, world.room.pk, **what)


def to_event(world: World, person: User | None = None, **more: Any) -> Announcement:
    what = {"client_id": uuid.uuid4(), "text": TEXT, **more}
    return actions.announce_to_event(person or world.organizer, world.event, **what)


def session_of(world: World) -> Session:
    return Session.objects.create(
        event=world.event, room=world.room, number=1, title={"en": "Tea", "zh-hans": "茶"}
    )


def told(announcement: Announcement) -> set[str]:
    rows = Notification.objects.filter(source=f"announcement:{announcement.pk}")
    return set(rows.values_list("user__name", flat=True))


def shown(world: World) -> list[dict[str, str]]:
    return [each["text"] for each in room_part(world.room)["state"]["announcement"]]


def shown_at_event(world: World) -> list[dict[str, str]]:
    return [each["text"] for each in event_wide_part(world.event)["state"]["announcement"]]


# --- making and withdrawing ---


def test_it_is_shown_where_it_was_made_until_it_is_withdrawn(world: World) -> None:
    one, other = in_room(world), to_event(world, text={"en": "Welcome."})
    assert (shown(world), shown_at_event(world)) == ([TEXT], [{"en": "Welcome."}])
    actions.withdraw_in_room(world.moderator, world.room.pk, announcement_id=one.pk)
    actions.withdraw_announcement(world.organizer, world.event, announcement_id=other.pk)
    assert (shown(world), shown_at_event(world)) == ([], [])
    with pytest.raises(Conflict, match="withdrawn already"):
        actions.withdraw_in_room(world.moderator, world.room.pk, announcement_id=one.pk)


def test_made_again_with_the_same_id_it_is_made_once(world: World) -> None:
    number, who = uuid.uuid4(), world.organizer
    one, two = (in_room(world, who, client_id=number, text=text) for text in (TEXT, {"en": "Other"}))
    assert (one.pk, two.text, shown(world)) == (two.pk, TEXT, [TEXT])
    with pytest.raises(Missing):
        to_event(world, who, client_id=number)
    assert Fact.objects.filter(verb="announcement.made").count() == 1


def test_a_draft_and_a_finished_event_take_none(world: World) -> None:
    world.event.state = Event.State.DRAFT
    world.event.save()
    with pytest.raises(Conflict, match="publish"):
        to_event(world)
    world.event.state = Event.State.ARCHIVED
    world.event.save()
    for act in (in_room, to_event):
        with pytest.raises(Conflict, match="over"):
            act(world)


# --- whom it concerns ---


def test_to_the_event_it_reaches_those_with_a_ticket_or_a_part_and_no_others(world: World) -> None:
    refused = world.attendee("Refused")
    Ticket.objects.filter(user=refused).update(state=Ticket.State.REFUSED)
    member, observer = world.person("Member"), world.person("Observer")
    BodyMember.objects.create(body=world.body, user=member)
    EventRole.objects.create(event=world.event, user=observer, role=EventRole.Role.OBSERVER)
    announcement = to_event(world)
    actions.tell_announcements()
    assert told(announcement) == {"Noy", "Sari", "Bounmy", "Thandar", "Member", "Observer"}
    announcement.refresh_from_db()
    assert announcement.told == 6 and announcement.told_all is not None


def test_to_a_room_it_reaches_its_people_and_those_who_starred_it_and_may_come_in(world: World) -> None:
    session = session_of(world)
    removed = world.attendee("Removed")
    for person in (world.noy, world.stranger, removed):
        Star.objects.create(user=person, session=session)
    Restriction.objects.create(room=world.room, user=removed, kind=Restriction.Kind.REMOVED)
    announcement = in_room(world)
    actions.tell_announcements()
    assert told(announcement) == {"Noy", "Bounmy"}
    Room.objects.filter(pk=world.room.pk).update(open=False)
    world.room.refresh_from_db()
    assert {each.name for each in audience_of(world.event, world.room)} == {"Bounmy", "Thandar"}


def test_a_notice_leads_to_the_session_and_reads_in_each_language(world: World, client: Client) -> None:
    session = session_of(world)
    in_room(world, link="https://example.org/menu")
    actions.tell_announcements()
    client.force_login(world.bounmy)
    for language, title, text in (
        ("en", "Announcement: Tea", TEXT["en"]),
        ("zh-hans", "茶", TEXT["zh-hans"]),
    ):
        client.cookies["django_language"] = language
        page = client.get("/me/inbox/").content.decode()
        assert title in page and text in page and 'href="https://example.org/menu"' in page
        assert f'href="/{world.event.slug}/sessions/{session.code}/"' in page


def test_thousands_are_told_in_batches_and_nobody_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "BATCH", 4)
    for number in range(9):
        world.attendee(f"Person {number}")
    announcement = to_event(world)
    # A worker that dies after its first batch: the next one goes on from there.
    assert actions._tell_some()
    assert Notification.objects.count() == 4
    actions.tell_announcements()
    actions.tell_announcements()
    announcement.refresh_from_db()
    assert (announcement.told, Notification.objects.count(), len(told(announcement))) == (13, 13, 13)


def test_a_batch_takes_the_same_number_of_statements_for_few_and_for_many(world: World) -> None:
    counts = []
    for number in (2, 30):
        for each in range(number):
            world.attendee(f"Person {number} {each}")
        to_event(world)
        with CaptureQueriesContext(connection) as captured:
            actions._tell_some()
        counts.append(len(captured))
        actions.tell_announcements()
    assert counts[0] == counts[1]


def test_mails_go_only_where_they_were_asked_for(world: World) -> None:
    in_room(world)
    to_event(world)
    actions.tell_announcements()
    send_mails()
    assert mail.outbox == []
    to_event(world, mail=True)
    actions.tell_announcements()
    send_mails()
    assert {address for sent in mail.outbox for address in sent.to} == {
        person.email for person in (world.noy, world.sari, world.bounmy, world.moderator)
    }


def test_a_withdrawn_one_says_so_in_the_inboxes_and_reaches_nobody_further(
    world: World, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr(actions, "BATCH", 2)
    announcement = to_event(world, mail=True)
    actions._tell_some()
    actions.withdraw_announcement(world.organizer, world.event, announcement_id=announcement.pk)
    actions.tell_announcements()
    rows = Notification.objects.filter(source=f"announcement:{announcement.pk}")
    assert {(row.kind, row.to_mail) for row in rows} == {("announcement.withdrawn", False)}
    assert rows.count() == 2
    client.force_login(rows[0].user)
    page = client.get("/me/inbox/").content.decode()
    assert "Withdrawn announcement: Event" in page and "Lunch" not in page
    send_mails()
    assert mail.outbox == []


# --- who may ---

ACTS: dict[str, Callable[[User, World, Announcement, Announcement], Any]] = {
    "make": lambda who, w, one, all: in_room(w, who),
    "withdraw": lambda who, w, one, all: actions.withdraw_in_room(who, w.room.pk, announcement_id=one.pk),
    "make to the event": lambda who, w, one, all: to_event(w, who),
    "withdraw at the event": lambda who, w, one, all: actions.withdraw_announcement(
        who, w.event, announcement_id=all.pk
    ),
}
MAY = {
    "moderator": {"make", "withdraw"},
    "organizer": set(ACTS),
    "speaker": set(),
    "interpreter": set(),
    "attendee": set(),
    "stranger": set(),
}


@pytest.mark.parametrize("role", MAY)
def test_who_may_announce_and_withdraw(world: World, role: str) -> None:
    one, everywhere = in_room(world), to_event(world)
    who = world.people()[role]
    before = _state()
    for act in ACTS:
        with transaction.atomic():
            if act in MAY[role]:
                ACTS[act](who, world, one, everywhere)
                assert _state() != before, act
            else:
                with pytest.raises((Denied, Missing)):
                    ACTS[act](who, world, one, everywhere)
                assert _state() == before, act
            transaction.set_rollback(True)


def test_one_of_another_room_or_event_is_not_there(world: World) -> None:
    other = World()
    announcement = in_room(other)
    with pytest.raises(Missing):
        actions.withdraw_in_room(world.moderator, world.room.pk, announcement_id=announcement.pk)
    with pytest.raises(Missing):
        actions.withdraw_announcement(world.organizer, world.event, announcement_id=announcement.pk)
    # One to the whole event is not the room's to withdraw.
    with pytest.raises(Missing):
        actions.withdraw_in_room(world.moderator, world.room.pk, announcement_id=to_event(world).pk)


def _state() -> list[Any]:
    return rows(Announcement, Notification, Fact, Stream)


# --- two at once ---


def _withdraw_both_at_once(world: World, announcement: Announcement) -> list[Any]:
    other = world.person("Li Wei")
    EventRole.objects.create(event=world.event, user=other, role=EventRole.Role.ORGANIZER)
    with pytest.MonkeyPatch.context() as patch:
        # Both have seen that it holds.
        patch.setattr(actions, "get_announcement", meeting(actions.get_announcement))
        return together(
            *(
                lambda who=who: actions.withdraw_announcement(
                    who, world.event, announcement_id=announcement.pk
                )
                for who in (world.organizer, other)
            )
        )


def test_of_two_who_withdraw_one_is_told(world: World) -> None:
    results = _withdraw_both_at_once(world, to_event(world))
    assert sorted(isinstance(each, Conflict) for each in results) == [False, True]
    assert Fact.objects.filter(verb="announcement.withdrawn").count() == 1


def test_without_the_lock_both_would_have_withdrawn_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_without_lock(announcement_id: int) -> Announcement:
        return Announcement.objects.select_related("event").get(pk=announcement_id)

    monkeypatch.setattr(actions, "_lock", meeting(read_without_lock))
    results = _withdraw_both_at_once(world, to_event(world))
    assert not any(isinstance(each, Conflict) for each in results)
    assert Fact.objects.filter(verb="announcement.withdrawn").count() == 2


def test_two_workers_at_once_tell_everybody_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "BATCH", 3)
    for number in range(12):
        world.attendee(f"Person {number}")
    announcement = to_event(world)
    together(*[actions.tell_announcements] * 3)
    actions.tell_announcements()  # what the first saw locked and left
    announcement.refresh_from_db()
    assert announcement.told == Notification.objects.count() == len(told(announcement)) == 16


# --- what is announced ---


def test_updates_make_an_old_snapshot_a_fresh_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told = listen(monkeypatch, actions)
    gone = in_room(world, urgent=True)
    in_room(world, link="https://example.org/")
    away = to_event(world)
    to_event(world, text={"lo": "ສະບາຍດີ"})
    actions.withdraw_in_room(world.moderator, world.room.pk, announcement_id=gone.pk)
    actions.withdraw_announcement(world.organizer, world.event, announcement_id=away.pk)
    assert told == {
        (f"room.{world.room.pk}", "announcement"): by_id(room_part(world.room)["state"]["announcement"]),
        (f"event.{world.event.pk}", "announcement"): by_id(
            event_wide_part(world.event)["state"]["announcement"]
        ),
    }
    assert all(told.values())


async def test_everyone_in_the_room_hears_it_and_everyone_at_the_event(world: World, tab: OpenTab) -> None:
    moderator, noy = await tab(world.moderator, world.room), await tab(world.noy, world.room)
    made = await moderator.ask(
        "announcement.make", world.room.pk, client_id=str(uuid.uuid4()), text=TEXT, urgent=True
    )
    frame = await noy.frame()
    assert (frame["update"], frame["data"]) == ("announcement.saved", made["data"])
    assert (frame["data"]["text"], frame["data"]["urgent"]) == (TEXT, True)
    assert (await moderator.ask("announcement.withdraw", world.room.pk, announcement=made["data"]["id"]))[
        "data"
    ] == {}
    frame = await noy.frame()
    assert (frame["update"], frame["data"]) == ("announcement.removed", {"id": made["data"]["id"]})
    followed = await noy.ask("event.follow", event=world.event.pk)
    assert followed["data"]["state"] == {"announcement": []}
    everywhere = await in_db(to_event)(world)
    frame = await noy.frame()
    assert (frame["stream"], frame["data"]["id"]) == (f"event.{world.event.pk}", everywhere.pk)
    followed = await (await tab(world.sari)).ask("event.follow", event=world.event.pk)
    assert [each["text"] for each in followed["data"]["state"]["announcement"]] == [TEXT]


WRONG = {
    "no text": ({}, "text"),
    "an empty text": ({"text": {"en": "  "}}, "text"),
    "a text alone": ({"text": "Lunch"}, "text"),
    "no language": ({"text": {"Thai!": "Lunch"}}, "text"),
    "a list of words": ({"text": {"en": ["Lunch"]}}, "text"),
    "a zero in it": ({"text": {"en": "a\x00b"}}, "text"),
    "too long a text": ({"text": {"en": "x" * 501}}, "text"),
    "a script as link": ({"text": TEXT, "link": "javascript:alert(1)"}, "link"),
    "a file as link": ({"text": TEXT, "link": "ftp://example.org/x"}, "link"),
    "a name in the link": ({"text": TEXT, "link": "https://bank.example@evil.example/"}, "link"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_data_is_refused_with_a_sentence(what: str) -> None:
    data, field = WRONG[what]
    with pytest.raises(Invalid) as refused:
        clean(COMMANDS["announcement.make"], 1, {"client_id": str(uuid.uuid4()), **data})
    fields = refused.value.details["fields"]
    assert list(fields) == [field] and fields[field][0].endswith(".")


# --- the organizers' page ---


def test_an_organizer_looks_at_each_language_before_sending(world: World, client: Client) -> None:
    client.force_login(world.organizer)
    address = f"/{world.event.slug}/organize/announcements/"
    page = client.get(address).content.decode()
    assert "It reaches 4 people." in page and "Nothing announced yet" in page
    data = {"client_id": str(uuid.uuid4()), "text_en": "Lunch <b>now</b>", "text_zh-hans": "", "urgent": "on"}
    page = client.post(address, {**data, "preview": ""}).content.decode()
    assert page.count("banner-text") == 2 and page.count("Lunch &lt;b&gt;now&lt;/b&gt;</p>") == 2
    assert Announcement.objects.count() == 0
    for _twice in range(2):
        assert client.post(address, {**data, "send": ""}).status_code == 302
    actions.tell_announcements()
    announcement = Announcement.objects.get()
    assert (announcement.text, announcement.urgent, announcement.mail) == (
        {"en": "Lunch <b>now</b>"},
        True,
        False,
    )
    page = client.get(address).content.decode()
    assert "told 4 people" in page and str(world.organizer) in page
    client.post(f"{address}{announcement.pk}/withdraw/")
    page = client.get(address).content.decode()
    assert "Withdrawn by" in page and "withdraw/" not in page


def test_what_does_not_hold_is_told_and_nothing_is_lost(world: World, client: Client) -> None:
    client.force_login(world.organizer)
    address = f"/{world.event.slug}/organize/announcements/"
    answer = client.post(
        address, {"client_id": str(uuid.uuid4()), "text_zh-hans": "午餐", "link": "javascript:1", "send": ""}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Give a whole web address" in page and "午餐" in page and Announcement.objects.count() == 0


@pytest.mark.parametrize("role", ["moderator", "speaker", "attendee", "stranger"])
def test_the_page_is_for_organizers_alone(world: World, client: Client, role: str) -> None:
    announcement = to_event(world)
    client.force_login(world.people()[role])
    address = f"/{world.event.slug}/organize/announcements/"
    before = _state()
    data = {"client_id": str(uuid.uuid4()), "text_en": "Lunch", "send": ""}
    assert client.get(address).status_code == 403
    assert client.post(address, data).status_code == 403
    assert client.post(f"{address}{announcement.pk}/withdraw/").status_code == 403
    assert _state() == before


def test_the_page_takes_a_constant_number_of_queries(world: World, client: Client) -> None:
    session_of(world)
    client.force_login(world.organizer)
    counts = []
    for _number in range(3):
        in_room(world)
        to_event(world)
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/{world.event.slug}/organize/announcements/")
        counts.append(len(captured))
    assert counts[0] == counts[2]


def test_what_a_person_announced_is_theirs_to_read_and_stays_without_their_name(world: World) -> None:
    in_room(world)
    (row,) = personal_data(world.moderator)["announcements"]
    assert TEXT["en"] in row["text"] and TEXT["zh-hans"] in row["text"]
    with transaction.atomic():
        erase_everywhere(world.moderator)
    assert Announcement.objects.get().author is None
    assert room_part(world.room)["state"]["announcement"][0]["author"]["name"] == "Someone who left"
