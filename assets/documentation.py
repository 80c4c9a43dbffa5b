"""Says in Dagster's terms what a table is: title, paragraphs as links, columns with types and texts, lineage, versions.

An asset's definition takes `described`: what is so of every list year. Its materialisation takes `materialized`: what a
run made, and the column lineage that it was made by. What does not belong here: the texts (`assets.columns`,
`assets.derivation`, `assets.contracts`) and the reading (`assets.lineage`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import duckdb
from dagster import (
    AssetKey,
    DataVersion,
    MaterializeResult,
    MetadataValue,
    TableColumn,
    TableColumnDep,
    TableColumnLineage,
    TableSchema,
)

from assets import derivation, lineage
from assets.columns import describe
from assets.contracts import MUNICIPALITIES, REGISTER_BY_NAME, SQL_TYPES, Column, Register
from assets.law_tables import LAW_TABLES
from law.loader import LegalValue, shipped_law

PUBLISHED = "published"


def described(table: str, title: str, paragraphs: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """Definition metadata of a table's asset: its Danish title, its paragraphs as links, its columns with types and
    texts, and what each comes from."""
    metadata: dict[str, Any] = {"title": title, **more}
    if paragraphs:
        metadata["paragraphs"] = MetadataValue.md(", ".join(paragraph_link(text) for text in paragraphs))
    columns = columns_of(table)
    if columns:
        metadata["dagster/column_schema"] = table_schema(table, columns)
    if lineage.sources_of(table):
        metadata["column_sources"] = MetadataValue.md(sources_text(table))
    return metadata


def paragraph_link(paragraph: str) -> str:
    """A provision as a Markdown link to the act on retsinformation.dk that last gave it its wording here."""
    return f"[{paragraph}]({address_of(paragraph)})"


@cache
def address_of(paragraph: str) -> str:
    """The act's address for a provision, from the law parameters' own references.

    The provision itself, else one that it contains, else the one that contains it. Raises KeyError for a provision
    that no parameter refers to.
    """
    values = [value for parameter in shipped_law().parameters.values() for value in parameter.values]
    for fits in (
        lambda citation: citation == paragraph,
        lambda citation: citation.startswith(f"{paragraph},"),
        lambda citation: paragraph.startswith(f"{citation},"),
        lambda citation: citation.split(",")[0] == paragraph.split(",")[0],
    ):
        found = [value for value in values if fits(value.reference.citation)]
        if found:
            return _latest(found).reference.url
    raise KeyError(f"no law parameter refers to {paragraph}")


def _latest(values: Sequence[LegalValue]) -> LegalValue:
    return max(values, key=lambda value: (value.effective_from, value.reference.url))


def known_columns(table: str) -> Mapping[str, str]:
    """Columns and types of a table that is no derivation: they follow from the contract or the law table."""
    schema, name = table.split(".")
    if schema in ("received", "registers") and name in REGISTER_BY_NAME:
        stored = {c.stored: SQL_TYPES[c.kind] for c in REGISTER_BY_NAME[name].stored_columns}
        year = "reference" if schema == "received" else "reference_year"
        return {"list_year": "SMALLINT", year: "VARCHAR" if schema == "received" else "SMALLINT", **stored}
    if schema == "law":
        return next(({"list_year": "SMALLINT", **t.columns} for t in LAW_TABLES if t.name == name), {})
    return {}


def contract_text(register: Register) -> str:
    """A register's contract as a Markdown table: every column that a delivery must have, stored or not."""
    head = ["column", "type", "codes", "required", "reference years", "former names, never read", "source"]
    rows = [head, ["---"] * len(head), *(_contract_row(column) for column in register.columns)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _contract_row(column: Column) -> list[str]:
    codes = ", ".join(str(code) for code in column.codes or ())
    if column.codes == (MUNICIPALITIES,) or column.known:
        codes = f"list `{column.known or MUNICIPALITIES}`{'' if column.codes else ', others warn'}"
    former = "; ".join(f"{f.name} {f.first_year}-{f.last_year}: {f.held}" for f in column.former_names)
    required = "yes" if column.required else "no"
    return [column.name, column.kind.value, codes, required, column.years, former, column.source]


def columns_of(table: str) -> Mapping[str, str]:
    """Columns and types of a table, whatever it is filled by; empty where the asset is no table."""
    return known_columns(table) or lineage.table_columns().get(table, {})


def table_schema(table: str, columns: Mapping[str, str]) -> TableSchema:
    """The columns of a table with type and description."""
    return TableSchema([TableColumn(name, kind, description=describe(table, name)) for name, kind in columns.items()])


def asset_of(table: str) -> AssetKey:
    """The asset that a table is, or that it was published by."""
    schema, name = table.split(".")
    if schema == PUBLISHED:
        table = next(t for t in derivation.PUBLISHED if t.split(".")[1] == name)
    return AssetKey(table.split("."))


def column_lineage(table: str) -> TableColumnLineage | None:
    """Where each column of a table comes from, as assets and columns; None for what is filled from files."""
    sources = lineage.sources_of(table)
    if not sources:
        return None
    # a sealed table and the one it was sealed from are one asset
    return TableColumnLineage(
        {column: list(dict.fromkeys(_dep(source) for source in found)) for column, found in sources.items() if found}
    )


def sources_text(table: str) -> str:
    """Column lineage as a Markdown table whose links open the upstream asset: the open web UI draws no column graph."""
    lines = ["| column | comes from |", "|---|---|"]
    for column, found in lineage.sources_of(table).items():
        links = []
        for source in found:
            read, _, name = source.rpartition(".")
            path = "/".join(asset_of(read).path)
            links.append(f"[{path}](/assets/{path}).{name}")
        lines.append(f"| {column} | {', '.join(links)} |")
    return "\n".join(lines)


def _dep(source: str) -> TableColumnDep:
    table, _, column = source.rpartition(".")
    return TableColumnDep(asset_of(table), column)


def materialized(table: str, rows: int, version: str, more: Mapping[str, Any] | None = None) -> MaterializeResult:
    """What a materialisation reports: row count, column lineage, and as its data version the hash of its content, or
    of what the content follows from (the files of a snapshot, the inputs of a view)."""
    metadata: dict[str, Any] = {"dagster/row_count": rows, **(more or {})}
    deps = column_lineage(table)
    if deps is not None:
        metadata["dagster/column_lineage"] = deps
    return MaterializeResult(asset_key=AssetKey(table.split(".")), metadata=metadata, data_version=DataVersion(version))


def content_of(con: duckdb.DuckDBPyConnection, table: str, list_year: int | None = None) -> tuple[int, str]:
    """How many rows a table has and their hash, whatever their order; of one list year where one is given."""
    where = "" if list_year is None else f" WHERE list_year = {int(list_year)}"
    ((rows, digests),) = con.execute(
        "SELECT count(*), string_agg(digest, '' ORDER BY digest) "
        f"FROM (SELECT sha256(CAST(t AS VARCHAR)) AS digest FROM {table} AS t{where})"
    ).fetchall()
    return int(rows), hashlib.sha256(str(digests or "").encode()).hexdigest()
