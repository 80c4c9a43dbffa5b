"""A parameter file that is not in order stops every command that asks the law, with one line that names it.

The commands are given as a user gives them, in a copy of the product whose `law/parameters` has one bad file. What else
can be wrong in a file is in tests/law/test_loader_refusals.py.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.administration.cli import app as administration
from pipelines.cli import app
from tests.command import copied_product, fresh_cli
from tests.graph.homes import YEAR, Ready

BAD = "law/parameters/forebyggelsesomraade/nonwestern.yaml"
SAID = f"{BAD}: values[1].value: 0.3 is binary floating point; put quotes around it, or write it as 40 pct or 40/100"

OF_A_YEAR = ("--list-year", YEAR)
HOME = ("--home", "HOME")
ASKING: dict[str, tuple[object, ...]] = {
    "run": ("run", *OF_A_YEAR, *HOME, "--snapshots", "SNAPSHOTS", "--as-of", f"{YEAR}-12-01"),
    "run --law-as-of": ("run", *OF_A_YEAR, *HOME, "--law-as-of", "2020-12-01"),
    "report": ("report", *OF_A_YEAR, *HOME),
    "explain": ("explain", *OF_A_YEAR, *HOME, "AREA"),
    "scenario": ("scenario", *OF_A_YEAR, *HOME, "--set", "udsat_boligomraade.residents=900"),
    "verify": ("verify", *OF_A_YEAR, *HOME),
    "impact": ("impact", *OF_A_YEAR, *HOME, "--snapshots", "SNAPSHOTS"),
    "release": ("release", *OF_A_YEAR, *HOME, "--by", "Ministeriet"),
    "ui": ("ui", *HOME, "--read-only", "--port", 0),
    "reconcile": ("reconcile",),
    "classify": ("classify", "--law-as-of", f"{YEAR}-12-01", "FILE"),
    "administration run": (
        *("administration", "run", *OF_A_YEAR, *HOME),
        *("--cases", "CASES", "--date", f"{YEAR}-12-31"),
    ),
}
NOT_ASKING = {
    "demo": "invented registers rest on no limit",
    "administration demo": "nor do invented cases",
    "diff": "two revisions are compared as they were sealed",
    "pseudonymise": "no value of a file is judged",
    "forget": "persons' data can be deleted whatever the law says",
    "backup": "files are copied as they are",
    "restore": "files are copied as they are",
    "upgrade": "files are copied as they are",
    "protection": "the rights of files are none of its matters",
}
"""Commands that work whatever stands in the parameters, each with why."""


@dataclass(frozen=True)
class Broken:
    """A copy of the product with a bad parameter file, and a home that was sealed before the file was bad."""

    product: Path
    places: dict[str, Path]

    def told(self, *command: object) -> tuple[int, list[str]]:
        filled = [self.places.get(str(part), part) for part in command]
        result = fresh_cli(*filled, product=self.product, seconds=60)
        return result.code, [line for line in result.lines if line.strip()]


@pytest.fixture(scope="module")
def broken(ready: Ready, tmp_path_factory: pytest.TempPathFactory) -> Broken:
    folder = tmp_path_factory.mktemp("law-not-in-order")
    product = copied_product(folder / "product")
    path = product / BAD
    good = path.read_text(encoding="utf-8")
    assert "value: 30 pct" in good
    path.write_text(good.replace("value: 30 pct", "value: 0.30", 1), encoding="utf-8")
    home, snapshots = ready.copied(folder)
    cases, file = folder / "cases", folder / "areas.csv"
    cases.mkdir()
    file.write_text("area_id,residents\nO-1,1200\n", encoding="utf-8")
    places = {"HOME": home, "SNAPSHOTS": snapshots, "CASES": cases, "FILE": file, "TO": folder / "kopi"}
    return Broken(product, places)


@pytest.mark.parametrize("command", ASKING, ids=list(ASKING))
def test_the_command_names_file_key_and_fix(broken: Broken, command: str) -> None:
    code, lines = broken.told(*ASKING[command])
    assert code == 1
    assert [line.removeprefix("administration: ") for line in lines] == [SAID]


def test_every_command_is_held_to_it_or_asks_no_law() -> None:
    names = {str(command.callback.__name__) for command in app.registered_commands if command.callback}
    names |= {f"administration {c.callback.__name__}" for c in administration.registered_commands if c.callback}
    assert names == {command for command in ASKING if " --" not in command} | set(NOT_ASKING)


@pytest.mark.parametrize("command", [("diff", *OF_A_YEAR, *HOME), ("backup", *HOME, "--to", "TO")], ids=lambda c: c[0])
def test_a_command_that_asks_no_law_is_not_stopped(broken: Broken, command: tuple[object, ...]) -> None:
    _, lines = broken.told(*command)
    assert not any(BAD in line for line in lines)


@pytest.mark.parametrize("module", ["pipelines.definitions"])
def test_dagster_is_told_the_file_when_it_loads_the_code(broken: Broken, module: str) -> None:
    """What a code server raises is what Dagster's page and log show of a code location."""
    loaded = subprocess.run(
        [sys.executable, "-c", f"import {module}"],
        cwd=broken.product,
        capture_output=True,
        text=True,
        check=False,
    )
    assert loaded.returncode == 1
    assert loaded.stderr.splitlines()[-1] == f"law.documents.LawError: {SAID}"
