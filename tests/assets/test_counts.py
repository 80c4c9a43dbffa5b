"""Numbers counted over whole registers are counted anew when what they rest on is another, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets import derivation, lineage, warehouse
from assets.cross_register_checks import CROSS_REGISTER_CHECKS, QUERIES, Query
from pipelines.home import Home
from tests.command import run_list
from tests.populations import World, write_snapshots

ONE, TWO = "SELECT 1 AS a, 10 AS b", "SELECT 2 AS a, 20 AS b"
NAMES = ("a", "b")


def test_a_count_stands_for_as_long_as_what_it_was_made_from(tmp_path: Path) -> None:
    with warehouse.connect(tmp_path / "warehouse.duckdb", tmp_path) as con:
        assert derivation.counts(con, NAMES, 2026, ONE, "delivered") == {"a": 1, "b": 10}
        assert derivation.counts(con, NAMES, 2026, TWO, "delivered") == {"a": 1, "b": 10}
        assert derivation.counts(con, NAMES, 2027, TWO, "delivered") == {"a": 1, "b": 10}
        assert derivation.counts(con, NAMES, 2026, TWO, "corrected") == {"a": 2, "b": 20}
        assert derivation.counts(con, NAMES, 2026, ONE, "delivered") == {"a": 1, "b": 10}


@pytest.mark.parametrize("query", [q for q in QUERIES if q.reads], ids=lambda query: query.file)
def test_another_delivery_of_any_register_read_makes_another_count(query: Query) -> None:
    assert lineage.reads_of(query.sql) == set(query.reads)
    sources = dict.fromkeys(query.reads, "delivered")
    prints = {derivation.query_fingerprint(query.sql, query.reads, sources)}
    for read in query.reads:
        prints.add(derivation.query_fingerprint(query.sql, query.reads, {**sources, read: "corrected"}))
    prints.add(derivation.query_fingerprint(query.sql + " ", query.reads, sources))
    assert len(prints) == len(query.reads) + 2


def test_a_later_list_year_counts_only_the_status_day_that_it_adds(tmp_path: Path) -> None:
    world = World((2025, 2026))
    world.area("OMRAADE", "751").crowd(3, "1990-06-15", "hjemme")
    for n, days in enumerate([None, *[["2025-01-01"]] * 4, *[["2026-01-01"]] * 2]):
        world.person(f"uden-bolig-{n}", "1990-06-15", days, KOM="751")
    home, snapshots = Home(tmp_path / "home"), write_snapshots(world, tmp_path / "snapshots")
    checks = [check for query in QUERIES if query.reads for check in query.checks]
    for list_year, days, homeless in ((2025, 2, 1 + 5), (2026, 1, 5 + 3)):
        sealed = run_list(list_year, snapshots, home.path)
        assert sealed.code == 0, sealed.output[-3000:]
        assert f"Persons in bef without a dwelling in bolig: {homeless}." in sealed.output
        with warehouse.connect(home.warehouse, tmp_path) as con:
            counted = con.execute(
                "SELECT counted, count(*) FROM registers.counts WHERE list_year = ? AND counted IN ? GROUP BY ALL",
                [list_year, checks],
            ).fetchall()
        assert dict(counted) == dict.fromkeys(checks, days)


def test_every_check_is_counted_by_one_query() -> None:
    counted = [check for query in QUERIES for check in query.checks]
    assert sorted([*counted, "nothing_left_unread"]) == sorted(item.name for item in CROSS_REGISTER_CHECKS)
