"""What has to be true of entries before anybody signs for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from infrastructure.database import Connection
from infrastructure.sealing import rows
from infrastructure.sealing.entry import EntryInvalid
from infrastructure.sealing.notes import NoteInvalid, VerifierKey
from infrastructure.sealing.origins import REGISTERED, REVOKED, OriginSignature, check_batch
from infrastructure.sealing.rows import StoredRow
from infrastructure.sealing.tree import NodeReader, leaf_hash

AHEAD = timedelta(seconds=5)
"""How far the clock of the database may be ahead of the sealer's."""


class Doubt(Exception):
    """Something is not as it must be: nobody signs. `position` 0: of no single entry."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(f"at position {position}: {why}" if position else why)
        self.position, self.why = position, why


BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing was recorded before."""


@dataclass
class Trust:
    """As of a position: whose signatures count, and the time of the last entry.

    `signed_from`: the first position that an instance has signed. `sealed`: the tree that the
    entries must be those of, where they were sealed before.
    """

    log: str
    signed_from: int
    keys: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    last_at: datetime = BEGINNING
    size: int = 0
    sealed: NodeReader | None = None

    def read(self, connection: Connection, upto: int, now: datetime) -> Iterator[bytes]:
        """Leaf hashes behind `size` and up to there, which becomes the size. Raises Doubt.

        Each is yielded once the batch that it was appended with has been judged.
        """
        begun = self.size
        stored = rows.stored(connection, self.size, upto)
        for batch in rows.origins(connection, self.size, upto):
            yield from self._unsigned(islice(stored, max(0, batch.first - self.size - 1)), now)
            yield from self._signed(batch, list(islice(stored, batch.last - self.size)), now)
        yield from self._unsigned(stored, now)
        if self.size < upto:
            raise Doubt(self.size + 1, "the register has a gap")
        if (position := rows.out_of_turn(connection, begun, upto)) is not None:
            raise Doubt(position, "the event before it in its stream is missing")

    def _unsigned(self, stored: Iterable[StoredRow], now: datetime) -> Iterator[bytes]:
        for row in stored:
            leaf = self._judged(row, now)
            if self.size >= self.signed_from:
                raise Doubt(self.size, "no instance signed it")
            yield leaf

    def _signed(
        self, batch: OriginSignature, stored: Sequence[StoredRow], now: datetime
    ) -> Sequence[bytes]:
        if batch.first != self.size + 1:
            raise Doubt(self.size + 1, "the batches that were signed do not follow each other")
        if batch.instance in self.gone or batch.instance not in self.keys:
            raise Doubt(batch.first, f"{batch.instance} is not a registered instance")
        leaves = [self._judged(row, now) for row in stored]
        key = VerifierKey.parse(self.keys[batch.instance])
        try:
            check_batch(batch, key=key, log=self.log, leaves=leaves)
        except NoteInvalid as fault:
            raise Doubt(batch.first, f"not what {batch.instance} signed: {fault}") from fault
        for row in stored:
            if row.entry.topic in (REGISTERED, REVOKED):
                self._told(row)
        return leaves

    def _judged(self, row: StoredRow, now: datetime) -> bytes:
        entry, position = row.entry, self.size + 1
        if entry.position != position:
            raise Doubt(position, "the register has a gap")
        if entry.recorded_at < self.last_at:
            raise Doubt(position, f"recorded at {entry.recorded_at.isoformat()}, before the last")
        if entry.recorded_at > now + AHEAD:
            raise Doubt(position, f"recorded at {entry.recorded_at.isoformat()}, still to come")
        try:
            leaf = leaf_hash(entry.encode())
        except EntryInvalid as fault:
            raise Doubt(position, str(fault)) from fault
        if self.sealed is not None and leaf != self.sealed(0, position - 1):
            raise Doubt(position, "not what was sealed at this position")
        self.size, self.last_at = position, entry.recorded_at
        return leaf

    def _told(self, row: StoredRow) -> None:
        said, position = json.loads(row.payload), row.entry.position
        name = said["name"]
        if row.entry.topic == REVOKED:
            self.gone.add(name)
        elif self.keys.setdefault(name, said["vkey"]) != said["vkey"]:
            raise Doubt(position, f"a second key for the instance {name}")

    def encode(self) -> bytes:
        said = {
            "log": self.log,
            "signed_from": self.signed_from,
            "keys": self.keys,
            "gone": sorted(self.gone),
            "last_at": self.last_at.isoformat(),
            "size": self.size,
        }
        return json.dumps(said, indent=1).encode()

    @classmethod
    def decode(cls, said: bytes) -> Trust:
        told = json.loads(said)
        last_at = datetime.fromisoformat(told.pop("last_at"))
        return cls(**told | {"gone": set(told["gone"]), "last_at": last_at})
