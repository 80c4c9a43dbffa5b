"""A day of confirmation that has not come confirms nothing: the run warns, and does not fall silent until then."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.command import Result, copied_product, fresh_cli
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


def run(ready: Ready, home: Path, product: Path, *as_of: str) -> Result:
    places = ("--snapshots", ready.snapshots, "--home", home)
    done = fresh_cli("run", "--list-year", YEAR, *places, "--no-report", *as_of, product=product)
    assert done.code == 0, done.output
    return done


def warnings(done: Result) -> list[str]:
    return [line for line in done.lines if SAID in line]


@pytest.mark.parametrize("as_of", [(), ("--as-of", f"{YEAR}-12-01")], ids=["today", "a day gone by"])
def test_a_run_warns_of_a_confirmation_on_a_day_to_come(
    ready: Ready, product: Path, tmp_path: Path, as_of: tuple[str, ...]
) -> None:
    told = warnings(run(ready, tmp_path / "home", product, *as_of))
    assert told == [f"{TOLD}Set the day that someone held it against the act."]


def test_a_run_that_stands_on_an_earlier_day_does_not_doubt_what_was_confirmed_since(
    ready: Ready, tmp_path: Path
) -> None:
    done = run(ready, tmp_path / "home", copied_product(tmp_path / "product"), "--as-of", f"{YEAR}-12-01")
    assert warnings(done) == []
