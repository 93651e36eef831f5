"""Views built anew beside those in use: one pass over the register feeds them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import psycopg

from application.blind_index import Tokens
from application.register import Unavailable
from application.views.view import Span
from infrastructure.codec import Codec
from infrastructure.database import LOST, Connection
from infrastructure.views import positions
from infrastructure.views.building import Builder, Crew, FillStreams, Follow, Index, Job
from infrastructure.views.building import fresh as fresh_table
from infrastructure.views.folding import fold
from infrastructure.views.reading import Batch, Reader, Refused
from infrastructure.views.table import Table

CHUNK = 20_000
"""About how many facts are one job; a stream is never split."""

BATCH = 1_000
"""Facts folded at a time once the new tables follow the register."""

LOCK_PATIENCE = "300ms"
"""How long readers are held up at most while we wait for one of them; less than what PostgreSQL
takes for a deadlock."""

TRIES = 100
"""How often that is tried before the rebuild is given up."""

Report = Callable[[int, int], None]

_CHUNKS = """
    SELECT (array_agg(stream_id ORDER BY stream_id DESC))[1], sum(facts)
      FROM (SELECT stream_id, count(*) AS facts,
                   (sum(count(*)) OVER (ORDER BY stream_id) - 1) / %s AS chunk
              FROM register.entry WHERE position <= %s GROUP BY stream_id) AS streams
     GROUP BY floor(chunk) ORDER BY 1
"""


class RebuildFailed(Exception):
    """Views that could not be built anew, and why; those in use are as they were."""

    def __init__(self, failures: Mapping[str, str]) -> None:
        self.failures = failures
        super().__init__("; ".join(f"{name} {why}" for name, why in sorted(failures.items())))


class Rebuild:
    """Of some views, by one who holds a connection. Needs no other if it works alone.

    The tables in use answer, and are kept up to date, until the new ones have read everything.
    """

    def __init__(
        self, connection: Connection, codec: Codec, tables: Sequence[Table[Any]], crew: Crew | None
    ) -> None:
        self._connection, self._codec = connection, codec
        views = sorted((table.view for table in tables), key=lambda view: view.name)
        self._fresh = {view.name: fresh_table(view) for view in views}
        self._crew = crew or partial(map, partial(Builder(codec, views).do, connection))
        self._failures: dict[str, str] = {}

    def run(self, report: Report) -> int:
        """The position the new tables show. Raises RebuildFailed, once all others are in place."""
        with _alone(self._connection, sorted(self._fresh)):
            self._create()
            head = self._head()
            self._fill(head, report)
            position = self._follow(head)
            with self._connection.transaction():
                positions.lock(self._connection, list(self._fresh))
                position = self._follow(position)
                self._take_place(position)
        if self._failures:
            raise RebuildFailed(self._failures)
        return position

    def _create(self) -> None:
        with self._connection.transaction():
            for table in self._fresh.values():
                table.create(self._connection)
                if _crosses(table):
                    table.make_unique(self._connection)

    def _head(self) -> int:
        row = self._connection.execute("SELECT max(position) FROM register.entry").fetchone()
        return 0 if row is None or row[0] is None else int(row[0])

    def _fill(self, head: int, report: Report) -> None:
        """Rows first, then indexes."""
        oids = {name: table.oid(self._connection) for name, table in self._fresh.items()}
        alone = {"head": head, "weight": 1 + head // (2 * len(oids))}
        crossing = {name: oid for name, oid in oids.items() if _crosses(self._fresh[name])}
        whole = {name: oid for name, oid in oids.items() if name not in crossing}
        filling: list[Job] = [Follow(tables={n: oid}, **alone) for n, oid in crossing.items()]
        if whole:
            filling += self._chunks(whole, head)
        indexing = [Index(tables={n: oids[n]}, **alone) for n in sorted(oids, key=self._cost)]
        todo, done = sum(job.weight for job in (*filling, *indexing)), 0
        for jobs in (filling, indexing):
            for ended in self._crew([job for job in jobs if self._is_worth_it(job)]):
                done += ended.weight
                self._failures |= ended.failures
                report(done, todo)

    def _chunks(self, oids: Mapping[str, int], head: int) -> Iterator[Job]:
        low: UUID | None = None
        for high, facts in self._connection.execute(_CHUNKS.encode(), (CHUNK, head)).fetchall():
            yield FillStreams(tables=oids, head=head, low=low, high=high, weight=int(facts))
            low = high

    def _cost(self, name: str) -> int:
        """The dearest first: search, and then whose rows are the most."""
        table = self._fresh[name]
        is_searched = any(column.kind is Tokens for column in table.fields)
        return -2 * is_searched - (table.view.span is Span.FACT)

    def _is_worth_it(self, job: Job) -> bool:
        return not self._failures.keys() >= job.tables.keys()

    def _follow(self, position: int) -> int:
        """Until nothing is left to read; the position reached."""
        reader = Reader(self._codec, self._fresh.values())
        while (batch := reader.behind(self._connection, position, BATCH)).last > position:
            for name, table in self._fresh.items():
                if name not in self._failures:
                    self._fold(table, batch)
            position = batch.last
        return position

    def _fold(self, table: Table[Any], batch: Batch) -> None:
        try:
            with self._connection.transaction():
                fold(self._connection, table, batch.facts)
        except (*LOST, Unavailable):
            raise
        except Exception as failure:
            why = str(failure) if isinstance(failure, Refused) else _behind(batch, failure)
            self._failures[table.view.name] = why

    def _take_place(self, position: int) -> None:
        ready = {n: table for n, table in self._fresh.items() if n not in self._failures}
        names = [*ready, *(table.name for table in self._fresh.values())]
        self._keep_vacuum_out(names)
        self._hold(names)
        for name, table in self._fresh.items():
            if name not in ready:
                table.drop(self._connection)
        for name, table in ready.items():
            table.replace(self._connection)
            positions.replace(self._connection, name, position, table.definition)

    def _keep_vacuum_out(self, names: Sequence[str]) -> None:
        """PostgreSQL breaks its own upkeep off for us, but only after a second: longer than readers
        are held up. This lock is in the way of nobody else."""
        self._connection.execute(
            f"LOCK TABLE {_listed(names)} IN SHARE UPDATE EXCLUSIVE MODE".encode()
        )

    def _hold(self, names: Sequence[str]) -> None:
        """All at once, or none: who reads several tables may hold one and ask for another."""
        for left in range(TRIES, 0, -1):
            try:
                with self._connection.transaction():
                    self._connection.execute(f"SET LOCAL lock_timeout = '{LOCK_PATIENCE}'".encode())
                    self._connection.execute(f"LOCK TABLE {_listed(names)}".encode())
                    return
            except psycopg.errors.LockNotAvailable:
                if left == 1:
                    raise


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'reporting."{name}"' for name in names)


def _crosses(table: Table[Any]) -> bool:
    return table.view.span is Span.REGISTER


def _behind(batch: Batch, failure: Exception) -> str:
    return f"behind position {batch.after}: {type(failure).__name__}: {failure}"


@contextmanager
def _alone(connection: Connection, names: Sequence[str]) -> Iterator[None]:
    """Nobody else builds these views anew meanwhile: both would fill the same tables."""
    keys = [f"yice.rebuild.{name}" for name in names]
    for key in keys:
        connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (key,))
    try:
        yield
    finally:
        if not connection.closed:
            for key in keys:
                connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (key,))
