"""The event log of a run that is started from the command line: Dagster's files, kept open, and nothing else."""

import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    DagsterInstance,
    Output,
    StaticPartitionsDefinition,
    asset,
    materialize,
)
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from pipelines.event_log import OpenEventLogStorage, instance_of
from pipelines.home import Home


@asset
def counted() -> int:
    return 3


def prepared(folder: Path) -> Home:
    home = Home(folder)
    home.prepare()
    return home


def test_dagster_reads_what_was_written(tmp_path: Path) -> None:
    home = prepared(tmp_path / "home")
    with instance_of(home.instance) as instance:
        assert isinstance(instance.event_log_storage, OpenEventLogStorage)
        run = materialize([counted], instance=instance)
    assert run.success
    with DagsterInstance.from_config(str(home.instance)) as instance:
        assert not isinstance(instance.event_log_storage, OpenEventLogStorage)
        assert instance.get_latest_materialization_event(AssetKey("counted")) is not None
        entries = [entry.dagster_event for entry in instance.all_logs(run.run_id)]
    written = [entry.event_type_value for entry in entries if entry]
    assert written[0] == "ASSET_MATERIALIZATION_PLANNED"
    assert written.count("ASSET_MATERIALIZATION_PLANNED") == 1
    assert written.count("STEP_SUCCESS") == 1
    assert written[-1] == "PIPELINE_SUCCESS"


YEARS = StaticPartitionsDefinition(["2025", "2026"])


@asset(
    partitions_def=YEARS,
    check_specs=[
        AssetCheckSpec(name, asset="checked", blocking=name == "a", partitions_def=None if name == "b" else YEARS)
        for name in "abc"
    ],
)
def checked() -> Iterator[Output[int] | AssetCheckResult]:
    yield Output(3)
    for name in "abc":
        yield AssetCheckResult(passed=name != "c", check_name=name, severity=AssetCheckSeverity.WARN)


@asset(deps=[checked], partitions_def=YEARS)
def fails() -> None:
    raise ValueError


Rows = dict[str, list[tuple[object, ...]]]

TABLES = {
    "event_logs": "id, dagster_event_type, step_key, asset_key, partition",
    "asset_check_executions": "asset_key, check_name, partition, execution_status, evaluation_event_storage_id, "
    "materialization_event_storage_id",
    "asset_keys": "asset_key, last_materialization IS NULL, last_run_id IS NULL, asset_details",
    "asset_event_tags": "event_id, asset_key, key",
}


def rows_of(folder: Path) -> dict[str, list[Rows]]:
    """What stands in the databases of an event log, of the runs and the index, but for what no two runs share."""
    found: dict[str, list[Rows]] = {"runs": [], "index": []}
    for path in (folder / "history" / "runs").glob("*.db"):
        rows: Rows = {}
        with closing(sqlite3.connect(path)) as con:
            for table, columns in TABLES.items():
                rows[table] = con.execute(f"SELECT {columns} FROM {table} ORDER BY id").fetchall()
        found["index" if path.stem == "index" else "runs"].append(rows)
    return {kind: sorted(of_kind, key=repr) for kind, of_kind in found.items()}


def test_the_rows_are_those_that_dagster_writes(tmp_path: Path) -> None:
    ours, theirs = prepared(tmp_path / "ours"), prepared(tmp_path / "theirs")
    for instance_at in (instance_of(ours.instance), DagsterInstance.from_config(str(theirs.instance))):
        with instance_at as instance:
            for year in YEARS.get_partition_keys():
                run = materialize([checked, fails], instance=instance, partition_key=year, raise_on_error=False)
                assert not run.success
    written = rows_of(ours.instance)
    assert written == rows_of(theirs.instance)
    assert [len(rows["event_logs"]) > 8 for rows in written["runs"]] == [True, True]
    assert len(written["index"][0]["asset_check_executions"]) == 6


def layouts_of(folder: Path) -> set[tuple[object, ...]]:
    """How each database of an event log is laid out, how far its migrations have come, and how it is journalled."""
    found = set()
    for path in (folder / "history" / "runs").glob("*.db"):
        with closing(sqlite3.connect(path)) as con:
            layout = con.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
            revision = con.execute("SELECT version_num FROM alembic_version").fetchall()
            journal = con.execute("PRAGMA journal_mode").fetchall()
        found.add((path.stem == "index", *layout, *revision, *journal))
    return found


def test_a_runs_database_is_laid_out_as_dagster_does_it(tmp_path: Path) -> None:
    ours, theirs = prepared(tmp_path / "ours"), prepared(tmp_path / "theirs")
    for instance_at in (instance_of(ours.instance), DagsterInstance.from_config(str(theirs.instance))):
        with instance_at as instance:
            assert materialize([counted], instance=instance).success
    assert layouts_of(ours.instance) == layouts_of(theirs.instance)


def test_a_web_server_may_open_a_new_run_at_the_same_time(tmp_path: Path) -> None:
    home = prepared(tmp_path / "home")
    folder = home.instance / "history" / "runs"
    with instance_of(home.instance) as instance, DagsterInstance.from_config(str(home.instance)) as theirs:
        storages = (instance.event_log_storage, theirs.event_log_storage)
        with ThreadPoolExecutor(max_workers=2) as pool:
            for run in range(40):
                both = [pool.submit(storage.get_logs_for_run, f"run-{run}") for storage in storages]
                assert [opened.result() for opened in both] == [[], []]
    assert len({layout[1:] for layout in layouts_of(home.instance)}) == 1
    assert len(list(folder.glob("run-*.db"))) == 40


def test_a_database_that_was_not_finished_is_completed(tmp_path: Path) -> None:
    home = prepared(tmp_path / "home")
    with instance_of(home.instance) as instance:
        first = materialize([counted], instance=instance)
    run = home.instance / "history" / "runs" / f"{first.run_id}.db"
    with closing(sqlite3.connect(run)) as con:
        whole = con.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        con.execute("DROP TABLE asset_event_tags")
        con.execute("DELETE FROM alembic_version")
        con.commit()
    with instance_of(home.instance) as instance:
        assert instance.all_logs(first.run_id)
    with closing(sqlite3.connect(run)) as con:
        assert con.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall() == whole
        assert con.execute("SELECT count(*) FROM alembic_version").fetchall() == [(1,)]


def test_what_waits_is_written_before_anything_is_read(tmp_path: Path) -> None:
    seen: list[str | None] = []

    @asset(check_specs=[AssetCheckSpec("a", asset="reads")])
    def reads(context: AssetExecutionContext) -> Iterator[Output[int] | AssetCheckResult]:
        yield AssetCheckResult(passed=True, check_name="a")
        entries = context.instance.all_logs(context.run.run_id)
        seen.extend(entry.dagster_event.event_type_value for entry in entries if entry.dagster_event)
        yield Output(3)

    home = prepared(tmp_path / "home")
    with instance_of(home.instance) as instance:
        assert materialize([reads], instance=instance).success
    assert seen[-1] == "ASSET_CHECK_EVALUATION"


def opened_by(assets: Sequence[AssetsDefinition], instance: DagsterInstance) -> int:
    """How often a run opens a database of the event log."""
    opened: list[str] = []

    def note(connection: sqlite3.Connection, _record: Any) -> None:
        opened.append(connection.execute("PRAGMA database_list").fetchall()[0][2])

    event.listen(Engine, "connect", note)
    try:
        assert materialize(assets, instance=instance).success
    finally:
        event.remove(Engine, "connect", note)
    return sum("/history/runs/" in name for name in opened)


@pytest.mark.parametrize("nth", [1, 2, 4, 6])
def test_events_whose_writing_fails_stand_nowhere_twice(tmp_path: Path, nth: int) -> None:
    """The disk is full at the nth commit to the run's own database: the index has not what that could not take."""
    home = prepared(tmp_path / "home")
    folder = home.instance / "history" / "runs"
    commits = iter(range(1, 1000))

    def full_once(connection: Connection) -> None:
        path = Path(connection.engine.url.database or "")
        if path.parent == folder and path.stem != "index" and next(commits) == nth:
            raise sqlite3.OperationalError("database or disk is full")

    event.listen(Engine, "commit", full_once)
    try:
        with instance_of(home.instance) as instance, suppress(sqlite3.OperationalError):
            materialize([checked], instance=instance, partition_key="2026", raise_on_error=False)
    finally:
        event.remove(Engine, "commit", full_once)
    assert next(commits) > nth
    assert len(list(folder.glob("*.db"))) == 2
    for path in folder.glob("*.db"):
        with closing(sqlite3.connect(path)) as con:
            twice = "SELECT dagster_event_type FROM event_logs GROUP BY event HAVING count(*) > 1"
            assert con.execute(twice).fetchall() == []
            checks = con.execute("SELECT check_name, partition FROM asset_check_executions").fetchall()
            assert len(checks) == len(set(checks))


def test_more_assets_open_no_more_databases(tmp_path: Path) -> None:
    home = prepared(tmp_path / "home")
    more = [asset(name=f"another_{number}")(lambda: 1) for number in range(5)]
    with instance_of(home.instance) as instance:
        opened_by([counted], instance)
        assert opened_by([counted], instance) == opened_by([counted, *more], instance)
    with DagsterInstance.from_config(str(home.instance)) as instance:
        assert opened_by([counted], instance) < opened_by([counted, *more], instance)


def test_another_storage_is_left_as_it_is(tmp_path: Path) -> None:
    home = prepared(tmp_path / "home")
    elsewhere = tmp_path / "elsewhere"
    config = home.instance / "dagster.yaml"
    config.write_text(config.read_text() + f"\nstorage:\n  sqlite:\n    base_dir: {elsewhere}\n")
    with instance_of(home.instance) as instance:
        assert materialize([counted], instance=instance).success
    assert (elsewhere / "history" / "runs" / "index.db").exists()
    assert not (home.instance / "history" / "runs" / "index.db").exists()


def test_what_is_read_of_an_asset_is_of_its_newest_event(tmp_path: Path) -> None:
    home = prepared(tmp_path / "home")
    key = AssetKey("counted")
    with instance_of(home.instance) as instance:
        assert instance.get_asset_records([key]) == []
        assert instance.fetch_materializations(key, limit=1).records == []
        for times in (1, 2):
            run = materialize([counted], instance=instance)
            record = instance.get_asset_records([key])[0]
            newest = record.asset_entry.last_materialization_record
            assert newest is not None
            assert newest.run_id == run.run_id
            assert instance.fetch_materializations(key, limit=1).records[0].storage_id == newest.storage_id
            assert len(instance.fetch_materializations(key, limit=5).records) == times


def test_what_is_not_asked_of_an_asset_again_costs_no_query(tmp_path: Path) -> None:
    home = prepared(tmp_path / "home")
    key = AssetKey("counted")
    with instance_of(home.instance) as instance:
        materialize([counted], instance=instance)
        instance.get_asset_records([key])
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            sent.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            instance.get_asset_records([key])
            assert sent == []
            instance.fetch_materializations(key, limit=1)
            asked = len(sent)
            instance.fetch_materializations(key, limit=1)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    assert len(sent) == asked > 0
