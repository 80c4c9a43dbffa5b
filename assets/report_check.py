"""The disclosure check: attacks the finished tables as an outsider would, and says what can be bounded too closely.

It reads the tables as they are about to leave, nothing else. What does not belong here: how the bounds are found
(`assets.attack`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assets import attack, report_cells
from assets.cells import Cell, Interval
from assets.disclosure import Limits
from assets.finished import Finished
from assets.report_labels import WITHHELD


@dataclass(frozen=True)
class Attacked:
    """What an attack found: how many cells are withheld, and those that can be bounded closer than the limit."""

    withheld: int
    too_close: dict[Cell, Interval]

    @property
    def lines(self) -> list[str]:
        return [f"{'/'.join(cell)}: can be bounded closer than the limit" for cell in sorted(self.too_close)]


def attacked(tables: Mapping[str, Finished], limits: Limits) -> Attacked:
    """Bounds every cell that is not told. Raises attack.ContradictionError where the tables do not add up."""
    structure = report_cells.structure_of(tables)
    told: dict[Cell, int] = {}
    hidden: set[Cell] = set()
    for name, table in tables.items():
        for row in table.rows:
            for column, cell in report_cells.counts(name, row):
                value = row[column]
                if value == WITHHELD:
                    hidden.add(cell)
                else:
                    assert isinstance(value, int)
                    told[cell] = value
    known = {cell for cube in structure.cubes for cell in (cube.cell(*at) for at in cube.coordinates())}
    silent = known - told.keys() - hidden
    bounds = {c: interval for c, interval in report_cells.told_elsewhere(tables).items() if c in hidden}
    found = attack.intervals(told, sorted(hidden | silent), structure.relations, bounds)
    close = {
        cell: interval
        for cell, interval in found.items()
        if attack.too_close(interval, _limit(cell, interval, limits), cell in hidden)
    }
    return Attacked(len(hidden), close)


def _limit(cell: Cell, interval: Interval, limits: Limits) -> float:
    """By how much a cell must stay uncertain: persons by the least count, a sum of incomes by a part of itself."""
    return interval[1] * limits.income_protection_pct / 100 if cell[0] == "indkomst" else limits.minimum_count
