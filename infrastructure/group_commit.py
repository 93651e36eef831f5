"""Group commit: what many threads want stored at the same time is carried together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

CARRIERS = 2
"""How many may carry at once: while one waits for the disk, the next one is under way."""

MOST = 128
"""How many are carried together at most."""

T = TypeVar("T")
R = TypeVar("R")


class _Waiting(Generic[T, R]):
    """One caller's matter. The lock is held until it is settled, or its caller is to carry."""

    def __init__(self, matter: T) -> None:
        self.matter = matter
        self.outcome: R | BaseException | None = None
        self.settled_or_called = Lock()
        self.settled_or_called.acquire()


class GroupCommit(Generic[T, R]):
    """Whoever comes first carries for all who wait; nobody carries twice for others.

    `carry` answers each matter with its result or with what it failed with, in order.
    """

    def __init__(self, carry: Callable[[Sequence[T]], Sequence[R | BaseException]]) -> None:
        self._carry = carry
        self._mutex = Lock()
        self._queue: deque[_Waiting[T, R]] = deque()
        self._carriers = 0

    def __call__(self, matter: T) -> R:
        """The result of this matter. Raises what it failed with."""
        mine = _Waiting[T, R](matter)
        with self._mutex:
            is_carrier = self._carriers < CARRIERS
            if is_carrier:
                self._carriers += 1
            else:
                self._queue.append(mine)
        if not is_carrier:
            mine.settled_or_called.acquire()
        if mine.outcome is None:
            self._settle(mine)
        if isinstance(mine.outcome, BaseException):
            raise mine.outcome
        assert mine.outcome is not None
        return mine.outcome

    def _settle(self, mine: _Waiting[T, R]) -> None:
        """Carry my own matter and those that wait beside it; then call the next carrier."""
        with self._mutex:
            beside = [self._queue.popleft() for _ in range(min(len(self._queue), MOST - 1))]
        try:
            outcomes = self._carry([mine.matter, *(waiting.matter for waiting in beside)])
        except BaseException as failure:  # whoever waits must not wait for ever
            outcomes = [failure] * (1 + len(beside))
        mine.outcome = outcomes[0]
        for waiting, outcome in zip(beside, outcomes[1:], strict=True):
            waiting.outcome = outcome
            waiting.settled_or_called.release()
        self._call_next()

    def _call_next(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue.popleft().settled_or_called.release()
            else:
                self._carriers -= 1
