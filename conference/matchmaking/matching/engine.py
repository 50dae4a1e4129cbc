"""The engine: from profiles and their vectors to everybody's list.

Profiles are put in the order of their ids first, so that the order of the input changes nothing, not even rounding.
Pairs are scored in blocks of BLOCK rows, of which only the best candidates are kept: memory grows with the number of
profiles, not of pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.matching.embedding import Cache, Embedder
from conference.matchmaking.matching.fairness import Candidates, Exposure, fair_lists, newcomer_factor
from conference.matchmaking.matching.glossary import Topics, things_in
from conference.matchmaking.matching.kinds import counterparts
from conference.matchmaking.matching.languages import UNKNOWN, detect
from conference.matchmaking.matching.profiles import Profile, Request, organisation_key, text_of, words_of
from conference.matchmaking.matching.reasons import Reason, reasons_for
from conference.matchmaking.matching.scoring import WEIGHTS, Encoder, Features, Weights, score
from conference.matchmaking.matching.similarity import (
    TextSpace,
    embed_roles,
    radius,
    space_for,
    strength,
    with_topics,
)

BLOCK = 512
KEEP = 50_000_000
"""Scores kept at once, in pairs: 200 MB."""

TOP = 10

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Match:
    """One entry of a list."""

    id: str
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """Everybody's list by id, best first, and how evenly attention fell."""

    matches: dict[str, tuple[Match, ...]]
    exposure: Exposure


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of profiles as vectors, (n, roles, dimensions), in the order of the profiles, and their languages."""

    vectors: NDArray[np.float32]
    languages: tuple[str, ...]
    space: TextSpace


def languages_of(profiles: Sequence[Profile]) -> tuple[str, ...]:
    """The language of each profile's text."""
    return tuple(detect(text_of(profile), profile.language) or UNKNOWN for profile in profiles)


def read_texts(embedder: Embedder, profiles: Sequence[Profile], cache: Cache | None = None) -> Texts:
    """Embed the profiles' texts: what takes the time. Raises `EmbeddingUnavailable`."""
    languages = languages_of(profiles)
    vectors = embed_roles(embedder, [text_of(profile) for profile in profiles], cache)
    return Texts(vectors, languages, space_for(embedder, vectors, languages, cache))


def match(
    request: Request,
    texts: Texts | None = None,
    *,
    top: int = TOP,
    weights: Weights = WEIGHTS,
) -> Result:
    """Everybody's list of at most `top` others. Without `texts` the rest of the profiles decides."""
    return Matcher(request, texts, weights=weights).lists(top)


class Matcher:
    """A request prepared: whoever asks for one list more does not pay for all."""

    def __init__(self, request: Request, texts: Texts | None = None, *, weights: Weights = WEIGHTS) -> None:
        order = sorted(range(len(request.profiles)), key=lambda at: request.profiles[at].id)
        self.profiles: tuple[Profile, ...] = tuple(request.profiles[at] for at in order)
        self._rules = request.rules
        self._weights = weights
        self._space = texts.space if texts else None
        languages = texts.languages if texts else languages_of(request.profiles)
        placed = texts.space.place(texts.vectors, languages)[order] if texts and order else None
        self._things = [
            things_in(words_of(profile), languages[at])
            for profile, at in zip(self.profiles, order, strict=True)
        ]
        self._topics = Topics(self._things)
        text = with_topics(placed, self._topics.encode(self._things))
        self._at = {profile.id: at for at, profile in enumerate(self.profiles)}
        self._barred = self._barred_pairs(request)
        meetings = Counter(each for pair in request.met for each in pair)
        counts = np.asarray([meetings[profile.id] for profile in self.profiles], dtype=np.int64)
        self._encoder = Encoder(self.profiles)
        self._words = [self._encoder.words.words_of(profile) for profile in self.profiles]
        self._organisation = _codes([organisation_key(profile.organisation) for profile in self.profiles])
        self._group = _codes([profile.group for profile in self.profiles])
        self._group_names = {
            p.group: int(code) for p, code in zip(self.profiles, self._group, strict=True) if p.group
        }
        self._of_kind = {
            kind: np.asarray(
                [at for at, profile in enumerate(self.profiles) if profile.kind == kind], dtype=np.int64
            )
            for kind in sorted({profile.kind for profile in self.profiles})
        }
        features = self._encoder.encode(self.profiles, text, newcomer_factor(counts))
        self._features = replace(features, radius=self._radii(features))

    # -------------------------------------------------------------- who may meet whom

    def _barred_pairs(self, request: Request) -> dict[int, Indices]:
        barred: dict[int, set[int]] = {}
        for pair in request.blocked | request.met:
            ids = [self._at[each] for each in pair]
            for one in ids:
                barred.setdefault(one, set()).update(ids)
        return {one: np.asarray(sorted(others), dtype=np.int64) for one, others in barred.items()}

    def counterparts_of(self, kind: str) -> Indices:
        """The profiles that this kind may meet, in the order of ids."""
        kinds = counterparts(kind, self._rules.kinds)
        found = [rows for other, rows in self._of_kind.items() if other in kinds]
        return np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)

    def _admissible(self, rows: Indices, columns: Indices) -> NDArray[np.bool_]:
        allowed: NDArray[np.bool_] = np.not_equal(rows[:, None], columns[None, :])
        ours, theirs = self._organisation[rows], self._organisation[columns]
        if (ours >= 0).any() and (theirs >= 0).any():
            allowed &= (ours[:, None] != theirs[None, :]) | (ours[:, None] < 0)
        if self._rules.groups is not None:
            allowed &= self._groups_meet()[self._group[rows][:, None], self._group[columns][None, :]]
        for at, row in enumerate(rows.tolist()):
            if row in self._barred:
                allowed[at, np.isin(columns, self._barred[row])] = False
        return allowed

    def _groups_meet(self) -> NDArray[np.bool_]:
        """(groups + 1, groups + 1); the last row and column, which -1 points to, are for profiles without a group."""
        size = len(self._group_names) + 1
        table = np.zeros((size, size), dtype=np.bool_)
        table[-1, :] = table[:, -1] = True
        for pair in self._rules.groups or ():
            ids = [self._group_names[name] for name in pair if name in self._group_names]
            if len(ids) == len(pair):
                table[ids[0], ids[-1]] = table[ids[-1], ids[0]] = True
        return table

    # -------------------------------------------------------------- blocks

    def _blocks(self) -> Iterator[tuple[Indices, Indices]]:
        """All pairs that kinds allow, as blocks of rows and columns; each ordered pair once."""
        for kind, rows in self._of_kind.items():
            columns = self.counterparts_of(kind)
            if len(columns):
                for start in range(0, len(rows), BLOCK):
                    yield rows[start : start + BLOCK], columns

    def _radii(self, features: Features) -> NDArray[np.float32]:
        radii = np.zeros(len(self.profiles), dtype=np.float32)
        for rows, columns in self._blocks():
            radii[rows] = radius(features.text[rows] @ features.text[columns].T, axis=1)
        return radii

    def _scored_blocks(self) -> Iterator[tuple[Indices, Indices, NDArray[np.float32]]]:
        """All blocks with their scores. Where two kinds meet only each other and their table is small enough to keep, it is
        computed for one of them and turned for the other."""
        kept: dict[str, NDArray[np.float32]] = {}
        for kind, rows in self._of_kind.items():
            columns = self.counterparts_of(kind)
            if not len(columns):
                continue
            if kind in kept:
                table = kept.pop(kind)
                for start in range(0, len(rows), BLOCK):
                    turn = slice(start, start + BLOCK)
                    yield rows[turn], columns, np.ascontiguousarray(table[:, turn].T)
                continue
            others = {self.profiles[at].kind for at in columns.tolist()}
            turned: list[NDArray[np.float32]] | None = None
            if len(others) == 1 and len(rows) * len(columns) <= KEEP and others != {kind}:
                (other,) = others
                if np.array_equal(self.counterparts_of(other), rows):
                    turned = []
            for start in range(0, len(rows), BLOCK):
                part = rows[start : start + BLOCK]
                values = self._scores(part, columns)
                if turned is not None:
                    turned.append(values)
                yield part, columns, values
            if turned is not None:
                kept[other] = np.concatenate(turned)

    def _scores(self, rows: Indices, columns: Indices) -> NDArray[np.float32]:
        """Scores of a block; -1 where the two may not meet."""
        values = score(self._features.take(rows), self._features.take(columns), self._weights)
        values[~self._admissible(rows, columns)] = -1.0
        return values

    def scores_of(self, identifier: str, others: Sequence[str]) -> list[float]:
        """The scores of one profile with some others; -1 where the two may not meet."""
        rows = np.asarray([self._at[identifier]], dtype=np.int64)
        columns = np.asarray([self._at[other] for other in others], dtype=np.int64)
        return [float(each) for each in self._scores(rows, columns)[0]]

    # -------------------------------------------------------------- lists

    def lists(self, top: int = TOP) -> Result:
        """Everybody's list, fair to those who are in it."""
        count = len(self.profiles)
        size = max(5 * top, 50)
        nothing = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))
        pools: list[Candidates] = [nothing] * count
        admissible = np.zeros(count, dtype=np.int64)
        allowed: list[tuple[Indices, Indices, NDArray[np.uint8]]] = []
        for rows, columns, values in self._scored_blocks():
            may = values >= 0
            allowed.append((rows, columns, np.packbits(may, axis=1)))
            admissible[rows] = may.sum(axis=1)
            for at, row in enumerate(rows.tolist()):
                pools[row] = _best(columns, values[at], size)
        share = np.minimum(top, admissible) / np.maximum(admissible, 1)
        fair_share = np.zeros(count)
        for rows, columns, bits in allowed:
            # Not in single precision: three thirds must not be more than one place.
            may = np.unpackbits(bits, axis=1, count=len(columns)).astype(np.float64)
            fair_share[columns] += share[rows] @ may

        def more(i: int) -> Candidates:
            columns = self.counterparts_of(self.profiles[i].kind)
            return _best(columns, self._scores(np.asarray([i]), columns)[0], len(columns))

        chosen, exposure = fair_lists(pools, admissible, fair_share, top, more)
        return Result(self._told(chosen), exposure)

    def best(
        self, profile: Profile, vectors: NDArray[np.float32] | None = None, top: int = TOP
    ) -> tuple[Match, ...]:
        """The list of one new profile among all others, by score alone: nobody else's list changes.

        `vectors`: (roles, dimensions) of its text, see `embed_roles`; the space stays as it was fitted.
        """
        columns = self.counterparts_of(profile.kind)
        if not len(columns):
            return ()
        (language,) = languages_of([profile])
        things = things_in(words_of(profile), language)
        placed = None
        if self._space is not None:
            if vectors is None:
                raise ValueError("The others were matched with texts, so the new profile needs its vectors.")
            placed = self._space.place(vectors[None], [language])
        text = with_topics(placed, self._topics.encode([things]))
        encoded = self._encoder.encode([profile], text, np.ones(1, dtype=np.float32))
        mine = replace(encoded, radius=radius(text @ self._features.text[columns].T, axis=1))
        values = score(mine, self._features.take(columns), self._weights)[0]
        values[~self._admits(profile, columns)] = -1.0
        words = self._encoder.words.words_of(profile)
        others, scores = _best(columns, values, top)
        texts = self._strengths(mine, others)
        return tuple(
            self._match(profile, words, things, int(other), float(value), alike)
            for other, value, alike in zip(others, scores, texts, strict=True)
        )

    def _admits(self, profile: Profile, columns: Indices) -> NDArray[np.bool_]:
        allowed = np.ones(len(columns), dtype=np.bool_)
        own = organisation_key(profile.organisation)
        for at, column in enumerate(columns.tolist()):
            other = self.profiles[column]
            if other.id == profile.id or (own and organisation_key(other.organisation) == own):
                allowed[at] = False
            elif self._rules.groups is not None and profile.group and other.group:
                allowed[at] = frozenset((profile.group, other.group)) in self._rules.groups
        barred = self._barred.get(self._at.get(profile.id, -1))
        if barred is not None:
            allowed &= ~np.isin(columns, barred)
        return allowed

    # -------------------------------------------------------------- reasons

    def _strengths(self, mine: Features, others: Indices) -> list[float | None]:
        if self._space is None or not len(others):
            return [None] * len(others)
        corrected = (mine.text @ self._features.text[others].T)[0]
        corrected = corrected - (mine.radius[0] + self._features.radius[others]) / 2
        return [float(each) for each in strength(corrected.astype(np.float32))]

    def _told(self, chosen: Sequence[Sequence[tuple[int, float]]]) -> dict[str, tuple[Match, ...]]:
        matches = {}
        for i, row in enumerate(chosen):
            profile = self.profiles[i]
            texts = self._strengths(
                self._features.take(slice(i, i + 1)), np.asarray([j for j, _ in row], dtype=np.int64)
            )
            matches[profile.id] = tuple(
                self._match(profile, self._words[i], self._things[i], j, value, text)
                for (j, value), text in zip(row, texts, strict=True)
            )
        return matches

    def _match(
        self,
        own: Profile,
        words: dict[str, str],
        things: frozenset[int],
        other: int,
        value: float,
        text: float | None,
    ) -> Match:
        theirs = self.profiles[other]
        shared = self._encoder.words.shared(own, theirs, words, self._words[other])
        topics = self._topics.shared(things, self._things[other])
        reasons = reasons_for(own, theirs, text, topics, shared, self._weights)
        return Match(theirs.id, round(value, 6), tuple(reasons))


def _codes(names: Sequence[str]) -> Indices:
    """A number for each name, -1 for none."""
    numbers = {name: at for at, name in enumerate(sorted({name for name in names if name}))}
    return np.asarray([numbers.get(name, -1) for name in names], dtype=np.int64)


def _best(columns: Indices, values: NDArray[np.float32], size: int) -> Candidates:
    """The best of a row, at most `size`, best first, equals in the order of columns (which is that of ids)."""
    if size < len(values):
        least = np.partition(values, len(values) - size)[len(values) - size]
        rows = np.flatnonzero(values >= max(least, 0.0))
    else:
        rows = np.flatnonzero(values >= 0)
    rows = rows[np.lexsort((columns[rows], -values[rows]))][:size]
    return columns[rows], values[rows]
