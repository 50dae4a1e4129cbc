"""What every test gets: its own files, an empty Valkey, and no way to the internet. `services.py` starts the servers."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import translation

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys come last: the platform and the browser of a worker start once it needs them."""
    items.sort(key=lambda item: "journeys" in item.path.parts)


@pytest.fixture(autouse=True)
def own_places(settings: Any, tmp_path: Path) -> None:
    """Files, mails, cache and streams of one test are not seen by the next."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    settings.STORAGES = {
        **settings.STORAGES,
        # The hashed names need `collectstatic`; the journeys run with them.
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.SERVESTATIC_USE_MANIFEST = False
    settings.SERVESTATIC_USE_STATIC_ROOT = False
    layer = settings.CHANNEL_LAYERS["default"]
    settings.CHANNEL_LAYERS = {
        "default": {**layer, "CONFIG": {**layer["CONFIG"], "prefix": f"test-{WORKER}-{tmp_path.name}"}}
    }


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """A page asked for in Chinese leaves its language behind in the thread; the next test starts in the default one."""
    with translation.override(None):
        yield


@pytest.fixture(autouse=True)
def empty_valkey() -> Iterator[None]:
    """Rate limits, presence and queued work start at nothing."""
    yield
    cache.clear()


@pytest.fixture(autouse=True, scope="session")
def no_internet() -> Iterator[None]:
    """A connection that would leave this machine is a failure of the test that wants it."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
            raise AssertionError(f"A test wanted to reach {address[0]}; no test needs the internet.")
        connect(self, address)

    socket.socket.connect = local_only  # type: ignore[method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_link_local
