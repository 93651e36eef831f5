"""The register in PostgreSQL: one call appends, positions are dense, commands exactly once.

What waits in this process at the same time is appended together, and nothing leaves here before
it is on disk: an append returns after the flush, a reader flushes what nobody had flushed yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

import msgspec
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
from infrastructure.codec import Codec
from infrastructure.database import Connection, Database
from infrastructure.group_commit import GroupCommit

_FACT = "SELECT position, recorded_at, number, stream_id, stream_version, topic, state"

_LAST = "SELECT max(position) FROM register.entry"

_LAST_OF_PACKS = f"{_LAST} WHERE topic LIKE 'pack.%%'"

FLUSH = b"SELECT register.flush()"
"""Once it is answered, all that its connection has seen in the register is on disk."""


@dataclass(frozen=True)
class _Entries:
    """What one caller wants appended, all of it or nothing; `states` are its events, encoded."""

    submissions: Sequence[Submission]
    states: Sequence[bytes]


class PostgresRegister(Register):
    """Appending again after a lost connection is safe: a command that is known is not repeated."""

    APPEND: ClassVar[str] = (
        "CALL register.append_durably(%s, %s, %b::bytea[], %s, NULL, NULL, NULL)"
    )

    def __init__(self, database: Database, codec: Codec) -> None:
        self._database, self._codec = database, codec
        self._together = GroupCommit(self._carry)
        self._on_disk = 0

    @property
    def codec(self) -> Codec:
        """What its events are read with."""
        return self._codec

    def append(self, submissions: Sequence[Submission]) -> list[Receipt]:
        states = [self._codec.encode(event) for s in submissions for event in s.events]
        return self._together(_Entries(submissions, states))

    def stream(self, stream_id: UUID, *, after: int = 0, opened: bool = False) -> list[Fact]:
        return self._facts(
            f"{_FACT} FROM register.entry WHERE stream_id = %s AND stream_version > %s"
            " ORDER BY stream_version",
            (stream_id, after),
            opened=opened,
        )

    def since(self, versions: Mapping[UUID, int]) -> Since:
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

    def head(self) -> int:
        return int(self._read(_LAST.encode(), ())[0][0] or 0)

    def pack_position(self) -> int:
        return int(self._one(_LAST_OF_PACKS, ())[0] or 0)

    def pack_ids(self) -> list[UUID]:
        rows = self._database.run(
            lambda c: c.execute(
                b"SELECT stream_id FROM register.entry"
                b" WHERE topic LIKE 'pack.%' AND stream_version = 1 ORDER BY position"
            ).fetchall()
        )
        return [row[0] for row in rows]

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

    def _carry(self, waiting: Sequence[_Entries]) -> Sequence[list[Receipt] | BaseException]:
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

    def _store(self, waiting: Sequence[_Entries]) -> list[list[Receipt]]:
        together = _Together(waiting)
        before, at, numbers = self._one(self.APPEND, together.arguments)
        if before is None:
            return [[self._replayed(s) for s in entries.submissions] for entries in waiting]
        self._on_disk = max(self._on_disk, before + len(together.events))
        receipts = together.receipts(before, at, numbers)
        return [[next(receipts) for _ in entries.submissions] for entries in waiting]

    def _replayed(self, submission: Submission) -> Receipt:
        receipt = self.receipt(submission.by, submission.command_id)
        assert receipt is not None
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
            rows = connection.execute(statement, parameters, binary=True).fetchall()
            if max((row[position] or 0 for row in rows), default=0) > self._on_disk:
                (flushed,) = connection.execute(FLUSH).fetchone() or (0,)
                self._on_disk = max(self._on_disk, flushed)
            return rows

        return self._database.run(work)


class _Together:
    """Commands of several callers as the store takes them; events are counted from 1."""

    def __init__(self, waiting: Sequence[_Entries]) -> None:
        self._states = [state for entries in waiting for state in entries.states]
        self._commands: list[tuple[Submission, int, int | None]] = []
        self.events: list[tuple[object, ...]] = []
        for entries in waiting:
            for submission in entries.submissions:
                self._add(submission)

    def _add(self, s: Submission) -> None:
        registers = [getattr(event, "register", None) for event in s.events]
        begin = len(self.events) + 1
        numbered = next((begin + i for i, name in enumerate(registers) if name), None)
        self.events += [
            (e.originator_id, e.originator_version, get_topic(type(e)), s.by, s.command_id, name)
            for e, name in zip(s.events, registers, strict=True)
        ]
        self._commands.append((s, len(self.events) if s.events else 0, numbered))

    @property
    def arguments(self) -> tuple[object, ...]:
        commands = [
            (s.by, s.command_id, s.fingerprint.hex(), s.stream_id, s.version, last, numbered)
            for s, last, numbered in self._commands
        ]
        return (
            msgspec.json.encode(commands).decode(),
            msgspec.json.encode(self.events).decode(),
            self._states,
            any(numbered for *_, numbered in self._commands),
        )

    def receipts(self, before: int, at: Any, numbers: Sequence[str]) -> Iterator[Receipt]:
        """Of each command, behind a head of `before`."""
        for s, last, numbered in self._commands:
            yield Receipt(
                stream_id=s.stream_id,
                version=s.version,
                position=before + (last or len(self.events)),
                recorded_at=at,
                fingerprint=s.fingerprint,
                number=numbers[numbered - 1] if numbered else None,
            )


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
