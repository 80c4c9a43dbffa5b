"""Made from the parameter files and run through the SQL: each limit, just under, at it and just over, and each age.

`test_boundaries.py` does the same with `classify`, which judges given figures. Here the derivation itself is tested:
`criteria_met.sql`, `area_categories.sql`, `area_status.sql`, `municipal_cap.sql` and the age limits of the criteria.
An amended parameter file gets these tests without a line of code.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product

import duckdb
import pytest

from assets import derivation
from law.loader import Law, LegalValue, list_day
from pipelines.classify import CRITERIA
from tests.deriving import (
    LAW,
    MANY,
    categories,
    create,
    database,
    derive,
    fill_registers,
    put_figures,
    rows_of,
)
from tests.law.test_boundaries import EXPECTED, figures_around
from tests.law.test_truth_table import LEVELS, NONWESTERN, RESIDENTS, hundredths

HELD = ("udsat_boligomraade", "parallelsamfund", "forebyggelsesomraade")
LAST_YEAR = 2035


def years_of(value: LegalValue) -> list[int]:
    """The first and the last list year that a value is in force for."""
    years = [year for year in range(LAW.first_list_year, LAST_YEAR + 1) if value.in_force(list_day(year))]
    return sorted({years[0], years[-1]}) if years else []


def dated(law: Law, groups: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    for name, parameter in law.parameters.items():
        for value in parameter.values:
            if name.split(".")[0] in groups and value.operator:
                yield from ((name, year) for year in years_of(value))


LIMITS = sorted({(name, year) for name, year in dated(LAW, HELD) if not name.endswith("criteria_needed")})
NEEDED = sorted({(name, year) for name, year in dated(LAW, HELD) if name.endswith("criteria_needed")})


def found_around(con: duckdb.DuckDBPyConnection, value: LegalValue, list_year: int) -> tuple[bool, ...]:
    """Whether a figure just under a limit, at it and just over it is held to meet it by the SQL."""
    category, criterion = value.parameter.split(".")
    sides = dict(zip(("under", "at", "over"), figures_around(value), strict=True))
    put_figures(con, {side: {criterion: figure} for side, figure in sides.items()}, list_year)
    query = (
        f"SELECT area_id, met FROM criteria.criteria_met WHERE category = '{category}' AND criterion = '{criterion}'"
    )
    met = {row["area_id"]: row["met"] for row in rows_of(con, query)}
    return tuple(met[side] for side in sides)


def years_with_limits(cases: list[tuple[str, int]]) -> list[int]:
    return sorted({year for _, year in cases})


@pytest.mark.parametrize("list_year", years_with_limits(LIMITS))
def test_each_limit_under_at_and_over(list_year: int) -> None:
    values = LAW.for_list_year(list_year)
    with database(LAW, list_year) as con:
        for name in [name for name, year in LIMITS if year == list_year]:
            assert found_around(con, values[name], list_year) == EXPECTED[str(values[name].operator)], name


def meeting(values: Mapping[str, LegalValue], act: str, count: int) -> dict[str, Fraction | int]:
    """Figures well over `count` of an act's limits, and at none of the others."""
    figures: dict[str, Fraction | int] = {}
    for name in CRITERIA[:count]:
        limit = values[f"{act}.{name}"]
        assert isinstance(limit.value, Fraction)
        figures[name] = limit.value / 2 if limit.operator == "<" else limit.value * 6 / 5
    return figures


@pytest.mark.parametrize(("name", "list_year"), NEEDED)
def test_one_criterion_too_few_and_just_enough(name: str, list_year: int) -> None:
    values, act = LAW.for_list_year(list_year), name.split(".")[0]
    needed = values[name].value
    assert isinstance(needed, int)
    areas = {
        str(count): {"nonwestern": Fraction(9, 10), **meeting(values, act, count)} for count in (needed - 1, needed)
    }
    with database(LAW, list_year) as con:
        put_figures(con, areas, list_year)
        found = categories(con)
    listed = {
        area_id: row["udsat_boligomraade"] or (act == "forebyggelsesomraade" and row["forebyggelsesomraade"])
        for area_id, row in found.items()
    }
    assert listed == {str(needed - 1): False, str(needed): True}


@pytest.mark.parametrize("list_year", [2018, 2020, 2021, 2026])
def test_every_combination_of_criteria_through_the_sql(list_year: int) -> None:
    areas: dict[str, dict[str, Fraction | int]] = {}
    expected = {}
    for levels in product(*(LEVELS[name] for name in LEVELS)):
        for origin, size in product(NONWESTERN, RESIDENTS):
            area_id = "-".join((*levels, origin, size))
            areas[area_id] = {name: hundredths(LEVELS[name][level]) for name, level in zip(LEVELS, levels, strict=True)}
            # the share of a thousand is the share of 999 to the nearest person, on the same side of each limit
            residents = RESIDENTS[size]
            nonwestern = residents * int(NONWESTERN[origin]) // 100
            areas[area_id] |= {"residents": residents, "nonwestern": Fraction(nonwestern, residents)}
            met_a = sum(level == "61a" for level in levels)
            met_b = sum(level != "no" for level in levels)
            udsat = size == "large" and met_a >= 2
            since_2021 = list_year >= 2021
            expected[area_id] = {
                "list_year": list_year,
                "area_id": area_id,
                "criteria_met_61a": met_a,
                "criteria_met_61b": met_b if since_2021 else None,
                "udsat_boligomraade": udsat,
                "parallelsamfund": udsat and origin == "high",
                "forebyggelsesomraade": since_2021 and not udsat and size == "large" and origin != "low" and met_b >= 2,
            }
    with database(LAW, list_year) as con:
        put_figures(con, areas, list_year)
        assert categories(con) == expected


@pytest.mark.parametrize("list_year", [2018, 2026])
def test_one_year_too_few_and_just_enough_for_an_omdannelsesomraade(list_year: int) -> None:
    years = LAW.for_list_year(list_year)["omdannelsesomraade.years"].value
    assert isinstance(years, int)
    with database(LAW, list_year) as con:
        put_figures(con, {"aar-for-lidt": {}, "netop-nok": {}}, list_year)
        create(
            con,
            "status.parallelsamfund_history",
            "list_year SMALLINT, year SMALLINT, area_id VARCHAR, parallelsamfund BOOLEAN",
            [
                {
                    "list_year": list_year,
                    "year": list_year - back,
                    "area_id": area_id,
                    "parallelsamfund": area_id == "netop-nok" or back < years - 1,
                }
                for area_id in ("aar-for-lidt", "netop-nok")
                for back in range(years)
            ],
        )
        derive(con, "status.area_status", list_year=list_year)
        query = "SELECT area_id, omdannelsesomraade, years_as_parallelsamfund AS years FROM status.area_status"
        found = {row["area_id"]: (row["omdannelsesomraade"], row["years"]) for row in rows_of(con, query)}
    assert found == {"aar-for-lidt": (False, years - 1), "netop-nok": (True, years)}


@pytest.mark.parametrize("list_year", years_of(LAW.parameters["anvisningsloft.share"].values[-1]))
def test_the_cap_under_at_and_over(list_year: int) -> None:
    limit = LAW.for_list_year(list_year)["anvisningsloft.share"]
    shares = dict(zip(("101", "147", "151"), figures_around(limit), strict=True))
    areas = "list_year SMALLINT, area_id VARCHAR"
    with database(LAW, list_year) as con:
        create(
            con,
            "status.area_status",
            f"{areas}, kom VARCHAR, status VARCHAR",
            [{"list_year": list_year, "area_id": kom, "kom": kom, "status": "forebyggelsesomraade"} for kom in shares],
        )
        create(con, "cap.council_decisions", f"{areas}, kom INTEGER, valid BOOLEAN", [])
        create(
            con,
            "cap.family_homes",
            f"{areas}, kom INTEGER, family_homes BIGINT",
            [
                {"list_year": list_year, "kom": int(kom), "area_id": area, "family_homes": homes}
                for kom, share in shares.items()
                for area, homes in ((kom, int(share * MANY)), (None, MANY - int(share * MANY)))
            ],
        )
        derive(con, "cap.municipal_cap", list_year=list_year)
        found = rows_of(con, "SELECT cap_exceeded, decision FROM cap.municipal_cap ORDER BY kom")
    exceeded = EXPECTED[str(limit.operator)]
    assert tuple(row["cap_exceeded"] for row in found) == exceeded
    assert [row["decision"] for row in found] == ["missing" if over else "not_needed" for over in exceeded]


AGES = {
    "criteria.outside": ("outside", "persons", "WHERE year = 2025"),
    "criteria.convicted": ("convicted", "adults", "WHERE year = 2025"),
    "criteria.primary_only": ("primary_only", "persons", ""),
    "criteria.income": ("income", "persons", ""),
}


def test_an_age_decided_by_dates_is_the_age_in_years() -> None:
    """Every day of birth of 110 years, leap days among them, on status days and on the days around a leap day."""
    days = "'2026-01-01', '2024-01-01', '2024-02-28', '2024-02-29', '2024-03-01', '2025-02-28'"
    con = duckdb.connect()
    derivation.prepare_session(con)
    checked, differing = con.execute(
        f"""
        SELECT count(*), count(*) FILTER (has_age(born, on_day, years) <> (age_on(born, on_day) >= years)
            OR aged(born, on_day, years, years + 3) <> (age_on(born, on_day) BETWEEN years AND years + 3))
        FROM (SELECT CAST(unnest(range(DATE '1916-01-01', DATE '2026-01-02', INTERVAL 1 DAY)) AS DATE) AS born)
        CROSS JOIN (SELECT CAST(unnest([{days}]) AS DATE) AS on_day)
        CROSS JOIN (SELECT CAST(unnest([15, 18, 30, 59, 64]) AS INTEGER) AS years)
        WHERE born <= on_day
        """
    ).fetchall()[0]
    assert checked > 1_000_000
    assert differing == 0


@pytest.mark.parametrize("table", AGES)
def test_each_age_on_the_birthday_and_the_day_before(table: str) -> None:
    criterion, column, where = AGES[table]
    values = LAW.for_list_year(2026)
    first = values[f"opgoerelse.{criterion}_age_from"].value
    last = values.get(f"opgoerelse.{criterion}_age_to")
    assert isinstance(first, int)
    born = {"just old enough": dt.date(2026 - first, 1, 1), "a day too young": dt.date(2026 - first, 1, 2)}
    expected = ["just old enough"]
    if last is not None:
        assert isinstance(last.value, int)
        born["a day too old"] = dt.date(2026 - last.value - 1, 1, 1)
        born["the last day"] = dt.date(2026 - last.value - 1, 1, 2)
        expected.append("the last day")
    home = {"adresse_id": 1, "kom": 101}
    counted = []
    for pnr, (name, day) in enumerate(born.items()):
        person = {"pnr": pnr, "foed_dag": day, "ie_type": 1, **home}
        registers = {
            "omraade": [row(2026, area_id="A", navn="A", kom=101, ejerlav=1, matrikel="1")],
            "bolig": [row(year, ejerlav=1, matrikel="1", **home) for year in (2025, 2026)],
            "bef": [row(year, **person) for year in (2025, 2026)],
            "ind": [row(2025, pnr=pnr, perindkialt_13="1", omfang=1)],
        }
        with database() as con:
            fill_registers(con, registers)
            derive(con, "areas.areas", "areas.area_dwellings", "areas.area_residents", table)
            if rows_of(con, f"SELECT sum({column}) AS persons FROM {table} {where}")[0]["persons"]:
                counted.append(name)
    assert counted == expected


def row(reference_year: int, **values: object) -> dict[str, object]:
    return {"list_year": 2026, "reference_year": reference_year, **values}
