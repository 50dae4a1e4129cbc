"""The demo: loaded once, moved to today, always with something live, and safe to have."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from conference.accounts.models import Consent, User
from conference.core.models import Event, OrganizingBody
from conference.demo import accounts, events, people, sessions
from conference.demo.load import ZONE, first_day, load, start_afresh
from conference.events.models import EventRole
from conference.events.queries import events_of, roles_in
from conference.notifications.actions import send_mails
from conference.notifications.models import Notification
from conference.programme.models import Day, Hall, Release, Session, Slot, Speaker, Star, Track
from conference.programme.queries import clashes
from conference.registration.models import Ticket
from conference.rooms.queries import ON_STAGE, role_in
from realtime.direct.queries import list_data, talk
from realtime.models import Conversation, DirectMessage

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""11:00 in Kunming."""

PASSWORD = "aaaa-bbbb-cccc"


@pytest.fixture
def demo() -> Event:
    load(MOMENT, password=PASSWORD)
    return Event.objects.get(slug="demo")


@pytest.fixture
def var(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.VAR_DIR = tmp_path
    settings.DEBUG = True
    yield tmp_path


def of(key: str) -> User:
    return User.objects.get(email=f"{key}@example.org")


def released(event: Event) -> list[Slot]:
    newest = Release.objects.filter(event=event).order_by("-number").first()
    return list(
        Slot.objects.filter(release=newest, cancelled=False).select_related("session__room__event", "hall")
    )


def everything() -> dict[str, int]:
    models = (
        Event,
        Session,
        Slot,
        Speaker,
        Track,
        Hall,
        Day,
        Release,
        User,
        Ticket,
        Star,
        Consent,
        EventRole,
        Notification,
        Conversation,
        DirectMessage,
    )
    return {model.__name__: model._default_manager.count() for model in models}


def test_the_demo_is_a_conference_of_the_size_that_was_asked_for(demo):
    slots = released(demo)
    assert len(slots) >= 36
    assert demo.tracks.count() == 5 and demo.halls.count() == 6
    assert {hall.kind for hall in demo.halls.all()} == {"venue", "online", "both"}
    assert demo.speakers.count() >= 25
    assert [day.date.day for day in demo.days.all()] == [22, 23, 24]
    assert len({speaker.country for speaker in demo.speakers.all()}) >= 12


def test_some_can_be_written_to_and_have_written_to_each_other(demo):
    listed = list_data(of("kathmandu"))
    assert [each["other"]["id"] for each in listed["asked"]] == [of("exhibitor").pk]
    said = talk(of("speaker"), of("kathmandu").pk)
    assert (said["hindrance"], said["conversation"]["unread"], len(said["messages"])) == (None, 1, 3)
    assert Consent.objects.filter(purpose="reachable").count() < User.objects.count()


def test_every_text_is_in_english_and_chinese(demo):
    texts = [
        (event.slug, text)
        for event in Event.objects.all()
        for text in (event.name, event.tagline, event.description)
    ]
    texts += [(row.code, text) for row in Session.objects.all() for text in (row.title, row.abstract)]
    texts += [(row.slug, row.name) for row in Track.objects.all()]
    texts += [(str(row.pk), row.name) for row in Hall.objects.all()]
    texts += [(row.code, row.biography) for row in Speaker.objects.all() if row.biography]
    for where, text in texts:
        assert text.get("en") and text.get("zh-hans"), (where, text)
    assert {"lo", "th", "my", "km", "ne", "ur"} <= set(demo.name)


def test_chinese_texts_have_chinese_punctuation():
    content = (
        sessions.SESSIONS,
        events.EVENTS,
        events.SERIES,
        people.PEOPLE if hasattr(people, "PEOPLE") else people.SPEAKERS,
    )
    for text in chinese_of(content):
        for mark in ",;?!":
            assert mark not in text, text


def chinese_of(thing: Any) -> Iterator[str]:
    if isinstance(thing, dict):
        if isinstance(thing.get("zh-hans"), str):
            yield thing["zh-hans"]
        for value in thing.values():
            yield from chinese_of(value)
    elif isinstance(thing, tuple | list):
        for value in thing:
            yield from chinese_of(value)
    elif hasattr(thing, "__dataclass_fields__"):
        for name in thing.__dataclass_fields__:
            yield from chinese_of(getattr(thing, name))


def test_nobody_in_it_is_real(demo):
    assert not User.objects.exclude(email__endswith="@example.org").exists()
    for body in OrganizingBody.objects.all():
        assert "Demo" in body.name["en"] and "示范" in body.name["zh-hans"]
    for event in Event.objects.all():
        assert "Demo" in event.name["en"] and "示范" in event.name["zh-hans"]
    assert all("Demo" in speaker.affiliation for speaker in demo.speakers.all())


def test_something_is_live_at_every_moment_of_the_three_days_that_the_speaker_can_speak_in(demo):
    speaker = of("speaker")
    slots = released(demo)
    on_stage = [slot for slot in slots if role_in(speaker, slot.session.room) in ON_STAGE]
    first = datetime(2026, 11, 22, 4, 0, tzinfo=ZONE)
    for minute in range(0, 3 * 24 * 60, 5):
        moment = first + timedelta(minutes=minute)
        assert any(slot.start <= moment < slot.end for slot in on_stage), moment


@pytest.mark.parametrize("hour", range(24))
def test_at_whatever_hour_it_is_loaded_now_and_the_next_day_are_inside_it(hour):
    moment = datetime(2026, 11, 23, hour, 59, tzinfo=UTC)
    opens = datetime.combine(first_day(moment), time_of_day(4), tzinfo=ZONE)
    assert opens <= moment and moment + timedelta(days=1) < opens + timedelta(days=3)


def test_nobody_and_no_hall_is_in_two_places(demo):
    assert clashes(of("organizer"), demo) == []


def test_the_programme_has_two_versions_and_the_second_says_what_changed(demo):
    second, first = Release.objects.filter(event=demo)
    assert (first.number, second.number) == (1, 2)
    kinds = [what for change in second.changes for what in change["what"]]
    assert {"time", "hall", "new", "cancelled"} <= set(kinds)
    assert first.released < second.released < MOMENT
    notice = Notification.objects.filter(user=of("vientiane")).get()
    assert notice.kind == "agenda.changed" and notice.data["lines"]


def test_no_mail_of_the_demo_is_sent(demo):
    send_mails()
    assert mail.outbox == []


def test_loading_again_changes_nothing_and_is_quick(demo):
    before = everything()
    start = time.monotonic()
    outcome = load(MOMENT, password=PASSWORD)
    assert time.monotonic() - start < 1
    assert outcome.what == "unchanged"
    assert everything() == before


@pytest.mark.parametrize("days", [1, 9, -2])
def test_on_another_day_it_moves_and_what_was_done_in_it_stays(demo, days):
    guest, session = of("kathmandu"), Session.objects.get(event=demo, number=2)
    Star.objects.create(user=guest, session=session)
    before = {slot.pk: slot.start for slot in Slot.objects.exclude(start=None)}
    counts = everything()
    old = Release.objects.get(event=demo, number=2).changes[0]
    outcome = load(MOMENT + timedelta(days=days), password=PASSWORD)
    assert (outcome.what, outcome.days) == ("moved", days)
    demo.refresh_from_db()
    assert demo.starts_on == datetime(2026, 11, 22, tzinfo=UTC).date() + timedelta(days=days)
    assert [day.date for day in demo.days.all()] == [
        demo.starts_on + timedelta(days=number) for number in range(3)
    ]
    for slot in Slot.objects.exclude(start=None):
        assert slot.start - before[slot.pk] == timedelta(days=days)
    change = Release.objects.get(event=demo, number=2).changes[0]
    moved = datetime.fromisoformat(change["after"]["start"]) - datetime.fromisoformat(old["after"]["start"])
    assert moved == timedelta(days=days)
    assert Star.objects.filter(user=guest, session=session).exists()
    assert everything() == {**counts, "Notification": 0}
    fair = Event.objects.get(slug="demo-talents")
    assert (fair.starts_on - demo.starts_on).days == 12
    session.refresh_from_db()
    assert session.sequence == 1, "calendars take the new time only with a higher SEQUENCE"


def test_each_role_has_an_account_that_is_what_it_says(demo):
    for person in people.ACCOUNTS:
        assert set(person.roles) <= roles_in(of(person.key), demo)
    assert of("admin").is_superuser
    assert not of("organizer").is_superuser and of("organizer").is_staff
    assert of("kathmandu").time_zone == "Asia/Kathmandu" and not roles_in(of("kathmandu"), demo)
    assert Ticket.objects.get(user=of("vientiane"), event=demo).mode == "onsite"


def test_the_accounts_sign_in_with_the_password_and_others_have_none(demo):
    assert of("organizer").check_password(PASSWORD)
    assert not of("mei").has_usable_password()
    client = Client()
    answer = client.post(reverse("password_sign_in"), {"login": "speaker@example.org", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get(reverse("me")).status_code == 200


def test_the_two_bodies_of_the_demo_do_not_see_each_other(demo):
    draft = Event.objects.get(slug="demo-rivers")
    assert draft.state == "draft"
    assert draft in events_of(of("organizer2")) and draft not in events_of(of("organizer"))
    assert not roles_in(of("organizer2"), demo)
    assert "Demo River Week" not in Client().get("/").content.decode()


def test_the_pages_of_the_demo_open(demo):
    client = Client()
    client.force_login(of("organizer"))
    for name in (
        "now",
        "schedule",
        "my_agenda",
        "organize",
        "organize_people",
        "organize_registrations",
        "directory",
    ):
        assert client.get(reverse(name, args=["demo"])).status_code == 200, name
    assert client.get(reverse("series", args=["demo-conference"])).status_code == 200


def test_starting_afresh_takes_the_events_and_leaves_the_accounts(demo):
    users = User.objects.count()
    start_afresh()
    assert not Event.objects.exists() and not Session.objects.exists()
    assert User.objects.count() == users
    assert load(MOMENT, password=PASSWORD).what == "loaded"
    assert User.objects.count() == users


# --- The commands ---


def test_the_command_loads_and_writes_how_to_sign_in(var):
    out = StringIO()
    call_command("load_demo", stdout=out)
    assert "loaded" in out.getvalue()
    for name in ("demo-password", "demo.txt"):
        assert stat.S_IMODE((var / name).stat().st_mode) == 0o600
    password = accounts.read_password()
    assert password and of("organizer").check_password(password)
    text = (var / "demo.txt").read_text(encoding="utf-8")
    assert password in text and all(person.email in text for person in people.ACCOUNTS)
    out = StringIO()
    call_command("demo_accounts", stdout=out)
    assert out.getvalue() == text
    out = StringIO()
    call_command("load_demo", stdout=out)
    assert "there already" in out.getvalue() and accounts.read_password() == password


def test_a_lost_password_is_replaced(var):
    call_command("load_demo", stdout=StringIO())
    (var / "demo-password").unlink()
    call_command("load_demo", stdout=StringIO())
    assert of("speaker").check_password(accounts.read_password() or "")


def test_a_platform_for_real_people_gets_no_demo_by_accident(var, settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="--yes"):
        call_command("load_demo", stdout=StringIO())
    assert not Event.objects.exists() and not User.objects.exists() and not (var / "demo-password").exists()
    call_command("load_demo", "--yes", stdout=StringIO())
    assert Event.objects.filter(slug="demo").exists()


def test_without_a_demo_there_is_nothing_to_sign_in_to(var):
    with pytest.raises(CommandError, match="load_demo"):
        call_command("demo_accounts", stdout=StringIO())
