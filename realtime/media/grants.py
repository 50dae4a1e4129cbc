"""Signed, short-lived permissions that connect Django (which knows who may do what) with the media process
(which knows nobody).

A grant opens one kind of session: this person may publish, or watch, this publication in this room. A service
token lets the two processes speak to each other. Both are JSON Web Tokens (HS256) under the one
`MEDIA_SECRET`. Pure: Django imports this module to issue, the media process to read.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

import jwt

GRANT_LIFETIME = timedelta(seconds=120)
SERVICE_LIFETIME = timedelta(seconds=60)
MINIMUM_SECRET_LENGTH = 32

# Two processes on two machines may disagree by this much about what time it is.
CLOCK_TOLERANCE = timedelta(seconds=5)

_ALGORITHM = "HS256"
_GRANT_AUDIENCE = "chama-media"
_SERVICE_AUDIENCE = "chama-media-service"

Action = Literal["publish", "watch"]
ServiceAction = Literal["control", "events"]
Reason = Literal["expired", "forged", "wrong"]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token permits. `publication` is an id such as `34-camera` or `34-screen`."""

    room: int
    person: str
    action: Action
    publication: str
    expires_at: datetime
    issued_at: datetime
    silent: bool = False
    """Of what is published no sound is passed on."""


class BadGrant(Exception):
    """The token permits nothing. `expired`: it was good once; `forged`: we did not sign it; `wrong`: ours,
    but not for this."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def sign_grant(
    secret: str,
    *,
    room: int,
    person: str,
    action: Action,
    publication: str,
    silent: bool = False,
    lifetime: timedelta = GRANT_LIFETIME,
    now: datetime | None = None,
) -> str:
    issued = now or datetime.now(UTC)
    return jwt.encode(
        {
            "aud": _GRANT_AUDIENCE,
            # A float: whoever is removed from a room is barred by grants older than that very moment.
            "iat": issued.timestamp(),
            "exp": issued.timestamp() + lifetime.total_seconds(),
            "room": room,
            "person": person,
            "action": action,
            "publication": publication,
            "silent": silent,
        },
        secret,
        algorithm=_ALGORITHM,
    )


def read_grant(token: str, secret: str, *, even_expired: bool = False) -> Grant:
    """The grant in the token, or `BadGrant`.

    `even_expired` is for the end of a session: whoever opened it may close it, however long it lasted.
    """
    claims = _decode(token, secret, _GRANT_AUDIENCE, even_expired=even_expired)
    room, person, action, publication = (
        claims.get(name) for name in ("room", "person", "action", "publication")
    )
    if (
        type(room) is not int
        or not isinstance(person, str)
        or not isinstance(publication, str)
        or not publication
        or action not in ("publish", "watch")
    ):
        raise BadGrant("wrong")
    return Grant(
        room=room,
        person=person,
        action=cast(Action, action),
        publication=publication,
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        silent=claims.get("silent") is True,
    )


def sign_service(secret: str, action: ServiceAction, *, lifetime: timedelta = SERVICE_LIFETIME) -> str:
    """A token with which one of our own processes speaks to the other."""
    issued = datetime.now(UTC).timestamp()
    claims = {
        "aud": _SERVICE_AUDIENCE,
        "iat": issued,
        "exp": issued + lifetime.total_seconds(),
        "action": action,
    }
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def read_service(token: str, secret: str, action: ServiceAction) -> None:
    """Returns when the token lets a process of ours do this; raises `BadGrant` otherwise."""
    if _decode(token, secret, _SERVICE_AUDIENCE).get("action") != action:
        raise BadGrant("wrong")


def _decode(token: str, secret: str, audience: str, *, even_expired: bool = False) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            audience=audience,
            leeway=CLOCK_TOLERANCE,
            options={"require": ["exp", "iat", "aud"], "verify_exp": not even_expired},
        )
    except jwt.ExpiredSignatureError:
        raise BadGrant("expired") from None
    except (jwt.InvalidAudienceError, jwt.MissingRequiredClaimError, jwt.ImmatureSignatureError):
        raise BadGrant("wrong") from None
    except jwt.InvalidTokenError:
        raise BadGrant("forged") from None
