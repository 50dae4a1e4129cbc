"""Which kinds of profiles there are, and which meet which."""

from __future__ import annotations

KINDS: tuple[str, ...] = (
    "tech_offer",
    "tech_need",
    "business_offer",
    "business_need",
    "rd_partner_search",
    "facility_offer",
    "challenge",
    "investment_project",
    "investor",
    "position",
    "candidate",
)

MEETS: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in (
        ("tech_offer", "tech_need"),
        ("tech_offer", "challenge"),
        ("business_offer", "business_need"),
        ("rd_partner_search", "rd_partner_search"),
        ("rd_partner_search", "facility_offer"),
        ("investment_project", "investor"),
        ("position", "candidate"),
    )
)
"""The pairs of kinds that suit each other; a set of one kind meets itself. `Rules.kinds` of a request replaces this table."""


def counterparts(kind: str, meets: frozenset[frozenset[str]] = MEETS) -> frozenset[str]:
    """The kinds that a profile of this kind may be matched with."""
    return frozenset(
        other for pair in meets if kind in pair for other in (pair - {kind} if len(pair) > 1 else pair)
    )
