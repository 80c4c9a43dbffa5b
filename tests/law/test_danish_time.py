"""Danish time has one place, and a day one way of being written."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from law import danish_time
from law.danish_time import day_of, years_after

ROOT = Path(danish_time.__file__).resolve().parent.parent


def test_the_time_zone_is_named_in_one_place() -> None:
    sources = [path for folder in ("assets", "law", "pipelines") for path in (ROOT / folder).rglob("*.py")]
    sources += (ROOT / "sql").rglob("*.sql")
    naming = [path for path in sources if danish_time.TIME_ZONE in path.read_text(encoding="utf-8")]
    assert naming == [Path(danish_time.__file__).resolve()]


@pytest.mark.parametrize("text", ["20261201", "2026-W49-2", "2026-12-1", "0000-05-05", "9999-12-31", "2026-02-30", ""])
def test_a_day_is_written_in_one_way(text: str) -> None:
    with pytest.raises(ValueError, match="day"):
        day_of(text)


def test_a_day_is_read() -> None:
    assert day_of("2026-12-01") == dt.date(2026, 12, 1)


@pytest.mark.parametrize(
    ("day", "years", "same_day"),
    [
        ("2024-02-29", 1, "2025-02-28"),
        ("2024-02-29", -1, "2023-02-28"),
        ("2024-02-29", 4, "2028-02-29"),
        ("2024-02-29", 0, "2024-02-29"),
        ("2023-02-28", 1, "2024-02-28"),
        ("2026-12-31", 4, "2030-12-31"),
    ],
)
def test_whole_years_are_counted_to_the_same_day(day: str, years: int, same_day: str) -> None:
    assert years_after(day_of(day), years) == day_of(same_day)
