"""What opens a screen without a sign-in: a key that people copy or type, and the cookie that the browser keeps then.

A key is made from the link's number and the installation's secret, so no key is stored and it can be shown again. Twelve
characters of 32 are too many to guess and few enough to type at a computer in the hall. The cookie says which link opened the
screen of which room; both hold only as long as the link is there.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from realtime.screen.models import ScreenLink

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LENGTH = 12
_SALT = "realtime.screen"


def key_of(link: ScreenLink) -> str:
    """The key as people see it: `7KQ2-MB4X-T9WC`."""
    digest = salted_hmac(_SALT, f"{link.pk}.{link.room_id}", algorithm="sha256").digest()
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:LENGTH])
    return "-".join(letters[first : first + 4] for first in range(0, LENGTH, 4))


def opens(link: ScreenLink, typed: str) -> bool:
    """Whether this is the link's key, however it was typed."""
    letters = "".join(typed[:64].upper().split()).replace("-", "")
    return constant_time_compare(key_of(link).replace("-", ""), letters)


def cookie_name(room_code: str) -> str:
    return f"screen_{room_code}"


def seal(link: ScreenLink, room_code: str) -> str:
    """What the browser keeps."""
    return signing.Signer(salt=f"{_SALT}.{room_code}").sign(str(link.pk))


def link_in(cookies: Mapping[str, str], room_code: str) -> int | None:
    """The number of the link that opened this room's screen in this browser."""
    try:
        number = signing.Signer(salt=f"{_SALT}.{room_code}").unsign(cookies.get(cookie_name(room_code), ""))
    except signing.BadSignature:
        return None
    return int(number) if number.isdecimal() else None
