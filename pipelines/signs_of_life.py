"""A run's sign of life: a file in its home that its process holds locked for as long as it lives.

One that ends by itself takes the file away; one that is killed leaves it behind, unlocked. What does not belong here:
anything of the statistics or the administration, whose runs both show it, and who looks (`pipelines.launcher`,
`pipelines.executor`).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = ".runs"
ONLY_LOOKS = "delivery_status"
"""The one job whose runs show no sign of life: they write nothing to a home, and may find none."""


@contextmanager
def shown(home: Path, run_id: str) -> Iterator[None]:
    """Shows that the process of a run lives, until it ends or dies."""
    path = _sign(home, run_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    begun = path.with_suffix(".new")
    descriptor = os.open(begun, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        begun.rename(path)  # never there without its lock while the run lives
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def lives(home: Path, run_id: str) -> bool | None:
    """Whether the one who put up a run's sign of life lives on this machine; None where there is no such sign."""
    try:
        descriptor = os.open(_sign(home, run_id), os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        # shared, so that two who ask at once do not take each other for the run
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False if os.fstat(descriptor).st_nlink else None
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def are_kept(home: Path) -> bool:
    """Whether any run ever showed a sign of life in a home."""
    return (home / FOLDER).is_dir()


def _sign(home: Path, run_id: str) -> Path:
    return home / FOLDER / run_id
