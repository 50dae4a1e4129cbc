"""What a text is about, by a glossary of the region's fields in thirteen languages.

The model is small, and weakest in the languages with the least text on the web. The glossary knows that "stem borer" in
Lao and 螟 in Chinese are the same: `glossary.txt` has a line for each of some two hundred broad things, and the files in
`glossary/` have finer ones, each with its words in every language. A text's things are compared like words, the rare ones
counting more. Words are found as they stand, inside longer ones too unless they are very short, so that the medicine in
"rubber" (Lao ຢາ in ຢາງ) is not found.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.matching.languages import normalise, scripts_of

BROAD = Path(__file__).with_name("glossary.txt")
FINE = Path(__file__).with_name("glossary")

WITHOUT_SPACES = frozenset({"zh", "th", "lo", "my", "km"})
# Endings are part of the word in these; a word of so many letters or more may have any.
ENDINGS_FROM = {"bn": 3, "ne": 3, "si": 3, "ur": 4, "hi": 4}
# Forms of the fine parts are stems; one of so many letters or more may have any ending.
PREFIX_FROM = {"en": 5, "id": 5, "ms": 5}
ENDINGS = {"en": ("", "s", "es", "ing"), "id": ("", "nya", "an")}
RELATIVE = {"ms": "id"}
# Inside a longer word a shorter one counts from so many letters: the rice in upland rice, not the medicine in rubber.
NESTED_FROM = {"zh": 2, "th": 4, "lo": 4, "my": 4, "km": 4}

_BREAK = re.compile(
    r"[\s\u0964\u0965\u06d4\u060c\u061b\u061f!-,.-/:-@\[-`{-~\u2010-\u2027\u3000-\u303f\uff00-\uff0f]+"
)


@cache
def _entries() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Each thing by its name: its words by language, "*" at the end of those that may have any ending."""
    entries: dict[str, dict[str, list[str]]] = {}
    lines = [
        line for line in BROAD.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    languages = [cell.strip() for cell in lines[0].split("|")]
    for line in lines[1:]:
        cells = [[word.strip() for word in cell.split("/")] for cell in line.split("|")]
        entries[cells[0][0].rstrip("*")] = dict(zip(languages, cells, strict=True))
    for part in sorted(FINE.glob("*.json")):
        for concept in json.loads(part.read_text(encoding="utf-8"))["concepts"]:
            entry = entries.setdefault(concept["forms"]["en"][0], {})
            for language, forms in concept["forms"].items():
                marked = [
                    f"{form}*" if len(form) >= PREFIX_FROM.get(language, 99) else form for form in forms
                ]
                entry[language] = [*entry.get(language, ()), *marked]
    return entries


@cache
def things() -> tuple[str, ...]:
    """The name of each thing: its first word in English, which never changes its meaning."""
    return tuple(_entries())


@cache
def _words(language: str) -> Mapping[str, Sequence[tuple[str, tuple[int, ...], bool]]]:
    """The words of a language by first letter, the longest first: the word, its things, whether any ending may follow."""
    known: dict[str, tuple[set[int], bool]] = {}
    for thing, entry in enumerate(_entries().values()):
        for word in entry.get(language, ()):
            stem = _BREAK.sub(" ", normalise(word.rstrip("*")).casefold()).strip()
            if not stem:
                continue
            meant, open_end = known.get(stem, (set(), False))
            open_end |= (
                word.endswith("*")
                or len(stem) >= ENDINGS_FROM.get(language, 99)
                or language in WITHOUT_SPACES
            )
            known[stem] = meant | {thing}, open_end
    by_letter: dict[str, list[tuple[str, tuple[int, ...], bool]]] = {}
    for stem in sorted(known, key=lambda word: (-len(word), word)):
        meant, open_end = known[stem]
        by_letter.setdefault(stem[0], []).append((stem, tuple(sorted(meant)), open_end))
    return by_letter


@lru_cache(maxsize=65_536)
def things_in(text: str, language: str) -> frozenset[int]:
    """The things that a text names, as rows of the glossary: by its own language's words, and by English ones in Latin
    letters."""
    spaced = f" {_BREAK.sub(' ', normalise(text).casefold())} "
    own = language
    found = _find(spaced, own)
    if language in RELATIVE:
        found |= _find(spaced, RELATIVE[language])
    if own != "en" and scripts_of(text)["latin"]:
        found |= _find(spaced, "en")
    return frozenset(found)


def _find(spaced: str, language: str) -> set[int]:
    """The things of a language's words in a text that has one space around each word."""
    words = _words(language)
    everywhere = language in WITHOUT_SPACES
    endings = ENDINGS.get(language, ("",))
    nested_from = NESTED_FROM.get(language, 4)
    found: set[int] = set()
    covered = 0  # up to where the longest word so far reaches
    for at in range(len(spaced)):
        if not everywhere and spaced[at - 1] != " ":
            continue
        for stem, meant, open_end in words.get(spaced[at], ()):
            if not spaced.startswith(stem, at) or (everywhere and at < covered and len(stem) < nested_from):
                continue
            after = at + len(stem)
            if open_end or any(spaced.startswith(f"{ending} ", after) for ending in endings):
                found.update(meant)
                covered = max(covered, after)
    return found


def name_of(thing: str, language: str) -> str:
    """A thing of `same_topic` in a reader's language; in English where the glossary lacks it."""
    entry = _entries()[thing]
    language = language.lower().partition("-")[0]
    words = entry.get(language) or entry.get(RELATIVE.get(language, "")) or [thing]
    return words[0].rstrip("*")


class Topics:
    """The things of some texts, and how rare each is among them; makes rows of these and of later texts."""

    # So many imagined texts without a thing make rarity mean something in a request of three profiles.
    IMAGINED = 20

    def __init__(self, texts: Sequence[frozenset[int]]) -> None:
        frequency = Counter(thing for found in texts for thing in found)
        many = len(texts) + self.IMAGINED
        self.rarity = np.asarray(
            [math.log(many / max(frequency[thing], 1)) for thing in range(len(things()))], dtype=np.float32
        )

    def encode(self, texts: Sequence[frozenset[int]]) -> NDArray[np.float32]:
        """(n, things): rows of length 1, or 0 where a text names none."""
        table = np.zeros((len(texts), len(things())), dtype=np.float32)
        for row, found in enumerate(texts):
            members = sorted(found)
            table[row, members] = self.rarity[members]
        lengths = np.linalg.norm(table, axis=1, keepdims=True)
        table /= np.where(lengths > 0, lengths, np.float32(1))
        return table

    def shared(self, one: frozenset[int], other: frozenset[int]) -> list[str]:
        """The things of both, the rarest first."""
        both = sorted(one & other, key=lambda thing: (-self.rarity[thing], thing))
        return [things()[thing] for thing in both]
