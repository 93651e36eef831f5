"""What is tortured: a desk as processes, behind a line that can be cut, on a disk that can fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from infrastructure.embedded import PORT, EmbeddedPostgres, EmbeddedPostgresFailed
from tests.support.postgres import home
from tests.support.processes import Serving, free_port, serving
from tests.torture.disk import Disk, disk
from tests.torture.proxy import Proxy, proxy

DURABLE: Mapping[str, str] = {
    "shared_buffers": "64MB",
    "min_wal_size": "32MB",
    "max_wal_size": "64MB",
}
"""What was acknowledged survives; little room is taken."""

LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Site:
    server: EmbeddedPostgres
    disk: Disk
    proxy: Proxy
    desk: Serving

    def url(self, database: str) -> str:
        """Straight to the server, past the line."""
        return self.server.url(database)


@contextmanager
def kept_running(server: EmbeddedPostgres) -> Iterator[None]:
    """As an init system would: whenever it is down it is started, until that succeeds."""
    over = Event()

    def keep() -> None:
        while not over.wait(LOOK_SECONDS):
            with suppress(EmbeddedPostgresFailed):
                server.ensure_running()

    keeper = Thread(target=keep)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


@contextmanager
def site(mib: int) -> Iterator[Site]:
    """`mib`: the size of the disk."""
    with ExitStack() as stack:
        place = stack.enter_context(disk(mib))
        server = stack.enter_context(EmbeddedPostgres(place.home, DURABLE))
        for name in ("yice", "yice_keys"):
            server.create_database(name)
        stack.enter_context(kept_running(server))
        socket_file = str(socket_of(server))
        line = stack.enter_context(proxy(free_port(), socket_file))
        urls = {"YICE_DATABASE_URL": line.url("yice"), "YICE_KEYS_URL": line.url("yice_keys")}
        desk = stack.enter_context(serving(stack.enter_context(home()), **urls))
        yield Site(server, place, line, desk)


def socket_of(server: EmbeddedPostgres) -> Path:
    return server.socket_directory / f".s.PGSQL.{PORT}"
