"""Bundles out of the register and its log: what is in scope, and what belongs to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

from infrastructure.database import Connection
from infrastructure.sealing import rows, state
from infrastructure.sealing.bundle import Row, Scope, ZipSink, write_bundle, write_selection
from infrastructure.sealing.checkpoint import Checkpoint
from infrastructure.sealing.judging import Doubt
from infrastructure.sealing.origins import OriginSignature
from infrastructure.sealing.proofs import sealed_note

_BETWEEN = (
    b"SELECT min(position), max(position) FROM register.entry"
    b" WHERE recorded_at >= %s AND recorded_at < %s"
)


class Log:
    """The log of a sealer as of its last checkpoint, and the register beside it."""

    def __init__(self, folder: Path, connection: Connection) -> None:
        """Raises NotSealed, NoteInvalid."""
        self.note = sealed_note(folder)
        self.checkpoint = Checkpoint.parse(self.note.text)
        self.tiles = state.TileFolder(folder)
        self._connection = connection

    def recorded_between(self, start: datetime, end: datetime) -> tuple[int, int] | None:
        """The first and the last position of a period (its end excluded), as far as sealed."""
        row = self._connection.execute(_BETWEEN, (start, end)).fetchone()
        if row is None or row[0] is None or row[0] > self.checkpoint.size:
            return None
        return row[0], min(row[1], self.checkpoint.size)

    def write(self, file: Path, scope: Scope, *, selected: bool, extra: Mapping[str, bytes]) -> str:
        """A bundle as a zip archive; its SHA-256, in hex. Raises BundleInvalid, Doubt.

        `selected`: without the entries that are not in scope.
        """
        with file.open("wb") as out, closing(ZipSink(out)) as sink:
            if selected:
                found = list(self._selected(scope))
                batches = self._batches_of([entry.position for entry, _ in found])
                kept = [Row(entry.encode(), payload) for entry, payload in found]
                write_selection(
                    sink, self.note, kept, batches, self.tiles, scope=scope, extra=extra
                )
            else:
                origins = rows.origins(self._connection, 0, self.checkpoint.size)
                write_bundle(sink, self.note, self._rows(scope), origins, scope=scope, extra=extra)
        with file.open("rb") as written:
            return hashlib.file_digest(written, "sha256").hexdigest()

    def _rows(self, scope: Scope) -> Iterator[Row]:
        read = 0
        for entry, payload in rows.stored(self._connection, 0, self.checkpoint.size):
            read += 1
            yield Row(entry.encode(), payload if scope.holds(entry) else None)
        if read < self.checkpoint.size:
            raise Doubt(read + 1, "it was sealed, and is not in the register")

    def _selected(self, scope: Scope) -> Iterator[rows.StoredRow]:
        for row in rows.stored(self._connection, 0, self.checkpoint.size):
            if scope.holds(row.entry):
                yield row

    def _batches_of(self, positions: Iterable[int]) -> list[OriginSignature]:
        """Those that any of these positions, in their order, belongs to."""
        batches = rows.origins(self._connection, 0, self.checkpoint.size)
        wanted, at = [], iter(positions)
        position = next(at, None)
        for batch in batches:
            while position is not None and position < batch.first:
                position = next(at, None)
            if position is not None and position <= batch.last:
                wanted.append(batch)
        return wanted
