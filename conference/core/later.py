"""Work for after the commit, done by the worker: `later(send_mails, notification.pk)`.

There is one Celery task. It runs an action that is marked `@background`, by its name, with plain ids: what is queued
holds no personal data, and the action reads the present state when it runs, so running it twice must be harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

import structlog
from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

_marked: dict[str, Callable[..., None]] = {}


Action = TypeVar("Action", bound=Callable[..., None])


def background(action: Action) -> Action:
    """Mark an action as one that the worker may run by name."""
    _marked[f"{action.__module__}:{action.__qualname__}"] = action
    return action


def later(action: Callable[..., None], *ids: int | str, after: float = 0) -> None:
    """After the commit of the present transaction, and `after` so many seconds more, have the worker run `action(*ids)`.

    If the queue is out of reach the loss is logged; what must not be lost is therefore kept in a table and swept by a
    periodic action (see `notifications`).
    """
    name = f"{action.__module__}:{action.__qualname__}"
    if name not in _marked:
        raise ValueError(f"{name} is not marked @background.")
    transaction.on_commit(lambda: _enqueue(name, ids, **({"countdown": after} if after else {})))


def _enqueue(name: str, ids: tuple[int | str, ...], **when: Any) -> None:
    try:
        run.apply_async(args=(name, *ids), retry=False, **when)
    except OperationalError as error:
        log.warning("later.not_queued", action=name, error=type(error).__name__)


@shared_task(name="chama.run", ignore_result=True, acks_late=True)
def run(name: str, *ids: Any) -> None:
    """Run a marked action; a name that is not marked is refused, whatever the queue says."""
    if name not in _marked and name.startswith(("conference.", "booths.", "realtime.")):
        import_module(name.partition(":")[0])
    _marked[name](*ids)
