"""Calls of the command in one process with their work counted: SQL statements, files opened, SQLite databases opened.

Belongs here: counting, from outside the product. Does not belong here: what the counts may be
(`tests.performance.test_counted_work`).
Call: python -m tests.performance.counted FILE.json SNAPSHOTS HOME LIST_YEAR CALLS
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.performance.watching import tell_steps

RUN = ("run", "--no-report", "--snapshots")


class Count:
    """What one call of the command did."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, str]] = []
        self.opened: Counter[str] = Counter()
        self.sqlite_opened = 0


class Counting:
    """Counts into the present call; statements come from DuckDB's own log of queries, whoever sent them."""

    def __init__(self, snapshots: Path) -> None:
        self.snapshots = str(snapshots.absolute()) + os.sep
        self.now = Count()
        self.step = ""

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Python tells of every file it opens and of every SQLite database."""
        if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
            path = os.fspath(arguments[0])
            if isinstance(path, str) and path.startswith(self.snapshots):
                self.now.opened[path.removeprefix(self.snapshots)] += 1
        elif event == "sqlite3.connect":
            self.now.sqlite_opened += 1

    def watch(self) -> None:
        from assets import warehouse

        connect = warehouse.connect

        @contextmanager
        def connected(*args: Any, **kwargs: Any) -> Iterator[Any]:
            with connect(*args, **kwargs) as con:
                con.execute("CALL enable_logging('QueryLog')")
                yield con
                log = con.execute(
                    "SELECT message FROM duckdb_logs WHERE type = 'QueryLog' ORDER BY timestamp"
                ).fetchall()
                self.now.statements += [
                    (self.step, str(row[0])) for row in log[:-1] if "duckdb_logs" not in str(row[0])
                ]
                con.execute("CALL truncate_duckdb_logs()")

        warehouse.connect = connected  # type: ignore[assignment]
        tell_steps(self.at)

    def at(self, step: str) -> None:
        """What is counted from here on is that step's."""
        self.step = step


def main() -> int:
    out, snapshots, home, list_year, calls = Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:6]
    import pipelines.cli

    counting = Counting(snapshots)
    counting.watch()
    sys.addaudithook(counting.audit)
    counts = []
    for _ in range(int(calls)):
        counting.now = Count()
        year = ("--list-year", list_year, "--as-of", f"{list_year}-12-01")
        sys.argv = ["boligomraader", *RUN, str(snapshots), "--home", home, *year]
        try:
            pipelines.cli.main()
        except SystemExit as stop:
            if stop.code:
                return 1
        counts.append(counting.now)
    out.write_text(json.dumps([vars(count) for count in counts]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
