"""The environment of the media process, read once. Every setting is described in docs/operations.md."""

import ipaddress
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from .grants import MINIMUM_SECRET_LENGTH

MOST_WORKERS: Final = 8
"""Without being asked, no more: the rest of the platform wants its cores too, and eight carry a large conference."""

_TURN_URL: Final = re.compile(
    r"turns?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?"
)


class BadConfiguration(ValueError):
    """A setting is missing or makes no sense. The message is a sentence for whoever starts the process."""


@dataclass(frozen=True, slots=True)
class IceServer:
    urls: tuple[str, ...]
    username: str = ""
    credential: str = ""


@dataclass(frozen=True, slots=True)
class Configuration:
    secret: str
    host: str = "127.0.0.1"
    port: int = 8001
    allowed_origins: frozenset[str] = frozenset()
    events_url: str | None = None
    ice_servers: tuple[IceServer, ...] = ()
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = ""
    ice_addresses: tuple[str, ...] = ()
    public_address: str | None = None
    workers: int = 1
    metrics_token: str = ""
    sessions: int = 400
    sessions_per_person: int = 32


def read_configuration(environment: Mapping[str, str]) -> Configuration:
    """The configuration in the environment, or `BadConfiguration`."""
    secret = environment.get("MEDIA_SECRET", "")
    if not secret:
        raise BadConfiguration(
            "MEDIA_SECRET is not set: the media process shares it with the web process to check grants."
        )
    if len(secret) < MINIMUM_SECRET_LENGTH:
        raise BadConfiguration(f"MEDIA_SECRET must have at least {MINIMUM_SECRET_LENGTH} characters.")
    metrics_token = environment.get("MEDIA_METRICS_TOKEN", "").strip()
    if metrics_token and len(metrics_token) < MINIMUM_SECRET_LENGTH:
        raise BadConfiguration(
            f"MEDIA_METRICS_TOKEN must have at least {MINIMUM_SECRET_LENGTH} characters, or be left out."
        )
    return Configuration(
        secret=secret,
        metrics_token=metrics_token,
        host=environment.get("MEDIA_HOST") or "127.0.0.1",
        port=_number(environment, "MEDIA_PORT", 8001, most=65535),
        allowed_origins=frozenset(_origin(each) for each in _list(environment, "MEDIA_ALLOWED_ORIGINS")),
        events_url=_url(environment, "MEDIA_EVENTS_URL"),
        ice_servers=_ice_servers(environment.get("MEDIA_ICE_SERVERS", "")),
        turn_urls=_turn_urls(environment),
        turn_secret=environment.get("TURN_SECRET", "").strip(),
        ice_addresses=tuple(
            _address(each, "MEDIA_ICE_ADDRESSES") for each in _list(environment, "MEDIA_ICE_ADDRESSES")
        ),
        public_address=_public_address(environment),
        workers=_number(environment, "MEDIA_WORKERS", min(_cores(), MOST_WORKERS), most=256),
        sessions=_number(environment, "MEDIA_SESSIONS", 400, most=100_000),
        sessions_per_person=_number(environment, "MEDIA_SESSIONS_PER_PERSON", 32, most=10_000),
    )


def _cores() -> int:
    """The cores on which we may run; fewer than the machine has, in a container."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # a system that does not tell
        return os.cpu_count() or 1


def _list(environment: Mapping[str, str], name: str) -> list[str]:
    return [each.strip() for each in environment.get(name, "").split(",") if each.strip()]


def _number(environment: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise BadConfiguration(f"{name} must be a number from 1 to {most}.")
    return int(text)


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if (
        parts.scheme not in ("http", "https")
        or not parts.netloc
        or parts.path not in ("", "/")
        or "*" in text
    ):
        raise BadConfiguration(
            f"MEDIA_ALLOWED_ORIGINS: “{text}” is not an origin such as https://chama.example."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _url(environment: Mapping[str, str], name: str) -> str | None:
    text = environment.get(name, "").strip()
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise BadConfiguration(f"{name} must be a web address that begins with http:// or https://.")
    return text


def _address(text: str, name: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise BadConfiguration(f"{name}: “{text}” is not an IP address.") from None


def _public_address(environment: Mapping[str, str]) -> str | None:
    text = environment.get("MEDIA_PUBLIC_ADDRESS", "").strip()
    return _address(text, "MEDIA_PUBLIC_ADDRESS") if text else None


def _turn_urls(environment: Mapping[str, str]) -> tuple[str, ...]:
    urls = tuple(_list(environment, "TURN_URLS"))
    for url in urls:
        if not _TURN_URL.fullmatch(url):
            raise BadConfiguration(
                f"TURN_URLS: “{url}” is not an address such as turn:turn.example:3478 "
                "or turns:turn.example:443?transport=tcp."
            )
    if bool(urls) != bool(environment.get("TURN_SECRET", "").strip()):
        raise BadConfiguration("TURN_URLS and TURN_SECRET belong together: set both, or neither.")
    return urls


def _ice_servers(text: str) -> tuple[IceServer, ...]:
    if not text.strip():
        return ()
    problem = BadConfiguration(
        'MEDIA_ICE_SERVERS must be JSON such as [{"urls": ["turn:turn.example:3478"], '
        '"username": "u", "credential": "c"}].'
    )
    try:
        data: Any = json.loads(text)
    except ValueError:
        raise problem from None
    if not isinstance(data, list):
        raise problem
    servers = []
    for each in data:
        if not isinstance(each, dict):
            raise problem
        urls = each.get("urls")
        urls = [urls] if isinstance(urls, str) else urls
        words = (each.get("username", ""), each.get("credential", ""))
        if (
            not isinstance(urls, list)
            or not urls
            or not all(isinstance(word, str) for word in (*urls, *words))
        ):
            raise problem
        if any(set(word) & set('"<>\r\n\\') for word in (*urls, *words)):
            raise problem
        servers.append(IceServer(tuple(urls), *words))
    return tuple(servers)
