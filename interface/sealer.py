"""The sealer process: each second it seals what is new, and has witnesses cosign it."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from infrastructure.database import LOST, Database
from infrastructure.sealing import state
from infrastructure.sealing.judging import Doubt
from infrastructure.sealing.scan import Scanning
from infrastructure.sealing.sealer import Sealer, witnesses_in
from infrastructure.sealing.signing import RECEIPTS
from infrastructure.sealing.witnessing import AskedWitness, Unreached
from infrastructure.settings import Settings
from infrastructure.wiring import now
from interface.stopping import Stop

TICK_SECONDS = 1.0

DOUBTFUL = 3
"""Exit code of a sealer that doubts."""

log = logging.getLogger(__name__)


def run(settings: Settings, url: str, *, once: bool, stay: bool) -> int:
    """Until SIGTERM or SIGINT, or after one round; the exit code.

    One that doubts ends, unless it is to `stay`: then it stands still, for all to see.
    Raises InUse, NotBegun, NoteInvalid.
    """
    stop, folder = Stop(), settings.sealer_home
    scanning = Scanning(folder, url, timedelta(hours=settings.scan_hours), now)
    with (
        state.alone_in(folder),
        closing(Database(url, size=1)) as database,
        _listening(settings.home / RECEIPTS) as receipts,
    ):
        try:
            sealer = Sealer(folder, now)
            witnesses = witnesses_in(folder)
            while True:
                begun = time.monotonic()
                _tick(sealer, database, receipts, witnesses)
                if once:
                    return 0
                scanning.look()
                if stop.wait(max(0.0, TICK_SECONDS - (time.monotonic() - begun))):
                    return 0
        except Doubt as doubt:
            log.error("nothing is sealed any more: %s", doubt)
            if stay:
                while not stop.wait(TICK_SECONDS):
                    pass
            return DOUBTFUL


def _tick(
    sealer: Sealer,
    database: Database,
    receipts: socket.socket,
    witnesses: Sequence[AskedWitness],
) -> None:
    """Receipts first: whatever was told before we look must be there."""
    for said in _waiting(receipts):
        sealer.take(said)
    try:
        database.run(sealer.tick)
    except LOST as lost:
        log.warning("the store is out of reach: %s", lost)
        return
    for witness in witnesses:
        try:
            sealer.have_cosigned(witness)
        except Unreached as silent:
            log.warning("%s", silent)


def _waiting(receipts: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            yield receipts.recv(4096)
        except BlockingIOError:
            return


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    """Where the instances of this home tell what they have stored."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receipts:
        receipts.setblocking(False)
        receipts.bind(str(path))
        path.chmod(0o600)
        try:
            yield receipts
        finally:
            path.unlink(missing_ok=True)
