"""The keys of what is no person and no browser: captioning services, the encoder of a hall. Pure."""

from __future__ import annotations

import hashlib
import secrets


def new_secret(what: str) -> str:
    """A key that begins with whose it is, so that people and secret scanners know what they have found."""
    return f"chama_{what}_{secrets.token_urlsafe(32)}"


def digest_of(secret: str) -> str:
    """What is kept of a key. It is random and long, so a plain hash cannot be guessed back."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def bearer_of(header: str) -> str:
    """The key in an `Authorization` header; empty where there is none."""
    scheme, _space, secret = header.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""
