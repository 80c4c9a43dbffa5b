"""Reads sealed editions: the only thing of the statistics that the administration sees.

What does not belong here: the warehouse, registers, and any derivation of a status.
An edition whose files are no longer what its manifest says is refused.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.administration.errors import AdministrationError
from assets.administration.store import sql_file

MANIFEST = "manifest.json"

#: The published columns that are read, with their types (docs/data-dictionary.md).
TABLES: Mapping[str, Mapping[str, str]] = {
    "area_status": {
        "list_year": "SMALLINT",
        "area_id": "VARCHAR",
        "area_name": "VARCHAR",
        "kom": "VARCHAR",
        "residents": "BIGINT",
        "status": "VARCHAR",
        "parallelsamfund": "BOOLEAN",
        "omdannelsesomraade": "BOOLEAN",
    },
    "municipal_cap": {
        "list_year": "SMALLINT",
        "kom": "VARCHAR",
        "family_homes": "BIGINT",
        "homes_udsat": "BIGINT",
        "homes_forebyggelse": "BIGINT",
        "cap_exceeded": "BOOLEAN",
        "decision": "VARCHAR",
        "homes_exempted": "BIGINT",
        "covered_homes": "BIGINT",
        "covered_share": "DECIMAL(28,10)",
        "over_exempted": "BOOLEAN",
    },
    "area_cap": {
        "list_year": "SMALLINT",
        "area_id": "VARCHAR",
        "kom": "VARCHAR",
        "family_homes": "BIGINT",
        "decided": "BOOLEAN",
        "decided_on": "DATE",
        "exempted": "BOOLEAN",
    },
    "area_criteria": {"list_year": "SMALLINT", "area_id": "VARCHAR", "convicted_ratio": "DECIMAL(28,10)"},
}
#: Tables that an edition may lack; what rests on them is then not known.
OPTIONAL = frozenset({"area_cap", "area_criteria"})


@dataclass(frozen=True)
class SealedEdition:
    """An edition in a home: its list year, folder, the hash of its manifest, and the tables sealed in it."""

    list_year: int
    folder: Path
    manifest_sha256: str
    tables: frozenset[str]


def sealed_editions(home: Path, list_year: int) -> list[SealedEdition]:
    """The editions of a home up to and including `list_year`, earliest first.

    Raises AdministrationError when the one of `list_year` is missing or any has changed since it was sealed.
    """
    editions = home / "editions"
    years = sorted(int(p.name) for p in editions.glob("[0-9]*") if p.name.isdigit()) if editions.is_dir() else []
    found = [_sealed(editions / str(year), year) for year in years if year <= list_year]
    if not found or found[-1].list_year != list_year:
        raise AdministrationError(f"list year {list_year} has no sealed edition in this home: run it first")
    return found


def _sealed(folder: Path, year: int) -> SealedEdition:
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
        manifest = json.loads(content)
    except (OSError, ValueError):
        raise AdministrationError(f"edition {year}: {MANIFEST} is missing or unreadable: seal it again") from None
    outputs = manifest.get("outputs", []) if isinstance(manifest, dict) else []
    sealed = set()
    for item in outputs:
        file = folder / str(item["file"])
        if file.stem not in TABLES:
            continue
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != item["sha256"]:
            raise AdministrationError(f"edition {year}: {item['file']} is not what was sealed: seal it again")
        sealed.add(file.stem)
    return SealedEdition(year, folder, hashlib.sha256(content).hexdigest(), frozenset(sealed))


def load(con: duckdb.DuckDBPyConnection, home: Path, list_year: int) -> list[SealedEdition]:
    """Loads the editions into schema `edition`, all list years in each table. Returns what was read.

    Raises AdministrationError when one was sealed anew meanwhile: its hash would stand beside another's rows.
    """
    found = sealed_editions(home, list_year)
    con.execute("CREATE SCHEMA IF NOT EXISTS edition")
    for table, columns in TABLES.items():
        declared = ", ".join(f"{name} {sql_type}" for name, sql_type in columns.items())
        con.execute(f"CREATE OR REPLACE TABLE edition.{table} ({declared})")
        for sealed in found:
            _load_table(con, sealed, table, columns)
    if sealed_editions(home, list_year) != found:
        raise AdministrationError("an edition was sealed anew while it was read: run again")
    return found


def _load_table(con: duckdb.DuckDBPyConnection, sealed: SealedEdition, table: str, columns: Mapping[str, str]) -> None:
    file = sealed.folder / f"{table}.csv"
    if table in OPTIONAL and table not in sealed.tables:
        return
    if not file.is_file():
        raise AdministrationError(f"edition {sealed.list_year}: {table} is missing: seal it again")
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            given = next(csv.reader(stream), [])
        source = (
            f"read_csv({sql_file(file)}, header = true, delim = ',', quote = '\"', escape = '\"', "
            "all_varchar = true, hive_partitioning = false)"
        )
        missing = [name for name in columns if name not in given]
        if missing:
            raise AdministrationError(f"edition {sealed.list_year}: {table} has no column {missing[0]}: seal it again")
        read = ", ".join(f"CAST({name} AS {sql_type})" for name, sql_type in columns.items())
        con.execute(f"INSERT INTO edition.{table} SELECT {read} FROM {source}")
        if "kom" in columns:
            con.execute(f"UPDATE edition.{table} SET kom = lpad(kom, 3, '0')")
    except duckdb.Error:
        raise AdministrationError(f"edition {sealed.list_year}: {table} cannot be read: seal it again") from None
