"""What tests of people share: the newest code from the mail, and a browser that has just signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from conference.accounts.models import User

AskForMail = Callable[..., tuple[str, str]]


def newest_secrets() -> tuple[str, str]:
    """The code and the link of the newest mail."""
    body = mail.outbox[-1].body
    code = re.search(r"^\s+(\d{6})$", body, re.MULTILINE)
    link = re.search(r"https?://[^/\s]+(/account/link/\S+)", body)
    assert code and link
    return code.group(1), link.group(1)


@pytest.fixture
def ask_for_mail(client: Client) -> AskForMail:
    """Ask for a sign-in mail; its code and the path of its link."""

    def ask(email: str, browser: Client | None = None, **data: Any) -> tuple[str, str]:
        response = (browser or client).post(reverse("account_login"), {"email": email, **data})
        assert response.status_code == 302, response.content.decode()
        return newest_secrets()

    return ask


@pytest.fixture
def signed_in(client: Client, ask_for_mail: AskForMail) -> Callable[[User], Client]:
    """Sign the person in as people do, so that the sign-in is fresh."""

    def sign_in(person: User) -> Client:
        code, _link = ask_for_mail(person.email)
        client.post(reverse("sign_in_code"), {"code": code})
        assert client.session["_auth_user_id"] == str(person.pk)
        return client

    return sign_in
