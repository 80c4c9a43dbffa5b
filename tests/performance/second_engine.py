"""The bare query's counts on a second engine: Apache DataFusion, from the same files, by the same SQL where it permits.

What DataFusion spells otherwise is rewritten word by word here, so that the list of differences is this file. The last
part of the statement, rounding by a function over a list of structs, has no counterpart and stays with DuckDB: what is
compared is every count and sum that a figure is made of. Needs the package `datafusion`, which nothing else needs.
Call: python -m tests.performance.second_engine SNAPSHOTS LIST_YEAR
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

from assets import warehouse
from tests.performance import bare_query

COUNTS = "SELECT * FROM samlet ORDER BY area_id"
SPELLED_OTHERWISE = (
    (r"\bHUGEINT\b", "DECIMAL(38, 0)"),
    (r" AS MATERIALIZED \(", " AS ("),
    (r"\bANTI JOIN\b", "LEFT ANTI JOIN"),
    (r"\bregexp_matches\(", "regexp_like("),
    (r" // ", " / "),
    (r"\bany_value\(", "max("),
    (r"(\w+\([^()]*(?:\([^()]*\)[^()]*)*\)) - DATE '1900-01-01'", r"(CAST(\1 AS INTEGER) + 25567)"),
)
"""DuckDB's word and DataFusion's; days since 1900 are counted from 1970 there."""


def counts_statement(snapshots: Path, list_year: int) -> str:
    """The statement up to the counts, still in DuckDB's words."""
    whole = bare_query.statement(snapshots, list_year)
    return whole[: whole.index("-- Every published share as numerator")].rstrip().rstrip(",") + "\n" + COUNTS


def in_its_words(statement: str) -> str:
    for pattern, replacement in SPELLED_OTHERWISE:
        statement = re.sub(pattern, replacement, statement)
    return statement


def with_tables(statement: str) -> tuple[str, dict[str, str]]:
    """The statement with a table's name for each relation over files, and the relation of each name."""
    relations: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        return relations.setdefault(found.group(0), f"table_{len(relations)}")

    named = re.sub(r"read_(?:parquet|csv)\((?:[^()'\[\]]|'[^']*'|\[[^\]]*\])*\)", name, statement)
    return named, {table: relation for relation, table in relations.items()}


def by_datafusion(snapshots: Path, list_year: int) -> list[tuple[Any, ...]]:
    import datafusion

    statement, relations = with_tables(counts_statement(snapshots, list_year))
    context = datafusion.SessionContext()
    with duckdb.connect() as con:
        for table, relation in relations.items():
            if relation.startswith("read_parquet"):
                path = re.findall(r"'([^']*)'", relation)[0]
                context.register_parquet(f"{table}_file", path)
                names = [field.name for field in context.table(f"{table}_file").schema()]
                columns = ", ".join(f'"{name}" AS {name.lower()}' for name in names)
                context.sql(f"CREATE VIEW {table} AS SELECT {columns} FROM {table}_file")
            else:  # the few rows of areas and code lists come through DuckDB's reader of CSV
                rows = con.sql(f"SELECT * FROM {relation}").to_arrow_table()
                lower = rows.rename_columns([name.lower() for name in rows.column_names])
                context.register_record_batches(table, [lower.to_batches()])
    batches = context.sql(in_its_words(statement)).collect()
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


def by_duckdb(snapshots: Path, list_year: int) -> list[tuple[Any, ...]]:
    with duckdb.connect(config=warehouse.settings()) as con:
        return con.execute(counts_statement(snapshots, list_year)).fetchall()


def main() -> int:
    snapshots, list_year = Path(sys.argv[1]), int(sys.argv[2])
    results = {}
    for engine, run in (("DuckDB", by_duckdb), ("DataFusion", by_datafusion)):
        wall, cpu = time.perf_counter(), time.process_time()
        results[engine] = [[None if v is None else str(v) for v in row] for row in run(snapshots, list_year)]
        print(f"{engine}: {time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} s of processor time")
    same = results["DuckDB"] == results["DataFusion"]
    print("the same counts and sums" if same else "different counts")
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
