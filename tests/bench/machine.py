"""Where the figures were taken: without it they say nothing."""

from __future__ import annotations

import os
import platform
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import NamedTemporaryFile

import psutil
import psycopg
from msgspec import Struct

SYNCED_BYTES = 8192
"""As much as PostgreSQL writes of its log at a time."""


class Machine(Struct, frozen=True, kw_only=True):
    """`load`: how busy it was with other things in the minute before.

    `fsync_us`: median cost of making 8 kB durable where the databases lie.
    """

    at: str
    cpu: str
    cores: int
    memory_gib: int
    load: float
    fsync_us: float
    python: str
    postgresql: str
    fsync: str
    synchronous_commit: str
    libraries: dict[str, str]

    @property
    def described(self) -> str:
        libraries = ", ".join(f"{name} {number}" for name, number in self.libraries.items())
        return (
            f"{self.at}: {self.cores} cores ({self.cpu}), {self.memory_gib} GiB, load"
            f" {self.load:.1f} before; fsync of 8 kB takes {self.fsync_us:.0f} µs (median);"
            f" PostgreSQL {self.postgresql} on the same machine, fsync {self.fsync},"
            f" synchronous_commit {self.synchronous_commit}; Python {self.python}, {libraries}"
        )


def machine(url: str, home: Path) -> Machine:
    with psycopg.connect(url) as connection:

        def shown(name: str) -> str:
            row = connection.execute(f"SHOW {name}".encode()).fetchone()
            assert row is not None
            return str(row[0])

        return Machine(
            at=datetime.now(UTC).date().isoformat(),
            cpu=_cpu(),
            cores=len(os.sched_getaffinity(0)),
            memory_gib=round(psutil.virtual_memory().total / 2**30),
            load=os.getloadavg()[0],
            fsync_us=_fsync_us(home),
            python=platform.python_version(),
            postgresql=shown("server_version").split()[0],
            fsync=shown("fsync"),
            synchronous_commit=shown("synchronous_commit"),
            libraries={
                name: version(name) for name in ("eventsourcing", "flask", "gunicorn", "psycopg")
            },
        )


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def _fsync_us(home: Path) -> float:
    took = []
    with NamedTemporaryFile(dir=home) as file:
        for _ in range(100):
            os.pwrite(file.fileno(), bytes(SYNCED_BYTES), 0)
            begin = time.perf_counter()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - begin) * 1e6)
    return median(took)
