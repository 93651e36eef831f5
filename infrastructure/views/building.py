"""The work of a rebuild, in jobs that several processes may share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from uuid import UUID

import psycopg

from application.register import Fact, Unavailable
from application.views.view import Span, View
from infrastructure.codec import Codec
from infrastructure.database import LOST, Connection
from infrastructure.views.copying import Copier
from infrastructure.views.folding import fold, tell
from infrastructure.views.reading import COLUMNS, Reader, Refused, Shares, wanted
from infrastructure.views.table import Table

R = TypeVar("R")

PAGE = 1_000
"""Facts decoded at a time."""

ROWS = 250
"""How many rows are copied into a table at a time at least, but for the last of a job: to begin
costs as much as dozens of rows. Until then they are in memory."""

SORT_MEMORY = "32MB"
INDEX_MEMORY = "128MB"
"""What PostgreSQL may take for one job."""

_OF_STREAMS = (
    f"SELECT {COLUMNS} FROM register.entry"
    " WHERE (%b::uuid IS NULL OR stream_id > %b) AND stream_id <= %b AND position <= %b"
    " ORDER BY stream_id, stream_version"
)


class Superseded(Exception):
    """Somebody else has begun to build the same views anew: what is made here is not theirs."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """For these views, whose new tables have these object ids, what happened up to `head`.

    `weight`: about how much work it is, in facts.
    """

    tables: Mapping[str, int]
    head: int
    weight: int

    def alone(self) -> Sequence[Job]:
        """The same for each view by itself."""
        return [replace(self, tables={name: oid}) for name, oid in self.tables.items()]


@dataclass(frozen=True, kw_only=True)
class FillStreams(Job):
    """The streams behind one id and up to another, each of them from beginning to end.

    So each row is made once, in memory, and what is at hand is the rows of one stream.
    """

    low: UUID | None
    high: UUID


class Follow(Job):
    """All that the views show, in the order in which it happened."""


class Index(Job):
    """Keys and indexes, once the rows are there."""


@dataclass(frozen=True)
class Done:
    """A job of that weight; and why views could not take their facts."""

    weight: int
    failures: Mapping[str, str] = field(default_factory=dict)


Crew = Callable[[Sequence[Job]], Iterable[Done]]
"""Does jobs, in any order."""


class Builder:
    """Does jobs on one connection, which may die at any point: nothing is half done."""

    def __init__(self, codec: Codec, views: Iterable[View[Any]]) -> None:
        self._codec, self._views = codec, {view.name: view for view in views}

    def do(self, connection: Connection, job: Job) -> Done:
        """What is wrong with one view's facts is told, and harms no other. Raises Superseded."""
        try:
            with connection.transaction():
                connection.execute("SET LOCAL synchronous_commit = off")
                tables = [self._fresh(connection, *at) for at in job.tables.items()]
                self._work(connection, tables, job)
                return Done(job.weight)
        except (*LOST, Unavailable, Superseded):
            raise
        except Exception as failure:
            if len(job.tables) == 1:
                why = str(failure) if isinstance(failure, Refused) else _plainly(failure)
                return Done(job.weight, dict.fromkeys(job.tables, why))
            each = [self.do(connection, alone) for alone in job.alone()]
            failures = {name: why for done in each for name, why in done.failures.items()}
            return Done(job.weight, failures)

    def _fresh(self, connection: Connection, name: str, oid: int) -> Table[Any]:
        """The new table, held until the transaction ends. Raises Superseded."""
        table = fresh(self._views[name])
        try:
            table.lock(connection)
        except psycopg.errors.UndefinedTable:
            raise Superseded(name) from None
        if table.oid(connection) != oid:
            raise Superseded(name)
        return table

    def _work(self, connection: Connection, tables: Sequence[Table[Any]], job: Job) -> None:
        match job:
            case FillStreams():
                self._fill(connection, tables, job)
            case Follow():
                self._follow(connection, tables, job.head)
            case _:
                connection.execute(f"SET LOCAL maintenance_work_mem = '{INDEX_MEMORY}'".encode())
                for table in tables:
                    if table.view.span is not Span.REGISTER:
                        table.make_unique(connection)
                    table.index(connection)
                    table.analyze(connection)

    def _fill(self, connection: Connection, tables: Sequence[Table[Any]], job: FillStreams) -> None:
        reader, shares = Reader(self._codec, tables), Shares(tables)
        filled = [_Filled(table) for table in tables]
        connection.execute(f"SET LOCAL work_mem = '{SORT_MEMORY}'".encode())
        for rows in _pages(connection, (job.low, job.low, job.high, job.head)):
            of_page = shares.of(reader.facts(rows))
            for table in filled:
                if table.name in of_page:
                    table.take(of_page[table.name])
                    table.write(connection, at_least=ROWS)
        for table in filled:
            table.end_stream()
            table.write(connection)

    def _follow(self, connection: Connection, tables: Sequence[Table[Any]], head: int) -> None:
        reader, position = Reader(self._codec, tables), 0
        while facts := (batch := reader.upto(connection, position, head, PAGE)).facts:
            for table in tables:
                fold(connection, table, facts)
            position = batch.last


class _Filled(Generic[R]):
    """A table that is being filled, stream after stream."""

    def __init__(self, table: Table[R]) -> None:
        self._table, self._view, self.name = table, table.view, table.name
        self._copier = Copier(table)
        self._stream: UUID | None = None
        self._rows: dict[Hashable, R] = {}

    def take(self, facts: Sequence[Fact]) -> None:
        """Raises Refused."""
        mine = wanted(self._table, facts)
        self._view.expect(mine)
        tell(mine, self._add if self._view.span is Span.FACT else self._fold)

    def _add(self, fact: Fact) -> None:
        view, add = self._view, self._copier.add
        for key in view.keys(fact):
            add(view.fold(None, fact, key))

    def _fold(self, fact: Fact) -> None:
        view, rows = self._view, self._rows
        if fact.event.originator_id != self._stream:
            self.end_stream()
            self._stream = fact.event.originator_id
        for key in view.keys(fact):
            rows[key] = view.fold(rows.get(key), fact, key)

    def end_stream(self) -> None:
        """Its rows will not change any more."""
        for row in self._table.rows_of(self._rows.values()):
            self._copier.add(row)
        self._rows.clear()

    def write(self, connection: Connection, *, at_least: int = 1) -> None:
        """What was made, if that is so many rows."""
        if len(self._copier) >= at_least:
            self._copier.write(connection)


def fresh(view: View[R]) -> Table[R]:
    """The table that is built beside the one in use."""
    return Table(view, f"{view.name}__new")


def _pages(connection: Connection, asked: Sequence[Any]) -> Iterator[Sequence[Any]]:
    with connection.cursor("streams") as cursor:
        cursor.execute(_OF_STREAMS.encode(), asked, binary=True)
        while rows := cursor.fetchmany(PAGE):
            yield rows


def _plainly(failure: Exception) -> str:
    return f"{type(failure).__name__}: {failure}"
