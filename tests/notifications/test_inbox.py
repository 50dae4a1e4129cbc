"""The inbox: one's own notices, in one's own language, read when one says so."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conference.accounts.models import User
from conference.core.streams import position
from conference.notifications.actions import notify, notify_many, replace_notices, send_mails
from conference.notifications.models import Notification
from conference.notifications.queries import inbox_of, unread_count
from tests.factories import make_event, make_user

pytestmark = pytest.mark.django_db


def tell(*people: User, title: str = "Hydropower", **data: object) -> None:
    notify(
        people,
        "session.moved",
        event=make_event(),
        link="/tea/sessions/ABC/",
        title={"en": title, "zh-hans": "水电"},
        **data,
    )


def test_one_sees_ones_own_notices_and_marks_them_read(client: Client) -> None:
    person, other = make_user(), make_user()
    tell(person)
    tell(other, title="Secret")
    client.force_login(person)
    page = client.get("/me/inbox/").content.decode()
    assert "Moved: Hydropower" in page and "Secret" not in page and "Mark all as read" in page
    assert '<span class="count">1<' in client.get("/me/").content.decode()
    client.post("/me/inbox/read/")
    assert (unread_count(person), unread_count(other)) == (0, 1)
    assert "Mark all as read" not in client.get("/me/inbox/").content.decode()


def test_a_notice_is_told_in_the_language_of_the_reader(client: Client) -> None:
    person = make_user()
    tell(person)
    client.force_login(person)
    client.cookies["django_language"] = "zh-hans"
    assert "水电" in client.get("/me/inbox/").content.decode()


def test_strangers_have_no_inbox(client: Client) -> None:
    tell(make_user())
    assert not inbox_of(AnonymousUser()) and not inbox_of(None)
    assert client.get("/me/inbox/")["Location"].startswith("/account/sign-in/")
    assert client.post("/me/inbox/read/")["Location"].startswith("/account/sign-in/")
    assert Notification.objects.filter(read=None).count() == 1


def test_what_a_notice_says_is_text(client: Client) -> None:
    person = make_user()
    tell(person, title="<script>alert(1)</script>", lines=[{"en": "<b>bold</b>\nsecond"}])
    client.force_login(person)
    page = client.get("/me/inbox/").content.decode()
    assert "<script>alert" not in page and "<b>bold" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;<br>second" in page


def test_the_number_of_queries_does_not_grow_with_the_notices(client: Client) -> None:
    person = make_user()
    client.force_login(person)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/me/inbox/")
        return len(captured)

    tell(person)
    with_one = queries()
    tell(person)
    tell(person)
    assert queries() == with_one


def test_who_left_is_neither_noted_nor_mailed() -> None:
    person = make_user()
    tell(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    send_mails()
    assert not mail.outbox
    assert not Notification.objects.filter(mailed=None).exists()


# --- many at once ---


def tell_many(people: list[User], *, by_mail: bool = False) -> int:
    with transaction.atomic():
        return notify_many(
            people,
            "announcement.made",
            source="announcement:7",
            mail=by_mail,
            data={"title": {"en": "Fair"}, "lines": [{"en": "Lunch is served."}, "https://example.org/menu"]},
        )


def test_many_are_told_in_few_statements_and_nobody_twice() -> None:
    people = [make_user() for _number in range(30)]
    with CaptureQueriesContext(connection) as captured:
        assert tell_many(people[:20]) == 20
    assert len(captured) <= 6
    assert tell_many(people) == 10
    assert [unread_count(person) for person in people] == [1] * 30
    assert {position(f"person.{person.pk}") for person in people} == {1}


def test_many_are_mailed_only_where_that_was_wanted_and_the_left_are_not_told() -> None:
    left = make_user()
    User.objects.filter(pk=left.pk).update(deleted=timezone.now())
    left.refresh_from_db()
    assert tell_many([make_user(), left]) == 1
    send_mails()
    assert mail.outbox == []
    tell_many([make_user(email="noy@example.org")], by_mail=True)
    send_mails()
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [(["noy@example.org"], "Announcement: Fair")]


def test_what_does_not_hold_any_more_says_so_and_is_not_mailed(client: Client) -> None:
    person = make_user()
    tell_many([person], by_mail=True)
    client.force_login(person)
    page = client.get("/me/inbox/").content.decode()
    assert "Lunch is served." in page and '<a href="https://example.org/menu" rel="nofollow">' in page
    data = {"title": {"en": "Fair"}}
    assert replace_notices("announcement:7", kind="announcement.withdrawn", data=data) == 1
    page = client.get("/me/inbox/").content.decode()
    assert "Withdrawn announcement: Fair" in page and "Lunch is served." not in page
    send_mails()
    assert mail.outbox == []
