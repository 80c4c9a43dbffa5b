"""Verification: derives a sealed edition anew, aside, from the home's register tables and the history sealed in it.

Nothing in the home is written. What does not belong here: how an edition is sealed (`assets.sealing`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from assets import derivation, edition, law_tables, sealing, snapshots, warehouse
from assets.contracts import REGISTERS
from assets.warehouse import sql_text
from law.loader import Law, LegalValue, list_day, statistics_law
from pipelines.home import Home


class VerificationError(Exception):
    """An edition is not what it says. Each argument is one line that names what differs."""


def verify_edition(home: Home, list_year: int) -> list[str]:
    """Lines that say what was verified. Raises VerificationError naming everything that differs, the first first."""
    folder = home.edition(list_year)
    manifest = sealing.read_manifest(folder)
    if manifest is None:
        raise VerificationError(f"There is no sealed edition of list year {list_year} in {home.path}.")
    damaged = sealing.damaged_files(folder, manifest)
    if damaged:
        raise VerificationError(*(f"{name}: not the file that was sealed." for name in damaged))
    law = statistics_law()
    values = law.for_list_year(list_year)
    _same_rules(manifest, law, values, list_year)
    with home.locked(), aside(home, manifest, law) as con, tempfile.TemporaryDirectory() as scratch:
        derived = Path(scratch)
        rows = sealing.write_tables(con, list_year, derived)
        edition.write_public_lists(con, law, list_year, derived)
        _same_history(con, manifest, list_year)
        _same_files(sealing.describe_outputs(derived, rows), manifest)
    told = _report_whole(folder)
    files = len(manifest["outputs"])
    return [
        f"Edition {list_year}, revision {manifest['revision']}: {files} files derived anew, byte for byte the same.",
        f"{len(manifest['inputs'])} snapshots, law {manifest['law']['sha256'][:12]}, "
        f"SQL {manifest['sql']['sha256'][:12]}.",
        *told,
    ]


def _report_whole(folder: Path) -> list[str]:
    """A line on the edition's report, where it has one: its files are those it was made with, for this edition."""
    from assets import report_files

    damaged = report_files.damaged(folder)
    if damaged:
        raise VerificationError(*(f"{line}." for line in damaged))
    report = report_files.read_report_manifest(folder)
    return [f"Report: {len(report['files'])} files are those it was made with."] if report else []


def _same_rules(manifest: Mapping[str, Any], law: Law, values: Mapping[str, LegalValue], list_year: int) -> None:
    lines = []
    if manifest["law"] != sealing.describe_law(law, values, list_year):
        lines.append("law: the parameters or code lists are others than those the edition was sealed under.")
    if manifest["sql"] != sealing.describe_sql():
        lines.append("sql: the SQL is another than that the edition was sealed under.")
    if lines:
        raise VerificationError(*lines, "Verify it with the version of the product that sealed it.")


def _same_history(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], list_year: int) -> None:
    now = sealing.describe_history(con, list_year)
    for sealed, found in zip(manifest["history"], now, strict=True):
        if sealed["sha256"] != found["sha256"]:
            raise VerificationError(f"history: the list of {sealed['year']} is not the one named in the manifest.")


def _same_files(found: list[dict[str, Any]], manifest: Mapping[str, Any]) -> None:
    now = {item["file"]: item for item in found}
    sealed = {item["file"]: item for item in manifest["outputs"]}
    differing = [name for name in sorted(sealed.keys() | now.keys()) if sealed.get(name) != now.get(name)]
    if differing:
        raise VerificationError(*(f"{name}: derived anew it differs from the sealed file." for name in differing))


@contextmanager
def aside(home: Home, manifest: Mapping[str, Any], law: Law) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with a list year derived from the very snapshots that a manifest names.

    Raises VerificationError where a snapshot is no longer in the home.
    """
    list_year = int(manifest["list_year"])
    values = law.for_list_year(list_year)
    with open_aside(home) as con:
        for register in REGISTERS:
            used = [item for item in manifest["inputs"] if item["register"] == register.name]
            tables = [(list_year, int(item["reference"][:4]), _table(con, item)) for item in used]
            snapshots.create_view(con, register, tables, source="home.received")
            for item in used:
                con.execute(
                    "INSERT INTO registers.promoted VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        list_year,
                        register.name,
                        item["reference"],
                        int(item["reference"][:4]),
                        item["vintage"],
                        item["content_sha256"],
                    ],
                )
        _history_of(con, manifest, home.edition(list_year) / "parallelsamfund_history.parquet")
        derive_all(con, values, list_year)
        yield con


@contextmanager
def open_aside(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with empty schemas, and the home's warehouse attached read-only as `home`."""
    con = duckdb.connect(config=warehouse.settings())
    try:
        con.execute("SET enable_progress_bar = false")
        warehouse.prepare(con)
        derivation.prepare_session(con)
        con.execute(f"ATTACH {sql_text(home.warehouse)} AS home (READ_ONLY)")
        yield con
    finally:
        con.close()


def derive_all(con: duckdb.DuckDBPyConnection, values: Mapping[str, LegalValue], list_year: int) -> None:
    """Fills the law tables and derives every table of a list year, in order."""
    law_tables.set_law_variables(con, values, list_year)
    for table in law_tables.LAW_TABLES:
        law_tables.fill_law_table(con, table, values, list_year, list_day(list_year))
    for derived in derivation.TABLES:
        derivation.derive(con, derived, list_year)


def _table(con: duckdb.DuckDBPyConnection, item: Mapping[str, Any]) -> str:
    found = con.execute(
        "SELECT table_name FROM home.received.snapshots WHERE content_sha256 = ?", [item["content_sha256"]]
    ).fetchall()
    if not found:
        vintage = f", vintage {item['vintage']}" if item["vintage"] else ""
        raise VerificationError(
            f"{item['register']}/{item['reference']}{vintage}: deleted from this home, so nothing can be derived anew."
        )
    return str(found[0][0])


def _history_of(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], sealed: Path) -> None:
    """The earlier years as the edition knew them: own editions and published lists, from its sealed history."""
    own = [item["year"] for item in manifest["history"] if item["source"] == "edition"]
    for year in own:
        con.execute("INSERT INTO published.editions VALUES (?, 1, '')", [year])
        con.execute(
            f"""
            INSERT INTO published.parallelsamfund_history
            SELECT year, year, area_id, parallelsamfund, source
            FROM read_parquet({sql_text(sealed)}) WHERE year = ?
            """,
            [year],
        )
