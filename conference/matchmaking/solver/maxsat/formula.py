"""Clauses, and the ways to say in clauses that at most, at least or exactly so many literals are true.

Literals are the integers of DIMACS: variables count from 1, a minus sign negates. The totalizer is that of Bailleux and Boufkhad
("Efficient CNF encoding of Boolean cardinality constraints", CP 2003).
"""

from __future__ import annotations

from collections.abc import Sequence

FEW = 6  # up to so many literals, pairs of them exclude each other directly


class Formula:
    """A conjunction of clauses that grows."""

    def __init__(self) -> None:
        self.clauses: list[list[int]] = []
        self.variables = 0

    def new(self) -> int:
        """A variable nobody has used."""
        self.variables += 1
        return self.variables

    def add(self, *literals: int) -> None:
        """At least one of these literals is true; none given, the formula has no solution."""
        self.clauses.append(list(literals))

    def either(self, literals: Sequence[int]) -> int:
        """A literal that is true exactly if one of these is; `literals` is not empty."""
        if len(literals) == 1:
            return literals[0]
        one = self.new()
        for literal in literals:
            self.add(one, -literal)
        self.add(-one, *literals)
        return one

    def at_most_one(self, literals: Sequence[int]) -> None:
        """Pairs where they are few, else groups of them behind a literal each."""
        rest = list(literals)
        while len(rest) > FEW:
            group, rest = rest[: FEW - 1], rest[FEW - 1 :]
            ahead = self.new()
            for literal in group:
                self.add(-literal, ahead)
            self._pairs(group)
            rest.append(ahead)
        self._pairs(rest)

    def _pairs(self, literals: Sequence[int]) -> None:
        for i, one in enumerate(literals):
            for other in literals[i + 1 :]:
                self.add(-one, -other)

    def exactly_one(self, literals: Sequence[int]) -> None:
        self.add(*literals)
        self.at_most_one(literals)

    def count(self, literals: Sequence[int], most: int) -> list[int]:
        """The number of true literals in unary: result[k] is true exactly if more than k are, for k below `most`."""
        layer = [[literal] for literal in literals]
        while len(layer) > 1:
            merged = [self._merge(layer[i], layer[i + 1], most) for i in range(0, len(layer) - 1, 2)]
            if len(layer) % 2:
                merged.append(layer[-1])
            layer = merged
        return layer[0][:most] if layer else []

    def _merge(self, left: list[int], right: list[int], most: int) -> list[int]:
        size = min(len(left) + len(right), most)
        total = [self.new() for _ in range(size)]
        for i in range(len(left) + 1):
            for j in range(len(right) + 1):
                if i + j > 0:  # i on the left and j on the right make i + j
                    clause = [total[min(i + j, size) - 1]]
                    if i:
                        clause.append(-left[i - 1])
                    if j:
                        clause.append(-right[j - 1])
                    self.clauses.append(clause)
                if i + j < size:  # not more than i on the left and j on the right make not more than i + j
                    clause = [-total[i + j]]
                    if i < len(left):
                        clause.append(left[i])
                    if j < len(right):
                        clause.append(right[j])
                    self.clauses.append(clause)
        return total

    def at_most(self, literals: Sequence[int], most: int) -> None:
        if most <= 0:
            for literal in literals:
                self.add(-literal)
        elif most == 1:
            self.at_most_one(literals)
        elif len(literals) > most:
            self.add(-self.count(literals, most + 1)[most])
