"""Reads the SQL files: which tables each one reads, and which columns each of its columns comes from.

What was read is written down in `lineage.json`, so that no run reads it anew; it holds for the SQL and the declarations
that it was read from and is passed over once they differ. `python -m assets.lineage` writes it.
sqlglot reads the same text that DuckDB runs. A macro is no table: those that ask the law (`derivation.LAW_MACROS`) lead
to the value of a legal parameter, the others to the columns they are given. `count(*)` names no column, so what is
counted is declared in `COUNTED`. What does not belong here: what a column means (`assets.columns`), and how Dagster and
OpenLineage say it (`assets.documentation`, `assets.publishing.openlineage`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from assets import derivation, published_tables, warehouse
from assets.contracts import REGISTERS
from assets.derivation import TABLE_BY_NAME, TABLES
from assets.disclosure.limits import set_limit_variables
from assets.intake import snapshots
from assets.law_tables import LAW_TABLES, fill_law_table, set_law_variables
from law.loader import list_day, report_law, statistics_law

if TYPE_CHECKING:
    from sqlglot.expressions import Expression
    from sqlglot.schema import MappingSchema

WRITTEN = Path(__file__).with_name("lineage.json")
DIALECT = "duckdb"
LAW_VALUE = "law.parameters.value"
RECONCILIATION = "reference.reconciliation"
STANDS_FOR: Mapping[str, str] = {"published.editions": "published.parallelsamfund_history"}
"""Bookkeeping that the SQL reads, and the declared dependency that covers it."""

COUNTED: Mapping[str, tuple[str, ...]] = {
    "criteria.residents.nonwestern": ("areas.area_residents.pnr",),
    "criteria.outside.persons": ("areas.area_residents.pnr", "areas.area_residents.foed_dag"),
    "criteria.outside.full_units": ("areas.area_residents.pnr", "areas.area_residents.foed_dag"),
    "criteria.convicted.adults": ("areas.area_residents.pnr", "areas.area_residents.foed_dag"),
    "criteria.convicted_national.list_year": ("registers.bef.list_year",),
    "criteria.convicted_national.adults": ("registers.bef.pnr", "registers.bef.foed_dag"),
    "criteria.primary_only.persons": ("areas.area_residents.pnr", "areas.area_residents.foed_dag"),
    "criteria.primary_only.primary_only": ("areas.area_residents.pnr", "areas.area_residents.foed_dag"),
    "criteria.income.persons": ("areas.area_residents.pnr", "areas.area_residents.foed_dag", "registers.ind.pnr"),
    "criteria.income_region.list_year": ("registers.bef.list_year",),
    "criteria.income_region.persons": ("registers.bef.pnr", "registers.bef.foed_dag", "registers.ind.pnr"),
    "criteria.criteria_met.criterion": ("law.parameters.parameter",),
    "status.area_categories.criteria_met_61a": ("criteria.criteria_met.area_id",),
    "status.area_categories.criteria_met_61b": ("criteria.criteria_met.area_id",),
    "cap.family_homes.list_year": ("registers.bolig.list_year",),
    "cap.family_homes.family_homes": ("registers.bolig.adresse_id", "registers.bolig.boligkategori"),
    "cap.municipal_cap.list_year": ("cap.family_homes.list_year",),
    "cap.municipal_cap.decision": ("cap.council_decisions.area_id",),
    "cap.municipal_cap.homes_exempted": ("cap.council_decisions.area_id",),
    "cap.municipal_cap.covered_homes": ("cap.council_decisions.area_id",),
    "status.area_margins.list_year": ("criteria.area_figures.list_year",),
    "cap.municipal_cap.covered_share": ("cap.council_decisions.area_id",),
    "cap.municipal_cap.over_exempted": ("cap.council_decisions.area_id",),
    "report.composition.list_year": ("report.people.list_year",),
    "report.composition.dimension": ("report.people.age", "report.people.origin", "report.traits.education"),
    "report.composition.persons": ("report.people.pnr",),
    "report.incomes.list_year": ("report.people.list_year",),
    "report.incomes.persons": ("report.people.pnr", "registers.ind.pnr"),
    "report.moves.list_year": ("report.people.list_year",),
    "report.moves.direction": ("report.people.area_id",),
    "report.moves.measure": ("report.traits.employment", "report.traits.education"),
    "report.moves.persons": ("report.people.pnr",),
    "report.housing.list_year": ("report.dwellings.list_year",),
    "report.housing.homes": ("report.dwellings.adresse_id",),
    "report.housing.residents": ("registers.bef.adresse_id",),
    "report.social_export.list_year": ("registers.bef.list_year",),
    "report.social_export.persons": ("registers.bef.pnr", "registers.of.pnr"),
    "report.net_immigration.list_year": ("registers.vnds_ind.list_year",),
    "report.net_immigration.direction": ("registers.vnds_ind.pnr", "registers.vnds_ud.pnr"),
    "report.net_immigration.persons": ("registers.vnds_ind.pnr", "registers.vnds_ud.pnr"),
    "report.list_changes.list_year": ("status.area_status.list_year",),
    "report.list_changes.list": ("status.area_status.status", "registers.liste.liste"),
    "report.development.list_year": ("status.area_status.list_year",),
    "report.development.list": ("status.area_status.status",),
    "report.area_years.list_year": ("status.area_status.list_year",),
}
"""Declared sources: what a `count(*)` counts, and the origin of a column that a constant or the partition gives."""

_STATUS = ("status.area_status.status", "status.area_categories.parallelsamfund")
FILLED_IN_PYTHON: Mapping[str, Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "status.status_changes": {
        "list_year": ("SMALLINT", ("status.area_status.list_year",)),
        "area_id": ("VARCHAR", ("status.area_status.area_id",)),
        "area_name": ("VARCHAR", ("status.area_status.area_name",)),
        "kom": ("VARCHAR", ("status.area_status.kom",)),
        "status_last": ("VARCHAR", _STATUS),
        "status": ("VARCHAR", _STATUS),
        "change": ("VARCHAR", _STATUS),
        "with_last_law": ("VARCHAR", _STATUS),
        "with_last_boundary": ("VARCHAR", ("areas.areas.area_id", *_STATUS)),
        "with_last_data": ("VARCHAR", _STATUS),
        "with_all_last": ("VARCHAR", _STATUS),
        "cause": ("VARCHAR", _STATUS),
        "margin_persons": ("BIGINT", ("status.area_margins.persons",)),
        "margin_kroner": ("BIGINT", ("status.area_margins.kroner",)),
        "near_miss": ("BOOLEAN", ("status.area_margins.persons", "status.area_status.residents")),
    },
}
"""Tables that no SQL file derives: each column's type and the columns it comes from."""


def sql_of(table: str) -> str | None:
    """The SQL that derives a table; None where no SQL file does."""
    if table in TABLE_BY_NAME:
        return TABLE_BY_NAME[table].sql
    if table == RECONCILIATION:
        return published_tables.reconciliation_sql()
    return None


@cache
def table_columns() -> Mapping[str, Mapping[str, str]]:
    """Columns and types of every table."""
    return written()["columns"] or derived_columns()


@cache
def written() -> Mapping[str, Any]:
    """What `lineage.json` holds: `columns` with their types, and `sources` of each, by table. Empty once it is old."""
    found = json.loads(WRITTEN.read_text(encoding="utf-8")) if WRITTEN.exists() else {}
    return found if found.get("read_from") == read_from() else {"columns": {}, "sources": {}}


def read_from() -> str:
    """Hash of everything that columns and lineage follow from."""
    digest = hashlib.sha256(f"{derivation.macros()}{warehouse.BOOKKEEPING}".encode())
    digest.update(f"{COUNTED}{FILLED_IN_PYTHON}{STANDS_FOR}".encode())
    for table in _derived_tables():
        digest.update(f"{table}{sql_of(table)}".encode())
    for register in REGISTERS:
        digest.update(register.fingerprint.encode())
    for law_table in LAW_TABLES:
        digest.update(f"{law_table.name}{law_table.columns}".encode())
    return digest.hexdigest()


def _derived_tables() -> tuple[str, ...]:
    return (*TABLE_BY_NAME, RECONCILIATION)


def write() -> None:
    """Reads every SQL file and writes down what it says."""
    columns = derived_columns()
    sources = {table: _read_sources(table, str(sql_of(table)), tuple(columns[table])) for table in _derived_tables()}
    found = {"read_from": read_from(), "columns": columns, "sources": sources}
    WRITTEN.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def derived_columns() -> Mapping[str, Mapping[str, str]]:
    """Columns and types of every table, from deriving nothing at all in an empty warehouse in memory."""
    con = duckdb.connect(config=warehouse.settings())
    try:
        _derive_nothing(con)
        found = con.execute(
            """
            SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns()
            WHERE database_name = current_database() AND NOT internal
            ORDER BY schema_name, table_name, column_index
            """
        ).fetchall()
    finally:
        con.close()
    tables: dict[str, dict[str, str]] = {}
    for schema, name, column, kind in found:
        tables.setdefault(f"{schema}.{name}", {})[column] = kind
    filled = {t: {name: kind for name, (kind, _) in columns.items()} for t, columns in FILLED_IN_PYTHON.items()}
    return {**tables, **filled}


def _derive_nothing(con: duckdb.DuckDBPyConnection) -> None:
    warehouse.prepare(con)
    derivation.prepare_session(con)
    law = statistics_law()
    list_year = law.first_list_year
    values = law.for_list_year(list_year)
    set_law_variables(con, values, list_year)
    for register in REGISTERS:
        snapshots.create_view(con, register, [])
    for table in LAW_TABLES:
        fill_law_table(con, table, values, list_year, list_day(list_year))
    for derived in TABLES:
        derivation.derive(con, derived, list_year)
    published_tables.fill_all(con)
    for sealed in derivation.PUBLISHED:
        name = sealed.split(".")[1]
        con.execute(f"CREATE TABLE IF NOT EXISTS published.{name} AS SELECT * FROM {sealed} WHERE false")
    set_law_variables(con, report_law().for_list_year(list_year), list_year)
    set_limit_variables(con)
    for derived in derivation.REPORT:
        derivation.derive(con, derived, list_year)


def reads_of(sql: str) -> set[str]:
    """Every table of a schema that a query reads, and `law.parameters` where it asks the law by macro."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(sql, read=DIALECT)
    read = {f"{table.db}.{table.name}" for table in tree.find_all(exp.Table) if table.db}
    if _names_the_law(tree):
        read.add(derivation.LAW)
    return {STANDS_FOR.get(table, table) for table in read}


def _names_the_law(part: Expression) -> bool:
    from sqlglot import exp

    words = {*derivation.LAW_MACROS} | derivation.words_of_the_law().keys()
    return any(call.name in words for call in part.find_all(exp.Anonymous))


def sources_of(table: str) -> Mapping[str, tuple[str, ...]]:
    """The columns, as schema.table.column, that each column of a table comes from.

    A register leads to what was received of it, and a received column is where lineage ends. Empty for tables that
    are filled from files.
    """
    schema, name = table.split(".")
    if table in FILLED_IN_PYTHON:
        return {column: sources for column, (_, sources) in FILLED_IN_PYTHON[table].items()}
    if schema == "registers":
        special = {"reference_year": "reference"}
        return {c: (f"received.{name}.{special.get(c, c)}",) for c in table_columns()[table]}
    sql = sql_of(table)
    if sql is None:
        return {}
    known: Mapping[str, tuple[str, ...]] | None = written()["sources"].get(table)
    return known or _read_sources(table, sql, tuple(table_columns()[table]))


@cache
def _read_sources(table: str, sql: str, columns: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    traced = trace(sql, columns)
    return {
        column: tuple(sorted({*found, *COUNTED.get(f"{table}.{column}", ())})) for column, (found, _) in traced.items()
    }


def undeclared_counts(table: str) -> list[str]:
    """Columns that rest on a `count(*)` whose object is not declared in `COUNTED`."""
    sql = sql_of(table)
    traced = {} if sql is None else trace(sql, tuple(table_columns()[table]))
    return [f"{table}.{c}" for c, (_, counts) in traced.items() if counts and f"{table}.{c}" not in COUNTED]


@cache
def _schema() -> MappingSchema:
    """Every table's columns as sqlglot asks for them."""
    from sqlglot.schema import MappingSchema

    schema: dict[str, dict[str, dict[str, str]]] = {}
    for name, types in table_columns().items():
        schema.setdefault(name.split(".")[0], {})[name.split(".")[1]] = dict(types)
    return MappingSchema(schema, dialect=DIALECT)


def trace(sql: str, columns: tuple[str, ...]) -> Mapping[str, tuple[frozenset[str], bool]]:
    """For each column of a query: the stored columns it comes from, and whether a `count(*)` is on the way."""
    import sqlglot
    from sqlglot import exp, lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    schema = _schema()
    tree = qualify(
        sqlglot.parse_one(sql, read=DIALECT),
        dialect=DIALECT,
        schema=schema,
        identify=False,
        validate_qualify_columns=False,
    )
    scope = build_scope(tree)
    traced = {}
    for column in columns:
        found: set[str] = set()
        counts = False
        root = lineage.lineage(column, tree, schema, scope=scope, dialect=DIALECT, copy=False, trim_selects=False)
        for node in root.walk():
            part = node.expression
            if isinstance(part, exp.Table):
                read = f"{part.db}.{part.name}"
                found.add(f"{STANDS_FOR.get(read, read)}.{node.name.split('.')[-1]}")
                continue
            if _names_the_law(part):
                found.add(LAW_VALUE)
            counts = counts or any(
                isinstance(count.this, exp.Star) and not isinstance(count.parent, exp.Filter)
                for count in part.find_all(exp.Count)
            )
        traced[column] = (frozenset(found), counts)
    return traced


if __name__ == "__main__":
    write()
