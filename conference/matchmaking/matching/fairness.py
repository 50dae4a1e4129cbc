"""From scores to lists that are fair to those who are listed.

Lists made by score alone give a few profiles most of the attention. Three things are done about it, in this order.

1. *A bound.* If every owner of a list chose evenly among those they may meet, profile j would be in e_j = sum over
owners i of min(top, A_i) / A_i lists, where A_i counts i's admissible counterparts: its fair share. Nobody is in more than
   c_j = ceil(BOUND * e_j) lists. Such lists always exist for BOUND >= 1: the even choice is a fractional flow within the
   bounds e_j, and flows in bipartite graphs with integral bounds are integral. Places are given round by round,
   everybody's first place before anybody's second, as the round robin of FairRec does (Patro, Biswas, Ganguly,
   Gummadi, Chakraborty: "FairRec: Two-Sided Fairness for Personalized Recommendations in Two-Sided Platforms", WWW
   2020); within a round the highest scores choose first. So a bound can only cost somebody a place behind the places
   where the same profile fits better. 2. *A floor.* Every profile with an admissible counterpart is in at least one
   list, as FairRec guarantees a share of exposure to every producer. A profile that nobody's list has takes the last
   place in the list where it scores highest, from a profile that is in other lists too; never a first place.
3. *Newcomers.* Who has had fewer meetings is preferred among near equals: each meeting lowers the score slightly, by at most
   NEWCOMER_LIFT in all. This attention already received is what Biega, Gummadi and Weikum amortise ("Equity of Attention",
   SIGIR 2018).

Every list stays in the order of its scores: fairness decides who is in it, not who stands where.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BOUND = 3.0
"""A profile is in at most this many times its fair share of lists."""

NEWCOMER_LIFT = 0.02
"""How much of a score many meetings can cost; less than what one shared sector is worth."""

Candidates = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Indices of admissible counterparts and their scores, best first, ties in the order of ids."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """How often profiles are in the lists of others."""

    most: int  # of any profile
    least: int  # of any profile with an admissible counterpart
    most_of_fair_share: float  # the largest ratio of exposure to fair share
    gini: float  # 0: all the same, near 1: all to one
    without: int  # profiles that have an admissible counterpart and are in nobody's list
    bounded: int  # places that went to the next best because somebody had reached the bound
    lifted: int  # profiles that came in by the floor


def newcomer_factor(meetings: NDArray[np.int64]) -> NDArray[np.float32]:
    """What a profile's scores are multiplied by: 1 without a meeting, falling towards 1 - NEWCOMER_LIFT."""
    return (1.0 - NEWCOMER_LIFT * meetings / (meetings + 2.0)).astype(np.float32)


def fair_lists(
    pools: Sequence[Candidates],
    admissible: NDArray[np.int64],
    fair_share: NDArray[np.float64],
    top: int,
    more: Callable[[int], Candidates],
) -> tuple[list[list[tuple[int, float]]], Exposure]:
    """The list of each profile, from its best candidates.

    `pools[i]` holds the best candidates of i, `admissible[i]` how many there are in all, and `more(i)` makes all of
    them, for the rare case that the pool is used up. Who appears in pools[i] has i among its own candidates, with the
    same score.
    """
    count = len(pools)
    bound = np.ceil(BOUND * fair_share - 1e-9).astype(np.int64)
    exposure = np.zeros(count, dtype=np.int64)
    chosen: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    indices = [pool[0].tolist() for pool in pools]
    scores = [pool[1].tolist() for pool in pools]
    position = [0] * count
    whole = [len(indices[i]) >= int(admissible[i]) for i in range(count)]
    passed_over = 0

    def advance(i: int) -> bool:
        """Move to i's best candidate with room; False when there is none."""
        nonlocal passed_over
        while True:
            row = indices[i]
            while position[i] < len(row):
                if exposure[row[position[i]]] < bound[row[position[i]]]:
                    return True
                position[i] += 1
                passed_over += 1
            if whole[i]:
                return False
            others, values = more(i)
            indices[i], scores[i], whole[i] = others.tolist(), values.tolist(), True

    open_lists = [i for i in range(count) if admissible[i]]
    for _ in range(top):
        waiting = [i for i in open_lists if advance(i)]
        # The highest scores choose first; a candidate who is full meanwhile sends the owner on to the next best.
        waiting.sort(key=lambda i: (-scores[i][position[i]], i))
        for i in waiting:
            if advance(i):
                at = position[i]
                chosen[i].append((indices[i][at], scores[i][at]))
                exposure[indices[i][at]] += 1
                position[i] += 1
        open_lists = [i for i in waiting if position[i] < len(indices[i]) or not whole[i]]

    lifted = _lift(pools, admissible, exposure, chosen, bound, top)
    for row in chosen:
        row.sort(key=lambda each: (-each[1], each[0]))
    return chosen, _measure(admissible, fair_share, exposure, passed_over, lifted)


def _lift(
    pools: Sequence[Candidates],
    admissible: NDArray[np.int64],
    exposure: NDArray[np.int64],
    chosen: list[list[tuple[int, float]]],
    bound: NDArray[np.int64],
    top: int,
) -> int:
    """Give everybody who is in no list the last place of the list that suits them best. Returns how many."""
    lifted = 0
    for j in np.flatnonzero((admissible > 0) & (exposure == 0)).tolist():
        others, values = pools[j]
        for i, score in zip(others.tolist(), values.tolist(), strict=True):
            row = chosen[i]
            if len(row) < min(top, int(admissible[i])):
                row.append((j, score))
                exposure[j] += 1
                lifted += 1
                break
            # The lowest place behind the first whose profile is in other lists too.
            spare = next((at for at in range(len(row) - 1, 0, -1) if exposure[row[at][0]] > 1), None)
            if spare is not None:
                exposure[row[spare][0]] -= 1
                row[spare] = (j, score)
                exposure[j] += 1
                lifted += 1
                break
    return lifted


def _measure(
    admissible: NDArray[np.int64],
    fair_share: NDArray[np.float64],
    exposure: NDArray[np.int64],
    bounded: int,
    lifted: int,
) -> Exposure:
    seen = exposure[admissible > 0]
    if not len(seen):
        return Exposure(0, 0, 0.0, 0.0, 0, 0, 0)
    share = fair_share[admissible > 0]
    ordered = np.sort(seen).astype(np.float64)
    ranks = np.arange(1, len(ordered) + 1)
    total = float(ordered.sum())
    gini = float((2 * ranks - len(ordered) - 1) @ ordered / (len(ordered) * total)) if total else 0.0
    return Exposure(
        most=int(seen.max()),
        least=int(seen.min()),
        most_of_fair_share=round(float((seen / np.maximum(share, 1e-9)).max()), 4),
        gini=round(gini, 4),
        without=int((seen == 0).sum()),
        bounded=bounded,
        lifted=lifted,
    )
