"""What must hold for any registers: an origin recoded, rows in another order, a delivery split over files.

Small countries drawn from a seed, derived by the product's SQL under limits that a few dozen people can meet.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import derivation, warehouse
from assets.aside import put_law
from assets.contracts import REGISTERS
from assets.intake import snapshots
from law.loader import list_day
from tests.deriving import (
    LAW,
    PUBLISHED,
    SMALL,
    Registers,
    database,
    derive,
    fill_registers,
    published_rows,
    rows_of,
    small_country,
)
from tests.populations import Style, random_world, write_snapshots

SMALL_LAW = LAW.with_values({**SMALL, "parallelsamfund.nonwestern": "40 pct"})
TABLES = tuple(table.table for table in PUBLISHED)
UP_TO_CATEGORIES = tuple(table.table for table in derivation.upstream_of(["status.area_categories"]))
SEEDS = st.integers(0, 10**6)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with database(SMALL_LAW) as opened:
        yield opened


def parallelsamfund(con: duckdb.DuckDBPyConnection, registers: Registers) -> set[str]:
    fill_registers(con, registers)
    derive(con, *UP_TO_CATEGORIES)
    return {row["area_id"] for row in rows_of(con, "SELECT area_id FROM status.area_categories WHERE parallelsamfund")}


def recoded(registers: Registers, pnrs: set[int]) -> Registers:
    """The same country, where some residents are immigrants from a non-western country on every status day."""
    origin = {"ie_type": 2, "opr_land": 5172}
    return {**registers, "bef": [{**row, **origin} if row["pnr"] in pnrs else row for row in registers["bef"]]}


@settings(deadline=None, max_examples=8)
@given(seed=SEEDS, pnrs=st.sets(st.integers(0, 69), min_size=1, max_size=40))
def test_recoding_residents_to_non_western_never_removes_a_parallelsamfund(
    con: duckdb.DuckDBPyConnection, seed: int, pnrs: set[int]
) -> None:
    registers = small_country(random.Random(seed))
    before = parallelsamfund(con, registers)
    assert before <= parallelsamfund(con, recoded(registers, pnrs))


def test_in_these_countries_there_are_parallelsamfund_and_recoding_makes_more(con: duckdb.DuckDBPyConnection) -> None:
    before = after = 0
    for seed in range(4):
        registers = small_country(random.Random(seed))
        before += len(parallelsamfund(con, registers))
        after += len(parallelsamfund(con, recoded(registers, set(range(70)))))
    assert 0 < before < after


@settings(deadline=None, max_examples=6)
@given(seed=SEEDS, order=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(con: duckdb.DuckDBPyConnection, seed: int, order: random.Random) -> None:
    registers = small_country(random.Random(seed))
    fill_registers(con, registers)
    derive(con, *TABLES)
    expected = published_rows(con)
    fill_registers(con, {name: order.sample(rows, len(rows)) for name, rows in registers.items()})
    derive(con, *TABLES)
    assert published_rows(con) == expected


def derived_from_files(folder: Path, scratch: Path, list_year: int) -> dict[str, list[tuple[object, ...]]]:
    """Receives and promotes a snapshots folder in memory, and derives the list year from it."""
    values = SMALL_LAW.for_list_year(list_year)
    scratch.mkdir()
    opened = duckdb.connect(config={**warehouse.settings(), "threads": 1})
    try:
        warehouse.prepare(opened)
        derivation.prepare_session(opened)
        books = snapshots.read_books(opened, list_year)
        for register in REGISTERS:
            wanted = snapshots.wanted_references(opened, register, values, list_year, [])
            received = snapshots.receive(opened, register, wanted, list_year, folder, scratch, books)
            assert not [fault for item in received for fault in item.faults]
        snapshots.promote(opened, REGISTERS, values, list_year, books)
        put_law(opened, values, list_year, list_day(list_year))
        derive(opened, *TABLES, list_year=list_year)
        return published_rows(opened)
    finally:
        opened.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_delivery_split_over_files_in_any_order_changes_nothing(seed: int, tmp_path: Path) -> None:
    world = random_world(seed, 2026, large=0)
    styles = {"one": Style(), "three": Style(parts=3, shuffle=True), "parquet": Style("parquet", parts=2, shuffle=True)}
    results = {}
    for name, style in styles.items():
        folder = write_snapshots(world, tmp_path / name, lambda *_, style=style: style)
        results[name] = derived_from_files(folder, tmp_path / f"scratch-{name}", 2026)
    assert results["one"]["status.area_status"]
    assert results["three"] == results["one"]
    assert results["parquet"] == results["one"]


def test_the_largest_amounts_that_are_stored_can_be_counted(con: duckdb.DuckDBPyConnection) -> None:
    registers = small_country(random.Random(3))
    most = "9999999999999.99"
    for row in registers["ind"]:
        row["perindkialt_13"] = most
    for row in registers["of"]:
        row["pti_timer_per_uge"] = most
    fill_registers(con, registers)
    derive(con, *TABLES)
    found = rows_of(con, "SELECT income_mean, region_income_mean, outside_share FROM criteria.area_criteria")
    assert {str(row["income_mean"]) for row in found if row["income_mean"] is not None} == {most}
    assert {str(row["region_income_mean"]) for row in found} == {most}
    assert all(row["outside_share"] <= 1 for row in found)
