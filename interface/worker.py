"""The worker process: keeps the views up to date, and puts on record what was missed."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from application import (
    blacklisting,
    client_matters,
    clock,
    duplicates,
    erasures,
    ledger_claims,
    schedules,
)
from application.register import Unavailable
from infrastructure.crew import rebuild_views
from infrastructure.database import LOST
from infrastructure.views.comparing import Comparison
from infrastructure.views.projector import BATCH
from infrastructure.views.rebuilding import RebuildFailed
from infrastructure.wiring import Parts, now
from interface.stopping import Stop

IDLE_SECONDS = 0.005
"""How long to rest when all has been read, so that what comes together is folded together."""

DUTY_REST_SECONDS = 0.05
"""How often to look whether a duty is due."""

LOST_SECONDS = 0.5
"""How long to rest when the store is out of reach."""

TICK_SECONDS = 1.0
"""How often to look for promises of time that are due soon or were missed."""

SCHEDULE_SECONDS = 60.0
"""How often to look for matters that the calendar brings."""

FORGET_SECONDS = 60.0
"""How often to look for persons who were erased and can still be searched for."""

TOLD_SECONDS = 10.0
"""How often a rebuild says how far it is."""

COMPARE_SECONDS = 1.0
"""How often to fold some streams again and compare them with what the views show."""

COMPARED = 20
"""How many at a time: a hundred thousand are looked at within one and a half hours. More at a time
would hold up the views, with which it shares a processor, for longer than anybody should wait."""

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


class Rounds:
    """Goes through all streams again and again, some at a time; differences are logged and kept."""

    def __init__(self, comparison: Comparison, at_a_time: int = COMPARED) -> None:
        self._comparison, self._at_a_time = comparison, at_a_time
        self._after: UUID | None = None

    def tick(self, now: datetime) -> int:
        """It is never urgent: nothing is done, as far as a duty wants to know."""
        compared = self._comparison.keep(self._after, self._at_a_time, now)
        self._after = compared.last
        for difference in compared.differences:
            log.error("not what the register says: %s", difference)
        return 0


class _Told:
    """Says in the log how far a rebuild is, and when it may be done."""

    def __init__(self) -> None:
        self._begun = self._said = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._said >= TOLD_SECONDS:
            self._said = now
            left = (now - self._begun) * (total - done) / max(done, 1)
            log.warning("building anew: %s of %s done, about %.0f s left", done, total, left)


def run(parts: Parts) -> None:
    """Until SIGTERM or SIGINT. Views whose definition has changed are built anew first."""
    stop = Stop()
    if changed := parts.projector.prepare():
        log.warning("%s changed: building anew", ", ".join(changed))
        build_anew(parts, changed)
    upkeep = threading.Thread(target=_do, args=(duties(parts), stop), daemon=True)
    upkeep.start()
    fold(parts, stop)
    upkeep.join()


def fold(parts: Parts, stop: Stop) -> None:
    """Keep the views up to date, and do nothing else."""
    gc.freeze()  # what is there by now stays: to look through it takes longer than to fold
    while not stop.wait(_rest_after(parts.projector.run_once)):
        pass


def duties(parts: Parts) -> Sequence[Duty]:
    """What is done beside keeping the views up to date."""
    return [
        Duty("the clock", parts.clock.tick, TICK_SECONDS, clock.BATCH),
        Duty("the schedules", parts.schedules.tick, SCHEDULE_SECONDS, schedules.BATCH),
        Duty("the ledger", parts.ledger_claims.tick, TICK_SECONDS, ledger_claims.BATCH),
        Duty("clients' matters", parts.client_matters.tick, TICK_SECONDS, client_matters.BATCH),
        Duty("the seal", parts.watch_seal, TICK_SECONDS, 1),
        Duty("duplicates", parts.duplicates.tick, TICK_SECONDS, duplicates.BATCH),
        Duty("the blacklist", parts.blacklist.tick, TICK_SECONDS, blacklisting.BATCH),
        Duty("erasing", parts.erasures.tick, TICK_SECONDS, erasures.BATCH),
        Duty("a restored key", lambda _: parts.erasures.destroy_again(), FORGET_SECONDS, 1),
        Duty("forgetting", lambda _: parts.forget_erased(), FORGET_SECONDS, 1),
        Duty("comparing", Rounds(parts.comparison).tick, COMPARE_SECONDS, 1),
    ]


def build_anew(parts: Parts, names: Sequence[str]) -> None:
    """What cannot be built anew says so and stands still until the next start; the rest goes on."""
    try:
        rebuild_views(parts, names, _Told())
    except RebuildFailed as failed:
        log.error("not built anew: %s", failed)
        parts.projector.say_why(failed.failures)
    except (*LOST, Unavailable) as lost:
        log.error("not built anew: %s", lost)
        parts.projector.say_why(dict.fromkeys(names, f"not built anew: {lost}"))


def _do(duties: Sequence[Duty], stop: Stop) -> None:
    """Beside the views, which would be late by as long as a duty takes."""
    while not stop.wait(DUTY_REST_SECONDS):
        for duty in duties:
            duty.do_if_due()


def _rest_after(work: Callable[[], int]) -> float:
    """Do some work, which says how much it was; how long to rest then, in seconds."""
    try:
        return 0 if work() == BATCH else IDLE_SECONDS
    except (*LOST, Unavailable) as lost:
        log.warning("the store is out of reach: %s", lost)
        return LOST_SECONDS
