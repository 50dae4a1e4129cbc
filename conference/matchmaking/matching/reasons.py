"""Why two profiles were matched, as data that a page can say in the reader's language. The codes stand in docs/matching.md.

A reason speaks to the owner of the list: "wanted" in `trl_fits` with `by: "you"` is what the reader wants. Every match
has at least one; at most three, the weightiest first.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from conference.matchmaking.matching.profiles import Profile, fold
from conference.matchmaking.matching.scoring import (
    BOTH_WANT,
    SAME_TERM,
    WEIGHTS,
    Weights,
    domain_of,
    nearness,
)

Reason = dict[str, Any]

MOST = 3

TOPIC = 0.8
"""What the rarest thing that both texts name counts as a reason, beside texts that are alike altogether."""

TELLING = 0.5
"""From this strength on, texts that are alike are worth saying before other reasons; below it only where there is no other."""


def reasons_for(
    own: Profile,
    other: Profile,
    text: float | None,
    topics: Sequence[str],
    words: Sequence[tuple[str, bool]],
    weights: Weights = WEIGHTS,
) -> list[Reason]:
    """The reasons for `other` in the list of `own`.

    `text`: the strength of the texts' likeness, where there is a model; `topics`: what both texts name, by the glossary;
    `words`: see `SharedWords.shared`.
    """
    found: list[tuple[float, Reason]] = []
    if text is not None and text >= TELLING:
        found.append((weights.text * text, {"code": "similar_text", "strength": round(text, 3)}))
    if topics:
        found.append((weights.text * TOPIC, {"code": "same_topic", "topics": list(topics[:3])}))
    found += _sectors(own, other, weights)
    for rank, (word, is_keyword) in enumerate(words[:2]):
        reason = (
            {"code": "same_keyword", "keyword": word} if is_keyword else {"code": "same_word", "word": word}
        )
        found.append((weights.words / (rank + 1), reason))
    if types := _common(own.cooperation_types, other.cooperation_types):
        found.append((weights.cooperation, {"code": "cooperation", "types": types}))
    found += _countries(own, other, weights)
    found += _maturity(own, other, weights)
    if own.organisation_type and fold(own.organisation_type) in map(fold, other.partner_types):
        found.append(
            (weights.partner, {"code": "partner", "type": own.organisation_type, "wanted_by": "them"})
        )
    if other.organisation_type and fold(other.organisation_type) in map(fold, own.partner_types):
        found.append(
            (weights.partner, {"code": "partner", "type": other.organisation_type, "wanted_by": "you"})
        )
    if spoken := _common(own.languages, other.languages):
        found.append((weights.languages, {"code": "language", "languages": spoken}))
    found.sort(key=lambda each: -each[0])  # stable: equals stay in the order above
    if found:
        return [reason for _, reason in found[:MOST]]
    if text is not None:
        return [{"code": "similar_text", "strength": round(text, 3)}]
    return [{"code": "kinds", "own": own.kind, "other": other.kind}]


def _common(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """What both have, as the first wrote it."""
    if not one or not other:
        return []
    theirs = {fold(each) for each in other}
    return [each for each in one if fold(each) in theirs]


def _sectors(own: Profile, other: Profile, weights: Weights) -> list[tuple[float, Reason]]:
    same = [code for code in own.sectors if code in other.sectors]
    if same:
        return [
            (weights.sectors * SAME_TERM / (1 + at), {"code": "same_sector", "sector": code})
            for at, code in enumerate(same[:2])
        ]
    if not {domain_of(code) for code in own.sectors} & {domain_of(code) for code in other.sectors}:
        return []
    best = max(
        ((nearness(mine, theirs), mine, theirs) for mine in own.sectors for theirs in other.sectors),
        key=lambda each: each[0],
        default=(0.0, "", ""),
    )
    return [(weights.sectors * best[0], {"code": "related_sector", "sector": best[1], "other": best[2]})]


def _countries(own: Profile, other: Profile, weights: Weights) -> list[tuple[float, Reason]]:
    if not own.countries and not other.countries:
        return []
    wanted, theirs = {fold(each) for each in own.countries}, {fold(each) for each in other.countries}
    if other.country and fold(other.country) in wanted:
        return [(weights.countries, {"code": "country", "country": other.country, "how": "they_are_there"})]
    if own.country and fold(own.country) in theirs:
        return [(weights.countries, {"code": "country", "country": own.country, "how": "you_are_there"})]
    both = _common(own.countries, other.countries)
    if both:
        return [
            (weights.countries * BOTH_WANT, {"code": "country", "country": both[0], "how": "both_want_it"})
        ]
    return []


def _maturity(own: Profile, other: Profile, weights: Weights) -> list[tuple[float, Reason]]:
    for wants, has, by in ((own, other, "you"), (other, own, "them")):
        if (
            wants.trl_wanted
            and has.trl
            and wants.trl_wanted[0] <= has.trl[1]
            and has.trl[0] <= wants.trl_wanted[1]
        ):
            reason = {
                "code": "trl_fits",
                "have": has.trl[1],
                "wanted": list(wants.trl_wanted),
                "wanted_by": by,
            }
            return [(weights.maturity, reason)]
    return []


def unknown_sectors(profiles: Sequence[Profile], vocabulary: Container[str]) -> dict[str, list[str]]:
    """Codes that the vocabulary does not have, each with the ids of the profiles that use it."""
    unknown: dict[str, list[str]] = {}
    for profile in profiles:
        for code in profile.sectors:
            if code not in vocabulary:
                unknown.setdefault(code, []).append(profile.id)
    return unknown
