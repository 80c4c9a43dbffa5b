"""The attacker: how closely every cell that is not told can be bounded from all the totals that are.

It knows the finished tables, how they add up, and that nobody is counted below 0; each bound is exact, by integer
programming. What does not belong here: what was hidden and why (`assets.disclosure.suppression`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence

from assets.disclosure.cells import Cell, Interval, Relation, components
from assets.disclosure.linear_programs import Equation, Outcome, Program


class ContradictionError(Exception):
    """The finished tables do not add up, whatever stands in the hidden cells."""


def intervals(
    told: Mapping[Cell, int],
    hidden: Sequence[Cell],
    relations: Sequence[Relation],
    bounds: Mapping[Cell, Interval],
    enough: Callable[[Cell], float] | None = None,
) -> dict[Cell, Interval]:
    """The least and the greatest value that each hidden cell can have. Raises ContradictionError.

    `told` are the published figures, `bounds` what other publications tell of hidden cells. A cell that nothing
    bounds from above gets infinity. With `enough`, a cell already seen to vary by so much is not looked at further:
    its interval is then a part of the exact one.
    """
    unknown = set(hidden)
    _refuse_contradiction(told, unknown, relations)
    found: dict[Cell, Interval] = {}
    for cells, tied in components(hidden, relations):
        found.update(_Guess(cells, tied, told, bounds).intervals(enough))
    return found


def _refuse_contradiction(told: Mapping[Cell, int], unknown: set[Cell], relations: Sequence[Relation]) -> None:
    for relation in relations:
        cells = (relation.total, *relation.parts)
        all_told = not unknown.intersection(cells) and all(cell in told for cell in cells)
        if all_told and told[relation.total] != sum(told[part] for part in relation.parts):
            raise ContradictionError(f"{'/'.join(relation.total)} is not the sum of its parts")


class _Guess:
    """What an outsider can work out about cells that relations tie together."""

    def __init__(
        self, cells: list[Cell], relations: list[Relation], told: Mapping[Cell, int], bounds: Mapping[Cell, Interval]
    ) -> None:
        self.cells = cells
        number = {cell: index for index, cell in enumerate(cells)}
        limits = [bounds.get(cell, (0, math.inf)) for cell in cells]
        self.lower, self.upper = [max(0, low) for low, _ in limits], [high for _, high in limits]
        self.equations = equations(number, relations, told)
        self.program = Program(self.equations, self.lower, self.upper)
        self.seen: list[Interval] = [(math.inf, -math.inf)] * len(cells)

    def intervals(self, enough: Callable[[Cell], float] | None) -> dict[Cell, Interval]:
        found: dict[Cell, Interval] = {}
        for index, cell in enumerate(self.cells):
            low, high = self.seen[index]
            if enough is None or high - low < enough(cell):
                low = self._extreme(index, 1)
                if enough is None or self.seen[index][1] - low < enough(cell):
                    self.seen[index] = (low, self._extreme(index, -1))
            found[cell] = self.seen[index]
        return found

    def _extreme(self, index: int, sign: int) -> float:
        """The least (sign 1) or the greatest (sign -1) value of a cell, in whole numbers."""
        costs = [0] * len(self.cells)
        costs[index] = sign
        answer = self.program.least(costs)
        if not answer.is_whole:
            answer = Program(self.equations, self.lower, self.upper, whole=True).least(costs)
        if answer.outcome is Outcome.FOUND:
            figures = [float(round(value)) for value in answer.figures]
            self.seen = [(min(low, x), max(high, x)) for (low, high), x in zip(self.seen, figures, strict=True)]
            return figures[index]
        if answer.outcome is Outcome.UNBOUNDED and sign < 0:
            return math.inf
        raise ContradictionError("no figures fit the published totals")


def equations(number: Mapping[Cell, int], relations: Sequence[Relation], told: Mapping[Cell, int]) -> list[Equation]:
    """The relations as equations between the numbered cells: what those of a relation come to by its told cells."""
    found = []
    for relation in relations:
        terms: dict[int, int] = {}
        known = 0
        for cell, sign in ((relation.total, 1), *((part, -1) for part in relation.parts)):
            if cell in number:
                terms[number[cell]] = sign
            else:
                known += sign * told[cell]
        found.append(Equation(terms, -known))
    return found


def told_since(
    cells: Collection[Cell], relations: Sequence[Relation], bounds: Mapping[Cell, Interval], limit: float
) -> set[Cell]:
    """Those of some cells, withheld in an earlier release, that other publications alone now tell closer than the
    limit, and not as small ones: whatever is hidden here, nothing can protect them any more."""
    if not cells:
        return set()
    every = {cell for relation in relations for cell in (relation.total, *relation.parts)} | set(cells)
    reached = [group for group, _ in components(sorted(every), relations) if not bounds.keys().isdisjoint(group)]
    unknown = [cell for group in reached for cell in group]
    found = intervals({}, unknown, relations, bounds, lambda cell: limit if cell in cells else -math.inf)
    return {cell for cell in cells if cell in found and _told_as_large(found[cell], limit)}


def _told_as_large(interval: Interval, limit: float) -> bool:
    low, high = interval
    return high - low < limit and not 0 < high < limit


def too_close(interval: Interval, limit: float, must_hide: bool) -> bool:
    """Whether a cell can be bounded closer than the limit.

    `must_hide` cells stand in a table as hidden. A cell that stands in none is looked at only where it is small, and a
    plain 0 tells of nobody.
    """
    low, high = interval
    if high - low >= limit:
        return False
    return must_hide or (low < limit and high > 0)
