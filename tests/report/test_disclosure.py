"""The disclosure check on finished tables: what it reads, and that each kind of leak makes it fail."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from assets.disclosure.cells import Cell, filled
from assets.disclosure.limits import WITHHELD, disclosure_limits
from assets.finished import Finished, Value, from_csv
from assets.reporting import cells
from assets.reporting.cells import (
    OTHER_AREA,
    Before,
    counts,
    incomes_by_difference,
    list_year_of,
    read,
    told_by_residents,
)
from assets.reporting.check import attacked
from assets.reporting.counts import fill_implied
from assets.reporting.labels import AGES, ALL, EDUCATIONS, EMPLOYMENTS, LISTED
from assets.reporting.shapes import SHAPES
from tests.report.conftest import LAST, Reported

Tables = dict[str, Finished]
UDSAT, FOREBYG = cells.LISTED_GROUPS


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


def test_movers_between_areas_are_one_number_in_both_directions(tables: Tables) -> None:
    """Told in one direction, withheld in the other with all that its column adds up to: the direction tells it."""
    told, _ = read(tables)
    for cell, value in sorted(told.items()):
        if cell[0].startswith("flytninger_ind") and cell[1:3] == (LISTED, OTHER_AREA):
            assert told.get((cell[0].replace("_ind", "_ud"), *cell[1:]), value) == value
    rows = [
        {**row, "personer": WITHHELD} if row["retning"] == "ud" and row["kategori"] != ALL else row
        for row in tables["flytninger_traek"].rows
    ]
    blind = {**tables, "flytninger_traek": replace(tables["flytninger_traek"], rows=rows)}
    found = attacked(blind, disclosure_limits(), Before()).too_close
    tied = {
        cell: told[twin]
        for cell in found
        if cell[0].startswith("flytninger_ud_") and cell[1:3] == (LISTED, OTHER_AREA)
        if (twin := (cell[0].replace("_ud", "_ind"), *cell[1:])) in told
    }
    assert tied
    assert {cell: found[cell] for cell in tied} == {cell: (value, value) for cell, value in tied.items()}


def test_what_left_an_area_follows_from_what_came_and_its_residents_on_both_days(tables: Tables) -> None:
    told, _ = read(tables)
    before = {r["area_id"]: r["beboere"] for r in tables["udvikling_omraader"].rows if r["aar"] == LAST - 1}
    area, earlier = next((area, number) for area, number in before.items() if isinstance(number, int))
    came, went = (("flytninger_ind", f"omraade:{area}", ALL), ("flytninger_ud", f"omraade:{area}", ALL))
    one = _changed(tables, "flytninger_omraader", "personer", WITHHELD, retning="ud", area_id=area, modpart=ALL)
    left = earlier + told[came] - told["sammensaetning_alder", f"omraade:{area}", ALL]
    assert attacked(one, disclosure_limits(), Before()).too_close[went] == (left, left)
    both = _changed(one, "flytninger_omraader", "personer", WITHHELD, retning="ind", area_id=area, modpart=ALL)
    assert told_by_residents(both) == {}


@pytest.mark.parametrize(
    "areas", [{}, {"A": UDSAT}, {"A": UDSAT, "B": FOREBYG}, {"A": UDSAT, "B": UDSAT, "C": FOREBYG}]
)
def test_everything_that_ties_cells_holds_of_people_who_move(areas: dict[str, str]) -> None:
    """People are put in places at random and moved; every relation of the cells holds, and nothing is below 0."""
    chance = random.Random(2)
    structure = cells.structure(areas, ["101"], [(2025, "ind"), (2025, "ud")])
    for _ in range(20):
        values = _moved_at_random(areas, structure, chance)
        for relation in structure.relations:
            if all(cell in values for cell in (relation.total, *relation.parts)):
                assert values[relation.total] == sum(values[part] for part in relation.parts), relation
        assert min(values.values()) >= 0


def _moved_at_random(areas: dict[str, str], structure: cells.Structure, chance: random.Random) -> dict[Cell, int]:
    """The cells of residents and of moves, counted from people; those in no table as the report works them out."""
    places = [*areas, "oevrige_almene", "anden_kommune"]
    counted: dict[str, Counter[tuple[str, ...]]] = {cube.name: Counter() for cube in structure.cubes}
    for _ in range(chance.randrange(60)):
        before, now = chance.choice(places), chance.choice(places)
        work, education, age = (
            chance.choice(list(EMPLOYMENTS)),
            chance.choice(list(EDUCATIONS)),
            chance.choice(list(AGES)),
        )
        if now in areas:
            scope = f"omraade:{now}"
            counted["sammensaetning_alder"][scope, age] += 1
            counted["sammensaetning_oprindelse"][scope, "dansk"] += 1
            if age in cells.AGES_OF_EMPLOYMENT:
                counted["sammensaetning_beskaeftigelse"][scope, work] += 1
            if age in cells.AGES_OF_EDUCATION:
                counted["sammensaetning_uddannelse"][scope, education] += 1
        if before == now:
            continue
        for way, here, there in (("ind", now, before), ("ud", before, now)):
            if here not in areas:
                continue
            other = OTHER_AREA if there in areas else there
            counted[f"flytninger_{way}"][f"omraade:{here}", other] += 1
            if age in cells.AGES_OF_EMPLOYMENT:
                counted[f"flytninger_{way}_beskaeftigelse"][areas[here], other, work] += 1
            if age in cells.AGES_OF_EDUCATION:
                counted[f"flytninger_{way}_uddannelse"][areas[here], other, education] += 1
    values: dict[Cell, int] = {}
    for cube in structure.cubes:
        values.update(filled(cube, counted[cube.name]))
    fill_implied(values)
    return values


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


def test_a_home_count_that_the_cap_tells_beside_others_is_found(tables: Tables) -> None:
    """One area's homes withheld, and those of every group: the cap's total less the areas told beside it is left."""
    areas: dict[tuple[Value, Value], set[Value]] = {}
    for row in tables["boliger_omraader"].rows:
        areas.setdefault((row["kommune"], row["boliggruppe"]), set()).add(row["area_id"])
    one = sorted(map(str, next(ids for ids in areas.values() if len(ids) > 1)))[0]
    blind = {
        name: replace(
            tables[name],
            rows=[row | {"boliger": WITHHELD} if row.get("area_id", one) == one else row for row in tables[name].rows],
        )
        for name in ("boliger", "boliger_omraader")
    }
    cell = ("boliger", f"omraade:{one}", "familiebolig", ALL)
    low, high = attacked({**tables, **blind}, disclosure_limits(), Before()).too_close[cell]
    assert low == high == read(tables)[0][cell]


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
