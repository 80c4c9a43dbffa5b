"""The read-only database of a home: schema `published` alone, in a file of its own that no run ever locks.

Its tables stand in the file's main schema: the file's name is `published`, so that `published.area_status` means here
what it means in the warehouse. It is written aside and takes its place in one step, so that whoever reads holds the
old file or opens the new one.
What does not belong here: what the tables mean.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import duckdb

from assets.columns import COMMON, TABLES, describe
from assets.derivation import PUBLISHED
from assets.warehouse import sql_text

FILE = "published.duckdb"
ALIAS = "published_now"
READ_ONLY = stat.S_IRUSR


def refresh(con: duckdb.DuckDBPyConnection, scratch: Path, target: Path) -> None:
    """Writes every table of schema `published`, each column with its description, and exchanges the file.

    One that was written from the same editions by the same code is left as it is.
    """
    made_from = _made_from(con)
    if target.is_file() and _noted_in(con, target) == made_from:
        return
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
        for (name,) in sorted(tables):
            con.execute(f"CREATE TABLE {ALIAS}.{name} AS SELECT * FROM published.{name}")
        _describe(con, {str(name) for (name,) in tables})
        con.execute(f"COMMENT ON TABLE {ALIAS}.main.editions IS '{made_from}'")
    finally:
        con.execute(f"DETACH {ALIAS}")
    os.chmod(aside, READ_ONLY)
    target.with_name(f"{FILE}.wal").unlink(missing_ok=True)
    os.replace(aside, target)


def _made_from(con: duckdb.DuckDBPyConnection) -> str:
    """Hash of what the file is made of: the sealed editions, the words about columns, and this module."""
    editions = con.execute("SELECT * FROM published.editions ORDER BY ALL").fetchall()
    digest = hashlib.sha256(repr((editions, PUBLISHED, COMMON, TABLES)).encode())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()


def _noted_in(con: duckdb.DuckDBPyConnection, target: Path) -> str | None:
    """What a file says that it was made of; None where it does not say or cannot be read."""
    query = "SELECT comment FROM duckdb_tables() WHERE database_name = ? AND table_name = 'editions'"
    try:
        con.execute(f"ATTACH {sql_text(target)} AS {ALIAS} (READ_ONLY)")
        try:
            noted = con.execute(query, [ALIAS]).fetchone()
        finally:
            con.execute(f"DETACH {ALIAS}")
    except duckdb.Error:
        return None
    return noted[0] if noted else None


def _describe(con: duckdb.DuckDBPyConnection, present: set[str]) -> None:
    for table in PUBLISHED:
        name = table.split(".")[1]
        if name not in present:
            continue
        columns = con.execute(
            "SELECT column_name FROM duckdb_columns() WHERE database_name = ? AND table_name = ?", [ALIAS, name]
        ).fetchall()
        for (column,) in columns:
            text = describe(table, str(column)).replace("'", "''")
            con.execute(f"COMMENT ON COLUMN {ALIAS}.main.{name}.{column} IS '{text}'")
