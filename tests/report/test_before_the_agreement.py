"""List years before the agreement of 2021, and the first one after it that can be held against them."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from assets.finished import Finished, from_csv
from assets.reporting.document import Document, Standing
from assets.reporting.sections import summary
from assets.reporting.shapes import SHAPES
from assets.reporting.text import document
from law.loader import Law, list_day, report_law
from tests.command import Result, csv_table, edition, file_bytes, fresh_cli, run_cli
from tests.report.conftest import plain

BEFORE, AFTER = 2020, 2024
POPULATION = 20_000


def _run(root: Path, list_year: int, home: str, call: Callable[..., Result] = run_cli) -> str:
    run = call(
        "run", "--list-year", list_year, "--snapshots", root / str(list_year), "--home", root / home,
        "--as-of", f"{list_year}-12-01",
    )  # fmt: skip
    assert run.code == 0, run.output
    assert f"Report {list_year}:" in run.output, run.output
    return run.output


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("before")
    for year in (BEFORE, AFTER):
        demo = run_cli("demo", "--snapshots", folder / str(year), "--list-year", year, "--population", POPULATION)
        assert demo.code == 0, demo.output
        _run(folder, year, "home")
    return folder


def _page(root: Path, list_year: int) -> str:
    return (edition(root / "home", list_year) / "report" / "redegoerelse.html").read_text(encoding="utf-8")


def test_what_the_law_did_not_know_is_said_and_not_counted_as_none(root: Path) -> None:
    page = _page(root, BEFORE)
    assert "Forebyggelsesområder fandtes ikke i loven på listens dag." in page
    assert "Loftet over kommunal anvisning fandtes ikke i loven på listens dag." in page
    assert f"Flytningerne fra 1. januar {BEFORE - 1} til 1. januar {BEFORE} ligger før aftalens regler" in plain(page)
    assert "Aftalens grund til genforhandling gælder ikke" in page
    assert "Der er kun opgjort ét listeår" in page
    assert "§ 61 b" not in page
    assert 'data-cell="lister:3:' not in page
    assert "metodeafsnittet" not in page
    assert "metodeafsnittet" in _page(root, AFTER)


def test_nothing_but_the_notices_speaks_of_areas_that_the_law_did_not_know(root: Path) -> None:
    """The notices say that there were none; a figure, table or sentence of theirs would say otherwise."""
    page = plain(_page(root, BEFORE)).replace("\u00ad", "")
    named = re.findall(r"<[a-z]+[^>]*>([^<]*orebyggelsesområde[^<]*)<", page)
    assert {words.split(".")[0] for words in named} == {
        "Forebyggelsesområder fandtes ikke i loven på listens dag",
        "En sammenligning før og efter kræver mindst to opgjorte listeår med forebyggelsesområder",
    }
    assert "begge slags" not in page


def test_the_report_says_why_it_is_made_and_what_the_act_called_the_areas(root: Path) -> None:
    told = (
        "I 2020 kaldte loven et parallelsamfund for et ghettoområde og et omdannelsesområde for et hårdt ghettoområde."
    )
    before, after = plain(_page(root, BEFORE)), plain(_page(root, AFTER))
    assert told in before
    assert "ghetto" not in after
    assert '<p class="kicker">Til sammenligning med redegørelserne efter aftalen om Blandede boligområder</p>' in before
    assert '<p class="kicker">Redegørelse efter aftalen om Blandede boligområder</p>' in after


def test_the_target_group_is_named_by_benefits_of_every_year(root: Path) -> None:
    """The state that is counted has had three names: one of them alone would be wrong of some list year."""
    for year in (BEFORE, AFTER):
        assert "kontanthjælp, integrationsydelse, overgangsydelse eller selvforsørgelses- og hjemrejseydelse" in plain(
            _page(root, year)
        )


def test_a_list_has_no_line_of_a_year_whose_law_did_not_know_it(root: Path) -> None:
    with (edition(root / "home", AFTER) / "report" / "udvikling.csv").open(encoding="utf-8", newline="") as stream:
        lists = [(int(row["aar"]), row["liste"]) for row in csv.DictReader(stream)]
    of_every_law = {"udsat_boligomraade", "parallelsamfund", "omdannelsesomraade"}
    assert {code for year, code in lists if year == BEFORE} == of_every_law
    assert {code for year, code in lists if year == AFTER} == of_every_law | {"forebyggelsesomraade"}


def test_an_explanation_says_the_terms_of_its_day_and_that_there_was_no_cap(root: Path) -> None:
    area = csv_table(root / "home", BEFORE, "area_status")[0]["area_id"]
    told = run_cli("explain", "--home", root / "home", "--list-year", BEFORE, area)
    assert told.code == 0, told.output
    assert "Sentences are quoted as in LBK nr. 1171/2024" in told.output
    assert "parallelsamfund: ghettoområde, omdannelsesområde: hårdt ghettoområde" in told.output
    assert "the act knew no cap on the list's day" in told.output
    assert "§ 59, stk. 7," not in told.output
    later = run_cli("explain", "--home", root / "home", "--list-year", AFTER, area)
    assert later.code == 0, later.output
    assert "Sentences are quoted as in LBK nr. 1171/2024" in later.output.splitlines()
    assert "overstiger 30 pct. af alle almene familieboliger" in later.output
    assert "som de seneste 5 år har opfyldt betingelserne" in later.output


def test_social_export_is_held_against_the_last_year_before_the_rules(root: Path) -> None:
    path = edition(root / "home", AFTER) / "report" / "social_eksport_forskel.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = {(row["aar"], row["maal"]): row for row in csv.DictReader(stream)}
    assert {row["periode"] for (year, _), row in rows.items() if year == str(BEFORE)} == {"foer"}
    assert (str(BEFORE), "aendring") not in rows
    change = rows[str(AFTER), "aendring"]
    # too few moved in so small a country: what a verdict follows from is held in test_comparisons
    assert change["dom"] == "for_faa"
    assert "Intet listeår fra før aftalens regler er opgjort" not in _page(root, AFTER)


def test_a_change_since_before_the_rules_is_said_to_be_of_other_municipalities(root: Path) -> None:
    """Municipalities with forebyggelsesområder alone count among those with areas after the rules, and not before."""
    folder = edition(root / "home", AFTER) / "report"
    tables = {
        name: from_csv(shape, (folder / f"{name}.csv").read_text(encoding="utf-8")) for name, shape in SHAPES.items()
    }
    told = "så kommunerne med områder er ikke de samme før og efter."
    assert told not in str(_words(tables))
    exports = tables["social_eksport_forskel"]
    found = {
        "dom": "lavere",
        "forskel_pct": Decimal("-2.2"),
        "nedre_pct": Decimal("-3.2"),
        "oevre_pct": Decimal("-1.1"),
    }
    rows = [{**row, **(found if row["maal"] == "aendring" else {})} for row in exports.rows]
    assert str(_words({**tables, "social_eksport_forskel": replace(exports, rows=rows)})).count(told) == 2


def test_the_first_list_of_its_kind_is_not_held_against_one_of_the_year_before(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = edition(root / "home", AFTER) / "report"
    tables = {
        name: from_csv(shape, (folder / f"{name}.csv").read_text(encoding="utf-8")) for name, shape in SHAPES.items()
    }
    told = "Listen fandtes ikke i loven året før."
    assert told not in str(_words(tables))
    begun = report_law().parameters["forebyggelsesomraade.residents"]
    values = [replace(value, effective_from=list_day(AFTER)) for value in begun.values[-1:]]
    parameters = {**report_law().parameters, begun.name: replace(begun, values=tuple(values))}
    law = Law(MappingProxyType(parameters), report_law().overrides)
    assert law.first_list_year_of(begun.name) == AFTER
    monkeypatch.setattr(summary, "report_law", lambda: law)
    assert str(_words(tables)).count(told) == 1


def test_a_whole_year_before_the_agreement_gives_no_ground_for_renegotiation(root: Path) -> None:
    """The first list after it looks back on a year that the parties had before them when they agreed."""
    folder = edition(root / "home", AFTER) / "report"
    tables = {
        name: from_csv(shape, (folder / f"{name}.csv").read_text(encoding="utf-8")) for name, shape in SHAPES.items()
    }
    law = report_law().for_list_year(AFTER)
    level = "valg.net_immigration_level"
    told = f"gælder endnu ikke: {AFTER - 1}, det seneste hele år, ligger før aftalen"
    for agreed, said in ((AFTER, True), (AFTER - 1, False)):
        of_then = {**law, level: replace(law[level], effective_from=dt.date(agreed, 6, 15))}
        page = str(document(tables, of_then, AFTER, {}, Standing()))
        assert (told in page) is said
        assert ("er dermed" in page) is not said


def _words(tables: Mapping[str, Finished]) -> Document:
    return document(tables, report_law().for_list_year(AFTER), AFTER, {}, Standing())


def test_another_home_another_clock_the_same_bytes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same snapshots in a home made later, in an interpreter of its own, in another time zone and language: every
    file is the same, but for what the manifest says of the run."""
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    _run(root, BEFORE, "other", fresh_cli)
    one, other = (file_bytes(edition(root / home, BEFORE)) for home in ("home", "other"))
    made = {"redegoerelse.html", "redegoerelse.pdf", "redegoerelse.xlsx", "report_manifest.json"}
    assert {"area_status.csv", "public/lister.html", *(f"report/{name}" for name in made)} <= one.keys()
    told = [json.loads(files.pop("manifest.json")) for files in (one, other)]
    assert [name for name in one if one[name] != other.get(name)] == []
    assert one.keys() == other.keys()
    assert told[0].pop("run") != told[1].pop("run")
    assert told[0] == told[1]
