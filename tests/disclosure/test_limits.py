"""The limits of disclosure: none is read that lies below the floor of official statistics."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from assets.disclosure.limits import LIMITS, disclosure_limits

MINIMUM, LOWEST = "minimum_count: 5", "lowest_allowed: 3"


def with_minimum(number: int, folder: Path) -> Path:
    text = LIMITS.read_text(encoding="utf-8")
    assert MINIMUM in text
    assert LOWEST in text
    changed = folder / "disclosure.yaml"
    changed.write_text(text.replace(MINIMUM, f"minimum_count: {number}"), encoding="utf-8")
    return changed


def test_a_minimum_below_the_floor_is_refused(tmp_path: Path) -> None:
    assert disclosure_limits(with_minimum(3, tmp_path)).minimum_count == 3
    with pytest.raises(ValueError, match="minimum_count is 2; it must be at least 3"):
        disclosure_limits(with_minimum(2, tmp_path))


@pytest.mark.parametrize(
    ("count", "base", "few"),
    [(0, 100, False), (4, 100, True), (5, 100, False), (95, 100, False), (96, 100, True), (100, 100, False)],
)
def test_few_are_fewer_than_the_minimum_among_those_counted_or_the_rest(count: int, base: int, few: bool) -> None:
    assert disclosure_limits().few(count, base) is few
    assert disclosure_limits().few(Decimal(count), base) is few
