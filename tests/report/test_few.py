"""Figures that rest on few persons: withheld wherever they would be told, and in every later revision, which has its
report all the same."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.running import run_annual_list
from tests.command import Result, edition, run_cli
from tests.populations import World, write_snapshots
from tests.report.conftest import WITHHELD

YEAR = 2024
AREA = "omraade-a"


def country(nonwestern: int) -> World:
    """One listed area of a thousand residents, three of them on benefits and `nonwestern` of them non-western, with
    three family homes, of which they live in one."""
    world = World((YEAR,))
    area = world.area(AREA, "101").homes(2)
    address = world.dwelling("adresse-a", "101", area.parcels[0], "familiebolig")
    for n in range(1000):
        origin = {"IE_TYPE": "2", "OPR_LAND": "5472"} if n < nonwestern else {}
        person = area.person(f"P-a-{n:04d}", "1980-05-05", ADRESSE_ID=address, **origin).earning("100000")
        if n < 3:
            person.on_benefit(YEAR - 2).on_benefit(YEAR - 1)
        if n < 40:
            person.sentenced(YEAR - 2).sentenced(YEAR - 1)
    for n in range(1500):
        world.person(f"P-b-{n:04d}", "1980-05-05").educated().earning("300000")
    return world


def run_again(world: World, folder: Path, home: Path) -> Result:
    write_snapshots(world, folder)
    return run_cli(
        "run", "--list-year", YEAR, "--snapshots", folder, "--home", home, "--as-of", f"{YEAR}-12-01"
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two revisions, of four and then of five non-western residents."""
    folder = tmp_path_factory.mktemp("few")
    for nonwestern in (4, 5):
        run = run_again(country(nonwestern), folder / str(nonwestern), folder / "home")
        assert run.code == 0, run.output
        assert f"Report {YEAR}:" in run.output, run.output
    return folder / "home"


def rows(folder: Path, name: str, **at: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if at.items() <= row.items()]


@pytest.mark.parametrize(
    ("criterion", "column"), [("outside", "uden_tilknytning_pct"), ("nonwestern", "ikkevestlige_pct")]
)
def test_what_is_withheld_of_the_one_area_is_not_told_of_its_list(home: Path, criterion: str, column: str) -> None:
    first = home / "editions" / ".revisions" / str(YEAR) / "1" / "report"
    assert [row["tal"] for row in rows(first, "kriterier", area_id=AREA, kriterium=criterion)] == [WITHHELD]
    (development,) = rows(first, "udvikling", liste="udsat_boligomraade")
    assert development["omraader"] == "1"
    assert development[column] == WITHHELD


def test_the_few_family_homes_of_an_area_do_not_follow_from_the_cap(home: Path) -> None:
    report = edition(home, YEAR) / "report"
    (homes,) = rows(report, "boliger_omraader", area_id=AREA, boligart="familiebolig", brug="i_alt")
    assert homes["boliger"] == WITHHELD
    (cap,) = rows(report, "loft", kom="101")
    withheld = {column for column, value in cap.items() if value == WITHHELD}
    assert withheld == {"i_udsatte", "i_forebyggelse", "andel_pct", "undtaget", "omfattet_pct"}
    assert (cap["familieboliger"], cap["over_loft"], cap["beslutning"]) == ("3", "true", "nothing_to_exempt")


def test_a_figure_that_the_lists_tell_since_does_not_hold_back_the_report(home: Path) -> None:
    """The count stays withheld as in the revision before; the share stands on the lists, by law."""
    report = edition(home, YEAR) / "report"
    assert json.loads((report / "report_manifest.json").read_text(encoding="utf-8"))["edition"]["revision"] == 2
    (share,) = rows(edition(home, YEAR) / "public", "udsatte_boligomraader", omraade_id=AREA)
    assert share["ikkevestlige_pct"] == "0.5"
    (count,) = rows(report, "sammensaetning_omraader", area_id=AREA, kategori="ikke_vestlig")
    assert count["personer"] == WITHHELD


def test_a_report_whose_tables_cannot_be_made_leaves_the_edition_sealed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step of the report that fails is no fault of the list, and says what cannot be protected."""
    from assets.disclosure.suppression import UnprotectableError
    from assets.reporting import tables

    def none_is_enough(_problem: object) -> None:
        raise UnprotectableError("sammensaetning_alder/omraade:omraade-a/unge is told elsewhere")

    monkeypatch.setattr(tables, "suppress", none_is_enough)
    write_snapshots(country(6), tmp_path / "snapshots")
    report = run_annual_list(
        Home(home), tmp_path / "snapshots", YEAR, f"{YEAR}-12-01", "", lambda _name, _done, _total: None
    )
    assert report.success
    assert report.revision == 3
    assert report.faults == []
    assert not report.report_made
    assert report.report_problems[0].startswith("disclosure control: sammensaetning_alder/omraade:omraade-a/unge is")
