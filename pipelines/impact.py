"""What a late delivery would change: the newest vintages derived aside and compared with the sealed edition.

Nothing is sealed and no table of the home is written. What does not belong here: deriving anew what was sealed
(`pipelines.verify`) and sealing (`assets.publishing.sealing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from assets import derivation, warehouse
from assets.aside import derive_all, show_history
from assets.contracts import REGISTERS
from assets.intake import snapshots
from assets.intake.deliveries import delivered_years, printable
from assets.publishing import sealing
from assets.warehouse import rows_of, sql_file, sql_text
from law.loader import LegalValue, statistics_law
from pipelines.diff import in_full
from pipelines.home import Home

COMPARED: Mapping[str, tuple[str, ...]] = {
    "status.area_status": ("area_id",),
    "criteria.area_criteria": ("area_id",),
    "cap.municipal_cap": ("kom",),
    "cap.area_cap": ("area_id", "kom"),
}
"""What a late delivery can change of what an edition seals, with its keys within a list year; the years of the history
before it are those that were sealed."""
BOOKKEEPING = ("pseudonyms", "snapshots", "files", "counts", "validations")


class ImpactError(Exception):
    """The impact cannot be told. Each argument is one line that says why."""


@dataclass(frozen=True)
class Change:
    """One figure of one area or municipality, as sealed and as it would be; empty where there is none."""

    table: str
    key: str
    column: str
    before: str
    after: str

    @property
    def line(self) -> str:
        return f"{self.table} {printable(self.key)}: {self.column} {self.before or 'none'} -> {self.after or 'none'}"


def impact(home: Home, list_year: int, folder: Path) -> tuple[list[str], list[Change]]:
    """The inputs of a sealed edition that would be others today, and every figure that would change with them.

    Raises ImpactError where there is no edition, or where the deliveries would stop a run.
    """
    edition = home.edition(list_year)
    manifest = sealing.read_manifest(edition)
    if manifest is None:
        raise ImpactError(f"There is no sealed edition of list year {list_year} in {home.path}. Run it first.")
    values = statistics_law().for_list_year(list_year)
    with home.locked(), _aside(home) as con:
        show_history(con, manifest, edition / "parallelsamfund_history.parquet")
        faults = _promote_all(con, values, list_year, folder, home.scratch)
        if faults:
            raise ImpactError(*faults, "The deliveries would stop a run, so their impact cannot be told.")
        derive_all(con, values, list_year)
        return _inputs(con, manifest, list_year), list(_changes(con, edition, list_year))


@contextmanager
def _aside(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in the home's scratch folder that sees the home's snapshots and takes new ones. It is removed."""
    home.clear_scratch()
    try:
        with warehouse.connect(home.scratch / "impact.duckdb", home.scratch) as con:
            derivation.prepare_session(con)
            con.execute(f"ATTACH {sql_text(home.warehouse)} AS looked_at (READ_ONLY)")
            for table in BOOKKEEPING:
                con.execute(f"INSERT INTO received.{table} SELECT * FROM looked_at.received.{table}")
            for (table,) in con.execute("SELECT table_name FROM looked_at.received.snapshots").fetchall():
                con.execute(f'CREATE VIEW received."{table}" AS SELECT * FROM looked_at.received."{table}"')
            yield con
    finally:
        home.clear_scratch()


def _promote_all(
    con: duckdb.DuckDBPyConnection, values: Mapping[str, LegalValue], list_year: int, folder: Path, scratch: Path
) -> list[str]:
    """Receives, checks and promotes every register. Returns what would stop a run."""
    stops: list[str] = []
    books = snapshots.read_books(con, list_year)
    for register in REGISTERS:
        there = delivered_years(folder, register, list_year)
        wanted = snapshots.wanted_references(con, register, values, list_year, there)
        snapshots.receive(con, register, wanted, list_year, folder, scratch, books)
        faults, checked = snapshots.check(con, register, books)
        stops += [fault.line for fault in faults]
        stops += [line for item in checked if item.rule.blocking for line in item.lines]
    if not stops:
        snapshots.promote(con, REGISTERS, values, list_year, books)
    return stops


def _inputs(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], list_year: int) -> list[str]:
    """Every input that a run would seal otherwise: an edition names the vintage that it rests on, so one with the same
    bytes is another input, though no figure of it differs."""
    sealed = {(item["register"], item["reference"]): item for item in manifest["inputs"]}
    now = {(item["register"], item["reference"]): item for item in sealing.describe_inputs(con, list_year)}
    lines = []
    for key in sorted(sealed.keys() | now.keys()):
        before, after = sealed.get(key), now.get(key)
        if before != after:
            same = before is not None and after is not None and before["content_sha256"] == after["content_sha256"]
            told = f"{'/'.join(key)}: {_vintage(before)} -> {_vintage(after)}"
            lines.append(f"{told}, the same content" if same else told)
    return lines


def _vintage(item: Mapping[str, Any] | None) -> str:
    if item is None:
        return "not delivered"
    rows = sum(file["rows"] for file in item["files"])
    vintage = f"vintage {item['vintage']}" if item["vintage"] else "first delivery"
    return f"{vintage} ({rows} rows, {item['content_sha256'][:12]})"


def _changes(con: duckdb.DuckDBPyConnection, edition: Path, list_year: int) -> Iterator[Change]:
    for table, key in COMPARED.items():
        name = table.split(".")[1]
        file = edition / f"{name}.parquet"
        if not file.exists():  # sealed before there was such a table
            continue
        sealed = f"read_parquet({sql_file(file)}, hive_partitioning=false)"
        before = _by_key(con, f"SELECT * FROM {sealed}", key)
        after = _by_key(con, f"SELECT * FROM {table} WHERE list_year = {int(list_year)}", key)
        for value in sorted(before.keys() | after.keys()):
            old, new = before.get(value, {}), after.get(value, {})
            for column in old or new:
                if old.get(column, "") != new.get(column, ""):
                    yield Change(name, value, column, old.get(column, ""), new.get(column, ""))


def _by_key(con: duckdb.DuckDBPyConnection, query: str, key: tuple[str, ...]) -> dict[str, dict[str, str]]:
    return {
        " ".join(str(row[name]) for name in key): {name: "" if v is None else in_full(v) for name, v in row.items()}
        for row in rows_of(con, query)
    }
