"""The minimal sets of areas to exempt, against trying every subset; and the cap tables beside the decision."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.administration.cap import share_text
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


def world_with(
    tmp_path: Path,
    homes: dict[str, int],
    cap: str,
    decision: str = "missing",
    exempted: tuple[str, ...] = (),
    over_exempted: bool = False,
) -> World:
    made = World(tmp_path)
    for area, number in homes.items():
        made.area(2026, area, "udsat_boligomraade" if area.startswith("U") else "forebyggelsesomraade", kom="151")
        counts = area in exempted and decision != "not_allowed"
        made.homes(2026, "151", area, number, "2026-12-10" if area in exempted else None, counts)
    made.area(2026, "elsewhere", "forebyggelsesomraade", kom="101")
    taken = 0 if decision == "not_allowed" else sum(homes[area] for area in exempted)
    made.cap(2026, "151", decision, cap, taken, over_exempted)
    made.cap(2026, "101", "not_needed", "1000 0 50")
    made.seal()
    return made


HOMES = {"U": 200, "F1": 100, "F2": 60, "F3": 50, "F4": 0}


def test_options_beside_the_decision(tmp_path: Path) -> None:
    results = world_with(tmp_path, HOMES, "1000 200 210", "valid", ("F2", "F3")).run()
    decision = results.by("cap_decisions", "kom")["151"]
    assert decision["homes_to_exempt"] == "110"
    assert (decision["options"], decision["options_state"]) == ("3", "found")
    assert (decision["areas_exempted"], decision["decision"], decision["over_exempted"]) == ("F2;F3", "valid", "false")
    assert (decision["homes_exempted"], decision["covered_homes"], decision["covered_share"]) == (
        "110",
        "300",
        "0.3000000000",
    )
    assert [
        (o["areas"], o["homes_exempted"], o["covered_homes"], o["is_the_decision"])
        for o in results.table("cap_options")
    ] == [
        ("F2;F3", "110", "300", "true"),
        ("F1;F3", "150", "260", "false"),
        ("F1;F2", "160", "250", "false"),
    ]
    assert results.by("cap_decisions", "kom")["101"]["options_state"] == "not_needed"


def test_options_before_the_council_decides(tmp_path: Path) -> None:
    results = world_with(tmp_path, HOMES, "1000 200 210").run()
    row = results.by("cap_decisions", "kom")["151"]
    assert (row["areas_exempted"], row["decision"], row["options"]) == ("", "missing", "3")
    assert [option["is_the_decision"] for option in results.table("cap_options")] == ["false"] * 3


def test_a_decision_with_more_than_needed_is_none_of_the_options(tmp_path: Path) -> None:
    results = world_with(tmp_path, HOMES, "1000 200 210", "valid", ("F1", "F2", "F3"), over_exempted=True).run()
    row = results.by("cap_decisions", "kom")["151"]
    assert (row["areas_exempted"], row["over_exempted"], row["covered_homes"]) == ("F1;F2;F3", "true", "200")
    assert {option["is_the_decision"] for option in results.table("cap_options")} == {"false"}


def test_when_no_set_is_enough(tmp_path: Path) -> None:
    world = world_with(tmp_path, {"U": 400, "F1": 100, "F2": 60}, "1000 400 160", "cap_unreachable", ("F1", "F2"))
    results = world.run()
    row = results.by("cap_decisions", "kom")["151"]
    assert (row["options"], row["options_state"], row["decision"]) == ("0", "none", "cap_unreachable")
    assert results.table("cap_options") == []


def test_homes_that_stand_in_another_municipality_cannot_be_exempted(tmp_path: Path) -> None:
    """Of F1's 100 homes 20 stand in 101: they count there, where no council can exempt them."""
    made = World(tmp_path)
    for area, homes in (("F1", 80), ("F2", 60)):
        made.area(2026, area, "forebyggelsesomraade", kom="151")
        made.homes(2026, "151", area, homes)
    made.homes(2026, "101", "F1", 20)
    made.area(2026, "G", "forebyggelsesomraade", kom="101")
    made.homes(2026, "101", "G", 30)
    made.cap(2026, "101", "missing", "100 0 50")
    made.cap(2026, "151", "missing", "400 0 140")
    made.seal()
    results = made.run()
    assert {(o["kom"], o["areas"], o["covered_homes"]) for o in results.table("cap_options")} == {
        ("151", "F1", "60"),
        ("151", "F2", "80"),
        ("101", "G", "20"),
    }


def test_a_decision_that_was_not_allowed_is_shown_and_ignored(tmp_path: Path) -> None:
    row = (
        world_with(tmp_path, {"F1": 100}, "1000 0 100", "not_allowed", ("F1",)).run().by("cap_decisions", "kom")["151"]
    )
    assert (row["areas_exempted"], row["decision"], row["homes_exempted"], row["options_state"]) == (
        "F1",
        "not_allowed",
        "0",
        "not_needed",
    )


def test_an_edition_sealed_without_the_areas_has_no_options(tmp_path: Path) -> None:
    world = world_with(tmp_path, {"F1": 100, "F2": 60}, "300 0 160", "valid", ("F1",))
    world.area_caps.clear()
    (world.home / "editions" / "2026" / "area_cap.csv").unlink()
    world.seal()
    row = world.run().by("cap_decisions", "kom")["151"]
    assert (row["options"], row["options_state"], row["areas_exempted"]) == ("", "homes_missing", "")
    assert (row["decision"], row["homes_exempted"], row["homes_to_exempt"]) == ("valid", "100", "70")


def test_a_file_that_was_not_sealed_is_not_read(tmp_path: Path) -> None:
    """An older edition beside which someone has laid an area_cap of their own."""
    world = world_with(tmp_path, {"F1": 100, "F2": 60}, "300 0 160", "valid", ("F1",))
    world.area_caps.clear()
    world.seal()
    assert (world.home / "editions" / "2026" / "area_cap.csv").is_file()
    assert world.run().by("cap_decisions", "kom")["151"]["options_state"] == "homes_missing"


def test_a_share_is_rounded_half_up_from_the_exact_fraction() -> None:
    assert share_text(1, 3) == Decimal("0.3333333333")
    assert share_text(1, 2 * 10**10) == Decimal("0.0000000001")
    assert share_text(5 * 10**29 - 1, 10**40) == Decimal(0)
    assert f"{share_text(0, 7):f}" == "0.0000000000"


def test_at_most_the_limit_s_share_is_covered_where_it_is_no_whole_number(tmp_path: Path) -> None:
    """30 pct. of 1,001 homes are 300.3: 300 may be covered, and 301 are more than 30 pct."""
    decision = world_with(tmp_path, HOMES, "1001 200 210").run().by("cap_decisions", "kom")["151"]
    assert decision["homes_to_exempt"] == "110"
