"""The worker process: keeps the views up to date, and puts on record what was missed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

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
    ticked = float("-inf")
    while not stop.wait(_rest_after(parts.projector.run_once)):
        if time.monotonic() - ticked >= TICK_SECONDS:
            _rest_after(lambda: parts.clock.tick(now()))
            ticked = time.monotonic()


def _rest_after(work: Callable[[], int]) -> float:
    """Do some work, which says how much it was; how long to rest then, in seconds."""
    try:
        return 0 if work() == BATCH else IDLE_SECONDS
    except (*LOST, Unavailable) as lost:
        log.warning("the store is out of reach: %s", lost)
        return LOST_SECONDS
