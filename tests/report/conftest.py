"""One small synthetic country with two list years and their reports, made once for all tests of the report."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.command import edition, run_cli
from tests.graph.homes import made_once

FIRST, LAST = 2025, 2026
POPULATION = 40_000
WITHHELD = "diskretioneret"


@dataclass(frozen=True)
class Reported:
    """A home with two reported list years, and the snapshots they were made from."""

    home: Path
    snapshots: dict[int, Path]

    def folder(self, list_year: int = LAST) -> Path:
        return edition(self.home, list_year) / "report"

    def table(self, name: str, list_year: int = LAST) -> list[dict[str, str]]:
        with (self.folder(list_year) / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Reported:
    folder = made_once(tmp_path_factory, worker_id, "reported", _report)
    return Reported(folder / "home", {year: folder / str(year) for year in (FIRST, LAST)})


def _report(folder: Path) -> None:
    for year in (FIRST, LAST):
        _report_on(year, folder / str(year), folder / "home")


def _report_on(year: int, folder: Path, home: Path) -> None:
    demo = run_cli("demo", "--snapshots", folder, "--list-year", year, "--population", POPULATION)
    assert demo.code == 0, demo.output
    day = f"{year}-12-01"
    run = run_cli("run", "--list-year", year, "--snapshots", folder, "--home", home, "--as-of", day)
    assert run.code == 0, run.output
    assert f"Report {year}:" in run.output, run.output
