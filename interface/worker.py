"""The worker process: keeps the views up to date, and puts on record what was missed."""

from __future__ import annotations

import logging
import time

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
"""How often to look for promises of time that were missed."""

log = logging.getLogger(__name__)


def run(parts: Parts) -> None:
    """Until SIGTERM or SIGINT. Views whose definition has changed are built anew first."""
    stop = Stop()
    for name in parts.projector.prepare():
        log.warning("view %s has a new definition: building it anew", name)
        parts.projector.rebuild(name, lambda position, head: None)
    next_tick = time.monotonic()
    while not stop.wait(_step(parts, is_time=time.monotonic() >= next_tick)):
        if time.monotonic() >= next_tick:
            next_tick = time.monotonic() + TICK_SECONDS


def _step(parts: Parts, *, is_time: bool) -> float:
    """Read a batch, and look at the clock if it is time; how long to rest now, in seconds."""
    try:
        if is_time:
            parts.clock.tick(now())
        return 0 if parts.projector.run_once() == BATCH else IDLE_SECONDS
    except (*LOST, Unavailable) as lost:
        log.warning("the store is out of reach: %s", lost)
        return LOST_SECONDS
