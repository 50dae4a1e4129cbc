"""What opens a session, and what does not."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from realtime.media.grants import BadGrant, read_grant, read_service, sign_grant, sign_service

SECRET = "a secret for the tests, long enough to sign with"
OTHER = "another secret, just as long as the first one is"


def grant(**changes: object) -> str:
    settings: dict[str, object] = {
        "room": 12,
        "person": "34",
        "action": "publish",
        "publication": "34-camera",
    }
    return sign_grant(SECRET, **{**settings, **changes})  # type: ignore[arg-type]


def test_a_grant_says_who_may_do_what_where_and_for_how_long() -> None:
    read = read_grant(grant(), SECRET)
    assert (read.room, read.person, read.action, read.publication) == (12, "34", "publish", "34-camera")
    assert timedelta(seconds=110) < read.expires_at - datetime.now(UTC) <= timedelta(seconds=120)


def test_an_expired_grant_opens_nothing_but_still_closes_what_it_opened() -> None:
    old = grant(now=datetime.now(UTC) - timedelta(minutes=5))
    with pytest.raises(BadGrant) as refusal:
        read_grant(old, SECRET)
    assert refusal.value.reason == "expired"
    assert read_grant(old, SECRET, even_expired=True).person == "34"


def test_a_grant_signed_by_somebody_else_is_forged() -> None:
    forged = [
        sign_grant(OTHER, room=12, person="34", action="publish", publication="34-camera"),
        jwt.encode({"room": 12}, "", algorithm="none"),
        grant()[:-4] + "AAAA",
        "not a token",
        "",
    ]
    for token in forged:
        for even_expired in (False, True):
            with pytest.raises(BadGrant) as refusal:
                read_grant(token, SECRET, even_expired=even_expired)
            assert refusal.value.reason == "forged"


@pytest.mark.parametrize(
    "changes",
    [
        {"room": "12"},
        {"room": True},
        {"person": 34},
        {"action": "control"},
        {"publication": ""},
        {"publication": None},
    ],
)
def test_a_grant_that_does_not_make_sense_is_wrong(changes: dict[str, object]) -> None:
    with pytest.raises(BadGrant) as refusal:
        read_grant(grant(**changes), SECRET)
    assert refusal.value.reason == "wrong"


def test_a_grant_from_the_future_is_wrong() -> None:
    with pytest.raises(BadGrant) as refusal:
        read_grant(grant(now=datetime.now(UTC) + timedelta(minutes=1)), SECRET)
    assert refusal.value.reason == "wrong"


def test_a_service_token_is_no_grant_and_a_grant_no_service_token() -> None:
    service = sign_service(SECRET, "control")
    read_service(service, SECRET, "control")
    with pytest.raises(BadGrant):
        read_grant(service, SECRET)
    for token, action in ((service, "events"), (grant(), "control")):
        with pytest.raises(BadGrant) as refusal:
            read_service(token, SECRET, action)  # type: ignore[arg-type]
        assert refusal.value.reason == "wrong"
