"""The administration's own store: `administration.duckdb`, its connection, output tables and exported files.

Here belongs how tables are kept and written. What does not belong here: what any of them means, and the
warehouse of the statistics, which this store neither opens nor knows.

Schema `cases` holds the accepted rows of the latest run; schema `main` holds the decisions of every list year.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from assets.administration.errors import AdministrationError
from assets.exchange import held
from law.danish_time import TIME_ZONE
from pipelines.failures import plain

STORE = "administration.duckdb"
FOLDER = "administration"
LOCK = ".administration.lock"
"""Held in a home by who writes its store, or reads it as one that nobody writes."""
SQL = Path(__file__).parent.parent.parent / "sql" / "administration"
BATCH = 50_000
DAMAGE = (
    "Corrupt database file",
    "not a valid DuckDB database",
    "Could not read enough bytes",
    "Failed to deserialize",
)
"""What the database says where the file of the store is not as it was written."""
#: A name in a query is a table of the store, never a Python object that happens to be called the same.
SETTINGS: dict[str, str | bool | int | float | list[str]] = {"threads": 2, "python_enable_replacements": False}


@dataclass(frozen=True)
class Output:
    """One table that comes out: its columns with SQL types, in order, and the columns it is ordered by.

    An empty `order` keeps the order in which the rows are given.
    """

    name: str
    columns: Mapping[str, str]
    order: tuple[str, ...]

    @property
    def column_list(self) -> str:
        return ", ".join(f'"{column}"' for column in self.columns)


@contextmanager
def locked(home: Path, waiting: Callable[[bool], None] | None = None) -> Iterator[None]:
    """One run at a time writes the store of a home; a second one waits (`assets.exchange.held`)."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with held(home / LOCK, waiting):
        yield


_KEPT: dict[Path, duckdb.DuckDBPyConnection] = {}


@contextmanager
def kept_open(home: Path) -> Iterator[None]:
    """Keeps the store of a home open in this process: a step then pays neither for opening nor for closing the file."""
    with connect(home) as con:
        _KEPT[home] = con
        try:
            yield
        finally:
            del _KEPT[home]


@contextmanager
def connect(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The store of a home, created where there is none. Raises AdministrationError when it cannot be opened."""
    con = _KEPT[home].cursor() if home in _KEPT else _opened(home)
    try:
        prepare(con)
        yield con
    finally:
        con.close()


def _opened(home: Path) -> duckdb.DuckDBPyConnection:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return duckdb.connect(str(home / STORE), config=SETTINGS)
    except duckdb.Error as error:
        raise AdministrationError(told(error)) from None


def told(error: duckdb.Error) -> str:
    """What is wrong with the store and what to do, without the error's own words, which may quote a row."""
    said = str(error)
    if any(words in said for words in DAMAGE):
        return f"{STORE} is damaged: restore a backup, or move the file away and run every list year again"
    if "Could not set lock" in said or "Conflicting lock" in said:
        return f"{STORE} cannot be opened: another process has it: close that and run again"
    return plain(error)


def is_of_the_machine(error: duckdb.Error) -> bool:
    """Whether what failed is the machine, by lack of space, or its user, and not what was read."""
    of_itself = isinstance(error, duckdb.OutOfMemoryException | duckdb.InterruptException)
    return of_itself or "No space left" in str(error)


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Danish time, and the schema that cases go into."""
    con.execute(f"SET TimeZone = '{TIME_ZONE}'")
    con.execute("CREATE SCHEMA IF NOT EXISTS cases")


def sql_text(name: str) -> str:
    """A query of `sql/administration`."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def sql_file(path: Path) -> str:
    """Exactly this file as a SQL literal: what DuckDB would take as a pattern is escaped."""
    return "'" + re.sub(r"[*?\[]", r"[\g<0>]", str(path)).replace("'", "''") + "'"


def load_rows(
    con: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]
) -> None:
    """Makes (or replaces) a temporary table of typed rows. None is null."""
    declared = ", ".join(f'"{name}" {sql_type}' for name, sql_type in columns.items())
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({declared})")
    append_rows(con, table, tuple(columns), rows)


def append_rows(
    con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Adds rows to a table, in batches. None is null."""
    for start in range(0, len(rows), BATCH):
        values = zip(*rows[start : start + BATCH], strict=True)
        batch = pd.DataFrame(
            {name: pd.Series(list(column), dtype=object) for name, column in zip(columns, values, strict=True)}
        )
        con.register("batch", batch)
        con.execute(f"INSERT INTO {table} SELECT * FROM batch")
        con.unregister("batch")


def replace_output(con: duckdb.DuckDBPyConnection, output: Output, list_year: int, select: str) -> int:
    """Replaces a list year of an output table by the rows of a query, in one transaction. Returns their number."""
    declared = ", ".join(f'"{name}" {sql_type}' for name, sql_type in output.columns.items())
    year = "" if "list_year" in output.columns else f"CAST({list_year} AS SMALLINT) AS list_year, "
    head = "" if "list_year" in output.columns else "list_year SMALLINT, "
    con.execute("BEGIN")
    try:
        con.execute(f"CREATE TABLE IF NOT EXISTS {output.name} ({head}{declared})")
        con.execute(f"DELETE FROM {output.name} WHERE list_year = ?", [list_year])
        con.execute(
            f"INSERT INTO {output.name} SELECT {year}{output.column_list} FROM ({select})"
            + (f" ORDER BY {', '.join(output.order)}" if output.order else "")
        )
        con.execute("COMMIT")
    except BaseException:
        con.execute("ROLLBACK")
        raise
    return count(con, f"{output.name} WHERE list_year = {list_year}")


def replace_output_rows(
    con: duckdb.DuckDBPyConnection, output: Output, list_year: int, rows: Sequence[Sequence[Any]]
) -> int:
    """Replaces a list year of an output table by given rows. Returns their number."""
    load_rows(con, "new_rows", output.columns, rows)
    written = replace_output(con, output, list_year, "SELECT * FROM new_rows")
    con.execute("DROP TABLE new_rows")
    return written


def counts_by(output: Output, column: str, rows: Sequence[Sequence[Any]]) -> dict[Any, int]:
    """How many of an output's rows have each value of a column, by value."""
    place = list(output.columns).index(column)
    found = Counter(row[place] for row in rows)
    return dict(sorted(found.items()))


def count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    """How many rows a table has, or a table with a WHERE clause."""
    return int(con.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0])


def export(con: duckdb.DuckDBPyConnection, outputs: Sequence[Output], list_year: int, folder: Path) -> list[str]:
    """Writes each output of a list year as CSV and Parquet into `folder`, in the outputs' order. Returns the names.

    Booleans are true/false, null is an empty field. The same rows give the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for output in outputs:
        ordered = (
            f"(SELECT {output.column_list} FROM {output.name} WHERE list_year = {list_year} "
            f"ORDER BY {', '.join(output.order) or 'rowid'})"
        )
        for suffix, options in (("csv", "FORMAT csv, HEADER, DELIMITER ','"), ("parquet", "FORMAT parquet")):
            name = f"{output.name}.{suffix}"
            target = str(folder / name).replace("'", "''")
            con.execute(f"COPY {ordered} TO '{target}' ({options})")
            names.append(name)
    return names
