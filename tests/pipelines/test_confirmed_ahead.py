"""A day of confirmation that has not come confirms nothing: the run warns, and does not fall silent until then."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.command import Result, copied_product, fresh_cli, run_list
from tests.graph.homes import YEAR, Ready

QUANTITY = Path("law/parameters/forebyggelsesomraade/nonwestern.yaml")
AHEAD = "2999-03-08"
SAID = "Said to be confirmed on a day to come"
TOLD = f"Warning: {SAID}: 1 of the legal values, the first forebyggelsesomraade.nonwestern on {AHEAD}. "


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product with one value that is said to be confirmed long after today."""
    copy = copied_product(tmp_path_factory.mktemp("confirmed-ahead") / "product")
    text = (copy / QUANTITY).read_text(encoding="utf-8")
    changed, count = re.subn(r"confirmed: \d{4}-\d{2}-\d{2}", f"confirmed: {AHEAD}", text)
    assert count
    (copy / QUANTITY).write_text(changed, encoding="utf-8")
    return copy


@pytest.fixture
def home(ready: Ready, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ready.home, tmp_path / "home"))


def warnings(done: Result) -> list[str]:
    assert done.code == 0, done.output
    return [line for line in done.lines if SAID in line]


@pytest.mark.parametrize("as_of", [(), ("--as-of", f"{YEAR}-12-01")], ids=["today", "a day gone by"])
def test_a_run_warns_of_a_confirmation_on_a_day_to_come(
    ready: Ready, product: Path, home: Path, as_of: tuple[str, ...]
) -> None:
    places = ("--snapshots", ready.snapshots, "--home", home)
    told = warnings(fresh_cli("run", "--list-year", YEAR, *places, "--no-report", *as_of, product=product))
    assert told == [f"{TOLD}Set the day that someone held it against the act."]


def test_a_run_that_stands_on_an_earlier_day_does_not_doubt_what_was_confirmed_since(ready: Ready, home: Path) -> None:
    assert warnings(run_list(YEAR, ready.snapshots, home)) == []
