"""Reads the dated code lists in `law/code_lists`: countries, states, educations, municipalities, regions.

Each row keeps its validity, status and source. What does not belong here: what a code means for a figure, which
is SQL, and limits, which are `law/parameters`.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import law

DIRECTORY = Path(law.__file__).parent / "code_lists"


@cache
def code_list(name: str) -> Sequence[Mapping[str, str]]:
    """All rows of a code list, whatever day they hold for."""
    with (DIRECTORY / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def in_force(name: str, day: dt.date) -> list[Mapping[str, str]]:
    """The rows of a code list that hold on a day (`valid_to` is the first day they no longer do)."""
    return [row for row in code_list(name) if _holds(row, day)]


def sha256_in_force(day: dt.date) -> dict[str, str]:
    """Per code list the hash of the rows that hold on a day, whatever day they end."""
    return {
        path.name: hashlib.sha256(
            repr([{**row, "valid_to": ""} for row in in_force(path.stem, day)]).encode()
        ).hexdigest()
        for path in sorted(DIRECTORY.glob("*.csv"))
    }


def _holds(row: Mapping[str, str], day: dt.date) -> bool:
    start, end = row.get("valid_from", ""), row.get("valid_to", "")
    return (not start or dt.date.fromisoformat(start) <= day) and (not end or day < dt.date.fromisoformat(end))


def municipality_codes() -> tuple[int, ...]:
    """The codes a KOM may have: the municipalities and Christiansø."""
    return tuple(sorted({int(row["kom"]) for row in code_list("municipalities")}))


def municipality_names() -> dict[int, str]:
    """Name per municipality code."""
    return {int(row["kom"]): row["name"] for row in code_list("municipalities")}
