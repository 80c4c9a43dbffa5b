"""Fills schema `reference`: the lists that the ministry has really published, and what they reconcile to.

What does not belong here: the Dagster assets (`assets.published_lists`) and the files (`law/published_lists`).
"""

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

import law
from assets.derivation import SQL
from assets.warehouse import Row, insert_rows
from law.loader import Law, list_day, shipped_law

FOLDER = Path(law.__file__).parent / "published_lists"
FILES: Mapping[str, tuple[str, str]] = {
    "published_membership": ("membership.csv", "Which area stood on which list, with the source of each row."),
    "published_counts": ("counts.csv", "How many areas stood on each list."),
    "conviction_thresholds": ("conviction_thresholds.csv", "The conviction threshold printed with each list."),
}
TYPES: Mapping[tuple[str, str], str] = {
    ("published_membership", "list_year"): "SMALLINT",
    ("published_membership", "complete"): "BOOLEAN",
    ("published_counts", "count"): "INTEGER",
}


def rows_of_file(name: str) -> list[Mapping[str, str]]:
    """The rows of a table's file, as texts."""
    with (FOLDER / FILES[name][0]).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def fill(con: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Mapping[str, str]]) -> None:
    """Replaces a table by rows of its file, of which there is at least one; an empty text is null."""
    kinds = {column: TYPES.get((name, column), "VARCHAR") for column in rows[0]}
    layout = ", ".join(f"{column} {kind}" for column, kind in kinds.items())
    con.execute(f"CREATE OR REPLACE TABLE reference.{name} ({layout})")
    insert_rows(con, f"reference.{name}", tuple(kinds.values()), [_empty_as_null(row.values()) for row in rows])


def _empty_as_null(row: Iterable[str]) -> Row:
    return tuple(value or None for value in row)


def fill_years(con: duckdb.DuckDBPyConnection, legal: Law) -> None:
    """The years that the law of each list day asks for; none before the rule."""
    listed = con.execute("SELECT DISTINCT CAST(list_year AS INTEGER) FROM reference.published_membership").fetchall()
    dated = {row[0]: legal.in_force(list_day(row[0])).get("omdannelsesomraade.years") for row in listed}
    rows = [(year, value.value) for year, value in sorted(dated.items()) if value is not None]
    con.execute("CREATE OR REPLACE TABLE reference.omdannelsesomraade_years (list_year SMALLINT, years SMALLINT)")
    insert_rows(con, "reference.omdannelsesomraade_years", ("SMALLINT", "SMALLINT"), rows)


def reconciliation_sql() -> str:
    """The SQL that holds both sides against each other."""
    return (SQL / "reference" / "reconciliation.sql").read_text(encoding="utf-8")


def fill_reconciliation(con: duckdb.DuckDBPyConnection) -> int:
    """Both sides of each list year. Returns the rows that stand on one side only."""
    con.execute(f"CREATE OR REPLACE TABLE reference.reconciliation AS {reconciliation_sql()}")
    apart = con.execute("SELECT count(*) FROM reference.reconciliation WHERE is_derived <> is_published").fetchall()
    return int(apart[0][0])


def fill_all(con: duckdb.DuckDBPyConnection) -> None:
    """Every table of schema `reference`, in order, from what is shipped."""
    for name in FILES:
        fill(con, name, rows_of_file(name))
    fill_years(con, shipped_law())
    fill_reconciliation(con)


def version_of(name: str) -> str:
    """Hash of the file, the rule or the SQL that a table is filled from: its code version."""
    if name in FILES:
        content = (FOLDER / FILES[name][0]).read_bytes()
    else:
        content = reconciliation_sql().encode() if name == "reconciliation" else shipped_law().sha256.encode()
    return hashlib.sha256(content).hexdigest()
