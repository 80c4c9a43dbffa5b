"""Chooses which cells to hide besides those that may not be told, so that totals do not give them away.

For each cell that may not be told a linear program finds the cheapest set of other cells whose figures could be
changed together with it, all published totals unchanged: those are hidden too. What does not belong here: the
attacker that tries the result (`assets.disclosure.attack`), and which cells may not be told
(`assets.reporting.counts`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from assets.disclosure import attack
from assets.disclosure.cells import Cell, Problem, Relation, components
from assets.disclosure.linear_programs import Equation, Outcome, Program

PRIMARY = "primary"
SECONDARY = "secondary"
BEFORE = "withheld_before"
CHANGED = 1e-6
ALMOST_FREE = 1e-4
ROUNDS = 10


class UnprotectableError(Exception):
    """A cell cannot be protected: what is published elsewhere or must be published tells it."""


def suppress(problem: Problem) -> dict[Cell, str]:
    """Every hidden cell with its reason: `primary`, `secondary`, or `withheld_before` in an earlier release.

    Meaning: after hiding these, no sensitive cell can be bounded closer than its limit from the cells that are left.
    A cell in no table (`unpublished`) is never in the answer; it is protected through others. Where the totals that
    should stay cannot, they are hidden too; raises UnprotectableError where not even that is enough.
    """
    try:
        return _suppressed(problem)
    except UnprotectableError:
        return _suppressed(replace(problem, fixed=frozenset()))


def _suppressed(problem: Problem) -> dict[Cell, str]:
    hidden = dict.fromkeys(sorted(problem.withheld), BEFORE)
    hidden.update({cell: PRIMARY for cell in problem.sensitive if cell not in problem.unpublished})
    wanted = dict(problem.sensitive)
    asked = dict(wanted)
    for _ in range(ROUNDS):
        free = [cell for cell in problem.values if cell not in problem.fixed]  # in an order of its own: equal answers
        for cells, relations in components(free, problem.relations):
            _hide_in(problem, cells, relations, wanted, hidden)
        close = _too_close(problem, hidden)
        if not close:
            return hidden
        # A program in whole numbers may allow less than the linear one: ask for more where it was asked already.
        wanted = {cell: 2 * asked[cell] if cell in asked else limit for cell, limit in close.items()}
        asked.update(wanted)
    raise UnprotectableError(f"{len(wanted)} cells can be bounded too closely whatever is hidden")


def _too_close(problem: Problem, hidden: Mapping[Cell, str]) -> dict[Cell, float]:
    """Hidden and unpublished cells that can be bounded closer than their limit, with the limit."""
    told = {c: v for c, v in problem.values.items() if c not in hidden and c not in problem.unpublished}
    unknown = sorted({*hidden, *problem.unpublished})
    least = min(problem.sensitive.values(), default=0)

    def enough(cell: Cell) -> float:
        return problem.sensitive.get(cell, least)

    found = attack.intervals(told, unknown, problem.relations, problem.bounds, enough)
    close = {}
    for cell, interval in found.items():
        limit = enough(cell)
        if attack.too_close(interval, limit, cell in hidden):
            close[cell] = limit
    withheld = close.keys() & problem.withheld - problem.sensitive.keys()
    for cell in attack.told_since(withheld, problem.relations, problem.bounds, least):
        del close[cell]
    return close


def _hide_in(
    problem: Problem,
    cells: list[Cell],
    relations: list[Relation],
    wanted: Mapping[Cell, float],
    hidden: dict[Cell, str],
) -> None:
    targets = sorted((cell for cell in cells if cell in wanted), key=lambda cell: (problem.values[cell], cell))
    if not targets:
        return
    program = _Program(problem, cells, relations)
    for target in targets:
        changed = program.cheapest_change(target, wanted[target], hidden)
        for cell in changed:
            if cell not in problem.unpublished:
                hidden.setdefault(cell, SECONDARY)


class _Program:
    """The linear program of one group of cells: by how much each figure rises (first half) or falls (second)."""

    def __init__(self, problem: Problem, cells: list[Cell], relations: list[Relation]) -> None:
        self.problem, self.cells = problem, cells
        self.number = {cell: index for index, cell in enumerate(cells)}
        unchanged = {cell: 0 for relation in relations for cell in (relation.total, *relation.parts)}
        both = [
            Equation(
                {**equation.terms, **{len(cells) + at: -sign for at, sign in equation.terms.items()}}, equation.total
            )
            for equation in attack.equations(self.number, relations, unchanged)
        ]
        self.most = [self._room(cell, rise) for rise in (True, False) for cell in cells]
        self.program = Program(both, [0.0] * len(self.most), self.most)

    def _room(self, cell: Cell, rise: bool) -> float:
        """How far a figure can rise or fall within what is known of it elsewhere, never below 0."""
        low, high = self.problem.bounds.get(cell, (0, math.inf))
        value = self.problem.values[cell]
        return max(0.0, high - value if rise else value - max(0, low))

    def cheapest_change(self, target: Cell, amount: float, hidden: Mapping[Cell, str]) -> list[Cell]:
        """The cells that change when `target` moves by `amount` at the least cost; hidden ones cost next to nothing. It
        rises by as much of it as the figures that stay allow, and falls by the rest."""
        costs = [self._cost(cell, hidden) for cell in self.cells]
        rise = min(amount, self._room(target, True))
        risen = self._change(target, True, rise, costs)
        if risen is None:
            rise = self._most(target, rise)
            risen = self._change(target, True, rise, costs) or []
        fall = amount - rise
        if fall > self._room(target, False):
            raise UnprotectableError(f"{'/'.join(target)} is told elsewhere")
        fallen = self._change(target, False, fall, costs)
        if fallen is None:
            raise UnprotectableError(f"{'/'.join(target)} follows from figures that must be published")
        return sorted({*risen, *fallen})

    def _cost(self, cell: Cell, hidden: Mapping[Cell, str]) -> float:
        if cell in hidden or cell in self.problem.unpublished:
            return ALMOST_FREE
        return self.problem.weights.get(cell, 1.0) * (1.0 + self.problem.values[cell])

    def _most(self, target: Cell, at_most: float) -> int:
        """By how much, in whole numbers, a figure can rise with all published totals unchanged."""
        up = self.number[target]
        self._move(target, 0.0, at_most, 0.0)
        answer = self.program.least([-1.0 if index == up else 0.0 for index in range(2 * len(self.cells))])
        return math.floor(answer.figures[up] + CHANGED) if answer.outcome is Outcome.FOUND else 0

    def _change(self, target: Cell, up: bool, by: float, costs: list[float]) -> list[Cell] | None:
        """The cells that change at the least cost when `target` does; None where the others do not allow it."""
        if by <= 0:
            return []
        n = len(self.cells)
        self._move(target, by, by if up else 0.0, 0.0 if up else by)
        answer = self.program.least(costs + costs)
        if answer.outcome is not Outcome.FOUND:
            return None
        return [cell for cell, i in self.number.items() if max(answer.figures[i], answer.figures[n + i]) > CHANGED]

    def _move(self, target: Cell, by: float, rise: float, fall: float) -> None:
        """Bounds under which `target` rises or falls by at least `by`, and at most by `rise` or `fall`."""
        n, at = len(self.cells), self.number[target]
        least, most = [0.0] * (2 * n), list(self.most)
        most[at], most[n + at] = rise, fall
        least[at if rise else n + at] = by
        self.program.bound(least, most)
