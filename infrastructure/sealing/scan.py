"""The full scan: everything that was sealed, recomputed from the register and compared."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

from application.register import Unavailable
from infrastructure.database import Connection, Database
from infrastructure.sealing import rows, state
from infrastructure.sealing.checkpoint import Checkpoint
from infrastructure.sealing.judging import Doubt
from infrastructure.sealing.sealer import checkpoint_in, pinned_in, put_in_doubt
from infrastructure.sealing.tiles import TileReader
from infrastructure.sealing.tree import Spine

SAY_EVERY = 1_000
LOG_EVERY = 100_000

AGAIN_SECONDS = 600.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scanned:
    """Up to which position; and the first that is not as it was sealed, and why not."""

    size: int
    position: int | None = None
    why: str | None = None


def scan(folder: Path, url: str, report: Callable[[int, int], None], now: datetime) -> Scanned:
    """Raises NotBegun, NoteInvalid, OSError."""
    size = 0
    try:
        checkpoint = checkpoint_in(folder, state.log_key(folder))
        size = checkpoint.size
        with closing(Database(url, size=1)) as database:
            database.run(lambda c: _scan(c, folder, checkpoint, report, now))
    except Doubt as doubt:
        return Scanned(size, doubt.position, str(doubt))
    return Scanned(size)


def scanned_at(folder: Path) -> str | None:
    """When the last scan ended that found everything as it was sealed."""
    said = state.read(folder / "scanned")
    return said.decode() if said else None


class Scanning:
    """The full scan at its times, beside the sealing; what it finds is a doubt."""

    def __init__(
        self, folder: Path, url: str, every: timedelta, now: Callable[[], datetime]
    ) -> None:
        """`every` of nothing: never."""
        self._folder, self._url, self._every, self._now = folder, url, every, now
        self._not_before = 0.0

    def look(self) -> None:
        """Begin one if it is time; not again within ten minutes, whatever became of it."""
        if self._every and time.monotonic() >= self._not_before and self._is_due():
            self._not_before = time.monotonic() + AGAIN_SECONDS
            Thread(target=self._scan, name="scan", daemon=True).start()

    def _is_due(self) -> bool:
        at = scanned_at(self._folder)
        return at is None or self._now() - datetime.fromisoformat(at) >= self._every

    def _scan(self) -> None:
        begun = self._now()
        try:
            found = scan(self._folder, self._url, _say, begun)
        except Unavailable as gone:
            log.warning("the full scan: %s", gone)
            return
        if found.why is None:
            state.write(self._folder / "scanned", begun.isoformat().encode())
        else:
            put_in_doubt(self._folder, found.position or 0, found.why, found.size, begun)


def _say(read: int, size: int) -> None:
    if read % LOG_EVERY == 0:
        log.info("the full scan: %s of %s", read, size)


def _scan(
    connection: Connection,
    folder: Path,
    checkpoint: Checkpoint,
    report: Callable[[int, int], None],
    now: datetime,
) -> None:
    """Raises Doubt."""
    trust, tree = pinned_in(folder), Spine()
    trust.sealed = TileReader(checkpoint.size, state.TileFolder(folder)).node
    for leaf in trust.read(connection, checkpoint.size, now):
        tree.append(leaf)
        if tree.size % SAY_EVERY == 0:
            report(tree.size, checkpoint.size)
    if tree.root() != checkpoint.root:
        raise Doubt(0, "the tiles are not those of the checkpoint")
    if (position := rows.misnumbered(connection, checkpoint.size)) is not None:
        raise Doubt(position, "its register number is not the next one of its register")
