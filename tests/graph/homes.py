"""A home with one sealed list year, made once per test session and copied where a test changes it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

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
