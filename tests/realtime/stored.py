"""What the database holds, and what those who listen were told of it."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model


def rows(*models: type[Model]) -> list[Any]:
    """Everything of these models, to compare with what it is later."""
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def everything() -> list[Any]:
    """All that is ours but sessions."""
    ours = [model for model in apps.get_models() if model._meta.app_label in ("conference", "realtime")]
    return rows(*ours)


def by_id(part: Iterable[dict[str, Any]]) -> dict[int, Any]:
    """What a snapshot says of a kind."""
    return {row["id"]: row for row in part}


def listen(monkeypatch: pytest.MonkeyPatch, actions: ModuleType) -> dict[tuple[str, str], dict[int, Any]]:
    """What somebody holds who takes in everything that these actions publish from now on, by stream and kind."""
    told: dict[tuple[str, str], dict[int, Any]] = {}
    publish = actions.publish

    def hear(names: Any, kind: str, *, saved: Any = None, removed: Any = None) -> None:
        publish(names, kind, saved=saved, removed=removed)
        for name in [names] if isinstance(names, str) else names:
            held = told.setdefault((name, kind), {})
            if removed is None:
                held[saved["id"]] = saved
            else:
                del held[removed]

    monkeypatch.setattr(actions, "publish", hear)
    return told
