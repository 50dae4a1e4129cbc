"""The languages of the region, each by its own name: for session languages, spoken languages and captions."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext_lazy as _

LANGUAGES: dict[str, tuple[str, object]] = {
    "zh": ("中文", _("Chinese")),
    "en": ("English", _("English")),
    "th": ("ไทย", _("Thai")),
    "lo": ("ລາວ", _("Lao")),
    "my": ("မြန်မာ", _("Burmese")),
    "km": ("ខ្មែរ", _("Khmer")),
    "vi": ("Tiếng Việt", _("Vietnamese")),
    "id": ("Bahasa Indonesia", _("Indonesian")),
    "ms": ("Bahasa Melayu", _("Malay")),
    "tl": ("Filipino", _("Filipino")),
    "bn": ("বাংলা", _("Bengali")),
    "ur": ("اردو", _("Urdu")),
    "ne": ("नेपाली", _("Nepali")),
    "si": ("සිංහල", _("Sinhala")),
    "ta": ("தமிழ்", _("Tamil")),
    "hi": ("हिन्दी", _("Hindi")),
    "dz": ("རྫོང་ཁ", _("Dzongkha")),
    "dv": ("ދިވެހި", _("Dhivehi")),
    "ps": ("پښتو", _("Pashto")),
    "fa": ("فارسی", _("Persian")),
    "fr": ("Français", _("French")),
    "de": ("Deutsch", _("German")),
    "es": ("Español", _("Spanish")),
    "ru": ("Русский", _("Russian")),
    "ja": ("日本語", _("Japanese")),
    "ko": ("한국어", _("Korean")),
}

# Names of scripts as Unicode begins the names of their letters; the languages here that own a script alone.
_SCRIPTS = {
    "CJK": "zh-hans", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "THAI": "th", "LAO": "lo",
    "MYANMAR": "my", "KHMER": "km", "BENGALI": "bn", "SINHALA": "si", "TAMIL": "ta", "TIBETAN": "dz", "THAANA": "dv",
}  # fmt: skip

RIGHT_TO_LEFT = {"ur", "fa", "ps", "dv", "ar", "he"}


def own_name(tag: str) -> str:
    """The language's name in its own script; the tag itself where it is not known."""
    entry = LANGUAGES.get(tag.lower().split("-")[0])
    return entry[0] if entry else tag


def language_of_writing(text: str) -> str:
    """The language that the letters tell, where a script belongs to one; "en" where they do not."""
    if text.isascii():
        return "en"
    scripts = Counter(unicodedata.name(letter, "").split(" ")[0] for letter in text[:400] if letter.isalpha())
    found = [(count, script) for script, count in scripts.items() if script in _SCRIPTS]
    if not found or max(found)[0] * 4 < sum(scripts.values()):
        return "en"
    # Japanese is written with Han characters too, Chinese never with kana.
    kana = scripts["HIRAGANA"] + scripts["KATAKANA"]
    return "ja" if kana else _SCRIPTS[max(found)[1]]


def choices() -> list[tuple[str, str]]:
    """For forms: tag and "own name (name in the reader's language)", once where both are the same."""
    return [(tag, own if own == str(name) else f"{own} ({name})") for tag, (own, name) in LANGUAGES.items()]


def offered(*texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """The languages in which a form offers these texts: those of the installation, and those that the texts came with."""
    tags = dict(settings.CONTENT_LANGUAGES)
    for text in texts:
        for tag in text:
            tags.setdefault(tag, own_name(tag))
    return list(tags.items())
