"""Views compared with the register itself: what they show, and what replay makes of the events.

A view that was folded once is believed ever after; somebody with rights of their own may have
written into its table. So streams are folded again, some at a time, and each row is compared as
of the position that its view had read when it was looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from application.register import Fact
from application.views.client_file import ClientFileView
from application.views.client_history import ClientHistoryView
from application.views.client_standing import ClientStandingView
from application.views.client_then import ClientThenView
from application.views.figures import HappeningView, TicketFiguresView
from application.views.obligation_then import ObligationThenView
from application.views.obligations import ObligationsView
from application.views.staff_then import StaffThenView
from application.views.ticket_history import TicketHistoryView
from application.views.ticket_register import TicketRegisterView
from application.views.ticket_then import TicketThenView
from application.views.view import View
from domain.sealed import Sealed
from infrastructure.codec import Codec
from infrastructure.database import Connection, Database
from infrastructure.views import positions
from infrastructure.views.binary import as_stored
from infrastructure.views.folding import change
from infrastructure.views.reading import COLUMNS, Reader, Refused, wanted
from infrastructure.views.table import Table

COMPARED: Mapping[type[View[Any]], str] = {
    TicketRegisterView: "ticket_id",
    TicketThenView: "ticket_id",
    TicketHistoryView: "ticket_id",
    TicketFiguresView: "ticket_id",
    HappeningView: "ticket_id",
    ObligationsView: "ticket_id",
    ObligationThenView: "ticket_id",
    ClientFileView: "client_id",
    ClientThenView: "client_id",
    StaffThenView: "staff_id",
    ClientHistoryView: "client_id",
    ClientStandingView: "client_id",
}
"""Views whose rows are folded from one stream, and the column that names it."""

THERE, MISSING = "there", "missing"
"""What is said of a whole row."""

_RANGE = "(%b::uuid IS NULL OR {0} > %b) AND (%b::uuid IS NULL OR {0} <= %b)"

_LAST = (
    "SELECT stream_id FROM register.entry WHERE stream_version = 1"
    " AND (%b::uuid IS NULL OR stream_id > %b) ORDER BY stream_id OFFSET %b LIMIT 1"
)

_FACTS = (
    f"SELECT {COLUMNS} FROM register.entry WHERE {_RANGE.format('stream_id')}"
    " AND topic = ANY(%b::text[]) ORDER BY stream_id, stream_version"
)

_GONE = (
    f"DELETE FROM reporting.view_difference WHERE {_RANGE.format('stream_id')}"
    " AND (view, stream_id, row_key, field) NOT IN"
    " (SELECT * FROM unnest(%b::text[], %b::uuid[], %b::text[], %b::text[]))"
)

_FOUND = (
    "INSERT INTO reporting.view_difference (found_at, view, stream_id, row_key, field)"
    " SELECT %b::timestamptz, * FROM unnest(%b::text[], %b::uuid[], %b::text[], %b::text[])"
    " ON CONFLICT DO NOTHING"
)

_STREAM = COLUMNS.split(", ").index("stream_id")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What a view shows of a ticket or client, and what replay makes of it.

    `row` is the key of the row; `field` is `row` where the whole of it is missing or too many, and
    `events` where the events themselves cannot be folded.
    """

    view: str
    stream_id: UUID
    row: str
    field: str
    shown: Any
    replayed: Any

    def __str__(self) -> str:
        where = f"view {self.view}, {self.stream_id}, row {self.row}, {self.field}"
        return f"{where}: shows {self.shown!r}, replayed {self.replayed!r}"


@dataclass(frozen=True)
class Compared:
    """`streams`: how many were folded again; `last`: behind which to go on, None at the end."""

    differences: Sequence[Difference]
    streams: int
    last: UUID | None


class Comparison:
    """Of all views that are folded from one stream each."""

    def __init__(self, database: Database, codec: Codec) -> None:
        self._database = database
        self._tables: Sequence[Table[Any]] = [Table(view()) for view in COMPARED]
        self._reader = Reader(codec, self._tables)

    def streams(self) -> int:
        """How many there are."""
        statement = b"SELECT count(*) FROM register.entry WHERE stream_version = 1"
        [(number,)] = self._database.run(lambda c: c.execute(statement).fetchall())
        return int(number)

    def batch(self, after: UUID | None, limit: int) -> Compared:
        """The next so many streams, in the order of their ids; rows of no stream at all, too."""
        seen = self._database.run(lambda c: self._look(c, after, limit))
        streams = groupby(seen.events, key=itemgetter(_STREAM))
        facts = {stream_id: self._reader.facts(list(rows)) for stream_id, rows in streams}
        found = [
            difference
            for table in self._tables
            if (read := seen.read.get(table.name)) is not None
            for difference in _compared(table, read, seen.rows[table.name], facts)
        ]
        return Compared(found, len(facts), seen.last)

    def keep(self, after: UUID | None, limit: int, at: datetime) -> Compared:
        """The next batch, and on record what was found in it; what is no more is forgotten.

        What is shown and what was replayed is not put on record.
        """
        compared = self.batch(after, limit)
        found = compared.differences
        columns = (
            [one.view for one in found],
            [one.stream_id for one in found],
            [one.row for one in found],
            [one.field for one in found],
        )
        looked_at = (after, after, compared.last, compared.last)
        with self._database.connection() as connection, connection.transaction():
            connection.execute(_GONE.encode(), (*looked_at, *columns))
            connection.execute(_FOUND.encode(), (at, *columns))
        return compared

    def _look(self, connection: Connection, after: UUID | None, limit: int) -> _Seen:
        """All of one moment. No table is exchanged for another once its position was read."""
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            names = ", ".join(f'reporting."{table.name}"' for table in self._tables)
            connection.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE".encode())
            known = {at.view: at for at in positions.positions(connection)}
            read = {
                table.name: known[table.name].position
                for table in self._tables
                if table.name in known and known[table.name].definition == table.definition
            }
            ends = connection.execute(_LAST.encode(), (after, after, limit - 1)).fetchall()
            last = ends[0][0] if ends else None
            asked = (after, after, last, last)
            rows = {t.name: _rows(connection, t, asked) for t in self._tables if t.name in read}
            topics = list(self._reader.topics)
            events = connection.execute(_FACTS.encode(), (*asked, topics), binary=True).fetchall()
        return _Seen(read, rows, events, last)


@dataclass(frozen=True)
class _Seen:
    """`read`: how far each view had read; `events`: as they are stored; `last`: None at the end."""

    read: Mapping[str, int]
    rows: Mapping[str, Sequence[Any]]
    events: Sequence[Any]
    last: UUID | None


def _rows(connection: Connection, table: Table[Any], asked: Sequence[Any]) -> Sequence[Any]:
    where = _RANGE.format(COMPARED[type(table.view)])
    statement = f'SELECT {table.columns} FROM reporting."{table.name}" WHERE {where}'
    return [table.read(r) for r in connection.execute(statement.encode(), asked, binary=True)]


def _compared(
    table: Table[Any], read: int, shown: Sequence[Any], facts: Mapping[UUID, Sequence[Fact]]
) -> Iterator[Difference]:
    stream = COMPARED[type(table.view)]
    of_stream: dict[UUID, dict[Hashable, Any]] = defaultdict(dict)
    for row in shown:
        of_stream[getattr(row, stream)][table.name_of(row)] = row
    for stream_id in sorted({*of_stream, *facts}):
        of_then = [fact for fact in facts.get(stream_id, ()) if fact.position <= read]
        try:
            replayed = _named(table, _folded(table, of_then))
        except Refused as refused:
            of: dict[str, Any] = {"view": table.name, "stream_id": stream_id, "row": str(stream_id)}
            yield Difference(**of, field="events", shown=None, replayed=str(refused))
            continue
        yield from _between(table, stream_id, of_stream[stream_id], replayed)


def _folded(table: Table[Any], facts: Iterable[Fact]) -> Sequence[Any]:
    """The rows of one stream. Raises Refused."""
    rows = dict[Hashable, Any]()
    change(table.view, rows, wanted(table, list(facts)))
    return table.rows_of(rows.values())


def _named(table: Table[Any], rows: Iterable[Any]) -> dict[Hashable, Any]:
    return {table.name_of(row): row for row in rows}


def _between(
    table: Table[Any],
    stream_id: UUID,
    shown: Mapping[Hashable, Any],
    replayed: Mapping[Hashable, Any],
) -> Iterator[Difference]:
    for key in sorted({*shown, *replayed}, key=str):
        of: dict[str, Any] = {"view": table.name, "stream_id": stream_id, "row": _said(key)}
        if (key in shown) != (key in replayed):
            there = [THERE if key in rows else MISSING for rows in (shown, replayed)]
            yield Difference(**of, field="row", shown=there[0], replayed=there[1])
            continue
        for column in table.fields:
            is_json = column.form.name == "jsonb"
            values = [_value(getattr(r[key], column.name), is_json) for r in (shown, replayed)]
            if values[0] != values[1]:
                yield Difference(**of, field=column.name, shown=values[0], replayed=values[1])


def _value(value: Any, is_json: bool) -> Any:
    """As it is stored; of a sealed text its box."""
    if isinstance(value, Sealed):
        return value.box
    return as_stored(value) if is_json else value


def _said(key: Any) -> str:
    return "/".join(map(str, key)) if isinstance(key, tuple) else str(key)
