"""Calling the command `boligomraader` from tests as a user would, in a process of its own.

Belongs here: starting the command and reading what it sealed. Does not belong here: any judgement on it.
Importing Dagster and Great Expectations takes longer than a small run, so run_cli keeps one process that
has imported the command and forks for each call; fresh_cli starts the interpreter anew.
"""

from __future__ import annotations

import atexit
import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parent.parent
TABLES = ("area_criteria", "area_status", "municipal_cap", "area_cap")
Row = dict[str, str]

_FORK_SERVER = """
import gc, json, os, sys, traceback
import dagster, duckdb_engine, great_expectations.expectations, rich.progress, rich.spinner, upath
import dagster._core.storage.legacy_storage, dagster._core.storage.local_compute_log_manager
import dagster._core.storage.runs.sqlite, dagster._core.storage.schedules.sqlite
import highspy, matplotlib.backends.backend_svg, matplotlib.figure, matplotlib.font_manager, typst, xlsxwriter
import assets.reporting.publication, assets.reporting.tables, assets.intake.dialect
import pipelines.cli, pipelines.definitions, pipelines.event_log, pipelines.running
gc.freeze()
for request in sys.stdin:
    call = json.loads(request)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            out = os.open(call["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out, 1)
            os.dup2(out, 2)
            os.environ.update(call["env"])
            sys.argv = ["boligomraader", *call["args"]]
            answer = pipelines.cli.main()
            code = answer if isinstance(answer, int) else 0
        except SystemExit as stop:
            if isinstance(stop.code, str):
                print(stop.code, file=sys.stderr)
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), file=sys.__stdout__, flush=True)
"""


@dataclass(frozen=True)
class Result:
    """What one call of the command gave: its exit code, and standard output and error together."""

    code: int
    output: str

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


def _environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {"COLUMNS": "400", "NO_COLOR": "1", "TERM": "dumb", "PYTHONUNBUFFERED": "1"} | dict(more or {})


@cache
def _server() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _FORK_SERVER],
        cwd=ROOT,
        env=os.environ | _environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.kill)
    return process


def run_cli(*args: object, env: Mapping[str, str] | None = None) -> Result:
    """The command in a forked process."""
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "output"
        call = {"args": [str(arg) for arg in args], "env": _environment(env), "out": str(out)}
        server.stdin.write(json.dumps(call) + "\n")
        server.stdin.flush()
        answer = server.stdout.readline()
        assert answer, "the helper process died"
        return Result(int(answer), out.read_text(encoding="utf-8", errors="replace"))


def free_port() -> int:
    """A port of this machine that nothing listens on, for a server that a test starts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def copied_product(folder: Path) -> Path:
    """A copy of what the command runs from, compiled modules too, for a test that changes the law in it."""
    for part in ("assets", "law", "pipelines", "sql"):
        half_written = shutil.ignore_patterns("*.pyc.*")
        shutil.copytree(ROOT / part, folder / part, ignore=half_written)
    shutil.copy(ROOT / "workspace.yaml", folder)
    return folder


def fresh_cli(*args: object, product: Path = ROOT, seconds: float | None = None) -> Result:
    """The command in an interpreter of its own: of the very code that run_cli uses, or of a copied product.

    Raises subprocess.TimeoutExpired where it does not end within `seconds`.
    """
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *map(str, args)],
        cwd=product,
        env=os.environ | _environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode("utf-8", "replace"))


def run_list(list_year: int, snapshots: Path, home: Path, *more: object) -> Result:
    """`run` for a list year, on the day the list is due; without the report, which other tests look at."""
    as_of = ("--as-of", f"{list_year}-12-01")
    return run_cli(
        "run",
        "--list-year",
        list_year,
        "--snapshots",
        snapshots,
        "--home",
        home,
        *as_of,
        "--no-report",
        *more,
    )


def edition(home: Path, list_year: int) -> Path:
    return home / "editions" / str(list_year)


def csv_table(home: Path, list_year: int, table: str) -> list[Row]:
    path = edition(home, list_year) / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def queried(connection: duckdb.DuckDBPyConnection, sql: str, values: list[object]) -> list[Row]:
    """The rows of a query as the text that a CSV file would show."""
    result = connection.execute(sql, values)
    names = [column[0] for column in result.description]
    return [dict(zip(names, map(_as_text, row), strict=True)) for row in result.fetchall()]


def parquet_table(home: Path, list_year: int, table: str) -> list[Row]:
    path = edition(home, list_year) / f"{table}.parquet"
    with duckdb.connect() as connection:
        return queried(connection, "SELECT * FROM read_parquet(?)", [str(path)])


def warehouse_table(home: Path, list_year: int, table: str) -> list[Row]:
    key = "kom" if table == "municipal_cap" else "area_id"
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        sql = f"SELECT * FROM published.{table} WHERE list_year = ? ORDER BY {key}"
        return queried(connection, sql, [list_year])


def file_bytes(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its relative name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def manifest(home: Path, list_year: int) -> dict[str, Any]:
    return json.loads((edition(home, list_year) / "manifest.json").read_text(encoding="utf-8"))
