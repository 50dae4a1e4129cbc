"""What the installation knows of a person: each package tells it and can wipe it, and nobody below needs to know who.

A package marks the query that tells with `@exports` and the action that wipes with `@erases`. The packages are listed in
`settings.PERSONAL_DATA_PACKAGES`, lowest first; their modules are imported here on first use, so that an erasure run from
a command or the worker never misses one that happened not to be loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection

Exporter = Callable[[Any], Any]
Eraser = Callable[[Any], None]
AnyExporter = TypeVar("AnyExporter", bound=Exporter)
AnyEraser = TypeVar("AnyEraser", bound=Eraser)


@dataclass(frozen=True, slots=True)
class Section:
    """One part of "my data". `tell(person)` answers with a mapping or a list of mappings that JSON can hold; `labels`
    names its keys for reading."""

    key: str
    title: Any
    labels: dict[str, Any]
    tell: Exporter


_sections: dict[str, Section] = {}
_erasers: dict[str, Eraser] = {}


def exports(
    key: str, title: Any, labels: dict[str, Any] | None = None
) -> Callable[[AnyExporter], AnyExporter]:
    """Mark the query that tells a person what `key` holds about them: `@exports("chat", _("Messages you wrote"))`."""

    def mark(tell: AnyExporter) -> AnyExporter:
        _sections[key] = Section(key, title, labels or {}, tell)
        return tell

    return mark


def erases(key: str) -> Callable[[AnyEraser], AnyEraser]:
    """Mark the action that wipes or unnames what `key` holds about a person. It runs in the transaction of the deletion,
    before the account itself is wiped, and must be harmless to repeat."""

    def mark(erase: AnyEraser) -> AnyEraser:
        _erasers[key] = erase
        return erase

    return mark


@cache
def _load() -> None:
    for package in settings.PERSONAL_DATA_PACKAGES:
        for module in ("queries", "actions"):
            import_module(f"{package}.{module}")


def _place(marked: Callable[..., Any]) -> int:
    """Where the package of a marked function stands in the order of the packages."""
    packages = settings.PERSONAL_DATA_PACKAGES
    return next(
        (place for place, name in enumerate(packages) if marked.__module__.startswith(f"{name}.")),
        len(packages),
    )


def sections() -> list[Section]:
    """Every part of "my data", in the order of the packages."""
    _load()
    return sorted(_sections.values(), key=lambda section: _place(section.tell))


def personal_data(person: Any) -> dict[str, Any]:
    """Everything, by section: for the export."""
    return {section.key: section.tell(person) for section in sections()}


def erase_everywhere(person: Any) -> None:
    """Have every package wipe what it holds, the highest first, in the caller's transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("erase_everywhere() belongs inside the transaction of the deletion.")
    _load()
    for erase in sorted(_erasers.values(), key=_place, reverse=True):
        erase(person)
