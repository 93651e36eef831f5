"""All views anew from the register, by the command that an operator types."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import psutil
import psycopg

from infrastructure.wiring import now
from tests.bench.figures import Figure
from tests.bench.processes import environ
from tests.bench.setting import BenchFailed, Server, Setting
from tests.bench.stock import parts_of, stocked
from tests.bench.views import RUNNER, library_of, project

COMMAND = ("interface.cli", "rebuild", "all")

LOOK_SECONDS = 0.02
"""How often the memory of the command is looked at."""


def measure(setting: Setting) -> list[Figure]:
    with stocked(setting, "rebuild") as (server, _):
        return list(rebuilds(setting, server, "rebuild"))


def rebuilds(setting: Setting, server: Server, part: str, at: str = "") -> Iterator[Figure]:
    """The start of the command is part of it. The first one is not counted."""
    seconds, peaks, theirs = [], [], []
    build(setting, server)
    with closing(parts_of(server.urls)) as parts, library_of(server, parts) as library:
        head = parts.register.head()
        scale = setting.scale
        for _ in range(scale.rounds if head < scale.large else scale.large_rounds):
            took, peak = _rebuild(setting, server)
            seconds.append(took)
            peaks.append(peak)
            theirs.append(project(server, library, setting.scale.library_events))
    at = at or f"{head:,} events"
    yield Figure(
        part=part,
        what="rebuild of all views",
        at=at,
        unit="events/s",
        yice=[head / took for took in seconds],
        against=RUNNER,
        theirs=theirs,
    )
    yield Figure(part=part, what="seconds of a rebuild", at=at, unit="s", yice=seconds)
    yield Figure(part=part, what="peak memory of a rebuild", at=at, unit="MiB", yice=peaks)


def build(setting: Setting, server: Server) -> None:
    """All views for the first time."""
    with closing(parts_of(server.urls)) as parts:
        parts.set_up(now)
    _run(setting, server)


def _rebuild(setting: Setting, server: Server) -> tuple[float, float]:
    """Seconds, and MiB. Raises BenchFailed unless all tables are new and hold what they held."""
    before = _tables(server.urls.register)
    seconds, peak = _run(setting, server)
    after = _tables(server.urls.register)
    if {name: rows for name, (_, rows) in before.items()} != {n: r for n, (_, r) in after.items()}:
        raise BenchFailed(f"a rebuild changed what views hold: {before}, then {after}")
    if not before or any(before[name][0] == after[name][0] for name in before):
        raise BenchFailed(f"not every view was built anew: {before}, then {after}")
    return seconds, peak


def _run(setting: Setting, server: Server) -> tuple[float, float]:
    with setting.logs.open("ab") as log:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", *COMMAND],
            env=os.environ | environ(server.urls),
            stdout=log,
            stderr=log,
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, _memory(process.pid))
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_SECONDS)
        seconds = time.perf_counter() - begin
    if process.returncode:
        raise BenchFailed(f"the rebuild failed:\n{setting.logs.read_text()[-2000:]}")
    return seconds, peak / 2**20


def _memory(pid: int) -> int:
    """Resident bytes of a process and its children; what they share is counted for each."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += one.memory_info().rss
    return total


def _tables(url: str) -> dict[str, tuple[int, int]]:
    """Each view's table: which one it is, and how many rows it has."""
    with psycopg.connect(url) as connection:
        views = connection.execute("SELECT view FROM reporting.view_position").fetchall()
        return {view: _table(connection, view) for (view,) in views}


def _table(connection: psycopg.Connection, view: str) -> tuple[int, int]:
    row = connection.execute(
        f"SELECT 'reporting.{view}'::regclass::oid::bigint, (SELECT count(*) FROM"
        f' reporting."{view}")'.encode()
    ).fetchone()
    assert row is not None
    return row[0], row[1]
