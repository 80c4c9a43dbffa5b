"""An edition that rests on an earlier list that is another now is said to be stale wherever one asks about it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb

from assets.publishing.sealing import stale_editions
from pipelines.explain import as_text, explain_area
from pipelines.home import Home
from pipelines.verify import verify_edition
from tests.command import csv_table, run_list
from tests.graph.homes import YEAR, Ready
from tests.populations import World, write_snapshots

STALE = f"Edition {YEAR} is stale: the list of {YEAR - 1} has changed since it was sealed. Run list year {YEAR} again."


def test_a_list_that_was_delivered_anew_for_another_list_year_makes_an_edition_stale(tmp_path: Path) -> None:
    """2026 was sealed on the list of 2023 as first published; 2025 then takes in a corrected one."""
    world = World((2025, 2026))
    for person in world.area("OMR", "101").homes(2).crowd(20, "1990-06-15", "p"):
        person.earning("180000")
    for year in range(2021, 2026):
        world.tables["liste", str(year)] = []
    snapshots = write_snapshots(world, tmp_path / "snapshots")
    home = tmp_path / "home"

    def run(year: int) -> str:
        done = run_list(year, snapshots, home, "--as-of", "2026-12-01")
        assert done.code == 0, done.output[-2000:]
        return done.output

    run(2026)
    later = snapshots / "liste" / "2023" / "2026-05-01"
    later.mkdir()
    (later / "liste.csv").write_text("AREA_ID,LISTE\nNYT,parallelsamfund\n", encoding="utf-8")
    assert "edition 2026 is stale: the list of 2023 has changed since. Run 2026 again." in run(2025)
    assert "2023" in "".join(line for line in verify_edition(Home(home), 2026) if "stale" in line)


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


def test_an_edition_whose_manifest_does_not_say_what_history_it_rests_on_is_told_and_stops_nothing(
    ready: Ready, tmp_path: Path
) -> None:
    shutil.copytree(ready.home, tmp_path / "home")
    home = Home(tmp_path / "home")
    sealed = home.edition(YEAR) / "manifest.json"
    manifest = json.loads(sealed.read_text(encoding="utf-8"))
    year = manifest["history"][0]["year"]
    del manifest["history"][0]["sha256"]
    sealed.chmod(0o600)
    sealed.write_text(json.dumps(manifest), encoding="utf-8")
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("INSERT INTO published.editions VALUES (?, 1, 'another')", [year])
        assert (YEAR, year) in stale_editions(con, home.editions)
