"""`boligomraader administration run`: what it writes, that it repeats itself, and how it stops."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import DagsterInstance, DagsterRunStatus, materialize
from dagster._core.launcher import WorkerStatus
from typer.testing import CliRunner, Result

from assets.administration import case_files, edition, graph
from assets.administration.case_tables import BY_NAME
from assets.administration.store import FOLDER, STORE, locked
from pipelines import signs_of_life
from pipelines.administration.cli import app
from pipelines.administration.definitions import JOB
from pipelines.executor import free_dead_runs
from pipelines.home import Home
from pipelines.launcher import HomeRunLauncher
from tests.administration.worlds import Results, World, store_in_memory
from tests.command import ROOT

CLEAN = {
    "birth_date": "1990-01-01",
    "citizenship": "5100",
    "student": False,
    "convicted": False,
    "foertidspension": False,
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.area(2026, "U", "udsat_boligomraade")
    made.area(2026, "F", "forebyggelsesomraade", kom="151")
    made.cap(2026, "101", "not_needed", "1000 100 0")
    made.cap(2026, "151", "missing", "1000 0 400")
    made.seal()
    made.give(
        "members",
        {"household_id": "H", "member_id": "hemmelig-1", **CLEAN, "foertidspension": True},
        {"household_id": "H", "member_id": ""},
        {"household_id": "I", "member_id": "hemmelig-2", **CLEAN},
    )
    made.give(
        "assignments",
        {
            "assignment_id": "2",
            "household_id": "I",
            "area_id": "U",
            "decision_date": "2026-12-05",
            "alternative_exists": True,
        },
        {
            "assignment_id": "1",
            "household_id": "H",
            "area_id": "U",
            "decision_date": "2026-12-05",
            "alternative_exists": True,
        },
    )
    made.give(
        "refund_events",
        {
            "event_id": "e1",
            "received_at": "2026-11-05T10:00:00+01:00",
            "kind": "application",
            "application_id": "a1",
            "kom": "101",
            "property_id": "p",
            "property_homes": 40,
            "homes": 10,
            "amount_oere": 30_000_000,
        },
    )
    return made


def command(world: World, *more: str, year: str = "2026", day: str = "2026-12-31") -> Result:
    options = ["--list-year", year, "--cases", str(world.cases), "--home", str(world.home), "--date", day]
    return CliRunner().invoke(app, ["run", *options, *more])


def test_a_run_writes_the_contract_s_tables(world: World) -> None:
    result = command(world)
    assert result.exit_code == 0, result.output
    folder = world.home / "administration" / "2026"
    assert (folder / "assignment_decisions.csv").read_text() == (
        "assignment_id,outcome,grounds,missing_facts\n1,banned,59-6-6,\n2,allowed,,\n"
    )
    assert (folder / "refund_ledger.csv").read_text() == (
        "event_id,application_id,status,reserved_oere,kom_reserved_oere,pool_left_oere,reason\n"
        "e1,a1,reserved,30000000,30000000,650000000,reserved in order of receipt\n"
    )
    assert Results(folder).table("refused_rows") == [
        {"table": "members", "file": "a.csv", "row_number": "2", "key": "H", "reason": "member_id: missing"}
    ]
    with duckdb.connect(str(world.home / "administration.duckdb"), read_only=True) as con:
        rows = con.execute(
            "SELECT parameter, value, paragraph, effective_from FROM assignment_basis "
            "JOIN parameters_used USING (list_year, parameter_set) "
            "WHERE assignment_id = '1' AND parameter = 'anvisning.stk6_nr5_months'"
        ).fetchall()
        assert [(p, v, par, str(day)) for p, v, par, day in rows] == [
            ("anvisning.stk6_nr5_months", "6", "§ 59, stk. 6, nr. 5", "2021-11-30")
        ]
        used = con.execute("SELECT count(*) FROM refund_basis JOIN parameters_used USING (list_year, parameter_set)")
        assert used.fetchall()[0][0] > 5
    with duckdb.connect() as con:
        parquet = con.execute(
            "SELECT * FROM read_parquet(?)", [str(folder / "assignment_decisions.parquet")]
        ).fetchall()
        assert parquet == [("1", "banned", "59-6-6", None), ("2", "allowed", None, None)]


def test_the_same_inputs_give_the_same_bytes(world: World) -> None:
    assert command(world).exit_code == 0
    first = Results(world.home / "administration" / "2026").bytes()
    assert command(world).exit_code == 0
    assert Results(world.home / "administration" / "2026").bytes() == first
    moved = World(world.folder / "moved")
    shutil.copytree(world.home / "editions", moved.home / "editions")
    shutil.copytree(world.cases, moved.cases)
    assert command(moved).exit_code == 0
    assert Results(moved.home / "administration" / "2026").bytes() == first


def test_the_manifest_names_what_went_in(world: World) -> None:
    command(world)
    text = (world.home / "administration" / "2026" / "manifest.json").read_text()
    manifest = json.loads(text)
    assert manifest["day"] == "2026-12-31"
    assert {item["file"] for item in manifest["inputs"]} == {
        "members/a.csv",
        "assignments/a.csv",
        "refund_events/a.csv",
    }
    assert str(world.folder) not in text


def test_other_list_years_stay(world: World) -> None:
    world.area(2027, "U", "ikke_omfattet")
    world.cap(2027, "101", "not_needed", "1000 0 0")
    world.seal()
    assert command(world).exit_code == 0
    assert command(world, year="2027", day="2027-12-31").exit_code == 0
    with duckdb.connect(str(world.home / "administration.duckdb"), read_only=True) as con:
        rows = con.execute("SELECT list_year, assignment_id, outcome FROM assignment_decisions ORDER BY ALL").fetchall()
    assert rows == [(2026, "1", "banned"), (2026, "2", "allowed"), (2027, "1", "allowed"), (2027, "2", "allowed")]


def test_identifiers_stay_out_of_the_output_and_the_instance(world: World) -> None:
    result = command(world)
    assert "hemmelig" not in result.output
    for path in (world.home / "dagster-administration").rglob("*"):
        if path.is_file():
            assert b"hemmelig" not in path.read_bytes(), path.name


def test_an_error_that_quotes_a_case_is_told_without_its_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each system and each table in turn raises what quotes a person: the line that is told and stored says where."""

    def broken(*_: object, **__: object) -> None:
        raise KeyError("hemmelig-1")

    for place in ("letting.write_letting", "refunds.write_ledger", "intake.receive", "publishing.publish"):
        with monkeypatch.context() as patch:
            patch.setattr(f"assets.administration.{place}", broken)
            assert "KeyError in assets/administration/graph.py line " in stopped(command(world)), place
    for path in (world.home / "dagster-administration").rglob("*"):
        if path.is_file():
            assert b"hemmelig" not in path.read_bytes(), path.name


def stopped(result: Result) -> str:
    """The one line that a run ends with."""
    assert result.exit_code == 1
    lines = result.output.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_how_a_run_stops(world: World) -> None:
    assert stopped(command(world, day="i dag")) == "administration: --date is no day: give it as YYYY-MM-DD"
    assert "list year 2020 has no sealed edition" in stopped(command(world, year="2020"))
    (world.cases / "members" / "b.csv").write_text("household_id\nH\n")
    assert stopped(command(world)) == (
        "administration: members/b.csv: the column member_id is missing: add it, empty where it is not known"
    )
    (world.cases / "members" / "b.csv").unlink()
    edition = world.home / "editions" / "2026" / "area_status.csv"
    edition.write_text(edition.read_text().replace("udsat_boligomraade", "ikke_omfattet"))
    assert (
        stopped(command(world)) == "administration: edition 2026: area_status.csv is not what was sealed: seal it again"
    )
    shutil.rmtree(world.cases)
    assert "folder of cases does not exist" in stopped(command(world))


def test_a_damaged_store_is_named(world: World) -> None:
    assert command(world).exit_code == 0
    store = world.home / STORE
    whole = store.read_bytes()
    flipped = bytearray(whole)
    for place in range(12_288, len(whole), 997):
        flipped[place] ^= 1
    said = f"{STORE} is damaged: restore a backup, or move the file away and run every list year again"
    for damaged in (bytes(flipped), whole[:100_000], b"", b"no store"):
        store.write_bytes(damaged)
        assert stopped(command(world)) == f"administration: {said}"
    store.unlink()
    assert command(world).exit_code == 0


def test_a_store_that_another_process_has_is_named(world: World) -> None:
    assert command(world).exit_code == 0
    opened = (
        f"import duckdb, sys; con = duckdb.connect({str(world.home / STORE)!r}); print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", opened], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        assert stopped(command(world)) == (
            f"administration: {STORE} cannot be opened: another process has it: close that and run again"
        )


@pytest.mark.parametrize("place", ["case_files.append_rows", "intake.receive", "publishing.export"])
def test_a_full_disk_is_named(world: World, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    def full(*_: object, **__: object) -> None:
        raise duckdb.IOException("IO Error: Could not write hemmelig-1: No space left on device")

    monkeypatch.setattr(case_files, "_read_whole", lambda *_: False)
    monkeypatch.setattr(f"assets.administration.{place}", full)
    said = stopped(command(world))
    assert "The disk of the home is full: free some space and run again" in said
    assert "hemmelig" not in said


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_full_disk_is_no_fault_of_the_file(world: World, suffix: str) -> None:
    """The database has no room for the rows: neither is a Parquet file unreadable then, nor a CSV read otherwise."""
    file = case_files.opened(world.cases / "members" / "a.csv")
    with store_in_memory() as con:
        if suffix == "parquet":
            con.execute(f"COPY (FROM read_csv('{file.path}', all_varchar = true)) TO '{world.folder / 'a.parquet'}'")
            file = case_files.opened(world.folder / "a.parquet")
        with pytest.raises(duckdb.IOException):
            case_files.load(FullDisk(con), BY_NAME["members"], file)  # type: ignore[arg-type]


class FullDisk:
    """A connection that has no room for a row."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        columns = ", ".join(f"{column.name} VARCHAR" for column in BY_NAME["members"].columns)
        con.execute(f"CREATE TEMP TABLE raw_rows (file VARCHAR, row_number BIGINT, broken VARCHAR, {columns})")

    def execute(self, query: str, *values: Any) -> duckdb.DuckDBPyConnection:
        if query.startswith("INSERT"):
            raise duckdb.IOException("IO Error: No space left on device")
        return self.con.execute(query, *values)


def test_an_edition_sealed_anew_while_it_is_read_stops_the_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    load_table, manifest = edition._load_table, world.home / "editions" / "2026" / "manifest.json"

    def sealed_anew(*arguments: Any) -> None:
        load_table(*arguments)
        manifest.write_text(manifest.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    monkeypatch.setattr(edition, "_load_table", sealed_anew)
    assert "sealed anew while it was read" in stopped(command(world))


def test_what_rests_on_a_table_that_was_received_anew_must_be_made_anew(world: World) -> None:
    resources = {"administration": world.settings(2026, "2026-12-31")}

    def made(*names: str) -> bool:
        keys = [graph.case_key(name.removeprefix("cases/")) if "/" in name else graph.key_of(name) for name in names]
        return materialize(graph.ASSETS, selection=keys, resources=resources, raise_on_error=False).success

    assert materialize(graph.ASSETS, resources=resources).success
    before = Results(world.home / "administration" / "2026").bytes()
    member = {"household_id": "H", "member_id": "hemmelig-1", **CLEAN}
    world.give("members", member, {**member, "household_id": "I", "member_id": "hemmelig-2"})
    assert made("cases/members")
    assert not made("published")
    assert not made("assignment_decisions")
    assert made("cases/benefit_months")
    assert not made("published")
    assert Results(world.home / "administration" / "2026").bytes() == before
    assert made("assignment_decisions", "published")
    found = Results(world.home / "administration" / "2026").by("assignment_decisions", "assignment_id")
    assert found["1"]["outcome"] == "allowed"


def test_a_run_that_stops_leaves_no_half_decisions(world: World) -> None:
    assert command(world).exit_code == 0
    before = Results(world.home / "administration" / "2026").bytes()
    (world.cases / "members" / "b.csv").write_text("household_id\nH\n")
    assert command(world).exit_code == 1
    assert Results(world.home / "administration" / "2026").bytes() == before


def test_a_run_stopped_while_its_folder_takes_its_place_leaves_the_earlier_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = world.run().bytes()

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("assets.exchange._exchange", stopped)
        with pytest.raises(KeyboardInterrupt):
            world.run(day="2027-01-01")
    assert Results(world.home / "administration" / "2026").bytes() == before
    assert world.run(day="2027-01-01").bytes() != before


@contextmanager
def started_by_dagster(world: World, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run in a process of Dagster's, which waits for the home's lock until the context is left."""
    settings = {"list_year": 2026, "cases": str(world.cases), "home": {"env": "ITS_HOME"}, "day": "2026-12-31"}
    config, output = folder / "run.yaml", folder / "output"
    config.write_text(json.dumps({"resources": {"administration": {"config": settings}}}), encoding="utf-8")
    (folder / "instance").mkdir()
    job = ["job", "execute", "-m", "pipelines.administration.definitions", "-j", JOB, "-c", str(config)]
    with locked(world.home), output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "dagster", *job],
            cwd=ROOT,
            env={**os.environ, "DAGSTER_HOME": str(folder / "instance"), "ITS_HOME": str(world.home)},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        while "Waiting for another run" not in output.read_text(encoding="utf-8"):
            assert process.poll() is None, output.read_text(encoding="utf-8")
            time.sleep(0.05)
        yield process


def test_a_run_that_dagster_starts_holds_the_lock_of_the_command(world: World, tmp_path: Path) -> None:
    with started_by_dagster(world, tmp_path) as process:
        assert not (world.home / STORE).exists()
    assert process.wait() == 0, (tmp_path / "output").read_text(encoding="utf-8")
    assert (world.home / FOLDER / "2026" / "assignment_decisions.csv").is_file()
    assert not any((world.home / signs_of_life.FOLDER).iterdir())


def test_a_killed_run_that_dagster_started_gives_its_place_back(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of them would take every place in the queue, also from the list of the year."""
    monkeypatch.setenv("ITS_HOME", str(world.home))
    with started_by_dagster(world, tmp_path) as process, DagsterInstance.from_config(str(tmp_path / "instance")) as at:
        (run,) = at.get_runs()
        assert run.status == DagsterRunStatus.STARTED
        assert HomeRunLauncher().check_run_worker_health(run).status == WorkerStatus.RUNNING
        free_dead_runs(at, "a list's", Home(world.home))
        process.kill()
        process.wait()
        assert HomeRunLauncher().check_run_worker_health(run).status == WorkerStatus.FAILED
        assert [run.status for run in at.get_runs()] == [DagsterRunStatus.STARTED]
        free_dead_runs(at, "a list's", Home(world.home))
        assert [run.status for run in at.get_runs()] == [DagsterRunStatus.FAILURE]
