"""Starts a run of the `annual_list` or the `annual_report` job from the command line and reads back what it said.

It is the same job that the schedule runs and that the UI shows; its events stand in the home's Dagster instance.
What does not belong here: how the answer is printed (`pipelines.cli`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from law.loader import statistics_law
from pipelines.failures import remedy_in
from pipelines.home import HOME, SNAPSHOTS, Home

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun, JobDefinition
    from dagster._core.execution.plan.plan import ExecutionPlan

OnStep = Callable[[str, int, int], None]
"""Told what is under way (the step, then each asset that it made), how many assets and checks are done, their total."""
CODE_LOCATION = "statistics"
"""The code location in workspace.yaml. A run that does not name it is not on the UI's timeline."""


STOPPED = "The run was stopped. Run again: it goes on from what is received and derived."
INTERRUPTIONS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")


@dataclass
class RunReport:
    """What a run said: whether the edition was sealed, the faults that stopped it, the warnings, and the revision.

    `stale` names the home's editions that rest on the list of an earlier year that is another now, each with that year.
    `report_made` says whether the annual report was made or stood there already, `report_problems` why not.
    """

    success: bool = False
    revision: int | None = None
    newly_sealed: bool = False
    stale: list[tuple[int, int]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    report_made: bool = False
    report_problems: list[str] = field(default_factory=list)


@contextmanager
def _own_output() -> Iterator[None]:
    """Gives the process its output back: Dagster points it at a log of each step, and a full disk leaves it there.

    What could not be written to that log is dropped, so that it does not end up before the user.
    """
    streams = {1: sys.stdout, 2: sys.stderr}
    kept = {number: os.dup(number) for number in streams}
    try:
        yield
    finally:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for number, copy in kept.items():
            os.dup2(nowhere, number)
            streams[number].flush()
            os.dup2(copy, number)
            os.close(copy)
        os.close(nowhere)


def run_annual_list(
    home: Home,
    snapshots: Path,
    list_year: int,
    as_of: str,
    reason: str,
    on_step: OnStep,
    with_report: bool = True,
) -> RunReport:
    """Runs the job for a list year in this process. While Dagster is imported the files are hashed."""
    from assets.intake.deliveries import read_ahead
    from assets.intake.snapshots import files_wanted

    law = statistics_law().for_list_year(list_year)
    with read_ahead(files_wanted(law, list_year, snapshots)):
        return _run("annual_list", home, snapshots, list_year, as_of, reason, on_step, with_report)


def run_annual_report(home: Home, list_year: int, as_of: str, on_step: OnStep) -> RunReport:
    """Makes the report of a list year anew. Nothing is received: no snapshots folder is read."""
    return _run("annual_report", home, home.path, list_year, as_of, "", on_step, True)


@_own_output()
def _run(
    job_name: str,
    home: Home,
    snapshots: Path,
    list_year: int,
    as_of: str,
    reason: str,
    on_step: OnStep,
    with_report: bool,
) -> RunReport:
    home.prepare()
    os.environ["DAGSTER_HOME"] = str(home.instance)
    os.environ[HOME], os.environ[SNAPSHOTS] = str(home.path), str(snapshots)
    from dagster._core.definitions.job_base import InMemoryJob
    from dagster._core.execution.api import execute_run_iterator

    from assets.partitions import END_LIST_YEAR
    from pipelines.definitions import defs
    from pipelines.event_log import instance_of, naming_damage

    if list_year >= END_LIST_YEAR:
        last = f"List year {list_year} lies beyond {END_LIST_YEAR - 1}, the last that Dagster has a partition of"
        return RunReport(faults=[f"{last}: set END_LIST_YEAR in assets/partitions.py higher."])
    job = defs.resolve_job_def(job_name)
    settings = {"home": str(home.path), "snapshots": str(snapshots), "as_of": as_of, "reason": reason}
    run_config = {
        "resources": {"run": {"config": settings}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    with home.opening_instance():
        opened = instance_of(home.instance)
    report = RunReport()
    failures: list[str] = []
    stopped = False
    with naming_damage(home.instance), opened as instance:
        run, plan = _begun(instance, job, run_config, list_year, with_report)
        total = sum(len(plan.get_step_by_key(key).step_outputs) for key in plan.step_keys_to_execute)
        done = 0
        for event in execute_run_iterator(InMemoryJob(job), run, instance):
            done += event.is_successful_output
            if event.is_step_start or event.is_step_materialization:
                on_step("/".join(event.asset_key.path) if event.asset_key else str(event.step_key), done, total)
            _read(event, report, failures)
            stopped = stopped or _is_stop(event)
        finished = instance.get_run_by_id(run.run_id)
        report.success = finished is not None and finished.is_success
    if job_name == "annual_list" and not failures and not report.faults and report.revision is not None:
        # a report that is held back leaves the edition as sealed as it is
        report.success = True
    if not report.success and not report.faults:
        unknown = "the run failed; the Dagster UI on this home shows where"
        report.faults.extend([STOPPED] if stopped else failures or [unknown])
    return report


def _begun(
    instance: DagsterInstance, job: JobDefinition, run_config: Mapping[str, Any], list_year: int, with_report: bool
) -> tuple[DagsterRun, ExecutionPlan]:
    """A run of the job for a list year, noted in the home's instance, and the steps that it takes."""
    from dagster._core.definitions.repository_definition.valid_definitions import SINGLETON_REPOSITORY_NAME
    from dagster._core.execution.api import create_execution_plan
    from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
    from dagster._core.storage.tags import PARTITION_NAME_TAG

    tags = {PARTITION_NAME_TAG: str(list_year)}
    plan = create_execution_plan(job, run_config=run_config, tags=tags)
    if not with_report:
        wanted = [key for key in plan.step_keys_to_execute if not _of_report(key)]
        plan = create_execution_plan(job, run_config=run_config, step_keys_to_execute=wanted, tags=tags)
    location = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(CODE_LOCATION), SINGLETON_REPOSITORY_NAME)
    run = instance.create_run_for_job(
        job_def=job,
        execution_plan=plan,
        run_config=run_config,
        tags=tags,
        remote_job_origin=RemoteJobOrigin(location, job.name),
    )
    return run, plan


def _read(event: Any, report: RunReport, failures: list[str]) -> None:
    if event.event_type_value == "ASSET_CHECK_EVALUATION":
        evaluation = event.asset_check_evaluation_data
        if not evaluation.passed:
            lines = (evaluation.description or evaluation.check_name).splitlines()
            if evaluation.asset_key.path[0] == "report":
                report.report_problems.extend(lines)
            else:
                (report.faults if evaluation.severity.value == "ERROR" else report.warnings).extend(lines)
    elif event.is_job_failure:
        failures.extend(_outside_a_step(event.job_failure_data))
    elif event.is_step_failure:
        (report.report_problems if _of_report(event.step_key) else failures).append(_failure(event))
    elif event.is_step_materialization and list(event.asset_key.path) == ["report", "report"]:
        report.report_made = True
    elif event.is_step_materialization and list(event.asset_key.path) == ["edition", "edition"]:
        metadata = event.materialization.metadata
        report.revision = int(metadata["revision"].value)
        report.newly_sealed = bool(metadata["newly_sealed"].value)
        report.stale = [(stale, earlier) for stale, earlier in metadata["stale_editions"].value]


def _is_stop(event: Any) -> bool:
    """Whether a run, or the step it is in, ends because it was asked to: by Ctrl-C, or by the system."""
    from dagster._core.events import RunFailureReason

    if event.is_step_failure:
        error = event.step_failure_data.error
        return error is not None and error.cls_name in INTERRUPTIONS
    return bool(
        event.is_job_failure and event.job_failure_data.failure_reason == RunFailureReason.UNEXPECTED_TERMINATION
    )


def _of_report(step_key: str) -> bool:
    return step_key.startswith("report_")


def _outside_a_step(failure: Any) -> list[str]:
    """What a `Failure` says that no step raised; what any other error says may quote a row. Of a step that failed the
    run's failure says the step's words again: they are told already, and one of the report's fails no edition."""
    if failure.error is None or failure.first_step_failure_event is not None:
        return []
    kind, _, words = str(failure.error.message).strip().partition(": ")
    return [words] if kind.endswith(".Failure") and words else []


def _failure(event: Any) -> str:
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return str(data.user_failure_data.description)
    error = data.error.cause or data.error
    remedy = remedy_in(error.message) or remedy_in(data.error.message)
    return f"{event.step_key}: {error.cls_name}" + (f". {remedy}" if remedy else "")
