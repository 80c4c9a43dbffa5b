"""Says in Dagster's terms what an asset of the administration is: title, provisions, columns, version of its code.

What does not belong here: the texts (`case_tables`, `columns`, `graph`), and anything of a run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

from dagster import MetadataValue, TableColumn, TableSchema

from assets.administration.case_tables import BY_NAME, CaseTable, Kind
from assets.administration.columns import meaning
from assets.administration.store import SQL
from law.loader import shipped_law

CASES = "cases."
HERE = Path(__file__).parent
SQL_TYPES: Mapping[Kind, str] = {
    Kind.TEXT: "VARCHAR",
    Kind.DAY: "DATE",
    Kind.MONTH: "DATE",
    Kind.INSTANT: "TIMESTAMP WITH TIME ZONE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.OERE: "BIGINT",
    Kind.COUNT: "BIGINT",
    Kind.CODE: "VARCHAR",
    Kind.COUNTRY: "VARCHAR",
    Kind.MUNICIPALITY: "VARCHAR",
    Kind.AREA: "VARCHAR",
}
"""The type that a column of cases is held in, by its kind."""


def described(title: str, tables: Mapping[str, Mapping[str, str]], provisions: str = "") -> dict[str, object]:
    """Definition metadata of an asset: its Danish title, the columns of its tables with types and texts, and what it
    rests on as links. Of several tables the foremost is the asset's own, and each other stands under its name."""
    metadata: dict[str, object] = {"title": title}
    if provisions:
        metadata["paragraphs"] = MetadataValue.md(", ".join(map(_linked, provisions.split("; "))))
    schemas = {name: _schema(name, columns) for name, columns in tables.items()}
    first = next(iter(schemas))
    metadata["dagster/column_schema"] = schemas.pop(first)
    metadata["table"] = first
    return metadata | {f"columns of {name}": MetadataValue.table_schema(schema) for name, schema in schemas.items()}


def typed_columns(table: CaseTable) -> dict[str, str]:
    """The columns of a table of cases with the types they are held in."""
    return {column.name: SQL_TYPES[column.kind] for column in table.columns}


def _schema(table: str, columns: Mapping[str, str]) -> TableSchema:
    return TableSchema([TableColumn(name, kind, description=_text(table, name)) for name, kind in columns.items()])


def _text(table: str, column: str) -> str:
    if not table.startswith(CASES):
        return f"{meaning(table, column)}."
    found = next(known for known in BY_NAME[table.removeprefix(CASES)].columns if known.name == column)
    codes = f" ({', '.join(f'`{code}`' for code in found.codes)})" if found.codes else ""
    return f"{found.description}{codes}.{'' if found.required else ' Empty: not known.'}"


def _linked(provision: str) -> str:
    """A provision as a Markdown link to the newest text of its act that a legal value refers to."""
    return f"[{provision}]({_address_of(provision.split()[0])})"


@cache
def _address_of(act: str) -> str:
    """Raises KeyError for an act that no legal value refers to."""
    values = [value for parameter in shipped_law().parameters.values() for value in parameter.values]
    found = {value.reference.url for value in values if value.reference.act.startswith(act)}
    if not found:
        raise KeyError(f"no law parameter refers to {act}")
    return max(found, key=_year_and_number)


def _year_and_number(address: str) -> tuple[int, int]:
    *_, year, number = address.split("/")
    return int(year), int(number)


def code_version(module: ModuleType, declared: str = "") -> str:
    """Hash of the module that makes an asset and of what is declared of it."""
    return hashlib.sha256(Path(str(module.__file__)).read_bytes() + declared.encode()).hexdigest()


@cache
def code_version_of_decisions() -> str:
    """Hash of the law and of all that decides: the systems build on each other's modules and on the same SQL."""
    digest = hashlib.sha256(shipped_law().sha256.encode())
    for path in sorted([*HERE.glob("*.py"), *SQL.glob("*.sql")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
