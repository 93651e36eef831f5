"""An instant on one of two clocks: that of who tells, and that of the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from application.register import Fact


class Clock(StrEnum):
    """`recorded`: by the store's clock, what we knew then; `occurred`: as told, what was true."""

    RECORDED = "recorded"
    OCCURRED = "occurred"


@dataclass(frozen=True)
class AsOf:
    """An instant (aware) on one of the clocks; what happened at it counts."""

    at: datetime
    clock: Clock = Clock.RECORDED

    def covers(self, fact: Fact) -> bool:
        return self.has_come(fact.recorded_at, fact.event.timestamp)

    def has_come(self, recorded_at: datetime, occurred_at: datetime) -> bool:
        """Whether what happened then, and was recorded then, counts."""
        return (recorded_at if self.clock is Clock.RECORDED else occurred_at) <= self.at

    def __str__(self) -> str:
        return f"{self.at.isoformat()} ({self.clock})"
