"""So many in a period, for each of many: what was taken comes back evenly (GCRA).

Kept in the memory of the process. Several processes each have their own, so that a house of two
allows up to twice as many.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

KEPT = 10_000
"""For how many is remembered what they took; those with least to wait for are forgotten first."""


class Left(NamedTuple):
    """`wait_seconds` until one more may be taken, 0 for now; `full_seconds` until all are back."""

    remaining: int
    wait_seconds: float
    full_seconds: float


class Allowance:
    def __init__(self, most: int, period: timedelta) -> None:
        self.most, self.period_seconds = most, period.total_seconds()
        self._step = self.period_seconds / most
        self._full_at: dict[str, float] = {}
        self._lock = Lock()

    def is_untouched(self) -> bool:
        """Whether nobody has taken any, as is usual for wrong tokens."""
        return not self._full_at

    def look(self, key: str, now: datetime) -> Left:
        """What is left; nothing is taken."""
        at = now.timestamp()
        return self._left(self._full_at.get(key, at), at)

    def take(self, key: str, now: datetime) -> Left:
        """Take one, and what is left then; nothing is taken where `wait_seconds` says to wait."""
        at = now.timestamp()
        with self._lock:
            full_at = self._full_at.get(key, at)
            before = self._left(full_at, at)
            if before.wait_seconds:
                return before
            self._make_room(at)
            full_at = self._full_at[key] = max(full_at, at) + self._step
        after = self._left(full_at, at)
        return Left(after.remaining, 0.0, after.full_seconds)

    def _left(self, full_at: float, at: float) -> Left:
        taken_seconds = max(full_at - at, 0.0)
        room_seconds = self.period_seconds - taken_seconds + _TOLERANCE
        wait_seconds = max(self._step - room_seconds, 0.0)
        return Left(max(int(room_seconds / self._step), 0), wait_seconds, taken_seconds)

    def _make_room(self, at: float) -> None:
        if len(self._full_at) < KEPT:
            return
        longest = sorted(self._full_at.items(), key=lambda one: one[1])[KEPT // 2 :]
        self._full_at = {key: full_at for key, full_at in longest if full_at > at}


_TOLERANCE = 1e-6
"""Seconds that floating point may be off, as times since 1970."""
