"""What starts by itself: schedules, the sensor of new snapshots, the dry run, failure notices, and taking turns.

Belongs here: when a run is asked for, of what, and in which environment. Does not belong: what a run does.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import http.server
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dagster import (
    AssetKey,
    AssetsDefinition,
    BackfillPolicy,
    DagsterEvent,
    DagsterEventType,
    DagsterExecutionInterruptedError,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Failure,
    RunRequest,
    SensorResult,
    build_run_status_sensor_context,
    build_schedule_context,
    build_sensor_context,
)
from dagster._core.definitions.repository_definition.valid_definitions import SINGLETON_REPOSITORY_NAME
from dagster._core.execution.asset_backfill import AssetBackfillData
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.launcher import WorkerStatus
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.storage.dagster_run import ACTIVE_RUN_STATUSES
from dagster._core.storage.tags import BACKFILL_ID_TAG, PARTITION_NAME_TAG, PRIORITY_TAG
from dagster._daemon.monitoring import execute_concurrency_slots_iteration, execute_run_monitoring_iteration
from dagster._utils.schedules import schedule_execution_time_iterator

from assets.contracts import REGISTERS
from assets.exchange import SECONDS_BETWEEN_LOOKS
from assets.factory import WRITER_POOL
from law.loader import statistics_law
from pipelines import deliveries, environments, notices
from pipelines.definitions import defs
from pipelines.deliveries import expected, references, summary
from pipelines.executor import (
    SECONDS_TO_WAIT_FOR_A_START,
    Ahead,
    ahead_of,
    free_dead_runs,
    refuse_ended,
    refuse_to_wait_on,
)
from pipelines.home import HOME, INSTANCE_CONFIG, SNAPSHOTS, Home
from pipelines.launcher import HomeRunLauncher
from pipelines.resources import Run
from pipelines.running import CODE_LOCATION
from pipelines.schedules import SCHEDULES, annual_list_1_december, deliveries_in_november
from pipelines.sensors import SENSORS, failure_notices, new_snapshots
from tests.command import ROOT, free_port, manifest
from tests.graph.homes import YEAR, Ready
from tests.populations import random_world, write_snapshots

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


# --- schedules -----------------------------------------------------------------------------------------------------


def ticks(schedule: Any, after: dt.datetime, count: int) -> list[dt.datetime]:
    iterator = schedule_execution_time_iterator(after.timestamp(), schedule.cron_schedule, schedule.execution_timezone)
    return [next(iterator) for _ in range(count)]


def test_the_annual_list_is_scheduled_at_six_in_copenhagen_on_1_december() -> None:
    first, second = ticks(annual_list_1_december, dt.datetime(2026, 6, 1, tzinfo=COPENHAGEN), 2)
    assert first == dt.datetime(2026, 12, 1, 6, tzinfo=COPENHAGEN)
    assert second == dt.datetime(2027, 12, 1, 6, tzinfo=COPENHAGEN)


def test_the_tick_asks_for_that_years_list_as_of_that_day() -> None:
    tick = dt.datetime(2026, 12, 1, 5, tzinfo=dt.UTC)
    request = annual_list_1_december(build_schedule_context(scheduled_execution_time=tick))
    assert isinstance(request, RunRequest)
    assert request.partition_key == "2026"
    assert request.run_config["resources"]["run"]["config"] == {"as_of": "2026-12-01"}
    assert annual_list_1_december.job_name == "annual_list"


def test_the_dry_run_is_scheduled_on_weekdays_of_november() -> None:
    days = ticks(deliveries_in_november, dt.datetime(2026, 6, 1, tzinfo=COPENHAGEN), 25)
    assert days[0] == dt.datetime(2026, 11, 2, 7, tzinfo=COPENHAGEN)
    assert {day.month for day in days} == {11}
    assert {day.weekday() for day in days} <= {0, 1, 2, 3, 4}


# --- environments --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "schedules", "sensors"),
    [
        (None, set(), set()),
        ("local", set(), {"new_snapshots", "failure_notices"}),
        ("server", {"annual_list_1_december", "deliveries_in_november"}, {"new_snapshots", "failure_notices"}),
    ],
)
def test_the_environment_decides_what_is_registered(
    environment: str | None, schedules: set[str], sensors: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(environments.ENVIRONMENT, raising=False)
    if environment:
        monkeypatch.setenv(environments.ENVIRONMENT, environment)
    assert {item.name for item in environments.registered(SCHEDULES)} == schedules
    assert {item.name for item in environments.registered(SENSORS)} == sensors


def test_an_unknown_environment_and_an_undeclared_schedule_stop_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environments.ENVIRONMENT, "prod")
    with pytest.raises(ValueError, match="prod"):
        environments.registered(SCHEDULES)
    monkeypatch.delenv(environments.ENVIRONMENT)
    monkeypatch.setattr(environments, "REGISTERED_IN", {})
    with pytest.raises(ValueError, match="annual_list_1_december"):
        environments.registered(SCHEDULES)


# --- the sensor of new snapshots -----------------------------------------------------------------------------------


def look(home: Path, snapshots: Path, as_of: str, cursor: str | None) -> tuple[list[RunRequest], str]:
    context = build_sensor_context(
        cursor=cursor, resources={"run": Run(home=str(home), snapshots=str(snapshots), as_of=as_of)}
    )
    result = new_snapshots(context)
    if isinstance(result, SensorResult):
        return list(result.run_requests or ()), str(result.cursor)
    return [], str(context.cursor)


def finish(snapshots: Path) -> None:
    for register in REGISTERS:
        for folder in (snapshots / register.name).glob("*/"):
            (folder / "_COMPLETE").touch()


def test_the_sensor_asks_for_what_finished_folders_feed(tmp_path: Path) -> None:
    snapshots, home = write_snapshots(random_world(12, YEAR, large=0), tmp_path / "snapshots"), tmp_path / "home"
    for mark in snapshots.rglob("_COMPLETE"):
        mark.unlink()
    as_of = f"{YEAR}-12-01"
    assert look(home, snapshots, as_of, None)[0] == []
    (snapshots / "udda" / str(YEAR - 1) / "_COMPLETE").touch()
    requests, cursor = look(home, snapshots, as_of, None)
    assert [(r.partition_key, [key.path for key in r.asset_selection or ()]) for r in requests] == [
        (str(YEAR), [["received", "udda"]])
    ]
    assert look(home, snapshots, as_of, cursor)[0] == []
    finish(snapshots)
    requests, cursor = look(home, snapshots, as_of, cursor)
    whole = [r for r in requests if r.asset_selection is None]
    assert [r.partition_key for r in whole] == [str(YEAR)]
    assert [r.partition_key for r in requests] == sorted(str(r.partition_key) for r in requests)
    in_time = look(home, snapshots, f"{YEAR - 1}-12-01", None)[0]
    assert [r.partition_key for r in in_time if int(str(r.partition_key)) >= YEAR] == []
    assert look(home, snapshots, as_of, cursor)[0] == []


def test_what_has_not_come_yet_is_no_fault_of_what_has(tmp_path: Path) -> None:
    """Of a register of two status days nothing is received before both are there, and optional ones start nothing."""
    snapshots, home = write_snapshots(random_world(12, YEAR, large=0), tmp_path / "snapshots"), tmp_path / "home"
    for mark in snapshots.rglob("_COMPLETE"):
        mark.unlink()
    as_of = f"{YEAR}-12-01"
    (snapshots / "vnds_ind" / str(YEAR - 1)).mkdir(parents=True, exist_ok=True)
    for place in ("vnds_ind/" + str(YEAR - 1), f"bef/{YEAR}-01-01"):
        (snapshots / place / "_COMPLETE").touch()
    requests, cursor = look(home, snapshots, as_of, None)
    assert requests == []
    (snapshots / "bef" / f"{YEAR - 1}-01-01" / "_COMPLETE").touch()
    requests, _ = look(home, snapshots, as_of, cursor)
    assert [(r.partition_key, [key.path for key in r.asset_selection or ()]) for r in requests] == [
        (str(YEAR), [["received", "bef"]])
    ]


def test_a_later_vintage_counts_once_it_is_finished(tmp_path: Path) -> None:
    snapshots, home = write_snapshots(random_world(12, YEAR, large=0), tmp_path / "snapshots"), tmp_path / "home"
    finish(snapshots)
    as_of = f"{YEAR}-12-01"
    before, cursor = look(home, snapshots, as_of, None)
    first = snapshots / "udda" / str(YEAR - 1)
    later = first / f"{YEAR}-11-01"
    later.mkdir()
    for path in first.iterdir():
        if path.is_file() and path.name != "_COMPLETE":
            shutil.copyfile(path, later / path.name)
    unfinished, cursor = look(home, snapshots, as_of, cursor)
    assert unfinished == []
    (later / "_COMPLETE").touch()
    requests, _ = look(home, snapshots, as_of, cursor)
    assert [r.partition_key for r in requests if r.asset_selection is None] == [str(YEAR)]
    assert {r.run_key for r in requests}.isdisjoint({r.run_key for r in before})


def test_migrations_of_an_earlier_year_feed_the_list_years_since(tmp_path: Path) -> None:
    snapshots, home = write_snapshots(random_world(12, YEAR, large=0), tmp_path / "snapshots"), tmp_path / "home"
    shutil.rmtree(snapshots / "vnds_ind", ignore_errors=True)
    finish(snapshots)
    as_of = f"{YEAR}-12-01"
    _, cursor = look(home, snapshots, as_of, None)
    came = snapshots / "vnds_ind" / str(YEAR - 3)
    came.mkdir(parents=True)
    (came / "migrations.csv").write_text("PNR,HAEND_DATO,IE_TYPE,OPR_LAND,INDV_LAND\n", encoding="utf-8")
    assert look(home, snapshots, as_of, cursor)[0] == []
    (came / "_COMPLETE").touch()
    requests, _ = look(home, snapshots, as_of, cursor)
    assert [r.partition_key for r in requests if r.asset_selection is None] == [str(YEAR)]


# --- the dry run ---------------------------------------------------------------------------------------------------


def test_the_day_of_a_delivery_is_the_catalogues_or_as_many_years_later() -> None:
    assert expected("ind", 2024) == (dt.date(2025, 12, 1), "IND2024")
    assert expected("ind", 2025) == (dt.date(2026, 11, 20), "IND2025")
    assert expected("bef", 2026) == (dt.date(2026, 3, 18), "BEF202512")
    assert expected("bef", 2028) == (dt.date(2028, 3, 18), "BEF of 2028")
    assert expected("omraade", 2026)[0] is None


def test_a_delivery_of_29_february_comes_on_the_28th_only_where_there_is_no_29th(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deliveries, "_catalogue", lambda: {"bef": {2024: (dt.date(2024, 2, 29), "BEF202312")}})
    assert expected("bef", 2025)[0] == dt.date(2025, 2, 28)
    assert expected("bef", 2028)[0] == dt.date(2028, 2, 29)


def test_the_dry_run_says_what_is_missing_and_late(tmp_path: Path) -> None:
    found = references(statistics_law().for_list_year(2026), 2026, tmp_path, [])
    told = summary(found, dt.date(2026, 11, 24), 2026)
    assert "0 of" in told.splitlines()[0]
    assert "7 days to the list" in told.splitlines()[0]
    assert "ind/2025: missing, IND2025 was due on 2026-11-20: 4 days late" in told
    assert "akm/2025: missing, AKM of 2025 is due on 2026-12-02, after the list day 2026-12-01" in told
    assert "anvisningsloft/2026: missing, optional" in told
    assert "omraade/2026: missing, no delivery day is known" in told
    assert "vnds_ind" not in told


def test_the_dry_run_waits_for_no_migrations_and_shows_those_that_came(tmp_path: Path) -> None:
    for year in ("2023", "2027"):
        (tmp_path / "vnds_ind" / year).mkdir(parents=True)
    found = references(statistics_law().for_list_year(2026), 2026, tmp_path, [])
    assert [item.reference for item in found if item.register.startswith("vnds")] == ["2023"]


def test_the_dry_run_job_starts_nothing(ready: Ready) -> None:
    settings = {"home": str(ready.home), "snapshots": str(ready.snapshots), "as_of": f"{YEAR}-11-24"}
    with DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def("delivery_status").execute_in_process(
            run_config={"resources": {"run": {"config": settings}}}, partition_key=str(YEAR), instance=instance
        )
        assert len(instance.get_runs()) == 1
    needed = references(statistics_law().for_list_year(YEAR), YEAR, ready.snapshots, [])
    assert {item.state for item in needed if not item.optional} <= {"complete", "unfinished"}
    open_ones = sum(item.state != "complete" and not item.optional for item in needed)
    events = [event for event in result.all_node_events if event.is_successful_output]
    assert [event.step_output_data.metadata["missing"].value for event in events] == [open_ones]
    assert not [event for event in result.all_node_events if event.is_handled_output], "it writes no file"


# --- backfills and turns -------------------------------------------------------------------------------------------

ORIGIN = RemoteJobOrigin(
    RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(CODE_LOCATION), SINGLETON_REPOSITORY_NAME), "annual_list"
)
"""Where Dagster's queue finds the job of a run."""


def test_every_partitioned_asset_backfills_one_year_a_run() -> None:
    for assets in defs.assets or ():
        assert isinstance(assets, AssetsDefinition)
        if assets.partitions_def is not None:
            assert assets.backfill_policy == BackfillPolicy.multi_run(1), assets.key


def test_an_earlier_list_year_goes_first(tmp_path: Path) -> None:
    home = Home(tmp_path)
    job = defs.resolve_job_def("annual_list")
    with DagsterInstance.ephemeral() as instance:

        def run(year: int, status: DagsterRunStatus, backfill: str = "a") -> Any:
            tags = {PARTITION_NAME_TAG: str(year), BACKFILL_ID_TAG: backfill}
            return instance.create_run_for_job(job, tags=tags, status=status, remote_job_origin=ORIGIN)

        own = run(2024, DagsterRunStatus.STARTED)
        alive, waits = run(2023, DagsterRunStatus.STARTED), run(2022, DagsterRunStatus.SUSPENDED)
        later, queued = run(2025, DagsterRunStatus.STARTED), run(2021, DagsterRunStatus.QUEUED)
        run(2020, DagsterRunStatus.STARTING)
        run(2019, DagsterRunStatus.NOT_STARTED, "another backfill")
        with home.alive(own.run_id), home.alive(alive.run_id), home.alive(waits.run_id), home.alive(later.run_id):
            ahead = ahead_of(instance, own, home)
        assert {run.run_id for run in ahead.alive} == {alive.run_id, waits.run_id}
        assert set(ahead.coming) == {2020, 2021}
        assert [run.run_id for run in ahead.queued] == [queued.run_id]
        assert not ahead_of(instance, queued, home).queued
        assert not home.is_alive(waits.run_id)


def test_a_run_that_died_goes_before_no_other(tmp_path: Path) -> None:
    job = defs.resolve_job_def("annual_list")
    with DagsterInstance.ephemeral() as instance:
        for year, status in ((2022, DagsterRunStatus.STARTED), (2023, DagsterRunStatus.SUSPENDED)):
            instance.create_run_for_job(job, tags={PARTITION_NAME_TAG: str(year)}, status=status)
        own = instance.create_run_for_job(job, tags={PARTITION_NAME_TAG: "2024"}, status=DagsterRunStatus.STARTED)
        free_dead_runs(instance, own.run_id, Home(tmp_path))
        assert not ahead_of(instance, own, Home(tmp_path))
        assert {run.status for run in instance.get_runs() if run.run_id != own.run_id} == {DagsterRunStatus.FAILURE}


def test_a_run_of_the_administration_is_not_taken_for_dead(tmp_path: Path) -> None:
    job = defs.resolve_job_def("annual_list")
    with DagsterInstance.ephemeral() as instance:
        location = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("administration"), SINGLETON_REPOSITORY_NAME)
        origin = RemoteJobOrigin(location, job.name)
        cases = instance.create_run_for_job(job, status=DagsterRunStatus.STARTED, remote_job_origin=origin)
        own = instance.create_run_for_job(job, tags={PARTITION_NAME_TAG: "2024"}, status=DagsterRunStatus.STARTED)
        free_dead_runs(instance, own.run_id, Home(tmp_path))
        assert {run.run_id: run.status for run in instance.get_runs()} == {
            own.run_id: DagsterRunStatus.STARTED,
            cases.run_id: DagsterRunStatus.STARTED,
        }


@pytest.mark.parametrize("status", [BulkActionStatus.CANCELING, BulkActionStatus.CANCELED, BulkActionStatus.FAILED])
def test_a_suspended_run_ends_with_its_backfill(status: BulkActionStatus) -> None:
    """Dagster asks no suspended run to stop: it would seal without the list years that were called off."""
    job = defs.resolve_job_def("annual_list")
    with DagsterInstance.ephemeral() as instance:
        own = instance.create_run_for_job(job, tags={BACKFILL_ID_TAG: "a"}, status=DagsterRunStatus.SUSPENDED)
        instance.add_backfill(backfill_of(partition_names=["2026"]))
        refuse_ended(instance, own, suspended=True)
        backfill = instance.get_backfill("a")
        assert backfill is not None
        instance.update_backfill(backfill.with_status(status))
        refuse_ended(instance, own, suspended=False)
        with pytest.raises(DagsterExecutionInterruptedError):
            refuse_ended(instance, own, suspended=True)


@pytest.mark.parametrize("status", [DagsterRunStatus.CANCELED, DagsterRunStatus.CANCELING, DagsterRunStatus.FAILURE])
def test_a_run_that_was_ended_elsewhere_goes_no_further(status: DagsterRunStatus) -> None:
    job = defs.resolve_job_def("annual_list")
    with DagsterInstance.ephemeral() as instance:
        own = instance.create_run_for_job(job, status=status)
        with pytest.raises(DagsterExecutionInterruptedError):
            refuse_ended(instance, own, suspended=False)


def test_a_run_gives_way_also_to_one_that_waits_for_the_queue(tmp_path: Path) -> None:
    """Else two that wait for it keep both places, and what it waits for never begins."""
    home, job = Home(tmp_path), defs.resolve_job_def("annual_list")
    with DagsterInstance.ephemeral() as instance:
        waits = instance.create_run_for_job(job, tags={PARTITION_NAME_TAG: "2022"}, status=DagsterRunStatus.SUSPENDED)
        own = instance.create_run_for_job(job, tags={PARTITION_NAME_TAG: "2025"}, status=DagsterRunStatus.STARTED)
        with home.alive(waits.run_id), home.alive(own.run_id):
            assert ahead_of(instance, own, home).gives_way


def test_a_job_that_only_looks_is_not_taken_for_dead(tmp_path: Path) -> None:
    with DagsterInstance.ephemeral() as instance:
        looks = instance.create_run_for_job(defs.resolve_job_def("delivery_status"), status=DagsterRunStatus.STARTED)
        free_dead_runs(instance, "another", Home(tmp_path))
        run = instance.get_run_by_id(looks.run_id)
        assert run is not None
        assert run.status == DagsterRunStatus.STARTED


def backfill_of(**what: Any) -> PartitionBackfill:
    return PartitionBackfill(
        backfill_id="a",
        status=BulkActionStatus.REQUESTED,
        from_failure=False,
        tags={},
        backfill_timestamp=time.time(),
        **what,
    )


def test_a_list_year_of_the_backfill_goes_first_before_there_is_a_run_of_it(tmp_path: Path) -> None:
    job, names = defs.resolve_job_def("annual_list"), ["2026", "2025", "2024"]
    with DagsterInstance.ephemeral() as instance:
        own, _ = (
            instance.create_run_for_job(job, tags={PARTITION_NAME_TAG: year, BACKFILL_ID_TAG: "a"}, status=status)
            for year, status in (("2026", DagsterRunStatus.STARTED), ("2025", DagsterRunStatus.SUCCESS))
        )
        instance.add_backfill(backfill_of(partition_names=names))
        assert set(ahead_of(instance, own, Home(tmp_path)).coming) == {2024}
        instance.update_backfill(backfill_of(partition_names=names, last_submitted_partition_name="2024"))
        assert not ahead_of(instance, own, Home(tmp_path)), "all were asked for, and the last was left out"


def test_a_backfill_of_assets_is_made_list_year_by_list_year(tmp_path: Path) -> None:
    keys = [AssetKey(["received", "bef"]), AssetKey(["edition", "edition"])]
    range_tags = {"dagster/asset_partition_range_start": "2026", "dagster/asset_partition_range_end": "2026"}
    with DagsterInstance.ephemeral() as instance:
        asked = AssetBackfillData.from_asset_partitions(
            asset_graph=defs.resolve_asset_graph(),
            partition_names=["2026", "2025"],
            asset_selection=keys,
            dynamic_partitions_store=instance,
            backfill_start_timestamp=time.time(),
            all_partitions=False,
        )
        own = instance.create_run_for_job(
            defs.resolve_job_def("annual_list"),
            tags={**range_tags, BACKFILL_ID_TAG: "a"},
            status=DagsterRunStatus.STARTED,
        )
        instance.add_backfill(backfill_of(asset_backfill_data=asked))
        assert set(ahead_of(instance, own, Home(tmp_path)).coming) == {2025}
        done = asked._replace(materialized_subset=asked.target_subset)
        instance.update_backfill(backfill_of(asset_backfill_data=done))
        assert not ahead_of(instance, own, Home(tmp_path))


EXECUTE = """
import sys
from dagster import DagsterInstance
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run_iterator
from pipelines.definitions import defs
with DagsterInstance.get() as instance:
    run = instance.get_run_by_id(sys.argv[1])
    list(execute_run_iterator(InMemoryJob(defs.resolve_job_def(run.job_name)), run, instance))
"""


def test_a_later_list_year_that_was_started_first_gives_its_place_to_the_queued_one(tmp_path: Path) -> None:
    """Of a queue with one place: the later year waits outside it, and seals after the earlier one of its backfill."""
    home, job = Home(tmp_path / "home"), defs.resolve_job_def("annual_list")
    home.prepare()
    keys = {key for key in job.asset_layer.executable_asset_keys if key.path[0] != "report"}
    folders = {y: write_snapshots(random_world(13, y, large=0), tmp_path / str(y)) for y in (YEAR - 1, YEAR)}
    environment = {**os.environ, "DAGSTER_HOME": str(home.instance)}

    def until(found: Callable[[], bool]) -> None:
        patience = time.monotonic() + 120
        while not found():
            assert time.monotonic() < patience
            time.sleep(0.2)

    with DagsterInstance.from_config(str(home.instance)) as instance:

        def asked_for(year: int) -> str:
            settings = {"home": str(home.path), "snapshots": str(folders[year]), "as_of": f"{year}-12-01"}
            return instance.create_run_for_job(
                job.get_subset(asset_selection=keys),
                run_config={"resources": {"run": {"config": settings}}},
                tags={PARTITION_NAME_TAG: str(year), BACKFILL_ID_TAG: "a"},
                status=DagsterRunStatus.QUEUED,
                asset_selection=frozenset(keys),
                remote_job_origin=ORIGIN,
            ).run_id

        def started(run_id: str) -> subprocess.Popen[bytes]:
            starting = DagsterEvent(DagsterEventType.RUN_STARTING.value, job.name)
            instance.report_dagster_event(starting, run_id=run_id)
            return subprocess.Popen([sys.executable, "-c", EXECUTE, run_id], cwd=ROOT, env=environment)

        def status_of(run_id: str) -> DagsterRunStatus:
            run = instance.get_run_by_id(run_id)
            assert run is not None
            return run.status

        def tags_of(run_id: str) -> Mapping[str, str]:
            run = instance.get_run_by_id(run_id)
            assert run is not None
            return run.tags

        later, earlier = asked_for(YEAR), asked_for(YEAR - 1)
        first = started(later)
        until(lambda: status_of(later) == DagsterRunStatus.SUSPENDED)
        assert DagsterRunStatus.SUSPENDED not in ACTIVE_RUN_STATUSES, "a suspended run takes no place in the queue"
        until(lambda: PRIORITY_TAG in tags_of(earlier))
        for _ in range(2):
            with home.locked():
                time.sleep(2)
            time.sleep(1)
        second = started(earlier)
        assert (second.wait(timeout=200), first.wait(timeout=200)) == (0, 0)
        assert (status_of(earlier), status_of(later)) == (DagsterRunStatus.SUCCESS, DagsterRunStatus.SUCCESS)
        said = [entry.user_message for entry in instance.all_logs(later)]
        assert said.count("Waiting for another run in this home to finish.") <= 1, "told once, however often it looks"
    sealed = {year: manifest(home.path, year) for year in (YEAR - 1, YEAR)}
    assert sealed[YEAR - 1]["run"]["sealed_at"] <= sealed[YEAR]["run"]["sealed_at"]
    assert {past["source"] for past in sealed[YEAR]["history"] if past["year"] == YEAR - 1} == {"edition"}


def test_a_list_is_never_sealed_before_the_one_that_it_rests_on_however_long_that_takes() -> None:
    waits = Ahead(coming={2024, 2025})
    refuse_to_wait_on(waits, SECONDS_TO_WAIT_FOR_A_START)
    with pytest.raises(Failure, match="list year 2024 of this backfill goes first and has not begun"):
        refuse_to_wait_on(waits, SECONDS_TO_WAIT_FOR_A_START + 1)


def test_who_asks_whether_a_run_lives_is_not_taken_for_the_run(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.alive("a"):
        path = tmp_path / ".runs" / "a"
        os.link(path, tmp_path / ".runs" / "dead")
        assert home.is_alive("a")
    with (tmp_path / ".runs" / "dead").open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert not home.is_alive("dead")


def test_two_runs_at_once_both_seal_and_none_meets_a_lock(tmp_path: Path) -> None:
    """Two list years, each needing the other's lock, the later one started first."""
    home, script = tmp_path / "home", Path(sys.executable).parent / "boligomraader"
    folders = {y: write_snapshots(random_world(13, y, large=0), tmp_path / str(y)) for y in (YEAR - 1, YEAR)}
    command = [script, "run", "--home", home, "--no-report"]
    calls = [
        subprocess.Popen(
            [*command, "--snapshots", folders[y], "--list-year", str(y), "--as-of", f"{y}-12-01"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for y in (YEAR, YEAR - 1)
    ]
    said = [call.communicate(timeout=500)[0] for call in calls]
    assert [call.returncode for call in calls] == [0, 0], said
    assert not [line for text in said for line in text.splitlines() if "lock" in line.lower()]
    with DagsterInstance.from_config(str(home / "dagster")) as instance:
        assert {run.status for run in instance.get_runs()} == {DagsterRunStatus.SUCCESS}


def test_a_run_that_waits_for_another_can_be_stopped(ready: Ready, tmp_path: Path) -> None:
    home, script = Home(tmp_path / "home"), Path(sys.executable).parent / "boligomraader"
    with home.locked():
        command = [script, "run", "--home", home.path, "--snapshots", ready.snapshots, "--list-year", str(YEAR)]
        run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        living = home.path / ".runs"
        while not (living.is_dir() and any(living.iterdir())):
            assert run.poll() is None
            time.sleep(0.05)
        time.sleep(SECONDS_BETWEEN_LOOKS)
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=60)[1]
        assert run.returncode != 0
        assert "The run was stopped." in said
        assert not any(living.iterdir())
    assert not any(home.editions.iterdir())


# --- runs that died ------------------------------------------------------------------------------------------------

HOLDS_ITS_SIGN_OF_LIFE = """
import sys, time
from pathlib import Path
from pipelines.home import Home
with Home(Path(sys.argv[1])).alive(sys.argv[2]):
    print("alive", flush=True)
    time.sleep(600)
"""


def begun(home: Home, run_id: str) -> subprocess.Popen[str]:
    """A process that lives as a run of a home does."""
    command = [sys.executable, "-c", HOLDS_ITS_SIGN_OF_LIFE, str(home.path), run_id]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "alive\n"
    return process


@dataclass(frozen=True)
class Daemon:
    """What Dagster's monitoring asks of the daemon that it runs in."""

    instance: DagsterInstance

    def create_request_context(self) -> None:
        return None


def monitor(instance: DagsterInstance) -> None:
    logger, daemon = logging.getLogger("monitoring"), Daemon(instance)
    errors = [*execute_run_monitoring_iteration(daemon, logger), *execute_concurrency_slots_iteration(daemon, logger)]
    assert not [error for error in errors if error]


def test_a_killed_run_gives_its_place_and_slot_back_without_another_that_begins(tmp_path: Path) -> None:
    """The queue starts no run as long as a dead one keeps the only slot, so that none could come to free it."""
    home, job = Home(tmp_path / "home"), defs.resolve_job_def("annual_list")
    home.prepare()
    with DagsterInstance.from_config(str(home.instance)) as instance:
        settings = {"resources": {"run": {"config": {"home": str(home.path)}}}}
        runs = [
            instance.create_run_for_job(
                job, run_config=settings, tags={PARTITION_NAME_TAG: year}, status=DagsterRunStatus.STARTED
            ).run_id
            for year in ("2025", "2026")
        ]
        dead, alive = runs
        processes = {run_id: begun(home, run_id) for run_id in runs}
        storage = instance.event_log_storage
        storage.initialize_concurrency_limit_to_default(WRITER_POOL)
        assert storage.claim_concurrency_slot(WRITER_POOL, dead, "received").is_claimed
        try:
            monitor(instance)
            assert [run.status for run in instance.get_runs()] == [DagsterRunStatus.STARTED] * 2
            processes[dead].kill()
            processes[dead].wait()
            patience = time.monotonic() + 60
            while storage.get_concurrency_info(WRITER_POOL).claimed_slots:
                assert time.monotonic() < patience
                monitor(instance)
                time.sleep(1)
            found = {run.run_id: run.status for run in instance.get_runs()}
            assert found == {dead: DagsterRunStatus.FAILURE, alive: DagsterRunStatus.STARTED}
        finally:
            for process in processes.values():
                process.kill()
                process.wait()


@pytest.mark.parametrize("named", ["setting", "variable", "environment"])
def test_a_sign_of_life_is_looked_for_in_the_runs_own_home(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, job = Home(tmp_path / "home"), defs.resolve_job_def("annual_list")
    monkeypatch.setenv(HOME, str(home.path if named == "environment" else tmp_path / "another"))
    monkeypatch.setenv("THE_HOME", str(home.path))
    value = {"setting": str(home.path), "variable": {"env": "THE_HOME"}, "environment": ""}[named]
    settings = {"resources": {"run": {"config": {"home": value}}}}
    with DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(job, run_config=settings, status=DagsterRunStatus.STARTED)
        assert HomeRunLauncher().check_run_worker_health(run).status == WorkerStatus.RUNNING
        process = begun(home, run.run_id)
        assert HomeRunLauncher().check_run_worker_health(run).status == WorkerStatus.RUNNING
        process.kill()
        process.wait()
        assert HomeRunLauncher().check_run_worker_health(run).status == WorkerStatus.FAILED


def test_a_run_without_a_sign_of_life_for_long_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took its sign down, and Dagster's storage was away when it ended. Who only looks never shows one."""
    monkeypatch.setattr("pipelines.launcher.SECONDS_WITHOUT_A_SIGN", 0.2)
    home, asks = Home(tmp_path / "home"), HomeRunLauncher()
    settings = {"resources": {"run": {"config": {"home": str(home.path)}}}}

    def found(run: DagsterRun) -> WorkerStatus:
        return asks.check_run_worker_health(run).status

    with DagsterInstance.ephemeral() as instance:
        runs = {
            name: instance.create_run_for_job(
                defs.resolve_job_def(name), run_config=settings, status=DagsterRunStatus.STARTED
            )
            for name in ("annual_list", "delivery_status")
        }

        def after_a_while() -> dict[str, WorkerStatus]:
            for run in runs.values():
                assert found(run) == WorkerStatus.RUNNING
            time.sleep(0.3)
            return {name: found(run) for name, run in runs.items()}

        nobody = dict.fromkeys(runs, WorkerStatus.RUNNING)
        assert after_a_while() == nobody, "no run ever showed a sign of life in this home"
        with home.alive(runs["annual_list"].run_id):
            assert after_a_while() == nobody
        assert after_a_while() == {**nobody, "annual_list": WorkerStatus.FAILED}


def test_a_run_that_ended_by_itself_has_not_died(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert not home.has_died("a")
    with home.alive("a"):
        assert not home.has_died("a")
    assert not home.has_died("a")
    assert not any((home.path / ".runs").iterdir())


def test_a_home_of_an_earlier_version_gets_the_instances_configuration_of_now(tmp_path: Path) -> None:
    """Only where nobody changed it: what someone wrote for a home of theirs stays."""
    home, now = Home(tmp_path / "home"), INSTANCE_CONFIG.read_text(encoding="utf-8")
    before, rest = now.split("# A run that was killed", 1)
    former = before + "# Runs and their events" + rest.split("# Runs and their events", 1)[1]
    home.prepare()
    config = home.instance / "dagster.yaml"
    for text, then in ((former, now), (former + "# ours\n", former + "# ours\n"), (now, now)):
        config.write_text(text, encoding="utf-8")
        home.prepare()
        assert config.read_text(encoding="utf-8") == then


# --- notices -------------------------------------------------------------------------------------------------------


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    got: list[dict[str, Any]] = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(503 if self.path == "/busy" and len(got) == 1 else 200)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", got
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def failed(ready: Ready, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose newest run failed on a person who stands twice in bef, started without the command and with settings
    that name variables of the environment, as they may in the UI."""
    folder = tmp_path_factory.mktemp("failed")
    shutil.copytree(ready.home, folder / "home")
    shutil.copytree(ready.snapshots, folder / "snapshots")
    delivery = next(p for p in (folder / "snapshots" / "bef" / f"{YEAR}-01-01").iterdir() if p.suffix == ".csv")
    lines = delivery.read_bytes().splitlines(keepends=True)
    delivery.write_bytes(b"".join([*lines, lines[-1]]))
    environment = {**os.environ, "DAGSTER_HOME": str(folder / "home" / "dagster")}
    environment |= {"THE_HOME": str(folder / "home"), "THE_SNAPSHOTS": str(folder / "snapshots")}
    settings = {"home": {"env": "THE_HOME"}, "snapshots": {"env": "THE_SNAPSHOTS"}}
    config = folder / "settings.yaml"
    config.write_text(json.dumps({"resources": {"run": {"config": settings}}}), encoding="utf-8")
    command = [str(Path(sys.executable).parent / "dagster"), "job", "execute", "-m", "pipelines.definitions"]
    command += ["-j", "annual_list", "-c", str(config), "--tags", json.dumps({PARTITION_NAME_TAG: str(YEAR)})]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    return folder / "home"


def test_a_failing_check_stops_publication_however_the_run_was_started(failed: Path, ready: Ready) -> None:
    """Started by Dagster's own command, as the UI does it: the edition is the one sealed before."""
    assert manifest(failed, YEAR) == manifest(ready.home, YEAR)
    environment = {**os.environ, "DAGSTER_HOME": str(failed / "dagster"), HOME: str(failed)}
    environment[SNAPSHOTS] = str(failed.parent / "snapshots")
    command = [str(Path(sys.executable).parent / "dagster"), "asset", "materialize", "--select", "edition/edition"]
    command += ["-m", "pipelines.definitions", "--partition", str(YEAR)]
    alone = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert alone.returncode != 0, "the edition alone, after the failing checks"
    assert "bef" in alone.stdout + alone.stderr
    assert manifest(failed, YEAR) == manifest(ready.home, YEAR)


def test_a_failed_run_is_told_with_counts_and_without_values(
    failed: Path, webhook: tuple[str, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, got = webhook
    monkeypatch.setenv(notices.WEBHOOK, address)
    with DagsterInstance.from_config(str(failed / "dagster")) as instance:
        run = next(r for r in reversed(instance.get_runs()) if r.status == DagsterRunStatus.FAILURE)
        record = instance.get_records_for_run(run.run_id).records[-1]
        event = record.event_log_entry.dagster_event
        context = build_run_status_sensor_context("failure_notices", event, instance, run).for_run_failure()
        failure_notices(context)
    assert len(got) == 1
    assert f"for {YEAR} failed" in got[0]["text"]
    assert "check received/bef/key_unique, 2 failing" in got[0]["text"]
    people = {row["PNR"] for row in random_world(11, YEAR, large=2).tables[("bef", f"{YEAR}-01-01")]}
    assert not [pnr for pnr in people if pnr in got[0]["text"]]


def test_a_receiver_that_is_busy_is_asked_again(
    webhook: tuple[str, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "SECONDS_BETWEEN", 0)
    address, got = webhook
    assert notices.send(notices.Notice("subject", ()), {notices.WEBHOOK: f"{address}busy"}) == ["webhook"]
    assert got == [{"text": "subject"}] * 2


def test_a_receiver_that_is_gone_takes_no_notice_from_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "SECONDS_BETWEEN", 0)
    sent: list[str] = []
    monkeypatch.setattr(notices, "_mail", lambda notice, _settings: sent.append(notice.subject))
    nobody = f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(OSError, match="refused"):
        notices.send(notices.Notice("subject", ()), {notices.WEBHOOK: nobody, notices.MAIL_TO: "drift@example.dk"})
    assert sent == ["subject"]


def test_a_notice_goes_by_mail_where_a_mailbox_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []

    class Server:
        def __init__(self, host: str, port: int, timeout: int) -> None:
            assert timeout > 0
            sent.append((host, port))

        def __enter__(self) -> Server:
            return self

        def __exit__(self, *_args: object) -> None:
            """Nothing to close."""

        def send_message(self, message: Any) -> None:
            sent.append(message)

    monkeypatch.setattr(notices.smtplib, "SMTP", Server)
    notice = notices.Notice("subject", ("a line",))
    settings = {notices.MAIL_TO: "drift@example.dk", notices.SMTP: "mail.example.dk:2525"}
    assert notices.send(notice, settings) == ["mail"]
    assert sent[0] == ("mail.example.dk", 2525)
    assert (sent[1]["To"], sent[1]["Subject"]) == ("drift@example.dk", "subject")
    assert notices.send(notice, {}) == []


def test_the_command_and_the_job_are_one_path(ready: Ready) -> None:
    """The run of the command stands in the Dagster instance as a run of the job that the schedule starts."""
    with DagsterInstance.from_config(str(ready.home / "dagster")) as instance:
        assert {run.job_name for run in instance.get_runs()} == {annual_list_1_december.job_name}
