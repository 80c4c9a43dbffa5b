"""Which rules bind which area, since when and why: by category, under the cap, and after leaving the list."""

from __future__ import annotations

from pathlib import Path

from tests.administration.worlds import Results, World

UDSAT, PREVENTIVE, FREE = "udsat_boligomraade", "forebyggelsesomraade", "ikke_omfattet"


def applying(results: Results, area: str) -> set[str]:
    return {row["rule"] for row in results.table("area_rules") if row["area_id"] == area and row["applies"] == "true"}


def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    for year in (2025, 2026):
        made.area(year, "U", UDSAT)
        made.area(year, "O", UDSAT, omdannelsesomraade=True)
        made.area(year, "F", PREVENTIVE, kom="151")
        made.area(year, "N", FREE)
        made.cap(year, "101", "not_needed", "1000 100 0")
        made.cap(year, "151", "not_needed", "1000 0 100")
    return made


def test_rules_by_category(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.seal()
    results = made.run()
    both = {"fleksibel_udlejning", "nedrivning_genhusning", "paabud"}
    assert applying(results, "U") == both | {"anvisning_stk6", "fremleje_bytte"}
    assert applying(results, "O") == both | {"anvisning_stk6", "fremleje_bytte", "afvisning_51c", "udviklingsplan"}
    assert applying(results, "F") == both | {"anvisning_stk7"}
    assert applying(results, "N") == set()
    rows = results.by("area_rules", "area_id", "rule")
    assert len(rows) == 4 * 9
    assert rows["F", "fleksibel_udlejning"]["paragraph"] == "§ 60, stk. 4"
    assert rows["U", "nedrivning_genhusning"]["paragraph"] == "§ 28, stk. 3, nr. 3"


def test_under_the_cap_only_stk_7_lapses(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.caps[2026][1] |= {"cap_exceeded": True, "decision": "missing", "homes_forebyggelse": 400}
    made.area(2026, "F2", PREVENTIVE, kom="151")
    made.homes(2026, "151", "F", 200)
    made.homes(2026, "151", "F2", 200)
    made.seal()
    open_row = made.run().by("area_rules", "area_id", "rule")["F", "anvisning_stk7"]
    exemption = made.run().by("area_rules", "area_id", "rule")["F", "undtaget_under_loftet"]
    assert (open_row["applies"], exemption["applies"]) == ("", "")
    assert "not recorded which areas" in open_row["reason"]
    made.caps[2026][1] |= {"decision": "valid", "homes_exempted": 200}
    made.area_caps[2026][0] |= {"decided": True, "decided_on": "2026-12-10", "exempted": True}
    made.seal()
    results = made.run()
    row = results.by("area_rules", "area_id", "rule")["F", "anvisning_stk7"]
    assert (row["applies"], row["since"]) == ("false", "2026-12-10")
    exemption = results.by("area_rules", "area_id", "rule")["F", "undtaget_under_loftet"]
    assert (exemption["applies"], exemption["since"], exemption["paragraph"]) == ("true", "2026-12-10", "§ 59, stk. 8")
    rest = {"fleksibel_udlejning", "nedrivning_genhusning", "paabud"}
    assert applying(results, "F") == rest | {"undtaget_under_loftet"}
    assert applying(results, "F2") == rest | {"anvisning_stk7"}
    before = made.run(day="2026-12-09").by("area_rules", "area_id", "rule")
    assert (before["F", "anvisning_stk7"]["applies"], before["F2", "anvisning_stk7"]["applies"]) == ("", "")
    made.area_caps[2026][0]["decided_on"] = "2026-11-10"
    made.seal()
    early = made.run().by("area_rules", "area_id", "rule")["F", "anvisning_stk7"]
    assert (early["applies"], early["since"]) == ("false", "2026-12-01")


def test_since_when(tmp_path: Path) -> None:
    made = World(tmp_path)
    for year in range(2019, 2027):
        made.area(year, "long", UDSAT)
        made.area(year, "break", FREE if year == 2024 else UDSAT)
        made.area(year, "first in 2021", FREE if year < 2021 else UDSAT)
        made.area(year, "new", FREE if year < 2026 else PREVENTIVE)
        made.area(year, "other", FREE if year < 2022 else PREVENTIVE if year < 2025 else UDSAT)
        made.cap(year, "101", "not_needed", "1000 100 100")
    made.seal()
    rows = made.run().by("area_rules", "area_id", "rule")
    since = {key: (row["since"], row["since_known"]) for key, row in rows.items() if row["applies"] == "true"}
    assert since["long", "fleksibel_udlejning"] == ("2019-12-01", "false")
    assert since["long", "fremleje_bytte"] == ("2021-11-30", "true")
    assert since["long", "anvisning_stk6"] == ("2021-11-30", "false")
    assert since["first in 2021", "anvisning_stk6"] == ("2021-12-01", "true")
    assert since["first in 2021", "fremleje_bytte"] == ("2021-12-01", "true")
    assert since["break", "anvisning_stk6"] == ("2025-12-01", "true")
    assert since["new", "anvisning_stk7"] == ("2026-12-01", "true")
    assert since["other", "fleksibel_udlejning"] == ("2022-12-01", "true")
    assert since["other", "anvisning_stk6"] == ("2025-12-01", "true")
    assert rows["other", "anvisning_stk7"]["reason"] == "left the list: last on the list of 2024"


def test_a_development_plan_outlives_the_listing(tmp_path: Path) -> None:
    made = World(tmp_path)
    for year, status in ((2023, FREE), (2024, UDSAT), (2025, FREE), (2026, FREE)):
        made.area(year, "P", status, omdannelsesomraade=year == 2024)
        made.area(year, "R", FREE)
        made.cap(year, "101", "not_needed", "1000 100 0")
    made.seal()
    made.give("development_plans", {"area_id": "R", "approved_on": "2019-06-01", "completed_on": "2026-06-01"})
    rows = made.run().by("area_rules", "area_id", "rule")
    stk6, plan = rows["P", "anvisning_stk6"], rows["P", "udviklingsplan"]
    assert (stk6["applies"], stk6["since"], stk6["until"]) == ("true", "2024-12-01", "2030-01-01")
    assert "in 2024" in stk6["reason"]
    assert (plan["applies"], plan["since"], plan["since_known"], plan["until"]) == (
        "true",
        "2024-12-01",
        "true",
        "2030-01-01",
    )
    assert "left the list" in plan["reason"]
    assert rows["P", "fleksibel_udlejning"]["applies"] == "false"
    assert rows["P", "fleksibel_udlejning"]["reason"] == "left the list: last on the list of 2024"
    assert rows["R", "udviklingsplan"]["applies"] == "false"
    assert rows["R", "udviklingsplan"]["since"] == "2026-06-01"


def test_a_plan_area_that_comes_back_is_under_stk_6_by_the_list_alone(tmp_path: Path) -> None:
    """Its plan had ended with the fourth list in a row without it."""
    made = World(tmp_path)
    for year in range(2018, 2027):
        made.area(year, "back", UDSAT if year in (2018, 2026) else FREE, omdannelsesomraade=year == 2018)
        made.area(year, "soon back", UDSAT if year in (2018, 2022, 2026) else FREE, omdannelsesomraade=year == 2018)
        made.area(year, "left again", UDSAT if year in (2018, 2023) else FREE, omdannelsesomraade=year == 2018)
    made.seal()
    rows = made.run().by("area_rules", "area_id", "rule")
    found = {name: rows[name, "anvisning_stk6"] for name in ("back", "soon back", "left again")}
    assert {name: (row["applies"], row["since"], row["since_known"]) for name, row in found.items()} == {
        "back": ("true", "2026-12-01", "true"),
        "soon back": ("true", "2021-11-30", "false"),
        "left again": ("false", "", ""),
    }
