"""The disclosure limits, read from `law/disclosure.yaml`, the one place that holds them.

What does not belong here: how a figure is withheld.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import yaml

import law

LIMITS = Path(law.__file__).parent / "disclosure.yaml"


WITHHELD = "diskretioneret"
"""What stands in the place of a figure that is withheld."""


@dataclass(frozen=True)
class Limits:
    """Every limit in force. Counts are persons, the others pct. (see the file for what each means)."""

    minimum_count: int
    dominance_one_pct: int
    dominance_two_pct: int
    income_protection_pct: int

    def few(self, count: int | Decimal, base: int) -> bool:
        """Whether a count out of `base` persons, or the rest of them, is too small to be put out."""
        return 0 < count < self.minimum_count or 0 < base - count < self.minimum_count


def disclosure_limits(path: Path = LIMITS) -> Limits:
    """The limits in force. Raises ValueError where they are set below the lowest allowed."""
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
    minimum, lowest = int(read["minimum_count"]), int(read["lowest_allowed"])
    if minimum < lowest:
        raise ValueError(f"{path.name}: minimum_count is {minimum}; it must be at least {lowest}")
    return Limits(
        minimum,
        int(read["dominance_one_pct"]),
        int(read["dominance_two_pct"]),
        int(read["income_protection_pct"]),
    )


def set_limit_variables(con: duckdb.DuckDBPyConnection) -> None:
    """Gives the SQL files the limits of dominance."""
    limits = disclosure_limits()
    names = ("dominance_one_pct", "dominance_two_pct")
    con.execute(
        "SET VARIABLE disclosure_limits = map(CAST(? AS VARCHAR[]), CAST(? AS INTEGER[]))",
        [list(names), [getattr(limits, name) for name in names]],
    )
