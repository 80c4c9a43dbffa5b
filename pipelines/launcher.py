"""How Dagster's daemon learns that a run has died: it asks the launcher, which looks for the run's sign of life.

A run that is killed keeps its place in the queue and its slot of the writer pool, so that no other would begin; so does
one that ends while Dagster's storage is away for longer than it is tried again. The daemon's monitoring marks such a
run failed and frees both. What does not belong here: the sign of life itself (`pipelines.signs_of_life`), and what a
run does when its turn has come (`pipelines.executor`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dagster import DagsterRun
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._serdes import ConfigurableClassData

from pipelines import signs_of_life
from pipelines.home import Home, home_from_environment
from pipelines.signs_of_life import ONLY_LOOKS

SECONDS_WITHOUT_A_SIGN = 120
"""Far longer than a run takes from its start to its sign of life, or from there to its end in Dagster's storage."""
RESOURCES = ("run", "administration")
"""The resource of a run of the statistics, and of one of the administration, whose settings name the home."""


class HomeRunLauncher(DefaultRunLauncher):
    """Dagster's own launcher, which can tell a run whose process has died from one that lives.

    A sign of life that was left behind says so at once. A run that shows none just begins or ends; where it shows none
    for long, its process is gone and could not say so. One that only looks shows none, and is not judged.
    """

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._without_a_sign: dict[str, float] = {}
        super().__init__(inst_data)

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        home = _home_of(run)
        if home.has_died(run.run_id) or self._is_gone(run, home):
            return CheckRunHealthResult(WorkerStatus.FAILED, "the run's process died; start it again")
        return CheckRunHealthResult(WorkerStatus.RUNNING)

    def _is_gone(self, run: DagsterRun, home: Home) -> bool:
        """Whether a run that should show a sign of life has shown none since it was first looked for in vain, long ago.
        In a home where no run ever showed one nothing is judged: it may be another than the run's."""
        if home.is_alive(run.run_id) or run.job_name == ONLY_LOOKS or not signs_of_life.are_kept(home.path):
            self._without_a_sign.pop(run.run_id, None)
            return False
        since = self._without_a_sign.setdefault(run.run_id, time.monotonic())
        return time.monotonic() - since > SECONDS_WITHOUT_A_SIGN


def _home_of(run: DagsterRun) -> Home:
    """The home that a run writes to: the one of its settings, which may name a variable, else the environment's."""
    resources: Any = run.run_config.get("resources", {})
    given = (resources.get(name, {}).get("config", {}).get("home") for name in RESOURCES)
    home = next((home for home in given if home), None)
    named = os.environ.get(home["env"]) if isinstance(home, Mapping) else home
    return Home(Path(named).absolute()) if named else home_from_environment()
