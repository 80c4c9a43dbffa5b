"""Results never differ: the yardsticks give what the product publishes, and threads and memory change no byte.

Belongs here: that what is compared in time is the same in content. Does not belong here: time itself.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from dagster import AssetKey

from assets.warehouse import MEMORY, THREADS
from tests import oracle
from tests.command import TABLES, csv_table, edition, file_bytes, manifest, run_cli
from tests.performance import bare_query, empty_dagster, plain_pandas
from tests.populations import Style, random_world, write_snapshots

TYPED = Style(suffix="parquet", numeric=True)
"""As the yardsticks read it: Parquet with numbers and dates in their own types."""

SETTINGS = [("1", "1GB"), ("2", "2GB"), ("4", "4GB")]
RUN_YEAR = 2026


@pytest.fixture(scope="module", params=[(52, 2022), (7, 2019)], ids=lambda drawn: f"{drawn[0]}-{drawn[1]}")
def delivered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    seed, list_year = request.param
    folder = tmp_path_factory.mktemp("yardsticks")
    return write_snapshots(random_world(seed, list_year, large=6), folder / "snapshots", lambda *_: TYPED), list_year


@pytest.fixture(scope="module")
def expected(delivered: tuple[Path, int]) -> oracle.Tables:
    return oracle.derive_from_snapshots(*delivered)


def test_bare_query_gives_every_figure(delivered: tuple[Path, int], expected: oracle.Tables) -> None:
    assert bare_query.area_criteria(*delivered) == expected["area_criteria"]


def test_plain_pandas_gives_every_table(delivered: tuple[Path, int], expected: oracle.Tables) -> None:
    assert plain_pandas.derive(*delivered) == expected


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """Snapshots of one random population, and a home for each of the settings."""
    folder = tmp_path_factory.mktemp("settings")
    snapshots = write_snapshots(random_world(94, RUN_YEAR, large=3), folder / "snapshots", lambda *_: TYPED)
    made = []
    for threads, memory in SETTINGS:
        home = folder / f"home-{threads}"
        year = ("--list-year", RUN_YEAR, "--as-of", f"{RUN_YEAR}-12-01", "--no-report")
        settings = {THREADS: threads, MEMORY: memory}
        done = run_cli("run", *year, "--snapshots", snapshots, "--home", home, env=settings)
        assert done.code == 0, done.output[-3000:]
        made.append(home)
    return snapshots, made


def test_threads_and_memory_change_no_byte_of_the_edition(homes: tuple[Path, list[Path]]) -> None:
    editions = []
    for home in homes[1]:
        files = file_bytes(edition(home, RUN_YEAR))
        assert files.pop("manifest.json")
        editions.append((files, {part: told for part, told in manifest(home, RUN_YEAR).items() if part != "run"}))
    first, *others = editions
    assert len(first[0]) > len(TABLES)
    for other in others:
        assert other == first


def test_both_yardsticks_give_what_the_product_publishes(homes: tuple[Path, list[Path]]) -> None:
    snapshots, (home, *_) = homes
    published = {table: csv_table(home, RUN_YEAR, table) for table in TABLES}
    assert plain_pandas.derive(snapshots, RUN_YEAR) == published
    assert bare_query.area_criteria(snapshots, RUN_YEAR) == published["area_criteria"]


def test_empty_run_has_the_assets_and_checks_of_a_run(homes: tuple[Path, list[Path]], tmp_path: Path) -> None:
    empty_dagster.write_shape(tmp_path / "shape.json")
    steps = json.loads((tmp_path / "shape.json").read_text(encoding="utf-8"))
    assets = {AssetKey(path).to_string() for step in steps for path, _ in step["assets"]}
    checks = {(AssetKey(path).to_string(), name) for step in steps for path, name in step["checks"]}
    index = homes[1][0] / "dagster" / "history" / "runs" / "index.db"
    with closing(sqlite3.connect(index)) as told:
        made = told.execute("SELECT asset_key FROM event_logs WHERE dagster_event_type = 'ASSET_MATERIALIZATION'")
        assert {key for (key,) in made} == assets
        assert set(told.execute("SELECT asset_key, check_name FROM asset_check_executions")) == checks
    assert len(checks) > len(assets) > len(TABLES)
