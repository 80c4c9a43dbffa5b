"""The one way to open the warehouse: settings, schemas and bookkeeping, and how rows go in and out of it.

Every asset, check and test opens `warehouse.duckdb` through `connect`, so that no two connections in a process
differ in their settings. What does not belong here: any table's content, and how a list year is replaced in a derived
table (`assets.derivation`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

Row = tuple[Any, ...]

SCHEMAS = ("received", "registers", "law", "areas", "criteria", "status", "cap", "published", "reference", "report")
THREADS = "BOLIGOMRAADER_THREADS"
MEMORY = "BOLIGOMRAADER_MEMORY"
DEFAULT_MEMORY = "2500MB"
WAREHOUSE, ASIDE = "home", "aside"
"""The names of the opened file, and of what is derived aside in memory, among DuckDB's databases."""

BOOKKEEPING = """
CREATE TABLE IF NOT EXISTS received.pseudonyms (pseudonym VARCHAR PRIMARY KEY, number BIGINT);
CREATE TABLE IF NOT EXISTS received.snapshots (
    content_sha256 VARCHAR PRIMARY KEY, register VARCHAR, reference VARCHAR, table_name VARCHAR, rows BIGINT
);
CREATE TABLE IF NOT EXISTS received.files (
    content_sha256 VARCHAR, file_name VARCHAR, sha256 VARCHAR, bytes BIGINT, rows BIGINT
);
CREATE TABLE IF NOT EXISTS received.deliveries (
    list_year SMALLINT, register VARCHAR, reference VARCHAR, vintage VARCHAR, content_sha256 VARCHAR,
    fault_check VARCHAR, fault_place VARCHAR, fault_what VARCHAR, fault_remedy VARCHAR
);
CREATE TABLE IF NOT EXISTS received.vintages (
    register VARCHAR, reference VARCHAR, vintage VARCHAR, content_sha256 VARCHAR
);
CREATE TABLE IF NOT EXISTS received.validations (
    content_sha256 VARCHAR, suite_sha256 VARCHAR, check_name VARCHAR, blocking BOOLEAN, failing_rows BIGINT
);
CREATE TABLE IF NOT EXISTS received.counts (content_sha256 VARCHAR, measure VARCHAR, rows BIGINT);
CREATE TABLE IF NOT EXISTS registers.promoted (
    list_year SMALLINT, register VARCHAR, reference VARCHAR, reference_year SMALLINT, vintage VARCHAR,
    content_sha256 VARCHAR
);
CREATE TABLE IF NOT EXISTS registers.derivations (list_year SMALLINT, table_name VARCHAR, fingerprint VARCHAR);
CREATE TABLE IF NOT EXISTS registers.counts (
    list_year SMALLINT, counted VARCHAR, made_from VARCHAR, rows BIGINT
);
CREATE TABLE IF NOT EXISTS report.finished_tables (
    list_year SMALLINT, table_name VARCHAR, position INTEGER, csv VARCHAR
);
CREATE TABLE IF NOT EXISTS report.attacks (list_year SMALLINT, attacked VARCHAR, withheld BIGINT, lines VARCHAR[]);
CREATE TABLE IF NOT EXISTS report.hidden_cells (
    list_year SMALLINT, table_name VARCHAR, cell VARCHAR, reason VARCHAR
);
CREATE TABLE IF NOT EXISTS published.editions (list_year SMALLINT, revision INTEGER, manifest_sha256 VARCHAR);
CREATE TABLE IF NOT EXISTS published.parallelsamfund_history (
    list_year SMALLINT, year SMALLINT, area_id VARCHAR, parallelsamfund BOOLEAN, source VARCHAR
);
"""


def settings() -> dict[str, str | bool | int | float | list[str]]:
    """DuckDB settings of every connection: memory and threads from the environment, no extension is fetched."""
    chosen: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": os.environ.get(MEMORY, DEFAULT_MEMORY),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if threads := os.environ.get(THREADS):
        if not threads.isdecimal() or int(threads) < 1:
            raise ValueError(f"{THREADS} is no whole number from 1 on")
        chosen["threads"] = int(threads)
    return chosen


_kept: tuple[Path, duckdb.DuckDBPyConnection] | None = None


@contextmanager
def kept_open(path: Path, scratch: Path) -> Iterator[None]:
    """Keeps a warehouse open for the steps of a run, which use it one after the other, and with it what belongs to the
    connection (macros, variables). The run holds the home alone until it ends."""
    global _kept
    with _opened(path, scratch, read_only=False) as con:
        _kept = (path, con)
        try:
            yield
        finally:
            _kept = None


@contextmanager
def connect(path: Path, scratch: Path, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Opens the warehouse and closes it whatever happens. `scratch` takes what does not fit in memory."""
    if _kept and _kept[0] == path:
        yield _kept[1]
        return
    with _opened(path, scratch, read_only) as con:
        yield con


@contextmanager
def beside(con: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A second connection to the opened warehouse, for a thread of its own."""
    with con.cursor() as second:
        second.execute(f"USE {WAREHOUSE}")
        yield second


@contextmanager
def aside(path: Path, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an empty database in memory, with the warehouse beside it, which nobody writes through it."""
    with connect(path, scratch, read_only=True) as opened:
        opened.execute(f"ATTACH ':memory:' AS {ASIDE}")
        try:
            with opened.cursor() as con:
                con.execute(f"USE {ASIDE}")
                yield con
        finally:
            opened.execute(f"DETACH {ASIDE}")


@contextmanager
def _opened(path: Path, scratch: Path, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config=settings()) as con:
        con.execute(f"SET temp_directory = {sql_text(scratch)}")
        con.execute("SET enable_progress_bar = false")
        con.execute(f"ATTACH {sql_text(path)} AS {WAREHOUSE}{' (READ_ONLY)' if read_only else ''}")
        con.execute(f"USE {WAREHOUSE}")
        try:
            if not read_only:
                prepare(con)
            yield con
        finally:
            con.execute("USE memory")
            con.execute(f"DETACH {WAREHOUSE}")


def sql_text(value: Path | str) -> str:
    """A path or text as a SQL literal, whatever characters it has."""
    return "'" + str(value).replace("'", "''") + "'"


def sql_file(path: Path) -> str:
    """A path as the SQL literal of exactly that file: what DuckDB would take as a pattern is escaped."""
    return sql_text(re.sub(r"[*?\[]", r"[\g<0>]", str(path)))


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Creates the schemas and the bookkeeping tables where they are missing."""
    newest = "database_name = current_database() AND schema_name = 'registers' AND table_name = 'counts'"
    if con.execute(f"SELECT count(*) FROM duckdb_tables() WHERE {newest}").fetchall()[0][0]:
        return
    schemas = "".join(f"CREATE SCHEMA IF NOT EXISTS {schema};" for schema in SCHEMAS)
    con.execute(schemas + BOOKKEEPING)


def insert_rows(con: duckdb.DuckDBPyConnection, table: str, kinds: Sequence[str], rows: Sequence[Row]) -> None:
    """Adds rows from Python to a table whose columns have these SQL types, in one statement."""
    values = ", ".join(f"unnest(CAST(? AS {kind}[]))" for kind in kinds)
    if rows:
        con.execute(f"INSERT INTO {table} SELECT {values}", [list(column) for column in zip(*rows, strict=True)])


def rows_of(con: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows that a query gives, each by the names of its columns."""
    found = con.execute(query, parameters)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing."""
    con.execute("BEGIN")
    try:
        yield
    except BaseException:
        con.execute("ROLLBACK")
        raise
    con.execute("COMMIT")
