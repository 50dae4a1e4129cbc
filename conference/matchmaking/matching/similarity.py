"""How alike two texts are, whatever their languages.

Vectors of multilingual models cluster by language before they cluster by meaning: a Khmer need is nearest to whatever offer is least
unlike Khmer. The mean of a language's texts is that cluster's offset; subtracting it and renormalising leaves mostly meaning (Libovický,
Rosa, Fraser: "On the Language Neutrality of Pre-trained Multilingual Representations", Findings of EMNLP 2020; the idea of removing
what all vectors share is Mu and Viswanath's "All-but-the-Top", ICLR 2018).

- A mean is estimated on the reference sentences shipped for the language and on the texts at hand, and shrunk towards the mean of a
  related language, or of all, as if SHRINKAGE more texts lay there. So one text in a rare language is neither left uncorrected nor
  centred to nothing.
- Each text is embedded in both roles of the model, as query and as passage; each is centred by itself, and the two cosines are
  averaged. That costs the double time and is steadier than either.
- Some texts, mostly short ones, are near to everything. CSLS (Conneau, Lample, Ranzato, Denoyer, Jégou: "Word Translation Without
  Parallel Data", ICLR 2018) takes from a pair's cosine half of what either side has with its own nearest counterparts on average. It
  is what makes the measure two-sided: near is who is near by both sides' standards.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.matching.embedding import Cache, Embedder, Role, Vectors, embed, unit
from conference.matchmaking.matching.languages import UNKNOWN

REFERENCE = Path(__file__).with_name("reference.json")
ROLES: tuple[Role, ...] = ("passage", "query")

SHRINKAGE = 2.0
"""Texts that a language's mean is shrunk by."""

NEIGHBOURS = 10
"""Counterparts over which CSLS takes the mean; fewer where there are fewer than four times as many."""

STEEPNESS, MIDDLE = 9.0, 0.05
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
    def fit(
        cls,
        vectors: NDArray[np.float32],
        languages: Sequence[str],
        reference: Mapping[str, NDArray[np.float32]],
    ) -> TextSpace:
        """From texts at hand, (n, roles, dimensions), and reference vectors of the same shape by language."""
        shape = vectors.shape[1:]
        of_reference = {language: rows.mean(axis=0, dtype=np.float64) for language, rows in reference.items()}
        if of_reference:
            common = np.mean(list(of_reference.values()), axis=0)
        else:
            common = vectors.mean(axis=0, dtype=np.float64) if len(vectors) else np.zeros(shape)
        spoken = np.asarray(languages, dtype=object)
        means = {}
        for language in sorted({*languages, *reference}):
            here = vectors[spoken == language]
            shipped = reference.get(language, np.zeros((0, *shape), np.float32))
            towards = of_reference.get(RELATIVE.get(language, ""), common)
            total = here.sum(axis=0, dtype=np.float64) + shipped.sum(axis=0, dtype=np.float64)
            mean = (total + SHRINKAGE * towards) / (len(here) + len(shipped) + SHRINKAGE)
            means[language] = mean.astype(np.float32)
        return cls(means, common.astype(np.float32))

    def place(self, vectors: NDArray[np.float32], languages: Sequence[str]) -> Vectors:
        """Centred vectors, (n, roles * dimensions), of length 1; their dot product is the mean of the roles' cosines."""
        if not len(vectors):
            return np.zeros((0, int(np.prod(vectors.shape[1:]))), dtype=np.float32)
        means = np.stack([self._means.get(language, self._common) for language in languages])
        centred = vectors - means
        roles = [unit(centred[:, role]) for role in range(vectors.shape[1])]
        return unit(np.concatenate(roles, axis=1))


def space_for(
    embedder: Embedder, vectors: NDArray[np.float32], languages: Sequence[str], cache: Cache | None = None
) -> TextSpace:
    """The space of these texts, with the reference sentences of the languages in use and of all for the common mean."""
    sentences = reference_sentences()
    rows = embed_roles(embedder, [each for group in sentences.values() for each in group], cache)
    reference, start = {}, 0
    for language, group in sentences.items():
        reference[language] = rows[start : start + len(group)]
        start += len(group)
    known = [language or UNKNOWN for language in languages]
    return TextSpace.fit(vectors, known, reference)


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
    return np.asarray(taken.mean(axis=axis), dtype=np.float32)


def strength(corrected: NDArray[np.float32]) -> NDArray[np.float32]:
    """Between 0 and 1, strictly rising with the corrected cosine."""
    return (1.0 / (1.0 + np.exp(-STEEPNESS * (corrected - MIDDLE), dtype=np.float32))).astype(np.float32)
