"""Schema `published`: the sealed editions as tables, which later list years read.

The files under `editions` are the truth, and what stands in the warehouse follows them; only what was sealed or
released goes in. What does not belong here: how an edition is sealed (`assets.publishing.sealing`) and the copy of the
schema that others may read (`assets.publishing.published_database`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from assets.derivation import PUBLISHED
from assets.publishing import releases
from assets.publishing.sealing import MANIFEST, Manifest, read_manifest, sealed_years, sha256_of
from assets.warehouse import sql_file, transaction
from pipelines.failures import DamagedFileError


def synchronise_published(con: duckdb.DuckDBPyConnection, editions: Path) -> None:
    """Makes schema `published` show exactly the sealed editions: they are the truth, whatever happened in between."""
    known = dict(con.execute("SELECT list_year, manifest_sha256 FROM published.editions").fetchall())
    sealed = {year: sha256_of(editions / str(year) / MANIFEST) for year in sealed_years(editions)}
    for year in sorted(known.keys() - sealed.keys()):
        _forget(con, year)
    for year, manifest_sha256 in sealed.items():
        if known.get(year) != manifest_sha256:
            _publish(con, year, editions / str(year), manifest_sha256)


def _forget(con: duckdb.DuckDBPyConnection, year: int) -> None:
    for table in _published_tables(con):
        con.execute(f"DELETE FROM published.{table} WHERE list_year = {int(year)}")


def _published_tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'published' ORDER BY 1").fetchall()
    return [str(row[0]) for row in rows]


def _publish(con: duckdb.DuckDBPyConnection, year: int, folder: Path, manifest_sha256: str) -> None:
    """Shows an edition's tables in place of what was shown of its year. Raises DamagedFileError where it is not the one
    that was sealed or released: the lists of later years would rest on it."""
    manifest = read_manifest(folder)
    assert manifest is not None
    _refuse_altered(year, folder, manifest)
    tables = _tables_of(manifest)
    with transaction(con):
        _forget(con, year)
        for name in tables:
            source = f"read_parquet({sql_file(folder / f'{name}.parquet')}, hive_partitioning=false)"
            con.execute(f"CREATE TABLE IF NOT EXISTS published.{name} AS SELECT * FROM {source} WHERE false")
            _widen(con, name, source)
            con.execute(f"INSERT INTO published.{name} BY NAME SELECT * FROM {source}")
        con.execute("INSERT INTO published.editions VALUES (?, ?, ?)", [year, manifest["revision"], manifest_sha256])


def _tables_of(manifest: Manifest) -> list[str]:
    """The published tables that an edition holds: one that was sealed before there was a table does not."""
    sealed = {item["file"] for item in manifest["outputs"]}
    return [name for name in (table.split(".")[1] for table in PUBLISHED) if f"{name}.parquet" in sealed]


def _refuse_altered(year: int, folder: Path, manifest: Manifest) -> None:
    """Raises DamagedFileError where a table is not what the manifest names, or the manifest not what the log of
    releases names. Of a draft nothing but its manifest tells what was sealed."""
    again = f"restore a backup of that edition, or move its folder away and run list year {year} again"
    try:
        if manifest["revision"] in releases.untold_revisions(folder.parent, year):
            told = f"is not the manifest that {releases.LOG} says was released"
            raise DamagedFileError(f"editions/{year}/{MANIFEST} {told}: {again}.")
    except releases.ReleaseLogError as error:
        raise DamagedFileError(f"{error} Restore a backup of it.") from None
    sealed = {item["file"]: item["sha256"] for item in manifest["outputs"]}
    for name in _tables_of(manifest):
        path = folder / f"{name}.parquet"
        if not path.is_file() or sha256_of(path) != sealed[path.name]:
            raise DamagedFileError(f"editions/{year}/{path.name} is not the file that was sealed: {again}.")


def _widen(con: duckdb.DuckDBPyConnection, name: str, source: str) -> None:
    """Gives a table of schema `published` the columns that a later edition has; those of earlier ones stay empty."""
    there = {row[0] for row in con.execute(f"DESCRIBE published.{name}").fetchall()}
    for column, kind, *_ in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall():
        if column not in there:
            con.execute(f"ALTER TABLE published.{name} ADD COLUMN {column} {kind}")
