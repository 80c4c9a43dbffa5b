"""Rounding of a figure that people read, from its exact value.

What does not belong here: any comparison with a limit, which is made on exact figures, and the ten digits that an
edition holds (`sql/macros.sql`).
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def rounded(value: Decimal | Fraction | int, places: int) -> Decimal:
    """The value with so many decimals, halves away from zero, from the exact value."""
    scaled = Fraction(value) * 10**places
    whole = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if scaled >= 0 else -whole).scaleb(-places)
