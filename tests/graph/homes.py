"""A home with one sealed list year, made once per test session and copied where a test changes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

YEAR = 2024


@dataclass(frozen=True)
class Ready:
    """A home, the snapshots it was run on, and its list year."""

    home: Path
    snapshots: Path
    list_year: int = YEAR
