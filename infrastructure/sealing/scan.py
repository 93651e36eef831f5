"""The full scan: everything that was sealed, recomputed from the register and compared."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from infrastructure.database import Connection, Database
from infrastructure.sealing import rows, state
from infrastructure.sealing.checkpoint import Checkpoint
from infrastructure.sealing.judging import Doubt
from infrastructure.sealing.notes import SignerKey
from infrastructure.sealing.sealer import checkpoint_in, pinned_in
from infrastructure.sealing.tiles import TileReader
from infrastructure.sealing.tree import Spine

SAY_EVERY = 1_000


@dataclass(frozen=True)
class Scanned:
    """Up to which position; and the first that is not as it was sealed, and why not."""

    size: int
    position: int | None = None
    why: str | None = None


def scan(folder: Path, url: str, report: Callable[[int, int], None], now: datetime) -> Scanned:
    """Raises NotBegun, NoteInvalid, OSError."""
    key = SignerKey.parse((folder / "log.key").read_text(encoding="ascii").strip()).verifier
    size = 0
    try:
        checkpoint = checkpoint_in(folder, key)
        size = checkpoint.size
        with closing(Database(url, size=1)) as database:
            database.run(lambda c: _scan(c, folder, checkpoint, report, now))
    except Doubt as doubt:
        return Scanned(size, doubt.position, str(doubt))
    return Scanned(size)


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
