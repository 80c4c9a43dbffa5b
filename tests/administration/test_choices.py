"""Each other reading that a choice of the law offers is carried out, and changes what it says it changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.administration import legal_basis, letting, occupancy, private_letting
from assets.administration.plans import Count, day_reached
from assets.administration.regimes import FOREBYGGELSE, UDSAT, Area, Lists, read_lists
from law.loader import Law, shipped_law
from tests.administration.worlds import World, date, decisions, store_in_memory

CALM: dict[str, Any] = {
    "birth_date": "1990-01-01",
    "citizenship": "5100",
    "student": False,
    "convicted": False,
    "foertidspension": False,
    "lease_ended_date": "2026-06-05",
    "lease_ended_ground": "grov_overtraedelse",
}


def law(**choices: str) -> Law:
    return shipped_law().with_values({f"afgoerelsesvalg.{name}": choice for name, choice in choices.items()})


def decided(world: World, rules: Law, alternative: bool | None = True, **facts: Any) -> tuple[str, str, str]:
    world.give("members", {"household_id": "H", "member_id": "M", **CALM, **facts})
    case = {"assignment_id": "A", "household_id": "H", "area_id": "F", "decision_date": "2026-12-05"}
    world.give("assignments", {**case, "alternative_exists": alternative})
    return decisions(world, law=rules)["A"]


def world_at(folder: Path, decision: str = "not_needed", exempted: int = 0) -> World:
    world = World(folder)
    world.area(2026, "F", "forebyggelsesomraade")
    world.area(2026, "G", "forebyggelsesomraade")
    world.cap(2026, "101", decision, "1000 100 400", exempted)
    world.seal()
    return world


def test_choices_of_assignment(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    assert decided(world, law()) == ("banned", "59-6-3", "")
    assert decided(world, law(months_last_day="not_counted"))[0] == "allowed"
    assert decided(world, law(assignment_alternative_unknown="ban_stands"), None)[0] == "banned"
    nothing = {"lease_ended_date": None, "lease_ended_ground": None}
    assert decided(world, law(), **nothing)[0] == "allowed"
    assert decided(world, law(lease_not_recorded="not_known"), **nothing) == (
        "undecided",
        "",
        "lease_ended_date;lease_ended_ground",
    )


@pytest.mark.parametrize(
    ("choice", "day", "outcome"),
    [
        ("on_28_february", "2026-02-27", "banned"),
        ("on_28_february", "2026-02-28", "allowed"),
        ("on_1_march", "2026-02-28", "banned"),
        ("on_1_march", "2026-03-01", "allowed"),
    ],
)
def test_the_day_on_which_one_born_on_29_february_is_eighteen(
    choice: str, day: str, outcome: str, tmp_path: Path
) -> None:
    world = world_at(tmp_path)
    released = {"release_from": "anden_institution", "release_date": "2026-01-05", "action_plan": True}
    no_lease = {"lease_ended_date": None, "lease_ended_ground": None}
    member = {**CALM, **no_lease, **released, "convicted": True, "birth_date": "2008-02-29"}
    world.give("members", {"household_id": "H", "member_id": "M", **member})
    case = {"assignment_id": "A", "household_id": "H", "area_id": "F", "decision_date": day}
    world.give("assignments", {**case, "alternative_exists": True})
    assert decisions(world, law=law(leap_day_age=choice))["A"][0] == outcome


def test_a_plan_that_had_ended_and_an_area_that_came_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    for year in range(2018, 2027):
        status = UDSAT if year in (2018, 2023) else "ikke_omfattet"
        world.area(year, "F", status, omdannelsesomraade=year == 2018)
    world.seal()
    assert decided(world, law())[0] == "allowed"
    assert decided(world, law(plan_letting_again="binds_again")) == ("banned", "59-6-3", "")


def test_the_list_that_a_case_is_judged_by(tmp_path: Path) -> None:
    """Udsat in 2024, forebyggelsesområde in 2025 under a cap decided on, off the lists in 2026; 2023 is not known.
    A list from before the rules of today stands in the home as well."""
    world = World(tmp_path)
    world.area(2020, "G", UDSAT)
    for year, status in ((2024, UDSAT), (2025, FOREBYGGELSE), (2026, "ikke_omfattet")):
        world.area(year, "F", status)
        world.cap(year, "101", "not_needed", "1000 100 100")
    world.seal()
    calm = CALM | {"lease_ended_date": None, "lease_ended_ground": None}
    world.give(
        "members",
        {"household_id": "pension", "member_id": "p", **calm, "foertidspension": True},
        {"household_id": "citizen", "member_id": "c", **calm, "citizenship": "5404"},
        {"household_id": "calm", "member_id": "x", **calm},
    )
    days = ("2024-11-30", "2024-12-01", "2025-11-30", "2025-12-01", "2026-12-01", "2027-12-01")
    world.give(
        "assignments",
        *(
            {"assignment_id": f"{who} {day}", "household_id": who, "area_id": "F", "decision_date": day}
            | {"alternative_exists": True}
            for who in ("pension", "citizen", "calm")
            for day in days
        ),
    )

    def outcomes(who: str, rules: Law) -> list[tuple[str, str, str]]:
        found = decisions(world, law=rules, day="2027-12-31")
        return [found[f"{who} {day}"] for day in days]

    in_force = law(assignment_list="list_in_force")
    free = ("allowed", "", "")
    for who in ("pension", "citizen", "calm"):
        assert outcomes(who, law()) == [free] * 6
    pension, citizen = ("banned", "59-6-6", ""), ("banned", "59-6-4", "")
    no_list = [("undecided", ground, "list_history") for ground in ("59-6-6", "59-6-4")]
    assert outcomes("pension", in_force) == [no_list[0], pension, pension, free, free, no_list[0]]
    assert outcomes("citizen", in_force) == [no_list[1], citizen, citizen, citizen, free, no_list[1]]
    assert outcomes("calm", in_force) == [free] * 6


def test_the_list_that_a_vacancy_and_a_request_are_judged_by(tmp_path: Path) -> None:
    """Udsat in 2024 and 2025, off the lists in 2026, and G only from 2026; 2023 is not known, nor what follows 2026.
    A list from before the rules of today stands in the home as well."""
    world = World(tmp_path)
    world.area(2020, "F", UDSAT)
    world.area(2026, "G", UDSAT)
    for year, status in ((2024, UDSAT), (2025, UDSAT), (2026, "ikke_omfattet")):
        world.area(year, "F", status)
    world.seal()
    days = ("2021-11-30", "2024-11-30", "2024-12-01", "2026-11-30", "2026-12-01", "2027-12-01")
    places = [(day, "F") for day in days] + [("2026-11-30", "G"), ("2026-12-01", "G"), ("2024-11-30", None)]
    vacant = {"department_id": "D", "let_as": "almindelig"}
    swap = {"kind": "bytte", "informed_on": "2021-11-01", "conditions_met": False, "rooms": 3, "persons_after": 3}
    settled = {"leaver_moved_in": "2010-01-01", "reasonable_ground": False}
    names = [f"{area} {day}" for day, area in places]
    cases = [{"area_id": area, "let_on": day, "starts_on": day} for day, area in places]
    world.give("vacancies", *({"vacancy_id": n, **c, **vacant} for n, c in zip(names, cases, strict=True)))
    world.give(
        "occupancy_requests", *({"request_id": n, **c, **swap, **settled} for n, c in zip(names, cases, strict=True))
    )

    def judged(rules: Law) -> tuple[list[Any], list[Any]]:
        with store_in_memory() as con:
            tables = ("letting_criteria", "vacancies", "applicants", "applicant_criteria", "occupancy_requests")
            world.accept(con, tables, 2026, "2027-12-31")
            lists = read_lists(con, 2026)
            letting.write_letting(con, rules, lists)
            occupancy.write_occupancy(con, rules, lists)
            lets = dict(con.execute("SELECT vacancy_id, reason FROM letting_basis").fetchall())
            swaps = con.execute("SELECT request_id, outcome, missing_facts FROM occupancy_decisions").fetchall()
        asked = {name: missing or outcome for name, outcome, missing in swaps}
        return [lets[name].split(" (")[0] for name in names], [asked[name] for name in names]

    free, bound = "no obligatory flexible letting", "flexible letting is obligatory"
    lets, swaps = judged(law())
    assert lets == [free] * 6 + [bound] * 2 + [free]
    assert swaps == ["allowed"] * 6 + ["not_allowed"] * 2 + ["allowed"]
    unknown, nowhere = "the list in force on the day is not known", "the area is none of those in force for the list"
    lets, swaps = judged(law(assignment_list="list_in_force"))
    assert lets == [unknown, unknown, bound, bound, free, unknown, nowhere, bound, free]
    assert swaps == [
        *("list_history", "list_history", "not_allowed", "not_allowed", "allowed", "list_history"),
        *("area_id", "not_allowed", "allowed"),
    ]


def test_the_names_of_benefits_across_a_change(tmp_path: Path) -> None:
    """Eighteen months under the old name and six under the new ones, decided on in January 2026."""
    world = world_at(tmp_path)
    old = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)][:18]
    new = [f"2025-{month:02}" for month in range(7, 13)]
    spells = {
        "long": [(m, "kontanthjaelp") for m in old] + [(m, "kontanthjaelp_16_1") for m in new],
        "short": [(m, "overgangsydelse") for m in old[-3:]] + [(m, "kontanthjaelp_16_2") for m in new[:3]],
        "unnamed then": [(m, "kontanthjaelp_16_1") for m in old + new],
    }
    calm = CALM | {"lease_ended_date": None, "lease_ended_ground": None}
    world.give("members", *({"household_id": n, "member_id": n, **calm} for n in spells))
    world.give(
        "benefit_months",
        *({"member_id": n, "month": m, "benefit": b} for n, rows in spells.items() for m, b in rows),
    )
    case = {"area_id": "F", "decision_date": "2025-10-01", "alternative_exists": True}
    late = case | {"decision_date": "2026-01-15"}
    world.give(
        "assignments",
        {**late, "assignment_id": "long", "household_id": "long"},
        {**case, "assignment_id": "short", "household_id": "short"},
        {**late, "assignment_id": "unnamed then", "household_id": "unnamed then"},
    )
    by_day = {name: row[1] for name, row in decisions(world, law=law()).items()}
    by_month = {name: row[1] for name, row in decisions(world, law=law(benefit_names="each_month")).items()}
    assert by_day == {"long": "", "short": "", "unnamed then": "59-7-kontanthjaelp-24"}
    assert by_month == {"long": "59-7-kontanthjaelp-24", "short": "59-7-ydelse-6", "unnamed then": ""}


def test_a_cap_decision_that_is_not_enough(tmp_path: Path) -> None:
    world = world_at(tmp_path, "insufficient", 100)
    world.homes(2026, "101", "F", 300)
    world.homes(2026, "101", "G", 100, "2026-12-02", exempted=True)
    world.seal()
    assert decided(world, law())[0] == "banned"
    unsettled = shipped_law().with_values({"valg.insufficient_cap_decision": "undecided"})
    assert decided(world, unsettled) == ("undecided", "59-6-3", "cap_decision")


def test_choices_of_letting() -> None:
    vacancy = letting.Vacancy("V", "U", "D", date("2026-12-05"), "almindelig")
    kinds = frozenset({"employment", "education"})
    criteria = letting.CriteriaSet("K", "U", date("2024-01-01"), date("2024-01-01"), kinds, ("a", "u"))
    alone = letting.Applicant("p", date("2020-01-01"), None, None, True, False, None, None)

    def standing(rules: Law, conversion: bool) -> letting.Standing:
        basis = legal_basis.bases(rules, letting.PARAMETERS)[-1]
        return letting.place([alone], vacancy, criteria, {"p": {"a": True, "u": False}}, basis, conversion)["p"]

    assert standing(law(), False).priority is True
    assert standing(law(flexible_letting_priority="all_criteria"), False).priority is False
    assert standing(law(), True).outcome == "placed"
    assert standing(law(single_applicant_51c="rejected"), True).outcome == "rejected"


def test_without_known_lists_seniority_does_not_step_in() -> None:
    kinds = frozenset({"employment", "education"})
    criteria = letting.CriteriaSet("K", "U", date("2024-03-01"), date("2024-03-01"), kinds, ("a", "u"))
    vacancy = letting.Vacancy("V", "U", "D", date("2026-12-05"), "almindelig")
    rules = law(letting_without_criteria="seniority")
    basis, duty = legal_basis.bases(rules, letting.PARAMETERS)[-1], legal_basis.bases(rules, [letting.DUTY])
    area = Area("U", "Opdigtet U", "101", 1500, UDSAT, frozenset({UDSAT}))

    def way(**earlier: dict[str, Area]) -> str:
        lists = Lists(2026, {2026: {"U": area}} | {int(year[1:]): areas for year, areas in earlier.items()})
        return letting.way_of(vacancy, basis, lists, [criteria], duty)[0]

    assert way() == "undecided"
    off = replace(area, categories=frozenset())
    assert way(y2024={}, y2025={"U": area}) == "undecided"
    assert way(y2024={"U": off}, y2025={"U": area}) == "seniority"
    assert way(y2024={"U": area}, y2025={"U": area}) == "criteria"


def test_choices_of_sublet() -> None:
    day = date("2027-01-01")
    rooms = occupancy.Request(
        "Q", "fremleje_vaerelser", "U", date("2026-12-01"), day, None, None, False, None, 4, 2, None, None, False
    )

    def outcome(rules: Law) -> str:
        return occupancy.judge(rooms, legal_basis.bases(rules, occupancy.PARAMETERS)[-1], True)[0]

    assert outcome(law()) == "allowed"
    assert outcome(law(sublet_rooms_conditions="asked")) == "not_allowed"


def test_choices_of_private_letting() -> None:
    def basis(rules: Law) -> legal_basis.Basis:
        return legal_basis.bases(rules, (), (*private_letting.PRESENT, *private_letting.OLDER))[-1]

    day = date("2026-03-02")
    agreement = private_letting.Agreement(
        *("A", "101", "P", "privat", None, None, "hver_fjerde", 40, 10, day, None, None, None, None, True),
        *(True, True, True, True, None),
    )
    promise = [private_letting.Promise(day, None)]
    assert private_letting.refundable(agreement, promise, False, basis(law())) is False
    assert private_letting.refundable(agreement, promise, False, basis(law(tilsagn_same_day="enough"))) is True
    ended = replace(agreement, signed_on=date("2023-03-01"), ends_on=date("2026-03-01"))

    def one_agreement(rules: Law, earlier: private_letting.Agreement) -> bool | None:
        found = private_letting.checks(agreement, basis(rules), [earlier], False)
        return next(check.met for check in found if check.name == "one_agreement")

    running = law(second_agreement="running")
    assert one_agreement(law(), ended) is False
    assert one_agreement(running, ended) is True
    assert one_agreement(running, replace(ended, ends_on=day)) is False
    assert one_agreement(running, replace(ended, ends_on=None)) is False
    vacancy = private_letting.Vacancy("v", "A", "h", day, day, True, None, None)

    def first_uses(rules: Law) -> list[bool | None]:
        uses, answers = private_letting.Uses(agreement), []
        for _ in range(4):
            answers.append(uses.may_use(vacancy, basis(rules))[0])
            uses.seen += 1
        return answers

    assert first_uses(law()) == [True] * 4
    assert first_uses(law(every_fourth_vacancy="the_fourth")) == [False, False, False, True]
    spent = private_letting.Uses(replace(agreement, homes=1), seen=8, times=1, last_used=1, homes=frozenset({"h"}))
    assert spent.may_use(vacancy, basis(law()))[0] is True
    assert spent.may_use(vacancy, basis(law(agreed_uses="uses")))[0] is False
    spent.take(vacancy)
    assert (spent.seen, spent.times, spent.last_used) == (9, 2, 9)
    late = law(late_answer_used="refunded")
    assert private_letting.compensation(True, True, True, False, basis(law())) == (True, False)
    assert private_letting.compensation(True, True, True, False, basis(late)) == (True, True)
    assert private_letting.compensation(False, True, True, False, basis(late)) == (True, False)


def test_choices_of_pace() -> None:
    limit = shipped_law().parameters["udviklingsplan.family_home_share"].values[-1].value
    assert not isinstance(limit, str | tuple)
    counts = [
        Count(date("2020-01-01"), 1000, 1000),
        Count(date("2024-01-01"), 900, 1000),
        Count(date("2026-01-01"), 600, 1000),
    ]
    steady, lately = (day_reached(counts, limit, pace) for pace in ("first_to_latest", "last_two"))
    assert (steady and steady.year, lately and lately.year) == (2029, 2027)
