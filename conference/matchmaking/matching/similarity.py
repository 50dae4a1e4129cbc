"""How alike two texts are, whatever their languages.

Vectors of multilingual models cluster by language before they cluster by meaning: a Khmer need is nearest to whatever
offer is least unlike Khmer. The mean of a language's texts is that cluster's offset; subtracting it and renormalising
leaves mostly meaning (Libovický, Rosa, Fraser: "On the Language Neutrality of Pre-trained Multilingual
Representations", Findings of EMNLP 2020; the idea of removing what all vectors share is Mu and Viswanath's
"All-but-the-Top", ICLR 2018).

- A mean is estimated on the reference sentences shipped for the language and on the texts at hand, and shrunk towards
  the mean of a related language, or of all, as if SHRINKAGE more texts lay there. So one text in a rare language is
  neither left uncorrected nor centred to nothing.
- All texts go in as queries: both sides of a match describe a thing in a few words. As passages, or in both roles with
  the cosines averaged at double the time, they did worse on the tuning half.
- What a text is about by the glossary (see `glossary`) stands beside the vector: what two texts' things have in common,
  times TOPICS, is added to the cosine of their vectors.
- Some texts, mostly short ones, are near to everything. CSLS (Conneau, Lample, Ranzato, Denoyer, Jégou: "Word
  Translation Without Parallel Data", ICLR 2018) takes from a pair's cosine half of what either side has with its own
  nearest counterparts on average. It is what makes the measure two-sided: near is who is near by both sides' standards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.matching.embedding import Cache, Embedder, Role, Vectors, embed, unit

REFERENCE = Path(__file__).with_name("reference.json")
MEANS = Path(__file__).with_name("reference_means.npz")

Means = Mapping[str, tuple[NDArray[np.float64], int]]
"""By language: the mean vector, (roles, dimensions), and of how many texts."""

ROLES: tuple[Role, ...] = ("query",)

SHRINKAGE = 2.0
"""Texts that a language's mean is shrunk by."""

TOPICS, TOPICS_ALONE = 0.40, 0.40
"""What two texts' common things are worth beside the cosine of their vectors; and where there is no model."""

NEIGHBOURS = 5
"""Counterparts over which CSLS takes the mean; of few counterparts the nearest quarter, filled up with TYPICAL."""

TYPICAL = 0.20
"""The mean cosine of a text and its nearest counterparts at an event of some hundred profiles."""

STEEPNESS, MIDDLE = 14.0, -0.02
"""From a corrected cosine to a strength between 0 and 1: a logistic curve of this steepness, which is 0.5 at MIDDLE."""

# Whose mean stands in for a language without reference sentences: a close relative in the same script.
RELATIVE = {
    "mr": "hi", "as": "bn", "ps": "fa", "ug": "ar", "tl": "id", "jv": "id", "uk": "ru", "bg": "ru", "sr": "ru",
    "mk": "ru", "be": "ru", "pt": "es", "it": "es", "ro": "es", "de": "en", "nl": "en", "sv": "en", "da": "en",
    "no": "en",
}  # fmt: skip


@cache
def reference_sentences() -> Mapping[str, tuple[str, ...]]:
    """The shipped sentences by language: the same content in each, so that their means differ by language alone."""
    data = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return {language: tuple(sentences) for language, sentences in sorted(data.items())}


def embed_roles(embedder: Embedder, texts: Sequence[str], cache: Cache | None = None) -> NDArray[np.float32]:
    """(n, roles, dimensions): each text in each role."""
    return np.stack([embed(embedder, texts, cache, role) for role in ROLES], axis=1)


class TextSpace:
    """The languages' means, and what they make of vectors. Fitted once for all profiles of a request."""

    def __init__(self, means: Mapping[str, NDArray[np.float32]], common: NDArray[np.float32]) -> None:
        self._means = means
        self._common = common

    @classmethod
    def fit(cls, vectors: NDArray[np.float32], languages: Sequence[str], reference: Means) -> TextSpace:
        """From texts at hand, (n, roles, dimensions), and the means of the reference sentences by language."""
        shape = vectors.shape[1:]
        if reference:
            common = np.mean([mean for mean, _ in reference.values()], axis=0, dtype=np.float64)
        else:
            common = vectors.mean(axis=0, dtype=np.float64) if len(vectors) else np.zeros(shape)
        spoken = np.asarray(languages, dtype=object)
        means = {}
        for language in sorted({*languages, *reference}):
            here = vectors[spoken == language]
            shipped, count = reference.get(language, (common, 0))
            towards, _ = reference.get(RELATIVE.get(language, ""), (common, 0))
            total = here.sum(axis=0, dtype=np.float64) + count * shipped + SHRINKAGE * towards
            means[language] = (total / (len(here) + count + SHRINKAGE)).astype(np.float32)
        return cls(means, np.asarray(common, dtype=np.float32))

    def place(self, vectors: NDArray[np.float32], languages: Sequence[str]) -> Vectors:
        """Centred vectors, (n, roles * dimensions), of length 1; their dot product is the mean of the roles' cosines."""
        if not len(vectors):
            return np.zeros((0, int(np.prod(vectors.shape[1:]))), dtype=np.float32)
        means = np.stack([self._means.get(language, self._common) for language in languages])
        centred = vectors - means
        roles = [unit(centred[:, role]) for role in range(vectors.shape[1])]
        return unit(np.concatenate(roles, axis=1))


def with_topics(placed: Vectors | None, topics: NDArray[np.float32]) -> Vectors:
    """Vectors whose dot product is the likeness of two texts: the cosine of the model's vectors and the product of
    their things' rows (see `Topics`)."""
    if placed is None:
        return np.asarray(np.sqrt(np.float32(TOPICS_ALONE)) * topics, dtype=np.float32)
    return np.concatenate([placed, np.sqrt(np.float32(TOPICS)) * topics], axis=1, dtype=np.float32)


def space_for(
    embedder: Embedder, vectors: NDArray[np.float32], languages: Sequence[str], cache: Cache | None = None
) -> TextSpace:
    """The space of these texts."""
    return TextSpace.fit(vectors, languages, shipped_means(embedder) or reference_means(embedder, cache))


def reference_means(embedder: Embedder, cache: Cache | None = None) -> Means:
    """The means of the reference sentences by this model, and how many there are."""
    sentences = reference_sentences()
    rows = embed_roles(embedder, [each for group in sentences.values() for each in group], cache)
    means, start = {}, 0
    for language, group in sentences.items():
        means[language] = (rows[start : start + len(group)].mean(axis=0, dtype=np.float64), len(group))
        start += len(group)
    return means


def shipped_means(embedder: Embedder) -> Means | None:
    """The same as computed beforehand (`python -m conference.matchmaking.matching.means`), if they are of this model
    and of these sentences: a command should not spend ten seconds on what never changes."""
    if not MEANS.exists():
        return None
    with np.load(MEANS, allow_pickle=False) as file:
        if str(file["key"]) != means_key(embedder):
            return None
        rows = zip(file["languages"], file["means"], file["counts"], strict=True)
        return {str(language): (mean.astype(np.float64), int(count)) for language, mean, count in rows}


def means_key(embedder: Embedder) -> str:
    """What shipped means depend on."""
    return hashlib.sha256(f"{embedder.name}\0{ROLES}\0".encode() + REFERENCE.read_bytes()).hexdigest()


def neighbours_for(count: int) -> int:
    """How many counterparts make up the neighbourhood among so many."""
    return max(1, min(NEIGHBOURS, count // 4))


def radius(cosines: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """The mean of the largest cosines along an axis: how crowded it is around each text."""
    many = cosines.shape[axis]
    if not many:
        return np.zeros(cosines.shape[1 - axis], dtype=np.float32)
    k = neighbours_for(many)
    largest = np.partition(cosines, many - k, axis=axis)
    taken = largest[many - k :] if axis == 0 else largest[:, many - k :]
    return np.asarray((taken.sum(axis=axis) + (NEIGHBOURS - k) * TYPICAL) / NEIGHBOURS, dtype=np.float32)


def strength(corrected: NDArray[np.float32]) -> NDArray[np.float32]:
    """Between 0 and 1, strictly rising with the corrected cosine."""
    odds = np.exp(np.float32(-STEEPNESS) * (corrected - np.float32(MIDDLE)))
    return np.asarray(1 / (1 + odds), dtype=np.float32)
