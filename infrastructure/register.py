"""The register in PostgreSQL: one call appends, positions are dense, commands exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.utils import get_topic

from application.register import Conflict, Fact, Receipt, Register, Submission
from infrastructure.codec import Codec
from infrastructure.database import Connection, Database

_APPEND = (
    "SELECT * FROM register.append("
    "%b::text[], %b::text[], %b::bytea[], %b::uuid[], %b::int[], "
    "%b::int[], %b::uuid[], %b::int[], %b::text[], %b::bytea[], %b::text[])"
)

_FACT = "SELECT position, recorded_at, number, stream_id, stream_version, topic, state"

_RECEIPT = "SELECT stream_id, stream_version, position, recorded_at, fingerprint, number"


class PostgresRegister(Register):
    """Appending again after a lost connection is safe: a command that is known is not repeated."""

    def __init__(self, database: Database, codec: Codec) -> None:
        self._database, self._codec = database, codec

    def append(self, submissions: Sequence[Submission]) -> list[Receipt]:
        arguments = self._arguments(submissions)

        def work(connection: Connection) -> list[Receipt]:
            rows = connection.execute(_APPEND, arguments, binary=True).fetchall()
            return [_receipt(row) for row in rows]

        try:
            return self._database.run(work)
        except psycopg.errors.UniqueViolation as conflict:
            raise Conflict(str(conflict)) from None

    def stream(self, stream_id: UUID, *, after: int = 0, opened: bool = False) -> list[Fact]:
        return self._facts(
            f"{_FACT} FROM register.entry WHERE stream_id = %s AND stream_version > %s"
            " ORDER BY stream_version",
            (stream_id, after),
            opened=opened,
        )

    def facts(self, after: int, limit: int) -> list[Fact]:
        return self._facts(
            f"{_FACT} FROM register.entry WHERE position > %s ORDER BY position LIMIT %s",
            (after, limit),
            opened=False,
        )

    def head(self) -> int:
        row = self._one("SELECT max(position) FROM register.entry", ())
        return 0 if row is None or row[0] is None else int(row[0])

    def pack_position(self) -> int:
        row = self._one("SELECT max(position) FROM register.entry WHERE topic LIKE 'pack.%%'", ())
        return 0 if row is None or row[0] is None else int(row[0])

    def pack_ids(self) -> list[UUID]:
        rows = self._database.run(
            lambda c: c.execute(
                b"SELECT stream_id FROM register.entry"
                b" WHERE topic LIKE 'pack.%' AND stream_version = 1 ORDER BY position"
            ).fetchall()
        )
        return [row[0] for row in rows]

    def receipt(self, by: str, command_id: str) -> Receipt | None:
        row = self._one(
            f"{_RECEIPT}, true FROM register.command WHERE actor = %s AND command_id = %s",
            (by, command_id),
        )
        return None if row is None else _receipt(row)

    def known(self, by: str, command_ids: Sequence[str]) -> set[str]:
        statement = (
            b"SELECT command_id FROM register.command WHERE actor = %s AND command_id = ANY(%s)"
        )
        rows = self._database.run(
            lambda c: c.execute(statement, (by, list(command_ids))).fetchall()
        )
        return {row[0] for row in rows}

    def _facts(self, statement: str, parameters: tuple[object, ...], *, opened: bool) -> list[Fact]:
        rows = self._database.run(
            lambda c: c.execute(statement.encode(), parameters, binary=True).fetchall()
        )
        return [
            Fact(at[0], at[1], at[2], self._codec.decode(*at[3:], opened=opened)) for at in rows
        ]

    def _one(self, statement: str, parameters: tuple[object, ...]) -> Any:
        return self._database.run(
            lambda c: c.execute(statement.encode(), parameters, binary=True).fetchone()
        )

    def _arguments(self, submissions: Sequence[Submission]) -> tuple[list[Any], ...]:
        events = [(n, e) for n, s in enumerate(submissions, start=1) for e in s.events]
        return (
            [s.by for s in submissions],
            [s.command_id for s in submissions],
            [s.fingerprint for s in submissions],
            [s.stream_id for s in submissions],
            [s.version for s in submissions],
            [n for n, _ in events],
            [e.originator_id for _, e in events],
            [e.originator_version for _, e in events],
            [get_topic(type(e)) for _, e in events],
            [self._codec.encode(e) for _, e in events],
            [getattr(e, "register", None) for _, e in events],
        )


def _receipt(row: Any) -> Receipt:
    stream_id, version, position, recorded_at, fingerprint, number, replayed = row
    return Receipt(
        stream_id=stream_id,
        version=version,
        position=position,
        recorded_at=recorded_at,
        fingerprint=bytes(fingerprint),
        number=number,
        replayed=replayed,
    )
