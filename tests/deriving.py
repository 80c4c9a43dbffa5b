"""Derives tables in memory by the product's own SQL, from rows that a test writes, under any law.

Belongs here: a database with the law of a list year and the tables a test fills. Does not belong here: expected
results, and anything about deliveries or Dagster.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from assets import derivation, law_tables, warehouse
from assets.contracts import REGISTERS, SQL_TYPES
from law.loader import Law, list_day, statistics_law

Row = Mapping[str, Any]
LAW = statistics_law()


@contextmanager
def database(law: Law = LAW, list_year: int = 2026, day: dt.date | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the product's schemas, empty registers, and the law in force on the list day (or `day`)."""
    con = duckdb.connect(config={**warehouse.settings(), "threads": 1})
    try:
        warehouse.prepare(con)
        derivation.prepare_session(con)
        values = law.in_force(day or list_day(list_year))
        law_tables.set_law_variables(con, values, list_year)
        for table in law_tables.LAW_TABLES:
            law_tables.fill_law_table(con, table, values, list_year, day or list_day(list_year))
        for register in REGISTERS:
            columns = ", ".join(f"{column.stored} {SQL_TYPES[column.kind]}" for column in register.stored_columns)
            con.execute(
                f"CREATE TABLE registers.{register.name} (list_year SMALLINT, reference_year SMALLINT, {columns})"
            )
        yield con
    finally:
        con.close()


def put(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    """Fills an existing table with rows; columns that a row does not name stay empty."""
    for row in rows:
        marks = ", ".join("?" for _ in row)
        con.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def create(con: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Sequence[Row]) -> None:
    """Stands in for a derived table with rows of the test's own."""
    con.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
    put(con, table, rows)


def derive(con: duckdb.DuckDBPyConnection, *tables: str, list_year: int = 2026) -> None:
    """Derives the named tables in the order given."""
    for table in tables:
        derivation.derive(con, derivation.TABLE_BY_NAME[table], list_year)


def rows_of(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """The rows of a query by column name."""
    found = con.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
