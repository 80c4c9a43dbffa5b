"""Which areas stand near the limits of § 61 b: exactly at an edge of the band, just outside it, and on neither side."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

from law.loader import report_law, statistics_law
from tests.deriving import MANY, create, database, derive, put_figures, rows_of

YEAR = 2026
LAW = statistics_law().for_list_year(YEAR)
BAND = Fraction(str(report_law().for_list_year(YEAR)["redegoerelse.bandwidth"].value))
TINY = Fraction(1, 10**6)
CRITERIA = ("outside", "convicted", "primary_only", "income")


def limit(criterion: str) -> Fraction:
    return Fraction(str(LAW[f"forebyggelsesomraade.{criterion}"].value))


def at(criterion: str, parts: Fraction | int) -> Fraction:
    """The figure that stands so many parts of its limit across it; below 0 short of it."""
    across = parts if LAW[f"forebyggelsesomraade.{criterion}"].operator in (">", ">=") else -parts
    return limit(criterion) * (1 + across)


def near(areas: dict[str, dict[str, Fraction]], residents: int = MANY) -> dict[str, bool]:
    """Which of these areas stand near the limits, each with its exact figures."""
    with database(list_year=YEAR) as con:
        put_figures(con, {name: {**figures, "residents": residents} for name, figures in areas.items()}, YEAR)
        create(
            con,
            "published.area_status",
            "list_year SMALLINT, area_id VARCHAR, area_name VARCHAR, kom VARCHAR, residents BIGINT, status VARCHAR, "
            "parallelsamfund BOOLEAN, omdannelsesomraade BOOLEAN",
            [{"list_year": YEAR, "area_id": a, "residents": residents, "status": "ikke_omfattet"} for a in areas],
        )
        create(
            con,
            "published.area_criteria",
            "list_year SMALLINT, area_id VARCHAR, nonwestern BIGINT, nonwestern_share DECIMAL(28, 10), "
            "persons_18_64_y2 BIGINT, outside_share_y2 DECIMAL(28, 10), persons_18_64_y1 BIGINT, "
            "outside_share_y1 DECIMAL(28, 10), outside_share DECIMAL(28, 10), persons_30_59 BIGINT, "
            "primary_only BIGINT, primary_only_share DECIMAL(28, 10), income_persons BIGINT, "
            "income_ratio DECIMAL(28, 10)",
            [{"list_year": YEAR, "area_id": area} for area in areas],
        )
        derive(con, "report.area_years", list_year=YEAR)
        rows = rows_of(con, "SELECT area_id, large_enough, near_the_limits FROM report.area_years")
    assert {row["large_enough"] for row in rows} == {residents >= limit("residents")}
    return {row["area_id"]: row["near_the_limits"] for row in rows}


def test_the_band_ends_exactly_where_it_is_said_to() -> None:
    areas: dict[str, dict[str, Fraction]] = {}
    expected: dict[str, bool] = {}
    for first, second in permutations(CRITERIA, 2):
        beyond = {"nonwestern": at("nonwestern", BAND + TINY), first: at(first, 2 * BAND)}
        short = {"nonwestern": at("nonwestern", 1), first: at(first, 1)}
        for edge, others, parts, is_near in (
            ("at the lower edge", short, -BAND, True),
            ("below it", short, -BAND - TINY, False),
            ("at the upper edge", beyond, BAND, True),
            ("above it", beyond, BAND + TINY, False),
        ):
            name = f"{second} {edge}, {first} farther"
            areas[name], expected[name] = others | {second: at(second, parts)}, is_near
    assert near(areas) == expected


def test_the_share_of_nonwestern_residents_decides_as_well() -> None:
    two = {name: at(name, 2 * BAND) for name in ("outside", "primary_only")}
    cases = {"below": -BAND - TINY, "lower": -BAND, "limit": Fraction(0), "upper": BAND, "above": BAND + TINY}
    found = near({name: two | {"nonwestern": at("nonwestern", parts)} for name, parts in cases.items()})
    assert found == {"below": False, "lower": True, "limit": True, "upper": True, "above": False}


def test_one_criterion_is_not_enough_to_be_near() -> None:
    one = {"nonwestern": at("nonwestern", 0), "outside": at("outside", 0)}
    assert near({"one": one, "two": one | {"income": at("income", 0)}}) == {"one": False, "two": True}


def test_a_small_area_is_told_apart() -> None:
    figures = {"nonwestern": Fraction(3, 10), "outside": limit("outside"), "income": limit("income")}
    assert near({"small": figures}, int(limit("residents")) - 10) == {"small": True}
