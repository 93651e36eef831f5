"""A view's rows as a table of the reporting schema, made from the row's own fields."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from operator import attrgetter, itemgetter
from types import UnionType
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from eventsourcing.utils import get_topic
from psycopg import Cursor

from application.blind_index import Tokens
from application.views.view import Span, View
from domain.sealed import Sealed
from infrastructure.database import Connection
from infrastructure.views.binary import Form, closed, form_of
from infrastructure.views.tally import keep_tally

R = TypeVar("R")

PENDING_KB = 512
"""So much of what came last is kept in a heap before it is sorted in: each text has some sixty
numbers, which one by one cost ten times as much as all other writing of all views."""

FULL = 80
"""How full pages are made, in percent, of rows that change: a change that finds room beside the
row, and touches no indexed column, needs no index to be written."""


class Table(Generic[R]):
    """Rows of one view under one name: `name` while in use, another while being rebuilt."""

    def __init__(self, view: View[R], name: str | None = None) -> None:
        self.view, self.name = view, name or view.name
        row: Any = view.row
        self._columns = [Column(n, *h) for n, h in _hints(row).items()]
        self._converted = [(i, c) for i, c in enumerate(self._columns) if c.is_converted]
        self.topics = frozenset(get_topic(kind) for kind in view.facts)
        self.key = self._columns[0].name
        self._unique = self._columns[: 2 if view.has_several else 1]
        self._values = attrgetter(*(c.name for c in self._columns))
        self.columns = ", ".join(f'"{c.name}"' for c in self._columns)

    @property
    def width(self) -> int:
        """How many columns it has."""
        return len(self._columns)

    @property
    def fields(self) -> Sequence[Column]:
        """In the order in which they stand in a row."""
        return self._columns

    def of(self, alias: str) -> str:
        """Its columns in a query that calls it by another name."""
        return ", ".join(f'{alias}."{c.name}"' for c in self._columns)

    @cached_property
    def definition(self) -> str:
        """A digest of what makes the rows: when it changes, the view is built anew."""
        made = [self.view.edition, self._columns, self.view.indexes, *self.view.counted_by]
        made += ["several"] if self.view.has_several else []
        made += [self.view.counted] if self.view.counted != "true" else []
        said = " ".join(map(str, made))
        return hashlib.sha256(said.encode()).hexdigest()

    def create(self, connection: Connection) -> None:
        """Empty, in place of what may stand there; without any index."""
        columns = ", ".join(c.declared for c in self._columns)
        self.drop(connection)
        room = "" if self.view.span is Span.FACT else f"WITH (fillfactor = {FULL})"
        connection.execute(f'CREATE TABLE reporting."{self.name}" ({columns}) {room}'.encode())
        for c in self._columns:
            said = c.doc.replace("'", "''")
            connection.execute(
                f'COMMENT ON COLUMN reporting."{self.name}"."{c.name}" IS \'{said}\''.encode()
            )

    def drop(self, connection: Connection) -> None:
        connection.execute(f'DROP TABLE IF EXISTS reporting."{self.name}"'.encode())

    def replace(self, connection: Connection) -> None:
        """Take the place of the view's table in use."""
        name = self.view.name
        connection.execute(f'DROP TABLE IF EXISTS reporting."{name}"'.encode())
        connection.execute(f'ALTER TABLE reporting."{self.name}" RENAME TO "{name}"'.encode())

    def lock(self, connection: Connection) -> None:
        """Nobody drops it until the transaction ends; others may write into it."""
        connection.execute(f'LOCK TABLE reporting."{self.name}" IN ROW EXCLUSIVE MODE'.encode())

    def oid(self, connection: Connection) -> int:
        """Which table of this name it is, for who knew an earlier one."""
        statement = f"SELECT 'reporting.\"{self.name}\"'::regclass::oid"
        [(oid,)] = connection.execute(statement.encode()).fetchall()
        return int(oid)

    def make_unique(self, connection: Connection) -> None:
        """One row a key: without this nothing can be loaded or replaced."""
        connection.execute(
            f'ALTER TABLE reporting."{self.name}" ADD PRIMARY KEY ({self._names_one})'.encode()
        )

    def index(self, connection: Connection) -> None:
        for columns in (*map(_indexed, self.view.indexes), *self._searched()):
            connection.execute(f'CREATE INDEX ON reporting."{self.name}" {columns}'.encode())
        if self.view.counted_by:
            by, counted = self.view.counted_by, self.view.counted
            keep_tally(connection, self.view.name, self.name, by, counted)

    def _searched(self) -> list[str]:
        """Numbers are found one by one; those that came last are looked through in their heap."""
        searched = [c.name for c in self._columns if c.kind is Tokens]
        heap = f"WITH (gin_pending_list_limit = {PENDING_KB})"
        return [f'USING gin ("{name}") {heap}' for name in searched]

    def analyze(self, connection: Connection) -> None:
        """Tell the planner what is in it, after many rows have come at once."""
        connection.execute(f'ANALYZE reporting."{self.name}"'.encode())

    def ask(self, connection: Connection, keys: Iterable[Hashable]) -> Cursor[Any]:
        """For the rows of these keys that are there; `by_key` reads what is fetched."""
        return connection.execute(self._asking, (list(keys),), binary=True)

    @cached_property
    def _asking(self) -> bytes:
        return (
            f'SELECT {self.columns} FROM reporting."{self.name}"'
            f' WHERE "{self.key}" = ANY(%b::{self._columns[0].type}[])'
        ).encode()

    def load(self, connection: Connection, keys: Iterable[Hashable]) -> dict[Hashable, R]:
        """The rows of these keys that are there, as the view folds them."""
        return self.by_key(self.ask(connection, keys).fetchall())

    def by_key(self, rows: Iterable[Sequence[Any]]) -> dict[Hashable, R]:
        """Rows of the table (its `columns`), as the view folds them."""
        if not self.view.has_several:
            return {row[0]: self.read(row) for row in rows}
        several: dict[Hashable, Any] = {}
        for row in sorted(rows, key=itemgetter(0, 1)):
            several.setdefault(row[0], []).append(self.read(row))
        return several

    def rows_of(self, folded: Iterable[R]) -> Sequence[Any]:
        """The single rows in what the view has folded."""
        if not self.view.has_several:
            return list(folded)
        several: Iterable[Any] = folded
        return [row for rows in several for row in rows]

    def name_of(self, row: Any) -> tuple[Hashable, ...]:
        """What tells a single row from all others."""
        return tuple(getattr(row, column.name) for column in self._unique)

    def write(self, connection: Connection, rows: Sequence[Any]) -> None:
        """Insert or replace, all in one statement."""
        by_column = zip(self._columns, zip(*map(self._values, rows), strict=True), strict=True)
        values = [column.in_array.array(of_all) for column, of_all in by_column]
        connection.execute(self._writing, values)

    @cached_property
    def _writing(self) -> bytes:
        arrays = ", ".join(f"%b::{c.in_array.name}[]" for c in self._columns)
        given = ", ".join(f'"{c.name}"::{c.type}' for c in self._columns)
        others = self._columns[len(self._unique) :]
        sets = ", ".join(f'"{c.name}" = excluded."{c.name}"' for c in others)
        return (
            f'INSERT INTO reporting."{self.name}" ({self.columns})'
            f" SELECT {given} FROM unnest({arrays}) AS given ({self.columns})"
            f" ON CONFLICT ({self._names_one}) DO UPDATE SET {sets}"
        ).encode()

    def read(self, row: Sequence[Any]) -> R:
        """A row of the table (its `columns`) as a row of the view."""
        values = list(row)
        for i, column in self._converted:
            values[i] = column.read(values[i])
        made: R = self.view.row(*values)
        return made

    @property
    def _names_one(self) -> str:
        """The columns that name one row."""
        return ", ".join(f'"{c.name}"' for c in self._unique)


@dataclass(frozen=True)
class Column:
    """One field of a row, and how it is stored."""

    name: str
    kind: Any
    is_optional: bool
    doc: str

    @cached_property
    def form(self) -> Form:
        """How a value of it is sent."""
        return form_of(self.kind)

    @property
    def in_array(self) -> Form:
        """How it is sent together with those of other rows."""
        return self.form.in_array or self.form

    @property
    def type(self) -> str:
        return self.form.name

    @property
    def is_converted(self) -> bool:
        """Whether what the driver reads is not yet what the row holds."""
        return self.kind is Sealed

    @property
    def declared(self) -> str:
        return f'"{self.name}" {self.type}{"" if self.is_optional else " NOT NULL"}'

    def read(self, value: Any) -> Any:
        return closed(value) if self.kind is Sealed and value is not None else value


def _indexed(named: str) -> str:
    """Columns, and of which rows if not of all: `owner_id, position WHERE NOT is_closed`."""
    if named.startswith("USING "):
        return named
    columns, where, rows = named.partition(" WHERE ")
    return f"({columns}){where}{rows}"


@cache
def _hints(row: type) -> dict[str, tuple[Any, bool, str]]:
    """For each field its type, whether it may be None, and what it says of itself."""
    hints: dict[str, tuple[Any, bool, str]] = {}
    for name, hint in get_type_hints(row, include_extras=True).items():
        kind, doc = get_args(hint)
        some = [a for a in get_args(kind) if a is not type(None)]
        is_optional = isinstance(kind, UnionType)
        hints[name] = (some[0] if is_optional else kind, is_optional, doc)
    return hints


@cache
def definition_of(view: type[View[Any]]) -> str:
    """Of a view that is made without anything; it takes some milliseconds to find out."""
    return Table(view()).definition
