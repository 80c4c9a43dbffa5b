"""What the public lists are given of a derived list year, and what they print of it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets import edition
from assets.publishing.sealing import what_changed
from tests.assets.test_margins import NATION, REGION, YEAR, Counts, figures, fill
from tests.deriving import LAW, database, derive

LISTED = Counts(
    residents=1999,
    nonwestern=607,
    persons_y2=1187,
    units_y2=4 * 601,
    persons_y1=1199,
    units_y1=4 * 607,
    adults_y2=1187,
    convicted_y2=21,
    adults_y1=1199,
    convicted_y1=12,
    persons_30_59=701,
    primary_only=503,
    income_persons=907,
    income_oere=907 * 29_000_01,
)
"""An udsat boligområde whose share of convicted is 1.38499999648 pct., and 1.3850000000 with ten digits."""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with database(LAW, YEAR) as opened:
        yield opened


def derive_published(con: duckdb.DuckDBPyConnection, area: Counts) -> None:
    fill(con, area)
    con.execute("UPDATE areas.areas SET area_name = 'Pilelunden', kom = 461")
    derive(con, "criteria.area_figures", "criteria.criteria_met", "criteria.area_criteria", "status.area_categories")
    derive(con, "status.parallelsamfund_history", "status.area_status")


NOBODY = Counts(*(0 for _ in fields(Counts)))


@pytest.mark.parametrize("area", [LISTED, NOBODY, replace(LISTED, adults_y2=0, convicted_y2=0, income_oere=-1)])
def test_the_printed_shares_are_exact_and_those_that_area_criteria_rounds(
    con: duckdb.DuckDBPyConnection, area: Counts
) -> None:
    derive_published(con, area)
    (exact,), expected = edition.with_exact_shares(con, YEAR), figures(area)
    assert exact["nonwestern_share"] == expected.nonwestern
    assert exact["outside_share"] == expected.outside
    assert exact["convicted_share"] == expected.convicted_share
    assert exact["primary_only_share"] == expected.primary_only
    assert exact["income_ratio"] == expected.income
    of_the_country = [Fraction(NATION[f"convicted_{year}"], NATION[f"adults_{year}"]) for year in ("y2", "y1")]
    assert exact["national_convicted_share"] == sum(of_the_country) / 2
    (published,) = con.execute("SELECT * FROM criteria.area_criteria").fetchall()
    for value, rounded in zip(exact.values(), published, strict=True):
        assert (ten_digits(value) if isinstance(value, Fraction) else value) == rounded


def ten_digits(value: Fraction) -> Decimal:
    nearly = Decimal(value.numerator) / Decimal(value.denominator)
    return nearly.quantize(Decimal("1e-10"), rounding=ROUND_HALF_UP)


@pytest.mark.parametrize("income_oere", [0, None])
def test_a_region_without_income_gives_no_share_of_it(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, income_oere: int | None
) -> None:
    monkeypatch.setitem(REGION, "income_oere", income_oere)
    derive_published(con, LISTED)
    assert edition.with_exact_shares(con, YEAR)[0]["income_ratio"] is None


def test_a_printed_figure_is_rounded_once(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    derive_published(con, LISTED)
    edition.write_public_lists(con, LAW, YEAR, tmp_path, None, None, False)
    with (tmp_path / "public" / "udsatte_boligomraader.csv").open(encoding="utf-8", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert con.execute("SELECT convicted_share FROM criteria.area_criteria").fetchall() == [(Decimal("0.0138500000"),)]
    assert row["doemte_pct"] == "1.38"


def _manifest(**files: str) -> dict[str, Any]:
    outputs = [{"file": name, "sha256": digest} for name, digest in files.items()]
    return {"inputs": [], "law": {}, "sql": {}, "history": [], "outputs": outputs}


def test_a_page_that_is_written_otherwise_is_not_said_to_be_damaged() -> None:
    """The same deliveries under a later version of the page: nothing was wrong with what was sealed."""
    old = _manifest(page="1", table="2")
    assert what_changed(old, _manifest(page="3", table="2")) == "changed: how page is written"
    assert what_changed(old, {**_manifest(page="3", table="2"), "sql": {"x": "y"}}) == "changed: the SQL"
    assert what_changed(old, old) == "the sealed files differed from their manifest"
