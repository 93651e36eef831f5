"""Keeps the views up to date: rows and position in one transaction, each fact exactly once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from application.register import Fact, Register, Unavailable
from application.views.progress import Progress, ViewProgress, ViewTooFarBehind
from application.views.view import View
from infrastructure.database import LOST, Connection, Database
from infrastructure.schema import LOCK
from infrastructure.views.table import Table

BATCH = 1_000
"""Facts read and folded at a time."""

MANY = 5_000
"""After how many facts at once the planner is told what the tables hold now."""

CHANNEL = "view_advanced"
"""Who waits for a view listens here."""

log = logging.getLogger(__name__)


class Projector:
    """Folds the register into tables. Several may run at once: each batch is done by one."""

    def __init__(self, database: Database, register: Register, views: Sequence[View[Any]]) -> None:
        self._database, self._register = database, register
        self._tables = {view.name: Table(view) for view in views}

    def prepare(self) -> list[str]:
        """Make the tables that are missing; the names of those that must be built anew."""
        with self._database.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            known = dict(
                connection.execute(
                    "SELECT view, definition FROM reporting.view_position"
                ).fetchall()
            )
            for name, table in self._tables.items():
                if name not in known:
                    self._create(connection, table)
        return [n for n, t in self._tables.items() if known.get(n, t.definition) != t.definition]

    def run_once(self) -> int:
        """Read the next batch for each view that runs; how many facts were read."""
        running = self._running()
        if not running:
            return 0
        facts = self._register.facts(min(position for _, position in running), BATCH)
        for table, position in running:
            mine = [fact for fact in facts if fact.position > position]
            if mine:
                self._advance(table, mine)
        return len(facts)

    def catch_up(self, report: Callable[[int], None] = lambda read: None) -> None:
        """Until nothing is left to read; `report` is told how many facts were read so far."""
        read = 0
        while step := self.run_once():
            read += step
            report(read)
        if read > MANY:
            with self._database.connection() as connection:
                for table in self._tables.values():
                    table.analyze(connection)

    def rebuild(self, name: str, report: Callable[[int, int], None]) -> int:
        """Build a view anew beside the old one, then take its place; facts read.

        `report` is told how far it is, and the head of the register. The old table answers
        until the new one has read everything.
        """
        fresh = Table(self._tables[name].view, f"{name}__new")
        with self._database.connection() as connection, _alone(connection, name):
            with connection.transaction():
                fresh.create(connection)
            position = self._fill(connection, fresh, 0, report)
            fresh.index(connection)
            fresh.analyze(connection)
            with connection.transaction():
                _lock(connection, name)
                position = self._fill(connection, fresh, position, report)
                self._take_place(connection, fresh, position)
        return position

    def _fill(
        self,
        connection: Connection,
        table: Table[Any],
        position: int,
        report: Callable[[int, int], None],
    ) -> int:
        head = self._register.head()
        while facts := self._register.facts(position, BATCH):
            with connection.transaction():
                _fold(connection, table, facts)
            position = facts[-1].position
            report(position, max(head, position))
        return position

    def _take_place(self, connection: Connection, fresh: Table[Any], position: int) -> None:
        name = fresh.view.name
        connection.execute(f'DROP TABLE IF EXISTS reporting."{name}"'.encode())
        connection.execute(f'ALTER TABLE reporting."{fresh.name}" RENAME TO "{name}"'.encode())
        connection.execute(
            "UPDATE reporting.view_position SET position = %s, definition = %s, failure = NULL"
            " WHERE view = %s",
            (position, fresh.definition, name),
        )

    def _create(self, connection: Connection, table: Table[Any]) -> None:
        table.create(connection)
        table.index(connection)
        connection.execute(
            "INSERT INTO reporting.view_position (view, position, definition) VALUES (%s, 0, %s)",
            (table.name, table.definition),
        )

    def _running(self) -> list[tuple[Table[Any], int]]:
        """Those that have not stopped, if their tables are made as we would, and their positions.

        A table made by another release is left alone: it is to be built anew, or already was.
        """
        rows = self._database.run(
            lambda c: c.execute(
                "SELECT view, definition, position FROM reporting.view_position"
                " WHERE failure IS NULL"
            ).fetchall()
        )
        made = {(name, table.definition): table for name, table in self._tables.items()}
        return [(made[at[:2]], at[2]) for at in rows if at[:2] in made]

    def _advance(self, view: Table[Any], facts: Sequence[Fact]) -> None:
        """One batch for one view. What goes wrong stops this view alone, and is said."""
        try:
            self._commit(view, facts)
        except (*LOST, Unavailable):
            raise
        except Exception as failure:
            log.exception("view %s stopped behind %s", view.name, facts[0].position - 1)
            self._stop(view, facts, failure)

    def _commit(self, view: Table[Any], facts: Sequence[Fact]) -> None:
        with self._database.connection() as connection, connection.transaction():
            position, definition = _lock(connection, view.name)
            mine = [fact for fact in facts if fact.position > position]
            is_ours = definition == view.definition
            if is_ours and mine and mine[0].position == position + 1:
                _fold(connection, view, mine)
                connection.execute(
                    "UPDATE reporting.view_position SET position = %s WHERE view = %s",
                    (mine[-1].position, view.name),
                )
                connection.execute(f"NOTIFY {CHANNEL}".encode())

    def _stop(self, view: Table[Any], facts: Sequence[Fact], failure: Exception) -> None:
        """Commit what comes before the fact at fault, and name that fact."""
        if len(facts) > 1:
            half = len(facts) // 2
            self._advance(view, facts[:half])
            if not self._has_failed(view):
                self._advance(view, facts[half:])
            return
        said = f"at position {facts[0].position}: {type(failure).__name__}: {failure}"
        with self._database.connection() as connection:
            connection.execute(
                "UPDATE reporting.view_position SET failure = %s WHERE view = %s",
                (said, view.name),
            )

    def _has_failed(self, view: Table[Any]) -> bool:
        views = PostgresProgress(self._database).views()
        return any(p.failure for p in views if p.view == view.name)


class PostgresProgress(Progress):
    def __init__(self, database: Database) -> None:
        self._database = database

    def views(self) -> list[ViewProgress]:
        return self._database.run(_views)

    def wait(self, position: int, seconds: float) -> None:
        """As promised. Raises Unavailable too."""
        until = time.monotonic() + seconds
        if _reached(self.views(), position):
            return
        try:
            with self._database.connection() as connection, _listening(connection):
                _wait(connection, position, until)
        except LOST as lost:
            raise Unavailable(str(lost)) from lost


def _views(connection: Connection) -> list[ViewProgress]:
    rows = connection.execute(
        "SELECT view, position, failure FROM reporting.view_position ORDER BY view"
    ).fetchall()
    return [ViewProgress(*row) for row in rows]


def _reached(views: Sequence[ViewProgress], position: int) -> bool:
    return all(view.position >= position for view in views)


@contextmanager
def _listening(connection: Connection) -> Iterator[None]:
    connection.execute(f"LISTEN {CHANNEL}".encode())
    try:
        yield
    finally:
        connection.execute("UNLISTEN *")


def _wait(connection: Connection, position: int, until: float) -> None:
    """Look after each word of the worker's, and once more when time is up."""
    while not _reached(_views(connection), position):
        left = until - time.monotonic()
        if left <= 0:
            raise ViewTooFarBehind(f"not all views have read up to position {position} yet")
        for _ in connection.notifies(timeout=left, stop_after=1):
            pass


@contextmanager
def _alone(connection: Connection, name: str) -> Iterator[None]:
    """Nobody else builds this view anew meanwhile: both would fill the same table."""
    key = f"yice.rebuild.{name}"
    connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (key,))
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (key,))


def _lock(connection: Connection, name: str) -> tuple[int, str]:
    """How far a view is, and as whose table; nobody else moves it until the transaction ends."""
    row = connection.execute(
        "SELECT position, definition FROM reporting.view_position WHERE view = %s FOR UPDATE",
        (name,),
    ).fetchone()
    assert row is not None
    return int(row[0]), str(row[1])


def _fold(connection: Connection, table: Table[Any], facts: Sequence[Fact]) -> None:
    view = table.view
    mine = [(fact, view.keys(fact)) for fact in facts if type(fact.event) in view.facts]
    if not mine:
        return
    rows: dict[Hashable, Any] = table.load(connection, {key for _, keys in mine for key in keys})
    for fact, keys in mine:
        for key in keys:
            rows[key] = view.fold(rows.get(key), fact, key)
    if rows:
        table.write(connection, list(rows.values()))
