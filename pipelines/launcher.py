"""How Dagster's daemon learns that a run has died: it asks the launcher, which looks for the run's sign of life.

A run that is killed keeps its place in the queue and its slot of the writer pool, so that no other would begin. The
daemon's monitoring marks such a run failed and frees both. What does not belong here: the sign of life itself
(`pipelines.home`), and what a run does when its turn has come (`pipelines.executor`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dagster import DagsterRun
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus

from pipelines.home import Home, home_from_environment

RESOURCES = ("run", "administration")
"""The resource of a run of the statistics, and of one of the administration, whose settings name the home."""


class HomeRunLauncher(DefaultRunLauncher):
    """Dagster's own launcher, which can tell a run whose process has died from one that lives.

    Only a sign of life that was left behind says so. A run that shows none is not judged: one that just begins or
    ends, or that only looks.
    """

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        if _home_of(run).has_died(run.run_id):
            return CheckRunHealthResult(WorkerStatus.FAILED, "the run's process died; start it again")
        return CheckRunHealthResult(WorkerStatus.RUNNING)


def _home_of(run: DagsterRun) -> Home:
    """The home that a run writes to: the one of its settings, which may name a variable, else the environment's."""
    resources: Any = run.run_config.get("resources", {})
    given = (resources.get(name, {}).get("config", {}).get("home") for name in RESOURCES)
    home = next((home for home in given if home), None)
    named = os.environ.get(home["env"]) if isinstance(home, Mapping) else home
    return Home(Path(named).absolute()) if named else home_from_environment()
