"""Texts, addresses and moments made clean, the same on the way in and on the way out."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from conference.programme.exchange.document import LENGTH, MAX_YEAR, MIN_YEAR

# What XML 1.0 cannot hold, and the C1 controls, which nobody means to write. Joiners and direction marks stay: Urdu,
# Burmese and Khmer need them.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile(r"[ \t\n]+")
_COLOUR = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST_LABELS = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")


def clean_text(text: str) -> str:
    """A text of several lines without control characters, its lines ended by newlines."""
    return CONTROL.sub("", _BREAK.sub("\n", text)).strip()


def clean_line(text: str) -> str:
    """A text of one line without control characters; the ideographic space and its kin are kept."""
    return _BLANKS.sub(" ", CONTROL.sub("", _BREAK.sub("\n", text))).strip()


def cut(text: str, length: int) -> str:
    """At most `length` characters, never parting a letter from the marks that stand on it."""
    if len(text) <= length:
        return text
    end = length
    while end > length - 16 and (
        unicodedata.category(text[end]) in ("Mn", "Mc", "Me") or text[end] in "\u200c\u200d"
    ):
        end -= 1
    return text[:end].rstrip()


def ascii_words(text: str, joint: str) -> str:
    """The Latin letters and digits of a text in lower case, everything between them replaced by `joint`."""
    latin = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", joint, latin).strip(joint)


def web_address(text: str, base: str = "") -> str:
    """An absolute http(s) address in ASCII, resolved against `base`; empty where there is none to be made."""
    text = clean_line(text)
    if not text or len(text) > LENGTH["address"]:
        return ""
    try:
        if base:
            text = urljoin(base, text)
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return ""
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("http", "https") or not host:
        return ""
    if ":" in host:
        if not re.fullmatch(r"[0-9a-f:.]{2,45}", host):
            return ""
        host = f"[{host}]"
    else:
        try:
            host = host.encode("idna").decode("ascii").lower() if not host.isascii() else host
        except UnicodeError:
            return ""
        if not _HOST_LABELS.fullmatch(host):
            return ""
    user = ""
    if "@" in parts.netloc:
        # A colon is allowed in it; everything else that has a meaning in an address is not.
        user = quote(_LONE_PERCENT.sub("%25", parts.netloc.rpartition("@")[0]), safe="%:!$&'()*+,;=") + "@"
    address = urlunsplit(
        (
            parts.scheme,
            user + host + (f":{port}" if port is not None else ""),
            quote(_LONE_PERCENT.sub("%25", parts.path), safe="%/:@!$&'()*+,;=~"),
            quote(_LONE_PERCENT.sub("%25", parts.query), safe="%/?:@!$&'()*+,;=~"),
            quote(_LONE_PERCENT.sub("%25", parts.fragment), safe="%/?:@!$&'()*+,;=~"),
        )
    )
    return address if len(address) <= LENGTH["address"] else ""


def colour(text: str) -> str:
    """`#rrggbb` in lower case, or empty."""
    found = _COLOUR.fullmatch(text.strip().lower())
    if not found:
        return ""
    digits = found[1]
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def is_plausible(moment: datetime) -> bool:
    """Whether the year is one in which a conference can be; it also keeps clear of the ends of the calendar."""
    return MIN_YEAR <= moment.year <= MAX_YEAR


def whole_minutes(duration: timedelta) -> timedelta:
    """Rounded up: a session must not be made shorter than it is."""
    return timedelta(minutes=-(-duration // timedelta(minutes=1)))
