"""How a run executes: in one process, alone in its home, list years in ascending order.

DuckDB uses all cores within a step and one process may write the warehouse. Runs that are started at once wait for
each other here, before their first step, so that none meets a lock; an earlier list year goes first, since a later one
reads its edition. A run that was killed keeps its slot in the writer pool, so a run that holds the home's lock first
frees what dead runs hold. What does not belong here: which assets run (`pipelines.jobs`), and the locks themselves
(`pipelines.home`).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import (
    DagsterEvent,
    DagsterExecutionInterruptedError,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Executor,
    Failure,
    InitExecutorContext,
    RunsFilter,
    executor,
)
from dagster._core.errors import DagsterError
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.in_process import InProcessExecutor
from dagster._core.system_config.objects import ResolvedRunConfig
from dagster._utils.interrupts import pop_captured_interrupt

from assets import warehouse
from assets.intake import snapshots
from assets.publishing import published_database, sealing
from pipelines.failures import plain
from pipelines.home import Home
from pipelines.resources import Run

RUNNING = [DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
COMING = [DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING]
PARTITION = "dagster/partition"
BACKFILL = "dagster/backfill"
SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_TO_SHOW_LIFE = 5
SECONDS_TO_WAIT_FOR_A_START = 180
"""How long a run waits for an earlier list year of its backfill that has not begun."""


class HomeExecutor(InProcessExecutor):
    """The in-process executor, holding the home's lock from the first step to the last."""

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        resolved = ResolvedRunConfig.build(plan_context.job.get_definition(), plan_context.run_config)
        configured: Any = resolved.resources["run"].config
        settings = Run(**configured)
        home = settings.at_home
        instance, run = plan_context.instance, plan_context.dagster_run

        def waiting(first: bool) -> None:
            if first:
                plan_context.log.info("Waiting for another run in this home to finish.")
            stop_if_asked()

        patience = time.monotonic() + SECONDS_TO_WAIT_FOR_A_START
        with home.alive(run.run_id):
            while True:
                with home.locked(waiting):
                    if not goes_first(instance, run, home, time.monotonic() < patience):
                        with told_in_plain_words():
                            _refuse_scratch(settings.snapshot_folder, home)
                            free_dead_runs(instance, run.run_id, home)
                            home.clear_scratch()
                            with warehouse.kept_open(home.warehouse, home.scratch):
                                recover(home)
                                yield from super().execute(plan_context, execution_plan)
                                show_published(home)
                        return
                stop_if_asked()
                time.sleep(SECONDS_BETWEEN_LOOKS)


def _refuse_scratch(snapshots_folder: Path, home: Home) -> None:
    if snapshots_folder.resolve().is_relative_to(home.scratch.resolve()):
        raise Failure(f"{snapshots_folder} is within {home.scratch}, which a run empties.", allow_retries=False)


@contextmanager
def told_in_plain_words() -> Iterator[None]:
    """What goes wrong outside a step becomes a `Failure` that holds nothing of the error's message, as within one: a
    run's failure is stored in the event log."""
    try:
        yield
    except (Failure, DagsterError):
        raise
    except Exception as error:
        raise Failure(plain(error), allow_retries=False) from None


def stop_if_asked() -> None:
    """Ends a run that waits when it is asked to: Dagster looks for that between steps, and none has begun."""
    if pop_captured_interrupt():
        raise DagsterExecutionInterruptedError


def goes_first(instance: DagsterInstance, own: DagsterRun, home: Home, patient: bool) -> list[str]:
    """Runs of an earlier list year that go before this one: those that live in the home and, while `patient`, those of
    the same backfill that have not begun."""
    year = _list_year(own)
    if year is None:
        return []
    others = [run for run in instance.get_runs(RunsFilter(statuses=RUNNING)) if home.is_alive(run.run_id)]
    if patient and BACKFILL in own.tags:
        same = RunsFilter(statuses=COMING, tags={BACKFILL: own.tags[BACKFILL]})
        others += instance.get_runs(same)
    return [run.run_id for run in others if run.run_id != own.run_id and (_list_year(run) or year) < year]


def _list_year(run: DagsterRun) -> int | None:
    key = run.tags.get(PARTITION, "")
    return int(key) if key.isdigit() else None


def free_dead_runs(instance: DagsterInstance, own_run_id: str, home: Home) -> None:
    """Frees the pool slots of runs that died and marks them failed. Call it with the home's lock held: then a run that
    has begun is this one, waits for its turn, or is dead."""
    for run in instance.get_runs(RunsFilter(statuses=RUNNING)):
        if run.run_id != own_run_id and _is_dead(instance, run.run_id, home):
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            instance.report_run_failed(run, "The run's process died.")
    storage = instance.event_log_storage
    for key in storage.get_concurrency_keys():
        for held in storage.get_concurrency_info(key).claimed_slots:
            if held.run_id != own_run_id and not home.is_alive(held.run_id):
                storage.free_concurrency_slots_for_run(held.run_id)


def _is_dead(instance: DagsterInstance, run_id: str, home: Home) -> bool:
    """Whether a run that has begun no longer lives. One that begins or ends just now is given time to show it."""
    patience = time.monotonic() + SECONDS_TO_SHOW_LIFE
    while time.monotonic() < patience:
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished or home.is_alive(run_id):
            return False
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return True


def recover(home: Home) -> None:
    """Removes what a killed run left half done, and makes schema `published` show the sealed editions again."""
    with warehouse.connect(home.warehouse, home.scratch) as con:
        snapshots.drop_unfinished(con)
        sealing.synchronise_published(con, home.editions)


def show_published(home: Home) -> None:
    """Puts what is sealed now into the read-only database."""
    with warehouse.connect(home.warehouse, home.scratch) as con:
        published_database.refresh(con, home.scratch, home.published)


@executor(name="home", config_schema={})
def home_executor(_context: InitExecutorContext) -> Executor:
    """One process, one home, one run at a time."""
    return HomeExecutor(retries=RetryMode.DISABLED)
