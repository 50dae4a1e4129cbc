"""A pytest plugin (`-p tests.services`): PostgreSQL and Valkey for the tests, before Django reads its settings.

Each run of pytest starts servers of its own in a temporary directory, so that it neither meets a running platform nor
another run. `DATABASE_URL` and `REDIS_URL` are respected when they are set; the database is then `test_...` on that
server.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from conference import embedded

FOREIGN_VALKEY = "CHAMA_TESTS_USE_FOREIGN_VALKEY"

_own: list[Path] = []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """Earlier than pytest-django, which reads the settings in the same hook."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    var = Path(tempfile.mkdtemp(prefix="chama-test-"))
    var.chmod(0o711)  # PostgreSQL runs as another user when we are root
    _own.append(var)
    os.environ["CHAMA_VAR"] = str(var)
    os.environ["CHAMA_DATABASE_FSYNC"] = "off"
    if worker and os.environ.get(FOREIGN_VALKEY) == "no":
        # The workers share PostgreSQL, where each has a database. What is published in Valkey knows no databases.
        del os.environ["REDIS_URL"]
    os.environ[FOREIGN_VALKEY] = "yes" if os.environ.get("REDIS_URL") else "no"
    embedded.ensure_secrets()
    embedded.ensure()
    if os.environ[FOREIGN_VALKEY] == "yes":
        os.environ["REDIS_URL"] = _numbered(
            os.environ["REDIS_URL"], int(worker.removeprefix("gw") or 0) % 15 + 1
        )
    return (yield)


def pytest_unconfigure() -> None:
    """Stop what this run started, and remove it."""
    embedded.release(wait=True)
    for var in _own:
        shutil.rmtree(var, ignore_errors=True)


def _numbered(address: str, number: int) -> str:
    """A server has 16 numbered databases: 0 is a platform's, each worker of the tests takes one of the others."""
    if address.startswith("unix://"):
        return f"{address.partition('?')[0]}?db={number}"
    server = "/".join(address.split("/")[:3])
    return f"{server}/{number}"
