"""How a run of the administration executes where Dagster starts it: in one process, holding its home's lock, and
showing a sign of life, so that one that is killed gives its place in the queue back.

The command holds the same lock around the same job, so that neither meets the other's half-made decisions, and a backup
waits for both. What does not belong here: what a step does.
"""

from collections.abc import Iterator
from typing import Any

from dagster import DagsterEvent, DagsterExecutionInterruptedError, Executor, InitExecutorContext, executor
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.in_process import InProcessExecutor
from dagster._core.system_config.objects import ResolvedRunConfig
from dagster._utils.interrupts import pop_captured_interrupt

from assets.administration.run import Administration
from assets.administration.store import locked
from pipelines.signs_of_life import shown


class LockedExecutor(InProcessExecutor):
    """The in-process executor, holding the lock of the run's home from the first step to the last."""

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        resolved = ResolvedRunConfig.build(plan_context.job.get_definition(), plan_context.run_config)
        configured: Any = resolved.resources["administration"].config

        def waiting(first: bool) -> None:
            if first:
                plan_context.log.info("Waiting for another run of the administration in this home to finish.")
            if pop_captured_interrupt():
                raise DagsterExecutionInterruptedError

        home = Administration(**configured).home_folder
        with shown(home, plan_context.dagster_run.run_id), locked(home, waiting):
            yield from super().execute(plan_context, execution_plan)


@executor(name="locked", config_schema={})
def locked_executor(_context: InitExecutorContext) -> Executor:
    """One process, one home, one run at a time."""
    return LockedExecutor(retries=RetryMode.DISABLED)
