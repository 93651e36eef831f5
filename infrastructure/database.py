"""Connections to PostgreSQL: one pool a process, never carried over a fork."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from application.register import Unavailable

Connection = psycopg.Connection[Any]

CONNECT_SECONDS = 5.0
"""How long to wait for a free or new connection."""

RETRY_SECONDS = 4.0
"""How long to go on after a lost connection before the caller is told."""

LOST = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
"""What psycopg says when the server went away."""

T = TypeVar("T")


class ForkedDatabase(RuntimeError):
    """A pool made before a fork was used after it: the two would share connections."""


class Database:
    """One PostgreSQL database. Connections commit each statement unless told otherwise."""

    def __init__(self, url: str, *, size: int = 10) -> None:
        self.url = url
        self._pid = os.getpid()
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=size,
            timeout=CONNECT_SECONDS,
            reconnect_timeout=CONNECT_SECONDS,  # or, after a long outage, it waits as long again
            kwargs={"autocommit": True},
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

    def close(self) -> None:
        if os.getpid() == self._pid:
            self._pool.close()
