"""The margins against people moved one at a time, and against every combination of moves, in exact figures.

Nothing of the derivation is reused for the expected side: figures are fractions made here, and judged by `classify`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.publishing.sealing import describe_sql
from law.loader import Law
from pipelines.classify import Figures, Judgement, judge
from tests.deriving import LAW, create, database, derive, rows_of

YEAR = 2026
UNITS = 4  # units of support in one full-time person
SMALL = {"udsat_boligomraade.residents": "10", "forebyggelsesomraade.residents": "10"}
QUANTITIES = ("residents", "nonwestern", "outside", "convicted", "primary_only")


@dataclass(frozen=True)
class Counts:
    """What is counted in one area: persons, units of support, and øre."""

    residents: int
    nonwestern: int
    persons_y2: int
    units_y2: int
    persons_y1: int
    units_y1: int
    adults_y2: int
    convicted_y2: int
    adults_y1: int
    convicted_y1: int
    persons_30_59: int
    primary_only: int
    income_persons: int
    income_oere: int


NATION = {"adults_y2": 1000, "convicted_y2": 140, "adults_y1": 900, "convicted_y1": 131}
REGION = {"persons": 70, "income_oere": 70 * 30_000_07}


def part(numerator: int, denominator: int) -> Fraction | None:
    return Fraction(numerator, denominator) if denominator else None


def mean(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else (one + other) / 2


def figures(area: Counts) -> Figures:
    national = mean(
        part(NATION["convicted_y2"], NATION["adults_y2"]), part(NATION["convicted_y1"], NATION["adults_y1"])
    )
    convicted = mean(part(area.convicted_y2, area.adults_y2), part(area.convicted_y1, area.adults_y1))
    income = part(area.income_oere, area.income_persons)
    assert national is not None
    return Figures(
        area_id="A",
        residents=area.residents,
        nonwestern=part(area.nonwestern, area.residents),
        outside=mean(part(area.units_y2, UNITS * area.persons_y2), part(area.units_y1, UNITS * area.persons_y1)),
        convicted_share=convicted,
        convicted_ratio=None if convicted is None else convicted / national,
        primary_only=part(area.primary_only, area.persons_30_59),
        income=None if income is None else income / Fraction(REGION["income_oere"], REGION["persons"]),
    )


def fill(con: duckdb.DuckDBPyConnection, area: Counts) -> None:
    key = {"list_year": YEAR, "area_id": "A"}
    columns = "list_year SMALLINT, area_id VARCHAR"
    whole = "persons BIGINT"
    create(con, "areas.areas", f"{columns}, area_name VARCHAR, kom INTEGER, reg INTEGER", [{**key, "reg": 84}])
    counts = {"residents": area.residents, "nonwestern": area.nonwestern}
    create(con, "criteria.residents", f"{columns}, residents BIGINT, nonwestern BIGINT", [{**key, **counts}])
    outside = [(YEAR - 2, area.persons_y2, area.units_y2), (YEAR - 1, area.persons_y1, area.units_y1)]
    create(
        con,
        "criteria.outside",
        f"{columns}, year INTEGER, {whole}, outside_units BIGINT, full_units BIGINT",
        [
            {**key, "year": year, "persons": persons, "outside_units": units, "full_units": UNITS * persons}
            for year, persons, units in outside
        ],
    )
    for table, named, counted in (
        ("criteria.convicted", key, (area.adults_y2, area.convicted_y2, area.adults_y1, area.convicted_y1)),
        ("criteria.convicted_national", {"list_year": YEAR}, tuple(NATION.values())),
    ):
        create(
            con,
            table,
            "list_year SMALLINT, area_id VARCHAR, year INTEGER, adults BIGINT, convicted BIGINT",
            [
                {**named, "year": YEAR - 2, "adults": counted[0], "convicted": counted[1]},
                {**named, "year": YEAR - 1, "adults": counted[2], "convicted": counted[3]},
            ],
        )
    primary = {"persons": area.persons_30_59, "primary_only": area.primary_only}
    create(con, "criteria.primary_only", f"{columns}, {whole}, primary_only BIGINT", [{**key, **primary}])
    income = {"persons": area.income_persons, "income_oere": area.income_oere}
    create(con, "criteria.income", f"{columns}, {whole}, income_oere BIGINT", [{**key, **income}])
    create(
        con,
        "criteria.income_region",
        f"list_year SMALLINT, reg INTEGER, {whole}, income_oere BIGINT",
        [{"list_year": YEAR, "reg": 84, **REGION}],
    )


def margins(area: Counts, law: Law, con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Mapping[str, Any]]:
    fill(con, area)
    derive(con, "criteria.area_figures", "criteria.criteria_met", "status.area_margins")
    rows = rows_of(con, "SELECT * FROM status.area_margins")
    assert len(rows) == 12 + ("forebyggelsesomraade.income" in law.for_list_year(YEAR))
    return {(row["category"], row["criterion"]): row for row in rows}


def moved(area: Counts, quantity: str, by: int) -> Counts | None:
    """The area with a figure moved by whole steps, its denominator fixed; None where there are no such residents.

    One step of `outside` is one unit of support, one step of `income` one krone per person.
    """
    field, top = {
        "residents": ("residents", None),
        "nonwestern": ("nonwestern", area.residents),
        "outside": ("units_y1", UNITS * area.persons_y1),
        "convicted": ("convicted_y1", area.adults_y1),
        "primary_only": ("primary_only", area.persons_30_59),
        "income": ("income_oere", None),
    }[quantity]
    step = 100 * area.income_persons if quantity == "income" else 1
    value = getattr(area, field) + by * step
    if quantity != "income" and (value < 0 or (top is not None and value > top)):
        return None
    return replace(area, **{field: value})


def moved_figure(area: Counts, quantity: str, by: int) -> Figures | None:
    """The figures after a move; residents who come or leave do not change the shares."""
    after = moved(area, quantity, by)
    if after is None:
        return None
    return replace(figures(area), residents=after.residents) if quantity == "residents" else figures(after)


def held(now: Figures, criterion: str) -> Fraction | int | None:
    return now.convicted_ratio if criterion == "convicted" else getattr(now, criterion)


def one_at_a_time(area: Counts, category: str, criterion: str, law: Law, most: int) -> int | None:
    """Moves one step more each time, up and down, until the limit flips; in persons or kroner, rounded up."""
    limit = law.for_list_year(YEAR)[f"{category}.{criterion}"]
    before = limit.met_by(held(figures(area), criterion))
    for steps in range(1, most * UNITS + 1):
        for by in (steps, -steps):
            after = moved_figure(area, criterion, by)
            if after is not None and limit.met_by(held(after, criterion)) != before:
                return -(-steps // UNITS) if criterion == "outside" else steps
    return None


@st.composite
def areas(draw: st.DrawFn, most: int = 24) -> Counts:
    def some(top: int) -> int:
        return draw(st.integers(0, top))

    residents, persons_y2, persons_y1 = some(most), some(most), some(most)
    adults_y2, adults_y1, persons_30_59 = some(most), some(most), some(most)
    income_persons = some(most)
    return Counts(
        residents=residents,
        nonwestern=some(residents),
        persons_y2=persons_y2,
        units_y2=some(UNITS * persons_y2),
        persons_y1=persons_y1,
        units_y1=some(UNITS * persons_y1),
        adults_y2=adults_y2,
        convicted_y2=some(adults_y2),
        adults_y1=adults_y1,
        convicted_y1=some(adults_y1),
        persons_30_59=persons_30_59,
        primary_only=some(persons_30_59),
        income_persons=income_persons,
        income_oere=income_persons * draw(st.integers(10_000_00, 30_000_00)) // 1000 * 10 + some(999),
    )


SMALL_LAW = LAW.with_values(SMALL)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with database(SMALL_LAW, YEAR) as opened:
        yield opened


@settings(deadline=None, max_examples=60)
@given(area=areas())
def test_each_limit_flips_at_its_margin_and_not_before(con: duckdb.DuckDBPyConnection, area: Counts) -> None:
    for (category, criterion), row in margins(area, SMALL_LAW, con).items():
        if category == "status" or criterion == "income":
            continue
        found = row["persons"]
        assert found == one_at_a_time(area, category, criterion, SMALL_LAW, most=40), (category, criterion)
        if found is None:
            assert row["change"] is None


@settings(deadline=None, max_examples=60)
@given(area=areas())
def test_income_flips_at_its_margin_in_kroner_and_not_one_krone_before(
    con: duckdb.DuckDBPyConnection, area: Counts
) -> None:
    found = margins(area, SMALL_LAW, con)
    for category in ("udsat_boligomraade", "forebyggelsesomraade"):
        row = found[category, "income"]
        limit = SMALL_LAW.for_list_year(YEAR)[f"{category}.income"]
        if not area.income_persons:
            assert row["kroner"] is None
            continue
        before = limit.met_by(figures(area).income)
        sign = 1 if before else -1
        at, short = (moved_figure(area, "income", sign * (row["kroner"] - less)) for less in (0, 1))
        assert at is not None
        assert short is not None
        assert limit.met_by(at.income) != before
        assert limit.met_by(short.income) == before
        assert row["change"] == f"income {'+' if before else '-'}{row['kroner']}"


def outcome(judgement: Judgement) -> str:
    return "parallelsamfund" if judgement.parallelsamfund else judgement.status


def every_combination(area: Counts, law: Law, most: int) -> int | None:
    """The least number of persons over all combinations of moves that gives another outcome; None within `most`."""
    values = law.for_list_year(YEAR)
    now = figures(area)
    before = outcome(judge(now, values))
    moves: dict[str, list[tuple[int, Any]]] = {}
    for quantity in QUANTITIES:
        reach = range(-most * UNITS, most * UNITS + 1) if quantity == "outside" else range(-most, most + 1)
        name = "convicted_ratio" if quantity == "convicted" else quantity
        reached = [(by, moved_figure(area, quantity, by)) for by in reach]
        cost = UNITS if quantity == "outside" else 1
        # of the moves that leave every limit as it is, the least is enough
        least: dict[Any, tuple[int, Any]] = {}
        for by, after in sorted(reached, key=lambda item: abs(item[0])):
            if after is None:
                continue
            figure = getattr(after, name)
            met = tuple(
                values[key].met_by(figure) for key in sorted(values) if key.split(".")[1] == quantity and key in LIMITS
            )
            least.setdefault(met, (-(-abs(by) // cost), figure))
        moves[name] = list(least.values())
    best: int | None = None
    for chosen in product(*moves.values()):
        total = sum(cost for cost, _ in chosen)
        if total > most or (best is not None and total >= best):
            continue
        after = replace(now, **{name: figure for name, (_, figure) in zip(moves, chosen, strict=True)})
        if outcome(judge(after, values)) != before:
            best = total
    return best


LIMITS = {
    f"{category}.{criterion}"
    for category in ("udsat_boligomraade", "forebyggelsesomraade", "parallelsamfund")
    for criterion in (*QUANTITIES, "income")
}


@settings(deadline=None, max_examples=60)
@given(area=areas())
def test_the_status_changes_at_its_margin_and_at_no_smaller_combination(
    con: duckdb.DuckDBPyConnection, area: Counts
) -> None:
    row = margins(area, SMALL_LAW, con)["status", "status"]
    assert row["persons"] == every_combination(area, SMALL_LAW, most=40)
    values, now = SMALL_LAW.for_list_year(YEAR), figures(area)
    if row["persons"] is None:
        assert (row["change"], row["leads_to"]) == (None, None)
    else:
        assert sum(abs(int(part.split()[1])) for part in row["change"].split(", ")) == row["persons"]
        assert row["leads_to"] != outcome(judge(now, values))
    if row["kroner"] is not None:
        by = int(row["kroner_change"].split()[1])
        after = moved_figure(area, "income", by)
        assert after is not None
        assert outcome(judge(after, values)) == row["kroner_leads_to"] != outcome(judge(now, values))


def test_one_resident_decides_a_listing() -> None:
    area = Counts(2052, 1100, 1000, 0, 1000, 0, 1200, 1000, 1200, 1000, 800, 481, 100, 100 * 29_000_00)
    with database(LAW, YEAR) as con:
        found = margins(area, LAW, con)
    assert found["udsat_boligomraade", "primary_only"]["change"] == "primary_only -1"
    status = found["status", "status"]
    assert (status["persons"], status["change"], status["leads_to"]) == (1, "primary_only -1", "ikke_omfattet")


def test_exactly_at_a_limit_the_act_decides_which_side_is_nearer() -> None:
    area = Counts(1000, 500, 10, 0, 10, 0, 10, 0, 10, 0, 10, 6, 10, 10 * 20_000_00)
    with database(LAW, YEAR) as con:
        found = margins(area, LAW, con)
    assert found["udsat_boligomraade", "residents"]["change"] == "residents -1"
    assert found["parallelsamfund", "nonwestern"]["change"] == "nonwestern +1"
    assert found["udsat_boligomraade", "primary_only"]["change"] == "primary_only +1"


def test_the_margins_are_no_part_of_what_an_edition_is() -> None:
    files = describe_sql()["files"]
    assert "status/area_status.sql" in files
    assert "criteria/criteria_met.sql" in files
    assert "status/area_margins.sql" not in files
