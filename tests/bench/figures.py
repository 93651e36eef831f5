"""From rounds to figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from msgspec import Struct, field

TIMES = ("ms", "µs", "s")
"""Units of which less is better; of all others more is, but for memory, which is not compared."""


class Ratio(Struct, frozen=True):
    """How many times as fast as the baseline: of the medians, and the least and most of a round.

    A round of ours is held against the round of theirs that was run beside it.
    """

    of_medians: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
        pairs = [our / their for our, their in zip(ours, theirs, strict=True)]
        return cls(median(ours) / median(theirs), min(pairs), max(pairs))


class Figure(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was measured under one condition: one value a round.

    `against` names the baseline, `theirs` are its rounds; `also` holds medians of something else
    that the same rounds showed.
    """

    part: str
    what: str
    yice: list[float]
    at: str = ""
    unit: str = "1/s"
    against: str = ""
    theirs: list[float] = field(default_factory=list)
    also: dict[str, float] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return median(self.yice)

    @property
    def baseline(self) -> float:
        return median(self.theirs)

    @property
    def ratio(self) -> Ratio | None:
        """None without a baseline."""
        if not self.theirs:
            return None
        if self.unit in TIMES:
            return Ratio.of(self.theirs, self.yice)
        return Ratio.of(self.yice, self.theirs)


def percentile(samples: Sequence[float], share: float) -> float:
    """Nearest rank: a value that was measured, never one between two."""
    return sorted(samples)[max(math.ceil(share * len(samples)), 1) - 1]
