"""The texts by which the matching is measured: enough of them, spread evenly, and none that gives its answer away."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conference.accounts.sectors import SECTORS
from conference.matchmaking import matching

LANGUAGES = ("zh", "en", "th", "lo", "my", "km", "vi", "id", "bn", "ur", "ne", "hi", "si")
EVALUATION = json.loads(
    Path(__file__).with_name("data").joinpath("evaluation.json").read_text(encoding="utf-8")
)
REFERENCE: dict[str, list[str]] = json.loads(
    Path(matching.__path__[0]).joinpath("reference.json").read_text(encoding="utf-8")
)
PAIRS: list[dict[str, Any]] = EVALUATION["pairs"]
DISTRACTORS: list[dict[str, Any]] = EVALUATION["distractors"]


def profiles() -> Iterator[dict[str, Any]]:
    for pair in PAIRS:
        yield pair["need"]
        yield pair["offer"]
    yield from DISTRACTORS


def text(profile: dict[str, Any]) -> str:
    return f"{profile['title']} {profile.get('summary', '')}".strip()


def grams(words: str) -> set[str]:
    plain = "".join(mark for mark in words.casefold() if unicodedata.category(mark)[0] in "LMN")
    return {plain[start : start + 4] for start in range(max(1, len(plain) - 3))}


def alike(one: str, other: str) -> float:
    first, second = grams(one), grams(other)
    return len(first & second) / len(first | second)


def test_there_are_enough_pairs_and_wrong_neighbours_in_every_language() -> None:
    assert len(PAIRS) >= 130 and len(DISTRACTORS) >= 60
    needs = Counter(pair["need"]["language"] for pair in PAIRS)
    assert set(needs) == set(LANGUAGES) and min(needs.values()) >= 10
    offers = Counter(pair["offer"]["language"] for pair in PAIRS)
    assert 0.1 <= 1 - (offers["zh"] + offers["en"]) / len(PAIRS) <= 0.25


def test_the_two_halves_are_balanced_by_language_and_by_domain() -> None:
    assert {pair["half"] for pair in PAIRS} == {"tuning", "test"}
    for place in (lambda pair: pair["need"]["language"], lambda pair: pair["sector"][0], lambda pair: "all"):
        halves = Counter((place(pair), pair["half"]) for pair in PAIRS)
        for value in {place(pair) for pair in PAIRS}:
            assert abs(halves[value, "tuning"] - halves[value, "test"]) <= 1, value


def test_every_profile_is_complete_and_named_once() -> None:
    names = [profile["id"] for profile in profiles()] + [pair["id"] for pair in PAIRS]
    assert len(set(names)) == len(names)
    for profile in profiles():
        assert 5 <= len(profile["title"]) <= 120 and len(profile.get("summary", "")) <= 500, profile["id"]
        assert set(profile) <= {"id", "kind", "language", "title", "summary", "keywords", "sectors"}
        assert all(isinstance(word, str) and word.strip() for word in profile.get("keywords", []))
    assert {pair["need"]["kind"] for pair in PAIRS} == {"tech_need"}
    assert {profile["kind"] for profile in (*DISTRACTORS, *(p["offer"] for p in PAIRS))} == {"tech_offer"}


def test_all_sectors_are_of_the_vocabulary_and_every_domain_is_there() -> None:
    for profile in profiles():
        assert "sectors" not in profile or 1 <= len(profile["sectors"]) <= 3, profile["id"]
        assert set(profile.get("sectors", ())) <= set(SECTORS), profile["id"]
    assert {pair["sector"] for pair in PAIRS} <= set(SECTORS)
    assert {pair["sector"][0] for pair in PAIRS} == set("ABCDEFGHIJ")


def test_some_profiles_leave_out_what_people_leave_out() -> None:
    for field, at_least in (("summary", 0.05), ("keywords", 0.25), ("sectors", 0.05)):
        missing = sum(field not in pair["need"] for pair in PAIRS) / len(PAIRS)
        assert at_least <= missing <= 0.7, field


def test_no_text_is_there_twice_and_none_is_a_near_copy_of_a_reference_text() -> None:
    texts = [text(profile) for profile in profiles()]
    assert len(set(texts)) == len(texts)
    assert not set(texts) & {sentence for sentences in REFERENCE.values() for sentence in sentences}
    for profile in profiles():
        for sentence in REFERENCE[profile["language"]]:
            assert alike(text(profile), sentence) < 0.3, (profile["id"], sentence)


def test_a_need_and_its_offer_do_not_share_their_sentences() -> None:
    for pair in PAIRS:
        assert alike(text(pair["need"]), text(pair["offer"])) < 0.25, pair["id"]


@pytest.mark.parametrize("language", sorted({*LANGUAGES, *REFERENCE}))
def test_reference_texts_are_parallel_in_every_language(language: str) -> None:
    sentences = REFERENCE[language]
    assert len(sentences) == len(REFERENCE["en"]) == len(set(sentences)) and 24 <= len(sentences) <= 32
    assert all(sentence == sentence.strip() and sentence for sentence in sentences)
