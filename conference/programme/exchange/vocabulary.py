"""Words that other systems write freely, as ours: types of session, tags and names of languages."""

from __future__ import annotations

import re
from functools import cache

from babel import Locale
from babel.core import get_global

from conference.core.languages import LANGUAGES, language_of_writing
from conference.core.text import LANGUAGE_TAG

# The first that fits decides: a "keynote talk" is a keynote, a "panel discussion workshop" a workshop.
_KINDS = (
    ("opening", r"opening|closing|ceremony|welcome|inaugurat|eröffnung|开幕|闭幕|仪式"),
    ("keynote", r"keynote|plenary|主旨|主题演讲"),
    ("break", r"break|lunch|coffee|dinner|pause|reception|茶歇|午餐|晚餐|休息"),
    ("roadshow", r"road\s?show|pitch|路演"),
    ("docking", r"docking|match\s?making|b2b|brokerage|对接|洽谈"),
    ("training", r"training|course|培训"),
    ("workshop", r"workshop|tutorial|hands-on|seminar|工作坊|研讨|研修"),
    ("panel", r"panel|podium|round\s?table|discussion|debate|forum|圆桌|论坛|座谈"),
    ("talk", r"talk|lecture|presentation|vortrag|speech|paper|报告|演讲|讲座"),
)
_KIND_PATTERNS = tuple((kind, re.compile(words)) for kind, words in _KINDS)
_OWN_KINDS = frozenset({kind for kind, _words in _KINDS} | {"other"})


def kind_of(written: str) -> str:
    """Our type of session for what a file calls it; without a word it is a talk, an unknown word is something else."""
    word = written.strip().casefold()
    if not word or word in _OWN_KINDS:
        return word or "talk"
    return next((kind for kind, pattern in _KIND_PATTERNS if pattern.search(word)), "other")


@cache
def _english_names() -> dict[str, str]:
    return {name.casefold(): tag for tag, name in Locale("en").languages.items() if "_" not in tag}


def spoken_language(written: str) -> str:
    """The tag of a session's language as we keep it: `de` for `de-DE` and `deu`, `zh` for `zh-CN`, `cmn` and `Chinese`."""
    tag = written.strip().lower().replace("_", "-")
    primary, _dash, rest = tag.partition("-")
    if len(primary) > 3:
        primary, rest = _english_names().get(primary, ""), ""
    primary = str(get_global("language_aliases").get(primary, primary)).split("_")[0]
    if primary in LANGUAGES or not rest:
        return primary
    return f"{primary}-{rest}" if LANGUAGE_TAG.match(f"{primary}-{rest}") else primary


def text_language(language: str, text: str) -> str:
    """The tag under which a text of a session in `language` is kept; where that is not known, the writing tells."""
    spoken = spoken_language(language)
    if not spoken:
        return language_of_writing(text)
    if spoken.split("-")[0] == "zh":
        return "zh-hant" if re.search(r"hant|tw|hk|mo", language.lower()) else "zh-hans"
    return spoken
