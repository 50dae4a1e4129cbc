from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
from django.utils import translation

from conference.accounts.sectors import DOMAINS, LANGUAGES, SECTORS
from conference.core.text import LANGUAGE_TAG, localise

SCRIPTS = {
    "zh-hans": "CJK",
    "th": "THAI",
    "lo": "LAO",
    "my": "MYANMAR",
    "km": "KHMER",
    "bn": "BENGALI",
    "ur": "ARABIC",
    "ne": "DEVANAGARI",
    "hi": "DEVANAGARI",
    "si": "SINHALA",
}


def test_the_vocabulary_has_ten_domains_and_67_terms_in_order() -> None:
    assert "".join(domain.code for domain in DOMAINS) == "ABCDEFGHIJ"
    assert [len(domain.terms) for domain in DOMAINS] == [12, 7, 3, 6, 8, 5, 8, 7, 5, 6]
    for domain in DOMAINS:
        assert [term.code for term in domain.terms] == [
            f"{domain.code}{number}" for number in range(1, len(domain.terms) + 1)
        ]
    assert len(SECTORS) == 77


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_domain_and_term_has_its_own_name_in_every_language(language: str) -> None:
    assert LANGUAGE_TAG.match(language)
    names = [sector.name[language] for sector in SECTORS.values()]
    assert all(name and name == name.strip() and len(name) <= 80 for name in names)
    assert len(set(names)) == len(names)
    assert all(set(sector.name) == set(LANGUAGES) for sector in SECTORS.values())


@pytest.mark.parametrize(("language", "script"), SCRIPTS.items())
def test_names_are_written_in_the_script_of_their_language(language: str, script: str) -> None:
    for sector in SECTORS.values():
        letters = [mark for mark in sector.name[language] if unicodedata.category(mark)[0] == "L"]
        strange = [mark for mark in letters if not unicodedata.name(mark).startswith(script)]
        assert strange == [], (sector.code, sector.name[language])


def test_a_reader_sees_the_name_in_their_language() -> None:
    with translation.override("zh-hans"):
        assert localise(SECTORS["A9"].name) == "植保与跨境病虫害"
    assert localise(SECTORS["A9"].name, "en") == "Plant protection & cross-border pests"
    assert localise(SECTORS["E2"].name, "vi") == "Điện mặt trời"
    assert localise(SECTORS["E2"].name, "fr") == "Solar"


def test_the_vocabulary_is_read_without_django() -> None:
    code = (
        "import sys; import conference.accounts.sectors as s; print(len(s.SECTORS), 'django' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["77", "False"]
