"""The dated code lists: one row a day for each code, with source and status, and the law's classes."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

import law
from law.loader import load_law

LAW = load_law()
FOLDER = Path(law.__file__).parent / "code_lists"
NAMES = sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.csv"))
DAYS = [dt.date(year, month, 1) for year in range(2018, 2036) for month in (1, 12)]


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def on(name: str, day: dt.date) -> list[dict[str, str]]:
    text = day.isoformat()
    return [r for r in rows(name) if r["valid_from"] <= text and (not r["valid_to"] or text < r["valid_to"])]


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_dated_and_says_how_it_is_known(name: str) -> None:
    assert rows(name)
    for row in rows(name):
        assert dt.date.fromisoformat(row["valid_from"])
        assert not row["valid_to"] or row["valid_from"] < row["valid_to"]
        assert row["status"].split()[0] in {"VERIFIED", "INFERRED", "RECALLED", "OPEN", "PROPOSED"}
        assert row["source"] or row["status"] != "VERIFIED"


@pytest.mark.parametrize("name", NAMES)
def test_a_code_has_one_row_a_day(name: str) -> None:
    for day in DAYS:
        codes = Counter(next(iter(row.values())) for row in on(name, day))
        assert max(codes.values()) == 1, day


@pytest.mark.parametrize("day", DAYS)
def test_every_municipality_is_in_a_region_of_its_day(day: dt.date) -> None:
    municipalities = on("municipalities", day)
    regions = {row["reg"] for row in on("regions", day)}
    assert len(municipalities) == 99
    assert {row["kom"] for row in municipalities if not row["reg"]} == {"411"}
    assert {row["reg"] for row in municipalities if row["reg"]} == regions
    assert len(regions) == (5 if day < dt.date(2027, 1, 1) else 4)


def test_hovedstaden_and_sjaelland_are_one_region_from_2027() -> None:
    before, after = (
        {row["kom"]: row["reg"] for row in on("municipalities", day)}
        for day in (dt.date(2026, 12, 31), dt.date(2027, 1, 1))
    )
    moved = {kom for kom in before if before[kom] in {"84", "85"}}
    assert len(moved) == 46
    assert {after[kom] for kom in moved} == {"84"}
    assert all(after[kom] == before[kom] for kom in before if kom not in moved)
    assert LAW.in_force(dt.date(2027, 1, 1))["valg.merged_region_code"].value == "code_84"
    assert [row["name"] for row in on("regions", dt.date(2027, 1, 1)) if row["reg"] == "84"] == ["Østdanmark"]


def test_the_classes_that_the_law_names_are_in_the_code_lists() -> None:
    values = LAW.for_list_year(2025)

    def codes(name: str) -> set[str]:
        value = values[name].value
        assert isinstance(value, tuple)
        return set(value)

    assert codes("opgoerelse.convicted_offence_classes") == {r["offence_class"] for r in rows("ger_codes")} - {""}
    assert codes("opgoerelse.convicted_sanction_classes") <= {r["sanction_class"] for r in rows("afg_afgtyp3")}
    assert codes("opgoerelse.western_country_groups") == {r["country_group"] for r in rows("countries")} - {
        "ikke-vestlig"
    }
    assert codes("opgoerelse.primary_only_levels") == {r["level"] for r in rows("hfaudd_grundskole")}
    assert codes("opgoerelse.primary_only_sources_not_counted") <= {r["hf_kilde"] for r in rows("hf_kilde")}
    assert codes("opgoerelse.income_excluded_socio13") <= {r["socio13"] for r in rows("socio13")}
    assert codes("anvisning.citizenship_groups") == {r["citizenship_group"] for r in rows("eu_eoes_countries")}


def test_offence_prefixes_of_the_three_acts() -> None:
    short = {r["ger_prefix"]: r["offence_class"] for r in rows("ger_codes") if len(r["ger_prefix"]) <= 2}
    assert (short["1"], short["34"], short["32"]) == ("straffelov", "vaabenlov", "euforiserende_stoffer")
    assert not any(short[prefix] for prefix in ("0", "2", "3", "36", "38"))


def test_countries_of_the_eu_and_the_eea() -> None:
    countries = {r["country_code"]: r["name_da"] for r in rows("countries")}
    assert all(countries[r["country_code"]] == r["name_da"] for r in rows("eu_eoes_countries"))
    members = [r for r in on("eu_eoes_countries", dt.date(2025, 12, 1)) if r["citizenship_group"] == "eu"]
    assert len(members) == 26
    british = [
        day
        for day in (dt.date(2020, 1, 31), dt.date(2020, 2, 1))
        if any(r["name_da"] == "Storbritannien" for r in on("eu_eoes_countries", day))
    ]
    assert british == [dt.date(2020, 1, 31)]
