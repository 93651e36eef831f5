"""Rows of a view on their way into PostgreSQL by the thousand: COPY in its binary form."""

from __future__ import annotations

import struct
from operator import attrgetter
from typing import Generic, TypeVar

from infrastructure.database import Connection
from infrastructure.views.binary import NULL
from infrastructure.views.table import Table

R = TypeVar("R")

HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
"""What every such stream begins and ends with; between them: rows."""


class Copier(Generic[R]):
    """Rows on their way into a table in which their keys do not stand yet."""

    def __init__(self, table: Table[R]) -> None:
        self._statement = (
            f'COPY reporting."{table.name}" ({table.columns}) FROM STDIN (FORMAT BINARY)'.encode()
        )
        self._values = attrgetter(*(column.name for column in table.fields))
        self._encoders = [column.form.encode for column in table.fields]
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
