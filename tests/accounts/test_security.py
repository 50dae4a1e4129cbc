"""Ways of signing in: address, password, passkeys; and proving oneself again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from conference.accounts.actions import arrive, change_email
from conference.accounts.models import User
from conference.core.errors import Conflict
from tests.accounts.conftest import AskForMail, newest_secrets
from tests.factories import make_user

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]

SENSITIVE = [
    "/me/security/address/",
    "/me/security/password/",
    "/me/security/passkeys/add/",
    "/me/data/export.json",
    "/me/data/delete/",
]


@pytest.mark.parametrize("page", SENSITIVE)
def test_what_matters_asks_for_the_person_again_when_the_sign_in_is_old(signed_in: SignIn, page: str) -> None:
    person = make_user()
    client = signed_in(person)
    assert client.get(page).status_code == 200
    with patch("conference.accounts.views.sign_in.time.time", return_value=time.time() + 16 * 60):
        response = client.get(page)
        assert response["Location"].startswith("/account/confirm/?next=")
        assert client.post(page, {"password": "correct horse battery", "email": person.email})[
            "Location"
        ].startswith("/account/confirm/")
    person.refresh_from_db()
    assert person.deleted is None and not person.has_usable_password()


def test_a_code_proves_the_person_again_and_leads_back(client: Client) -> None:
    person = make_user()
    client.force_login(person)
    confirm = client.get("/me/data/delete/")["Location"]
    assert client.get(confirm).status_code == 200
    client.post(confirm)
    assert mail.outbox[-1].to == [person.email]
    code, _link = newest_secrets()
    assert client.post("/account/code/", {"code": code})["Location"] == "/me/data/delete/"
    assert client.get("/me/data/delete/").status_code == 200


def test_the_link_of_such_a_mail_works_only_for_the_person_who_is_signed_in(client: Client) -> None:
    person = make_user()
    client.force_login(person)
    client.post("/account/confirm/?next=/me/data/delete/")
    _code, link = newest_secrets()
    elsewhere = Client()
    assert elsewhere.get(link).status_code == 403
    assert elsewhere.post(link).status_code == 403
    assert elsewhere.session.get("_auth_user_id") is None
    assert client.post(link)["Location"] == "/me/data/delete/"


def test_an_address_is_moved_once_the_new_one_is_proven(signed_in: SignIn) -> None:
    person = make_user(email="old@example.org")
    client = signed_in(person)
    client.post("/me/security/address/", {"email": "New@Example.org"})
    person.refresh_from_db()
    assert person.email == "old@example.org"
    assert mail.outbox[-1].to == ["new@example.org"]
    code, _link = newest_secrets()
    client.post("/account/code/", {"code": code})
    person.refresh_from_db()
    assert person.email == "new@example.org"
    assert list(EmailAddress.objects.filter(user=person).values_list("email", "verified")) == [
        ("new@example.org", True)
    ]
    again, created = arrive("old@example.org")
    assert created and again.pk != person.pk


def test_the_old_address_is_told_of_the_move(django_capture_on_commit_callbacks: Any) -> None:
    person, _created = arrive("old@example.org")
    with django_capture_on_commit_callbacks(execute=True):
        change_email(person, email="new@example.org")
    assert mail.outbox[-1].to == ["old@example.org"]
    assert "new@example.org" not in mail.outbox[-1].body


def test_an_address_of_another_account_is_not_taken(signed_in: SignIn) -> None:
    other, _created = arrive("taken@example.org")
    person = make_user(email="mine@example.org")
    with pytest.raises(Conflict):
        change_email(person, email="Taken@example.org")
    client = signed_in(person)
    response = client.post("/me/security/address/", {"email": "taken@example.org"})
    assert response.status_code == 302  # the page does not tell that the address is known
    code, _link = newest_secrets()
    page = client.post("/account/code/", {"code": code}, follow=True)
    assert "Another account uses this address." in page.content.decode()
    person.refresh_from_db()
    other.refresh_from_db()
    assert (person.email, other.email) == ("mine@example.org", "taken@example.org")


def test_a_password_is_set_ends_other_sessions_and_is_removed(signed_in: SignIn) -> None:
    person = make_user()
    elsewhere = Client()
    elsewhere.force_login(person)
    client = signed_in(person)
    assert (
        client.post("/me/security/password/", {"password": "correct horse battery"})["Location"]
        == "/me/security/"
    )
    person.refresh_from_db()
    assert person.check_password("correct horse battery")
    assert client.get("/me/").status_code == 200
    assert elsewhere.get("/me/").status_code == 302
    client.post("/me/security/password/remove/")
    person.refresh_from_db()
    assert not person.has_usable_password()
    assert client.get("/me/").status_code == 200


@pytest.mark.parametrize("password", ["", "short", "password1234", "0123456789", "x" * 201])
def test_weak_passwords_are_refused(signed_in: SignIn, password: str) -> None:
    person = make_user()
    client = signed_in(person)
    assert client.post("/me/security/password/", {"password": password}).status_code == 422
    person.refresh_from_db()
    assert not person.has_usable_password()


def test_a_passkey_is_not_asked_for_after_a_mailed_code(client: Client, ask_for_mail: AskForMail) -> None:
    person = make_user()
    Authenticator.objects.create(user=person, type="webauthn", data={"name": "lost phone", "credential": {}})
    code, _link = ask_for_mail(person.email)
    client.post("/account/code/", {"code": code})
    assert client.session["_auth_user_id"] == str(person.pk)


FORGED = [
    "",
    "{}",
    "[]",
    "null",
    "7",
    '{"id": "x"}',
    '{"response": {"userHandle": "AAAA"}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": []}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "AA", "authenticatorData": "AA",'
    ' "signature": "AA", "userHandle": "MQ"}}',
    "x" * 9000,
]


@pytest.mark.parametrize("credential", FORGED)
def test_a_forged_passkey_is_not_added(signed_in: SignIn, credential: str) -> None:
    client = signed_in(make_user())
    client.get("/me/security/passkeys/add/")
    assert (
        client.post("/me/security/passkeys/add/", {"name": "x", "credential": credential}).status_code == 200
    )
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("credential", FORGED)
def test_a_forged_passkey_opens_nothing(client: Client, credential: str) -> None:
    make_user()
    client.get(
        "/account/passkey/", headers={"accept": "application/json", "x-requested-with": "XMLHttpRequest"}
    )
    response = client.post("/account/passkey/", {"credential": credential})
    assert response.status_code < 500
    assert client.session.get("_auth_user_id") is None


def test_nobody_sees_or_removes_the_passkey_of_another(signed_in: SignIn) -> None:
    theirs = Authenticator.objects.create(
        user=make_user(), type="webauthn", data={"name": "theirs", "credential": {}}
    )
    client = signed_in(make_user())
    assert "theirs" not in client.get("/me/security/").content.decode()
    for action in ("", "remove/"):
        assert client.get(f"/me/security/passkeys/{theirs.pk}/{action}").status_code == 404
        assert client.post(f"/me/security/passkeys/{theirs.pk}/{action}", {"name": "mine"}).status_code == 404
    assert Authenticator.objects.filter(pk=theirs.pk, data__name="theirs").exists()
