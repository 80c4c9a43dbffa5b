"""Which areas stand near the limits of § 61 b: exactly at an edge of the band, just outside it, and on neither side."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import pytest

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


def near(figures: dict[str, Fraction], residents: int = MANY) -> bool:
    with database(list_year=YEAR) as con:
        put_figures(con, {"A": {**figures, "residents": residents}}, YEAR)
        create(
            con,
            "published.area_status",
            "list_year SMALLINT, area_id VARCHAR, area_name VARCHAR, kom VARCHAR, residents BIGINT, status VARCHAR",
            [{"list_year": YEAR, "area_id": "A", "residents": residents, "status": "ikke_omfattet"}],
        )
        create(
            con,
            "published.area_criteria",
            "list_year SMALLINT, area_id VARCHAR, nonwestern_share DECIMAL(28, 10), outside_share DECIMAL(28, 10), "
            "primary_only_share DECIMAL(28, 10), income_ratio DECIMAL(28, 10)",
            [{"list_year": YEAR, "area_id": "A"}],
        )
        derive(con, "report.area_years", list_year=YEAR)
        (row,) = rows_of(con, "SELECT large_enough, near_the_limits FROM report.area_years")
    assert row["large_enough"] is (residents >= limit("residents"))
    return bool(row["near_the_limits"])


@pytest.mark.parametrize(("first", "second"), list(permutations(CRITERIA, 2)))
def test_the_band_ends_exactly_where_it_is_said_to(first: str, second: str) -> None:
    beyond = {"nonwestern": at("nonwestern", BAND + TINY), first: at(first, 2 * BAND)}
    short = {"nonwestern": at("nonwestern", 1), first: at(first, 1)}
    assert near(short | {second: at(second, -BAND)})
    assert not near(short | {second: at(second, -BAND - TINY)})
    assert near(beyond | {second: at(second, BAND)})
    assert not near(beyond | {second: at(second, BAND + TINY)})


def test_the_share_of_nonwestern_residents_decides_as_well() -> None:
    two = {name: at(name, 2 * BAND) for name in ("outside", "primary_only")}
    for parts, expected in ((-BAND - TINY, False), (-BAND, True), (0, True), (BAND, True), (BAND + TINY, False)):
        assert near(two | {"nonwestern": at("nonwestern", parts)}) is expected


def test_one_criterion_is_not_enough_to_be_near() -> None:
    assert not near({"nonwestern": at("nonwestern", 0), "outside": at("outside", 0)})
    assert near({"nonwestern": at("nonwestern", 0), "outside": at("outside", 0), "income": at("income", 0)})


def test_a_small_area_is_told_apart() -> None:
    figures = {"nonwestern": Fraction(3, 10), "outside": limit("outside"), "income": limit("income")}
    assert near(figures, int(limit("residents")) - 10)
