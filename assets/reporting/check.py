"""The disclosure check: attacks the finished tables as an outsider would, and says what can be bounded too closely.

It reads the tables as they are about to leave, nothing else. What does not belong here: how the bounds are found
(`assets.disclosure.attack`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assets.disclosure import attack
from assets.disclosure.cells import Cell, Interval
from assets.disclosure.limits import Limits
from assets.finished import Finished
from assets.reporting import cells
from assets.reporting.cells import Before


@dataclass(frozen=True)
class Attacked:
    """What an attack found.

    How many cells are withheld; those that can be bounded closer than the limit; those told now that an earlier
    release of the same figures withheld; and incomes that follow from an earlier release by difference.
    """

    withheld: int
    too_close: dict[Cell, Interval]
    told_after_all: frozenset[Cell] = frozenset()
    by_difference: frozenset[Cell] = frozenset()

    @property
    def lines(self) -> list[str]:
        return [
            f"{'/'.join(cell)}: {what}"
            for cells, what in (
                (self.too_close, "can be bounded closer than the limit"),
                (self.told_after_all, "is told here and was withheld in an earlier release"),
                (self.by_difference, "less an earlier release is the income of few persons"),
            )
            for cell in sorted(cells)
        ]


def attacked(tables: Mapping[str, Finished], limits: Limits, before: Before) -> Attacked:
    """Bounds every cell that is not told, and holds the told ones against what earlier releases withheld.

    Raises attack.ContradictionError where the tables do not add up.
    """
    structure = cells.structure_of(tables)
    told, hidden = cells.read(tables)
    known = {cell for cube in structure.cubes for cell in (cube.cell(*at) for at in cube.coordinates())}
    silent = known - told.keys() - hidden
    told_by_lists = cells.told_elsewhere(tables)
    bounds = {cell: interval for cell, interval in told_by_lists.items() if cell in hidden}
    by_cap = cells.told_by_the_cap(tables, hidden)
    known_totals = told | {relation.total: homes for relation, homes in by_cap.items()}
    found = attack.intervals(known_totals, sorted(hidden | silent), [*structure.relations, *by_cap], bounds)
    close = {
        cell: interval
        for cell, interval in found.items()
        if attack.too_close(interval, _limit(cell, interval, limits), cell in hidden)
    }
    withheld = close.keys() & before.withheld
    for cell in attack.told_since(withheld, structure.relations, told_by_lists, limits.minimum_count):
        del close[cell]
    close |= cells.told_by_residents(tables)
    return Attacked(
        len(hidden),
        close,
        frozenset(before.withheld & told.keys()),
        frozenset(cells.incomes_by_difference(told, before, limits.minimum_count)),
    )


def _limit(cell: Cell, interval: Interval, limits: Limits) -> float:
    """By how much a cell must stay uncertain: persons by the least count, a sum of incomes by a part of itself."""
    return interval[1] * limits.income_protection_pct / 100 if cell[0] == "indkomst" else limits.minimum_count
