"""Countries and regions by their names in the reader's language, from CLDR; those of the region come first."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

REGION = (
    "CN", "BN", "KH", "ID", "LA", "MY", "MM", "PH", "SG", "TH", "TL", "VN",
    "AF", "BD", "BT", "IN", "MV", "NP", "PK", "LK", "HK", "MO", "TW",
)  # fmt: skip

# CLDR lists these beside countries: unions, exercises, and islands without people of their own.
NOT_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}


def locale_of(language: str) -> Locale:
    """Babel's locale for one of our language tags; English where CLDR has none."""
    try:
        return Locale.parse(to_locale(language))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=16)
def _names(language: str) -> dict[str, str]:
    territories = locale_of(language).territories
    return {
        code: name
        for code, name in territories.items()
        if len(code) == 2 and code.isalpha() and code not in NOT_COUNTRIES
    }


def country_names() -> dict[str, str]:
    """Code -> name in the reader's language."""
    return _names(get_language() or "en")


def country_name(code: str) -> str:
    """The name in the reader's language; the code itself where it is not known."""
    return country_names().get(code, code)


def country_choices() -> list[tuple[object, object]]:
    """For a select: nothing, the region, then all in alphabetical order."""
    names = country_names()
    rest = sorted(
        ((code, name) for code, name in names.items() if code not in REGION),
        key=lambda pair: pair[1].casefold(),
    )
    region = [(code, names[code]) for code in REGION if code in names]
    return [("", _("Choose")), (_("South and Southeast Asia"), region), (_("All others"), rest)]


def countries_matching(text: str) -> list[str]:
    """Codes of the countries whose name in the reader's language holds `text`."""
    wanted = text.casefold()
    return [code for code, name in country_names().items() if wanted in name.casefold()]
