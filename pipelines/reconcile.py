"""Holds the five-year rule against lists that were really published, and says in words whether both sides agree.

What does not belong here: how the tables are filled and held against each other (`assets.published_tables`,
`sql/reference`), the number of years (`law/parameters/omdannelsesomraade/years.yaml`), and anything that reads a home.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from assets import published_tables
from law.loader import Law, shipped_law

MEMBERSHIP = "published_membership"

Area = tuple[str, str]


@dataclass(frozen=True)
class Comparison:
    """One list year: omdannelsesområder (municipality, area) derived and published, and the years read."""

    list_year: int
    years: int
    derived: frozenset[Area]
    published: frozenset[Area]

    @property
    def agrees(self) -> bool:
        """Whether both sides name the same areas."""
        return self.derived == self.published

    def lines(self) -> list[str]:
        """The result in words: one line, and one more for each area that is on one side only."""
        verdict = "agree" if self.agrees else "DIFFER"
        said = [
            f"{self.list_year}: {len(self.derived)} derived, {len(self.published)} published, {verdict} "
            f"(parallelsamfund lists {self.list_year - self.years + 1}-{self.list_year})"
        ]
        said += [f"  derived only: {area} ({kom})" for kom, area in sorted(self.derived - self.published)]
        said += [f"  published only: {area} ({kom})" for kom, area in sorted(self.published - self.derived)]
        return said


def read_membership() -> list[Mapping[str, str]]:
    """The published lists, one row per list year, list and area."""
    return published_tables.rows_of_file(MEMBERSHIP)


def compare(membership: Sequence[Mapping[str, str]], legal: Law) -> list[Comparison]:
    """One comparison per list year whose lists are all known whole, in order of years.

    The rule is the one in force on each list day. A list year before the rule existed is not compared.
    """
    if not membership:
        return []
    with duckdb.connect(":memory:", config={"threads": 1}) as con:
        con.execute("CREATE SCHEMA reference")
        published_tables.fill(con, MEMBERSHIP, membership)
        published_tables.fill_years(con, legal)
        rows = con.execute(published_tables.reconciliation_sql()).fetchall()
    lengths = {list_year: years_read for list_year, years_read, *_ in rows}
    return [
        Comparison(
            list_year,
            years_read,
            frozenset((kom, area) for year, _, kom, area, derived, _ in rows if year == list_year and derived),
            frozenset((kom, area) for year, _, kom, area, _, listed in rows if year == list_year and listed),
        )
        for list_year, years_read in lengths.items()
    ]


def reconcile() -> int:
    """Prints each list year's comparison. Returns 0 when all agree, 1 when one differs or none is whole."""
    comparisons = compare(read_membership(), shipped_law())
    for comparison in comparisons:
        print("\n".join(comparison.lines()))
    if not comparisons:
        print("no list year can be compared: law/published_lists/membership.csv has too few whole lists")
        return 1
    return 0 if all(comparison.agrees for comparison in comparisons) else 1
