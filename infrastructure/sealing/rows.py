"""The register as who seals it reads it: its entries, and who says that they appended them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from infrastructure.database import Connection
from infrastructure.sealing.entry import Entry, digest_of
from infrastructure.sealing.origins import OriginSignature

PAGE = 2_000

_ENTRIES = (
    b"SELECT position, stream_id, stream_version, topic, recorded_at, actor, command_id, state"
    b" FROM register.entry WHERE position > %s AND position <= %s ORDER BY position LIMIT %s"
)
_ORIGINS = (
    b"SELECT first_position, last_position, instance, signature FROM register.origin"
    b" WHERE last_position > %s AND first_position <= %s ORDER BY first_position"
)
_OUT_OF_TURN = (
    b"SELECT position FROM register.entry e WHERE position > %s AND position <= %s"
    b" AND stream_version > 1 AND NOT EXISTS (SELECT FROM register.entry p WHERE"
    b" p.stream_id = e.stream_id AND p.stream_version = e.stream_version - 1"
    b" AND p.position < e.position) ORDER BY position LIMIT 1"
)
_NUMBERED = (
    b"SELECT position FROM (SELECT position, number, row_number() OVER"
    b" (PARTITION BY register ORDER BY position) AS n FROM register.entry"
    b" WHERE register IS NOT NULL AND position <= %s) e"
    b" WHERE substring(number FROM '[0-9]+$')::bigint <> n ORDER BY position LIMIT 1"
)


class StoredRow(NamedTuple):
    entry: Entry
    payload: bytes


def head(connection: Connection, sealed: int) -> int:
    """The newest position; if it is newer than `sealed`, no crash takes it back any more."""
    row = connection.execute(b"SELECT coalesce(max(position), 0) FROM register.entry").fetchone()
    assert row is not None
    if row[0] > sealed:
        connection.execute(b"SELECT register.flush()")
    return int(row[0])


def stored(connection: Connection, after: int, upto: int) -> Iterator[StoredRow]:
    """Behind a position and up to another, in order, as far as they are there."""
    while after < upto:
        rows = connection.execute(_ENTRIES, (after, upto, PAGE), binary=True).fetchall()
        if not rows:
            return
        for position, stream_id, version, topic, at, actor, command_id, state in rows:
            yield StoredRow(
                Entry(
                    position=position,
                    stream_id=stream_id,
                    stream_version=version,
                    topic=topic,
                    recorded_at=at,
                    actor=actor,
                    command_id=command_id,
                    digest=digest_of(state),
                ),
                state,
            )
        after = rows[-1][0]


def origins(connection: Connection, after: int, upto: int) -> list[OriginSignature]:
    """Of the batches that reach into these positions."""
    found = connection.execute(_ORIGINS, (after, upto)).fetchall()
    return [
        OriginSignature(first, last, name, bytes(signed)) for first, last, name, signed in found
    ]


def out_of_turn(connection: Connection, after: int, upto: int) -> int | None:
    """The first position whose stream has no event with the version before."""
    row = connection.execute(_OUT_OF_TURN, (after, upto)).fetchone()
    return row[0] if row else None


def misnumbered(connection: Connection, upto: int) -> int | None:
    """The first position whose register number is not the next one of its register."""
    row = connection.execute(_NUMBERED, (upto,)).fetchone()
    return row[0] if row else None
