"""How far the views of this release have read, asked and waited for."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from application.register import Unavailable
from application.views.progress import Progress, ViewDiffers, ViewProgress, ViewTooFarBehind
from infrastructure.database import LOST, Connection, Database
from infrastructure.views.positions import CHANNEL, positions

LOOK_SECONDS = 0.5
"""How often to look all the same: a pooler may hand the word to somebody else."""


class PostgresProgress(Progress):
    """Of the views that are named. What another release kept, and nobody moves, is left out."""

    def __init__(self, database: Database, names: Collection[str]) -> None:
        self._database, self._names = database, frozenset(names)

    def views(self) -> list[ViewProgress]:
        return self._database.run(self._views)

    def differing(self) -> list[ViewDiffers]:
        return self._database.run(_differing)

    def wait(self, position: int, seconds: float) -> None:
        """As promised. Raises Unavailable too."""
        until = time.monotonic() + seconds
        if _reached(self.views(), position):
            return
        try:
            with self._database.connection() as connection, _listening(connection):
                self._wait(connection, position, until)
        except LOST as lost:
            raise Unavailable(str(lost)) from lost

    def _views(self, connection: Connection) -> list[ViewProgress]:
        known = sorted(positions(connection), key=lambda at: at.view)
        return [
            ViewProgress(at.view, at.position, at.failure) for at in known if at.view in self._names
        ]

    def _wait(self, connection: Connection, position: int, until: float) -> None:
        while not _reached(self._views(connection), position):
            left = until - time.monotonic()
            if left <= 0:
                raise ViewTooFarBehind(f"not all views have read up to position {position} yet")
            for _ in connection.notifies(timeout=min(left, LOOK_SECONDS), stop_after=1):
                pass


def _differing(connection: Connection) -> list[ViewDiffers]:
    found = connection.execute(
        "SELECT view, count(*), min(found_at) FROM reporting.view_difference"
        " GROUP BY view ORDER BY view"
    )
    return [ViewDiffers(*row) for row in found.fetchall()]


def _reached(views: Sequence[ViewProgress], position: int) -> bool:
    return all(view.position >= position for view in views)


@contextmanager
def _listening(connection: Connection) -> Iterator[None]:
    connection.execute(f"LISTEN {CHANNEL}".encode())
    try:
        yield
    finally:
        connection.execute("UNLISTEN *")
