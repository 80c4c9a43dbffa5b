"""Writes areas to a file and reads back what `classify` prints. No expected results here."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest

from law.loader import Law
from pipelines.classify import classify

STEP = Fraction(1, 10**9)
COLUMNS = {
    "residents": "residents",
    "nonwestern": "nonwestern_share",
    "outside": "outside_share",
    "primary_only": "primary_only_share",
    "income": "income_ratio",
}


def decimal_text(value: Fraction | int) -> str:
    """An exact decimal; fails where the fraction has none."""
    with localcontext() as context:
        context.prec = 40
        text = Decimal(Fraction(value).numerator) / Decimal(Fraction(value).denominator)
    assert Fraction(text) == value
    return f"{text:f}"


def row(area_id: str, figures: Mapping[str, Fraction | int], convicted_column: str) -> dict[str, str]:
    """One line of the file. `convicted` goes into the column that the act of the day reads."""
    line = {"area_id": area_id, "convicted_share": "", "convicted_ratio": "", "national_convicted_share": ""}
    line |= dict.fromkeys(COLUMNS.values(), "")
    for name, value in figures.items():
        line[convicted_column if name == "convicted" else COLUMNS[name]] = decimal_text(value)
    return line


def judged(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    rows: Sequence[Mapping[str, str]],
    day: dt.date,
    legal: Law | None = None,
) -> dict[str, dict[str, str]]:
    """What classify prints for the rows under the law of a day, by area."""
    path = folder / "areas.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    capsys.readouterr()
    code = classify(path, day, legal)
    printed = capsys.readouterr()
    assert (code, printed.err) == (0, "")
    return {line["area_id"]: line for line in csv.DictReader(io.StringIO(printed.out))}
