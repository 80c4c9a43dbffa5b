"""The attacker: how closely every cell that is not told can be bounded from all the totals that are.

It knows the finished tables, how they add up, and that nobody is counted below 0; each bound is exact, by integer
programming. What does not belong here: what was hidden and why (`assets.suppression`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from assets.cells import Cell, Interval, Relation, components

OPTIMAL, UNBOUNDED, UNBOUNDED_OR_INFEASIBLE = 0, 3, 4
"""What the solver's status numbers mean."""


class ContradictionError(Exception):
    """The finished tables do not add up, whatever stands in the hidden cells."""


def intervals(
    told: Mapping[Cell, int],
    hidden: Sequence[Cell],
    relations: Sequence[Relation],
    bounds: Mapping[Cell, Interval],
) -> dict[Cell, Interval]:
    """The least and the greatest value that each hidden cell can have. Raises ContradictionError.

    `told` are the published figures, `bounds` what other publications tell of hidden cells. A cell that nothing
    bounds from above gets infinity.
    """
    unknown = set(hidden)
    _refuse_contradiction(told, unknown, relations)
    found: dict[Cell, Interval] = {}
    for cells, tied in components(hidden, relations):
        found.update(_component(cells, tied, told, bounds))
    return found


def _refuse_contradiction(told: Mapping[Cell, int], unknown: set[Cell], relations: Sequence[Relation]) -> None:
    for relation in relations:
        cells = (relation.total, *relation.parts)
        if not unknown.intersection(cells) and all(cell in told for cell in cells):
            if told[relation.total] != sum(told[part] for part in relation.parts):
                raise ContradictionError(f"{'/'.join(relation.total)} is not the sum of its parts")


def _component(
    cells: list[Cell], relations: list[Relation], told: Mapping[Cell, int], bounds: Mapping[Cell, Interval]
) -> dict[Cell, Interval]:
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    number = {cell: index for index, cell in enumerate(cells)}
    limits = [bounds.get(cell, (0, math.inf)) for cell in cells]
    box = Bounds([max(0, low) for low, _ in limits], [high for _, high in limits])
    matrix, sums = equations(number, relations, told)
    constraints = [] if matrix is None else [LinearConstraint(matrix, sums, sums)]
    found: dict[Cell, Interval] = {}
    for cell, index in number.items():
        ends = []
        for sign in (1, -1):
            cost = np.zeros(len(cells))
            cost[index] = sign
            answer = milp(cost, integrality=np.ones(len(cells)), bounds=box, constraints=constraints)
            ends.append(_extreme(answer, sign))
        found[cell] = (ends[0], ends[1])
    return found


def _extreme(answer: Any, sign: int) -> float:
    if answer.status == OPTIMAL:
        return float(round(sign * answer.fun))
    if answer.status in (UNBOUNDED, UNBOUNDED_OR_INFEASIBLE) and sign < 0:
        return math.inf
    raise ContradictionError("no figures fit the published totals")


def equations(
    number: Mapping[Cell, int], relations: Sequence[Relation], told: Mapping[Cell, int]
) -> tuple[Any, list[int]]:
    """The relations as a sparse matrix over the numbered cells, and what each row sums to by the told cells.

    No matrix where there is no relation.
    """
    from scipy.sparse import csr_matrix

    rows: list[int] = []
    columns: list[int] = []
    signs: list[int] = []
    sums = []
    for row, relation in enumerate(relations):
        known = 0
        for cell, sign in ((relation.total, 1), *((part, -1) for part in relation.parts)):
            if cell in number:
                rows.append(row)
                columns.append(number[cell])
                signs.append(sign)
            else:
                known += sign * told[cell]
        sums.append(-known)
    if not relations:
        return None, []
    return csr_matrix((signs, (rows, columns)), shape=(len(relations), len(number))), sums


def too_close(interval: Interval, limit: float, must_hide: bool) -> bool:
    """Whether a cell can be bounded closer than the limit.

    `must_hide` cells stand in a table as hidden. A cell that stands in none is looked at only where it is small, and a
    plain 0 tells of nobody.
    """
    low, high = interval
    if high - low >= limit:
        return False
    return must_hide or (low < limit and high > 0)
