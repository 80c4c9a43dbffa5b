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

# Seed and first list year; the next list year follows in the same home. Chosen to reach every edge below.
SEEDS = [(129, 2025), (176, 2022)]
SEEDS += [(1000 + n, 2018 + n % 9) for n in range(int(os.environ.get("BOLIGOMRAADER_TEST_SEEDS", "0")))]


def parallelsamfund(tables: oracle.Tables) -> frozenset[str]:
    return frozenset(row["area_id"] for row in tables["area_status"] if row["parallelsamfund"] == "true")


def two_years(seed: int, first: int) -> World:
    """A random population for two list years, with a published list of the first year that is all wrong.

    The list names as parallelsamfund just what the home's own edition of that year does not: the edition decides.
    """
    world = random_world(seed, first, first + 1, large=12)
    tables = oracle.derive(world.tables, first)
    for row in tables["area_status"]:
        if row["parallelsamfund"] == "false":
            world.listed(first, row["area_id"], "parallelsamfund")
    return world


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
    world = two_years(seed, first)
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
    assert_same(home, second, oracle.derive_from_snapshots(snapshots, second, {first: parallelsamfund(tables)}))


def test_nothing_personal_in_the_edition(home_of_two_years: tuple[Path, Path, World]) -> None:
    home, _, world = home_of_two_years
    people = {row["PNR"] for (register, _), rows in world.tables.items() if register == "bef" for row in rows}
    doors = {row["ADRESSE_ID"] for (register, _), rows in world.tables.items() if register == "bolig" for row in rows}
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
    edition_decides = False
    for seed, first in SEEDS[:2]:
        world = two_years(seed, first)
        tables = oracle.derive(world.tables, first)
        own_history = oracle.derive(world.tables, first + 1, {first: parallelsamfund(tables)})
        edition_decides |= own_history != oracle.derive(world.tables, first + 1)
        for derived in (tables, own_history):
            seen |= {cell for table in TABLES for row in derived[table] for cell in row.items()}
    assert edition_decides
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
    write_snapshots(world, tmp_path, lambda *_: Style(suffix=suffix, numeric=suffix != "csv", decimal_comma=True))
    assert oracle.derive_from_snapshots(tmp_path, 2023) == oracle.derive(world.tables, 2023)
