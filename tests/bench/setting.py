"""What every part of the bench is given: how much to do, and a PostgreSQL of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from msgspec import Struct

from infrastructure.embedded import EmbeddedPostgres
from infrastructure.opening import Urls, embedded_urls


class BenchFailed(click.ClickException):
    """What was to be measured did not happen; nothing is reported."""


class Scale(Struct, frozen=True, kw_only=True):
    """`seconds` bounds a round of requests, `append_seconds` one of appends; `rounds` of each.

    `tickets` of four events are there before anything is measured that reads; `library_events` are
    read by the library's runner in a round; `writers` says how many processes append, and how many
    callers in each, `slow_writers` the same on a slow disk; `sizes` are those of the growth, and a
    register of `large` events or more is rebuilt in `large_rounds` rounds; the tables of a history
    of `widened_events` are widened to `widened_tickets`.
    """

    rounds: int = 5
    seconds: float = 0.4
    append_seconds: float = 0.4
    tickets: int = 2_400
    library_events: int = 100
    writers: tuple[tuple[int, int], ...] = ((1, 1), (1, 8), (1, 16), (1, 64), (8, 1))
    slow_writers: tuple[tuple[int, int], ...] = ((1, 64), (8, 1))
    sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    large: int = 1_000_000
    large_rounds: int = 2
    widened_events: int = 100_000
    widened_tickets: int = 1_000_000


OPTIONS = {"max_connections": "200"}
"""A plain INSERT of 64 callers takes a connection each, beside those of the others."""

BENCH = Scale()
QUICK = Scale(
    rounds=1,
    seconds=0.1,
    append_seconds=0.1,
    tickets=160,
    library_events=20,
    writers=((1, 1), (2, 1)),
    slow_writers=((1, 2),),
    sizes=(2_000,),
    widened_events=2_000,
    widened_tickets=4_000,
)
"""Shows that it works; its figures mean nothing."""


@dataclass(frozen=True)
class Server:
    """A durable PostgreSQL as `yice serve` runs it: nothing of the safety is left out."""

    postgres: EmbeddedPostgres
    urls: Urls

    @property
    def owner(self) -> Urls:
        """Yice's two databases, by whoever may do more in them than the desk."""
        return Urls(self.postgres.url("yice"), self.postgres.url("yice_keys"))

    def database(self, name: str) -> str:
        """The URL of one for somebody else than Yice, on the same server."""
        self.postgres.create_database(name)
        return self.postgres.url(name)


@dataclass(frozen=True)
class Setting:
    """`home` lies on a disk: in memory fsync costs nothing, and nothing would be measured."""

    home: Path
    scale: Scale

    @property
    def logs(self) -> Path:
        return self.home / "bench.log"

    @contextmanager
    def server(self, name: str, *, like: str = "", keep: bool = False) -> Iterator[Server]:
        """`like`: it begins as a copy of one that was kept."""
        if like:
            subprocess.run(["cp", "-a", self.home / like, self.home / name], check=True)
        with EmbeddedPostgres(self.home / name, OPTIONS) as postgres:
            yield Server(postgres, embedded_urls(postgres))
        if not keep:
            shutil.rmtree(self.home / name)


@contextmanager
def setting(where: Path | None, scale: Scale) -> Iterator[Setting]:
    """In a new directory that goes away again."""
    home = Path(tempfile.mkdtemp(prefix="yice-bench-", dir=where))
    try:
        yield Setting(home, scale)
    finally:
        shutil.rmtree(home, ignore_errors=True)
