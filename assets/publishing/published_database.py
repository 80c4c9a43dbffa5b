"""The read-only database of a home: schema `published` alone, in a file of its own that no run ever locks.

Its tables stand in the file's main schema: the file's name is `published`, so that `published.area_status` means here
what it means in the warehouse. It is written aside and takes its place in one step, so that whoever reads holds the
old file or opens the new one.
What does not belong here: what the tables mean.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import duckdb

from assets.columns import describe
from assets.derivation import PUBLISHED
from assets.warehouse import sql_text, transaction

FILE = "published.duckdb"
ALIAS = "published_now"
READ_ONLY = stat.S_IRUSR


def refresh(con: duckdb.DuckDBPyConnection, scratch: Path, target: Path) -> None:
    """Writes every table of schema `published`, each column with its description, and exchanges the file."""
    aside = scratch / FILE
    aside.unlink(missing_ok=True)
    con.execute(f"ATTACH {sql_text(aside)} AS {ALIAS}")
    try:
        tables = con.execute(
            """
            SELECT table_name FROM duckdb_tables()
            WHERE schema_name = 'published' AND database_name = current_database()
            """
        ).fetchall()
        with transaction(con):
            for (name,) in sorted(tables):
                con.execute(f"CREATE TABLE {ALIAS}.{name} AS SELECT * FROM published.{name}")
            _describe(con)
    finally:
        con.execute(f"DETACH {ALIAS}")
    os.chmod(aside, READ_ONLY)
    target.with_name(f"{FILE}.wal").unlink(missing_ok=True)
    os.replace(aside, target)


def _describe(con: duckdb.DuckDBPyConnection) -> None:
    published = {table.split(".")[1]: table for table in PUBLISHED}
    written = "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = ? ORDER BY ALL"
    told = [
        f"COMMENT ON COLUMN {ALIAS}.main.{name}.{column} IS {sql_text(describe(published[name], column))}"
        for name, column in con.execute(written, [ALIAS]).fetchall()
        if name in published
    ]
    con.execute("; ".join(told))
