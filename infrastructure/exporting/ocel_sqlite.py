"""OCEL 2.0 as an SQLite database: a table for each type, as its constraints want them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain, count
from typing import Any

from infrastructure.exporting.ocel import OcelEvent, OcelLog, OcelObject, in_words
from infrastructure.exporting.ocel_json import BEGINNING

_SQL_TYPES: Mapping[str, str] = {
    "string": "TEXT",
    "time": "TIMESTAMP",
    "integer": "INTEGER",
    "float": "REAL",
    "boolean": "BOOLEAN",
}

_FIXED = """
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE event (
  ocel_id TEXT PRIMARY KEY,
  ocel_type TEXT REFERENCES event_map_type (ocel_type)
);
CREATE TABLE object (
  ocel_id TEXT PRIMARY KEY,
  ocel_type TEXT REFERENCES object_map_type (ocel_type)
);
CREATE TABLE event_object (
  ocel_event_id TEXT REFERENCES event (ocel_id),
  ocel_object_id TEXT REFERENCES object (ocel_id),
  ocel_qualifier TEXT,
  PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier)
);
CREATE TABLE object_object (
  ocel_source_id TEXT REFERENCES object (ocel_id),
  ocel_target_id TEXT REFERENCES object (ocel_id),
  ocel_qualifier TEXT,
  PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier)
);
"""

_CREATE: Mapping[str, str] = {
    "event": "CREATE TABLE {} (ocel_id TEXT PRIMARY KEY REFERENCES event (ocel_id),"
    " ocel_time TIMESTAMP{})",
    "object": "CREATE TABLE {} (ocel_id TEXT REFERENCES object (ocel_id),"
    " ocel_time TIMESTAMP, ocel_changed_field TEXT{})",
}

_TAKEN = {"map_type", "object"}
"""`event_object` and `event_map_type` are no types' tables; nor are those of objects."""

Types = Mapping[str, Mapping[str, str]]
Entries = Sequence[OcelEvent] | Sequence[OcelObject]
RowsOf = Callable[[Any, Mapping[str, str]], Iterator[Sequence[Any]]]

_PAGE_BYTES = 1024
"""A table has a page or two, and there are as many tables as types."""

_IN_MEMORY = ("PRAGMA temp_store = MEMORY", "PRAGMA secure_delete = ON")
"""Nothing on disk, since there are texts about persons in it; nothing left of what was moved."""

_HEAD_BYTES = 100
"""What stands in the first page before its tree begins."""

_TREE_HEAD_BYTES: Mapping[int, int] = {2: 12, 5: 12, 10: 8, 13: 8}
"""How a page of a tree begins, by its first byte. Pages of long values begin with another."""


def ocel_sqlite(log: OcelLog) -> bytes:
    """The same contents make the same bytes, whichever SQLite is there."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        for statement in (f"PRAGMA page_size = {_PAGE_BYTES}", *_IN_MEMORY, "BEGIN"):
            database.execute(statement)
        for statement in _FIXED.split(";"):
            database.execute(statement)
        _Writer(database, log).write()
        database.execute("COMMIT")
        database.execute("VACUUM")
        written = bytearray(database.serialize())
    for page in range(0, len(written), _PAGE_BYTES):
        _clear_unused(written, page)
    return bytes(written)


def _clear_unused(written: bytearray, page: int) -> None:
    """What stands between the cells of a page and the list of them is what was there before.

    It is nothing to any reader, yet other bytes with other versions of SQLite.
    """
    head = page + (0 if page else _HEAD_BYTES)
    if size := _TREE_HEAD_BYTES.get(written[head]):
        cells = int.from_bytes(written[head + 3 : head + 5], "big")
        content = int.from_bytes(written[head + 5 : head + 7], "big")
        unused = slice(head + size + 2 * cells, page + content)
        written[unused] = bytes(unused.stop - unused.start)


class _Writer:
    def __init__(self, database: sqlite3.Connection, log: OcelLog) -> None:
        self._database, self._log = database, log

    def write(self) -> None:
        self._entries("event", self._log.events, self._log.event_types, _event_rows)
        self._entries("object", self._log.objects, self._log.object_types, _object_rows)

    def _entries(self, what: str, entries: Entries, types: Types, rows_of: RowsOf) -> None:
        tables = _tables(types)
        self._insert(f"{what}_map_type", tables.items())
        self._insert(what, ((one.id, one.type) for one in entries))
        self._insert(f"{what}_object", (pair for one in entries for pair in _pairs(one)))
        by_type: dict[str, list[Any]] = {type_: [] for type_ in types}
        for one in entries:
            by_type[one.type].append(one)
        for type_, attributes in types.items():
            table = f"{what}_{tables[type_]}"
            self._database.execute(_CREATE[what].format(_quoted(table), _columns(attributes)))
            self._insert(table, (row for one in by_type[type_] for row in rows_of(one, attributes)))

    def _insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        rows = iter(rows)
        for first in rows:
            holes = ", ".join("?" * len(first))
            statement = f"INSERT INTO {_quoted(table)} VALUES ({holes})"
            self._database.executemany(statement, chain([first], rows))


def _event_rows(event: OcelEvent, attributes: Mapping[str, str]) -> Iterator[Sequence[Any]]:
    told = event.attributes
    yield event.id, event.time, *(_value(told.get(n), type_) for n, type_ in attributes.items())


def _object_rows(one: OcelObject, attributes: Mapping[str, str]) -> Iterator[Sequence[Any]]:
    """What it was from the first, and then a row for each change."""
    first = {change.name: change.value for change in one.changes if change.time is None}
    told: list[tuple[str, str | None, dict[str, Any]]] = [(BEGINNING, None, first)]
    told += [(time, name, {name: value}) for time, name, value in one.changes if time is not None]
    for time, changed, values in told:
        known = (_value(values.get(name), type_) for name, type_ in attributes.items())
        yield one.id, time, changed, *known


def _pairs(one: OcelEvent | OcelObject) -> Iterator[Sequence[str]]:
    return ((one.id, *relation) for relation in one.relations)


def _value(value: Any, type_: str) -> Any:
    return in_words(value) if type_ == "string" and value is not None else value


def _columns(attributes: Mapping[str, str]) -> str:
    return "".join(f", {_quoted(n)} {_SQL_TYPES[type_]}" for n, type_ in attributes.items())


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _tables(types: Iterable[str]) -> dict[str, str]:
    """A name of its own for each type's table; SQLite does not tell capitals from small letters."""
    names, taken = {}, set(_TAKEN)
    for type_ in types:
        plain = name = re.sub(r"\W+", "_", type_)
        counted = count(2)
        while name.casefold() in taken:
            name = f"{plain}_{next(counted)}"
        taken.add(name.casefold())
        names[type_] = name
    return names
