"""What a person mistypes: a place that is none, an option that goes with no other. One line says what to do.

Homes that are none stand in test_existing_home.py, deliveries with faults in tests/test_bad_input.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from assets.partitions import END_LIST_YEAR
from pipelines.administration.cli import app as administration
from pipelines.cli import app
from tests.command import run_cli
from tests.graph.homes import YEAR, Ready

OF_A_YEAR = ("--list-year", YEAR)
NOWHERE = Path("/proc/folder")  # no one can make a folder there
PLACES: dict[str, tuple[tuple[object, ...], str]] = {
    "demo into a file": (("demo", "--snapshots", "FILE"), "FILE is no folder: choose an empty folder"),
    "demo where nothing can be written": (
        ("demo", "--snapshots", NOWHERE),
        f"{NOWHERE} cannot be written (No such file or directory): name another folder with --snapshots.",
    ),
    "run of no deliveries": (
        ("run", *OF_A_YEAR, "--home", "HOME", "--snapshots", "NONE"),
        "There is no snapshots folder NONE. Name it with --snapshots, or write one with demo.",
    ),
    "impact of no deliveries": (
        ("impact", *OF_A_YEAR, "--home", "HOME", "--snapshots", "NONE"),
        "There is no snapshots folder NONE. Name it with --snapshots, or write one with demo.",
    ),
    "backup into a file": (("backup", "--home", "HOME", "--to", "FILE"), "FILE is no folder: name another with --to."),
    "backup where nothing can be written": (
        ("backup", "--home", "HOME", "--to", NOWHERE),
        f"{NOWHERE} cannot be made (No such file or directory): name another folder with --to.",
    ),
    "cases into a file": (
        ("administration", "demo", "--cases", "FILE", *OF_A_YEAR, "--date", f"{YEAR}-12-02", "--home", "HOME"),
        "administration: the folder of cases is a file: give an empty folder",
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_place_that_is_none_is_named_in_one_line(name: str, ready: Ready, tmp_path: Path) -> None:
    command, told = PLACES[name]
    file = tmp_path / "file"
    file.write_bytes(b"kept")
    places = {"FILE": str(file), "NONE": str(tmp_path / "none"), "HOME": str(ready.home)}
    result = run_cli(*(places.get(str(part), part) for part in command))
    for placeholder, place in places.items():
        told = told.replace(placeholder, place)
    assert result.lines == [told]
    assert result.code == 1
    assert file.read_bytes() == b"kept"


def test_a_home_in_whose_place_a_file_stands_is_told(ready: Ready, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"kept")
    result = run_cli("run", *OF_A_YEAR, "--home", file, "--snapshots", ready.snapshots)
    (line,) = result.lines
    assert line.startswith(f"The home {file} cannot be used: ")
    assert line.endswith("A file stands where a folder is needed: name another folder, or move the file away.")
    assert result.code == 1


@pytest.mark.parametrize("through", [0, YEAR - 1])
def test_list_years_that_end_before_they_begin_are_refused(through: int, ready: Ready) -> None:
    result = run_cli("run", *OF_A_YEAR, "--through", through, "--home", ready.home, "--snapshots", ready.snapshots)
    assert result.lines == ["--through must not be before --list-year."]
    assert result.code == 2


def test_the_law_of_another_day_is_of_one_list_year(ready: Ready) -> None:
    result = run_cli("run", *OF_A_YEAR, "--law-as-of", "2020-12-01", "--through", YEAR + 1, "--home", ready.home)
    assert result.lines == ["--law-as-of derives one list year: leave --through out."]
    assert result.code == 2


def test_a_list_year_beyond_the_last_partition_is_told(ready: Ready, tmp_path: Path) -> None:
    year = END_LIST_YEAR
    places = ("--home", tmp_path / "home", "--snapshots", ready.snapshots)
    result = run_cli("run", "--list-year", year, "--as-of", f"{year}-12-01", *places)
    assert result.lines == [
        f"List year {year} lies beyond {year - 1}, the last that Dagster has a partition of: "
        "set END_LIST_YEAR in assets/partitions.py higher.",
        f"No edition was sealed for list year {year}. An earlier edition is untouched.",
    ]
    assert result.code == 1


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_is_none_is_refused(port: int, ready: Ready) -> None:
    result = run_cli("ui", "--home", ready.home, "--port", port)
    assert result.code == 2
    assert "Invalid value for '--port'" in result.output


def test_every_argument_and_option_is_explained() -> None:
    commands = {
        f"{prefix}{name}": command
        for prefix, group in (("", app), ("administration ", administration))
        for name, command in typer.main.get_group(group).commands.items()
    }
    assert {"run", "administration run"} <= commands.keys()
    unexplained = {
        f"{name} {parameter.name}"
        for name, command in commands.items()
        for parameter in command.params
        if not getattr(parameter, "help", None)
    }
    assert unexplained == set()
    assert [name for name, command in commands.items() if not command.help] == []
