"""The disclosure check on finished tables: what it reads, and that each kind of leak makes it fail."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assets.disclosure.cells import Cell
from assets.disclosure.limits import WITHHELD, disclosure_limits
from assets.finished import Finished, Value, from_csv
from assets.reporting.cells import Before, counts, incomes_by_difference, list_year_of, read
from assets.reporting.check import attacked
from assets.reporting.shapes import SHAPES
from tests.report.conftest import LAST, Reported

Tables = dict[str, Finished]


@pytest.fixture(scope="module")
def tables(reported: Reported) -> Tables:
    folder = reported.folder()
    return {
        name: from_csv(shape, (folder / f"{name}.csv").read_text(encoding="utf-8")) for name, shape in SHAPES.items()
    }


def _changed(tables: Tables, name: str, column: str, value: Value, **at: Value) -> Tables:
    table = tables[name]
    position = table.find(**at)
    rows = [{**row, column: value} if i == position else row for i, row in enumerate(table.rows)]
    return {**tables, name: replace(table, rows=rows)}


def test_the_finished_tables_withstand_the_attack(tables: Tables) -> None:
    found = attacked(tables, disclosure_limits(), Before())
    assert found.lines == []
    assert found.withheld > 50


def test_every_count_in_the_tables_is_a_cell(tables: Tables) -> None:
    """A count that the attack does not know of could give a withheld one away."""
    elsewhere = {
        "lister", "loft", "udvikling", "udvikling_omraader", "nettoindvandring_niveau", "evaluering",
        "evaluering_kommuner", "kommuner",
    }  # fmt: skip
    for name, table in tables.items():
        columns = {column.name for column in table.columns if column.kind == "count" and column.name != "netto"}
        if name not in elsewhere and columns:
            rows = [row for row in table.rows if row.get("aar") in (None, LAST) or name == "nettoindvandring"]
            assert all({column for column, _ in counts(name, row, LAST)} == columns for row in rows), name


def test_rows_of_earlier_years_are_not_taken_for_this_year(tables: Tables) -> None:
    assert list_year_of(tables) == LAST
    years = {row["aar"] for row in tables["social_eksport"].rows}
    assert years == {LAST - 1, LAST}
    told, hidden = read(tables)
    of_year = [row for row in tables["social_eksport"].rows if row["aar"] == LAST]
    for row in of_year:
        cell: Cell = ("kommuneflytning", str(row["kommunegruppe"]), str(row["persongruppe"]), "i_alt")
        assert (cell in hidden) == (row["personer"] == WITHHELD)
        assert told.get(cell) == (None if cell in hidden else row["personer"])


def test_a_cell_that_follows_from_the_others_is_found(tables: Tables) -> None:
    row = next(
        r for r in tables["sammensaetning_omraader"].rows if r["dimension"] == "alder" and r["kategori"] == "midt"
    )
    at = {key: row[key] for key in ("area_id", "dimension", "kategori")}
    leaky = _changed(tables, "sammensaetning_omraader", "personer", WITHHELD, **at)
    found = attacked(leaky, disclosure_limits(), Before())
    assert ("sammensaetning_alder", f"omraade:{row['area_id']}", "midt") in found.too_close


def test_a_home_count_that_the_cap_tells_is_found(tables: Tables) -> None:
    """All counts of an area's homes withheld, and of every group: only the cap's table still tells the family homes."""
    areas: dict[tuple[Value, Value], list[Value]] = {}
    for row in tables["boliger_omraader"].rows:
        areas.setdefault((row["kommune"], row["boliggruppe"]), []).append(row["area_id"])
    single = next(ids[0] for ids in areas.values() if len(set(ids)) == 1)
    blind = {
        name: replace(tables[name], rows=[{**row, "boliger": WITHHELD} for row in tables[name].rows])
        for name in ("boliger", "boliger_omraader")
    }
    found = attacked({**tables, **blind}, disclosure_limits(), Before())
    assert ("boliger", f"omraade:{single}", "familiebolig", "i_alt") in found.too_close
    assert {cell[2:] for cell in found.too_close if cell[1] == f"omraade:{single}"} == {("familiebolig", "i_alt")}


def test_tables_that_were_withheld_before_are_found_when_told(tables: Tables) -> None:
    cell = next(iter(read(tables)[0]))
    found = attacked(tables, disclosure_limits(), Before((), frozenset({cell})))
    assert found.told_after_all == {cell}
    assert "was withheld in an earlier release" in found.lines[0]


def test_an_income_by_difference_is_found() -> None:
    now = {("indkomstpersoner", "land"): 1001, ("indkomst", "land"): 400_900}
    before = {("indkomstpersoner", "land"): 1000, ("indkomst", "land"): 400_000}
    assert incomes_by_difference(now, Before((before,)), 5) == {("indkomst", "land")}
    assert incomes_by_difference({**now, ("indkomstpersoner", "land"): 1005}, Before((before,)), 5) == set()
    assert incomes_by_difference({("indkomstpersoner", "land"): 1001}, Before((before,)), 5) == set()
