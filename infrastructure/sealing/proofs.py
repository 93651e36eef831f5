"""Proofs out of the folder of the sealer on this machine."""

from __future__ import annotations

import base64
import time
from pathlib import Path

from application.proofs import NotSealed, Proof, Proofs, Sealing
from domain.errors import NotFound
from infrastructure.database import Connection, Database
from infrastructure.sealing import rows, state
from infrastructure.sealing.checkpoint import Checkpoint
from infrastructure.sealing.notes import Note
from infrastructure.sealing.sealer import sealing, witnesses_in
from infrastructure.sealing.tiles import TileReader
from infrastructure.sealing.tree import inclusion_proof

LOOK_SECONDS = 0.05


class FolderProofs(Proofs):
    def __init__(self, folder: Path, database: Database) -> None:
        self._folder, self._database = folder, database

    def sealing(self) -> Sealing | None:
        return sealing(self._folder)

    def checkpoint(self) -> str | None:
        note = state.note_in(self._folder)
        return note.encode().decode() if note else None

    def proof(self, position: int) -> Proof:
        note = sealed_note(self._folder)
        checkpoint = Checkpoint.parse(note.text)
        if position > checkpoint.size:
            raise NotSealed(f"sealed up to position {checkpoint.size}", field="position")
        return self._database.run(lambda c: self._proof(c, position, note, checkpoint.size))

    def wait(self, position: int, seconds: float) -> bool:
        until = time.monotonic() + (seconds if self.sealing() else 0)
        while not self._covers(position):
            if time.monotonic() > until:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def _proof(self, connection: Connection, position: int, note: Note, size: int) -> Proof:
        row = next(rows.stored(connection, position - 1, position), None)
        if row is None:
            raise NotFound(f"no position {position}", field="position")
        tree = TileReader(size, state.TileFolder(self._folder))
        batch = next(iter(rows.origins(connection, position - 1, position)), None)
        beside = range(batch.first - 1, batch.last) if batch else range(0)
        return Proof(
            position=position,
            index=position - 1,
            entry=_base64(row.entry.encode()),
            path=[_base64(step) for step in inclusion_proof(position - 1, size, tree.node)],
            checkpoint=note.encode().decode(),
            instance=batch.instance if batch else None,
            first=batch.first if batch else None,
            batch=[_base64(tree.node(0, index)) for index in beside],
            signed=_base64(batch.signed) if batch else None,
        )

    def _covers(self, position: int) -> bool:
        note = state.note_in(self._folder)
        if note is None:
            return False
        witnesses = [witness.key for witness in witnesses_in(self._folder)]
        is_cosigned = len(note.signed_by(witnesses)) == len(witnesses)
        return is_cosigned and Checkpoint.parse(note.text).size >= position


def sealed_note(folder: Path) -> Note:
    """The last checkpoint. Raises NotSealed, NoteInvalid."""
    note = state.note_in(folder)
    if note is None:
        raise NotSealed(f"nothing is sealed in {folder}", field="position")
    return note


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
