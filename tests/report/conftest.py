"""One small synthetic country with two list years and their reports, made once for all tests of the report."""

from __future__ import annotations

import csv
import fcntl
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.command import edition, run_cli

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
    """Made by the first process that asks for it; another that asks meanwhile waits, and none changes it."""
    own = tmp_path_factory.getbasetemp()
    root = (own if worker_id == "master" else own.parent) / "reported"
    root.mkdir(exist_ok=True)
    snapshots = {year: root / str(year) for year in (FIRST, LAST)}
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "made").exists():
            for year, folder in snapshots.items():
                _report_on(year, folder, root / "home")
            (root / "made").touch()
    return Reported(root / "home", snapshots)


def plain(page: str) -> str:
    """A page as it is read: without what keeps words and numbers on one line."""
    return page.replace("\u00a0", " ").replace("\u2060", "")


def _report_on(year: int, folder: Path, home: Path) -> None:
    demo = run_cli("demo", "--snapshots", folder, "--list-year", year, "--population", POPULATION)
    assert demo.code == 0, demo.output
    day = f"{year}-12-01"
    run = run_cli("run", "--list-year", year, "--snapshots", folder, "--home", home, "--as-of", day)
    assert run.code == 0, run.output
    assert f"Report {year}:" in run.output, run.output
