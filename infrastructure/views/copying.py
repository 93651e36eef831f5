"""Rows of a view on their way into PostgreSQL by the thousand: COPY in its binary form."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import chain, repeat
from operator import attrgetter
from typing import Any, Generic, TypeVar

from infrastructure.database import Connection
from infrastructure.views.table import Table

R = TypeVar("R")

HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
"""What every such stream begins and ends with; between them: rows."""


class Unstorable(Exception):
    """A row that PostgreSQL has no form for; the message names its key."""

    def __init__(self, key: Any, cause: Exception) -> None:
        super().__init__(f"row {key}: {type(cause).__name__}: {cause}")


class Copier(Generic[R]):
    """Rows on their way into a table in which their keys do not stand yet."""

    def __init__(self, table: Table[R]) -> None:
        self._statement = (
            f'COPY reporting."{table.name}" ({table.columns}) FROM STDIN (FORMAT BINARY)'.encode()
        )
        self._values = attrgetter(*(column.name for column in table.fields))
        self._encoders = [column.form.encode for column in table.fields]
        self._width = struct.pack(">h", table.width)
        self._rows: list[Sequence[Any]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: R) -> None:
        self._rows.append(self._values(row))

    def write(self, connection: Connection) -> None:
        """All that was added since it was written last. Raises Unstorable."""
        if self._rows:
            try:
                said = self._encoded(self._rows)
            except Exception:
                self._find()
                raise
            with connection.cursor().copy(self._statement) as copy:
                copy.write(said)
            self._rows.clear()

    def _encoded(self, rows: Sequence[Sequence[Any]]) -> bytes:
        columns = zip(self._encoders, zip(*rows, strict=True), strict=True)
        fields = zip(repeat(self._width), *(encode(column) for encode, column in columns))
        return b"".join((HEADER, *chain.from_iterable(fields), TRAILER))

    def _find(self) -> None:
        """Which row cannot be written, and why."""
        for row in self._rows:
            try:
                self._encoded([row])
            except Exception as failure:
                raise Unstorable(row[0], failure) from failure
