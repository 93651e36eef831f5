"""The register in PostgreSQL: one call appends, positions are dense, commands exactly once.

What waits in this process at the same time is appended together, and nothing leaves here before
it is on disk: an append returns after the flush, a reader flushes what nobody had flushed yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

import psycopg
from eventsourcing.utils import get_topic

from application.register import (
    Conflict,
    Fact,
    Receipt,
    Register,
    Since,
    Submission,
    Unavailable,
)
from domain.aggregate import Aggregate
from infrastructure.appending import COMMITTED, Entries, Head, Together
from infrastructure.codec import Codec
from infrastructure.database import Connection, Database
from infrastructure.group_commit import GroupCommit
from infrastructure.sealing.signing import Signer

_FACT = "SELECT position, recorded_at, number, stream_id, stream_version, topic, state"

_AT_ONCE = 5_000
"""How many facts are read together, where there may be any number."""

_LAST = "SELECT max(position) FROM register.entry"

_LAST_OF_PACKS = f"{_LAST} WHERE topic LIKE 'pack.%%'"

FLUSH = b"SELECT register.flush()"
"""Once it is answered, all that its connection has seen in the register is on disk."""


class PostgresRegister(Register):
    """Appending again after a lost connection is safe: a command that is known is not repeated."""

    COMMITTED: ClassVar[bytes] = COMMITTED
    """What makes an append last, behind it in the same question."""

    def __init__(self, database: Database, codec: Codec, signer: Signer | None = None) -> None:
        self._database, self._codec, self._signer = database, codec, signer
        self._together = GroupCommit(self._carry)
        self._head, self._on_disk = Head(), 0

    @property
    def codec(self) -> Codec:
        """What its events are read with."""
        return self._codec

    def append(self, submissions: Sequence[Submission]) -> list[Receipt]:
        states = [self._codec.encode(event) for s in submissions for event in s.events]
        return self._together(Entries(submissions, states))

    def stream(self, stream_id: UUID, *, after: int = 0, opened: bool = False) -> list[Fact]:
        return self._facts(
            f"{_FACT} FROM register.entry WHERE stream_id = %s AND stream_version > %s"
            " ORDER BY stream_version",
            (stream_id, after),
            opened=opened,
        )

    def since(self, versions: Mapping[UUID, int]) -> Since:
        if not versions:
            return Since({}, self.pack_position())
        asked = [value for pair in versions.items() for value in pair]
        rows = self._read(_since(len(versions)), asked, position=1)
        facts: dict[UUID, list[Fact]] = {stream_id: [] for stream_id in versions}
        for row in rows:
            if row[1] is not None:
                facts[row[4]].append(self._fact(row[1:], opened=False))
        return Since(facts, rows[0][0])

    def facts(self, after: int, limit: int) -> list[Fact]:
        return self._facts(
            f"{_FACT} FROM register.entry WHERE position > %s ORDER BY position LIMIT %s",
            (after, limit),
            opened=False,
        )

    def of_kinds(self, kinds: Collection[type[Aggregate.Event]]) -> Iterator[Fact]:
        """All facts of these kinds up to the head of now, in order, their sealed texts closed.

        Raises Unavailable. It reads through the whole register: a second or so for each million.
        """
        topics, after, head = [get_topic(kind) for kind in kinds], 0, self.head()
        while found := self._facts(
            f"{_FACT} FROM register.entry WHERE position > %s AND position <= %s"
            " AND topic = ANY(%s) ORDER BY position LIMIT %s",
            (after, head, topics, _AT_ONCE),
            opened=False,
        ):
            yield from found
            after = found[-1].position

    def head(self) -> int:
        return int(self._read(_LAST.encode(), ())[0][0] or 0)

    def pack_position(self) -> int:
        return int(self._one(_LAST_OF_PACKS, ())[0] or 0)

    def pack_ids(self) -> list[UUID]:
        return self._first_of(b"pack.%")

    def instance_ids(self) -> list[UUID]:
        return self._first_of(b"instance.%")

    def receipt(self, by: str, command_id: str) -> Receipt | None:
        rows = self._read(
            b"SELECT position, stream_id, stream_version, recorded_at, fingerprint, number"
            b" FROM register.command WHERE actor = %s AND command_id = %s",
            (by, command_id),
        )
        if not rows:
            return None
        position, stream_id, version, recorded_at, fingerprint, number = rows[0]
        return Receipt(
            stream_id=stream_id,
            version=version,
            position=position,
            recorded_at=recorded_at,
            fingerprint=bytes(fingerprint),
            number=number,
            replayed=True,
        )

    def known(self, by: str, command_ids: Sequence[str]) -> set[str]:
        statement = (
            b"SELECT position, command_id FROM register.command"
            b" WHERE actor = %s AND command_id = ANY(%s)"
        )
        return {row[1] for row in self._read(statement, (by, list(command_ids)))}

    def _first_of(self, topics: bytes) -> list[UUID]:
        """The streams that begin with such a topic, in their order; there is an index of these."""
        statement = (
            b"SELECT stream_id FROM register.entry WHERE topic LIKE '%b'"
            b" AND stream_version = 1 ORDER BY position" % topics
        )
        return [row[0] for row in self._database.rows(statement)]

    def _carry(self, waiting: Sequence[Entries]) -> Sequence[list[Receipt] | BaseException]:
        """All in one transaction; if that fails, each in its own."""
        try:
            return self._store(waiting)
        except (psycopg.Error, Unavailable) as failure:
            if len(waiting) == 1 or isinstance(failure, Unavailable):
                is_lost_race = isinstance(failure, psycopg.errors.UniqueViolation)
                return [Conflict(str(failure)) if is_lost_race else failure] * len(waiting)
        outcomes: list[list[Receipt] | BaseException] = []
        for entries in waiting:
            is_gone = bool(outcomes) and isinstance(outcomes[-1], Unavailable)
            outcomes += outcomes[-1:] if is_gone else self._carry([entries])
        return outcomes

    def _store(self, waiting: Sequence[Entries]) -> list[list[Receipt]]:
        signer = self._signer if self._signer and self._signer.ready() else None
        together = Together(waiting)
        receipts = self._database.run(
            lambda c: together.append(c, signer, self._head, self.COMMITTED)
        )
        if receipts is None:
            return [[self._replayed(s) for s in entries.submissions] for entries in waiting]
        self._on_disk = max(self._on_disk, *(receipt.position for receipt in receipts))
        each = iter(receipts)
        return [[next(each) for _ in entries.submissions] for entries in waiting]

    def _replayed(self, submission: Submission) -> Receipt:
        """Raises Unavailable."""
        receipt = self.receipt(submission.by, submission.command_id)
        if receipt is None:
            raise Unavailable(
                "the command was seen, and lost with the server before it was on disk"
            )
        return receipt

    def _facts(self, statement: str, parameters: tuple[object, ...], *, opened: bool) -> list[Fact]:
        return [
            self._fact(row, opened=opened) for row in self._read(statement.encode(), parameters)
        ]

    def _fact(self, row: Any, *, opened: bool) -> Fact:
        return Fact(row[0], row[1], row[2], self._codec.decode(*row[3:], opened=opened))

    def _one(self, statement: str, parameters: Sequence[object]) -> Any:
        return self._database.run(
            lambda c: c.execute(statement.encode(), parameters, binary=True).fetchone()
        )

    def _read(
        self, statement: bytes, parameters: Sequence[object], *, position: int = 0
    ) -> list[Any]:
        """Rows, once what they tell is on disk: what can be seen may not be, for a moment.

        `position` is the column that says where in the register a row stands. Read and flush go
        over one connection: if the server crashes between the two, it is read again.
        """

        def work(connection: Connection) -> list[Any]:
            rows = self._database.ask(connection, statement, parameters)
            if max((row[position] or 0 for row in rows), default=0) > self._on_disk:
                [(flushed,)] = self._database.ask(connection, FLUSH)
                self._on_disk = max(self._on_disk, flushed)
            return rows

        return self._database.run(work)


@cache
def _since(streams: int) -> bytes:
    """One row at least: it says how far the packs are, whatever came to so many streams."""
    asked = ", ".join(["(%b::uuid, %b::int)"] * streams)
    return (
        f"SELECT coalesce(({_LAST_OF_PACKS}), 0), f.* FROM (SELECT) one LEFT JOIN ("
        f"SELECT f.* FROM (VALUES {asked}) AS asked (id, after), LATERAL ({_FACT}"
        " FROM register.entry WHERE stream_id = asked.id AND stream_version > asked.after"
        " ORDER BY stream_version OFFSET 0) f) f ON true ORDER BY f.stream_version"
    ).encode()
