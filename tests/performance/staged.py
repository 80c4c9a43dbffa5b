"""One call of the command with its wall time, CPU and peak memory taken down per stage, in a process of its own.

The command is the very one a user types; measuring wraps what Dagster calls to compute a step, so that what is left
over (wall minus imports minus steps' own work) is orchestration. Belongs here: taking the time. Does not belong
here: what is compared with what (`tests.performance.bench`).
Call: python -m tests.performance.staged FILE.json run --list-year ...
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.performance.watching import tell_steps

RESET_PEAK = "5"
"""What Linux takes in /proc/self/clear_refs to start the peak of resident memory anew."""

STAGES = ("imports", "read", "received", "load", "validate", "derive", "publish", "report", "orchestration")
BESIDE = ("read",)
"""Hashing the files: in a thread of its own from the beginning, so that its time is within that of other stages."""
WITHIN = ("load", "validate")
"""Of `received`: a register is loaded in a thread of its own while another is judged, so their wall times overlap. Of
the processor time that of `load` is all that judging did not take, DuckDB's and the import of Great Expectations
included."""


@dataclass
class Spent:
    """Seconds, processor seconds (all threads) and the highest resident memory while a stage was under way."""

    wall: float = 0.0
    cpu: float = 0.0
    peak_mb: float = 0.0

    def add(self, wall: float, cpu: float, peak_mb: float = 0.0) -> None:
        self.wall += wall
        self.cpu += cpu
        self.peak_mb = max(self.peak_mb, peak_mb)


class Clock:
    """What each stage has spent, and how often files were read and snapshots stored."""

    def __init__(self) -> None:
        self.stages = {stage: Spent() for stage in STAGES}
        self.steps: dict[str, Spent] = {}
        self.files_read = 0
        self.snapshots_stored = 0
        self.tables_judged = 0
        self.step = ""

    @contextmanager
    def within(self, stage: str) -> Iterator[None]:
        """Counts a stretch of the main thread, with what other threads do meanwhile, to a stage."""
        before = _peak_reset()
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            took = time.perf_counter() - wall, time.process_time() - cpu, max(before, _peak_mb())
            self.stages[stage].add(*took)
            self.steps.setdefault(self.step, Spent()).add(*took)

    @contextmanager
    def beside(self, stage: str) -> Iterator[None]:
        """Counts what the present thread alone spends on a stage that others overlap."""
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            yield
        finally:
            self.stages[stage].add(time.perf_counter() - wall, time.thread_time() - cpu)

    def share_out(self) -> None:
        """What of the processor time of `received` was not judging was loading."""
        self.stages["load"].cpu = self.stages["received"].cpu - self.stages["validate"].cpu


def stage_of(step: str) -> str:
    """The stage a step belongs to; outside of steps the executor recovers before and shows what is published after."""
    if step.startswith("report"):
        return "report"
    if step == "received":
        return "received"
    if step.startswith("edition__") or not step:
        return "publish"
    return "derive"


def _status(name: str) -> float:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), 0.0)


def _peak_mb() -> float:
    return _status("VmHWM")


def _peak_reset() -> float:
    try:
        Path("/proc/self/clear_refs").write_text(RESET_PEAK, encoding="ascii")
    except OSError:
        return 0.0
    return _status("VmRSS")


def _import_everything(clock: Clock) -> None:
    """What every run imports, at once. Great Expectations is imported by the first table that is judged, if any is."""
    with clock.within("imports"):
        from dagster._core.execution import api  # noqa: F401

        import pipelines.definitions
        import pipelines.event_log  # noqa: F401


def _watch(clock: Clock) -> None:
    """Wraps what a run calls, from outside: the product knows nothing of being measured."""
    from dagster._core.execution.plan import execute_step

    from assets import warehouse
    from assets.intake import deliveries, snapshots, storing, validation

    compute, connect = execute_step.execute_core_compute, warehouse.connect
    facts, receive, store, judge = (
        deliveries._facts,
        snapshots.receive,
        storing.store_snapshot,
        validation.validate,
    )

    def computed(*args: Any, **kwargs: Any) -> Iterator[Any]:
        """A step's own work, without what Dagster does with each of its results."""
        results = iter(compute(*args, **kwargs))
        while True:
            with clock.within(stage_of(clock.step)):
                result = next(results, clock)
            if result is clock:
                return
            yield result

    @contextmanager
    def connected(*args: Any, **kwargs: Any) -> Iterator[Any]:
        with nullcontext() if clock.step else clock.within("publish"), connect(*args, **kwargs) as con:
            yield con

    def read(path: Path, *ended: Any) -> Any:
        clock.files_read += 1
        with clock.beside("read"):
            return facts(path, *ended)

    def received(*args: Any, **kwargs: Any) -> Any:
        with clock.beside("load"):
            return receive(*args, **kwargs)

    def stored(*args: Any, **kwargs: Any) -> Any:
        clock.snapshots_stored += 1
        return store(*args, **kwargs)

    def judged(*args: Any, **kwargs: Any) -> Any:
        clock.tables_judged += 1
        validation.make_ready().join()
        with clock.beside("validate"):
            return judge(*args, **kwargs)

    def at(step: str) -> None:
        clock.step = step

    tell_steps(at)
    execute_step.execute_core_compute = computed  # type: ignore[assignment]
    warehouse.connect = connected  # type: ignore[assignment]
    deliveries._facts = read
    snapshots.receive = received
    storing.store_snapshot = stored
    validation.validate = judged


def main() -> int:
    out, command = Path(sys.argv[1]), sys.argv[2:]
    started, started_cpu = time.perf_counter(), time.process_time()
    import pipelines.cli

    gc.set_threshold(pipelines.cli.GARBAGE_AFTER)  # as the command does before it imports anything more
    clock = Clock()
    # what the interpreter took to start: nearly all of it processor time
    clock.stages["imports"].add(started_cpu, started_cpu)
    _import_everything(clock)
    _watch(clock)
    sys.argv = ["boligomraader", *command]
    code: Any = 0
    try:
        code = pipelines.cli.main()
    except SystemExit as stop:
        code = stop.code
    clock.share_out()
    counted = [spent for stage, spent in clock.stages.items() if stage not in (*BESIDE, *WITHIN, "orchestration")]
    wall, cpu = started_cpu + time.perf_counter() - started, time.process_time()
    left = wall - sum(spent.wall for spent in counted), cpu - sum(spent.cpu for spent in counted)
    clock.stages["orchestration"].add(*left, _peak_mb())
    told = {
        "stages": {stage: asdict(spent) for stage, spent in clock.stages.items()},
        "steps": {step: asdict(spent) for step, spent in clock.steps.items() if step},
        "files_read": clock.files_read,
        "snapshots_stored": clock.snapshots_stored,
        "tables_judged": clock.tables_judged,
    }
    out.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    sys.exit(main())
