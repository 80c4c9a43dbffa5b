"""The renovation frame to the krone, and development plans' way to their goal."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.administration.funds import write_funds
from assets.administration.plans import Count, count_of, day_reached
from assets.administration.regimes import Area, Lists
from law.loader import shipped_law
from tests.administration.worlds import World, date, store_in_memory

BILLION = 100_000_000_000
FREE, UDSAT = "ikke_omfattet", "udsat_boligomraade"


def world(tmp_path: Path, **flags: Any) -> World:
    made = World(tmp_path)
    for year in (2025, 2026):
        made.area(year, "U", UDSAT, **flags)
        made.area(year, "N", FREE)
        made.cap(year, "101", "not_needed", "1000 100 0")
    return made


def test_the_frame_is_raised_and_runs_out(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.seal()
    rows = [
        ("1", "2021-06-14", "U", 10 * BILLION),
        ("2", "2021-06-14", "U", 1),
        ("3", "2021-06-15", "U", BILLION // 2 - 1),
        ("4", "2026-02-01", "N", 1),
        ("5", "2026-02-01", "U", 2),
        ("6", "2026-02-02", "U", 1),
        ("7", "2018-11-30", "U", 1),
    ]
    made.give(
        "fund_allotments",
        *(
            {"allotment_id": n, "decided_on": on, "area_id": a, "amount_oere": oere, "need": "tag"}
            for n, on, a, oere in rows
        ),
    )
    results = made.run()
    found = [
        (r["allotment_id"], r["status"], r["frame_left_oere"], r["eligible"]) for r in results.table("fund_ledger")
    ]
    assert found == [
        ("1", "allotted", "0", ""),
        ("2", "refused", "0", ""),
        ("3", "allotted", "1", ""),
        ("4", "refused", "1", "false"),
        ("5", "refused", "1", "true"),
        ("6", "allotted", "0", "true"),
    ]
    assert [row["key"] for row in results.table("refused_rows")] == ["7"]


def test_the_frame_is_drawn_on_by_the_day_of_the_decision_and_then_by_id(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.seal()
    made.give(
        "fund_allotments",
        *(
            {"allotment_id": name, "decided_on": on, "area_id": "U", "amount_oere": oere, "need": "tag"}
            for name, on, oere in (
                ("a", "2021-06-11", 1),
                ("z", "2021-06-10", 10 * BILLION - 1),
                ("y", "2021-06-10", 1),
            )
        ),
    )
    found = {row["allotment_id"]: row["status"] for row in made.run().table("fund_ledger")}
    assert found == {"y": "allotted", "z": "allotted", "a": "refused"}


def test_nothing_is_allotted_after_2026_and_a_plan_makes_eligible(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.area(2027, "U", UDSAT)
    made.area(2027, "N", FREE)
    made.seal()
    made.give("development_plans", {"area_id": "N", "approved_on": "2019-06-01"})
    made.give(
        "fund_allotments",
        {"allotment_id": "1", "decided_on": "2026-12-31", "area_id": "N", "amount_oere": 5},
        {"allotment_id": "2", "decided_on": "2027-01-01", "area_id": "U", "amount_oere": 5},
    )
    found = made.run(2027, "2027-12-31").by("fund_ledger", "allotment_id")
    assert (found["1"]["status"], found["1"]["eligible"]) == ("allotted", "true")
    assert (found["2"]["status"], found["2"]["reason"]) == ("refused", "after the last year of the frame")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 4 * BILLION)), max_size=12))
def test_the_frame_never_goes_below_zero(allotments: list[tuple[int, int]]) -> None:
    lists = Lists(2026, {2026: {"U": Area("U", "Opdigtet", "101", 1500, UDSAT, frozenset({UDSAT}))}})
    with store_in_memory() as con:
        con.execute(
            "CREATE TABLE cases.fund_allotments "
            "(allotment_id VARCHAR, decided_on DATE, area_id VARCHAR, amount_oere BIGINT, need VARCHAR)"
        )
        for number, (days, oere) in enumerate(allotments):
            con.execute(
                "INSERT INTO cases.fund_allotments VALUES (?, ?, 'U', ?, NULL)",
                [str(number), date("2019-01-01", days), oere],
            )
        write_funds(con, shipped_law(), lists, {})
        rows = con.execute("SELECT allotted_oere, frame_oere, frame_left_oere FROM fund_ledger").fetchall()
    spent = 0
    for allotted, frame, left in rows:
        spent += allotted
        assert left == frame - spent >= 0
    assert len(rows) == len(allotments)


def plan(made: World, *counts: tuple[str, int, int, int, int], **facts: Any) -> dict[str, str]:
    made.give("development_plans", {"area_id": "U", "approved_on": "2019-06-01", **facts})
    made.give(
        "plan_counts",
        *(
            {
                "area_id": "U",
                "counted_on": on,
                "family_homes": family,
                "other_homes": other,
                "demolished_homes": gone,
                "business_m2": m2,
            }
            for on, family, other, gone, m2 in counts
        ),
    )
    made.seal()
    return made.run().by("plan_outlook", "area_id")["U"]


def test_what_counts_in_the_total(tmp_path: Path) -> None:
    row = plan(world(tmp_path), ("2026-01-01", 400, 397, 201, 149))
    assert (row["homes_counted"], row["state"], row["family_homes_to_remove"]) == ("999", "no_pace", "1")
    row = plan(world(tmp_path / "one more"), ("2026-01-01", 400, 397, 201, 150))
    assert (row["homes_counted"], row["state"], row["share"]) == ("1000", "met", "0.4000000000")
    assert row["allowed_share"] == "40 pct"


def test_the_year_the_present_pace_reaches_the_goal(tmp_path: Path) -> None:
    on_course = plan(world(tmp_path / "a"), ("2020-01-01", 1000, 0, 0, 0), ("2026-01-01", 460, 540, 0, 0))
    assert (on_course["state"], on_course["year_reached"], on_course["on_time"]) == ("on_course", "2026", "true")
    late = plan(world(tmp_path / "b"), ("2020-01-01", 1000, 0, 0, 0), ("2026-01-01", 700, 300, 0, 0))
    assert (late["state"], late["year_reached"], late["on_time"]) == ("late", "2032", "false")
    never = plan(world(tmp_path / "c"), ("2020-01-01", 700, 300, 0, 0), ("2026-01-01", 700, 300, 0, 0))
    assert (never["state"], never["year_reached"]) == ("not_at_this_pace", "")
    done = plan(
        world(tmp_path / "d"), ("2020-01-01", 1000, 0, 0, 0), ("2026-01-01", 400, 600, 0, 0), completed_on="2026-06-01"
    )
    assert (done["state"], done["year_reached"]) == ("completed", "2026")
    none = plan(world(tmp_path / "e"))
    assert (none["state"], none["share"]) == ("no_count", "")


def test_a_pace_that_reaches_the_goal_on_the_deadline_is_on_time(tmp_path: Path) -> None:
    """At most 40 pct. on 1 January 2030: two spans of 365 days, in the first of which half of the way was gone."""
    counts = ("2028-01-02", 600, 400, 0, 0), ("2029-01-01", 500, 500, 0, 0)
    made = world(tmp_path)
    for year in (2027, 2028):
        made.area(year, "U", UDSAT)
        made.cap(year, "101", "not_needed", "1000 100 0")
    made.give("development_plans", {"area_id": "U", "approved_on": "2019-06-01"})
    columns = ("counted_on", "family_homes", "other_homes", "demolished_homes", "business_m2")
    made.give("plan_counts", *({"area_id": "U", **dict(zip(columns, count, strict=True))} for count in counts))
    made.seal()
    row = made.run(2028, "2029-06-01").by("plan_outlook", "area_id")["U"]
    assert (row["state"], row["year_reached"], row["on_time"]) == ("on_course", "2030", "true")


def test_dispensations(tmp_path: Path) -> None:
    def possible(homes: int | None, residents: int, ratio: str | None) -> tuple[str, str]:
        made = World(tmp_path / f"{homes}-{residents}-{ratio}")
        made.area(2026, "U", UDSAT, residents=residents, convicted_ratio=ratio, omdannelsesomraade=True)
        made.cap(2026, "101", "not_needed", "1000 100 0")
        if homes is not None:
            made.homes(2026, "101", "U", homes)
        row = plan(made, ("2026-01-01", 900, 100, 0, 0))
        return row["dispensation_stk_3_possible"], row["dispensation_stk_4_possible"]

    assert possible(120, 2099, "2.9999999000") == ("false", "true")
    assert possible(121, 2100, "2.9999999000") == ("true", "false")
    assert possible(121, 2099, "3.0000000001") == ("true", "false")
    assert possible(121, 2099, "3.0000000000") == ("true", "")
    assert possible(121, 2099, None) == ("true", "true")
    assert possible(None, 2099, None) == ("", "true")


def test_the_outlook_of_a_plan_that_was_refused_is_open(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.area(2026, "A", "udsat_boligomraade", omdannelsesomraade=True)
    world.seal()
    plan = {"area_id": "A", "approved_on": "2020-01-01"}
    world.give("development_plans", {**plan, "dispensation_pct": 160})
    (row,) = world.run().table("plan_outlook")
    assert (row["state"], row["allowed_share"], row["area_name"] != "") == ("undecided", "", True)


def test_a_count_that_was_refused_leaves_the_outlook_open(tmp_path: Path) -> None:
    """The count before it, which met the goal, would be shown as the latest one."""
    met, refused = ("2025-01-01", 300, 700, 0, 0), ("2026-01-01", 900, -100, 0, 0)
    row = plan(world(tmp_path), met, refused, dispensation="anden")
    assert (row["state"], row["counted_on"], row["share"], row["on_time"]) == ("undecided", "", "", "")
    assert (row["allowed_share"], row["dispensation_granted"]) == ("40 pct", "anden")
    completed = plan(world(tmp_path / "done"), met, refused, completed_on="2026-06-01")
    assert completed["state"] == "completed"
    twice = plan(world(tmp_path / "twice"), met, ("2026-01-01", 900, 100, 0, 0), ("2026-01-01", 300, 100, 0, 0))
    assert twice["state"] == "undecided"
    not_yet = plan(world(tmp_path / "not yet"), met, ("2027-01-01", 900, 100, 0, 0))
    assert (not_yet["state"], not_yet["counted_on"]) == ("met", "2025-01-01")


def test_a_granted_dispensation_is_the_goal(tmp_path: Path) -> None:
    counts = ("2026-01-01", 500, 500, 0, 0)
    row = plan(world(tmp_path), counts, dispensation="stk_3", dispensation_pct=50)
    assert (row["state"], row["allowed_share"], row["dispensation_granted"]) == ("met", "50 pct", "stk_3")


COUNTS = st.lists(st.tuples(st.integers(1, 900), st.integers(0, 900), st.integers(0, 900)), min_size=1, max_size=5)


@settings(deadline=None)
@given(COUNTS)
def test_the_line_reaches_the_goal_on_that_day_and_not_before(raw: list[tuple[int, int, int]]) -> None:
    limit = Fraction(2, 5)
    counts, day = [], date("2020-01-01")
    for days, family, other in raw:
        day = date(day.isoformat(), days)
        counts.append(count_of(day, family, other, 0, 0, 75))
    reached = day_reached(counts, limit, "first_to_latest")
    latest = counts[-1]
    if latest.excess(limit) <= 0:
        assert reached is not None
        assert all(c.excess(limit) <= 0 for c in counts if c.counted_on >= reached)
        return
    if reached is None:
        assert len(counts) == 1 or latest.excess(limit) >= counts[0].excess(limit) or _far(counts, limit)
        return

    def line(at: int) -> Fraction:
        first = counts[0]
        span = (latest.counted_on - first.counted_on).days
        return first.excess(limit) + (latest.excess(limit) - first.excess(limit)) * Fraction(at, span)

    elapsed = (reached - counts[0].counted_on).days
    assert line(elapsed) <= 0 < line(elapsed - 1)


def _far(counts: list[Count], limit: Fraction) -> bool:
    """The line reaches the goal after the last day that a date can be."""
    first, latest = counts[0], counts[-1]
    fall = (first.excess(limit) - latest.excess(limit)) / (latest.counted_on - first.counted_on).days
    return first.excess(limit) / fall > (date("9999-12-31") - first.counted_on).days
