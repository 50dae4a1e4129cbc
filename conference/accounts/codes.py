"""Proving an address: one mail with a six-digit code and a link, both good once and for a quarter of an hour.

The code works only in the browser that asked for it (whose session holds the challenge's id), so a code that was coaxed
out of somebody is of no use elsewhere without the cookie. The link works in any browser, because mail is often read on
another device; opening it changes nothing (mail scanners open every link), a button on its page does.

A challenge lives in Redis and dies with its time, its last try or its use. Codes and links are kept as keyed hashes only.
An address is treated the same whether an account exists or not.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

import redis
import structlog
from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conference.core.errors import Busy, Conflict, Invalid
from conference.core.streams import cache_server

log = structlog.get_logger(__name__)

DIGITS = 6
CHALLENGE = "challenge:{}"
TRIES = "challenge:{}:tries"
LINK = "challenge-link:{}"


@dataclass(frozen=True, slots=True)
class Challenge:
    """An address that is being proven. `purpose` is `sign-in`, `confirm` (a signed-in person again) or `change` (a
    signed-in person's new address); `person` is who is signed in, or None; `target` is where to go afterwards."""

    id: str
    purpose: str
    email: str
    person: int | None
    target: str
    code_hash: str
    link_hash: str
    until: float

    @property
    def seconds_left(self) -> int:
        return max(0, int(self.until - time.time()))


@dataclass(frozen=True, slots=True)
class Secrets:
    """What goes into the mail and nowhere else."""

    code: str
    link: str


def _hash(purpose: str, value: str) -> str:
    return salted_hmac(f"conference.accounts.codes.{purpose}", value, algorithm="sha256").hexdigest()


def _away(error: redis.RedisError) -> Busy:
    log.warning("codes.store_away", error=type(error).__name__)
    return Busy(_("Signing in by mail is not possible right now. Try again in a minute."), retry_after=60)


def begin(
    purpose: str, email: str, *, person: int | None = None, target: str = ""
) -> tuple[Challenge, Secrets]:
    """Start to prove an address; the caller mails the secrets and keeps the challenge's id in the session."""
    told = Secrets(
        code="".join(secrets.choice("0123456789") for _place in range(DIGITS)), link=secrets.token_urlsafe(24)
    )
    lifetime = settings.SIGN_IN_MINUTES * 60
    key = secrets.token_urlsafe(18)
    challenge = Challenge(
        id=key,
        purpose=purpose,
        email=email,
        person=person,
        target=target,
        code_hash=_hash("code", f"{key}:{told.code}"),
        link_hash=_hash("link", told.link),
        until=time.time() + lifetime,
    )
    try:
        with cache_server().pipeline() as pipe:
            pipe.set(CHALLENGE.format(key), json.dumps(asdict(challenge)), ex=lifetime)
            pipe.set(LINK.format(challenge.link_hash), key, ex=lifetime)
            pipe.execute()
    except redis.RedisError as error:
        raise _away(error) from error
    return challenge, told


def find(challenge_id: str | None) -> Challenge | None:
    """The challenge if it can still be met."""
    if not challenge_id:
        return None
    try:
        found: Any = cache_server().get(CHALLENGE.format(challenge_id))
    except redis.RedisError as error:
        raise _away(error) from error
    challenge = Challenge(**json.loads(found)) if found else None
    return challenge if challenge and challenge.seconds_left else None


def find_by_link(link: str) -> Challenge | None:
    """The challenge that a mailed link belongs to. Looking does not use it up."""
    try:
        found: Any = cache_server().get(LINK.format(_hash("link", link)))
    except redis.RedisError as error:
        raise _away(error) from error
    return find(found.decode()) if found else None


def meet(challenge: Challenge, code: str) -> None:
    """Use the challenge up if the code is right; else `Invalid`, or `Conflict` when that was the last try."""
    try:
        with cache_server().pipeline() as pipe:
            pipe.incr(TRIES.format(challenge.id))
            pipe.expire(TRIES.format(challenge.id), settings.SIGN_IN_MINUTES * 60)
            tries, _set = pipe.execute()
    except redis.RedisError as error:
        raise _away(error) from error
    if tries <= settings.SIGN_IN_TRIES and constant_time_compare(
        challenge.code_hash, _hash("code", f"{challenge.id}:{code}")
    ):
        use_up(challenge)
        return
    left = settings.SIGN_IN_TRIES - tries
    if left <= 0:
        drop(challenge)
        raise Conflict(_("That was not the code, and there were too many tries. Ask for a new mail."))
    raise Invalid(
        ngettext(
            "That is not the code in the newest mail. You have %(count)d more try.",
            "That is not the code in the newest mail. You have %(count)d more tries.",
            left,
        )
        % {"count": left}
    )


def use_up(challenge: Challenge) -> None:
    """End the challenge for good; of two that try at once, one gets `Conflict`."""
    if not drop(challenge):
        raise Conflict(_("This mail was already used. Ask for a new one."))


def drop(challenge: Challenge) -> bool:
    """Forget the challenge; whether it was still there."""
    try:
        with cache_server().pipeline() as pipe:
            pipe.delete(CHALLENGE.format(challenge.id))
            pipe.delete(LINK.format(challenge.link_hash))
            pipe.delete(TRIES.format(challenge.id))
            gone, _link, _tries = pipe.execute()
    except redis.RedisError as error:
        raise _away(error) from error
    return bool(gone)
