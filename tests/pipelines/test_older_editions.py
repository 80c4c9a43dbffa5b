"""Editions sealed before a table or a column was added to what an edition holds: published, replaced, compared.

What the administration makes of one is told in tests/administration.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from assets import warehouse
from assets.publishing import published_schema, sealing
from tests.command import edition, manifest, run_cli, run_list, warehouse_table
from tests.graph.homes import YEAR, Ready

LATER = "area_cap"


@pytest.fixture(scope="module")
def older(ready: Ready, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose edition lacks a table, as one sealed by an earlier version does."""
    home = tmp_path_factory.mktemp("older") / "home"
    shutil.copytree(ready.home, home)
    folder = edition(home, YEAR)
    old = sealing.read_manifest(folder)
    assert old is not None
    old["outputs"] = [item for item in old["outputs"] if not item["file"].startswith(LATER)]
    del old["sql"]["files"][f"cap/{LATER}.sql"]
    for form in ("csv", "parquet"):
        (folder / f"{LATER}.{form}").unlink()
    (folder / sealing.MANIFEST).write_text(json.dumps(old), encoding="utf-8")
    return home


def test_it_is_published_without_the_table(older: Path) -> None:
    with duckdb.connect() as con:
        warehouse.prepare(con)
        published_schema.synchronise_published(con, older / "editions")
        tables = {
            row[0]
            for row in con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'published'").fetchall()
        }
        caps = con.execute("SELECT count(*) FROM published.municipal_cap").fetchall()[0][0]
    assert "municipal_cap" in tables
    assert LATER not in tables
    assert caps > 0


def test_the_next_run_seals_the_table_as_a_revision(older: Path, ready: Ready) -> None:
    again = run_list(YEAR, ready.snapshots, older)
    assert again.code == 0, again.output
    assert manifest(older, YEAR)["revision"] == 2
    assert manifest(older, YEAR)["reason"] == "changed: the SQL, which files an edition holds"
    assert warehouse_table(older, YEAR, LATER)
    told = run_cli("diff", "--home", older, "--list-year", YEAR)
    assert told.code == 0, told.output
    assert f"sql cap/{LATER}.sql: none ->" in told.output
    assert f"{LATER} " in told.output


def _seal_as_it_is(file: Path) -> None:
    """The edition's manifest names the file as it is now, as that of an edition sealed with it does."""
    sealed = sealing.read_manifest(file.parent)
    assert sealed is not None
    next(item for item in sealed["outputs"] if item["file"] == file.name)["sha256"] = sealing.sha256_of(file)
    sealing.write_manifest(sealed, file.parent)


def test_a_column_added_since_is_published_and_empty_in_the_older_edition(ready: Ready, tmp_path: Path) -> None:
    editions = tmp_path / "editions"
    shutil.copytree(ready.home / "editions" / str(YEAR), editions / str(YEAR - 1))
    shutil.copytree(ready.home / "editions" / str(YEAR), editions / str(YEAR))
    file = editions / str(YEAR - 1) / "area_status.parquet"
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE older AS SELECT * EXCLUDE (parallelsamfund) FROM '{file}'")
        con.execute(f"UPDATE older SET list_year = {YEAR - 1}")
        con.execute(f"COPY older TO '{file}' (FORMAT parquet)")
        _seal_as_it_is(file)
        warehouse.prepare(con)
        published_schema.synchronise_published(con, editions)
        filled = "SELECT list_year, count(parallelsamfund) FROM published.area_status GROUP BY list_year"
        found = dict(con.execute(filled).fetchall())
    assert found[YEAR - 1] == 0
    assert found[YEAR] > 0
