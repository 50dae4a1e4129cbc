"""The keys of outside captioning services. Pure."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "chama_captions_"
"""So that people and secret scanners know what they have found."""


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What is kept of a key. It is random and long, so a plain hash cannot be guessed back."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
