"""The long form of the experiments; writes docs/reliability.md with what was found (`make reliability`).

Exits 1 where anything was lost. What does not belong here: the experiments themselves.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.command import ROOT
from tests.reliability import experiments
from tests.reliability.experiments import Figure, Undisturbed

PAGE = ROOT / "docs" / "reliability.md"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--seed", type=int, default=1, help="which moments the kills are drawn at")
    options.add_argument("--files", type=int, default=1000)
    options.add_argument("--disks", type=int, default=20)
    options.add_argument("--together", type=int, default=5)
    options.add_argument("--clocks", type=int, default=len(experiments.ZONES))
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "fuzz").mkdir()
        (place / "runs").mkdir()
        return _measure(place, chosen)


def _measure(place: Path, chosen: argparse.Namespace) -> int:
    started = time.monotonic()
    done: list[Figure] = []

    def tell(figure: Figure) -> None:
        """The page is written after each experiment, so that one that is ended early has its figures there."""
        if figure not in done:
            done.append(figure)
        PAGE.write_text(_page(done, time.monotonic() - started), encoding="utf-8")
        print(f"{figure.fault}: {figure.injected} injected, {figure.survived} survived", flush=True)

    tell(experiments.fuzzed(place / "fuzz", chosen.files))
    base = Undisturbed(place / "runs")
    tell(experiments.read_only(base))
    tell(experiments.disk_full(base, chosen.disks))
    tell(experiments.disk_full_when_sealing_again(base, max(chosen.disks // 4, 1)))
    tell(experiments.at_once(base, chosen.together))
    tell(experiments.clocks(base, chosen.clocks))
    for figure in experiments.killed(base, chosen.kills, chosen.seed):
        tell(figure)
    for line in (line for figure in done for line in figure.lost):
        print(f"lost: {line}", flush=True)
    return int(any(figure.lost for figure in done))


def _page(figures: list[Figure], seconds: float) -> str:
    rows = [
        f"| {f.fault} | {f.injected} | {f.survived} | {len(f.lost)} | {f.survived_means} | {'; '.join(f.notes)} |"
        for f in figures
    ]
    injected, lost = sum(f.injected for f in figures), sum(len(f.lost) for f in figures)
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("duckdb", "dagster"))
    return "\n".join(
        [
            "# Reliability: faults injected on purpose",
            "",
            "Written by `make reliability`; the short form of each experiment runs in `make test`",
            "(`tests/reliability`). Do not edit: run it again.",
            "",
            "| fault | injected | survived | lost | survived means | seen |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            f"Together {injected} faults, {lost} lost.",
            "Experiments without a row in the table were not run to their end in this measurement.",
            "",
            f"Run on {dt.date.today().isoformat()}, Python {platform.python_version()}, {versions}, "
            f"{os.cpu_count()} cores, {seconds / 60:.0f} minutes. The runs are of a small synthetic population.",
            "",
            "## What the mechanism is",
            "",
            "- One run writes to a home at a time: it holds a file lock that the system frees when the process dies.",
            "  The next run first frees what a dead one held, clears the scratch folder, and makes the published",
            "  tables show the sealed editions.",
            "- An edition is written aside, flushed, and exchanged with the old one in one step of the file system.",
            "- Every table is replaced in a transaction; a snapshot is stored under the hash of its content and used",
            "  only after it has been checked and promoted.",
            "- An error is told by its kind, its place in the product and a remedy. Its own message is dropped,",
            "  because it may quote a row.",
            "- A file changed while it was read, or that is partly readable, is refused as a whole.",
            "",
            "## What is not covered",
            "",
            "Loss of power (only the death of the process is tried), a disk that returns wrong bytes without an error",
            "(`verify` finds that in an edition), network file systems (locks and exchange need a local disk), and a",
            "file whose wrong bytes make another valid value: only the sender's checksum can tell.",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
