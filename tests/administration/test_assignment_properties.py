"""Municipal assignment on many invented households: against a second reading of the act, and under added grounds."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.administration.worlds import World, decisions

DAY = dt.date(2026, 12, 5)
LAST = 2026 * 12 + 11 - 1  # November 2026, counted in months
FREE_MOVEMENT = {"5100": True, "5120": True, "5106": True, "5160": True, "5404": False, "5103": False, "5999": None}
SOCIAL = ("kontanthjaelp", "kontanthjaelp_16_1", "kontanthjaelp_16_2")
BENEFITS = (
    "kontanthjaelp",
    "kontanthjaelp_16_1",
    "kontanthjaelp_16_2",
    "uddannelseshjaelp",
    "dagpenge",
    "sygedagpenge",
)
MAYBE = st.sampled_from([True, False, False, None])
LATELY = st.sampled_from(["2026-06-04", "2026-06-05", "2026-11-30", "2026-12-05", "2026-12-06", None])

MEMBER = st.fixed_dictionaries(
    {
        "birth_date": st.sampled_from(["1990-01-01", "2008-12-05", "2008-12-06", "2015-01-01", None]),
        "citizenship": st.sampled_from([*FREE_MOVEMENT, None]),
        "student": MAYBE,
        "convicted": MAYBE,
        "release_date": LATELY,
        "release_from": st.sampled_from(["kriminalforsorgen", "anden_institution", None]),
        "action_plan": MAYBE,
        "lease_ended_date": LATELY,
        "lease_ended_ground": st.sampled_from(["grov_overtraedelse", "anden", "anden", None]),
        "foertidspension": st.sampled_from([False, False, False, True, None]),
    }
)
SPELL = st.lists(st.tuples(st.sampled_from(BENEFITS), st.integers(1, 13)), max_size=4)
HOUSEHOLD = st.tuples(
    st.lists(st.tuples(MEMBER, SPELL), min_size=1, max_size=3),
    st.sampled_from("UFN"),
    st.sampled_from([True, True, False, None]),
)


def months_of(spells: list[tuple[str, int]]) -> dict[int, str]:
    """Months by number, the spells one after the other back from the last whole month."""
    found: dict[int, str] = {}
    for benefit, length in spells:
        for _ in range(length):
            found[LAST - len(found)] = benefit
    return found


def all_of(*facts: bool | None) -> bool | None:
    """Three-valued and: a false fact settles it, an unknown one leaves it open."""
    if False in facts:
        return False
    return None if None in facts else True


def within_six_months(text: str | None) -> bool | None:
    if text is None:
        return None
    day = dt.date.fromisoformat(text)
    return dt.date(2026, 6, 5) <= day <= DAY


def run_of(months: dict[int, str], benefits: set[str]) -> int:
    length = 0
    while months.get(LAST - length) in benefits:
        length += 1
    return length


def second_reading(member: dict[str, Any], spells: list[tuple[str, int]]) -> dict[str, bool | None]:
    """Each ground for one member, read from the act anew."""
    months = months_of(spells)
    born = member["birth_date"]
    young = None if born is None else dt.date.fromisoformat(born) > dt.date(2008, 12, 5)
    released = within_six_months(member["release_date"])
    source = member["release_from"]
    prison = None if source is None else source == "kriminalforsorgen"
    other = None if source is None else source == "anden_institution"
    grave = None if member["lease_ended_ground"] is None else member["lease_ended_ground"] == "grov_overtraedelse"
    lease = all_of(grave, within_six_months(member["lease_ended_date"]))
    if member["lease_ended_ground"] is None and member["lease_ended_date"] is None:
        lease = False
    free = FREE_MOVEMENT.get(member["citizenship"])
    outsider = None if free is None else not free
    student = member["student"]
    return {
        "59-6-1": all_of(member["convicted"], released, prison, member["action_plan"]),
        "59-6-2": all_of(young, member["convicted"], released, other, member["action_plan"]),
        "59-6-3": lease,
        "59-6-4": all_of(outsider, None if student is None else not student),
        "59-6-5": run_of(months, set(SOCIAL)) >= 6,
        "59-6-6": member["foertidspension"],
        "59-6-7": run_of(months, {"dagpenge", "sygedagpenge", "ressourceforloebsydelse"}) >= 6,
        "59-7-ydelse-6": run_of(months, {"kontanthjaelp_16_2"}) >= 6,
        "59-7-kontanthjaelp-24": run_of(months, {"kontanthjaelp_16_1"}) >= 24,
    }


BINDING = {
    "U": [f"59-6-{number}" for number in range(1, 8)],
    "F": [*(f"59-6-{number}" for number in range(1, 5)), "59-7-ydelse-6", "59-7-kontanthjaelp-24"],
    "N": [],
}


def expected(household: Any) -> tuple[str, str]:
    people, area, alternative = household
    readings = [second_reading(member, spells) for member, spells in people]
    found = [ground for ground in BINDING[area] if any(reading[ground] for reading in readings)]
    is_open = any(reading[ground] is None for reading in readings for ground in BINDING[area])
    if found:
        outcome = {True: "banned", False: "must_assign", None: "undecided"}[alternative]
        return outcome, ";".join(sorted(found))
    return ("undecided" if is_open else "allowed"), ""


def give(world: World, households: dict[str, Any]) -> None:
    members, months, assignments = [], [], []
    for name, (people, area, alternative) in households.items():
        for number, (facts, spells) in enumerate(people):
            member_id = f"{name}-{number}"
            members.append({"household_id": name, "member_id": member_id, **facts})
            months += [
                {"member_id": member_id, "month": f"{month // 12}-{month % 12 + 1:02}", "benefit": benefit}
                for month, benefit in months_of(spells).items()
            ]
        assignments.append(
            {
                "assignment_id": name,
                "household_id": name,
                "area_id": area,
                "decision_date": DAY,
                "alternative_exists": alternative,
            }
        )
    world.give("members", *members)
    world.give("benefit_months", *months)
    world.give("assignments", *assignments)


def world_at(folder: Any) -> World:
    world = World(folder)
    for area, status in (("U", "udsat_boligomraade"), ("F", "forebyggelsesomraade"), ("N", "ikke_omfattet")):
        world.area(2026, area, status)
    world.cap(2026, "101", "not_needed", "1000 100 100")
    world.seal()
    return world


@settings(max_examples=20, deadline=None)
@given(st.lists(HOUSEHOLD, min_size=1, max_size=30))
def test_against_a_second_reading(tmp_path_factory: pytest.TempPathFactory, households: list[Any]) -> None:
    world = world_at(tmp_path_factory.mktemp("reading"))
    given_households = {f"H{number}": household for number, household in enumerate(households)}
    give(world, given_households)
    found = decisions(world)
    assert {name: row[:2] for name, row in found.items()} == {n: expected(h) for n, h in given_households.items()}
    for outcome, _, missing in found.values():
        assert (outcome == "undecided") == bool(missing)


CALM: dict[str, Any] = {
    "birth_date": "1990-01-01",
    "citizenship": "5100",
    "student": False,
    "convicted": False,
    "foertidspension": False,
}
ADDED: list[tuple[dict[str, Any], list[tuple[str, int]]]] = [
    ({**CALM, "citizenship": "5404"}, []),
    ({**CALM, "lease_ended_date": "2026-11-30", "lease_ended_ground": "grov_overtraedelse"}, []),
    ({**CALM, "foertidspension": True}, []),
    (CALM, [("kontanthjaelp_16_2", 6)]),
    (CALM, [("dagpenge", 6)]),
    ({**CALM, "convicted": None}, []),
]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(HOUSEHOLD, st.sampled_from(ADDED)), min_size=1, max_size=25))
def test_an_added_ground_never_lifts_a_ban(tmp_path_factory: pytest.TempPathFactory, pairs: list[Any]) -> None:
    world = world_at(tmp_path_factory.mktemp("added"))
    households = {}
    for number, ((people, area, alternative), member) in enumerate(pairs):
        households[f"{number} before"] = (people, area, alternative)
        households[f"{number} after"] = ([*people, member], area, alternative)
    give(world, households)
    found = decisions(world)
    for number in range(len(pairs)):
        before, after = found[f"{number} before"], found[f"{number} after"]
        assert set(before[1].split(";")) - {""} <= set(after[1].split(";"))
        if before[0] in ("banned", "must_assign"):
            assert after[0] == before[0]
        if before[0] == "undecided":
            assert after[0] != "allowed"
