"""Intervals of uncertainty: of a share, of sums and differences of shares, and of a difference of means.

What does not belong here: legal comparisons, which are exact, and what a figure means.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, variance


def quantile(confidence: float) -> float:
    """How many standard errors a two-sided interval reaches."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def share_interval(part: int, whole: int, confidence: float) -> tuple[float, float]:
    """Wilson's interval of a share; `whole` is above 0."""
    z = quantile(confidence)
    share = part / whole
    spread = z * math.sqrt(share * (1 - share) / whole + (z / (2 * whole)) ** 2)
    middle, scale = share + z * z / (2 * whole), 1 + z * z / whole
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def contrast(parts: Sequence[tuple[int, int, int]], confidence: float) -> tuple[float, float, float]:
    """A signed sum of shares (sign, part, whole) with its interval, by the normal approximation."""
    value = sum(sign * part / whole for sign, part, whole in parts)
    error = math.sqrt(sum(part / whole * (1 - part / whole) / whole for _, part, whole in parts))
    reach = quantile(confidence) * error
    return value, value - reach, value + reach


def difference_of_means(one: Sequence[float], other: Sequence[float], confidence: float) -> tuple[float, float, float]:
    """The mean of one less that of the other, with its interval; each has at least two values."""
    value = fmean(one) - fmean(other)
    reach = quantile(confidence) * math.sqrt(variance(one) / len(one) + variance(other) / len(other))
    return value, value - reach, value + reach
