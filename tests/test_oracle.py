"""The command against the independent oracle, in every cell, on random populations.

Belongs here: broad agreement, in all delivery formats and over two list years in one home. Does not belong:
what a single rule says (test_contract_cases.py).
Set BOLIGOMRAADER_TEST_SEEDS to a count to try that many more populations.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests import oracle
from tests.command import (
    TABLES,
    csv_table,
    file_bytes,
    manifest,
    parquet_table,
    run_list,
    warehouse_table,
)
from tests.populations import EXTRA_VALUE, Style, World, random_style, random_world, write_snapshots

# Seed and first list year; the second list year follows in the same home where it says so.
SEEDS = [(5, 2021), (27, 2023), (28, 2024)]
SEEDS += [(1000 + n, 2018 + n % 9) for n in range(int(os.environ.get("BOLIGOMRAADER_TEST_SEEDS", "0")))]
YEARS_IN_ONE_HOME = 2


def parallelsamfund(tables: oracle.Tables) -> frozenset[str]:
    return frozenset(row["area_id"] for row in tables["area_status"] if row["parallelsamfund"] == "true")


def assert_same(home: Path, list_year: int, expected: oracle.Tables) -> None:
    for table in TABLES:
        found = csv_table(home, list_year, table)
        differences = [
            f"{table} {new.get('area_id', new['kom'])} {column}: {old[column]!r} is not {new[column]!r}"
            for old, new in zip(found, expected[table], strict=True)
            for column in new
            if old[column] != new[column]
        ]
        assert differences == []
        assert found == expected[table]
        assert parquet_table(home, list_year, table) == found
        assert warehouse_table(home, list_year, table) == found


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"{seed[0]}-{seed[1]}")
def home_of_two_years(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, World]:
    """A home in which two list years of one random population were run, its snapshots and the population."""
    seed, first = request.param
    folder = tmp_path_factory.mktemp("random")
    world = random_world(seed, *range(first, first + YEARS_IN_ONE_HOME))
    snapshots = write_snapshots(world, folder / "snapshots", random_style(random.Random(seed)))
    for list_year in world.list_years:
        result = run_list(list_year, snapshots, folder / "home")
        assert result.code == 0, result.output[-3000:]
    return folder / "home", snapshots, world


def test_every_cell(home_of_two_years: tuple[Path, Path, World]) -> None:
    home, snapshots, world = home_of_two_years
    first, second = world.list_years
    tables = oracle.derive_from_snapshots(snapshots, first)
    assert_same(home, first, tables)
    assert_same(
        home, second, oracle.derive_from_snapshots(snapshots, second, {first: parallelsamfund(tables)})
    )


def test_earlier_edition_decides_before_a_list(tmp_path: Path) -> None:
    """liste/Y is there and says the opposite of the home's own edition of Y."""
    first = 2022
    world = random_world(10, first, first + 1, large=4)
    snapshots = write_snapshots(world, tmp_path / "snapshots")
    tables = oracle.derive_from_snapshots(snapshots, first)
    own = parallelsamfund(tables)
    opposite = World((first + 1,))
    for row in tables["area_status"]:
        if row["area_id"] not in own:
            opposite.listed(first, row["area_id"], "parallelsamfund")
    only_list = World(())
    only_list.tables["liste", str(first)] = opposite.tables["liste", str(first)]
    write_snapshots(only_list, snapshots)
    for year in (first, first + 1):
        assert run_list(year, snapshots, tmp_path / "home").code == 0
    expected = oracle.derive_from_snapshots(snapshots, first + 1, {first: own})
    assert expected != oracle.derive_from_snapshots(snapshots, first + 1)
    assert_same(tmp_path / "home", first + 1, expected)


def test_nothing_personal_in_the_edition(home_of_two_years: tuple[Path, Path, World]) -> None:
    home, _, world = home_of_two_years
    people = {row["PNR"] for (register, _), rows in world.tables.items() if register == "bef" for row in rows}
    doors = {
        row["ADRESSE_ID"]
        for (register, _), rows in world.tables.items()
        if register == "bolig"
        for row in rows
    }
    secrets = [value.encode() for value in sorted(people | doors) if len(value) > 5]
    for name, content in file_bytes(home / "editions").items():
        assert not [secret for secret in secrets[:: max(1, len(secrets) // 400)] if secret in content], name


def test_extra_columns_are_never_loaded(home_of_two_years: tuple[Path, Path, World]) -> None:
    home = home_of_two_years[0]
    marker = EXTRA_VALUE.encode()
    assert [name for name, content in file_bytes(home).items() if marker in content] == []


def test_manifest_names_what_was_read(home_of_two_years: tuple[Path, Path, World]) -> None:
    home, snapshots, world = home_of_two_years
    text = str(manifest(home, world.list_years[0]))
    assert str(snapshots) not in text
    assert str(home) not in text
    assert manifest(home, world.list_years[0])["list_year"] == world.list_years[0]
    assert manifest(home, world.list_years[0])["revision"] == 1


def test_random_populations_reach_the_edges() -> None:
    """The comparison is worth something: these seeds meet every status, decision and limit at least once."""
    seen: set[tuple[str, str]] = set()
    for seed, first in SEEDS[:3]:
        world = random_world(seed, first, first + 1)
        tables = oracle.derive(world.tables, first)
        both = [tables, oracle.derive(world.tables, first + 1, {first: parallelsamfund(tables)})]
        for table in TABLES:
            seen |= {cell for derived in both for row in derived[table] for cell in row.items()}
    wanted = {
        ("status", "udsat_boligomraade"),
        ("status", "forebyggelsesomraade"),
        ("status", "ikke_omfattet"),
        ("parallelsamfund", "true"),
        ("omdannelsesomraade", "true"),
        ("residents", "0"),
        ("residents", "999"),
        ("residents", "1000"),
        ("residents", "1001"),
        ("outside_share", "0.4000000000"),
        ("outside_share", "0.3000000000"),
        ("outside_share", ""),
        ("primary_only_share", "0.6000000000"),
        ("convicted_ratio", "3.0000000000"),
        ("convicted_ratio", "2.0000000000"),
        ("income_ratio", "0.5500000000"),
        ("income_ratio", "0.6500000000"),
        ("income_ratio", ""),
        ("nonwestern_share", "0.5000000000"),
        ("nonwestern_share", "0.3000000000"),
        ("share", "0.3000000000"),
        ("reg", ""),
        ("over_exempted", "true"),
    }
    decisions = "not_needed not_allowed nothing_to_exempt missing insufficient cap_unreachable valid"
    wanted |= {("decision", decision) for decision in decisions.split()}
    assert wanted - seen == set()


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "xpt"])
def test_formats_written_are_read_back_alike(suffix: str, tmp_path: Path) -> None:
    """The tests' own writer and reader agree, so that a difference to the command is not theirs."""
    world = random_world(4, 2023, large=1)
    write_snapshots(
        world, tmp_path, lambda *_: Style(suffix=suffix, numeric=suffix != "csv", decimal_comma=True)
    )
    assert oracle.derive_from_snapshots(tmp_path, 2023) == oracle.derive(world.tables, 2023)
