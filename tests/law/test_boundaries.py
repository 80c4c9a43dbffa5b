"""Made from the parameter files: at, just under and just over each limit, on its first and last day.

An amended file gets its tests from here without a line of code.
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from pathlib import Path

import pytest

from law.loader import LegalValue, load_law
from pipelines.classify import CRITERIA, OLDER_ACTS
from tests.law.judging import STEP, judged, row

LAW = load_law()
ACTS = {**OLDER_ACTS, "udsat_boligomraade": CRITERIA, "forebyggelsesomraade": CRITERIA}
PARAGRAPH = {"forebyggelsesomraade": "criteria_61b"}
# Under, at and over the limit, by operator: written out, so that no comparison of the product is reused.
EXPECTED = {
    ">": (False, False, True),
    ">=": (False, True, True),
    "<": (True, False, False),
    "<=": (True, True, False),
}
FAR_DAY = dt.date(2035, 12, 1)


def dated_values(names: list[str]) -> list[tuple[LegalValue, dt.date]]:
    """Each value of the named quantities on the first and the last day it applies."""
    return [
        (value, day)
        for name in names
        for value in LAW.parameters[name].values
        for day in (value.effective_from, value.until - dt.timedelta(days=1) if value.until else FAR_DAY)
    ]


def label(case: object) -> str:
    return case.parameter if isinstance(case, LegalValue) else str(case)


def convicted_column(day: dt.date) -> str:
    in_force = LAW.in_force(day)
    older = next((act for act in OLDER_ACTS if f"{act}.convicted" in in_force), None)
    return "convicted_share" if older else "convicted_ratio"


def figures_around(value: LegalValue) -> list[Fraction | int]:
    step: Fraction | int = 1 if value.unit in {"persons", "count"} else STEP
    assert isinstance(value.value, Fraction | int)
    return [value.value - step, value.value, value.value + step]


def meeting(act: str, day: dt.date, count: int, leave_out: str | None = None) -> dict[str, Fraction | int]:
    """Figures that meet `count` of an act's criteria by a wide margin and miss the others; no residents."""
    figures: dict[str, Fraction | int] = {}
    met = 0
    for name in ACTS[act]:
        limit = LAW.in_force(day)[f"{act}.{name}"]
        assert isinstance(limit.value, Fraction)
        wide, none = (limit.value / 2, limit.value * 2) if limit.operator == "<" else (limit.value * 6 / 5, 0)
        chosen = name != leave_out and met < count
        figures[name] = wide if chosen else none
        met += chosen
    assert met == count
    return figures


@pytest.mark.parametrize(
    ("value", "day"),
    dated_values([f"{act}.{name}" for act, criteria in ACTS.items() for name in criteria]),
    ids=label,
)
def test_criterion_at_its_limit(
    value: LegalValue, day: dt.date, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    act, name = value.parameter.split(".")
    rows = [
        row(side, {"residents": 5000, name: figure}, convicted_column(day))
        for side, figure in zip(("under", "at", "over"), figures_around(value), strict=True)
    ]
    result = judged(tmp_path, capsys, rows, day)
    column = PARAGRAPH.get(act, "criteria_61a")
    met = tuple(name in result[side][column].split(";") for side in ("under", "at", "over"))
    assert met == EXPECTED[str(value.operator)]


@pytest.mark.parametrize(("value", "day"), dated_values([f"{act}.residents" for act in ACTS]), ids=label)
def test_residents_at_their_limit(
    value: LegalValue, day: dt.date, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    act = value.parameter.split(".")[0]
    figures = meeting(act, day, int(str(LAW.in_force(day)[f"{act}.criteria_needed"].value)))
    if act == "forebyggelsesomraade":
        figures["nonwestern"] = Fraction(9, 10)
    rows = [
        row(side, {**figures, "residents": count}, convicted_column(day))
        for side, count in zip(("under", "at", "over"), figures_around(value), strict=True)
    ]
    result = judged(tmp_path, capsys, rows, day)
    listed = tuple(result[side]["status"] != "ikke_omfattet" for side in ("under", "at", "over"))
    assert listed == EXPECTED[str(value.operator)]


@pytest.mark.parametrize(("value", "day"), dated_values([f"{act}.criteria_needed" for act in ACTS]), ids=label)
def test_number_of_criteria_at_its_limit(
    value: LegalValue, day: dt.date, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    act = value.parameter.split(".")[0]
    status = "ghettoomraade" if act in OLDER_ACTS else act
    rows = []
    for side, count in zip(("under", "at", "over"), figures_around(value), strict=True):
        figures = {"residents": 5000, **meeting(act, day, int(count))}
        if act == "forebyggelsesomraade":
            figures["nonwestern"] = Fraction(9, 10)
            figures = {name: weaker(name, figure, day) for name, figure in figures.items()}
        rows.append(row(side, figures, convicted_column(day)))
    result = judged(tmp_path, capsys, rows, day)
    assert tuple(result[side]["status"] == status for side in ("under", "at", "over")) == EXPECTED[str(value.operator)]


def weaker(name: str, figure: Fraction | int, day: dt.date) -> Fraction | int:
    """A figure that § 61 b reads as before, pulled back so that § 61 a does not list the area too."""
    if name not in CRITERIA:
        return figure
    own, other = (LAW.in_force(day)[f"{act}.{name}"] for act in ("forebyggelsesomraade", "udsat_boligomraade"))
    if not own.met_by(figure) or own.value == other.value:
        return figure
    return Fraction(own.value + other.value) / 2  # type: ignore[operator, arg-type]


@pytest.mark.parametrize(("value", "day"), dated_values(["parallelsamfund.nonwestern"]), ids=label)
def test_parallelsamfund_at_its_limit(
    value: LegalValue, day: dt.date, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needed = int(str(LAW.in_force(day)["udsat_boligomraade.criteria_needed"].value))
    rows = [
        row(
            side,
            {"residents": 5000, **meeting("udsat_boligomraade", day, count), "nonwestern": share},
            "convicted_ratio",
        )
        for count, prefix in ((needed, ""), (needed - 1, "not udsat, "))
        for side, share in zip((f"{prefix}under", f"{prefix}at", f"{prefix}over"), figures_around(value), strict=True)
    ]
    result = judged(tmp_path, capsys, rows, day)
    found = tuple(result[side]["parallelsamfund"] == "true" for side in ("under", "at", "over"))
    assert found == EXPECTED[str(value.operator)]
    assert {result[f"not udsat, {side}"]["parallelsamfund"] for side in ("under", "at", "over")} == {"false"}


@pytest.mark.parametrize(("value", "day"), dated_values(["forebyggelsesomraade.nonwestern"]), ids=label)
def test_forebyggelsesomraade_non_western_share_at_its_limit(
    value: LegalValue, day: dt.date, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needed = int(str(LAW.in_force(day)["forebyggelsesomraade.criteria_needed"].value))
    figures = {name: weaker(name, figure, day) for name, figure in meeting("forebyggelsesomraade", day, needed).items()}
    rows = [
        row(side, {"residents": 5000, **figures, "nonwestern": share}, "convicted_ratio")
        for side, share in zip(("under", "at", "over"), figures_around(value), strict=True)
    ]
    result = judged(tmp_path, capsys, rows, day)
    found = tuple(result[side]["status"] == "forebyggelsesomraade" for side in ("under", "at", "over"))
    assert found == EXPECTED[str(value.operator)]


@pytest.mark.parametrize(
    ("day", "status", "parallel"),
    [
        ("2013-12-31", "ghettoomraade", ""),
        ("2014-01-01", "ikke_omfattet", ""),
        ("2018-11-30", "ikke_omfattet", ""),
        ("2018-12-01", "ikke_omfattet", "false"),
        ("2021-11-29", "ikke_omfattet", "false"),
        ("2021-11-30", "forebyggelsesomraade", "false"),
    ],
)
def test_one_area_the_day_before_and_after_each_act(
    day: str, status: str, parallel: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures: dict[str, Fraction | int] = {
        "residents": 1000,
        "nonwestern": Fraction(51, 100),
        "outside": Fraction(41, 100),
        "primary_only": Fraction(45, 100),
        "income": Fraction(60, 100),
    }
    rows = [row("area", figures, "convicted_share")]
    result = judged(tmp_path, capsys, rows, dt.date.fromisoformat(day))["area"]
    assert (result["status"], result["parallelsamfund"]) == (status, parallel)
