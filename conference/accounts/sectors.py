"""The sector vocabulary: ten domains, 67 terms, each with a stable code. Interests, offers and needs point to codes.

The words stand in `sectors.json`, one line for each code in the order in which they are shown: a domain is one letter,
its terms follow it with the same letter and a number. This module needs no Django settings, so that the pure engines
of the matchmaking can read the vocabulary too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conference.core.text import Text

WORDS = Path(__file__).with_name("sectors.json")

LANGUAGES = ("en", "zh-hans", "th", "lo", "my", "km", "vi", "id", "ms", "bn", "ur", "ne", "hi", "si")
"""The languages in which every domain and term has a name."""


@dataclass(frozen=True, slots=True)
class Sector:
    """A domain (one letter) or a term (letter and number). `name` has every language of `LANGUAGES`."""

    code: str
    name: Text
    terms: tuple[Sector, ...] = ()


def _read() -> tuple[Sector, ...]:
    names: dict[str, Text] = json.loads(WORDS.read_text(encoding="utf-8"))
    terms = [Sector(code, name) for code, name in names.items() if len(code) > 1]
    return tuple(
        Sector(code, name, tuple(term for term in terms if term.code.startswith(code)))
        for code, name in names.items()
        if len(code) == 1
    )


DOMAINS: tuple[Sector, ...] = _read()

SECTORS: dict[str, Sector] = {term.code: term for domain in DOMAINS for term in (domain, *domain.terms)}
"""Every domain and term by its code."""
