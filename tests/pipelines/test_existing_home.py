"""A folder that is no home is told by the commands that read one, and one that can be none by the run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import ROOT, file_bytes, run_cli
from tests.graph.homes import YEAR, Ready

HEADERS_OF_DUCKDB = 12288
OF_A_YEAR = ("--list-year", YEAR)
COMMANDS: tuple[tuple[object, ...], ...] = (
    ("report", *OF_A_YEAR),
    ("explain", "O-1", *OF_A_YEAR),
    ("scenario", *OF_A_YEAR, "--set", "udsat_boligomraade.residents=900"),
    ("run", *OF_A_YEAR, "--law-as-of", "2020-12-01"),
    ("verify", *OF_A_YEAR),
    ("diff", *OF_A_YEAR),
    ("impact", *OF_A_YEAR),
    ("forget", "--register", "bef", "--reference", f"{YEAR}-01-01"),
    ("release", *OF_A_YEAR, "--by", "Ministeriet"),
    ("backup", "--to", "kopi"),
    ("upgrade",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command[0]))
def test_a_mistyped_home_is_told_and_not_made(command: tuple[object, ...], tmp_path: Path) -> None:
    home = tmp_path / "tastefejl"
    told = run_cli(*command, "--home", home)
    assert told.code == 1
    assert told.lines == [f"There is no home in {home}: no list year was run there. Name another folder with --home."]
    assert not home.exists()


def test_a_home_without_its_warehouse_is_told_from_none(ready: Ready, tmp_path: Path) -> None:
    home, _ = ready.copied(tmp_path)
    (home / "warehouse.duckdb").unlink()
    told = run_cli("verify", *OF_A_YEAR, "--home", home)
    assert told.code == 1
    assert told.lines == [
        f"{home / 'warehouse.duckdb'} is missing: restore a backup, or run the home's list years again. "
        "What was sealed is untouched."
    ]


@pytest.mark.parametrize("name", ["hvad?", "et%20hjem", "bag\\skraa"])
def test_a_home_whose_databases_would_stand_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    told = run_cli("run", *OF_A_YEAR, "--snapshots", tmp_path, "--home", tmp_path / name)
    assert told.code == 1
    assert "rename the folder" in told.output
    assert list(tmp_path.iterdir()) == []


def damaged_warehouse(home: Path) -> None:
    (home / "warehouse.duckdb").write_bytes(b"no database" * 1000)


def truncated_warehouse(home: Path) -> None:
    with (home / "warehouse.duckdb").open("r+b") as stream:
        stream.truncate(100_000)


def flipped_warehouse(home: Path) -> None:
    """A bit of each block is another: a disk that forgets."""
    path = home / "warehouse.duckdb"
    data = bytearray(path.read_bytes())
    for place in range(HEADERS_OF_DUCKDB + 100, len(data), HEADERS_OF_DUCKDB):
        data[place] ^= 1
    path.write_bytes(data)


def damaged_manifest(home: Path) -> None:
    (home / "editions" / str(YEAR) / "manifest.json").write_text("{", encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "remedy"),
    [
        (damaged_warehouse, "warehouse.duckdb is damaged: restore a backup"),
        (truncated_warehouse, "warehouse.duckdb is damaged: restore a backup"),
        (flipped_warehouse, "warehouse.duckdb is damaged: restore a backup"),
        (damaged_manifest, "restore a backup of that edition"),
    ],
)
def test_a_damaged_home_says_what_to_do(
    ready: Ready, tmp_path: Path, damage: Callable[[Path], None], remedy: str
) -> None:
    home, snapshots = ready.copied(tmp_path)
    damage(home)
    before = file_bytes(home / "editions")
    given = ("--snapshots", snapshots)
    for command in (("run", *given, "--no-report"), ("explain", "O-1"), ("impact", *given), ("report",)):
        told = run_cli(*command, *OF_A_YEAR, "--home", home)
        assert told.code == 1
        assert remedy in told.output, told.output
    assert file_bytes(home / "editions") == before


def cut_off(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.truncate(5000)


def no_database(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def flipped(path: Path) -> None:
    """All but the first page, which says what tables there are."""
    data = path.read_bytes()
    path.write_bytes(data[:4096] + bytes(byte ^ 8 for byte in data[4096:]))


@pytest.mark.parametrize("name", ["history/runs.db", "history/runs/index.db", "schedules/schedules.db"])
@pytest.mark.parametrize("damage", [cut_off, no_database, flipped])
def test_a_damaged_database_of_dagster_is_named(
    ready: Ready, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    home, snapshots = ready.copied(tmp_path)
    statistics, administration = home / "dagster", home / "dagster-administration"
    shutil.copytree(statistics, administration)
    (administration / "dagster.yaml").unlink()
    before = file_bytes(home / "editions")
    run = ("run", "--snapshots", snapshots, "--no-report")
    decide = ("administration", "run", "--cases", tmp_path / "sager", "--date", f"{YEAR + 1}-02-01")
    for instance, command in ((statistics, run), (administration, decide)):
        damage(instance / name)
        told = run_cli(*command, *OF_A_YEAR, "--home", home)
        assert told.code == 1
        (line,) = (line for line in told.lines if line)
        assert line.endswith(
            f"{instance / name}: the database is damaged. Restore a backup, or move the folder {instance.name} away: "
            "the next run begins its record of runs anew, no edition or decision rests on it."
        )
    assert file_bytes(home / "editions") == before


def test_a_home_whose_record_of_runs_was_moved_away_runs_on(ready: Ready, tmp_path: Path) -> None:
    home, snapshots = ready.copied(tmp_path)
    (home / "dagster").rename(tmp_path / "beskadiget")
    told = run_cli("run", "--snapshots", snapshots, "--no-report", *OF_A_YEAR, "--home", home)
    assert told.code == 0, told.output
    assert "unchanged since it was sealed" in told.output


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BOLIGOMRAADER_MEMORY", "meget"),
        ("BOLIGOMRAADER_THREADS", "to"),
        ("BOLIGOMRAADER_THREADS", "0"),
    ],
)
def test_a_setting_that_cannot_be_is_told(ready: Ready, tmp_path: Path, variable: str, value: str) -> None:
    home, snapshots = ready.copied(tmp_path)
    told = run_cli("run", *OF_A_YEAR, "--snapshots", snapshots, "--home", home, env={variable: value})
    assert told.code == 1
    assert "BOLIGOMRAADER_MEMORY is an amount such as 4GB" in told.output


def test_deliveries_that_a_run_would_empty_are_refused(ready: Ready, tmp_path: Path) -> None:
    home, snapshots = ready.copied(tmp_path)
    inside = home / "scratch" / "snapshots"
    shutil.copytree(snapshots, inside)
    before = file_bytes(inside)
    told = run_cli("run", *OF_A_YEAR, "--snapshots", inside, "--home", home)
    assert told.code == 1
    assert "which a run empties" in told.output
    assert file_bytes(inside) == before


def test_a_terminal_without_danish_letters_is_told_all_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines.cli", "verify", "--list-year", "2026", "--home", str(tmp_path / "å")]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    told = subprocess.run(command, cwd=ROOT, env=ascii_only, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (
        1,
        f"There is no home in {tmp_path}/?: no list year was run there. Name another folder with --home.\n",
    )
