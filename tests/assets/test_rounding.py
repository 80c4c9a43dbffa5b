"""Rounding of figures that people read: halves away from zero, on either side of it, from the exact value."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from assets.rounding import rounded
from pipelines.explain import _rounded as explained


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        (Fraction(-101, 2), 0, "-51"),
        (Fraction(-101, 200) * 100, 4, "-50.5000"),
        (Fraction(1, 8), 2, "0.13"),
        (Fraction(-1, 8), 2, "-0.13"),
        (Decimal("0.005"), 2, "0.01"),
        (Fraction(1, 3), 10, "0.3333333333"),
        (7, 0, "7"),
        (0, 2, "0.00"),
    ],
)
def test_from_the_exact_value(value: Fraction | Decimal | int, places: int, expected: str) -> None:
    assert f"{rounded(value, places):f}" == expected


def test_just_below_a_half_stays_below_however_close() -> None:
    assert rounded(Fraction(1, 2) - Fraction(1, 10**80), 0) == 0


@pytest.mark.parametrize(
    ("numerator", "denominator", "unit", "expected"),
    [
        ("-101", "200", "share", "-50.5000 pct"),
        ("-3", "2", "factor", "-1.5000"),
        ("2", "3", "share", "66.6667 pct"),
        ("1015", "1", "persons", "1015"),
        (None, None, "share", None),
    ],
)
def test_an_explanation_shows_figures_below_zero(
    numerator: str | None, denominator: str | None, unit: str, expected: str | None
) -> None:
    assert explained(numerator, denominator, unit) == expected
