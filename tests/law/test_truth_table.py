"""The whole table of criteria to status under each act, and properties that hold for any figures."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.loader import load_law
from pipelines.classify import Figures, judge
from tests.law.judging import judged, row

LAW = load_law()
# Per criterion: a figure that meets neither paragraph, § 61 b alone, or both. Grundskole has one limit.
LEVELS = {
    "outside": {"no": "20", "61b": "35", "61a": "45"},
    "convicted": {"no": "100", "61b": "250", "61a": "350"},
    "primary_only": {"no": "40", "61a": "70"},
    "income": {"no": "80", "61b": "60", "61a": "50"},
}
NONWESTERN = {"low": "20", "middle": "40", "high": "60"}
RESIDENTS = {"small": 999, "large": 1000}


def hundredths(text: str) -> Fraction:
    return Fraction(int(text), 100)


@pytest.mark.parametrize(
    "day", [dt.date(2018, 12, 1), dt.date(2020, 12, 1), dt.date(2021, 12, 1), dt.date(2026, 12, 1)]
)
def test_every_combination_since_2018(day: dt.date, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, expected = [], {}
    for levels in product(*(LEVELS[name] for name in LEVELS)):
        for origin, size in product(NONWESTERN, RESIDENTS):
            area = "-".join((*levels, origin, size))
            figures: dict[str, Fraction | int] = {
                name: hundredths(LEVELS[name][level]) for name, level in zip(LEVELS, levels, strict=True)
            }
            figures |= {"nonwestern": hundredths(NONWESTERN[origin]), "residents": RESIDENTS[size]}
            rows.append(row(area, figures, "convicted_ratio"))
            met_a = sum(level == "61a" for level in levels)
            met_b = sum(level != "no" for level in levels)
            udsat = size == "large" and met_a >= 2
            forebyggelse = day.year >= 2021 and size == "large" and origin != "low" and met_b >= 2
            expected[area] = {
                "area_id": area,
                "status": "udsat_boligomraade"
                if udsat
                else "forebyggelsesomraade"
                if forebyggelse
                else "ikke_omfattet",
                "parallelsamfund": "true" if udsat and origin == "high" else "false",
                "criteria_met_61a": str(met_a),
                "criteria_61a": ";".join(name for name, level in zip(LEVELS, levels, strict=True) if level == "61a"),
                "criteria_met_61b": str(met_b) if day.year >= 2021 else "",
                "criteria_61b": ";".join(name for name, level in zip(LEVELS, levels, strict=True) if level != "no")
                if day.year >= 2021
                else "",
            }
    assert len(rows) == 324
    assert judged(tmp_path, capsys, rows, day) == expected


@pytest.mark.parametrize(
    ("day", "met", "not_met", "needed"),
    [
        (
            dt.date(2012, 10, 1),
            {"nonwestern": "51", "outside": "41", "convicted": "3"},
            {"nonwestern": "50", "outside": "40", "convicted": "2"},
            2,
        ),
        (
            dt.date(2015, 12, 1),
            {"nonwestern": "51", "outside": "41", "convicted": "3", "primary_only": "51", "income": "54"},
            {"nonwestern": "50", "outside": "40", "convicted": "2", "primary_only": "50", "income": "55"},
            3,
        ),
    ],
    ids=["2010 act", "2014 act"],
)
def test_every_combination_under_the_older_acts(
    day: dt.date,
    met: dict[str, str],
    not_met: dict[str, str],
    needed: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows, expected = [], {}
    for chosen in product((True, False), repeat=len(met)):
        for size, residents in RESIDENTS.items():
            area = f"{size}-" + "-".join(name for name, is_met in zip(met, chosen, strict=True) if is_met)
            figures = {
                name: hundredths((met if is_met else not_met)[name]) for name, is_met in zip(met, chosen, strict=True)
            }
            rows.append(row(area, {**figures, "residents": residents}, "convicted_share"))
            listed = size == "large" and sum(chosen) >= needed
            expected[area] = ("ghettoomraade" if listed else "ikke_omfattet", str(sum(chosen)), "", "")
    result = judged(tmp_path, capsys, rows, day)
    assert {
        area: (line["status"], line["criteria_met_61a"], line["parallelsamfund"], line["criteria_met_61b"])
        for area, line in result.items()
    } == expected


SHARE = st.one_of(st.none(), st.fractions(0, 1, max_denominator=5000))
AREAS = st.builds(
    Figures,
    area_id=st.just("area"),
    residents=st.integers(0, 3000),
    nonwestern=SHARE,
    outside=SHARE,
    convicted_share=SHARE,
    convicted_ratio=st.one_of(st.none(), st.fractions(0, 6, max_denominator=5000)),
    primary_only=SHARE,
    income=st.one_of(st.none(), st.fractions(-1, 2, max_denominator=5000)),
)
DAYS = st.dates(dt.date(2011, 1, 1), dt.date(2035, 12, 31))


def raised(figures: Figures, share: Fraction) -> Figures:
    return replace(figures, nonwestern=share)


@given(AREAS, DAYS, st.fractions(0, 1, max_denominator=5000))
def test_a_larger_non_western_share_never_takes_an_area_off_a_list(
    figures: Figures, day: dt.date, share: Fraction
) -> None:
    in_force = LAW.in_force(day)
    before = judge(figures, in_force)
    after = judge(raised(figures, max(share, figures.nonwestern or Fraction(0))), in_force)
    assert after.parallelsamfund or not before.parallelsamfund
    assert after.status != "ikke_omfattet" or before.status == "ikke_omfattet"


@given(AREAS, DAYS)
def test_an_area_that_meets_61a_on_a_criterion_meets_61b_on_it_too(figures: Figures, day: dt.date) -> None:
    judgement = judge(figures, LAW.in_force(day))
    if judgement.criteria_61b is not None:
        assert set(judgement.criteria_61a) <= set(judgement.criteria_61b)
    if judgement.parallelsamfund:
        assert judgement.status == "udsat_boligomraade"


@given(AREAS, DAYS)
def test_empty_figures_meet_nothing(figures: Figures, day: dt.date) -> None:
    empty = Figures("area", figures.residents, None, None, None, None, None, None)
    assert judge(empty, LAW.in_force(day)).status == "ikke_omfattet"
