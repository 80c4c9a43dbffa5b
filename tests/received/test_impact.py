"""`impact`: what a late delivery would change is told, and nothing is sealed or stored."""

from __future__ import annotations

import re
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipelines.diff import in_full
from tests.command import csv_table, file_bytes, run_cli, run_list
from tests.graph.homes import Ready
from tests.populations import Row, Style, World, write_reference, write_snapshots

YEAR = 2024
DAY = f"{YEAR}-01-01"

LAST = (
    "{figures} figures would change, and the status of {areas} areas. A run would seal a new revision, "
    "which names these inputs. Nothing was sealed."
)
CONTENT = "[0-9a-f]{12}"


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[Row]]:
    """A home whose area is an udsat boligområde by one resident, its snapshots, and the rows of bef."""
    folder = tmp_path_factory.mktemp("impact")
    world = World((YEAR,))
    area = world.area("omraade-a", "101").homes(2)
    for person in area.crowd(1000, "1980-02-03", "p"):
        person.on_benefit(YEAR - 2).on_benefit(YEAR - 1)
    for earlier in range(YEAR - 4, YEAR):
        world.listed(earlier, "omraade-a", "parallelsamfund")
    snapshots = write_snapshots(world, folder / "snapshots")
    for year in range(YEAR - 3, YEAR):
        migrate(snapshots, "vnds_ind", year, "INDV_LAND")
    result = run_list(YEAR, snapshots, folder / "home")
    assert result.code == 0, result.output
    return folder / "home", snapshots, world.tables["bef", DAY]


def migrate(snapshots: Path, register: str, year: int, country: str) -> None:
    folder = snapshots / register / str(year)
    folder.mkdir(parents=True)
    text = f"PNR,HAEND_DATO,IE_TYPE,OPR_LAND,{country}\np-1,{year}-05-06,1,5100,5120\n"
    (folder / "del.csv").write_text(text, encoding="utf-8")


def deliver(sealed: tuple[Path, Path, list[Row]], folder: Path, rows: list[Row]) -> Path:
    snapshots = folder / "snapshots"
    shutil.copytree(sealed[1], snapshots)
    shutil.move(write_reference(folder / "nyt", "bef", DAY, rows, Style()), snapshots / "bef" / DAY / f"{YEAR}-11-20")
    return snapshots


def impact(home: Path, snapshots: Path, list_year: int = YEAR) -> tuple[int, list[str]]:
    result = run_cli("impact", "--home", home, "--list-year", list_year, "--snapshots", snapshots)
    return result.code, [line for line in result.lines if line]


def contents(home: Path) -> tuple[dict[str, bytes], list[tuple[str, int]]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        tables = con.execute(
            "SELECT schema_name || '.' || table_name, estimated_size FROM duckdb_tables() ORDER BY 1"
        ).fetchall()
    return file_bytes(home / "editions"), tables


def test_without_a_new_delivery_nothing_would_change(sealed: tuple[Path, Path, list[Row]]) -> None:
    code, lines = impact(sealed[0], sealed[1])
    assert (code, len(lines)) == (0, 1)
    assert "Nothing would change" in lines[0]


def test_late_migrations_are_told_and_change_no_figure_of_the_lists(
    sealed: tuple[Path, Path, list[Row]], tmp_path: Path
) -> None:
    snapshots = tmp_path / "snapshots"
    shutil.copytree(sealed[1], snapshots)
    migrate(snapshots, "vnds_ud", YEAR - 1, "UDV_LAND")
    code, lines = impact(sealed[0], snapshots)
    assert code == 0
    (told, last) = lines
    assert re.fullmatch(rf"Input vnds_ud/{YEAR - 1}: not delivered -> first delivery \(1 rows, {CONTENT}\)", told)
    assert last == LAST.format(figures=0, areas=0)


def test_the_same_bytes_delivered_again_change_no_figure_but_the_edition(
    sealed: tuple[Path, Path, list[Row]], tmp_path: Path
) -> None:
    """The manifest names the vintage that an edition rests on, so `impact` tells what the run after it does."""
    home, snapshots = tmp_path / "home", tmp_path / "snapshots"
    shutil.copytree(sealed[0], home)
    shutil.copytree(sealed[1], snapshots)
    again = snapshots / "bef" / DAY / f"{YEAR}-11-20"
    again.mkdir()
    for file in (snapshots / "bef" / DAY).iterdir():
        if file.is_file():
            shutil.copy(file, again)
    code, (told, last) = impact(home, snapshots)
    assert code == 0
    same = re.fullmatch(
        rf"Input bef/{DAY}: first delivery \((.*)\) -> vintage {YEAR}-11-20 \((.*)\), the same content", told
    )
    assert same is not None, told
    assert same[1] == same[2]
    assert last == LAST.format(figures=0, areas=0)
    done = run_list(YEAR, snapshots, home)
    assert done.code == 0, done.output
    assert f"Edition {YEAR}, revision 2, sealed" in done.output
    published = ("area_status.csv", "area_criteria.csv", "municipal_cap.csv")
    now, before = file_bytes(home / "editions" / str(YEAR)), file_bytes(sealed[0] / "editions" / str(YEAR))
    assert [now[name] for name in published] == [before[name] for name in published]
    code, lines = impact(home, snapshots)
    assert (code, len(lines)) == (0, 1)
    assert "Nothing would change" in lines[0]


def test_late_delivery_is_told_by_status_and_figure_and_changes_nothing(
    sealed: tuple[Path, Path, list[Row]], tmp_path: Path
) -> None:
    home, _, rows = sealed
    before = contents(home)
    code, lines = impact(home, deliver(sealed, tmp_path, rows[:-1]))
    assert code == 0
    first, later = rf"first delivery \(1000 rows, {CONTENT}\)", rf"vintage {YEAR}-11-20 \(999 rows, {CONTENT}\)"
    assert re.fullmatch(f"Input bef/{DAY}: {first} -> {later}", lines[0])
    assert "area_status omraade-a: residents 1000 -> 999" in lines
    assert any(line.startswith("area_status omraade-a: status ") and line.endswith("ikke_omfattet") for line in lines)
    assert "the status of 1 areas" in lines[-1]
    assert contents(home) == before
    assert list((home / "scratch").iterdir()) == []


def test_a_decision_of_another_day_is_told(ready: Ready, tmp_path: Path) -> None:
    """No count differs with it; who may be assigned a home between the two days does."""
    home, snapshots = ready.copied(tmp_path)
    area = next(row for row in csv_table(home, YEAR, "area_status") if row["status"] == "forebyggelsesomraade")
    for day in ("02", "09"):
        vintage = snapshots / "anvisningsloft" / str(YEAR) / f"{YEAR}-12-{day}"
        vintage.mkdir(parents=True)
        decision = f"{area['kom']},{area['area_id']},{YEAR}-12-{day},1"
        (vintage / "a.csv").write_text(f"KOM,AREA_ID,BESLUTTET,JOURNALNR\n{decision}\n", encoding="utf-8")
        if day == "02":
            done = run_list(YEAR, snapshots, home, "--as-of", f"{YEAR}-12-31")
            assert done.code == 0, done.output
    code, lines = impact(home, snapshots)
    assert code == 0
    told = [line for line in lines if line.startswith("area_cap ")]
    assert told == [f"area_cap {area['area_id']} {area['kom']}: decided_on {YEAR}-12-02 -> {YEAR}-12-09"]


def test_late_delivery_that_would_stop_a_run_is_told_as_such(
    sealed: tuple[Path, Path, list[Row]], tmp_path: Path
) -> None:
    rows = [*sealed[2], sealed[2][0]]
    before = contents(sealed[0])
    code, lines = impact(sealed[0], deliver(sealed, tmp_path, rows))
    assert code == 1
    assert any(f"bef/{DAY}/{YEAR}-11-20" in line and "PNR occurs more than once in 2 rows" in line for line in lines)
    assert contents(sealed[0]) == before


def test_without_an_edition_there_is_no_impact(sealed: tuple[Path, Path], tmp_path: Path) -> None:
    code, lines = impact(sealed[0], tmp_path, YEAR - 1)
    assert code == 1
    assert f"There is no sealed edition of list year {YEAR - 1}" in lines[0]


@pytest.mark.parametrize("text", ["0.0000000000", "0.5100000000", "12345678901234567890.00"])
def test_a_share_is_told_with_all_its_digits(text: str) -> None:
    assert in_full(Decimal(text)) == text
