"""How a run executes: in one process, alone in its home.

DuckDB uses all cores within a step and one process may write the warehouse. A run that was killed keeps its slot in
the writer pool, so a run that holds the home's lock first frees what dead runs hold.
"""

from collections.abc import Iterator
from typing import Any

from dagster import DagsterEvent, DagsterInstance, DagsterRunStatus, Executor, InitExecutorContext, RunsFilter, executor
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.in_process import InProcessExecutor

from assets import published_database, sealing, warehouse
from pipelines.home import Home
from pipelines.resources import Run

UNFINISHED = [DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


class HomeExecutor(InProcessExecutor):
    """The in-process executor, holding the home's lock from the first step to the last."""

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        configured: Any = plan_context.run_config.get("resources", {})
        home = Run(**configured.get("run", {}).get("config", {})).at_home

        def waiting() -> None:
            plan_context.log.info("Waiting for another run in this home to finish.")

        with home.locked(waiting):
            free_dead_runs(plan_context.instance, plan_context.run_id)
            recover(home)
            yield from super().execute(plan_context, execution_plan)
            show_published(home)


def free_dead_runs(instance: DagsterInstance, own_run_id: str) -> None:
    """Frees the pool slots of runs that died and marks them failed. Call it with the home's lock held:
    no other run of the home is alive then."""
    for run in instance.get_runs(RunsFilter(statuses=UNFINISHED)):
        if run.run_id != own_run_id:
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            instance.report_run_failed(run, "The run's process died.")
    storage = instance.event_log_storage
    for key in storage.get_concurrency_keys():
        for held in storage.get_concurrency_info(key).claimed_slots:
            if held.run_id != own_run_id:
                storage.free_concurrency_slots_for_run(held.run_id)


def recover(home: Home) -> None:
    """Removes what a killed run left half done, and makes schema `published` show the sealed editions again."""
    home.clear_scratch()
    with warehouse.connect(home.warehouse, home.scratch) as con:
        sealing.synchronise_published(con, home.editions)


def show_published(home: Home) -> None:
    """Puts what is sealed now into the read-only database."""
    with warehouse.connect(home.warehouse, home.scratch) as con:
        published_database.refresh(con, home.scratch, home.published)


@executor(name="home", config_schema={})
def home_executor(_context: InitExecutorContext) -> Executor:
    """One process, one home, one run at a time."""
    return HomeExecutor(retries=RetryMode.DISABLED)
