"""Rows of a view as PostgreSQL takes them in by the thousand: COPY in its binary form."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from application.blind_index import Tokens
from domain.sealed import Sealed
from infrastructure.database import Connection
from infrastructure.views.table import Table, boxed

R = TypeVar("R")

HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
"""What every such stream begins and ends with; between them: rows."""

NULL = b"\xff\xff\xff\xff"

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

_INT8 = 20
"""What PostgreSQL calls the type of the numbers in a list."""

_size, _number, _list = struct.Struct(">i"), struct.Struct(">iq"), struct.Struct(">iiiiii")


class Copier(Generic[R]):
    """Rows on their way into a table in which their keys do not stand yet."""

    def __init__(self, table: Table[R]) -> None:
        self._statement = (
            f'COPY reporting."{table.name}" ({table.columns}) FROM STDIN (FORMAT BINARY)'.encode()
        )
        self._values = attrgetter(*(column.name for column in table.fields))
        self._encoders = [_ENCODERS.get(column.kind, _json) for column in table.fields]
        self._width = struct.pack(">h", table.width)
        self._rows: list[bytes] = []

    def add(self, row: R) -> None:
        given = zip(self._encoders, self._values(row), strict=True)
        fields = [NULL if value is None else encode(value) for encode, value in given]
        self._rows.append(self._width + b"".join(fields))

    def write(self, connection: Connection) -> None:
        """All that was added since it was written last."""
        if self._rows:
            with connection.cursor().copy(self._statement) as copy:
                copy.write(b"".join((HEADER, *self._rows, TRAILER)))
            self._rows.clear()


def _uuid(value: UUID) -> bytes:
    return b"\0\0\0\x10" + value.bytes


def _text(value: str) -> bytes:
    said = value.encode()
    return _size.pack(len(said)) + said


def _bigint(value: int) -> bytes:
    return _number.pack(8, value)


def _boolean(value: bool) -> bytes:
    return b"\0\0\0\1\1" if value else b"\0\0\0\1\0"


def _instant(value: datetime) -> bytes:
    since = value - EPOCH
    return _number.pack(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def _sealed(value: Sealed) -> bytes:
    if value.box is None:
        raise ValueError("a text that was not sealed")
    return _text(value.box)


def _numbers(value: Sequence[int]) -> bytes:
    length = len(value)
    if not length:
        return struct.pack(">iiii", 12, 0, 0, _INT8)
    elements = [8] * (2 * length)
    elements[1::2] = value
    head = _list.pack(20 + 12 * length, 1, 0, _INT8, length, 1)
    return head + struct.pack(f">{'iq' * length}", *elements)


def _json(value: Any) -> bytes:
    said = msgspec.json.encode(boxed(value))
    return _size.pack(len(said) + 1) + b"\1" + said


_ENCODERS: dict[Any, Callable[[Any], bytes]] = {
    UUID: _uuid,
    str: _text,
    int: _bigint,
    bool: _boolean,
    datetime: _instant,
    Sealed: _sealed,
    Tokens: _numbers,
}
