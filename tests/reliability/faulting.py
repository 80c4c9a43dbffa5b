"""Runs that are killed, starved of disk, refused the right to write, or started together.

A process that has imported the product once forks for each run, so that a kill hits the run and not the imports.
Belongs here: the world that is run, starting and ending runs, comparing homes. Does not belong here: how often each
fault is injected (experiments) and what is asserted (test_faults).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from tests.populations import World, write_snapshots

YEAR = 2024
SECRET = "HEMMELIG"


def small_world(year: int = YEAR, people: int = 12) -> World:
    """Two areas with a few marked people, and everything else that the list year needs."""
    world = World((year,))
    for name, kom in (("omraade-a", "101"), ("omraade-b", "751")):
        area = world.area(name, kom).homes(3)
        for n in range(people):
            person = area.person(f"{SECRET}-{name}-{n}", "1980-02-03").educated().earning("200000")
            person.on_benefit(year - 1).sentenced(year - 1)
    for earlier in range(year - 4, year):
        world.listed(earlier, "omraade-a", "parallelsamfund")
    return world


def snapshots_of(folder: Path, world: World | None = None) -> Path:
    return write_snapshots(world or small_world(), folder / "snapshots")


@cache
def _imported() -> None:
    import dagster  # noqa: F401
    import great_expectations.expectations  # noqa: F401

    import pipelines.cli
    import pipelines.definitions
    import pipelines.running  # noqa: F401


@dataclass
class Run:
    """A run in a process of its own."""

    pid: int
    output: Path
    status: int | None = None

    def kill(self) -> bool:
        """Kills the run as the system does when memory is short. False where it had ended by itself."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        return self.wait() == -signal.SIGKILL

    def wait(self, seconds: float = 600) -> int:
        """The exit code; fails where the run does not end in time."""
        end = time.monotonic() + seconds
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                self.kill()
                raise AssertionError(f"the run did not end within {seconds} s: {self.said[-500:]}")
            else:
                time.sleep(0.02)
        return self.status

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")


def start(
    folder: Path,
    home: Path,
    snapshots: Path,
    year: int = YEAR,
    before: Callable[[], None] | None = None,
    env: Mapping[str, str] | None = None,
) -> Run:
    """Starts `boligomraader run`; `before` is called in its process first."""
    args = ["run", "--list-year", str(year), "--snapshots", str(snapshots), "--home", str(home)]
    return start_command(folder, [*args, "--as-of", f"{year}-12-01", "--no-report"], before, env)


def start_command(
    folder: Path, args: list[str], before: Callable[[], None] | None = None, env: Mapping[str, str] | None = None
) -> Run:
    """Starts the command in a forked process."""
    _imported()
    output = folder / f"output-{time.monotonic_ns()}"
    pid = os.fork()
    if pid:
        return Run(pid, output)
    code = 70
    try:
        out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout, sys.stderr = (os.fdopen(n, "w", buffering=1, closefd=False) for n in (1, 2))
        os.environ.update({"COLUMNS": "400", "NO_COLOR": "1", "TERM": "dumb"} | dict(env or {}))
        if env and "TZ" in env:
            time.tzset()
        code = _command(args, before)
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)  # whatever failed: nothing of the parent's may run in this process
    raise AssertionError


def _command(args: list[str], before: Callable[[], None] | None) -> int:
    import traceback

    from rich.console import Console

    import pipelines.cli

    pipelines.cli.out = Console(soft_wrap=True, highlight=False)
    pipelines.cli.err = Console(stderr=True, soft_wrap=True, highlight=False)
    if before is not None:
        before()
    sys.argv = ["boligomraader", *args]
    try:
        pipelines.cli.main()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def no_file_larger_than(limit: int) -> Callable[[], None]:
    """Writing beyond so many bytes in one file fails, as on a full disk."""

    def set_limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    return set_limit


def sealed(home: Path, year: int = YEAR) -> dict[str, str]:
    """Hash of every sealed file of a list year; the manifest without its `run` part."""
    folder = home / "editions" / str(year)
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            if path.name == "manifest.json":
                manifest = json.loads(data)
                del manifest["run"]
                data = json.dumps(manifest, sort_keys=True).encode()
            found[str(path.relative_to(folder))] = hashlib.sha256(data).hexdigest()
    return found


def published(home: Path, year: int = YEAR) -> list[tuple[object, ...]]:
    """The published statuses of a list year in the warehouse."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        query = "SELECT * FROM published.area_status WHERE list_year = ? ORDER BY ALL"
        return con.execute(query, [year]).fetchall()


def whole(home: Path, year: int = YEAR) -> bool:
    """Whether a reader finds the edition complete: every file that the manifest names, with its hash."""
    folder = home / "editions" / str(year)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with open(os.open("manifest.json", os.O_RDONLY, dir_fd=descriptor), encoding="utf-8") as stream:
            manifest = json.load(stream)
        for item in manifest["outputs"]:
            with open(os.open(item["file"], os.O_RDONLY, dir_fd=descriptor), "rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() != item["sha256"]:
                    return False
    finally:
        os.close(descriptor)
    return True


def plainly_refused(run: Run) -> bool:
    """The run failed, in lines and not in a stack, without naming a person."""
    said = bool(run.said.strip()) and "Traceback" not in run.said and SECRET not in run.said
    return run.wait() not in (0, 70) and said
