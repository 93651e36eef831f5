"""Where the figures were taken: without it they say nothing."""

from __future__ import annotations

import os
import platform

import psycopg
from msgspec import Struct


class Machine(Struct, frozen=True, kw_only=True):
    """`load`: how busy it was with other things in the minute before."""

    cores: int
    load: float
    python: str
    postgresql: str
    fsync: str
    synchronous_commit: str
    full_page_writes: str

    @property
    def described(self) -> str:
        return (
            f"{self.cores} cores (load {self.load:.1f} before), Python {self.python}, PostgreSQL"
            f" {self.postgresql}, fsync {self.fsync}, synchronous_commit {self.synchronous_commit}"
        )


def machine(url: str) -> Machine:
    with psycopg.connect(url) as connection:

        def shown(name: str) -> str:
            row = connection.execute(f"SHOW {name}".encode()).fetchone()
            assert row is not None
            return str(row[0])

        return Machine(
            cores=len(os.sched_getaffinity(0)),
            load=os.getloadavg()[0],
            python=platform.python_version(),
            postgresql=shown("server_version").split()[0],
            fsync=shown("fsync"),
            synchronous_commit=shown("synchronous_commit"),
            full_page_writes=shown("full_page_writes"),
        )
