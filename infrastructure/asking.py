"""One question below psycopg's cursors, prepared when it is first asked.

A cursor takes as long to send a small question and to hand out what came as PostgreSQL to answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import count
from typing import Any

import psycopg
from psycopg import abc
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult

MOST_PREPARED = 200
"""How many questions are kept prepared on a connection; any more are planned each time."""

Names = dict[tuple[bytes, Sequence[int]], bytes]
"""What is prepared on a connection: a statement, with parameters of these types, by which name.

The name says which: behind a pooler that mixes connections up, an error, and no other answer.
"""

_FORMATS = {b"s": PyFormat.AUTO, b"b": PyFormat.BINARY}

FINE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)

_PREPARED_NO_MORE = (b"26000", b"0A000")
"""psycopg forgets all that is prepared when it rolls back; a table may have got other columns."""

_numbers = count()


class Asker:
    """Asks over one connection; how its values are written and read is looked up once.

    `is_prepared`: whether questions are prepared.
    """

    def __init__(self, connection: psycopg.Connection[Any], *, is_prepared: bool) -> None:
        self._wire: PGconn = connection.pgconn
        self._reader: abc.Transformer = Transformer(connection)
        self._names: Names | None = {} if is_prepared else None

    def answer(self, statement: bytes, parameters: Sequence[object]) -> list[Any]:
        """The rows. `%s` or `%b` stands for each parameter, `%%` for `%` where there are any.

        A signal to this thread is heard when it is answered. Raises what psycopg would.
        """
        reader = self._reader
        said, formats = _numbered(statement, bool(parameters))
        values: Any = reader.dump_sequence(parameters, formats)
        types = tuple(reader.types or ())
        result = self._asked(said, values, types)
        if self._names and result.error_field(DiagnosticField.SQLSTATE) in _PREPARED_NO_MORE:
            self._names.clear()
            result = self._asked(said, values, types)
        reader.set_pgresult(checked(self._wire, result))
        return reader.load_rows(0, result.ntuples, tuple)

    def _asked(self, said: bytes, values: Any, types: Sequence[int]) -> PGresult:
        names, formats = self._names, self._reader.formats
        if names is None or (len(names) >= MOST_PREPARED and (said, types) not in names):
            return self._wire.exec_params(said, values, types, formats, Format.BINARY)
        name = names.get((said, types)) or self._prepared(said, types, names)
        return self._wire.exec_prepared(name, values, formats, Format.BINARY)

    def _prepared(self, statement: bytes, types: Sequence[int], names: Names) -> bytes:
        said = blake2b(repr((statement, types)).encode(), digest_size=8).hexdigest()
        name = b"asked_%b_%d" % (said.encode(), next(_numbers))
        checked(self._wire, self._wire.prepare(name, statement, types))
        names[statement, types] = name
        return name


def checked(wire: PGconn, result: PGresult) -> PGresult:
    """What was answered. Raises what psycopg would."""
    if result.status in FINE:
        return result
    failure = psycopg.errors.error_from_result(result)
    if wire.status != ConnStatus.OK:
        raise psycopg.OperationalError(str(failure)) from failure
    raise failure


@lru_cache(1_000)
def _numbered(statement: bytes, has_parameters: bool) -> tuple[bytes, Sequence[PyFormat]]:
    """As PostgreSQL says it: `$1`, `$2` …; and how each parameter is sent."""
    formats: list[PyFormat] = []

    def number(place: re.Match[bytes]) -> bytes:
        if place[1] == b"%":
            return b"%"
        formats.append(_FORMATS[place[1]])
        return b"$%d" % len(formats)

    return (re.sub(rb"%([sb%])", number, statement) if has_parameters else statement), formats
