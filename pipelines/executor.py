"""How a run executes: in one process, alone in its home, list years in ascending order.

DuckDB uses all cores within a step and one process may write the warehouse. Runs that are started at once wait for
each other here, before their first step, so that none meets a lock; an earlier list year goes first, since a later one
reads its edition. One that waits for a run which is still in the queue gives its place there to it: it is suspended,
and goes on by itself when its turn has come. A run that was killed keeps its slot in the writer pool, so a run that
holds the home's lock first frees what dead runs hold; the daemon does so too (`pipelines.launcher`). What does not
belong here: which assets run (`pipelines.jobs`), and the locks themselves (`pipelines.home`).
"""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.in_process import InProcessExecutor
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_START_TAG,
    BACKFILL_ID_TAG,
    PARTITION_NAME_TAG,
    PRIORITY_TAG,
)
from dagster._core.system_config.objects import ResolvedRunConfig
from dagster._utils.interrupts import pop_captured_interrupt

from assets import warehouse
from assets.factory import WRITER_POOL
from assets.intake import snapshots
from assets.partitions import END_LIST_YEAR
from assets.publishing import published_database, published_schema
from pipelines.failures import plain
from pipelines.home import Home
from pipelines.resources import Run
from pipelines.signs_of_life import ONLY_LOOKS

RUNNING = [DagsterRunStatus.STARTED, DagsterRunStatus.SUSPENDED, DagsterRunStatus.CANCELING]
ENDED = (BulkActionStatus.CANCELING, BulkActionStatus.CANCELED, BulkActionStatus.FAILING, BulkActionStatus.FAILED)
COMING = [DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING]
LOCATION_OF_CASES = "administration"
SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_TO_SHOW_LIFE = 5
SECONDS_TO_WAIT_FOR_A_START = 180
"""How long a run waits for earlier list years of its backfill while none of them begins and none works in the home."""


@dataclass(frozen=True)
class Ahead:
    """What goes before a run: runs of earlier list years that live in the home, and what its backfill is yet to make.

    `coming` are the earlier list years of the backfill that are not made yet, by runs that have not begun or that
    Dagster has not come to; `queued` are those of the runs that wait in Dagster's queue.
    """

    alive: Sequence[DagsterRun] = ()
    coming: Collection[int] = ()
    queued: Sequence[DagsterRun] = ()

    def __bool__(self) -> bool:
        return bool(self.alive or self.coming)

    @property
    def gives_way(self) -> bool:
        """Whether what goes first needs the run's place in the queue, or waits itself for what does."""
        return bool(self.queued) or any(run.status == DagsterRunStatus.SUSPENDED for run in self.alive)


class HomeExecutor(InProcessExecutor):
    """The in-process executor, holding the home's lock from the first step to the last."""

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        resolved = ResolvedRunConfig.build(plan_context.job.get_definition(), plan_context.run_config)
        configured: Any = resolved.resources["run"].config
        settings = Run(**configured)
        home = settings.at_home
        instance, run = plan_context.instance, plan_context.dagster_run

        looked, suspended, told = time.monotonic(), False, False

        def waiting(first: bool) -> None:
            nonlocal looked, told
            if not first:  # whoever only looks holds the lock for a moment
                looked = time.monotonic()
            if not told:
                plan_context.log.info("Waiting for another run in this home to finish.")
                told = True
            stop_if_asked()

        with home.alive(run.run_id):
            while True:
                with home.locked(waiting):
                    with told_in_plain_words():
                        _refuse_scratch(settings.snapshot_folder, home)
                        free_dead_runs(instance, run.run_id, home)
                        ahead = ahead_of(instance, run, home)
                    refuse_ended(instance, run, suspended)
                    if not ahead:
                        if suspended:
                            yield DagsterEvent.job_resumed(plan_context)
                        with told_in_plain_words():
                            home.clear_scratch()
                            with warehouse.kept_open(home.warehouse, home.scratch):
                                recover(home)
                                yield from super().execute(plan_context, execution_plan)
                                show_published(home)
                        return
                if ahead.alive:
                    looked = time.monotonic()
                refuse_to_wait_on(ahead, time.monotonic() - looked)
                _put_in_order(instance, ahead.queued)
                if ahead.gives_way and not suspended:
                    suspended = True
                    yield DagsterEvent.job_suspended(plan_context, _gives_way(ahead))
                stop_if_asked()
                time.sleep(SECONDS_BETWEEN_LOOKS)


def _gives_way(ahead: Ahead) -> str:
    years = {*ahead.coming, *(year for run in ahead.alive if (year := _list_year(run)) is not None)}
    return f"Waiting for list year {min(years)}, which goes first: this run's place in the queue is free for it."


def _put_in_order(instance: DagsterInstance, queued: Iterable[DagsterRun]) -> None:
    """Lets the queue start the earliest of the list years that are waited for, whatever order they were given in."""
    for run in queued:
        year = _list_year(run)
        if year is not None and PRIORITY_TAG not in run.tags:
            instance.add_run_tags(run.run_id, {PRIORITY_TAG: str(END_LIST_YEAR - year)})


def refuse_to_wait_on(ahead: Ahead, seconds: float) -> None:
    """Raises Failure when none has begun for too long: to go on would seal a list before the one that it rests on."""
    if seconds > SECONDS_TO_WAIT_FOR_A_START:
        raise Failure(
            f"list year {min(ahead.coming)} of this backfill goes first and has not begun in "
            f"{SECONDS_TO_WAIT_FOR_A_START} seconds: see in the UI why, run it, and then run this list year again.",
            allow_retries=False,
        )


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


def refuse_ended(instance: DagsterInstance, own: DagsterRun, suspended: bool) -> None:
    """Ends a run that was ended elsewhere, or whose backfill was while it is suspended.

    Dagster asks no suspended run to stop: it would go on and seal, without the list years that were called off.
    """
    run = instance.get_run_by_id(own.run_id)
    if run is None or run.is_finished or run.status == DagsterRunStatus.CANCELING:
        raise DagsterExecutionInterruptedError
    backfill = instance.get_backfill(own.tags[BACKFILL_ID_TAG]) if suspended and BACKFILL_ID_TAG in own.tags else None
    if backfill is not None and backfill.status in ENDED:
        raise DagsterExecutionInterruptedError


def ahead_of(instance: DagsterInstance, own: DagsterRun, home: Home) -> Ahead:
    """What goes before a run in its home and, where it belongs to a backfill, in that."""
    year = _list_year(own)
    if year is None:
        return Ahead()
    begun = _earlier(instance.get_runs(RunsFilter(statuses=RUNNING)), year)
    alive = [run for run in begun if not _is_dead(instance, run.run_id, home)]
    backfill_id = own.tags.get(BACKFILL_ID_TAG)
    if backfill_id is None:
        return Ahead(alive)
    made = instance.get_runs(RunsFilter(tags={BACKFILL_ID_TAG: backfill_id}))
    coming = [run for run in _earlier(made, year) if run.status in COMING]
    outstanding = _outstanding(instance.get_backfill(backfill_id), {_list_year(run) for run in made})
    years = {key for key in (*map(_list_year, coming), *outstanding) if key is not None and key < year}
    return Ahead(alive, years, [run for run in coming if run.status == DagsterRunStatus.QUEUED])


def _earlier(runs: Iterable[DagsterRun], year: int) -> list[DagsterRun]:
    return [run for run in runs if (_list_year(run) or year) < year]


def _outstanding(backfill: PartitionBackfill | None, made: Collection[int | None]) -> set[int]:
    """The list years of a backfill that Dagster has not asked for, or of whose assets some are neither made nor failed.

    A job's backfill makes one run per list year, in the order given; one of assets makes several, as their turn comes.
    """
    if backfill is None or backfill.status != BulkActionStatus.REQUESTED:
        return set()
    if (assets := backfill.asset_backfill_data) is not None:
        left = assets.target_subset - assets.materialized_subset - assets.failed_and_downstream_subset
        return {int(item.partition_key) for item in left.iterate_asset_partitions() if item.partition_key is not None}
    keys = list(backfill.partition_names or ())
    last = backfill.last_submitted_partition_name
    return {int(key) for key in (keys[keys.index(last) + 1 :] if last in keys else keys)} - set(made)


def _list_year(run: DagsterRun) -> int | None:
    """The list year of a run; of one that a backfill of assets asked for, the only one of its range."""
    key = run.tags.get(PARTITION_NAME_TAG) or run.tags.get(ASSET_PARTITION_RANGE_START_TAG, "")
    return int(key) if key.isdigit() else None


def free_dead_runs(instance: DagsterInstance, own_run_id: str, home: Home) -> None:
    """Frees the slots in the writers' pool of runs that died and marks them failed. Call it with the home's lock held:
    then a run that takes turns in it and has begun is this one, waits for its turn, or is dead. Of others, those of the
    administration, only a sign of life that was left behind tells so."""
    for run in instance.get_runs(RunsFilter(statuses=RUNNING)):
        takes_turns = run.run_id != own_run_id and _takes_turns(run)
        if home.has_died(run.run_id) or (takes_turns and _is_dead(instance, run.run_id, home)):
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            instance.report_run_failed(run, "The run's process died.")
    storage = instance.event_log_storage
    for held in storage.get_concurrency_info(WRITER_POOL).claimed_slots:
        if held.run_id != own_run_id and not home.is_alive(held.run_id):
            storage.free_concurrency_slots_for_run(held.run_id)


def _takes_turns(run: DagsterRun) -> bool:
    """Whether a run is one that this executor runs; a code location is told by its name or its module's."""
    origin = run.remote_job_origin
    of_cases = origin is not None and LOCATION_OF_CASES in origin.location_name
    return not of_cases and run.job_name != ONLY_LOOKS


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
        published_schema.synchronise_published(con, home.editions)


def show_published(home: Home) -> None:
    """Puts what is sealed now into the read-only database."""
    with warehouse.connect(home.warehouse, home.scratch) as con:
        published_database.refresh(con, home.scratch, home.published)


@executor(name="home", config_schema={})
def home_executor(_context: InitExecutorContext) -> Executor:
    """One process, one home, one run at a time."""
    return HomeExecutor(retries=RetryMode.DISABLED)
