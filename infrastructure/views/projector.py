"""Keeps the views up to date: rows and position in one transaction, each fact exactly once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import psycopg

from application.register import Unavailable
from application.views.view import View
from infrastructure.database import LOST, Connection, Database
from infrastructure.register import FLUSH, PostgresRegister
from infrastructure.schema import LOCK
from infrastructure.views import positions
from infrastructure.views.building import Builder, Crew, Done, Job
from infrastructure.views.folding import Folding
from infrastructure.views.reading import Batch, Reader, Refused, Shares
from infrastructure.views.rebuilding import Rebuild, Report
from infrastructure.views.table import Table

BATCH = 1_000
"""How many facts are read and folded at a time at most; as many as there are, if fewer."""

LOOK_SECONDS = 1.0
"""How often to look, while nothing happens, whether views were built anew or can go on."""

FEW = 100
"""Up to how many facts all views are asked and written together: as many questions as views would
take longer than to fold so few. More are copied in, which has to be done one by one."""

MANY = 5_000
"""After how many facts at once the planner is told what the tables hold now."""

log = logging.getLogger(__name__)

Tables = Sequence[Table[Any]]


class Projector:
    """Folds the register into tables. Several may run at once: each batch is done by one."""

    def __init__(
        self, database: Database, register: PostgresRegister, views: Sequence[View[Any]]
    ) -> None:
        self._database, self._codec = database, register.codec
        self._tables = {view.name: Table(view) for view in views}
        self._reader = Reader(self._codec, self._tables.values())
        self._shares = Shares(self._tables.values())
        self._running: list[tuple[Table[Any], int]] = []
        self._known_until = 0.0

    def prepare(self) -> list[str]:
        """Make the tables that are missing; the names of those that must be built anew."""
        with self._database.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            known = {at.view: at.definition for at in positions.positions(connection)}
            for name, table in self._tables.items():
                if name not in known:
                    self._create(connection, table)
        return [n for n, t in self._tables.items() if known.get(n, t.definition) != t.definition]

    def run_once(self) -> int:
        """Read the next batch for all views that run; how many facts that were."""
        tables, batch = self._database.run(self._next)
        if batch.last > batch.after:
            self._advance(tables, batch)
        return batch.last - batch.after

    def catch_up(self, report: Callable[[int], None] = lambda read: None) -> None:
        """Until nothing is left to read; `report` is told how many facts were read so far."""
        self._known_until, read = 0.0, 0
        while step := self.run_once():
            read += step
            report(read)
        if read > MANY:
            with self._database.connection() as connection:
                for table in self._tables.values():
                    table.analyze(connection)

    def rebuild(self, names: str | Sequence[str], report: Report, crew: Crew | None = None) -> int:
        """Build views anew beside the old ones, then take their place; the position they show.

        `report` is told how much is done, and of how much: facts read, and as many again for the
        indexes. The old tables answer until the new ones have read everything. Without a crew it
        is done here, on one connection. Raises RebuildFailed for views that cannot take a fact;
        the others are in place then.
        """
        named = [names] if isinstance(names, str) else names
        tables = [self._tables[name] for name in named]
        with self._database.connection() as connection:
            return Rebuild(connection, self._codec, tables, crew).run(report)

    def say_why(self, failures: Mapping[str, str]) -> None:
        """Why views stand still that are not as this release makes them."""

        def work(connection: Connection) -> None:
            for name, why in failures.items():
                positions.say_why(connection, name, why)

        self._database.run(work)

    def do(self, connection: Connection, job: Job) -> Done:
        """A part of a rebuild that somebody else began."""
        views = (self._tables[name].view for name in job.tables)
        return Builder(self._codec, views).do(connection, job)

    def _create(self, connection: Connection, table: Table[Any]) -> None:
        table.create(connection)
        table.make_unique(connection)
        table.index(connection)
        connection.execute(
            "INSERT INTO reporting.view_position (view, position, definition) VALUES (%s, 0, %s)",
            (table.name, table.definition),
        )

    def _next(self, connection: Connection) -> tuple[Tables, Batch]:
        """The views that run, and what happened behind the one that is the furthest behind."""
        if time.monotonic() >= self._known_until:
            self._running = self._look(connection)
            self._known_until = time.monotonic() + LOOK_SECONDS
        if not self._running:
            return [], Batch(0, 0, [])
        furthest = min(position for _, position in self._running)
        batch = self._reader.behind(connection, furthest, BATCH)
        if batch.last > furthest:
            connection.execute(FLUSH)  # what a crash could take back
        return [table for table, position in self._running if position < batch.last], batch

    def _look(self, connection: Connection) -> list[tuple[Table[Any], int]]:
        return [
            (self._tables[at.view], at.position)
            for at in positions.positions(connection)
            if at.view in self._tables and at.is_ours_to_move(self._tables[at.view])
        ]

    def _advance(self, tables: Tables, batch: Batch) -> None:
        """One batch for all these views. What goes wrong stops the one at fault alone."""
        try:
            at_once = len(tables) > 1 and len(batch.facts) <= FEW
            self._commit(tables, batch, at_once=at_once)
        except psycopg.errors.PipelineAborted:
            for table in tables:
                self._advance([table], batch)
        except (*LOST, Unavailable):
            raise
        except Exception as failure:
            self._known_until = 0.0
            if len(tables) == 1:
                self._stop(tables[0], batch, failure)
                return
            for table in tables:
                self._advance([table], batch)

    def _commit(self, tables: Tables, batch: Batch, *, at_once: bool = False) -> None:
        """`at_once`: all views are asked with one question, and written with another."""
        reached, shares = dict[str, int](), self._shares.of(batch.facts)
        concerned = [table for table in tables if table.name in shares]
        with (
            self._database.connection() as connection,
            connection.pipeline() if at_once else nullcontext() as pipeline,
            connection.transaction(),
        ):
            locked = positions.lock(connection, [table.name for table in tables])
            began = {t.name: Folding(connection, t, shares[t.name]) for t in concerned if at_once}
            at = positions.by_view(locked)
            moved = []
            for table in tables:
                if table.name not in at or not at[table.name].is_ours_to_move(table):
                    continue
                position = reached[table.name] = at[table.name].position
                if batch.after <= position < batch.last:
                    moved.append(table.name)
                    if table.name in shares:
                        share = shares[table.name]
                        folding = began.get(table.name) or Folding(connection, table, share)
                        folding.write(connection, position, copying=not at_once)
            if moved:
                positions.move(connection, moved, batch.last)
            if pipeline:
                pipeline.sync()  # what goes wrong is known before it is committed
        self._has_read(tables, reached | dict.fromkeys(moved, batch.last))

    def _has_read(self, tables: Tables, reached: Mapping[str, int]) -> None:
        """Where these views are now; if some are not ours any more, all are looked at again."""
        if len(reached) < len(tables):
            self._known_until = 0.0
        self._running = [(t, reached.get(t.name, position)) for t, position in self._running]

    def _stop(self, table: Table[Any], batch: Batch, failure: Exception) -> None:
        """Commit what comes before the fact at fault, and name that fact."""
        facts = batch.facts
        if not facts:
            raise failure
        if len(facts) > 1:
            half = facts[len(facts) // 2].position
            self._advance([table], batch.before(half))
            if not self._has_failed(table):
                self._advance([table], batch.behind(half - 1))
            return
        at_fault = facts[0].position
        why = str(failure if isinstance(failure, Refused) else Refused(at_fault, failure))
        self._commit([table], batch.before(at_fault))
        with self._database.connection() as connection:
            positions.stop(connection, table.name, at_fault - 1, why)
        log.error("view %s stopped %s", table.name, why, exc_info=failure)

    def _has_failed(self, table: Table[Any]) -> bool:
        known = self._database.run(positions.positions)
        return any(at.failure for at in known if at.view == table.name)
