"""Danish time has one place."""

from __future__ import annotations

from pathlib import Path

from law import danish_time

ROOT = Path(danish_time.__file__).resolve().parent.parent


def test_the_time_zone_is_named_in_one_place() -> None:
    sources = [path for folder in ("assets", "law", "pipelines") for path in (ROOT / folder).rglob("*.py")]
    sources += (ROOT / "sql").rglob("*.sql")
    naming = [path for path in sources if danish_time.TIME_ZONE in path.read_text(encoding="utf-8")]
    assert naming == [Path(danish_time.__file__).resolve()]
