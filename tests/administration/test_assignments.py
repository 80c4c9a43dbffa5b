"""Municipal assignment case by case: each ground, each fact that may be missing, each edge of a period.

Expected outcomes are typed in from the act and the contract, never computed by the product.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.administration.worlds import World, decisions

CLEAN: dict[str, Any] = {
    "birth_date": "1990-01-01",
    "citizenship": "5100",
    "student": False,
    "convicted": False,
    "foertidspension": False,
}
RELEASED: dict[str, Any] = {
    "convicted": True,
    "release_date": "2026-09-01",
    "release_from": "kriminalforsorgen",
    "action_plan": True,
}
YOUNG: dict[str, Any] = {**RELEASED, "birth_date": "2010-01-01", "release_from": "anden_institution"}
LEASE: dict[str, Any] = {"lease_ended_date": "2026-09-01", "lease_ended_ground": "grov_overtraedelse"}
PENSION: dict[str, Any] = {"foertidspension": True}
DAY = "2026-12-05"


def world_of(list_year: int, folder: Path) -> World:
    """An area of each status, U, F and N, in a municipality below the cap."""
    made = World(folder)
    made.area(list_year, "U", "udsat_boligomraade")
    made.area(list_year, "F", "forebyggelsesomraade")
    made.area(list_year, "N", "ikke_omfattet")
    made.cap(list_year, "101", "not_needed", "1000 100 100")
    made.seal()
    return made


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_of(2026, tmp_path)


def months(benefit: str, number: int, last: str = "2026-11", member: str = "M") -> list[dict[str, str]]:
    """`number` unbroken months of a benefit, the last of them `last`."""
    year, month = (int(part) for part in last.split("-"))
    count = year * 12 + month - 1
    return [
        {"member_id": member, "month": f"{(count - back) // 12:04}-{(count - back) % 12 + 1:02}", "benefit": benefit}
        for back in range(number)
    ]


def decide(
    world: World,
    area: str,
    facts: dict[str, Any],
    benefits: list[dict[str, str]] | None = None,
    day: str = DAY,
    alternative: Any = True,
) -> tuple[str, str, str]:
    world.give("members", {"household_id": "H", "member_id": "M", **CLEAN, **facts})
    world.give("benefit_months", *(benefits or []))
    world.give(
        "assignments",
        {
            "assignment_id": "A",
            "household_id": "H",
            "area_id": area,
            "decision_date": day,
            "alternative_exists": alternative,
        },
    )
    return decisions(world)["A"]


def decide_all(world: World, day: str, cases: dict[str, tuple[dict[str, Any], list[dict[str, str]]]]) -> Any:
    """Decides every named household in U, F and N at once: outcome, grounds, missing facts by name and area."""
    world.give("members", *({"household_id": n, "member_id": n, **CLEAN, **facts} for n, (facts, _) in cases.items()))
    world.give("benefit_months", *({**row, "member_id": n} for n, (_, rows) in cases.items() for row in rows))
    world.give(
        "assignments",
        *(
            {
                "assignment_id": f"{name}, {area}",
                "household_id": name,
                "area_id": area,
                "decision_date": day,
                "alternative_exists": True,
            }
            for name in cases
            for area in "UFN"
        ),
    )
    return decisions(world)


def barred(grounds: str) -> tuple[str, str, str]:
    return ("banned" if grounds else "allowed", grounds, "")


GROUNDS = [
    ("released with a handleplan", RELEASED, "59-6-1", "59-6-1"),
    ("released six months before to the day", {**RELEASED, "release_date": "2026-06-05"}, "59-6-1", "59-6-1"),
    ("released a day earlier than that", {**RELEASED, "release_date": "2026-06-04"}, "", ""),
    ("released after the decision", {**RELEASED, "release_date": "2026-12-06"}, "", ""),
    ("no handleplan needed", {**RELEASED, "action_plan": False}, "", ""),
    ("released but not convicted", {**RELEASED, "convicted": False}, "", ""),
    ("young, from another institution", YOUNG, "59-6-2", "59-6-2"),
    ("eighteen on the day", {**YOUNG, "birth_date": "2008-12-05"}, "", ""),
    ("seventeen until tomorrow", {**YOUNG, "birth_date": "2008-12-06"}, "59-6-2", "59-6-2"),
    ("adult from another institution", {**YOUNG, "birth_date": "1990-01-01"}, "", ""),
    ("lease ended for grave breach", LEASE, "59-6-3", "59-6-3"),
    ("lease ended on another ground", {**LEASE, "lease_ended_ground": "anden"}, "", ""),
    ("lease ended long ago", {**LEASE, "lease_ended_date": "2026-06-04"}, "", ""),
    ("third-country citizen", {"citizenship": "5404"}, "59-6-4", "59-6-4"),
    ("third-country student", {"citizenship": "5404", "student": True}, "", ""),
    ("stateless", {"citizenship": "5103"}, "59-6-4", "59-6-4"),
    ("Icelander", {"citizenship": "5106"}, "", ""),
    ("Swiss", {"citizenship": "5160"}, "", ""),
    ("Briton after the UK left", {"citizenship": "5170"}, "59-6-4", "59-6-4"),
    ("Croat", {"citizenship": "5750"}, "", ""),
    ("førtidspension", {"foertidspension": True}, "59-6-6", ""),
    ("two grounds", {**LEASE, "citizenship": "5404"}, "59-6-3;59-6-4", "59-6-3;59-6-4"),
]


def test_months_end_with_the_last_day_of_a_shorter_month(world: World) -> None:
    late = {**RELEASED, "release_date": "2026-08-31"}
    assert decide(world, "F", late, day="2027-02-28") == ("banned", "59-6-1", "")
    assert decide(world, "F", late, day="2027-03-01") == ("allowed", "", "")
    leap = {**LEASE, "lease_ended_date": "2027-08-29"}
    assert decide(world, "U", leap, day="2028-02-29") == ("banned", "59-6-3", "")
    assert decide(world, "U", leap, day="2028-03-01") == ("allowed", "", "")


def test_one_born_on_a_leap_day_is_eighteen_on_28_february(world: World) -> None:
    born = {**YOUNG, "birth_date": "2008-02-29", "release_date": "2026-01-05"}
    assert decide(world, "F", born, day="2026-02-27") == ("banned", "59-6-2", "")
    assert decide(world, "F", born, day="2026-02-28") == ("allowed", "", "")


def test_the_month_of_the_decision_is_not_whole_on_its_last_day(world: World) -> None:
    assert decide(world, "U", {}, months("dagpenge", 6, "2026-12"), day="2026-12-31") == ("allowed", "", "")
    assert decide(world, "U", {}, months("dagpenge", 6, "2026-12"), day="2027-01-01") == ("banned", "59-6-7", "")


def test_what_stk_7_does_not_name_in_2021(tmp_path: Path) -> None:
    made = world_of(2021, tmp_path)
    spells = {
        "two names of one rule": (
            months("overgangsydelse", 3, "2021-11") + months("selvforsoergelses_og_hjemrejseydelse", 3, "2021-08"),
            ("59-6-5", "59-7-ydelse-6"),
        ),
        "half of it on education benefit": (
            months("kontanthjaelp", 12, "2021-11") + months("uddannelseshjaelp", 12, "2020-11"),
            ("59-6-5", ""),
        ),
        "unemployment benefit": (months("dagpenge", 24, "2021-11"), ("59-6-7", "")),
        "24 months": (months("kontanthjaelp", 24, "2021-11"), ("59-6-5", "59-7-kontanthjaelp-24")),
    }
    made.give("members", *({"household_id": n, "member_id": n, **CLEAN} for n in spells))
    made.give("benefit_months", *({**row, "member_id": n} for n, (rows, _) in spells.items() for row in rows))
    case = {"decision_date": "2021-12-01", "alternative_exists": True}
    made.give(
        "assignments",
        *(
            {**case, "assignment_id": f"{n}, {area}", "household_id": n, "area_id": area}
            for n in spells
            for area in "UF"
        ),
    )
    found = made.run(2021, "2021-12-31").by("assignment_decisions", "assignment_id")
    for name, (_, expected) in spells.items():
        assert tuple(found[f"{name}, {area}"]["grounds"] for area in "UF") == expected, name


def test_grounds_of_one_member(world: World) -> None:
    found = decide_all(world, DAY, {name: (facts, []) for name, facts, _, _ in GROUNDS})
    expected = {}
    for name, _, udsat, preventive in GROUNDS:
        expected |= {f"{name}, U": barred(udsat), f"{name}, F": barred(preventive), f"{name}, N": barred("")}
    assert found == expected


BENEFITS = [
    ("five months are too few", months("kontanthjaelp_16_1", 5), "", ""),
    ("six months", months("kontanthjaelp_16_1", 6), "59-6-5", ""),
    ("the last whole month is missing", months("kontanthjaelp_16_1", 12, "2026-10"), "", ""),
    ("the month of the decision does not count", months("kontanthjaelp_16_1", 6, "2026-12"), "", ""),
    ("a gap", months("kontanthjaelp_16_1", 3) + months("kontanthjaelp_16_1", 9, "2026-07"), "", ""),
    ("the lower rate", months("kontanthjaelp_16_2", 6), "59-6-5", "59-7-ydelse-6"),
    ("23 months at the higher rate", months("kontanthjaelp_16_1", 23), "59-6-5", ""),
    ("24 months at the higher rate", months("kontanthjaelp_16_1", 24), "59-6-5", "59-7-kontanthjaelp-24"),
    (
        "the rates alternate within stk. 6 and not across the rules of stk. 7",
        months("kontanthjaelp_16_1", 3) + months("kontanthjaelp_16_2", 21, "2026-08"),
        "59-6-5",
        "",
    ),
    ("unemployment benefit", months("dagpenge", 6), "59-6-7", ""),
    ("sickness and unemployment", months("dagpenge", 3) + months("sygedagpenge", 3, "2026-08"), "59-6-7", ""),
    ("benefits of two rules do not add up", months("dagpenge", 3) + months("kontanthjaelp_16_1", 3, "2026-08"), "", ""),
    ("education benefit is named no more", months("uddannelseshjaelp", 24), "", ""),
]


def test_unbroken_months(world: World) -> None:
    found = decide_all(world, DAY, {name: ({}, rows) for name, rows, _, _ in BENEFITS})
    expected = {}
    for name, _, udsat, preventive in BENEFITS:
        expected |= {f"{name}, U": barred(udsat), f"{name}, F": barred(preventive), f"{name}, N": barred("")}
    assert found == expected


NAMES = [
    ("2025-06-30", "selvforsoergelses_og_hjemrejseydelse", 6, "59-6-5", "59-7-ydelse-6"),
    ("2025-06-30", "overgangsydelse", 6, "59-6-5", "59-7-ydelse-6"),
    ("2025-06-30", "uddannelseshjaelp", 24, "59-6-5", ""),
    ("2025-06-30", "kontanthjaelp", 24, "59-6-5", "59-7-kontanthjaelp-24"),
    ("2025-06-30", "kontanthjaelp_16_2", 6, "", ""),
    ("2025-07-01", "uddannelseshjaelp", 24, "", ""),
    ("2025-07-01", "overgangsydelse", 24, "", ""),
    ("2025-07-01", "kontanthjaelp", 24, "59-6-5", ""),
    ("2025-07-01", "kontanthjaelp_16_2", 6, "59-6-5", "59-7-ydelse-6"),
    ("2025-07-01", "kontanthjaelp_16_1", 24, "59-6-5", "59-7-kontanthjaelp-24"),
]


@pytest.mark.parametrize(("day", "last"), [("2025-06-30", "2025-05"), ("2025-07-01", "2025-06")])
def test_the_names_of_the_day_of_decision(world: World, day: str, last: str) -> None:
    cases = {f"{benefit} {number}": (udsat, preventive) for d, benefit, number, udsat, preventive in NAMES if d == day}
    given = {f"{b} {number}": ({}, months(b, number, last)) for d, b, number, _, _ in NAMES if d == day}
    found = decide_all(world, day, given)
    for name, (udsat, preventive) in cases.items():
        assert (found[f"{name}, U"], found[f"{name}, F"]) == (barred(udsat), barred(preventive)), name


MISSING = [
    ("convicted", {**RELEASED, "convicted": None}, "convicted"),
    ("a handleplan", {**RELEASED, "action_plan": None}, "action_plan"),
    ("day of release", {**RELEASED, "release_date": None}, "release_date"),
    ("no handleplan settles it", {**RELEASED, "convicted": None, "action_plan": False}, ""),
    ("an old release settles it", {**RELEASED, "convicted": None, "release_date": "2020-01-01"}, ""),
    ("where from, adult", {**RELEASED, "release_from": None}, "release_from"),
    ("age of one released from an institution", {**YOUNG, "birth_date": None}, "birth_date"),
    ("age alone does not matter", {"birth_date": None}, ""),
    ("ground of a lease ended lately", {**LEASE, "lease_ended_ground": None}, "lease_ended_ground"),
    ("day of a lease ended for grave breach", {**LEASE, "lease_ended_date": None}, "lease_ended_date"),
    ("an old lease without ground", {"lease_ended_date": "2020-01-01"}, ""),
    ("citizenship", {"citizenship": None}, "citizenship"),
    ("citizenship unknown by its code", {"citizenship": "5999"}, "citizenship"),
    ("citizenship of a student", {"citizenship": None, "student": True}, ""),
    ("student or not, third country", {"citizenship": "5404", "student": None}, "student"),
    ("student or not, Dane", {"student": None}, ""),
]


def test_missing_facts_are_named_and_never_guessed(world: World) -> None:
    found = decide_all(world, DAY, {name: (facts, []) for name, facts, _ in MISSING})
    expected = {}
    for name, _, missing in MISSING:
        open_case = ("undecided", "", missing) if missing else barred("")
        expected |= {f"{name}, U": open_case, f"{name}, F": open_case, f"{name}, N": barred("")}
    assert found == expected


def test_foertidspension_not_known_matters_in_an_udsat_area_only(world: World) -> None:
    assert decide(world, "U", {"foertidspension": None}) == ("undecided", "", "foertidspension")
    assert decide(world, "F", {"foertidspension": None}) == ("allowed", "", "")


def test_a_missing_fact_does_not_lift_another_ground(world: World) -> None:
    assert decide(world, "U", {**LEASE, "convicted": None}) == ("banned", "59-6-3", "")


def test_stk_9_turns_a_ban_into_a_duty(world: World) -> None:
    assert decide(world, "U", LEASE, alternative=False) == ("must_assign", "59-6-3", "")
    assert decide(world, "U", LEASE, alternative=None) == ("undecided", "59-6-3", "alternative_exists")
    assert decide(world, "U", {}, alternative=False) == ("allowed", "", "")
    assert decide(world, "U", {"convicted": None, **LEASE}, alternative=False) == ("must_assign", "59-6-3", "")


def test_any_one_member_is_enough(world: World) -> None:
    world.give(
        "members",
        {"household_id": "H", "member_id": "M1", **CLEAN},
        {"household_id": "H", "member_id": "M2", **CLEAN, "citizenship": "5404"},
        {"household_id": "H", "member_id": "M3", **CLEAN, **LEASE},
    )
    world.give(
        "assignments",
        {"assignment_id": "A", "household_id": "H", "area_id": "F", "decision_date": DAY, "alternative_exists": True},
    )
    assert decisions(world)["A"] == ("banned", "59-6-3;59-6-4", "")
    grounds = {
        (r[0], r[1], r[2]) for r in decisions(world, "SELECT member_id, ground, paragraph FROM assignment_grounds")
    }
    assert grounds == {
        ("M2", "59-6-4", "§ 59, stk. 7, 1. pkt., jf. stk. 6, nr. 4"),
        ("M3", "59-6-3", "§ 59, stk. 7, 1. pkt., jf. stk. 6, nr. 3"),
    }


def test_a_household_without_members_is_undecided(world: World) -> None:
    world.give("members")
    world.give(
        "assignments",
        *(
            {"assignment_id": area or "none", "household_id": "H", "area_id": area, "decision_date": DAY}
            for area in ("U", "F", "N", "")
        ),
    )
    found = decisions(world)
    assert found["U"] == found["F"] == ("undecided", "", "members")
    assert found["N"] == found["none"] == ("allowed", "", "")


def test_a_refused_row_leaves_the_household_open(world: World) -> None:
    world.give(
        "members",
        {"household_id": "H", "member_id": "M", **CLEAN},
        {"household_id": "H", "member_id": "", **CLEAN},
        {"household_id": "B", "member_id": "M2", **CLEAN, **LEASE},
        {"household_id": "B", "member_id": "", **CLEAN},
    )
    world.give(
        "assignments",
        *(
            {"assignment_id": h, "household_id": h, "area_id": "U", "decision_date": DAY, "alternative_exists": True}
            for h in "HB"
        ),
    )
    assert decisions(world) == {"H": ("undecided", "", "members"), "B": ("banned", "59-6-3", "")}


def test_a_refused_benefit_month_leaves_the_member_open(world: World) -> None:
    doubtful = [*months("dagpenge", 5), {"member_id": "M", "month": "2026-06", "benefit": "honorar"}]
    assert decide(world, "U", {}, doubtful) == ("undecided", "", "benefit_months")
    twice = months("dagpenge", 6) + months("dagpenge", 1)
    assert decide(world, "U", {}, twice) == ("banned", "59-6-7", "")
    once_more = months("dagpenge", 2) + months("dagpenge", 1)
    assert decide(world, "U", {}, once_more) == ("allowed", "", "")
    contradiction = months("dagpenge", 6) + months("kontanthjaelp_16_1", 1)
    assert decide(world, "U", {}, contradiction) == ("undecided", "", "benefit_months")


def test_the_same_unreadable_month_delivered_twice_is_one_month(world: World) -> None:
    unreadable = [refused("2026-13"), refused("2026-13")]
    assert decide(world, "U", {}, [*months("dagpenge", 4), *unreadable]) == ("allowed", "", "")
    assert decide(world, "U", {}, [*months("dagpenge", 5), *unreadable]) == ("undecided", "", "benefit_months")
    other = [refused("2026-13"), refused("2026-14")]
    assert decide(world, "U", {}, [*months("dagpenge", 4), *other]) == ("undecided", "", "benefit_months")


def refused(month: str) -> dict[str, str]:
    return {"member_id": "M", "month": month, "benefit": "honorar"}


REFUSED_MONTHS = {
    "years before the decision": ([refused("2015-03")], "", ""),
    "alone, within the months": ([refused("2026-11")], "", ""),
    "the month of the decision": ([*months("dagpenge", 5, "2026-10"), refused("2026-12")], "", ""),
    "the last whole month": ([*months("dagpenge", 5, "2026-10"), refused("2026-11")], "benefit_months", ""),
    "the first of six": ([*months("dagpenge", 5), refused("2026-06")], "benefit_months", ""),
    "one before six": ([*months("dagpenge", 5), refused("2026-05")], "", ""),
    "a gap remains": ([*months("dagpenge", 4), refused("2026-06")], "", ""),
    "two fill two": ([*months("dagpenge", 4), refused("2026-06"), refused("2026-07")], "benefit_months", ""),
    "the first of 24": ([*months("kontanthjaelp_16_1", 23), refused("2024-12")], "59-6-5", "benefit_months"),
    "a month that cannot be read fills one": ([*months("dagpenge", 5), refused("2026-13")], "benefit_months", ""),
    "and no more than one": ([*months("dagpenge", 4), refused("2026-13")], "", ""),
    "and unsettles none": ([*months("dagpenge", 6), refused("2026-13")], "59-6-7", ""),
}


def test_a_refused_month_matters_only_where_it_could_complete_the_months(world: World) -> None:
    found = decide_all(world, DAY, {name: ({}, rows) for name, (rows, _, _) in REFUSED_MONTHS.items()})
    missing = ("undecided", "", "benefit_months")
    for name, (_, *expected) in REFUSED_MONTHS.items():
        for area, answer in zip("UFN", (*expected, ""), strict=True):
            assert found[f"{name}, {area}"] == (missing if answer == "benefit_months" else barred(answer)), name


@pytest.mark.parametrize("other", ["kontanthjaelp_16_1", "uddannelseshjaelp"])
def test_of_two_contradicting_rows_it_does_not_matter_which_comes_first(world: World, other: str) -> None:
    settled = months("dagpenge", 5, "2026-10")
    pair = [{"member_id": "M", "month": "2026-11", "benefit": benefit} for benefit in ("dagpenge", other)]
    for rows in (pair, pair[::-1], [*pair, pair[0]], [*pair, pair[1]]):
        assert decide(world, "U", {}, settled + rows) == ("undecided", "", "benefit_months")
    older = [{"member_id": "M", "month": "2026-05", "benefit": benefit} for benefit in ("dagpenge", other)]
    for rows in (older, older[::-1]):
        assert decide(world, "U", {}, months("dagpenge", 6) + rows) == ("banned", "59-6-7", "")


def test_two_benefits_of_one_rule_in_a_month_count_for_that_rule(world: World) -> None:
    settled = months("dagpenge", 5, "2026-10")
    pair = [{"member_id": "M", "month": "2026-11", "benefit": benefit} for benefit in ("dagpenge", "sygedagpenge")]
    for rows in (pair, pair[::-1], [*pair, pair[0]]):
        assert decide(world, "U", {}, settled + rows) == ("banned", "59-6-7", "")
    for rows in (pair, pair[::-1]):
        assert decide(world, "U", {}, months("kontanthjaelp_16_1", 5, "2026-10") + rows) == ("allowed", "", "")
    unreadable = [*pair, {"member_id": "M", "month": "2026-11", "benefit": "honorar"}]
    assert decide(world, "U", {}, settled + unreadable) == ("undecided", "", "benefit_months")


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [("alternative_exists", True, False), ("household_id", "H", "G"), ("area_id", "U", ""), ("area_id", "U", "F")],
)
def test_an_assignment_that_contradicts_itself_is_not_decided(world: World, column: str, one: Any, other: Any) -> None:
    case = {"assignment_id": "A", "household_id": "H", "area_id": "U", "decision_date": DAY, "alternative_exists": True}
    world.give(
        "members", {**CLEAN, "household_id": "H", "member_id": "M"}, {**CLEAN, "household_id": "G", "member_id": "N"}
    )
    for values in ((one, other), (other, one)):
        world.give("assignments", *({**case, column: value} for value in values))
        assert decisions(world) == {}


def test_no_day_of_decision(world: World) -> None:
    assert decide(world, "U", LEASE, day="") == ("undecided", "", "decision_date")
    assert decide(world, "", LEASE, day="") == ("allowed", "", "")


def capped(tmp_path: Path, decision: str, exempted: int = 0, areas: int = 2) -> World:
    """A municipality above the cap whose edition lacks the areas' rows of area_cap."""
    made = World(tmp_path)
    for number in range(areas):
        made.area(2026, f"F{number}", "forebyggelsesomraade", kom="151")
    made.area(2026, "U", "udsat_boligomraade", kom="151")
    made.cap(2026, "151", decision, "1000 100 400", exempted)
    made.seal()
    return made


def decided_by_council(tmp_path: Path, decision: str, days: dict[str, str | None]) -> World:
    """Above the cap, with four forebyggelsesområder of 100 homes; `days`: when the council exempted which of them."""
    made = World(tmp_path)
    for area in ("F0", "F1", "F2", "F3"):
        made.area(2026, area, "forebyggelsesomraade", kom="151")
        made.homes(2026, "151", area, 100, days.get(area), area in days)
    made.area(2026, "U", "udsat_boligomraade", kom="151")
    made.homes(2026, "151", "U", 100)
    made.cap(2026, "151", decision, "1000 100 400", 100 * len(days))
    made.seal()
    return made


OPEN = ("undecided", "59-6-3", "cap_decision")


def test_above_the_cap_without_a_decision(tmp_path: Path) -> None:
    for world in (capped(tmp_path / "old", "missing"), decided_by_council(tmp_path / "new", "missing", {})):
        assert decide(world, "F0", LEASE) == OPEN
        assert decide(world, "F0", LEASE, alternative=False) == OPEN
        assert decide(world, "F0", {}) == ("allowed", "", "")
        assert decide(world, "U", LEASE) == ("banned", "59-6-3", "")


def test_an_exempted_area_is_free_from_the_day_of_the_decision(tmp_path: Path) -> None:
    world = decided_by_council(tmp_path, "valid", {"F0": "2026-12-10", "F2": "2026-12-10"})
    assert decide(world, "F0", LEASE, day="2026-12-09") == OPEN
    assert decide(world, "F1", LEASE, day="2026-12-09") == OPEN
    assert decide(world, "F0", LEASE, day="2026-12-10") == ("allowed", "", "")
    assert decide(world, "F2", LEASE, day="2026-12-10") == ("allowed", "", "")
    assert decide(world, "F1", LEASE, day="2026-12-10") == ("banned", "59-6-3", "")
    assert decide(world, "F3", LEASE, day="2026-12-10", alternative=False) == ("must_assign", "59-6-3", "")
    assert decide(world, "U", LEASE, day="2026-12-10") == ("banned", "59-6-3", "")


def test_two_decisions_of_the_council(tmp_path: Path) -> None:
    world = decided_by_council(tmp_path, "valid", {"F0": "2026-12-10", "F1": "2027-01-15"})
    assert decide(world, "F1", LEASE, day="2026-12-09") == OPEN
    assert decide(world, "F1", LEASE, day="2027-01-14") == ("banned", "59-6-3", "")
    assert decide(world, "F1", LEASE, day="2027-01-15") == ("allowed", "", "")
    assert decide(world, "F0", LEASE, day="2027-01-15") == ("allowed", "", "")
    assert decide(world, "F2", LEASE, day="2027-01-15") == ("banned", "59-6-3", "")


def test_a_decision_without_a_day_is_open_in_the_area_it_names(tmp_path: Path) -> None:
    world = decided_by_council(tmp_path / "some", "valid", {"F0": None, "F1": "2026-12-10"})
    assert decide(world, "F0", LEASE, day="2026-12-20") == OPEN
    assert decide(world, "F1", LEASE, day="2026-12-20") == ("allowed", "", "")
    assert decide(world, "F2", LEASE, day="2026-12-20") == ("banned", "59-6-3", "")
    none = decided_by_council(tmp_path / "none", "cap_unreachable", dict.fromkeys(("F0", "F1", "F2", "F3")))
    assert decide(none, "F0", LEASE) == OPEN


def test_a_decision_that_does_not_count_lifts_nothing(tmp_path: Path) -> None:
    world = decided_by_council(tmp_path, "not_allowed", {})
    world.area_caps[2026][0] |= {"decided": True, "decided_on": "2026-12-02"}
    world.seal()
    assert decide(world, "F0", LEASE) == ("banned", "59-6-3", "")


def test_what_the_totals_of_an_older_edition_show(tmp_path: Path) -> None:
    assert decide(capped(tmp_path / "all", "cap_unreachable", 400), "F1", LEASE)[0] == "allowed"
    assert decide(capped(tmp_path / "one", "insufficient", 100, areas=1), "F0", LEASE)[0] == "allowed"
    assert decide(capped(tmp_path / "which", "valid", 250), "F0", LEASE) == OPEN
    assert decide(capped(tmp_path / "ignored", "not_allowed"), "F0", LEASE)[0] == "banned"


def test_an_area_that_is_not_in_force_for_the_list_is_open(tmp_path: Path) -> None:
    """Merged or split since an earlier list: what the home's area is today is not recorded."""
    world = World(tmp_path)
    world.area(2025, "gone", "udsat_boligomraade")
    world.area(2026, "N", "ikke_omfattet")
    for year in (2025, 2026):
        world.cap(year, "101", "not_needed", "1000 100 0")
    world.seal()
    assert decide(world, "gone", {}) == ("undecided", "", "area_id")
    assert decide(world, "gone", LEASE, alternative=False) == ("undecided", "", "area_id")
    assert decide(world, "gone", LEASE, day="") == ("undecided", "", "decision_date")
    world.give("development_plans", {"area_id": "gone", "approved_on": "2020-05-01"})
    assert decide(world, "gone", LEASE) == ("banned", "59-6-3", "")


def planned(tmp_path: Path, statuses: dict[int, str], first_as_conversion: bool = True) -> World:
    made = World(tmp_path)
    for number, (year, status) in enumerate(statuses.items()):
        conversion = first_as_conversion and number == 0
        made.area(year, "P", status, omdannelsesomraade=conversion)
        made.area(year, "other", "ikke_omfattet")
        made.cap(year, "101", "not_needed", "1000 100 100")
    made.seal()
    return made


UDSAT, FREE = "udsat_boligomraade", "ikke_omfattet"


def test_a_plan_area_that_left_the_list_stays_under_stk_6(tmp_path: Path) -> None:
    world = planned(tmp_path, {2024: UDSAT, 2025: FREE, 2026: FREE})
    assert decide(world, "P", {"foertidspension": True}) == ("banned", "59-6-6", "")
    assert decide(world, "other", {"foertidspension": True}) == ("allowed", "", "")


def test_a_plan_area_on_the_preventive_list_is_under_both(tmp_path: Path) -> None:
    world = planned(tmp_path, {2025: UDSAT, 2026: "forebyggelsesomraade"})
    found = decide(world, "P", {}, months("kontanthjaelp_16_2", 6))
    assert found == ("banned", "59-6-5;59-7-ydelse-6", "")


def test_a_ground_names_the_provision_that_binds_the_area(tmp_path: Path) -> None:
    world = planned(tmp_path, {2025: UDSAT, 2026: "forebyggelsesomraade"})
    world.area(2026, "U", UDSAT)
    world.seal()
    provisions = {}
    for area in "PU":
        decide(world, area, PENSION, months("kontanthjaelp_16_2", 6))
        provisions[area] = dict(decisions(world, "SELECT ground, paragraph FROM assignment_grounds"))
    assert provisions == {
        "P": {
            "59-6-5": "§ 168 a, stk. 6, jf. § 59, stk. 6, nr. 5",
            "59-6-6": "§ 168 a, stk. 6, jf. § 59, stk. 6, nr. 6",
            "59-7-ydelse-6": "§ 59, stk. 7, 1. pkt.",
        },
        "U": {"59-6-5": "§ 59, stk. 6, nr. 5", "59-6-6": "§ 59, stk. 6, nr. 6"},
    }


def test_four_years_in_a_row_off_the_list_end_it(tmp_path: Path) -> None:
    gone = planned(tmp_path / "4", {2022: UDSAT, 2023: FREE, 2024: FREE, 2025: FREE, 2026: FREE})
    assert decide(gone, "P", LEASE)[0] == "allowed"
    three = planned(tmp_path / "3", {2023: UDSAT, 2024: FREE, 2025: FREE, 2026: FREE})
    assert decide(three, "P", LEASE)[0] == "banned"
    back = planned(tmp_path / "back", {2021: UDSAT, 2023: FREE, 2024: UDSAT, 2025: FREE, 2026: FREE})
    assert decide(back, "P", LEASE)[0] == "banned"


@pytest.mark.parametrize(
    ("free", "approved_on", "again", "expected"),
    [
        (range(2019, 2023), None, False, "allowed"),
        (range(2019, 2022), None, False, "banned"),
        ((2019, 2020, 2022), None, False, "banned"),
        (range(2019, 2023), None, True, "banned"),
        (range(2019, 2023), "2018-06-01", False, "allowed"),
        (range(2019, 2023), "2023-06-01", False, "banned"),
    ],
    ids=["four years off", "three", "one of the four is not known", "the duty anew", "a plan", "a plan made since"],
)
def test_what_four_years_off_have_ended_a_later_list_does_not_begin_anew(
    tmp_path: Path, free: Sequence[int], approved_on: str | None, again: bool, expected: str
) -> None:
    """An omdannelsesområde of 2018, back on the list of udsatte boligområder in 2023 and off it since."""
    world = World(tmp_path)
    statuses = {2018: UDSAT, **dict.fromkeys(free, FREE), 2023: UDSAT, 2024: FREE, 2025: FREE, 2026: FREE}
    for year, status in statuses.items():
        world.area(year, "P", status, omdannelsesomraade=year == 2018 or (again and year == 2023))
    world.seal()
    if approved_on:
        world.give("development_plans", {"area_id": "P", "approved_on": approved_on})
    assert decide(world, "P", PENSION)[0] == expected


def test_a_list_that_is_not_in_the_home_leaves_it_open(tmp_path: Path) -> None:
    world = planned(tmp_path, {2021: UDSAT, 2026: FREE})
    assert decide(world, "P", LEASE) == ("undecided", "59-6-3", "list_history")
    assert decide(world, "P", {}) == ("allowed", "", "")
    world.give("development_plans", {"area_id": "P", "approved_on": "2021-05-01", "last_listed_year": 2021})
    assert decide(world, "P", LEASE)[0] == "allowed"
    world.give("development_plans", {"area_id": "P", "approved_on": "2021-05-01", "last_listed_year": 2024})
    assert decide(world, "P", LEASE)[0] == "banned"


def test_a_plan_carried_out_ends_it(tmp_path: Path) -> None:
    world = planned(tmp_path, {2025: UDSAT, 2026: FREE}, first_as_conversion=False)
    assert decide(world, "P", PENSION)[0] == "allowed"
    world.give("development_plans", {"area_id": "P", "approved_on": "2021-05-01"})
    assert decide(world, "P", PENSION)[0] == "banned"
    assert decide(world, "P", PENSION, day="2029-12-31")[0] == "banned"
    assert decide(world, "P", PENSION, day="2030-01-01")[0] == "allowed"
    world.give("development_plans", {"area_id": "P", "approved_on": "2021-05-01", "completed_on": "2026-12-05"})
    assert decide(world, "P", PENSION, day="2026-12-04")[0] == "banned"
    assert decide(world, "P", PENSION, day="2026-12-05")[0] == "allowed"


REFUSED_PLANS = {
    "no day": [{"completed_on": "2027-02-30"}],
    "no day, before the plan": [{"completed_on": "2021-04-30"}],
    "twice": [{"completed_on": "2026-01-01"}, {}],
    "beside one that can be read": [{}, {"completed_on": "2026-02-30"}],
    "twice, the other way": [{}, {"completed_on": "2026-01-01"}],
}


@pytest.mark.parametrize("rows", REFUSED_PLANS.values(), ids=REFUSED_PLANS.keys())
@pytest.mark.parametrize("obliged", [True, False])
def test_a_plan_that_was_refused_leaves_stk_6_open(tmp_path: Path, rows: list[dict[str, str]], obliged: bool) -> None:
    world = planned(tmp_path, {2025: UDSAT, 2026: FREE}, first_as_conversion=obliged)
    world.give("development_plans", *({"area_id": "P", "approved_on": "2021-05-01", **row} for row in rows))
    assert decide(world, "P", PENSION) == ("undecided", "59-6-6", "development_plans")
    assert decide(world, "P", {}) == ("allowed", "", "")
    assert decide(world, "other", PENSION) == ("allowed", "", "")
    listed = planned(tmp_path / "listed", {2025: FREE, 2026: UDSAT}, first_as_conversion=obliged)
    listed.give("development_plans", *({"area_id": "P", "approved_on": "2021-05-01", **row} for row in rows))
    assert decide(listed, "P", PENSION) == ("banned", "59-6-6", "")
    long_off = planned(tmp_path / "off", dict.fromkeys(range(2022, 2027), FREE), first_as_conversion=False)
    long_off.give("development_plans", *({"area_id": "P", "approved_on": "2021-05-01", **row} for row in rows))
    assert decide(long_off, "P", PENSION) == ("allowed", "", "")


def test_a_plan_approved_after_the_run_is_no_plan_yet(tmp_path: Path) -> None:
    world = planned(tmp_path, {2025: UDSAT, 2026: FREE}, first_as_conversion=False)
    later, read = {"area_id": "P", "approved_on": "2027-01-01"}, {"area_id": "P", "approved_on": "2024-01-01"}
    world.give("development_plans", later, later, {**later, "approved_on": "2027-02-01"})
    assert decide(world, "P", PENSION) == ("allowed", "", "")
    world.give("development_plans", later, read)
    assert decide(world, "P", PENSION) == ("undecided", "59-6-6", "development_plans")


def test_a_refused_plan_of_no_known_area_binds_nowhere(tmp_path: Path) -> None:
    world = planned(tmp_path, {2025: UDSAT, 2026: FREE}, first_as_conversion=False)
    world.give("development_plans", {"area_id": "nowhere", "approved_on": "2021-05-01"})
    assert decide(world, "P", PENSION) == ("allowed", "", "")
    assert "nowhere" not in {row["area_id"] for row in world.run().table("area_rules")}


def test_a_plan_binds_from_the_day_it_was_approved_where_no_list_gave_the_duty(tmp_path: Path) -> None:
    for obliged, before in ((False, "allowed"), (True, "banned")):
        folder = tmp_path / str(obliged)
        world = planned(folder, {2025: UDSAT, 2026: FREE}, first_as_conversion=obliged)
        world.give("development_plans", {"area_id": "P", "approved_on": "2026-11-02"})
        assert decide(world, "P", PENSION, day="2026-11-01")[0] == before
        assert decide(world, "P", PENSION, day="2026-11-02")[0] == "banned"


def test_a_plan_in_doubt_does_not_settle_an_area_that_is_not_in_force(tmp_path: Path) -> None:
    """It says no more of what the home's area is today than no plan does."""
    world = World(tmp_path)
    for year in range(2021, 2027):
        world.area(year, "N", "ikke_omfattet")
        if year < 2026:
            world.area(year, "gone", "udsat_boligomraade")
    world.seal()
    assert decide(world, "gone", {}) == ("undecided", "", "area_id")
    world.give("development_plans", {"area_id": "gone", "approved_on": "no day"})
    assert decide(world, "gone", {}) == ("undecided", "", "area_id")


@pytest.mark.parametrize(
    ("ended", "day"),
    [
        ({"last_listed_year": 2021}, DAY),
        ({"completed_on": "2026-02-01"}, DAY),
        ({}, "2030-01-01"),
    ],
    ids=["four years off the list", "carried out", "past the deadline"],
)
def test_a_plan_that_no_longer_binds_does_not_settle_an_area_that_is_not_in_force(
    tmp_path: Path, ended: dict[str, str | int], day: str
) -> None:
    """What the home's area is called today is as unknown as without a plan."""
    world = World(tmp_path)
    last = 2025 if "last_listed_year" not in ended else 2021
    for year in range(2021, 2027):
        world.area(year, "N", "ikke_omfattet")
        if year <= last:
            world.area(year, "gone", "udsat_boligomraade", omdannelsesomraade=True)
    world.seal()
    world.give("development_plans", {"area_id": "gone", "approved_on": "2020-05-01", **ended})
    assert decide(world, "gone", PENSION, day=day) == ("undecided", "", "area_id")
    assert decide(world, "N", PENSION, day=day) == ("allowed", "", "")
    basis = decisions(world, "SELECT status, stk6, stk7 FROM assignment_basis WHERE area_id = 'N'")
    assert basis == [("ikke_omfattet", "no", "no")]
    decide(world, "gone", PENSION, day=day)
    basis = decisions(world, "SELECT status, stk6, stk7 FROM assignment_basis WHERE area_id = 'gone'")
    assert basis == [(None, "undecided", "undecided")]
    decide(world, "", PENSION, day=day)
    assert decisions(world, "SELECT stk6, stk7, reason FROM assignment_basis") == [
        ("no", "no", "the home stands in no listed area")
    ]
