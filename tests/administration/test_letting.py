"""Flexible letting, § 51 c, sublet and swap: who stands where, and which facts leave a place open."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.administration import legal_basis
from assets.administration.letting import PARAMETERS, Applicant, CriteriaSet, Vacancy, place, rejected_by_51c
from law.loader import shipped_law
from tests.administration.worlds import Results, World, date

CALM: dict[str, Any] = {"receives_benefit": False, "spouse": False}
WORK = {"criteria_set": "K1", "criterion": "arbejde", "kind": "employment"}
SCHOOL = {"criteria_set": "K1", "criterion": "uddannelse", "kind": "education"}
DATED = {"area_id": "U", "decided_on": "2024-03-01", "published_on": "2024-04-01"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    for year in (2024, 2025, 2026):
        made.area(year, "U", "udsat_boligomraade")
        made.area(year, "O", "udsat_boligomraade", omdannelsesomraade=True)
        made.area(year, "F", "forebyggelsesomraade")
        made.area(year, "N", "ikke_omfattet")
    made.seal()
    made.give("letting_criteria", {**WORK, **DATED}, {**SCHOOL, **DATED})
    return made


def vacancy(world: World, area: str = "U", let_on: str = "2026-12-05", let_as: str = "almindelig") -> None:
    world.give(
        "vacancies", {"vacancy_id": "V", "area_id": area, "department_id": "D", "let_on": let_on, "let_as": let_as}
    )


def applicants(world: World, **listed: tuple[str, dict[str, bool | None], dict[str, Any]]) -> None:
    rows = [
        {"vacancy_id": "V", "applicant_id": n, "listed_on": on, **CALM, **facts} for n, (on, _, facts) in listed.items()
    ]
    world.give("applicants", *rows)
    world.give(
        "applicant_criteria",
        *(
            {"applicant_id": n, "criteria_set": "K1", "criterion": c, "met": met}
            for n, (_, answers, _) in listed.items()
            for c, met in answers.items()
        ),
    )


def order(results: Results) -> list[tuple[str, str, str, str, str]]:
    names = ("applicant_id", "outcome", "position", "priority", "provisional")
    return [tuple(row[name] for name in names) for row in results.table("letting_order")]  # type: ignore[misc]


def test_criteria_before_seniority(world: World) -> None:
    vacancy(world)
    neither = {"arbejde": False, "uddannelse": False}
    applicants(
        world,
        oldest=("2001-01-01", neither, {}),
        student=("2020-01-01", {"arbejde": False, "uddannelse": True}, {}),
        worker=("2010-01-01", {"arbejde": True}, {}),
    )
    results = world.run()
    assert order(results) == [
        ("worker", "placed", "1", "true", "false"),
        ("student", "placed", "2", "true", "false"),
        ("oldest", "placed", "3", "false", "false"),
    ]
    assert results.table("letting_order")[0]["reason"] == "meets criteria K1, on the list since 2010-01-01"
    assert results.table("letting_basis")[0]["criteria_set"] == "K1"


def test_a_missing_fact_leaves_the_place_open_and_others_provisional(world: World) -> None:
    vacancy(world)
    applicants(
        world,
        before=("2005-01-01", {"arbejde": True}, {}),
        unknown=("2010-01-01", {"arbejde": False}, {}),
        after=("2015-01-01", {"arbejde": True}, {}),
    )
    results = world.run()
    assert order(results) == [
        ("before", "placed", "1", "true", "false"),
        ("after", "placed", "2", "true", "true"),
        ("unknown", "undecided", "", "", ""),
    ]
    assert results.table("letting_order")[2]["missing_facts"] == "K1/uddannelse"


@pytest.mark.parametrize(
    ("criteria", "let_on", "reason"),
    [
        ([], "2026-12-05", "no criteria are recorded for the area"),
        ([{**WORK, **DATED}], "2026-12-05", "K1 has no criterion of education"),
        ([{**WORK, **DATED}, {**SCHOOL, **DATED, "published_on": ""}], "2026-12-05", "K1 is not published"),
        ([{**WORK, **DATED}, {**SCHOOL, **DATED}], "2028-03-02", "K1 is due for revision"),
        (
            [{**WORK, **DATED, "area_id": "F"}, {**SCHOOL, **DATED, "area_id": "F"}],
            "2026-12-05",
            "no criteria are recorded",
        ),
    ],
)
def test_without_valid_criteria_nothing_is_ordered(
    world: World, criteria: list[dict[str, Any]], let_on: str, reason: str
) -> None:
    world.give("letting_criteria", *criteria)
    vacancy(world, let_on=let_on)
    world.give("applicants", {"vacancy_id": "V", "applicant_id": "A", "listed_on": "2010-01-01", **CALM})
    results = world.run()
    assert order(results) == [("A", "undecided", "", "", "")]
    basis = results.table("letting_basis")[0]
    assert basis["order_by"] == "undecided"
    assert reason in basis["reason"]


def test_criteria_hold_to_the_day_four_years_after(world: World) -> None:
    vacancy(world, let_on="2028-03-01")
    assert world.run().table("letting_basis")[0]["order_by"] == "criteria"


def test_of_one_day_who_has_a_number_goes_before_who_has_none() -> None:
    def listed(name: str, day: int, number: int | None) -> Applicant:
        return Applicant(name, dt.date(2020, 1, day), number, None, None, None, None, None)

    line = [listed("d", 1, 9), listed("c", 2, 1), listed("e", 2, 2), listed("a", 2, None), listed("b", 2, None)]
    assert sorted(line, key=lambda applicant: applicant.seniority) == line


@pytest.mark.parametrize(("published_on", "order_by"), [("2026-12-05", "criteria"), ("2026-12-06", "undecided")])
def test_criteria_are_used_from_the_day_they_are_published(world: World, published_on: str, order_by: str) -> None:
    dated = {**DATED, "published_on": published_on}
    world.give("letting_criteria", {**WORK, **dated}, {**SCHOOL, **dated})
    vacancy(world, let_on="2026-12-05")
    assert world.run().table("letting_basis")[0]["order_by"] == order_by


@pytest.mark.parametrize(
    ("decided_on", "let_on", "lapsed"),
    [
        ("2025-11-30", "2026-12-05", True),
        ("2025-12-01", "2026-12-05", False),
        ("2025-11-30", "2025-11-30", False),
        ("2025-11-30", "2025-12-01", True),
    ],
)
def test_a_list_ends_the_criteria_decided_before_its_day_from_that_day(
    tmp_path: Path, decided_on: str, let_on: str, lapsed: bool
) -> None:
    """The area is off the list of 2025."""
    made = World(tmp_path)
    for year, status in ((2024, UDSAT), (2025, FREE), (2026, UDSAT)):
        made.area(year, "U", status)
    made.seal()
    dated = {**DATED, "decided_on": decided_on, "published_on": decided_on}
    made.give("letting_criteria", {**WORK, **dated}, {**SCHOOL, **dated})
    vacancy(made, let_on=let_on)
    reason = made.run().table("letting_basis")[0]["reason"]
    assert ("has lapsed: the area was not on the list of 2025" in reason) is lapsed, reason


def test_off_the_lists_the_criteria_lapse(world: World) -> None:
    world.give("letting_criteria", {**WORK, **DATED, "area_id": "N"}, {**SCHOOL, **DATED, "area_id": "N"})
    vacancy(world, area="N")
    applicants(world, old=("2001-01-01", {"arbejde": False}, {}), new=("2020-01-01", {"arbejde": True}, {}))
    results = world.run()
    assert order(results) == [("old", "placed", "1", "", "false"), ("new", "placed", "2", "", "false")]
    assert "lapsed" in results.table("letting_basis")[0]["reason"]


def test_a_refused_applicant_leaves_every_position_provisional(world: World) -> None:
    vacancy(world)
    good = {"vacancy_id": "V", "applicant_id": "new", "listed_on": "2020-01-01", **CALM}
    bad = [{**good, "applicant_id": "old", "listed_on": "2001-02-30"}]
    again = [{**good, "applicant_id": "old", "listed_on": on} for on in ("2001-01-01", "2021-01-01")]
    met = (
        {"applicant_id": "new", "criteria_set": "K1", "criterion": c, "met": True} for c in ("arbejde", "uddannelse")
    )
    world.give("applicant_criteria", *met)
    for refused in (bad, again, again[::-1]):
        world.give("applicants", good, *refused)
        assert order(world.run()) == [("new", "placed", "1", "true", "true")]
    world.give("applicants", good, good)
    assert order(world.run()) == [("new", "placed", "1", "true", "false")]


def test_a_refused_criterion_leaves_it_open_how_the_home_is_let(world: World) -> None:
    vacancy(world)
    applicants(world, old=("2001-01-01", {"arbejde": True}, {}))
    for other in ({**WORK, **DATED, "decided_on": "2026-13-01"}, {**WORK, **DATED, "kind": "other"}):
        world.give("letting_criteria", {**WORK, **DATED}, {**SCHOOL, **DATED}, other)
        results = world.run()
        assert order(results) == [("old", "undecided", "", "", "")]
        assert "a row of its criteria was refused" in results.table("letting_basis")[0]["reason"]


UDSAT, PREVENTIVE, FREE = "udsat_boligomraade", "forebyggelsesomraade", "ikke_omfattet"


@pytest.mark.parametrize(
    ("statuses", "order_by", "reason"),
    [
        ({2024: UDSAT, 2025: PREVENTIVE}, "criteria", "criteria K1 of 2024-03-01"),
        ({2024: UDSAT, 2025: FREE}, "undecided", "yet K1 has lapsed: the area was not on the list of 2025"),
        ({2024: FREE, 2025: UDSAT}, "undecided", "yet K1 has lapsed: the area was not on the list of 2024"),
        ({2023: FREE, 2024: UDSAT, 2025: UDSAT}, "criteria", "criteria K1 of 2024-03-01"),
        ({2025: UDSAT}, "undecided", "whether it has lapsed: how the list of 2024 has the area is not known"),
        ({2025: FREE}, "undecided", "yet K1 has lapsed: the area was not on the list of 2025"),
    ],
)
def test_criteria_that_lapsed_do_not_come_back_with_the_listing(
    tmp_path: Path, statuses: dict[int, str], order_by: str, reason: str
) -> None:
    made = World(tmp_path)
    for year, status in {**statuses, 2026: UDSAT}.items():
        made.area(year, "U", status)
    made.seal()
    made.give("letting_criteria", {**WORK, **DATED}, {**SCHOOL, **DATED})
    vacancy(made)
    row = made.run().table("letting_basis")[0]
    assert row["order_by"] == order_by
    assert row["reason"].endswith(reason)


def test_an_area_that_an_earlier_list_knows_under_no_such_name_leaves_it_open(tmp_path: Path) -> None:
    made = World(tmp_path)
    made.area(2025, "before the split", UDSAT)
    made.area(2026, "U", UDSAT)
    made.seal()
    dated = {**DATED, "decided_on": "2025-03-01", "published_on": "2025-03-01"}
    made.give("letting_criteria", {**WORK, **dated}, {**SCHOOL, **dated})
    vacancy(made)
    row = made.run().table("letting_basis")[0]
    assert (row["order_by"], row["reason"].split(": ")[-1]) == (
        "undecided",
        "how the list of 2025 has the area is not known",
    )


def test_criteria_decided_anew_hold_whatever_became_of_the_old_ones(tmp_path: Path) -> None:
    made = World(tmp_path)
    for year, status in ((2025, FREE), (2026, UDSAT)):
        made.area(year, "U", status)
    made.seal()
    anew = {"criteria_set": "K2", "area_id": "U", "decided_on": "2026-11-15", "published_on": "2026-12-01"}
    made.give(
        "letting_criteria", {**WORK, **DATED}, {**SCHOOL, **DATED}, *({**kind, **anew} for kind in (WORK, SCHOOL))
    )
    vacancy(made)
    assert made.run().table("letting_basis")[0]["criteria_set"] == "K2"


def test_other_ways_of_letting_have_no_order(world: World) -> None:
    vacancy(world, let_as="udslusning")
    applicants(world, one=("2001-01-01", {}, {}))
    assert order(world.run()) == [("one", "not_let_from_the_list", "", "", "")]


BOTH: dict[str, Any] = {
    "receives_benefit": True,
    "spouse": True,
    "spouse_receives_benefit": True,
    "council_dispensation": False,
}


def test_51c_in_an_omdannelsesomraade_only(world: World) -> None:
    world.give("letting_criteria", *({**kind, **DATED, "area_id": area} for kind in (WORK, SCHOOL) for area in "OU"))
    work = {"arbejde": True}
    listed = {
        "both": ("2001-01-01", work, BOTH),
        "inside": ("2002-01-01", work, {**BOTH, "department_id": "D"}),
        "spared": ("2003-01-01", work, {**BOTH, "council_dispensation": True}),
        "alone": ("2004-01-01", work, {"receives_benefit": True}),
        "one": ("2005-01-01", work, {**BOTH, "spouse_receives_benefit": False}),
        "open": ("2006-01-01", work, {**BOTH, "spouse_receives_benefit": None}),
    }
    vacancy(world, area="O")
    applicants(world, **listed)
    found = {name: (outcome, position) for name, outcome, position, _, _ in order(world.run())}
    assert found == {
        "inside": ("placed", "1"),
        "spared": ("placed", "2"),
        "alone": ("placed", "3"),
        "one": ("placed", "4"),
        "both": ("rejected", ""),
        "open": ("undecided", ""),
    }
    vacancy(world, area="U")
    assert all(row[1] == "placed" for row in order(world.run()))


BASIS = legal_basis.bases(shipped_law(), PARAMETERS)[-1]
HOME = Vacancy("V", "U", "D", date("2026-12-05"), "almindelig")
SET = CriteriaSet("K1", "U", date("2024-03-01"), date("2024-04-01"), frozenset({"employment", "education"}), ("a", "u"))
PEOPLE = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from([True, False, None]), st.sampled_from([True, False, None])),
    max_size=8,
)


@pytest.mark.parametrize(
    ("facts", "belongs_to", "expected"),
    [
        ({"department_id": "D"}, "D", (False, ())),
        ({"department_id": "E"}, "D", (True, ())),
        ({"department_id": "E"}, None, (None, ("department_id",))),
        ({}, None, (True, ())),
        ({}, "D", (True, ())),
        ({"department_id": "E", "council_dispensation": True}, None, (False, ())),
        ({"department_id": "E", "receives_benefit": False}, None, (False, ())),
        ({"department_id": "E", "spouse_receives_benefit": False}, None, (False, ())),
        ({"department_id": "E", "spouse": False, "spouse_receives_benefit": None}, None, (False, ())),
        ({"spouse": None, "spouse_receives_benefit": False}, "D", (False, ())),
        ({"spouse": None, "spouse_receives_benefit": True}, "D", (None, ("spouse",))),
    ],
)
def test_51c_rejects_only_where_nothing_that_could_spare_is_open(
    facts: dict[str, Any], belongs_to: str | None, expected: tuple[bool | None, tuple[str, ...]]
) -> None:
    listed = {"applicant_id": "p", "listed_on": date("2010-01-01"), "list_number": None, "department_id": None}
    applicant = Applicant(**{**listed, **BOTH, **facts})
    assert rejected_by_51c(applicant, replace(HOME, department_id=belongs_to), BASIS) == expected


@settings(deadline=None)
@given(PEOPLE)
def test_a_position_that_is_not_provisional_holds_however_the_open_facts_turn_out(
    people: list[tuple[int, bool | None, bool | None]],
) -> None:
    listed = [
        Applicant(f"p{n}", date("2010-01-01", days), None, None, False, False, None, None)
        for n, (days, _, _) in enumerate(people)
    ]
    known = {f"p{n}": {"a": a, "u": u} for n, (_, a, u) in enumerate(people)}
    now = place(listed, HOME, SET, known, BASIS, conversion_area=False)
    for answer in (True, False):
        settled = {p: {c: answer if met is None else met for c, met in facts.items()} for p, facts in known.items()}
        later = place(listed, HOME, SET, settled, BASIS, conversion_area=False)
        positions = [standing.position for standing in later.values()]
        assert sorted(p for p in positions if p is not None) == list(range(1, len(people) + 1))
        for name, standing in now.items():
            if standing.position is not None and not standing.provisional:
                assert later[name].position == standing.position


SUBLET: dict[str, Any] = {
    "kind": "fremleje_bolig",
    "informed_on": "2026-12-01",
    "starts_on": "2027-01-01",
    "ends_on": "2028-01-01",
    "documentation_on": "2026-12-15",
    "conditions_met": True,
    "temporary_absence": True,
    "reasonable_ground": False,
}
SWAP: dict[str, Any] = {
    "kind": "bytte",
    "informed_on": "2026-12-01",
    "starts_on": "2027-01-01",
    "conditions_met": True,
    "rooms": 3,
    "persons_after": 3,
    "leaver_moved_in": "2024-01-01",
    "reasonable_ground": False,
}
ROOMS: dict[str, Any] = {**SUBLET, "kind": "fremleje_vaerelser", "rooms": 4, "rooms_sublet": 2}
REQUESTS = {
    "sublet": (SUBLET, "U", "allowed", ""),
    "sublet without the conditions": ({**SUBLET, "conditions_met": False}, "U", "not_allowed", "65-betingelser"),
    "the same in a forebyggelsesområde": ({**SUBLET, "conditions_met": False}, "F", "allowed", ""),
    "documents on the first day": (
        {**SUBLET, "documentation_on": "2027-01-01"},
        "U",
        "not_allowed",
        "65-dokumentation",
    ),
    "two years": ({**SUBLET, "ends_on": "2029-01-01"}, "U", "allowed", ""),
    "two years and a day": ({**SUBLET, "ends_on": "2029-01-02"}, "U", "not_allowed", "65-varighed"),
    "not away": ({**SUBLET, "temporary_absence": False}, "F", "not_allowed", "65-fravaer"),
    "told two weeks before": ({**SUBLET, "informed_on": "2026-12-18"}, "F", "allowed", ""),
    "told late": ({**SUBLET, "informed_on": "2026-12-19"}, "F", "not_allowed", "65-varsel"),
    "a ground to refuse": ({**SUBLET, "reasonable_ground": True}, "F", "may_be_refused", "65-rimelig_grund"),
    "open conditions": ({**SUBLET, "conditions_met": None}, "U", "undecided", ""),
    "swap": (SWAP, "U", "allowed", ""),
    "swap without the conditions": ({**SWAP, "conditions_met": False}, "U", "not_allowed", "69-betingelser"),
    "swap outside": ({**SWAP, "conditions_met": False}, "F", "allowed", ""),
    "lived there too short": ({**SWAP, "leaver_moved_in": "2024-01-02"}, "F", "may_be_refused", "69-botid"),
    "too many": ({**SWAP, "persons_after": 4}, "F", "may_be_refused", "69-personer"),
    "too many, the rest open": (
        {**SWAP, "persons_after": 4, "leaver_moved_in": None, "reasonable_ground": None},
        "U",
        "may_be_refused",
        "69-personer",
    ),
    "too many, conditions open": (
        {**SWAP, "persons_after": 4, "leaver_moved_in": None, "conditions_met": None},
        "U",
        "undecided",
        "69-personer",
    ),
    "lived there long enough, the rest open": (
        {**SWAP, "rooms": None, "reasonable_ground": None},
        "F",
        "undecided",
        "",
    ),
    "half the rooms": (ROOMS, "U", "allowed", ""),
    "more than half": ({**ROOMS, "rooms_sublet": 3}, "U", "not_allowed", "64-vaerelser"),
}


def test_sublet_and_swap(world: World) -> None:
    world.give(
        "occupancy_requests", *({**row, "request_id": n, "area_id": area} for n, (row, area, _, _) in REQUESTS.items())
    )
    found = world.run().by("occupancy_decisions", "request_id")
    assert {n: (row["outcome"], row["grounds"]) for n, row in found.items()} == {
        n: (outcome, grounds) for n, (_, _, outcome, grounds) in REQUESTS.items()
    }
    assert {n: row["missing_facts"] for n, row in found.items() if row["missing_facts"]} == {
        "open conditions": "conditions_met",
        "too many, conditions open": "conditions_met",
        "lived there long enough, the rest open": "reasonable_ground;rooms",
    }
