"""The score of a pair: what is known about it, weighed. All weights of the engine stand in `WEIGHTS`.

Each kind of evidence gives a value between 0 and 1, or nothing when one of the two did not say. A side's score is the
weighted mean of the evidence that is known to it, with a small weight of PRIOR_WEIGHT on PRIOR so that little evidence
is not taken for much. Nobody loses for a field left empty.

What both said counts for both alike (text, sectors, cooperation, languages). What one wants and the other has counts
for the side that wants it (countries, kinds of partner, maturity). The pair's score is the harmonic mean of its two
sides, as in reciprocal recommenders (Pizzato, Rej, Chung, Koprinska, Kay: "RECON: a reciprocal recommender for online
dating", RecSys 2010): a match that leaves one side cold is no match. Words in common can only raise it, because their
absence says nothing across languages.

Shapes: a pairs b in blocks (a, b), float32.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from conference.matchmaking.matching.profiles import Profile, fold
from conference.matchmaking.matching.similarity import strength
from conference.matchmaking.matching.words import SharedWords

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each kind of evidence counts, relative to the others that are known."""

    text: float = 0.50
    sectors: float = 0.25
    cooperation: float = 0.10
    countries: float = 0.10
    maturity: float = 0.10
    partner: float = 0.05
    languages: float = 0.05
    words: float = 0.25  # the share of what is missing to 1 that common words can add


WEIGHTS = Weights()

PRIOR, PRIOR_WEIGHT = 0.30, 0.05

SAME_TERM, TERM_OF_DOMAIN, SAME_DOMAIN = 1.0, 0.6, 0.3
"""How near two codes of the sector vocabulary are: the same; a term and its own domain; two terms of one domain."""

BOTH_WANT = 0.7
"""Two that want to work in the same country, where neither is at home."""

TRL_REACH = 3
"""How many levels short of the wanted maturity is no fit at all."""

_CODE = re.compile(r"([A-Z]+)(\d+)")


@lru_cache(maxsize=65_536)
def domain_of(code: str) -> str:
    """The domain of a term of the vocabulary ("A" of "A9"); a domain, or a code of another form, is its own."""
    found = _CODE.fullmatch(code)
    return found.group(1) if found else code


@lru_cache(maxsize=65_536)
def nearness(one: str, other: str) -> float:
    """Of two codes in the tree of the vocabulary, 0 to 1."""
    if one == other:
        return SAME_TERM
    if domain_of(one) != domain_of(other):
        return 0.0
    return TERM_OF_DOMAIN if domain_of(one) in (one, other) else SAME_DOMAIN


@dataclass(frozen=True, slots=True)
class Features:
    """Profiles as arrays, one row each. Rows of sets are 1 where the set has the column's member."""

    text: Floats  # (n, d), see similarity.with_topics
    radius: Floats  # (n,) see similarity.radius
    sectors: Floats  # each row sums to 1, or to 0 where nothing is known
    reach: Floats  # the nearness of each code to the nearest of the profile's
    cooperation: Floats
    at_home: Floats  # in which country
    wanted_countries: Floats
    organisation_type: Floats
    wanted_partners: Floats
    trl: Floats  # (n, 2), NaN where unknown
    trl_wanted: Floats
    languages: Floats
    newcomer: Floats  # (n,) see fairness.newcomer_factor
    words: sparse.csr_matrix

    def take(self, rows: NDArray[np.int64] | slice) -> Features:
        """Those rows."""
        return Features(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


class Encoder:
    """Knows the members of all sets that some profiles use; makes features of these and of later profiles."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self.words = SharedWords(profiles)
        self._sectors = _columns(code for profile in profiles for code in profile.sectors)
        codes = list(self._sectors)
        near = [[nearness(one, other) for other in codes] for one in codes]
        self._near = np.asarray(near, dtype=np.float32).reshape(len(codes), len(codes))
        self._cooperation = _columns(fold(each) for p in profiles for each in p.cooperation_types)
        self._countries = _columns(fold(each) for p in profiles for each in (p.country, *p.countries))
        self._types = _columns(
            fold(each) for p in profiles for each in (p.organisation_type, *p.partner_types)
        )
        self._languages = _columns(fold(each) for p in profiles for each in p.languages)

    def encode(self, profiles: Sequence[Profile], text: Floats, newcomer: Floats) -> Features:
        """The features of profiles; `radius` is 0 until it is known."""
        sectors = _sets([profile.sectors for profile in profiles], self._sectors)
        reach = np.zeros_like(sectors)
        for row, profile in enumerate(profiles):
            known = [self._sectors[code] for code in profile.sectors if code in self._sectors]
            if known:
                reach[row] = self._near[known].max(axis=0)
        counts = np.asarray([max(len(profile.sectors), 1) for profile in profiles], dtype=np.float32)
        return Features(
            text=text,
            radius=np.zeros(len(profiles), dtype=np.float32),
            sectors=sectors / counts[:, None],
            reach=reach,
            cooperation=_sets([map(fold, p.cooperation_types) for p in profiles], self._cooperation),
            at_home=_sets([[fold(p.country)] for p in profiles], self._countries),
            wanted_countries=_sets([map(fold, p.countries) for p in profiles], self._countries),
            organisation_type=_sets([[fold(p.organisation_type)] for p in profiles], self._types),
            wanted_partners=_sets([map(fold, p.partner_types) for p in profiles], self._types),
            trl=_levels([profile.trl for profile in profiles]),
            trl_wanted=_levels([profile.trl_wanted for profile in profiles]),
            languages=_sets([map(fold, p.languages) for p in profiles], self._languages),
            newcomer=newcomer,
            words=self.words.encode(profiles),
        )


def _columns(members: Iterable[str]) -> dict[str, int]:
    return {member: at for at, member in enumerate(sorted({each for each in members if each}))}


def _sets(rows: Sequence[Iterable[str]], columns: Mapping[str, int]) -> Floats:
    table = np.zeros((len(rows), len(columns)), dtype=np.float32)
    for at, row in enumerate(rows):
        for member in row:
            if member in columns:
                table[at, columns[member]] = 1.0
    return table


def _levels(rows: Sequence[tuple[int, int] | None]) -> Floats:
    return np.asarray([row or (np.nan, np.nan) for row in rows], dtype=np.float32).reshape(len(rows), 2)


def score(a: Features, b: Features, weights: Weights = WEIGHTS) -> Floats:
    """The scores of all pairs of a block, rounded to six decimals so that no order of additions shows."""
    shape = (len(a.radius), len(b.radius))
    both = _Sum(shape)
    if weights.text:
        corrected = a.text @ b.text.T
        corrected -= a.radius[:, None] / 2
        corrected -= b.radius[None, :] / 2
        both.add(weights.text, strength(corrected), None)
    if a.sectors.any() and b.sectors.any():
        value = np.float32(0.5) * (a.sectors @ b.reach.T + a.reach @ b.sectors.T)
        both.add(weights.sectors, value, _known(a.sectors, b.sectors))
    for weight, one, other in (
        (weights.cooperation, a.cooperation, b.cooperation),
        (weights.languages, a.languages, b.languages),
    ):
        if one.any() and other.any():
            both.add(weight, _meet(one, other), _known(one, other))
    result = _two_sided(both, a, b, weights)
    if a.words.nnz and b.words.nnz:
        common = np.asarray((a.words @ b.words.T).todense(), dtype=np.float32)
        result += (1.0 - result) * weights.words * np.minimum(common, 1.0)
    result *= a.newcomer[:, None]
    result *= b.newcomer[None, :]
    return np.asarray(np.rint(np.clip(result, 0.0, 1.0) * 1e6) / 1e6, dtype=np.float32)


class _Sum:
    """A weighted mean in the making."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.value: Floats = np.full(shape, PRIOR * PRIOR_WEIGHT, dtype=np.float32)
        self.weight: Floats = np.full(shape, PRIOR_WEIGHT, dtype=np.float32)

    def add(self, weight: float, value: Floats, known: Floats | None) -> None:
        if known is None:
            self.value += np.float32(weight) * value
            self.weight += np.float32(weight)
        else:
            self.value += np.float32(weight) * value * known
            self.weight += np.float32(weight) * known

    def copy(self) -> _Sum:
        other = _Sum((0, 0))
        other.value, other.weight = self.value.copy(), self.weight.copy()
        return other

    def mean(self) -> Floats:
        return self.value / self.weight


def _two_sided(both: _Sum, a: Features, b: Features, weights: Weights) -> Floats:
    """What both said, with what each side wants of the other; the harmonic mean of the two."""
    sides = [both, both]
    for side, (wants, has) in enumerate(((a, b), (b, a))):
        own = None
        for weight, evidence in (
            (weights.countries, _country_fit),
            (weights.partner, _partner_fit),
            (weights.maturity, _maturity_fit),
        ):
            found = evidence(wants, has)
            if found is not None:
                own = own or both.copy()
                value, known = found if side == 0 else (found[0].T, found[1].T)
                own.add(weight, value, known)
        sides[side] = own or both
    one = sides[0].mean()
    if sides[0] is sides[1]:
        return one
    other = sides[1].mean()
    return np.asarray(2.0 * one * other / np.maximum(one + other, 1e-9), dtype=np.float32)


def _known(one: Floats, other: Floats) -> Floats:
    mine, theirs = one.any(axis=1, keepdims=True), other.any(axis=1, keepdims=True)
    return np.asarray(mine & theirs.T, dtype=np.float32)


def _meet(one: Floats, other: Floats) -> Floats:
    return np.asarray(np.minimum(one @ other.T, 1), dtype=np.float32)


def _country_fit(wants: Features, has: Features) -> tuple[Floats, Floats] | None:
    """(wants, has): whether the other is where I want to work, or wants to work there too."""
    theirs = np.maximum(has.at_home, has.wanted_countries)
    if not (wants.wanted_countries.any() and theirs.any()):
        return None
    value = np.maximum(
        _meet(wants.wanted_countries, has.at_home),
        np.float32(BOTH_WANT) * _meet(wants.wanted_countries, has.wanted_countries),
    )
    return value, _known(wants.wanted_countries, theirs)


def _partner_fit(wants: Features, has: Features) -> tuple[Floats, Floats] | None:
    if not (wants.wanted_partners.any() and has.organisation_type.any()):
        return None
    value = _meet(wants.wanted_partners, has.organisation_type)
    return value, _known(wants.wanted_partners, has.organisation_type)


def _maturity_fit(wants: Features, has: Features) -> tuple[Floats, Floats] | None:
    """1 where the levels overlap, less for each level short or beyond."""
    asked, had = ~np.isnan(wants.trl_wanted[:, 0]), ~np.isnan(has.trl[:, 0])
    if not (asked.any() and had.any()):
        return None
    low, high = np.nan_to_num(wants.trl_wanted[:, :1]), np.nan_to_num(wants.trl_wanted[:, 1:])
    least, most = np.nan_to_num(has.trl[:, 0])[None, :], np.nan_to_num(has.trl[:, 1])[None, :]
    gap = np.maximum(np.maximum(low - most, least - high), 0.0)
    value = np.maximum(1.0 - gap / TRL_REACH, 0.0).astype(np.float32)
    return value, asked.astype(np.float32)[:, None] * had.astype(np.float32)[None, :]
