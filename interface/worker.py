"""The worker process: keeps the views up to date, and puts on record what was missed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime

from application import clock, schedules
from application.register import Unavailable
from infrastructure.database import LOST
from infrastructure.views.projector import BATCH
from infrastructure.wiring import Parts, now
from interface.stopping import Stop

IDLE_SECONDS = 0.005
"""How long to rest when all has been read, so that what comes together is folded together."""

LOST_SECONDS = 0.5
"""How long to rest when the store is out of reach."""

TICK_SECONDS = 1.0
"""How often to look for promises of time that are due soon or were missed."""

SCHEDULE_SECONDS = 60.0
"""How often to look for matters that the calendar brings."""

FORGET_SECONDS = 60.0
"""How often to look for persons who were erased and can still be searched for."""

log = logging.getLogger(__name__)


class Duty:
    """Something to do again and again, `every_seconds` after it was last begun.

    Sooner if as much was done as is in one round, `full`: then there is more. If it fails, that is
    logged, and it has its next turn as if it had not.
    """

    def __init__(
        self, name: str, tick: Callable[[datetime], int], every_seconds: float, full: int
    ) -> None:
        self._name, self._tick = name, tick
        self._every_seconds, self._full = every_seconds, full
        self._begun = float("-inf")

    def do_if_due(self) -> None:
        if time.monotonic() - self._begun >= self._every_seconds:
            try:
                _rest_after(self._round)
            except Exception:
                log.exception("%s failed", self._name)

    def _round(self) -> int:
        self._begun = time.monotonic()
        done = self._tick(now())
        if done >= self._full:
            self._begun = float("-inf")
        return done


def run(parts: Parts) -> None:
    """Until SIGTERM or SIGINT. Views whose definition has changed are built anew first."""
    stop = Stop()
    for name in parts.projector.prepare():
        log.warning("view %s has a new definition: building it anew", name)
        parts.projector.rebuild(name, lambda position, head: None)
    duties = [
        Duty("the clock", parts.clock.tick, TICK_SECONDS, clock.BATCH),
        Duty("the schedules", parts.schedules.tick, SCHEDULE_SECONDS, schedules.BATCH),
        Duty("forgetting", lambda _: parts.forget_erased(), FORGET_SECONDS, 1),
    ]
    while not stop.wait(_rest_after(parts.projector.run_once)):
        for duty in duties:
            duty.do_if_due()


def _rest_after(work: Callable[[], int]) -> float:
    """Do some work, which says how much it was; how long to rest then, in seconds."""
    try:
        return 0 if work() == BATCH else IDLE_SECONDS
    except (*LOST, Unavailable) as lost:
        log.warning("the store is out of reach: %s", lost)
        return LOST_SECONDS
