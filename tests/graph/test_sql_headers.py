"""Every SQL file opens with a comment that names its grain, its key, and the law or the source that it serves."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted((ROOT / "sql").rglob("*.sql"))
NAMED = {
    "grain": re.compile(r"\bGrain: \w"),
    "key": re.compile(r"\bKey: \w"),
    "law or source": re.compile(r"\b(Law|Source): [\w§]"),
}
GRAIN, KEY, LAW = "-- Grain: area.\n", "-- Key: area_id.\n", "-- Law: almenboligloven § 61 b.\n"


def missing(sql: str) -> list[str]:
    """What the comment lines that a SQL text opens with do not name."""
    header = "\n".join(takewhile(lambda line: line.startswith("--"), sql.splitlines()))
    return [what for what, words in NAMED.items() if not words.search(header)]


def test_there_are_sql_files() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_sql_file_says_its_grain_its_key_and_its_law_or_source(path: Path) -> None:
    assert missing(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (GRAIN + KEY + LAW + "SELECT 1", []),
        (GRAIN + KEY + "-- Source: the agreement.\nSELECT 1", []),
        (KEY + LAW + "SELECT 1", ["grain"]),
        (GRAIN + LAW + "SELECT 1", ["key"]),
        (GRAIN + KEY + "SELECT 1", ["law or source"]),
        ("SELECT 1\n" + GRAIN + KEY + LAW, ["grain", "key", "law or source"]),
        (GRAIN + "-- Key:\n" + LAW + "SELECT 1", ["key"]),
    ],
)
def test_a_header_without_one_of_them_is_found(sql: str, expected: list[str]) -> None:
    assert missing(sql) == expected
