"""A server's instance on a real PostgreSQL, which the tests start on a socket of their own.

Skipped only where PostgreSQL is not installed (Debian: `apt-get install postgresql`).
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance, DagsterRunStatus, job, op
from dagster._core.test_utils import environ
from sqlalchemy.exc import OperationalError

from pipelines.failures import NO_ANSWER
from pipelines.home import Home
from pipelines.running import RunReport, _read, run_annual_list
from tests.command import ROOT, free_port, run_cli
from tests.populations import random_world, write_snapshots

YEAR = 2024
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
OWNER = "postgres"


def as_owner(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return (
        list(command)
        if os.getuid()
        else ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups", *command]
    )


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    if not PROGRAMS:
        pytest.skip("PostgreSQL is not installed")
    programs, port = PROGRAMS[-1].parent, free_port()
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    if os.getuid() == 0:
        owner = pwd.getpwnam(OWNER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data, log = folder / "data", folder / "log"
    run = {"check": True, "capture_output": True, "cwd": folder}
    init = [str(programs / "initdb"), "-D", str(data), "-U", "dagster", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(as_owner(*init), **run)  # type: ignore[call-overload]
    settings = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
    control = [str(programs / "pg_ctl"), "-D", str(data), "-w"]
    with log.open("wb") as stream:
        subprocess.run(
            as_owner(*control, "-o", settings, "start"), check=True, cwd=folder, stdout=stream, stderr=stream
        )
    try:
        yield f"postgresql+psycopg2://dagster@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(as_owner(*control, "-m", "immediate", "stop"), check=False, cwd=folder, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def test_a_list_year_runs_with_its_events_in_postgresql(postgres: str, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.instance.mkdir(parents=True)
    shutil.copyfile(ROOT / "deploy" / "dagster.yaml", home.instance / "dagster.yaml")
    snapshots = write_snapshots(random_world(14, YEAR, large=0), tmp_path / "snapshots")
    with environ({"BOLIGOMRAADER_POSTGRES_URL": postgres}):
        report = run_annual_list(home, snapshots, YEAR, f"{YEAR}-12-01", "", lambda *_: None, with_report=False)
        assert report.success, report.faults
        with DagsterInstance.from_config(str(home.instance)) as instance:
            assert "postgres" in type(instance.event_log_storage).__module__
            assert [run.status for run in instance.get_runs()] == [DagsterRunStatus.SUCCESS]
            event = instance.get_latest_materialization_event(AssetKey(["edition", "edition"]))
            assert event is not None
            assert event.asset_materialization is not None
            assert event.asset_materialization.partition == str(YEAR)
            assert instance.event_log_storage.get_concurrency_info("warehouse").slot_count == 1
    assert not list(home.instance.rglob("*.db")), "nothing of the audit trail stands in SQLite"


@pytest.mark.parametrize(
    ("address", "remedy"),
    [
        (None, "The record of runs is in PostgreSQL: set BOLIGOMRAADER_POSTGRES_URL as the services have it."),
        ("postgresql+psycopg2://dagster@127.0.0.1:1/postgres", "PostgreSQL does not answer at"),
    ],
    ids=["without an address", "nobody there"],
)
def test_a_command_says_that_the_record_of_runs_is_not_reached(
    address: str | None, remedy: str, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    home.instance.mkdir(parents=True)
    shutil.copyfile(ROOT / "deploy" / "dagster.yaml", home.instance / "dagster.yaml")
    environment = {"BOLIGOMRAADER_POSTGRES_URL": address} if address else None
    told = run_cli("run", "--list-year", YEAR, "--snapshots", tmp_path, "--home", home.path, env=environment)
    assert told.code == 1
    assert remedy in told.output


@op
def away() -> None:
    raise OperationalError("SELECT name", {"pnr": "0101700001"}, Exception("server closed the connection unexpectedly"))


@job
def server_away() -> None:
    away()


def test_a_step_that_lost_the_server_says_what_to_do_and_nothing_of_what_it_asked() -> None:
    result = server_away.execute_in_process(raise_on_error=False)
    report = RunReport()
    failures: list[str] = []
    for event in result.all_events:
        _read(event, report, failures)
    assert failures == [f"away: OperationalError. {NO_ANSWER}"]
