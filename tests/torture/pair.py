"""Two servers: one follows the other and confirms what it has taken over; either may be lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from infrastructure.embedded import EmbeddedPostgres
from tests.support.postgres import base_backup, home
from tests.support.processes import children, free_port, kill, runs, until
from tests.torture.site import DURABLE

CONFIRMED = {"synchronous_standby_names": "*", "wal_retrieve_retry_interval": "200ms"}
"""For a standby, and what it becomes: no commit is answered before another server has it."""


@dataclass
class Node:
    """A place and an address that servers come to stand at, one after the other."""

    place: Path
    port: int
    server: EmbeddedPostgres | None = None
    servers: int = 0

    def next(self, **options: str) -> EmbeddedPostgres:
        self.servers += 1
        where = {"listen_addresses": "127.0.0.1", "port": str(self.port)}
        place = self.place / str(self.servers)
        self.server = EmbeddedPostgres(place, {**DURABLE, **where, **options})
        return self.server

    @property
    def running(self) -> EmbeddedPostgres:
        assert self.server is not None
        return self.server

    @property
    def processes(self) -> list[psutil.Process]:
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            postmaster = psutil.Process(self.running.pid)
            return [postmaster, *children(postmaster)]
        return []


class Pair:
    def __init__(self, primary: Node, standby: Node, stack: ExitStack) -> None:
        self._nodes = (primary, standby)
        self._primary, self._standby, self._stack = primary, standby, stack
        self._enter(primary.next())

    def url(self, database: str, *more: str) -> str:
        """Of whichever of the two takes writes."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self._nodes)
        asked = "&".join(("target_session_attrs=read-write", *more))
        return f"postgresql://postgres@{hosts}/{database}?{asked}"

    @property
    def primary(self) -> EmbeddedPostgres:
        return self._primary.running

    def add_standby(self) -> None:
        """A new one, and from then on nothing is answered before it has it."""
        server = self._standby.next(**CONFIRMED)
        base_backup(self.primary, server.data.parent, "--write-recovery-conf")
        self._enter(server)
        with psycopg.connect(self.primary.url("postgres"), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
            asked = "SELECT true FROM pg_stat_replication WHERE sync_state = 'sync'"
            until(lambda: connection.execute(asked).fetchone())

    def freeze_standby(self) -> None:
        """It hears nothing any more; what was sent to it is not with it."""
        for process in self._standby.processes:
            process.suspend()

    def fail_over(self) -> None:
        """The primary dies with all that belongs to it; then the standby takes its place.

        A frozen standby dies as well, and is started with what it had.
        """
        self._end(self._primary)
        if any(p.status() == psutil.STATUS_STOPPED for p in self._standby.processes):
            self._end(self._standby)
            self._standby.running.ensure_running()
        with psycopg.connect(self._standby.running.url("postgres"), autocommit=True) as connection:
            assert connection.execute("SELECT pg_promote()").fetchone() == (True,)
        self._primary, self._standby = self._standby, self._primary

    def _end(self, node: Node) -> None:
        dying = node.processes
        for process in dying:
            with suppress(psutil.NoSuchProcess):
                kill(process)
        until(lambda: not any(runs(process) for process in dying))

    def _enter(self, server: EmbeddedPostgres) -> None:
        self._stack.enter_context(server)


@contextmanager
def pair() -> Iterator[Pair]:
    """With the two databases of a desk; the standby is yet to be added."""
    with ExitStack() as stack:
        nodes = [Node(stack.enter_context(home()), free_port()) for _ in range(2)]
        servers = Pair(*nodes, stack)
        for name in ("yice", "yice_keys"):
            servers.primary.create_database(name)
        yield servers
