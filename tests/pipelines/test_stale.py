"""An edition that rests on an earlier list that is another now is said to be stale wherever one asks about it."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from pipelines.explain import as_text, explain_area
from pipelines.home import Home
from pipelines.verify import verify_edition
from tests.command import csv_table
from tests.graph.homes import YEAR, Ready

STALE = f"Edition {YEAR} is stale: the list of {YEAR - 1} has changed since it was sealed. Run list year {YEAR} again."


def test_verify_and_explain_say_that_an_edition_is_stale(ready: Ready, tmp_path: Path) -> None:
    shutil.copytree(ready.home, tmp_path / "home")
    home = Home(tmp_path / "home")
    area = str(csv_table(home.path, YEAR, "area_status")[0]["area_id"])
    assert STALE not in verify_edition(home, YEAR)
    assert STALE not in as_text(explain_area(home, YEAR, area))
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("INSERT INTO published.editions VALUES (?, 1, 'another')", [YEAR - 1])
        con.execute(
            "INSERT INTO published.parallelsamfund_history VALUES ($year, $year, 'another', true, 'denne_liste')",
            {"year": YEAR - 1},
        )
    assert STALE in verify_edition(home, YEAR)
    assert STALE in as_text(explain_area(home, YEAR, area))
