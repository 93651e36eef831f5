"""The write path: events a second into the register, against the library and a plain INSERT."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import psycopg

from tests.bench.figures import Figure
from tests.bench.processes import Told, told
from tests.bench.setting import BenchFailed, Scale, Server, Setting
from tests.bench.stores import STORES, Made
from tests.bench.writer import Done, Go

START_SECONDS = 0.05
"""Ahead of the clock, so that all processes have been told when it starts."""

WARM_UP_SECONDS = 0.2

SLOW_US = 1_000
"""How much longer a flush takes on what stands in for a slow or distant disk."""


def measure(setting: Setting) -> list[Figure]:
    with setting.server("writes") as server:
        made = Made(server)
        scale = setting.scale
        with running_writers(made, max(n for n, _ in (*scale.writers, *scale.slow_writers))) as all:
            figures = [
                figure
                for n, callers in scale.writers
                for figure in compare(all[:n], made, callers, scale, at=said(n, callers))
            ]
            flush_takes(server, SLOW_US)
            return figures + [
                figure
                for n, callers in scale.slow_writers
                for figure in compare(
                    all[:n], made, callers, scale, at=f"{said(n, callers)}, slow disk"
                )
            ]


def flush_takes(server: Server, longer_us: int) -> None:
    """Every flush of the log, by so many microseconds more."""
    with psycopg.connect(server.postgres.url("postgres"), autocommit=True) as connection:
        for name, value in (("commit_delay", longer_us), ("commit_siblings", 0)):
            connection.execute(f"ALTER SYSTEM SET {name} = {value}".encode())
        connection.execute("SELECT pg_reload_conf()")


def compare(
    writers: Sequence[Told],
    made: Made,
    callers: int,
    scale: Scale,
    *,
    at: str,
    part: str = "writes",
    what: str = "append",
) -> Iterator[Figure]:
    """The three in turns, round by round; once over before anything is counted."""
    for store in STORES:
        rate(writers, made, store, callers, min(WARM_UP_SECONDS, scale.append_seconds))
    rounds = [
        [rate(writers, made, store, callers, scale.append_seconds) for store in STORES]
        for _ in range(scale.rounds)
    ]
    yice, library, insert = (list(rates) for rates in zip(*rounds, strict=True))
    for against, theirs in (("library recorder", library), ("plain INSERT", insert)):
        yield Figure(part=part, what=what, at=at, yice=yice, against=against, theirs=theirs)


def rate(writers: Sequence[Told], made: Made, store: str, callers: int, seconds: float) -> float:
    """Acknowledged events a second. Raises BenchFailed unless just those are stored."""
    before = made.stored(store)
    begin = time.monotonic() + START_SECONDS
    done = carry_out(writers, Go(store=store, callers=callers, begin=begin, seconds=seconds))
    appended = sum(len(one.acknowledged) for one in done)
    if made.stored(store) - before != appended:
        raise BenchFailed(f"{store} acknowledged {appended} events, which are not those it holds")
    return appended / (max(one.end for one in done) - begin)


def carry_out(writers: Sequence[Told], go: Go) -> list[Done]:
    """All at once."""
    for writer in writers:
        writer.tell(go)
    return [writer.hear(Done) for writer in writers]


@contextmanager
def running_writers(made: Made, number: int) -> Iterator[list[Told]]:
    """Ready to append: what they need has been imported and opened."""
    with ExitStack() as running:
        writers = [
            Told(running.enter_context(told("tests.bench.writer", made.environ)))
            for _ in range(number)
        ]
        for store in STORES:
            carry_out(writers, Go(store=store, callers=1, begin=0, seconds=0))
        yield writers


def said(processes: int, callers: int) -> str:
    if processes > 1:
        return f"{processes} processes, 1 caller each"
    return f"{callers} caller{'s' * (callers > 1)} in 1 process"
