"""Statements sent as they are written, several at once, in one round trip: no cursor, no plan.

psycopg's cursors take longer to send a statement than PostgreSQL to carry it out; here it is called
below them, so what they do is done by hand: quoting, and errors.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg.pq import ConnStatus, Escaping, TransactionStatus

from infrastructure.asking import FINE, checked
from infrastructure.database import Connection

Row = tuple[bytes | None, ...]


def ask(connection: Connection, statements: bytes) -> Row:
    """What the last of these statements answers, its first row; empty if it has none.

    A transaction that they leave open ends if one of them fails. Raises what psycopg would.
    """
    result = connection.pgconn.exec_(statements)
    if result.status not in FINE:
        end(connection)
    checked(connection.pgconn, result)
    return tuple(result.get_value(0, n) for n in range(result.nfields)) if result.ntuples else ()


def end(connection: Connection) -> None:
    """Take back what was not committed."""
    wire = connection.pgconn
    if wire.status == ConnStatus.OK and wire.transaction_status != TransactionStatus.IDLE:
        wire.exec_(b"ROLLBACK")


def quoted(connection: Connection, value: bytes) -> bytes:
    """A text as a literal."""
    return bytes(Escaping(connection.pgconn).escape_literal(value))


def byte_strings(values: Iterable[bytes]) -> bytes:
    """A literal of an array of byte strings."""
    return b"'{" + b",".join(b'"\\\\x' + value.hex().encode() + b'"' for value in values) + b"}'"
