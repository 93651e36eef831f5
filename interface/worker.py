"""The worker process: keeps the views up to date, a few milliseconds behind the register."""

from __future__ import annotations

import logging

from application.register import Unavailable
from infrastructure.database import LOST
from infrastructure.views.projector import BATCH
from infrastructure.wiring import Parts
from interface.stopping import Stop

IDLE_SECONDS = 0.005
"""How long to rest when all has been read, so that what comes together is folded together."""

LOST_SECONDS = 0.5
"""How long to rest when the store is out of reach."""

log = logging.getLogger(__name__)


def run(parts: Parts) -> None:
    """Until SIGTERM or SIGINT. Views whose definition has changed are built anew first."""
    stop = Stop()
    for name in parts.projector.prepare():
        log.warning("view %s has a new definition: building it anew", name)
        parts.projector.rebuild(name, lambda position, head: None)
    while not stop.wait(_step(parts)):
        pass


def _step(parts: Parts) -> float:
    """Read a batch; how long to rest now, in seconds."""
    try:
        return 0 if parts.projector.run_once() == BATCH else IDLE_SECONDS
    except (*LOST, Unavailable) as lost:
        log.warning("the store is out of reach: %s", lost)
        return LOST_SECONDS
