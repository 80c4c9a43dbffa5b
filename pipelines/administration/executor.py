"""How a run of the administration executes where Dagster starts it: in one process, holding its home's lock.

The command holds the same lock around the same job, so that neither meets the other's half-made decisions, and a backup
waits for both. What does not belong here: what a step does.
"""

from collections.abc import Iterator
from typing import Any

from dagster import DagsterEvent, Executor, InitExecutorContext, executor
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.in_process import InProcessExecutor

from assets.administration.run import Administration
from assets.administration.store import locked


class LockedExecutor(InProcessExecutor):
    """The in-process executor, holding the lock of the run's home from the first step to the last."""

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        configured: Any = plan_context.run_config.get("resources", {})
        settings = Administration(**configured.get("administration", {}).get("config", {}))
        with locked(settings.home_folder):
            yield from super().execute(plan_context, execution_plan)


@executor(name="locked", config_schema={})
def locked_executor(_context: InitExecutorContext) -> Executor:
    """One process, one home, one run at a time."""
    return LockedExecutor(retries=RetryMode.DISABLED)
