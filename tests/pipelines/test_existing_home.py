"""A folder that is no home is told by the commands that read one, and one that can be none by the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import run_cli
from tests.graph.homes import YEAR

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


@pytest.mark.parametrize("name", ["hvad?", "et%20hjem"])
def test_a_home_whose_databases_would_stand_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    told = run_cli("run", *OF_A_YEAR, "--snapshots", tmp_path, "--home", tmp_path / name)
    assert told.code == 1
    assert "rename the folder" in told.output
    assert list(tmp_path.iterdir()) == []
