"""Deriving aside: a database in memory that reads a home's register tables and writes nothing in the home.

Verification, explanations, scenarios and the causes of a change derive here. What does not belong here: what is done
with the result, and how a list year is derived for an edition (`assets.factory`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from assets import derivation, law_tables, warehouse
from assets.contracts import REGISTERS, Register
from assets.derivation import TABLES, Derived
from assets.intake import snapshots
from assets.intake.deliveries import place_of
from assets.warehouse import sql_file
from law.loader import Law, LegalValue, list_day
from pipelines.home import Home


class AsideError(Exception):
    """Something that the derivation needs is no longer in the home. The message is one line that names it."""


@dataclass(frozen=True)
class Snapshot:
    """One reference of a register as a list year reads it."""

    register: str
    reference: str
    vintage: str
    content_sha256: str

    @property
    def year(self) -> int:
        """The reference year."""
        return int(self.reference[:4])


@contextmanager
def open_aside(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with empty schemas, and the home's warehouse beside it as `home`, which is only read."""
    with warehouse.aside(home.warehouse, home.scratch) as con:
        warehouse.prepare(con)
        yield con


@contextmanager
def aside(home: Home, manifest: Mapping[str, Any], law: Law) -> Iterator[duckdb.DuckDBPyConnection]:
    """A list year derived in full from the very snapshots and history that a manifest names.

    Raises AsideError where a snapshot is no longer in the home.
    """
    list_year = int(manifest["list_year"])
    with open_aside(home) as con:
        show_registers(con, sealed_snapshots(manifest), list_year)
        show_history(con, manifest, home.edition(list_year) / "parallelsamfund_history.parquet")
        derive_all(con, law.for_list_year(list_year), list_year)
        yield con


def sealed_snapshots(manifest: Mapping[str, Any]) -> list[Snapshot]:
    """The snapshots that an edition was derived from."""
    return [
        Snapshot(item["register"], item["reference"], item["vintage"], item["content_sha256"])
        for item in manifest["inputs"]
    ]


def promoted_snapshots(con: duckdb.DuckDBPyConnection, list_year: int) -> list[Snapshot]:
    """The snapshots that are promoted for a list year in the home."""
    rows = con.execute(
        """
        SELECT register, reference, vintage, content_sha256
        FROM home.registers.promoted WHERE list_year = ? ORDER BY register, reference
        """,
        [list_year],
    ).fetchall()
    return [Snapshot(*row) for row in rows]


def show_registers(con: duckdb.DuckDBPyConnection, used: Iterable[Snapshot], list_year: int) -> None:
    """Makes schema `registers` show these snapshots for a list year, and nothing else."""
    chosen = list(used)
    con.execute("DELETE FROM registers.promoted")
    for register in REGISTERS:
        of_register = [snapshot for snapshot in chosen if snapshot.register == register.name]
        _show(con, register, of_register, list_year)


def _show(con: duckdb.DuckDBPyConnection, register: Register, used: Sequence[Snapshot], list_year: int) -> None:
    tables = [(list_year, snapshot.year, _table(con, snapshot)) for snapshot in used]
    snapshots.create_view(con, register, tables, source="home.received")
    for snapshot in used:
        con.execute(
            "INSERT INTO registers.promoted VALUES (?, ?, ?, ?, ?, ?)",
            [
                list_year,
                snapshot.register,
                snapshot.reference,
                snapshot.year,
                snapshot.vintage,
                snapshot.content_sha256,
            ],
        )


def _table(con: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> str:
    found = con.execute(
        "SELECT table_name FROM home.received.snapshots WHERE content_sha256 = ?", [snapshot.content_sha256]
    ).fetchall()
    if not found:
        place = place_of(snapshot.register, snapshot.reference, snapshot.vintage)
        raise AsideError(
            f"{place}: not in this home (deleted, or its warehouse was begun anew), so nothing can be derived anew."
        )
    return str(found[0][0])


def show_history(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], sealed: Path) -> None:
    """The earlier years as the edition knew them: own editions and published lists, from its sealed history."""
    own = [item["year"] for item in manifest["history"] if item["source"] == "edition"]
    for year in own:
        con.execute("INSERT INTO published.editions VALUES (?, 1, '')", [year])
        con.execute(
            f"""
            INSERT INTO published.parallelsamfund_history
            SELECT year, year, area_id, parallelsamfund, source
            FROM read_parquet({sql_file(sealed)}, hive_partitioning=false) WHERE year = ?
            """,
            [year],
        )


def put_law(
    con: duckdb.DuckDBPyConnection, values: Mapping[str, LegalValue], list_year: int, day: dt.date
) -> dict[str, str]:
    """Gives a list year the law of a day: the SQL's own words, variables, parameters and code lists. Returns the hash
    of each law table."""
    derivation.prepare_session(con)
    law_tables.set_law_variables(con, values, list_year)
    return {
        f"law.{table.name}": law_tables.fill_law_table(con, table, values, list_year, day)[1]
        for table in law_tables.LAW_TABLES
    }


def derive_all(
    con: duckdb.DuckDBPyConnection,
    values: Mapping[str, LegalValue],
    list_year: int,
    tables: Sequence[Derived] = TABLES,
) -> None:
    """Fills the law tables and derives the tables of a list year, in order."""
    put_law(con, values, list_year, list_day(list_year))
    for derived in tables:
        derivation.derive(con, derived, list_year)
