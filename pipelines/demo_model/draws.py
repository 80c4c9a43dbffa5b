"""Counter-based pseudo-random draws: the value for row i of a named stream depends on seed, name and i alone.

Here belong draws, scrambled identifiers and the selection of exact quotas. What does not belong here: any
meaning of the drawn values. No generator state exists, so neither the order of calls, nor the number of
threads, nor the version of a random library can change a byte of the demo.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
AnyInts = npt.NDArray[Any]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)


class Draws:
    """Named streams of draws for one seed; each method takes the row numbers to draw for."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def key(self, stream: str) -> int:
        """A 64-bit number for the stream, fixed by seed and name."""
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{stream}".encode()).digest()[:8], "big")

    def bits(self, stream: str, rows: AnyInts) -> npt.NDArray[np.uint64]:
        """64 random bits per row (the SplitMix64 finaliser of Steele, Lea and Flood, 2014)."""
        x = rows.astype(np.uint64)
        x *= _GOLDEN
        x += np.uint64(self.key(stream))
        x ^= x >> np.uint64(30)
        x *= _MIX_A
        x ^= x >> np.uint64(27)
        x *= _MIX_B
        x ^= x >> np.uint64(31)
        return x

    def uniform(self, stream: str, rows: AnyInts) -> Floats:
        """Uniform on [0, 1), a multiple of 2**-53."""
        return (self.bits(stream, rows) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, stream: str, rows: AnyInts, limit: int) -> Ints:
        """Uniform whole numbers from 0 up to, not including, `limit` (at most 2**31)."""
        scaled = (self.bits(stream, rows) >> np.uint64(33)) * np.uint64(limit)
        return (scaled >> np.uint64(31)).astype(np.int64)

    def choose(self, stream: str, rows: AnyInts, weights: Sequence[float]) -> Ints:
        """Index into `weights`, drawn in proportion to them."""
        edges = np.cumsum(np.asarray(weights, dtype=np.float64))
        return np.searchsorted(edges[:-1] / edges[-1], self.uniform(stream, rows), side="right").astype(np.int64)

    def shaped(self, stream: str, rows: AnyInts, shares: Sequence[float], edges: Sequence[float]) -> Floats:
        """Piecewise uniform: `shares[i]` of the draws lie between `edges[i]` and `edges[i + 1]`."""
        cumulated = np.concatenate(([0.0], np.cumsum(np.asarray(shares, dtype=np.float64))))
        return np.interp(self.uniform(stream, rows), cumulated / cumulated[-1], edges)

    def scramble(self, stream: str, rows: AnyInts, width: int, first: int) -> Ints:
        """One-to-one numbers from `first` to `first + 2**width - 1`: rows below 2**width never collide."""
        mask = np.uint64((1 << width) - 1)
        shift = np.uint64(width // 2)
        x = rows.astype(np.uint64)
        for turn in range(3):
            x *= np.uint64(self.key(f"{stream}/{turn}") | 1)
            x += np.uint64(self.key(f"{stream}/{turn}/add"))
            x &= mask
            x ^= x >> shift
        return x.astype(np.int64) + first


def lowest(score: Floats, group: AnyInts, quota: AnyInts) -> Bools:
    """True for the `quota[g]` lowest scores within each group g; groups count from 0."""
    order = np.lexsort((score, group))
    size = np.bincount(group, minlength=len(quota))
    rank = np.arange(len(group)) - np.repeat(np.cumsum(size) - size, size)
    chosen = np.zeros(len(group), dtype=bool)
    chosen[order] = rank < np.repeat(quota, size)
    return chosen


def apportion(total: int, weights: Sequence[int], at_least: int = 0) -> list[int]:
    """Whole shares of `total` by largest remainder, each at least `at_least`."""
    free = total - at_least * len(weights)
    whole = sum(weights)
    shares = [free * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(free * weights[i] % whole), i))
    for i in by_remainder[: free - sum(shares)]:
        shares[i] += 1
    return [share + at_least for share in shares]
