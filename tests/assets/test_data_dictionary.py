"""docs/data-dictionary.md has every column that an edition publishes, and no other."""

from __future__ import annotations

import csv
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from assets.derivation import PUBLISHED
from assets.lineage import table_columns
from tests.graph.homes import Ready

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^##+ (\S+)[^\n]*\n(.*?)(?=^##|\Z)", TEXT, flags=re.M | re.S))
IN_THE_WAREHOUSE_ONLY = ("status.area_margins", "status.status_changes")


def described(section: str) -> set[str]:
    """The columns of a section: the names in the first cell of each row of the table that describes columns."""
    (table,) = re.findall(r"^\| column \|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)", SECTIONS[section], flags=re.M)
    return {name for row in table.splitlines() for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])}


@pytest.mark.parametrize("table", PUBLISHED)
def test_every_column_of_a_published_table(table: str) -> None:
    assert described(table.split(".")[1]) == set(table_columns()[table])


@pytest.mark.parametrize("table", IN_THE_WAREHOUSE_ONLY)
def test_every_column_of_a_table_in_the_warehouse(table: str) -> None:
    assert described(table) | {"list_year", "area_id"} == set(table_columns()[table])


def test_every_column_of_the_public_lists(ready: Ready) -> None:
    names = described("public/")
    files = sorted((ready.home / "editions" / str(ready.list_year) / "public").glob("*.csv"))
    assert [path.name for path in files] == sorted(set(re.findall(r"`(\w+\.csv)`", SECTIONS["public/"])))
    for path in files:
        with path.open(encoding="utf-8", newline="") as stream:
            columns = next(csv.reader(stream))
        assert [c for c in columns if not any(fnmatchcase(c, name) for name in names)] == []
        assert [name for name in names if not any(fnmatchcase(c, name) for c in columns)] == []
