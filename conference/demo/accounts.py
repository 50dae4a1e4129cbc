"""The password of the demo accounts, and the page of text that says how to sign in as each role."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from conference.demo.events import MAIN_SLUG
from conference.demo.people import ACCOUNTS

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def read_password() -> str | None:
    """The password of this installation's demo accounts, if one was made."""
    path = _path("demo-password")
    return path.read_text(encoding="utf-8").strip() or None if path.exists() else None


def make_password() -> str:
    """A new password, kept in a file that only its owner reads."""
    password = "-".join("".join(secrets.choice(ALPHABET) for _letter in range(4)) for _group in range(3))
    _write("demo-password", password + "\n")
    return password


def sign_in_text(password: str) -> str:
    """The address, and who to sign in as."""
    width = max(len(person.email) for person in ACCOUNTS)
    lines = [
        f"Demo conference: {settings.SITE_URL}/{MAIN_SLUG}/",
        f"Sign in: {settings.SITE_URL}{reverse('password_sign_in')}",
        f"Password of every account below: {password}",
        "",
        *(f"  {person.email.ljust(width)}  {person.account['en']}" for person in ACCOUNTS),
    ]
    return "\n".join(lines) + "\n"


def write_sign_in_text(password: str) -> str:
    """Keep the text beside the password, for `make run` to show, and return it."""
    text = sign_in_text(password)
    _write("demo.txt", text)
    return text


def _path(name: str) -> Path:
    return Path(settings.VAR_DIR) / name


def _write(name: str, text: str) -> None:
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{name}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
