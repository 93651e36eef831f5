"""From rounds to figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Self

from msgspec import Struct


class Speed(Struct, frozen=True, kw_only=True):
    """`per_second` is the median of the rounds; percentiles are taken over all their requests."""

    per_second: float
    p50_ms: float
    p99_ms: float
    rounds: list[float]
    requests: int

    @classmethod
    def of(cls, rounds: Sequence[float], latencies_ms: Sequence[float]) -> Self:
        return cls(
            per_second=median(rounds),
            p50_ms=percentile(latencies_ms, 0.50),
            p99_ms=percentile(latencies_ms, 0.99),
            rounds=list(rounds),
            requests=len(latencies_ms),
        )


class Ratio(Struct, frozen=True):
    """Of the medians; and the lowest and highest among rounds that followed each other."""

    of_medians: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, ours: Sequence[float], theirs: Sequence[float]) -> Self:
        pairs = [our / their for our, their in zip(ours, theirs, strict=True)]
        return cls(median(ours) / median(theirs), min(pairs), max(pairs))


def percentile(samples: Sequence[float], share: float) -> float:
    """Nearest rank: a value that was measured, never one between two."""
    return sorted(samples)[max(math.ceil(share * len(samples)), 1) - 1]
