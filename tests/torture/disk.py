"""A disk that can be filled: a small one in memory. Only root may mount one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from infrastructure.embedded import EmbeddedPostgres
from tests.support.postgres import home
from tests.support.processes import pause, until

MIB = 2**20
PIECE, PAGE = 64 * MIB, 4096


TABLE_GROWS = "CREATE TEMP TABLE ballast AS SELECT n FROM generate_series(1, 100000) n"

LOG_GROWS = (
    "SELECT pg_logical_emit_message(false, 'ballast', repeat('x', 4000000))"
    " FROM generate_series(1, 60)"
)
"""More than there are segments of the log to use again: PostgreSQL then gives up and recovers."""


@dataclass(frozen=True)
class Disk:
    """Where the data of a server lie. `can_fill`: it is a file system of its own."""

    home: Path
    can_fill: bool

    def fill(self, server: EmbeddedPostgres, statement: str, seconds: float) -> None:
        """Nothing can be written any more, until the server has noticed, and for so long more."""
        with self._ballast() as take_more:

            def has_noticed() -> bool:
                take_more()
                return _fails(server, statement)

            until(has_noticed)
            pause(seconds)

    @contextmanager
    def _ballast(self) -> Iterator[Callable[[], None]]:
        """Yields how to take what has become free meanwhile."""
        ballast = self.home / "ballast"
        try:
            with ballast.open("wb") as file:
                yield lambda: _grow(file.fileno())
        finally:
            ballast.unlink()

    @property
    def free_mib(self) -> int:
        return shutil.disk_usage(self.home).free // MIB


def _grow(file: int) -> None:
    """By all that is left, piece by piece: others write as well, and a piece is taken or not."""
    size = PIECE
    while size >= PAGE:
        try:
            os.posix_fallocate(file, os.fstat(file).st_size, size)
        except OSError:
            size //= 2


def _fails(server: EmbeddedPostgres, statement: str) -> bool:
    try:
        with psycopg.connect(server.url("postgres")) as connection:
            connection.execute(statement.encode())
    except psycopg.OperationalError:
        return True
    return False


@contextmanager
def disk(mib: int) -> Iterator[Disk]:
    """Empty at first, and gone afterwards."""
    place = Path(tempfile.mkdtemp(prefix="yice-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0755", "tmpfs", place],
        capture_output=True,
        check=False,
    )
    try:
        if mounted.returncode == 0:
            yield Disk(place, can_fill=True)
        else:
            with home() as ordinary:
                yield Disk(ordinary, can_fill=False)
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", place], check=True)
        place.rmdir()
