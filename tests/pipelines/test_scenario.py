"""Scenarios, explanations and another day's law through the command, on one area that misses a list by one resident."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from law.loader import statistics_law
from pipelines import scenario_chart
from pipelines.scenario_chart import chart
from tests.accessibility import BROWSER, NEEDS_A_BROWSER, checked
from tests.command import csv_table, edition, file_bytes, manifest, run_cli, run_list
from tests.populations import World, write_snapshots

YEAR = 2026
NOTICE = "Scenarie - ikke en officiel liste"
LOWER = "forebyggelsesomraade.nonwestern=29pct"
SUMMARY_COLUMNS = (
    *("udsatte_boligomraader", "parallelsamfund", "omdannelsesomraader", "forebyggelsesomraader"),
    *("enters", "leaves", "moves", "residents_listed", "family_homes_listed", "homes_covered"),
    "municipalities_over_cap",
)
WIDEST_LETTER = 6.2
"""Pixels that a letter of a chart's label takes in DejaVu Sans."""


def world() -> World:
    """KANT: 1,000 residents, exactly 30 pct non-western, all with only grundskole and 60 pct of the region's income."""
    country = World((YEAR,))
    area = country.area("KANT", "751").homes(40)
    for person in area.crowd(700, "1990-06-15", "dansk"):
        person.earning("180000")
    for person in area.crowd(300, "1990-06-15", "ikkevestlig", IE_TYPE="2", OPR_LAND="5172"):
        person.earning("180000")
    for n in range(200):
        country.person(f"uden-for-{n}", "1990-06-15", KOM="751").earning("900000").educated()
    country.outside_homes("751", 60)
    return country


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenario")
    sealed = run_list(YEAR, write_snapshots(world(), folder / "snapshots"), folder / "home")
    assert sealed.code == 0, sealed.output[-3000:]
    return folder / "home"


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_an_area_enters_and_the_cap_follows(home: Path) -> None:
    before = file_bytes(edition(home, YEAR))
    done = run_cli("scenario", "--home", home, "--list-year", YEAR, "--set", LOWER, "--name", "graense-29")
    assert done.code == 0, done.output
    assert NOTICE in done.output
    folder = home / "scenarios" / "graense-29"
    (area,) = rows(folder, "areas")
    assert (area["status_before"], area["status_after"], area["change"]) == (
        "ikke_omfattet",
        "forebyggelsesomraade",
        "enters",
    )
    assert [(row["point"], row["forebyggelsesomraader"], row["enters"]) for row in rows(folder, "summary")] == [
        ("0", "0", "0"),
        ("1", "1", "1"),
    ]
    assert rows(folder, "summary")[1]["residents_listed"] == "1000"
    (municipality,) = rows(folder, "municipalities")
    assert (municipality["cap_exceeded_before"], municipality["cap_exceeded_after"]) == ("false", "true")
    assert (municipality["covered_homes_before"], municipality["covered_homes_after"]) == ("0", "40")
    assert file_bytes(edition(home, YEAR)) == before


def test_a_share_of_nothing_has_ten_digits_as_in_the_edition(home: Path) -> None:
    run_cli("scenario", "--home", home, "--list-year", YEAR, "--set", LOWER, "--name", "nul")
    (municipality,) = rows(home / "scenarios" / "nul", "municipalities")
    assert (municipality["share_before"], municipality["share_after"]) == ("0.0000000000", "0.4000000000")
    assert municipality["covered_share_before"] == "0.0000000000"
    told = json.loads(run_cli("explain", "--home", home, "--list-year", YEAR, "KANT", "--json").output)
    assert told["figures"]["convicted_share"] == csv_table(home, YEAR, "area_criteria")[0]["convicted_share"]
    assert told["figures"]["convicted_share"] == told["cap"]["share"] == "0.0000000000"
    assert told["figures"]["income_ratio"] == csv_table(home, YEAR, "area_criteria")[0]["income_ratio"]


def test_every_file_says_that_it_is_no_official_list(home: Path) -> None:
    run_cli("scenario", "--home", home, "--list-year", YEAR, "--set", LOWER, "--name", "maerket")
    files = {path.name: path.read_text(encoding="utf-8") for path in (home / "scenarios" / "maerket").iterdir()}
    assert set(files) == {"areas.csv", "summary.csv", "municipalities.csv", "scenarie.html", "scenario.json"}
    for name, text in files.items():
        assert NOTICE in text, name
    for table in ("areas", "summary", "municipalities"):
        assert {row["note"] for row in rows(home / "scenarios" / "maerket", table)} == {NOTICE}
    assert "<svg" in files["scenarie.html"]
    assert "<script" not in files["scenarie.html"]
    assert "src=" not in files["scenarie.html"]


def test_the_page_can_be_read_without_knowing_the_codes(home: Path) -> None:
    two = ("--set", "forebyggelsesomraade.nonwestern=29pct,31pct", "--set", "udsat_boligomraade.criteria_needed=2,3")
    assert run_cli("scenario", "--home", home, "--list-year", YEAR, *two, "--name", "side").code == 0
    text = (home / "scenarios" / "side" / "scenarie.html").read_text(encoding="utf-8")
    assert f"<h1>Listerne {YEAR} under andre regler eller læsninger end de gældende</h1>" in text
    assert "<li>forebyggelsesområde: ikke-vestlige: over 29 pct. · over 31 pct. <code>" in text
    assert "<td>Aarhus (751)</td>" in text
    assert '<td class="number">1.000</td>' in text
    assert "<th></th>" not in text
    for table in text.split("<table>")[1:]:
        head, *body = (row for row in table.split("</table>")[0].split("<tr>")[1:])
        assert {len(re.findall("<t[dh]", row)) for row in body} == {head.count('<th scope="col"')}
        assert {row.count('<th scope="row"') for row in body} == {1}
    assert text.count("<caption") == text.count("<table>") == 2


def test_the_page_tells_an_area_without_a_registered_name_by_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario_chart, "chart", lambda _: "")
    area = {"list_year": YEAR, "setting": "x", "kom": "751", "area_id": "O-1", "area_name": None, "change": "enters"}
    before = {"status_before": "ikke_omfattet", "parallelsamfund_before": False, "omdannelsesomraade_before": False}
    after = {"status_after": "udsat_boligomraade", "parallelsamfund_after": False, "omdannelsesomraade_after": False}
    text = scenario_chart.page("navn", {}, [], [{**area, **before, **after}], False)
    assert "<td>Aarhus (751)</td><td>O-1</td>" in text


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("gældende lov", "gældende lov"),
        ("loven pr. 2020-12-01", "loven pr. 2020-12-01"),
        ("forebyggelsesomraade.nonwestern = 30.5 pct", "forebyggelsesområde: ikke-vestlige over 30,5 pct."),
        ("udsat_boligomraade.residents = 900", "udsat boligområde: beboere mindst 900"),
        ("udsat_boligomraade.income = 55 pct", "udsat boligområde: indkomst, af regionens under 55 pct."),
        (
            "udsat_boligomraade.convicted = 2.5; valg.fines = counted",
            "udsat boligområde: dømte, gange landet mindst 2,5; dømte: bøder tæller med",
        ),
    ],
)
def test_the_page_says_what_is_set_in_danish(setting: str, words: str) -> None:
    assert scenario_chart.said(setting) == words


def test_every_reading_that_a_scenario_can_try_is_said_in_danish() -> None:
    readings = {
        name: set(parameter.computed)
        for name, parameter in statistics_law().parameters.items()
        if parameter.label and len(parameter.computed) > 1
    }
    assert {name: set(words) for name, words in scenario_chart.READINGS.items()} == readings


def test_the_page_of_several_list_years_names_them_and_each_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario_chart, "chart", lambda _: "")
    row = dict.fromkeys(("setting", *SUMMARY_COLUMNS), 0) | {"setting": "gældende lov"}
    text = scenario_chart.page("navn", {}, [{**row, "list_year": year} for year in (2024, 2025, 2026)], [], False)
    assert "<h1>Listerne 2024, 2025 og 2026 under andre regler eller læsninger end de gældende</h1>" in text
    assert "som hvert års udgave bygger på" in text


def test_every_quantity_that_a_scenario_can_set_has_a_danish_name_of_its_own() -> None:
    settable = [
        parameter
        for name, parameter in statistics_law().parameters.items()
        if not name.startswith("betegnelse.") and len(parameter.computed) != 1
    ]
    of_lists = [parameter for parameter in settable if parameter.unit != "choice"]
    assert [parameter.name for parameter in of_lists if not parameter.label] == []
    labels = [parameter.label for parameter in settable if parameter.label]
    assert len(labels) == len(set(labels)) > len(of_lists)


def test_no_label_of_the_chart_begins_left_of_its_picture_in_a_wide_font() -> None:
    rows = [
        {"list_year": YEAR, "setting": setting, "parallelsamfund": 1, "udsatte_boligomraader": 2}
        | {"forebyggelsesomraader": 3, "residents_listed": 4, "homes_covered": 5}
        for setting in ("gældende lov", "forebyggelsesomraade.nonwestern = 25 pct; udsat_boligomraade.residents = 900")
    ]
    drawn = ElementTree.fromstring(chart(rows))
    begins: dict[str, float] = {}

    def walk(node: ElementTree.Element, x: float, anchor: str) -> None:
        moved = re.match(r"translate\(([-\d.]+)", node.get("transform", ""))
        x += float(moved[1]) if moved else 0
        anchor = node.get("text-anchor", anchor)
        if anchor == "end" and node.text:
            begins[node.text] = x - WIDEST_LETTER * len(node.text)
        for child in node:
            walk(child, x, anchor)

    walk(drawn, 0, "")
    assert {"gældende lov", "forebyggelsesomraade.nonwestern = 25 pct", "udsat_boligomraade.residents = 900"} <= set(
        begins
    )
    assert min(begins.values()) >= 0


def test_the_same_scenario_is_the_same_bytes(home: Path) -> None:
    for name in ("en-gang", "en-gang-til"):
        run_cli("scenario", "--home", home, "--list-year", YEAR, "--set", f"{LOWER},31pct", "--name", name)
    first, second = (file_bytes(home / "scenarios" / name) for name in ("en-gang", "en-gang-til"))
    first["scenarie.html"] = first["scenarie.html"].replace(b"en-gang", b"en-gang-til")
    assert first == second


def test_another_days_law_gives_a_scenario_and_no_edition(home: Path) -> None:
    before = file_bytes(home / "editions")
    done = run_cli("run", "--list-year", YEAR, "--home", home, "--law-as-of", "2020-12-01")
    assert done.code == 0, done.output
    assert rows(home / "scenarios" / "2026_lov-2020-12-01", "summary")[1]["setting"] == "loven pr. 2020-12-01"
    assert file_bytes(home / "editions") == before
    older = run_cli("run", "--list-year", YEAR, "--home", home, "--law-as-of", "2015-12-01")
    assert older.code == 1
    assert "classify" in older.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--list-year", "2025", "--set", LOWER], "no sealed edition of list year 2025"),
        (["--list-year", "2026", "--set", "opgoerelse.income_year_offset=-3"], "akm/2023"),
        (["--list-year", "2026", "--set", "omdannelsesomraade.years=9"], "list of 2018"),
        (["--list-year", "2026", "--set", LOWER, "--name", "../editions"], "no name of a scenario"),
    ],
)
def test_what_cannot_be_derived_is_told_in_one_line(home: Path, arguments: list[str], told: str) -> None:
    done = run_cli("scenario", "--home", home, *arguments)
    assert done.code == 1
    assert told in done.output
    assert len([line for line in done.lines if line.strip()]) == 1


def test_explain_names_the_one_resident_that_decides(home: Path) -> None:
    assert csv_table(home, YEAR, "area_status")[0]["status"] == "ikke_omfattet"
    text = run_cli("explain", "--home", home, "--list-year", YEAR, "KANT")
    assert "margin: 1 more non-western resident would flip it" in text.output
    assert "1 more non-western resident: forebyggelsesområde" in text.output
    told = json.loads(run_cli("explain", "--home", home, "--list-year", YEAR, "KANT", "--json").output)
    status = next(row for row in told["margins"] if row["category"] == "status")
    assert (status["persons"], status["change"], status["leads_to"]) == (1, "nonwestern +1", "forebyggelsesomraade")
    held = {(row["category"], row["criterion"]): row for row in told["criteria"]}
    assert held["forebyggelsesomraade", "nonwestern"]["paragraph"] == "§ 61 b"
    inputs = {(item["register"], item["reference"]): item["files"] for item in manifest(home, YEAR)["inputs"]}

    def named(*wanted: tuple[str, int | str]) -> set[str]:
        """Snapshots with the rows that the manifest says were delivered."""
        return {f"{r}/{year} ({sum(f['rows'] for f in inputs[r, str(year)])} rows)" for r, year in wanted}

    today, before = f"{YEAR}-01-01", f"{YEAR - 1}-01-01"
    one_day = named(("bef", today), ("bolig", today), ("omraade", YEAR))
    two_days = one_day | named(("bef", before), ("bolig", before))
    assert set(held["forebyggelsesomraade", "nonwestern"]["snapshots"]) == one_day
    assert set(held["forebyggelsesomraade", "primary_only"]["snapshots"]) == one_day | named(("udda", YEAR - 1))
    of = named(("of", YEAR - 1), ("of", YEAR - 2))
    assert set(held["forebyggelsesomraade", "outside"]["snapshots"]) == two_days | of


def test_values_confirmed_over_a_year_before_the_run_warn_and_seal_all_the_same(home: Path, tmp_path: Path) -> None:
    before = file_bytes(edition(home, YEAR))
    write_snapshots(world(), tmp_path)
    arguments = ("--list-year", YEAR, "--snapshots", tmp_path, "--home", home, "--as-of", "2027-04-01", "--no-report")
    late = run_cli("run", *arguments)
    assert late.code == 0, late.output[-3000:]
    told = [line for line in late.lines if "confirmed more than a year before 2027-04-01" in line]
    assert len(told) == 1
    assert told[0].startswith("Warning: ")
    assert file_bytes(edition(home, YEAR)) == before


@NEEDS_A_BROWSER
@pytest.mark.parametrize("width", [1200, 360], ids=["desk", "phone"])
def test_an_accessibility_checker_finds_nothing_on_the_page(home: Path, width: int) -> None:
    """On a phone as well, where the tables and the chart are wider than the screen and are scrolled by the keyboard."""
    from playwright.sync_api import sync_playwright

    run = run_cli("scenario", "--home", home, "--list-year", YEAR, "--set", LOWER, "--name", "oplaest")
    assert run.code == 0, run.output
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.goto((home / "scenarios" / "oplaest" / "scenarie.html").as_uri())
        violations, passed = checked(page)
        browser.close()
    assert violations == []
    assert passed > 15
