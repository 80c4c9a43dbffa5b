"""The step that receives: what is asked of it, and what becomes of a register that is being stored when it breaks.

Belongs here: the step as Dagster runs it. Does not belong here: what is read and judged (`test_plain_files`,
`test_validation`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import AssetKey, AssetSelection, ExecuteInProcessResult, materialize

from assets.contracts import LISTE, REGISTERS, history_years
from assets.intake import snapshots
from assets.intake.snapshots import IN_TURN
from assets.received import ASSETS
from law.loader import statistics_law
from pipelines.home import Home
from pipelines.resources import Run
from tests.graph.homes import YEAR, Ready
from tests.received.delivering import a_warehouse

BEF = AssetKey(["received", "bef"])
SECRET = "Frk. Hemmelig"


def received(home: Path, ready: Ready, selection: AssetSelection | None = None) -> ExecuteInProcessResult:
    settings = Run(home=str(home), snapshots=str(ready.snapshots), as_of=f"{YEAR}-12-01")
    return materialize(
        ASSETS, partition_key=str(YEAR), resources={"run": settings}, selection=selection, raise_on_error=False
    )


def stored(home: Path) -> set[str]:
    with duckdb.connect(str(Home(home).warehouse), read_only=True) as con:
        return {row[0] for row in con.execute("SELECT DISTINCT register FROM received.snapshots").fetchall()}


def test_one_register_alone_is_stored_and_judged(ready: Ready, tmp_path: Path) -> None:
    result = received(tmp_path, ready, AssetSelection.assets(BEF))
    assert result.success
    assert [event.asset_key for event in result.get_asset_materialization_events()] == [BEF]
    judged = result.get_asset_check_evaluations()
    assert {evaluation.asset_key for evaluation in judged} == {BEF}
    assert len(judged) > 5
    assert stored(tmp_path) == {"bef"}


def test_all_that_is_received_is_judged_register_by_register(ready: Ready, tmp_path: Path) -> None:
    result = received(tmp_path, ready)
    assert result.success
    order = [f"received/{register.name}" for register in IN_TURN]
    assert sorted(order) == sorted(f"received/{register.name}" for register in REGISTERS)
    assert [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()] == order
    judged = [evaluation.asset_key.to_user_string() for evaluation in result.get_asset_check_evaluations()]
    assert list(dict.fromkeys(judged)) == order


@pytest.mark.parametrize("breaks", ["receive", "check"])
def test_a_step_that_breaks_on_either_side_says_nothing_of_a_row(
    ready: Ready, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    working = getattr(snapshots, breaks)

    def broken(con: duckdb.DuckDBPyConnection, register: Any, *rest: Any) -> Any:
        if register.name == "ind":
            raise duckdb.ConversionException(f"Could not convert '{SECRET}'")
        return working(con, register, *rest)

    monkeypatch.setattr(snapshots, breaks, broken)
    result = received(tmp_path, ready)
    assert not result.success
    told = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    assert told
    assert SECRET not in repr(told)
    done = {event.asset_key.path[-1] for event in result.get_asset_materialization_events()}
    assert {"bef", "akm"} <= done
    monkeypatch.undo()
    assert received(tmp_path, ready).success


def test_a_history_year_that_was_sealed_meanwhile_is_taken_from_its_edition(tmp_path: Path) -> None:
    law = statistics_law().for_list_year(YEAR)
    years = history_years(law, YEAR)
    for year in years:
        place = tmp_path / "snapshots" / "liste" / str(year)
        place.mkdir(parents=True)
        (place / "liste.csv").write_text("AREA_ID,LISTE\na,parallelsamfund\n", encoding="utf-8")
    with a_warehouse(tmp_path) as con:
        books = snapshots.read_books(con, YEAR)
        wanted = snapshots.wanted_references(con, LISTE, law, YEAR, [])
        snapshots.receive(con, LISTE, wanted, YEAR, tmp_path / "snapshots", tmp_path / "scratch", books)
        snapshots.check(con, LISTE, books)
        assert snapshots.promote(con, [LISTE], law, YEAR, books) == {"liste": len(years)}
        con.execute("INSERT INTO published.editions VALUES (?, 1, 'x')", [years[-1]])
        assert snapshots.hindrances(con, [LISTE], law, YEAR, books) == []
        assert snapshots.promote(con, [LISTE], law, YEAR, books) == {"liste": len(years) - 1}
        assert not [line for line in snapshots.gate(con, law, YEAR) if line.startswith("liste")]
