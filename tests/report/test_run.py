"""How the report hangs together with the run: never before the lists, held back alone, made again."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from assets.disclosure.cells import Cell
from assets.finished import from_csv
from assets.reporting import cells, files
from assets.reporting.cells import told_by_releases
from assets.reporting.document import INVENTED
from assets.reporting.shapes import SHAPES
from pipelines.home import Home
from pipelines.running import run_annual_list
from tests.command import edition, file_bytes, run_cli, run_list
from tests.graph.homes import Ready
from tests.populations import write_snapshots
from tests.report.conftest import FIRST, LAST, Reported, plain
from tests.report.pdf_text import pdf_pages
from tests.test_bad_input import YEAR, sound_world


@pytest.fixture
def copied(reported: Reported, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    shutil.copytree(reported.home, home)
    return home


def test_a_new_revision_keeps_the_old_one_with_its_report(reported: Reported, copied: Path, tmp_path: Path) -> None:
    made = file_bytes(reported.folder())
    snapshots = tmp_path / "snapshots"
    shutil.copytree(reported.snapshots[LAST], snapshots)
    shutil.rmtree(snapshots / "vnds_ud")
    run = run_list(LAST, snapshots, copied)
    assert run.code == 0, run.output
    assert "revision 2, sealed" in run.output
    assert file_bytes(copied / "editions" / ".revisions" / str(LAST) / "1" / "report") == made
    assert not (edition(copied, LAST) / "report").exists()


def test_verify_tells_a_damaged_report_from_a_whole_one(copied: Path) -> None:
    whole = run_cli("verify", "--home", copied, "--list-year", LAST)
    assert whole.code == 0, whole.output
    assert "Report:" in whole.output
    with (edition(copied, LAST) / "report" / "lister.csv").open("a", encoding="utf-8") as stream:
        stream.write("2026,x,x,1,1,1,1\n")
    damaged = run_cli("verify", "--home", copied, "--list-year", LAST)
    assert damaged.code == 1
    assert "report/lister.csv" in damaged.output


def test_verify_names_a_manifest_of_a_report_that_cannot_be_read(copied: Path) -> None:
    manifest = edition(copied, LAST) / "report" / "report_manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8")[:100], encoding="utf-8")
    damaged = run_cli("verify", "--home", copied, "--list-year", LAST)
    assert damaged.code == 1
    assert f"editions/{LAST}/report/report_manifest.json is damaged: restore the folder" in damaged.output


def test_what_lies_beside_an_earlier_reports_tables_does_not_make_it_forgotten(copied: Path) -> None:
    """A viewer's lock file, or a picture of the page: what was withheld stands in the tables."""
    report = edition(copied, LAST) / "report"
    whole = files.released_already(copied / "editions", LAST)
    (report / ".~lock.redegoerelse.xlsx#").touch()
    (report / "redegoerelse.pdf").write_bytes(b"printed anew")
    assert len(whole) == 1
    assert files.released_already(copied / "editions", LAST) == whole
    assert files.released_before(copied / "editions", LAST + 1)[LAST] == whole[0]


def test_a_kept_revision_of_an_earlier_list_year_is_not_forgotten(copied: Path) -> None:
    """Its report is out, also where the revision after it has none."""
    editions = copied / "editions"
    whole = files.released_of_earlier_years(editions, LAST)
    assert len(whole) == 1
    shutil.copytree(editions / str(FIRST), editions / ".revisions" / str(FIRST) / "1")
    shutil.rmtree(editions / str(FIRST) / "report")
    assert files.released_of_earlier_years(editions, LAST) == whole
    assert files.released_before(editions, LAST) == {}
    (told,) = told_by_releases([], whole).told
    assert {cell[0].split("_")[0] for cell in told} == {"vandringer"}


def test_a_report_made_before_there_was_a_table_is_read_without_it(copied: Path) -> None:
    """Be it one of an earlier list year or of this one: what it withheld in its other tables is known."""
    for list_year in (FIRST, LAST):
        report = edition(copied, list_year) / "report"
        made = json.loads((report / "report_manifest.json").read_text(encoding="utf-8"))
        made["files"] = [item for item in made["files"] if item["file"] != "loft.csv"]
        (report / "report_manifest.json").write_text(json.dumps(made), encoding="utf-8")
        before = files.released_already(copied / "editions", list_year)
        (report / "loft.csv").unlink()
        (without,) = files.released_already(copied / "editions", list_year)
        assert without.pop("loft").rows == []
        assert before[0].pop("loft").rows
        assert without == before[0]
    assert "loft.csv" in file_bytes(_report_again(copied))


@pytest.mark.parametrize("name", ["sammensaetning_omraader.csv", "report_manifest.json"])
def test_no_report_is_made_beside_one_whose_tables_were_altered(copied: Path, name: str) -> None:
    """What it withheld is not known: a report that forgets it would tell it."""
    with (edition(copied, LAST) / "report" / name).open("a", encoding="utf-8") as stream:
        stream.write("x\n")
    answer = run_cli("report", "--home", copied, "--list-year", LAST, "--as-of", f"{LAST}-12-01")
    assert answer.code == 1
    assert f"editions/{LAST}/report/{name}" in answer.output
    assert "restore the folder from a backup, or take it out of the home" in " ".join(answer.output.split())


def _report_again(home: Path) -> Path:
    answer = run_cli("report", "--home", home, "--list-year", LAST, "--as-of", f"{LAST}-12-01")
    assert answer.code == 0, answer.output
    return edition(home, LAST) / "report"


def _words(folder: Path) -> dict[str, str]:
    """What a reader meets first in the page and on the first sheet."""
    book = openpyxl.load_workbook(folder / "redegoerelse.xlsx")
    first = " ".join(str(row[0]) for row in book["Indhold"].iter_rows(max_row=3, values_only=True))
    page = (folder / "redegoerelse.html").read_text(encoding="utf-8")
    return {"page": page, "sheet": f"{first} {book.properties.description}"}


def test_a_report_made_after_the_release_is_no_draft(copied: Path) -> None:
    made = edition(copied, LAST) / "report"
    assert all("Udkast" in words for words in _words(made).values())
    drafted = file_bytes(made)
    released = run_cli("release", "--home", copied, "--list-year", LAST, "--by", "Ministeriet")
    assert "boligomraader report" in released.output
    assert file_bytes(made) == drafted
    whole = run_cli("verify", "--home", copied, "--list-year", LAST)
    assert whole.code == 0, whole.output
    assert "Report:" in whole.output
    folder = _report_again(copied)
    for words in _words(folder).values():
        assert "udkast" not in words.lower()
        assert "som revision 1" in words
    assert file_bytes(folder)["redegoerelse.pdf"] != drafted["redegoerelse.pdf"]
    assert json.loads((folder / "report_manifest.json").read_text(encoding="utf-8"))["draft"] is False
    whole = run_cli("verify", "--home", copied, "--list-year", LAST)
    assert whole.code == 0, whole.output


def _warns_of_invented_data(folder: Path) -> dict[str, bool]:
    """Whether page, first sheet, every sheet, every page of the PDF, and manifest say so; nothing says so in part."""
    told = {name: INVENTED in words for name, words in _words(folder).items()}
    book = openpyxl.load_workbook(folder / "redegoerelse.xlsx")
    (header,) = {sheet.oddHeader.center.text for sheet in book.worksheets}
    pages = pdf_pages((folder / "redegoerelse.pdf").read_bytes())
    assert len(pages) > 5
    (warned,) = {"".join(INVENTED.split()) in text for text in pages}
    of_itself = json.loads((folder / "report_manifest.json").read_text(encoding="utf-8"))
    return {**told, "sheets": header == INVENTED, "pdf": warned, "manifest": of_itself.get("synthetic", False)}


def test_a_report_on_invented_data_says_so_everywhere(reported: Reported) -> None:
    assert set(_warns_of_invented_data(reported.folder()).values()) == {True}


def test_weak_suppression_holds_back_the_report_and_not_the_list(
    reported: Reported, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is small itself is hidden: the check finds that it follows from the totals."""
    from assets.reporting import tables

    monkeypatch.setattr(tables, "suppress", lambda problem: dict.fromkeys(problem.sensitive, "primary"))
    made = edition(copied, LAST)
    for folder in ("report", "report.internal"):
        shutil.rmtree(made / folder)
    lists = file_bytes(made)
    report = run_annual_list(
        Home(copied), reported.snapshots[LAST], LAST, f"{LAST}-12-01", "", lambda _name, _done, _total: None
    )
    assert report.success
    assert report.revision == 1
    assert not report.report_made
    assert any("bounded closer" in line for line in report.report_problems)
    assert not report.faults
    assert "public/lister.html" in lists
    assert file_bytes(made) == lists


def _delivered_again(snapshots: Path, to: Path) -> Path:
    """The same delivery, and bef of the day before without every fortieth person: moves and their sums change."""
    import duckdb

    shutil.copytree(snapshots, to)
    day = to / "bef" / f"{LAST - 1}-01-01"
    again = day / f"{LAST}-11-01"
    again.mkdir()
    with duckdb.connect() as con:
        con.execute(
            f"COPY (SELECT * FROM read_parquet('{day}/*.parquet') WHERE hash(PNR) % 40 <> 0 ORDER BY PNR) "
            f"TO '{again}/bef.parquet' (FORMAT parquet)"
        )
    return to


def _cells(folder: Path) -> tuple[dict[Cell, int], set[Cell]]:
    return cells.read(
        {name: from_csv(shape, (folder / f"{name}.csv").read_text(encoding="utf-8")) for name, shape in SHAPES.items()}
    )


def test_a_new_revision_tells_nothing_that_an_earlier_one_withheld(
    reported: Reported, copied: Path, tmp_path: Path
) -> None:
    told, hidden = _cells(reported.folder())
    run = run_cli(
        "run", "--list-year", LAST, "--snapshots", _delivered_again(reported.snapshots[LAST], tmp_path / "again"),
        "--home", copied, "--as-of", f"{LAST}-12-01",
    )  # fmt: skip
    assert run.code == 0, run.output
    assert f"Report {LAST}:" in run.output, run.output
    told_now, hidden_now = _cells(edition(copied, LAST) / "report")
    assert (edition(copied, LAST).parent / ".revisions" / str(LAST) / "1" / "report").is_dir()
    assert sum(told_now.get(cell) != value for cell, value in told.items()) > 50
    assert len(hidden) > 50
    assert hidden <= hidden_now
    assert not hidden & told_now.keys()
    _left_out_and_made_again(copied, tmp_path / "again")


def _left_out_and_made_again(home: Path, snapshots: Path) -> None:
    """With both releases out: a run without the report makes none, and the one made again is the same."""
    folder = edition(home, LAST)
    made = file_bytes(folder / "report")
    for left in ("report", "report.internal"):
        shutil.rmtree(folder / left)
    again = run_list(LAST, snapshots, home)
    assert again.code == 0, again.output
    assert "unchanged since it was sealed" in again.output
    assert not (folder / "report").exists()
    assert file_bytes(_report_again(home)) == made


def test_a_revision_that_forgets_the_earlier_one_is_held_back(
    reported: Reported, copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assets.disclosure import suppression
    from assets.reporting import tables

    monkeypatch.setattr(
        tables, "suppress", lambda problem: suppression.suppress(replace(problem, withheld=frozenset()))
    )
    snapshots = _delivered_again(reported.snapshots[LAST], tmp_path / "again")
    report = run_annual_list(Home(copied), snapshots, LAST, f"{LAST}-12-01", "", lambda _name, _done, _total: None)
    assert report.success
    assert report.revision == 2
    assert not report.report_made
    assert any("was withheld in an earlier release" in line for line in report.report_problems)


def test_a_report_needs_a_sealed_edition(reported: Reported) -> None:
    answer = run_cli("report", "--home", reported.home, "--list-year", 2024)
    assert answer.code == 1
    assert "no sealed edition" in answer.output


@pytest.fixture(scope="module")
def unreported(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """A list year without history and migrations, sealed and not reported on."""
    folder = tmp_path_factory.mktemp("unreported")
    snapshots = write_snapshots(sound_world(), folder / "snapshots")
    run = run_list(YEAR, snapshots, folder / "home")
    assert run.code == 0, run.output
    return Ready(folder / "home", snapshots)


def _reported(home: Path, snapshots: Path) -> tuple[str, Path]:
    """What a run with the report says, and the report."""
    place = ("--snapshots", snapshots, "--home", home)
    run = run_cli("run", "--list-year", YEAR, "--as-of", f"{YEAR}-12-01", *place)
    assert run.code == 0, run.output
    assert f"Report {YEAR}:" in run.output, run.output
    return run.output, edition(home, YEAR) / "report"


def test_a_first_year_without_history_or_migrations_says_what_is_missing(unreported: Ready, tmp_path: Path) -> None:
    _, folder = _reported(*unreported.copied(tmp_path))
    page = (folder / "redegoerelse.html").read_text(encoding="utf-8")
    assert "Der er kun opgjort ét listeår" in page
    assert "Der er ikke leveret vandringer" in page
    assert "kræver mindst to opgjorte listeår" in page
    assert set(_warns_of_invented_data(folder).values()) == {False}  # it is not the demo's data


Migrations = dict[tuple[str, int], int]
"""Non-western migrations by way and year."""
Migrated = Callable[[Migrations], tuple[list[dict[str, str]], str, str]]


@pytest.fixture
def migrated(unreported: Ready, tmp_path: Path) -> Migrated:
    """The table of net immigration, the page, and what the run said, of a country with so many migrations."""
    return lambda counts: _migrated(*unreported.copied(tmp_path), counts)


def _migrated(home: Path, snapshots: Path, counts: Migrations) -> tuple[list[dict[str, str]], str, str]:
    for (way, year), persons in counts.items():
        folder = snapshots / f"vnds_{way}" / str(year)
        folder.mkdir(parents=True)
        land = {"ind": "INDV_LAND", "ud": "UDV_LAND"}[way]
        rows = "".join(f"M{way}{year}{number},{year}-02-01,2,5472,5472\n" for number in range(persons))
        (folder / "vnds.csv").write_text(f"PNR,HAEND_DATO,IE_TYPE,OPR_LAND,{land}\n{rows}", encoding="utf-8")
    said, report = _reported(home, snapshots)
    with (report / "nettoindvandring.csv").open(encoding="utf-8", newline="") as stream:
        rows_of_group = [row for row in csv.DictReader(stream) if row["oprindelse"] == "ikke_vestlig"]
    return rows_of_group, plain((report / "redegoerelse.html").read_text(encoding="utf-8")), said


YEARS = range(YEAR - 4, YEAR)
BOTH = {(way, year): count for year in YEARS for way, count in (("ind", 40), ("ud", 20))}


def test_a_year_with_one_direction_of_migrations_has_no_net_figure_and_no_verdict(migrated: Migrated) -> None:
    """Taken as a year in which nobody left, it would be ground for renegotiation."""
    rows, page, said = migrated({key: n for key, n in BOTH.items() if key != ("ud", YEAR - 1)})
    assert [(row["indvandrede"], row["udvandrede"], row["netto"]) for row in rows] == [("40", "20", "20")] * 3 + [
        ("40", "", "")
    ]
    assert f"Years of migrations in one direction alone: 1 (vnds_ind/{YEAR - 1})." in " ".join(said.split())
    assert f"For {YEAR - 1} er kun den ene slags vandringer leveret" in page
    assert "Om aftalens grund til genforhandling er til stede, kan ikke afgøres: der mangler vandringstal." in page
    assert "er dermed" not in page


def test_the_ground_for_renegotiation_rests_on_the_last_whole_year_or_on_none(migrated: Migrated) -> None:
    one_more = {(way, YEAR - 5): count for way, count in (("ind", 10), ("ud", 5))}
    rows, page, said = migrated(one_more | {key: n for key, n in BOTH.items() if key[1] != YEAR - 1})
    assert [row["netto"] for row in rows] == ["5", "20", "20", "20"]
    assert "one direction alone" not in said
    assert f"nettoindvandringen i {YEAR - 1}, det seneste hele år, kan ikke holdes mod et niveau" in page
    assert "er dermed" not in page


def test_a_year_in_which_nobody_left_is_one_that_was_delivered(migrated: Migrated) -> None:
    rows, page, said = migrated(BOTH | {("ud", YEAR - 1): 0})
    assert [(row["udvandrede"], row["netto"]) for row in rows] == [("20", "20")] * 3 + [("0", "40")]
    assert "kun den ene slags vandringer" not in page
    assert "one direction alone" not in said


def test_the_ground_for_renegotiation_is_told_of_the_last_whole_year(migrated: Migrated) -> None:
    _, page, _ = migrated(BOTH | {("ind", YEAR - 1): 41})
    assert "Aftalens grund til genforhandling er dermed til stede efter redegørelsens metode; " in page


HEADER = "PNR,HAEND_DATO,IE_TYPE,OPR_LAND,INDV_LAND\n"


def _delivered(tmp_path: Path, text: str) -> Path:
    snapshots = tmp_path / "snapshots"
    write_snapshots(sound_world(), snapshots)
    folder = snapshots / "vnds_ind" / str(YEAR - 1)
    folder.mkdir(parents=True)
    (folder / "vnds.csv").write_text(text, encoding="utf-8")
    return snapshots


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("PNR,HAEND_DATO,IE_TYPE,OPR_LAND\nA1,2023-02-01,2,5472\n", ("INDV_LAND",)),
        (
            HEADER + "A1,2023-02-01,4,5472,5472\n0101901234,2023-02-01,2,5472,5472\nA1,i gaar,2,5472,5472\n",
            ("IE_TYPE", "CPR", "HAEND_DATO"),
        ),
    ],
    ids=["column", "cells"],
)
def test_a_broken_optional_file_stops_the_run(tmp_path: Path, text: str, told: tuple[str, ...]) -> None:
    run = run_list(YEAR, _delivered(tmp_path, text), tmp_path / "home")
    assert run.code == 1
    stopped = [line for line in run.lines if "vnds_ind/2023" in line and not line.startswith("Warning")]
    assert [word for word in told if not any(word in line for line in stopped)] == []
    assert not edition(tmp_path / "home", YEAR).exists()


def test_a_later_year_is_left_alone_and_a_migration_outside_its_year_only_warns(tmp_path: Path) -> None:
    snapshots = _delivered(tmp_path, HEADER + "A1,2022-02-01,2,5472,5472\n")
    later = snapshots / "vnds_ind" / str(YEAR + 1)
    later.mkdir()
    (later / "vnds.csv").write_text("broken", encoding="utf-8")
    run = run_list(YEAR, snapshots, tmp_path / "home")
    assert run.code == 0, run.output
    assert "outside the year" in run.output
    assert f"vnds_ind/{YEAR + 1}" not in run.output
