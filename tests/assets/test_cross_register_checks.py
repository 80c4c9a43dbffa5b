"""Row counts of the references that a list year reads, held against those of the references a year before."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assets.cross_register_checks import QUERIES, ROW_CHANGE_PCT
from tests.deriving import database, put

Read = tuple[int, int, str, int]
"""A list year, the reference of `of` that it reads, its vintage, and the rows of that."""

(QUERY,) = (query for query in QUERIES if query.file == "row_counts_steady")


def off_the_previous(list_year: int, reads: Sequence[Read]) -> tuple[int, list[str]]:
    """How many references are counted for a list year, and which."""
    with database(list_year=list_year) as con:
        for year, reference, vintage, _ in reads:
            content = f"{reference}/{vintage}"
            promoted = {"list_year": year, "register": "of", "reference": str(reference), "reference_year": reference}
            put(con, "registers.promoted", [{**promoted, "vintage": vintage, "content_sha256": content}])
        for content, rows in {f"{reference}/{vintage}": rows for _, reference, vintage, rows in reads}.items():
            reference, _, _ = content.partition("/")
            stored = {"content_sha256": content, "register": "of", "reference": reference, "rows": rows}
            put(con, "received.snapshots", [stored])
            parts = [{"content_sha256": content, "rows": part} for part in (rows - rows // 3, rows // 3)]
            put(con, "received.files", parts)
        con.execute("SET VARIABLE row_change_pct = CAST(? AS INTEGER)", [ROW_CHANGE_PCT])
        ((count, named),) = con.execute(QUERY.sql).fetchall()
        return count, named or []


REVISED = [
    (2025, 2023, "", 60),
    (2025, 2024, "", 60),
    (2026, 2024, "2026-04-01", 40),
    (2026, 2025, "", 40),
]
"""A back year that lost a third of its rows between two list years."""


def test_the_previous_reference_counts_as_the_list_year_itself_reads_it() -> None:
    assert off_the_previous(2026, REVISED) == (1, ["of/2024 -33 pct."])
    assert off_the_previous(2025, REVISED) == (0, [])


def test_a_reference_that_the_list_year_does_not_read_counts_as_the_latest_before_it_did() -> None:
    reads = [(2023, 2022, "", 90), (2024, 2022, "2024-05-01", 60), (2025, 2023, "", 60), (2026, 2022, "x", 10)]
    assert off_the_previous(2025, reads) == (0, [])


@pytest.mark.parametrize(("rows", "count"), [(105, 0), (106, 1), (95, 0), (94, 1)])
def test_exactly_the_tolerance_is_steady(rows: int, count: int) -> None:
    assert off_the_previous(2026, [(2026, 2024, "", 100), (2026, 2025, "", rows)])[0] == count


def test_from_no_rows_at_all() -> None:
    assert off_the_previous(2026, [(2026, 2024, "", 0), (2026, 2025, "", 3)]) == (1, ["of/2025 from none"])
