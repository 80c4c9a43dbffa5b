"""The minimal sets of areas to exempt, against trying every subset; and the cap tables beside the decision."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.administration.cap_choice import minimal_sets
from tests.administration.worlds import World


def every_minimal_set(homes: dict[str, int], must_leave: int) -> set[tuple[str, ...]]:
    """By trying every subset: enough, and not enough without any one of its areas."""
    found = set()
    for size in range(len(homes) + 1):
        for chosen in combinations(sorted(homes), size):
            total = sum(homes[area] for area in chosen)
            if total >= must_leave and all(total - homes[area] < must_leave for area in chosen):
                found.add(chosen)
    return found


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), max_size=9), st.integers(-3, 60))
def test_exactly_the_minimal_sets(sizes: list[int], must_leave: int) -> None:
    homes = {f"area {number}": size for number, size in enumerate(sizes)}
    found = list(minimal_sets(homes, must_leave))
    assert len(found) == len(set(found))
    assert set(found) == every_minimal_set(homes, must_leave)


def world_with(tmp_path: Path, homes: dict[str, int], cap: str, decision: str = "missing", exempted: int = 0) -> World:
    made = World(tmp_path)
    for area in homes:
        made.area(2026, area, "udsat_boligomraade" if area.startswith("U") else "forebyggelsesomraade", kom="151")
    made.area(2026, "elsewhere", "forebyggelsesomraade", kom="101")
    made.cap(2026, "151", decision, cap, exempted)
    made.cap(2026, "101", "not_needed", "1000 0 50")
    made.seal()
    made.give("area_homes", *({"area_id": area, "family_homes": number} for area, number in homes.items()))
    return made


HOMES = {"U": 200, "F1": 100, "F2": 60, "F3": 50, "F4": 0}


def test_options_beside_the_decision(tmp_path: Path) -> None:
    world = world_with(tmp_path, HOMES, "1000 200 210")
    exempted = [
        {"exempted_list_year": 2026, "kom": "151", "area_id": a, "decided_on": "2026-12-10"} for a in ("F2", "F3")
    ]
    world.give("cap_exemptions", *exempted)
    results = world.run()
    decision = results.by("cap_decisions", "kom")["151"]
    assert decision["homes_to_exempt"] == "110"
    assert (decision["options"], decision["options_state"]) == ("3", "found")
    assert (decision["decision"], decision["over_exempted"]) == ("valid", "false")
    assert (decision["homes_exempted"], decision["covered_homes"], decision["covered_share"]) == (
        "110",
        "300",
        "0.3000000000",
    )
    assert decision["edition_decision"] == "missing"
    assert [
        (o["areas"], o["homes_exempted"], o["covered_homes"], o["is_the_decision"])
        for o in results.table("cap_options")
    ] == [
        ("F2;F3", "110", "300", "true"),
        ("F1;F3", "150", "260", "false"),
        ("F1;F2", "160", "250", "false"),
    ]
    assert results.by("cap_decisions", "kom")["101"]["options_state"] == "not_needed"


@pytest.mark.parametrize(
    ("exempted", "decision", "over"),
    [
        (("F1", "F2", "F3"), "valid", "true"),
        (("F1", "F3", "F4"), "valid", "true"),
        (("F1",), "insufficient", "false"),
        ((), "missing", "false"),
    ],
)
def test_what_a_decision_comes_to(tmp_path: Path, exempted: tuple[str, ...], decision: str, over: str) -> None:
    world = world_with(tmp_path, HOMES, "1000 200 210")
    world.give(
        "cap_exemptions",
        *({"exempted_list_year": 2026, "kom": "151", "area_id": a, "decided_on": "2026-12-10"} for a in exempted),
    )
    row = world.run().by("cap_decisions", "kom")["151"]
    assert (row["decision"], row["over_exempted"]) == (decision, over)


def test_when_no_set_is_enough(tmp_path: Path) -> None:
    world = world_with(tmp_path, {"U": 400, "F1": 100, "F2": 60}, "1000 400 160")
    world.give(
        "cap_exemptions",
        *({"exempted_list_year": 2026, "kom": "151", "area_id": a, "decided_on": "2026-12-10"} for a in ("F1", "F2")),
    )
    results = world.run()
    row = results.by("cap_decisions", "kom")["151"]
    assert (row["options"], row["options_state"], row["decision"]) == ("0", "none", "cap_unreachable")
    assert results.table("cap_options") == []


def test_no_options_on_homes_that_are_missing_or_do_not_add_up(tmp_path: Path) -> None:
    missing = world_with(tmp_path / "a", {"F1": 100, "F2": 60}, "300 0 160")
    missing.give("area_homes", {"area_id": "F1", "family_homes": 100})
    row = missing.run().by("cap_decisions", "kom")["151"]
    assert (row["options"], row["options_state"]) == ("", "homes_missing")
    other = world_with(tmp_path / "b", {"F1": 100, "F2": 61}, "300 0 160")
    assert other.run().by("cap_decisions", "kom")["151"]["options_state"] == "homes_differ_from_edition"
