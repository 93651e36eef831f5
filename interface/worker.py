"""The worker process: keeps the views up to date, a few milliseconds behind the register."""

from __future__ import annotations

import logging
import time

from application.register import Unavailable
from infrastructure.database import LOST
from infrastructure.wiring import Parts, now
from interface.stopping import Stop

IDLE_SECONDS = 0.01
"""How long to rest when there was nothing to read."""

LOST_SECONDS = 0.5
"""How long to rest when the store is out of reach."""

TICK_SECONDS = 1.0
"""How often to look for what was missed."""

log = logging.getLogger(__name__)


def run(parts: Parts) -> None:
    """Until SIGTERM or SIGINT. Views whose definition has changed are built anew first."""
    stop = Stop()
    for name in parts.projector.prepare():
        log.warning("view %s has a new definition: building it anew", name)
        parts.projector.rebuild(name, lambda position, head: None)
    ticked = 0.0
    while not stop.wait(_step(parts, ticked)):
        ticked = time.monotonic() if time.monotonic() - ticked >= TICK_SECONDS else ticked


def _step(parts: Parts, ticked: float) -> float:
    """Read a batch, look at the clock; how long to rest now, in seconds."""
    try:
        if time.monotonic() - ticked >= TICK_SECONDS:
            parts.clock.tick(now())
        return 0 if parts.projector.run_once() else IDLE_SECONDS
    except (*LOST, Unavailable) as lost:
        log.warning("the store is out of reach: %s", lost)
        return LOST_SECONDS
