"""Connections to PostgreSQL: one pool a process, never carried over a fork."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool, PoolTimeout

from application.register import Unavailable
from infrastructure.asking import Asker

CONNECT_SECONDS = 5.0
"""How long to wait for a free or new connection."""

RETRY_SECONDS = 4.0
"""How long to go on after a lost connection before the caller is told."""

LOST = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    PoolTimeout,
    psycopg.errors.ReadOnlySqlTransaction,
)
"""What psycopg says when the server went away, or is no longer the one that takes writes."""

GONE: Mapping[str, int] = {
    "connect_timeout": 2,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""How soon a server that says nothing counts as gone, unless the URL says otherwise.

In seconds, the last in milliseconds. The first is for each host of a URL that names several.
"""

T = TypeVar("T")


class Connection(psycopg.Connection[Any]):
    """One that is asked below cursors, and keeps how."""

    PREPARES = True

    @cached_property
    def asker(self) -> Asker:
        return Asker(self, is_prepared=self.PREPARES)


class Unprepared(Connection):
    PREPARES = False


class ForkedDatabase(RuntimeError):
    """A pool made before a fork was used after it: the two would share connections."""


class Database:
    """One PostgreSQL database. Connections commit each statement unless told otherwise.

    `prepare`: statements that come again and again are prepared. Not where a pooler hands
    connections round between transactions: what was prepared on one would be asked of another.
    """

    def __init__(self, url: str, *, size: int = 10, prepare: bool = True) -> None:
        self.url = url
        self._pid = os.getpid()
        self._pool = ConnectionPool(
            impatient(url),
            connection_class=Connection if prepare else Unprepared,
            min_size=1,
            max_size=size,
            timeout=CONNECT_SECONDS,
            reconnect_timeout=CONNECT_SECONDS,  # or, after a long outage, it waits as long again
            kwargs={"autocommit": True} | ({} if prepare else {"prepare_threshold": None}),
            open=True,
        )

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Raises ForkedDatabase, and Unavailable if no connection is to be had."""
        if os.getpid() != self._pid:
            raise ForkedDatabase("open the database after the fork, not before")
        try:
            connection = self._pool.getconn()
        except LOST as lost:
            raise Unavailable(str(lost)) from lost
        try:
            yield connection
        except psycopg.errors.ReadOnlySqlTransaction:
            connection.close()  # what is behind it has become a standby
            raise
        finally:
            self._pool.putconn(connection)

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do work that may safely be done twice; once more after a lost connection.

        Raises Unavailable.
        """
        until = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                with self.connection() as connection:
                    return work(connection)
            except (*LOST, Unavailable) as lost:
                if time.monotonic() > until:
                    raise Unavailable(str(lost)) from lost
                self._pool.check()

    def rows(self, statement: str | bytes, parameters: Sequence[object] = ()) -> list[Any]:
        """Of one question that changes nothing. Raises Unavailable."""
        asked = statement.encode() if isinstance(statement, str) else statement
        return self.run(lambda connection: self.ask(connection, asked, parameters))

    def ask(
        self, connection: Connection, statement: bytes, parameters: Sequence[object] = ()
    ) -> list[Any]:
        """The same over a connection of this database. Raises what psycopg would."""
        return connection.asker.answer(statement, parameters)

    def close(self) -> None:
        if os.getpid() == self._pid:
            self._pool.close()


def impatient(url: str) -> str:
    """The URL, saying how soon a server that says nothing counts as gone."""
    said = conninfo_to_dict(url)
    return make_conninfo(url, **{name: v for name, v in GONE.items() if name not in said})
