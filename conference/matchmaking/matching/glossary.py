"""What a text is about, by a glossary of the region's fields in thirteen languages.

The model is small, and weakest in the languages with the least text on the web. The glossary knows that "stem borer" in
Lao and 螟虫 in Chinese are near: the files in `glossary/` hold some nine hundred things, each a handful of near words in
every language. A text's things are compared like words, the rare ones counting more.

What is found becomes a reason that a person reads, so a word that is not there must not be found. In languages that
write words apart a word stands between spaces, with the endings of its language and no others; where an ending may be
anything, the file marks the place in English ("germinat~ion"), and only long words of the languages with rich endings may
have any. In languages that write no spaces words have at least two Chinese characters or four letters, and one that
another known word begins with is not looked for in it: the chilli in black pepper, the train in electric car (Thai).
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

PARTS = Path(__file__).with_name("glossary")

WITHOUT_SPACES = frozenset({"zh", "th", "lo", "my", "km"})
# In these the first word of a compound is its head, so that what a longer known word begins with is another thing.
HEAD_FIRST = WITHOUT_SPACES - {"zh"}
# A word of so many letters or more may have any ending in these.
ENDINGS_FROM = {"bn": 5, "ne": 5, "si": 5, "ur": 6, "hi": 5}
# What may follow a word otherwise, up to the next space.
ENDINGS = {
    "en": r"(?:s|es|ing|ed|'s)?(?:-\S*)?",
    "id": r"(?:nya|an|annya|kan|i|lah|ku|mu)?(?:-\S*)?",
    "bn": r"(?:টি|টা|গুলো|গুলি|ের|র|ে|কে|তে|য়|দের|রা|এর|ও|ই)*",
    "ne": r"(?:को|का|की|मा|मै|ले|लाई|हरू|हरु|बाट|सँग|सँगै|पारि|पालक|ो|ा|ी)*",
    "hi": r"(?:ों|ें|ी|े|ा|ियों|ियाँ|ियां|यों|याँ|ओं|एँ)?",
    "ur": r"(?:وں|یں|ے|یاں|یوں|ں|ات)?",
    "si": r"(?:ය|යේ|යට|ක්|වල|වලට|වලින්|න්|ගේ|ට|ේ|ෙන්|ා|ව|යක්|ුන්|ු|ි|ින්|ී|යන්|යන්ට)*",
}
RELATIVE = {"ms": "id"}

# Words in which a shorter one that the glossary knows is something else: broccoli is no orchid, hail no tick.
HIDES = {
    language: tuple(words.split("/"))
    for language, words in {
        "en": "liquid nitrogen",
        "zh": "西兰花/草地贪夜蛾/胶乳制品/菠萝蜜/番石榴/发电机/故障诊断/电气化/水电工/富营养化/营养钵/植物照明/可编程/"
        "微细颗粒/肉豆蔻/柠檬酸/玻璃钢/牛结节性皮肤病/禽流感/黏土地/土著鱼/集装箱式",
        "th": "ลูกเห็บ/เอื้องหวาย/ว่านหางจระเข้/คลื่นไฟฟ้าหัวใจ/พันธุวิศวกรรม/แรงงานฝีมือ/แผลไฟไหม้",
        "lo": "ໝາກເຫັບ",
        "my": "ပန်းဂျုံ/အုတ်ဂျုံ/စမုန်စပါး/သွားပိုးစား/သားရေလုပ်ငန်း/ဆပ်ပြာမှုန့်/သီဟိုဠ်သရက်/အန်သရက်နို့/ဆိပ်ခံတံတား",
        "km": "ឆ្កួតជ្រូក/ដំឡូងជ្រូក/ជើងដំរី/ប្រទាលកន្ទុយក្រពើ/ផ្លែព្រូន/លើសជីវជាតិទឹក/អ្នកជំងឺ",
        "si": "රෝගී",
    }.items()
}

NAMES = 3
"""A thing is a group of near words; its name is so many of them."""

_BREAK = re.compile(
    r"[\s\u0964\u0965\u06d4\u060c\u061b\u061f!-,.-/:-@\[-`{-}\u2010-\u2027\u3000-\u303f\uff00-\uff0f]+"
)


_files: list[Path] = sorted(PARTS.glob("*.json"))


def parts_before(data: str) -> list[Path]:
    """The files of the glossary but those whose authors had read a set of data ("blind.json") before."""
    return [
        part
        for part in sorted(PARTS.glob("*.json"))
        if json.loads(part.read_text(encoding="utf-8")).get("written_after") != data
    ]


def read_only(files: Sequence[Path]) -> None:
    """Use these files of the glossary from now on: for measurements. What was found before does not hold any more."""
    _files[:] = files
    for known in (_entries, things, _words, things_in):
        known.cache_clear()


@cache
def _entries() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Each thing by its name: its words by language, "~" where any ending may begin."""
    entries: dict[str, Mapping[str, Sequence[str]]] = {}
    for part in _files:
        for concept in json.loads(part.read_text(encoding="utf-8"))["concepts"]:
            entries[_name(concept["forms"]["en"], "en")] = concept["forms"]
    return entries


def _name(words: Sequence[str], language: str) -> str:
    """Up to NAMES words, none of which begins like another: "black pepper / cardamom / cinnamon"."""
    alike = 2 if language == "zh" else 4
    shown: dict[str, str] = {}
    for word in words:
        shown.setdefault(word.casefold()[:alike], word.replace("~", ""))
    return " / ".join(list(shown.values())[:NAMES])


@cache
def things() -> tuple[str, ...]:
    """The name of each thing in English, which is its key."""
    return tuple(_entries())


@cache
def _words(language: str) -> Mapping[str, Sequence[tuple[str, tuple[int, ...], bool]]]:
    """The words of a language by first letter, the longest first: the word, its things, whether any ending may follow."""
    known: dict[str, tuple[set[int], bool]] = {}
    for thing, entry in enumerate(_entries().values()):
        for word in entry.get(language, ()):
            before, mark, _ = word.partition("~")
            stem = _BREAK.sub(" ", normalise(before).casefold()).strip()
            if not stem:
                continue
            meant, open_end = known.get(stem, (set(), False))
            open_end |= (
                bool(mark) or len(stem) >= ENDINGS_FROM.get(language, 99) or language in WITHOUT_SPACES
            )
            known[stem] = meant | {thing}, open_end
            if language == "en" and stem.endswith("y") and not mark:
                known[stem[:-1] + "ies"] = meant | {thing}, False
    by_letter: dict[str, list[tuple[str, tuple[int, ...], bool]]] = {}
    for stem in sorted(known, key=lambda word: (-len(word), word)):
        meant, open_end = known[stem]
        by_letter.setdefault(stem[0], []).append((stem, tuple(sorted(meant)), open_end))
    return by_letter


@cache
def _ending(language: str) -> re.Pattern[str]:
    return re.compile(ENDINGS.get(language, "") + " ")


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
    ending = _ending(language)
    hidden = _hidden(spaced, language)
    found: set[int] = set()
    for at in range(len(spaced)):
        if not everywhere and spaced[at - 1] not in " -":
            continue
        for stem, meant, open_end in words.get(spaced[at], ()):
            after = at + len(stem)
            if spaced.startswith(stem, at) and (open_end or ending.match(spaced, after)):
                if any(first <= at and after <= last and last - first > len(stem) for first, last in hidden):
                    continue
                found.update(meant)
                if language in HEAD_FIRST:
                    break
    return found


def _hidden(spaced: str, language: str) -> list[tuple[int, int]]:
    """From where to where the words stand that hide what they hold."""
    places = []
    for word in HIDES.get(language, ()):
        at = spaced.find(word)
        while at >= 0:
            places.append((at, at + len(word)))
            at = spaced.find(word, at + 1)
    return places


def name_of(thing: str, language: str) -> str:
    """A thing of `same_topic` in a reader's language; in English where the glossary lacks it."""
    entry = _entries()[thing]
    language = language.lower().partition("-")[0]
    words = entry.get(language) or entry.get(RELATIVE.get(language, ""))
    return _name(words, language) if words else thing


class Topics:
    """The things of some texts, and how rare each is among them; makes rows of these and of later texts.

    Rows are divided by the square root of their length, not by their length: who names three things that the other names
    too is nearer than who names one, but a long text is not near to everybody. Halfway worked best on the tuning half
    (the idea is Singhal, Buckley, Mitra: "Pivoted Document Length Normalization", SIGIR 1996).
    """

    # So many imagined texts without a thing make rarity mean something in a request of three profiles.
    IMAGINED = 20

    def __init__(self, texts: Sequence[frozenset[int]]) -> None:
        frequency = Counter(thing for found in texts for thing in found)
        many = len(texts) + self.IMAGINED
        self.rarity = np.asarray(
            [math.log(many / max(frequency[thing], 1)) for thing in range(len(things()))], dtype=np.float32
        )
        lengths = [float(np.linalg.norm(self.rarity[sorted(found)])) for found in texts if found]
        self._typical = float(np.median(lengths)) if lengths else 1.0

    def encode(self, texts: Sequence[frozenset[int]]) -> NDArray[np.float32]:
        """(n, things): rows whose length is 1 for a text of typical length, or 0 where a text names none."""
        table = np.zeros((len(texts), len(things())), dtype=np.float32)
        for row, found in enumerate(texts):
            members = sorted(found)
            table[row, members] = self.rarity[members]
        lengths = np.linalg.norm(table, axis=1, keepdims=True)
        table /= np.sqrt(np.where(lengths > 0, lengths, np.float32(1)) * np.float32(self._typical))
        return table

    def shared(self, one: frozenset[int], other: frozenset[int]) -> list[str]:
        """The things of both, the rarest first."""
        both = sorted(one & other, key=lambda thing: (-self.rarity[thing], thing))
        return [things()[thing] for thing in both]
