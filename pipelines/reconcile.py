"""Holds the five-year rule against lists that were really published.

Belongs here: loading the published lists into an in-memory DuckDB, running `sql/reference/reconciliation.sql`
there, and saying in words whether both sides agree. The derivation itself is in the SQL file, the number of
years in `law/parameters/omdannelsesomraade/years.yaml`. Does not belong here: anything that reads a home.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

import law
from law.loader import Law, list_day, shipped_law

MEMBERSHIP = Path(law.__file__).parent / "published_lists" / "membership.csv"
DERIVATION = Path(__file__).parent.parent / "sql" / "reference" / "reconciliation.sql"

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


def read_membership(path: Path = MEMBERSHIP) -> list[Mapping[str, str]]:
    """The published lists, one row per list year, list and area."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def compare(membership: Iterable[Mapping[str, str]], legal: Law) -> list[Comparison]:
    """One comparison per list year whose lists are all known whole, in order of years.

    The rule is the one in force on each list day. A list year before the rule existed is not compared.
    """
    listed = [
        (int(row["list_year"]), row["list"], row["municipality"], row["area"], row["complete"] == "yes")
        for row in membership
    ]
    rule = {
        year: legal.in_force(list_day(year)).get("omdannelsesomraade.years")
        for year in sorted({year for year, *_ in listed})
    }
    with duckdb.connect(":memory:", config={"threads": 1}) as con:
        con.execute("CREATE SCHEMA reference")
        con.execute(
            "CREATE TABLE reference.published_membership "
            "(list_year SMALLINT, list VARCHAR, municipality VARCHAR, area VARCHAR, complete BOOLEAN)"
        )
        con.execute("CREATE TABLE reference.omdannelsesomraade_years (list_year SMALLINT, years SMALLINT)")
        if listed:
            con.executemany("INSERT INTO reference.published_membership VALUES (?, ?, ?, ?, ?)", listed)
        years = [(year, dated.value) for year, dated in rule.items() if dated is not None]
        if years:
            con.executemany("INSERT INTO reference.omdannelsesomraade_years VALUES (?, ?)", years)
        rows = con.execute(DERIVATION.read_text(encoding="utf-8")).fetchall()
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
