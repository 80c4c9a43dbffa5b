"""A home with one sealed list year, made once per test session and copied where a test changes it."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

YEAR = 2024


@dataclass(frozen=True)
class Ready:
    """A home, the snapshots it was run on, and its list year."""

    home: Path
    snapshots: Path
    list_year: int = YEAR

    def copied(self, folder: Path) -> tuple[Path, Path]:
        """A copy of the home and of the snapshots, for a test that changes them."""
        home, snapshots = folder / "home", folder / "snapshots"
        shutil.copytree(self.home, home)
        shutil.copytree(self.snapshots, snapshots)
        return home, snapshots


def made_once(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str, name: str, make: Callable[[Path], None]
) -> Path:
    """A folder that the first process asking for it fills; another that asks meanwhile waits, and none changes it."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            make(folder)
            (folder / "made").touch()
    return folder
