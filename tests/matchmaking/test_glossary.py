"""The glossary that bridges the languages: whole in each language, in the right scripts, and without ambiguity."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "conference"
PARTS = sorted((ROOT / "matchmaking" / "matching" / "glossary").glob("*.json"))
SECTORS = json.loads((ROOT / "accounts" / "sectors.json").read_text(encoding="utf-8"))
SCRIPTS = {
    "en": "LATIN",
    "zh": "CJK",
    "th": "THAI",
    "lo": "LAO",
    "my": "MYANMAR",
    "km": "KHMER",
    "vi": "LATIN",
    "id": "LATIN",
    "bn": "BENGALI",
    "ur": "ARABIC",
    "hi": "DEVANAGARI",
    "ne": "DEVANAGARI",
    "si": "SINHALA",
    "ms": "LATIN",
}
# Names that the other scripts of the region also write in Latin letters.
LATIN_NAMES = frozenset({"LoRa", "IoT", "NPK", "PCR", "DNA", "RFID", "GPS", "SaaS", "CO2", "pH"})

# Narrower things that a text names together with the wider one: upland rice is rice.
BOTH = frozenset({("zh", "旱稻"), ("zh", "杂交稻")})


def concepts() -> list[tuple[str, dict]]:
    return [
        (part.name, concept)
        for part in PARTS
        for concept in json.loads(part.read_text(encoding="utf-8"))["concepts"]
    ]


def script_of(letter: str) -> str:
    return unicodedata.name(letter).split()[0].split("-")[0]


def test_the_glossary_has_parts_with_concepts():
    assert PARTS
    assert len(concepts()) >= 200


def test_no_two_concepts_have_the_same_id():
    ids = [concept["id"] for _, concept in concepts()]
    assert sorted({one for one in ids if ids.count(one) > 1}) == []


def test_every_concept_speaks_every_language_in_one_to_eight_forms():
    wrong = [
        (part, concept["id"], language)
        for part, concept in concepts()
        for language in SCRIPTS.keys() | concept["forms"].keys()
        if language not in SCRIPTS or not 1 <= len(concept["forms"].get(language, [])) <= 8
    ]
    assert wrong == []


def test_every_sector_of_a_concept_is_in_the_vocabulary():
    wrong = [
        (part, concept["id"], sector)
        for part, concept in concepts()
        for sector in concept["sectors"]
        if sector not in SECTORS
    ]
    assert wrong == []


def test_no_form_is_empty_or_a_single_character():
    wrong = [
        (part, concept["id"], language, form)
        for part, concept in concepts()
        for language, forms in concept["forms"].items()
        for form in forms
        if form != form.strip() or len(form) < 2
    ]
    assert wrong == []


@pytest.mark.parametrize("language", SCRIPTS)
def test_every_form_is_written_in_the_script_of_its_language(language: str):
    wrong = []
    for part, concept in concepts():
        for form in concept["forms"][language]:
            rest = " ".join(word for word in form.split() if word not in LATIN_NAMES)
            scripts = {script_of(letter) for letter in rest if letter.isalpha()}
            capitals = all(letter.isupper() for letter in rest if letter.isascii() and letter.isalpha())
            allowed = {SCRIPTS[language]} | ({"LATIN"} if capitals else set())
            if not scripts <= allowed:
                wrong.append((part, concept["id"], form, sorted(scripts)))
    assert wrong == []


def test_no_form_names_two_concepts_in_one_language():
    owners = defaultdict(set)
    for _, concept in concepts():
        for language, forms in concept["forms"].items():
            for form in forms:
                owners[language, unicodedata.normalize("NFKC", form).casefold()].add(concept["id"])
    assert {key: sorted(ids) for key, ids in owners.items() if len(ids) > 1 and key not in BOTH} == {}
