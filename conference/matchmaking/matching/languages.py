"""The language of a text: its script decides where it can, a statistical model where it must.

Profiles carry a field for the language, but people write a Khmer text into an English form. Of the languages of the region most
have a script of their own; for these the letters decide alone. Where several languages share a script, `py3langid` (a
naive Bayes model over byte n-grams, Lui and Baldwin, "langid.py: An Off-the-shelf Language Identification Tool", ACL
2012) chooses among the languages of that script, and the field is believed when the model is nearly undecided.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

# First code point of a range, and its script; "" is for what belongs to no one script (digits, punctuation, emoji).
_RANGES: tuple[tuple[int, str], ...] = (
    (0x0000, ""), (0x0041, "latin"), (0x005B, ""), (0x0061, "latin"), (0x007B, ""), (0x00C0, "latin"),
    (0x0250, ""), (0x0370, "greek"), (0x0400, "cyrillic"), (0x0530, "armenian"), (0x0590, "hebrew"),
    (0x0600, "arabic"), (0x0700, ""), (0x0750, "arabic"), (0x0780, "thaana"), (0x07C0, ""), (0x08A0, "arabic"),
    (0x0900, "devanagari"), (0x0964, ""), (0x0966, "devanagari"), (0x0980, "bengali"), (0x0A00, "gurmukhi"),
    (0x0A80, "gujarati"), (0x0B00, "odia"), (0x0B80, "tamil"), (0x0C00, "telugu"), (0x0C80, "kannada"),
    (0x0D00, "malayalam"), (0x0D80, "sinhala"), (0x0E00, "thai"), (0x0E80, "lao"), (0x0F00, "tibetan"),
    (0x1000, "myanmar"), (0x10A0, "georgian"), (0x1100, "hangul"), (0x1200, "ethiopic"), (0x1380, ""),
    (0x1780, "khmer"), (0x1800, "mongolian"), (0x18B0, ""), (0x19E0, "khmer"), (0x1A00, ""), (0x1E00, "latin"),
    (0x1F00, "greek"), (0x2000, ""), (0x2E80, "han"), (0x3000, ""), (0x3040, "kana"), (0x3100, ""),
    (0x3130, "hangul"), (0x3190, ""), (0x31F0, "kana"), (0x3200, ""), (0x3400, "han"), (0xA000, ""),
    (0xA960, "hangul"), (0xA980, ""), (0xA9E0, "myanmar"), (0xAA00, ""), (0xAA60, "myanmar"), (0xAA80, ""),
    (0xAC00, "hangul"), (0xD800, ""), (0xF900, "han"), (0xFB00, ""), (0xFB50, "arabic"), (0xFE00, ""),
    (0xFE70, "arabic"), (0xFF00, ""), (0xFF66, "kana"), (0xFFA0, ""), (0x20000, "han"), (0x32000, ""),
)  # fmt: skip
_STARTS = tuple(start for start, _ in _RANGES)

# Languages of a script. One: the letters decide. Several: the model chooses among them. () with a script: among all.
LANGUAGES_OF: dict[str, tuple[str, ...]] = {
    "thai": ("th",),
    "lao": ("lo",),
    "myanmar": ("my",),
    "khmer": ("km",),
    "sinhala": ("si",),
    "bengali": ("bn",),
    "devanagari": ("hi", "ne", "mr"),
    "arabic": ("ur", "fa", "ar", "ps", "ug"),
    "han": ("zh",),
    "kana": ("ja",),
    "hangul": ("ko",),
    "cyrillic": ("ru", "uk", "bg", "sr", "mk", "kk", "ky", "mn", "tg", "be"),
    "latin": (
        "en", "vi", "id", "ms", "tl", "jv", "fr", "de", "es", "pt", "it", "nl", "pl", "tr", "sw", "ro", "cs",
        "sv", "da", "no", "fi", "hu", "uz", "az",
    ),
    "tamil": ("ta",),
    "telugu": ("te",),
    "kannada": ("kn",),
    "malayalam": ("ml",),
    "gujarati": ("gu",),
    "gurmukhi": ("pa",),
    "odia": ("or",),
    "tibetan": ("bo",),
    "thaana": ("dv",),
    "hebrew": ("he",),
    "greek": ("el",),
    "armenian": ("hy",),
    "georgian": ("ka",),
    "ethiopic": ("am",),
    "mongolian": ("mn",),
}  # fmt: skip

UNKNOWN = "und"
"""What `detect` answers for a text without letters."""

# The share of a script is weighed: a Thai text full of English names of products is still Thai, an English one with a Thai
# name in brackets is English. Han letters count for more, since one says more than a Latin letter.
_WEIGHT_OF_A_LETTER = {"han": 2.5, "kana": 2.0, "hangul": 2.0, "latin": 0.35}

# How many natural-log units, and how many per letter, the model must prefer another language by before the field is not
# believed.
_FIELD_MARGIN, _FIELD_MARGIN_PER_LETTER = 4.0, 0.25

# "TRL 8" is in no language: with fewer Latin letters than this and no field, a text counts as English.
_FEW_LETTERS = 12

_HINT = re.compile("[a-z]{2,3}")

_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")

# One look, several ways to type it, which Unicode does not call equal. Each pattern becomes what stands beside it.
_LOOK_ALIKES = (
    # Thai and Lao AM: the ring and AA typed apart, a tone before or between.
    (re.compile("\u0e4d([\u0e48-\u0e4b]*)\u0e32"), "\\1\u0e33"),
    (re.compile("\u0ecd([\u0ec8-\u0ecb]*)\u0eb2"), "\\1\u0eb3"),
    # Thai and Lao AE typed as E twice.
    (re.compile("\u0e40\u0e40"), "\u0e41"),
    (re.compile("\u0ec0\u0ec0"), "\u0ec1"),
    # Lao HO NO and HO MO as two letters.
    (re.compile("\u0eab\u0e99"), "\u0edc"),
    (re.compile("\u0eab\u0ea1"), "\u0edd"),
    # Khmer: DA below a letter looks as TA does; OO and OE typed in two parts.
    (re.compile("\u17d2\u178a"), "\u17d2\u178f"),
    (re.compile("\u17c1\u17b6"), "\u17c4"),
    (re.compile("\u17c1\u17b8"), "\u17be"),
)
# A tone typed behind AM.
_AM_AND_TONES = re.compile("[\u0e33\u0e48-\u0e4b]{2,}|[\u0eb3\u0ec8-\u0ecb]{2,}")
_SOUTHEAST = re.compile("[\u0e00-\u0eff\u1780-\u17ff]")


def normalise(text: str) -> str:
    """NFC, without invisible marks and control characters, one space between words, what looks the same written the same.

    The joiners U+200C and U+200D stay: Sinhala, Bengali and Urdu spell with them. The zero-width space goes: Khmer,
    Lao and Burmese writers use it or not as their keyboards please.
    """
    clean = text.encode("utf-8", "ignore").decode("utf-8")  # a JSON file can carry half a surrogate pair
    clean = unicodedata.normalize("NFC", clean.translate(_INVISIBLE))
    if _SOUTHEAST.search(clean):
        for pattern, one in _LOOK_ALIKES:
            clean = pattern.sub(one, clean)
        clean = _AM_AND_TONES.sub(_tones_first, clean)
        clean = unicodedata.normalize("NFC", clean)
    return _SPACE.sub(" ", clean).strip()


def _tones_first(found: re.Match[str]) -> str:
    return "".join(sorted(found.group(), key=lambda letter: letter in "\u0e33\u0eb3"))


def scripts_of(text: str) -> Counter[str]:
    """How many letters (marks included) of each script a text has."""
    counted: Counter[str] = Counter()
    for letter, times in Counter(text).items():
        if script := _RANGES[bisect_right(_STARTS, ord(letter)) - 1][1]:
            counted[script] += times
    return counted


def detect(text: str, hint: str = "") -> str:
    """The language of a text as a two-letter code; `hint` is what its author said. `UNKNOWN` for a text without letters
    (numbers, emoji), whatever its author said: it has no language, and where nothing else can be said."""
    hint = hint.replace("_", "-").lower().partition("-")[0]
    if not _HINT.fullmatch(hint):
        hint = ""
    scripts = scripts_of(text)
    if not scripts:
        return UNKNOWN
    script = max(scripts, key=lambda name: (scripts[name] * _WEIGHT_OF_A_LETTER.get(name, 1.0), name))
    if script == "han" and scripts["kana"] * 6 > scripts["han"]:
        script = "kana"
    languages = LANGUAGES_OF.get(script, ())
    if len(languages) == 1:
        return languages[0]
    if not languages:
        return hint or UNKNOWN
    letters = scripts[script]
    if script == "latin" and letters < _FEW_LETTERS:
        return hint if hint in languages else "en"
    scores = {str(name): float(score) for name, score in _identifier().rank(text) if name in languages}
    best = max(scores, key=lambda name: (scores[name], name))
    if hint in scores and scores[best] - scores[hint] <= _FIELD_MARGIN + _FIELD_MARGIN_PER_LETTER * letters:
        return hint
    return best


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE)
