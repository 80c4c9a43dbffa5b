"""The five-year rule against the really published lists. Expected results are read from those lists."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import law
from law.loader import load_law
from pipelines import reconcile as module
from pipelines.reconcile import compare, read_membership, reconcile

LAW = load_law()
PUBLISHED = Path(law.__file__).parent / "published_lists"


def published_count(year: int) -> int:
    with (PUBLISHED / "counts.csv").open(encoding="utf-8", newline="") as stream:
        rows = [
            r for r in csv.DictReader(stream) if (r["list_year"], r["list_type"]) == (str(year), "omdannelsesomraade")
        ]
    (row,) = rows
    return int(row["count"])


def test_derived_and_published_areas_agree_in_every_year_that_can_be_compared() -> None:
    comparisons = compare(read_membership(), LAW)
    assert [comparison.list_year for comparison in comparisons] == [2019, 2020, 2021, 2022, 2023]
    for comparison in comparisons:
        assert comparison.derived == comparison.published
        assert len(comparison.derived) == published_count(comparison.list_year)


def test_the_years_of_the_rule_come_from_the_law() -> None:
    shorter = compare(read_membership(), LAW.with_values({"omdannelsesomraade.years": "4"}))
    by_year = {comparison.list_year: comparison for comparison in shorter}
    assert by_year[2019].years == 4
    assert by_year[2019].derived > by_year[2019].published
    assert not by_year[2019].agrees


def test_a_missing_area_is_named_on_its_side() -> None:
    membership = read_membership()
    dropped = next(r for r in membership if (r["list_year"], r["list"]) == ("2023", "omdannelsesomraade"))
    (changed,) = [c for c in compare([r for r in membership if r is not dropped], LAW) if not c.agrees]
    assert changed.lines()[1:] == [f"  derived only: {dropped['area']} ({dropped['municipality']})"]
    missing = [
        r
        for r in membership
        if not (r["list_year"] == "2021" and r["list"] == "parallelsamfund" and r["area"] == dropped["area"])
    ]
    assert {c.list_year for c in compare(missing, LAW) if not c.agrees} == {2021, 2022, 2023}


def test_a_year_with_a_list_that_is_not_whole_is_not_compared() -> None:
    membership = [
        {**r, "complete": "no"} if (r["list_year"], r["list"]) == ("2016", "parallelsamfund") else r
        for r in read_membership()
    ]
    assert [c.list_year for c in compare(membership, LAW)] == [2021, 2022, 2023]


def test_the_order_of_rows_does_not_matter() -> None:
    assert compare(list(reversed(read_membership())), LAW) == compare(read_membership(), LAW)


def test_the_command_prints_a_line_per_year_and_returns_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert reconcile() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:4] for line in lines] == ["2019", "2020", "2021", "2022", "2023"]
    assert all("agree" in line for line in lines)


def test_the_command_fails_when_a_list_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    membership = read_membership()
    monkeypatch.setattr(
        module,
        "read_membership",
        lambda: (
            [r for r in membership if r["area"] != "Vollsmose"]
            + [r for r in membership if r["area"] == "Vollsmose" and r["list"] == "omdannelsesomraade"]
        ),
    )
    assert reconcile() == 1
    assert "published only: Vollsmose (Odense)" in capsys.readouterr().out


def test_nothing_to_compare_is_no_agreement(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "read_membership", list)
    assert reconcile() == 1
    assert "no list year can be compared" in capsys.readouterr().out
