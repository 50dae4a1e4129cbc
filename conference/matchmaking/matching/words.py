"""What two texts share in letters: keywords, names, numbers and Latin words that survive in any language.

A Lao text writes "LoRa" and "Spodoptera" as an English one does. Such words, and keywords as whole phrases, are
weighed by how rare they are (inverse document frequency, Spärck Jones, "A statistical interpretation of term
specificity", Journal of Documentation 28, 1972) and compared by the cosine. Words of two Latin-script texts count only
if they are names, or also occur in a text of another script: that English texts share English words says little, and
the vectors know it anyway.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from conference.matchmaking.matching.languages import scripts_of
from conference.matchmaking.matching.profiles import Profile, fold, joined

_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-/+][A-Za-z0-9]+)*")
_UNTOLD = frozenset(
    {"TRL", "AND", "THE", "FOR", "WITH", "R&D", "USD", "CNY", "RMB", "OK", "KM", "KG", "MW", "KW"}
)

# So many imagined texts without a word make rarity mean something in a request of three profiles.
_IMAGINED = 20


def keywords_of(profile: Profile) -> dict[str, str]:
    """Keywords as compared, each with the form that the person wrote."""
    return {folded: word for word in profile.keywords if (folded := fold(word))}


def portable_words(profile: Profile) -> tuple[dict[str, str], dict[str, str]]:
    """Latin words of a profile that are names (LoRa, IoT, NPK, 5G), and the others of five letters or more."""
    text = joined((profile.title, profile.summary, *profile.keywords))
    names, others = {}, {}
    for word in _LATIN_WORD.findall(text):
        if word.upper() in _UNTOLD or len(word) < 2:
            continue
        if sum(letter.isupper() for letter in word) >= 2 or any(letter.isdigit() for letter in word):
            names[word.casefold()] = word
        elif len(word) >= 5:
            others[word.casefold()] = word
    return names, others


def is_latin(profile: Profile) -> bool:
    """Whether most letters of the profile's text are Latin, or it has none."""
    scripts = scripts_of(profile.title + profile.summary)
    return 2 * scripts["latin"] >= sum(scripts.values())


class SharedWords:
    """Knows the words of some profiles and how rare each is; makes rows of length 1, or 0, of these and of later profiles."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        found = [portable_words(profile) for profile in profiles]
        self._foreign = frozenset(
            word
            for profile, (_, others) in zip(profiles, found, strict=True)
            if others and not is_latin(profile)
            for word in others
        )
        frequency = Counter(word for profile in profiles for word in self.words_of(profile))
        many = len(profiles) + _IMAGINED
        self._column = {word: at for at, word in enumerate(sorted(frequency))}
        self.rarity = {word: math.log(many / frequency[word]) for word in self._column}

    def encode(self, profiles: Sequence[Profile]) -> sparse.csr_matrix:
        """The words of these profiles among those known."""
        rows, columns, values = [], [], []
        for at, profile in enumerate(profiles):
            for word in self.words_of(profile):
                if word in self._column:
                    rows.append(at)
                    columns.append(self._column[word])
                    values.append(self.rarity[word])
        shape = (len(profiles), max(len(self._column), 1))
        matrix = sparse.csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32)
        lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        return sparse.csr_matrix(sparse.diags(scale.astype(np.float32)) @ matrix, dtype=np.float32)

    def words_of(self, profile: Profile) -> dict[str, str]:
        """The words of a profile that count, as compared, each with the form that the person wrote."""
        names, others = portable_words(profile)
        return (
            {word: form for word, form in others.items() if word in self._foreign}
            | names
            | keywords_of(profile)
        )

    def shared(
        self, one: Profile, other: Profile, mine: Mapping[str, str], theirs: Mapping[str, str]
    ) -> list[tuple[str, bool]]:
        """The words of both as the first wrote them, and whether each is a keyword of both; keywords first, then the rarest."""
        common = mine.keys() & theirs.keys()
        if not common:
            return []
        keywords = (
            keywords_of(one).keys() & keywords_of(other).keys()
            if one.keywords and other.keywords
            else frozenset()
        )
        both = sorted(common, key=lambda word: (word not in keywords, -self.rarity.get(word, 0.0), word))
        return [(mine[word], word in keywords) for word in both]
