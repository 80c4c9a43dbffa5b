"""A scenario derives only what depends on what was set, and comes out as if everything had been derived."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from assets.aside import put_law
from law.loader import list_day
from pipelines.scenario import Laid, ScenarioError, default_name, grid
from tests.deriving import (
    LAW,
    PUBLISHED,
    SMALL,
    database,
    derive,
    fill_registers,
    published_rows,
    rows_of,
    small_country,
)

ROOT = Path(__file__).resolve().parent.parent.parent
BASE = LAW.with_values(SMALL)
DAY = list_day(2026)


SETTINGS = {
    "udsat_boligomraade.residents": "12",
    "udsat_boligomraade.criteria_needed": "3",
    "udsat_boligomraade.income": "60 pct",
    "parallelsamfund.nonwestern": "10 pct",
    "forebyggelsesomraade.nonwestern": "90 pct",
    "omdannelsesomraade.years": "3",
    "anvisningsloft.share": "99 pct",
    "anvisningsloft.home_categories": "familiebolig, ungdomsbolig",
    "opgoerelse.income_age_to": "40",
    "opgoerelse.convicted_offence_classes": "straffelov",
    "opgoerelse.nonwestern_ie_types": "2",
    "opgoerelse.primary_only_levels": "grundskole",
    "opgoerelse.convicted_year_offset_1": "-2",
    "valg.fines": "counted",
}
"""Parameters of every kind that the derivation reads: limits, counts, codes, code lists, years, choices."""


def test_each_way_of_reading_the_law_gives_what_deriving_everything_gives() -> None:
    registers, tables = small_country(random.Random(1)), [table.table for table in PUBLISHED]
    moved = set()
    with database(BASE) as con, database(BASE) as whole:
        for opened in (con, whole):
            fill_registers(opened, registers)
            derive(opened, *tables)
        before = published_rows(con)
        laid = Laid(con, 2026, BASE.in_force(DAY), DAY)
        for name, other in SETTINGS.items():
            values = BASE.with_values({name: other}).in_force(DAY)
            laid.change(values, DAY)
            put_law(whole, values, 2026, DAY)
            derive(whole, *tables)
            after = published_rows(con)
            assert after == published_rows(whole), name
            if after != before:
                moved.add(name)
        laid.change(BASE.in_force(DAY), DAY)
        assert published_rows(con) == before
    assert moved == set(SETTINGS)


def test_a_limit_leaves_the_registers_unread() -> None:
    with database(BASE) as con:
        fill_registers(con, small_country(random.Random(1)))
        derive(con, *(table.table for table in PUBLISHED))
        laid = Laid(con, 2026, BASE.in_force(DAY), DAY)
        anew = laid.change(BASE.with_values({"forebyggelsesomraade.nonwestern": "10 pct"}).in_force(DAY), DAY)
    assert anew[0] == "criteria.criteria_met"
    assert "status.area_status" in anew
    assert "cap.municipal_cap" in anew
    assert not {"criteria.residents", "criteria.outside", "cap.family_homes", "criteria.area_figures"} & set(anew)


def test_fines_count_only_where_they_are_chosen_to() -> None:
    registers = small_country(random.Random(3))
    registers["kraf"] = [{**row, "sanction_class": 2, "offence_class": "straffelov"} for row in registers["kraf"]]
    convicted = {}
    for choice in ("not_counted", "counted"):
        with database(BASE.with_values({"valg.fines": choice})) as con:
            fill_registers(con, registers)
            derive(con, *(table.table for table in PUBLISHED))
            query = (
                "SELECT sum(convicted_y1) AS here, any_value(national_convicted_y1) AS all FROM criteria.area_figures"
            )
            convicted[choice] = rows_of(con, query)[0]
    assert convicted["not_counted"] == {"here": 0, "all": 0}
    assert convicted["counted"]["all"] > convicted["counted"]["here"] > 0


def test_a_split_area_has_its_predecessors_years_only_where_chosen() -> None:
    registers = small_country(random.Random(3))
    registers["liste"] = [
        {"list_year": 2026, "reference_year": year, "area_id": "VEST", "liste": "parallelsamfund"}
        for year in (2022, 2023, 2025)
    ]
    found = {}
    for choice in ("own_history", "predecessor_history"):
        with database(BASE.with_values({"valg.split_area_history": choice})) as con:
            fill_registers(con, registers)
            con.execute("INSERT INTO published.editions VALUES (2025, 1, '')")
            con.execute(
                "INSERT INTO published.parallelsamfund_history VALUES (2025, 2025, 'VEST', true, 'denne_liste')"
            )
            derive(con, *(table.table for table in PUBLISHED))
            query = """
                SELECT year FROM status.parallelsamfund_history
                WHERE area_id = 'VEST-B' AND parallelsamfund AND year < 2026 ORDER BY year
            """
            found[choice] = [row["year"] for row in rows_of(con, query)]
            con.execute(
                "INSERT INTO published.parallelsamfund_history VALUES (2025, 2025, 'VEST-B', false, 'denne_liste')"
            )
            derive(con, "status.parallelsamfund_history")
            found[f"{choice}, own edition"] = [row["year"] for row in rows_of(con, query)]
    assert found == {
        "own_history": [],
        "own_history, own edition": [],
        "predecessor_history": [2022, 2023, 2025],
        "predecessor_history, own edition": [2022, 2023],
    }


def test_a_grid_is_every_combination_after_the_law_as_it_is() -> None:
    points = grid(["forebyggelsesomraade.nonwestern=20pct:30pct:5pct,40pct", "udsat_boligomraade.residents=900,1000"])
    assert [point.number for point in points] == list(range(9))
    assert points[0].settings == {}
    assert points[1].settings == {
        "forebyggelsesomraade.nonwestern": "20 pct",
        "udsat_boligomraade.residents": "900",
    }
    assert [point.settings["forebyggelsesomraade.nonwestern"] for point in points[1::2]] == [
        "20 pct",
        "25 pct",
        "30 pct",
        "40 pct",
    ]


def test_a_range_of_counts_and_sets_of_codes() -> None:
    counts = grid(["udsat_boligomraade.residents=900:1100:100"])[1:]
    assert [point.settings["udsat_boligomraade.residents"] for point in counts] == ["900", "1000", "1100"]
    codes = grid(["opgoerelse.convicted_sanction_classes=1,2;1"])[1:]
    assert [point.settings["opgoerelse.convicted_sanction_classes"] for point in codes] == ["1, 2", "1"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["forebyggelsesomraade.nonwestern"], "sets nothing"),
        (["forebyggelsesomraade.nonwestern="], "sets nothing"),
        (["forebyggelsesomraade.ikkevestlig=30pct"], "no such parameter"),
        (["anvisning.release_months=3"], "does not decide who is on a list"),
        (["forebyggelsesomraade.nonwestern=30"], "outside what a share can be"),
        (["forebyggelsesomraade.nonwestern=30pct", "forebyggelsesomraade.nonwestern=40pct"], "set twice"),
        (["forebyggelsesomraade.nonwestern=40pct:20pct:5pct"], "goes upwards"),
        (["forebyggelsesomraade.nonwestern=20pct:40pct"], "first:last:step"),
        (["forebyggelsesomraade.nonwestern=20pct:40pct:0pct"], "above zero"),
        (["udsat_boligomraade.residents=900:1000:0.5"], "no whole number"),
        (["udsat_boligomraade.residents=1:100000:1"], "larger steps"),
        (["valg.fines=perhaps"], "not among the choices"),
    ],
)
def test_what_cannot_be_set_is_told_in_one_line(settings: list[str], told: str) -> None:
    with pytest.raises(ScenarioError) as error:
        grid(settings)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_long_name_is_cut_and_stays_its_own() -> None:
    many = [f"forebyggelsesomraade.nonwestern={share}pct" for share in range(20, 40)]
    names = {default_name([2026], many[:count], None) for count in range(1, 20)}
    assert len(names) == 19
    assert all(len(name) <= 60 for name in names)


def test_everything_that_can_be_set_is_read_by_the_derivation() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "sql").rglob("*.sql"))]
    texts += [path.read_text(encoding="utf-8") for path in sorted((ROOT / "assets").rglob("*.py"))]
    held = ("udsat_boligomraade", "forebyggelsesomraade", "parallelsamfund")
    unread = [
        name
        for name, parameter in LAW.parameters.items()
        if len(parameter.computed) != 1
        and not (parameter.operator and name.split(".")[0] in held)
        and not any(name in text for text in texts)
    ]
    assert unread == []
