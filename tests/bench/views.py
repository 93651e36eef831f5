"""The views: how fast they are folded, and how far behind they are while the desk is written to."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from uuid import UUID

import psycopg

from application.register import Submission
from application.views.ticket_history import TicketHistoryView
from infrastructure.views.projector import Projector
from infrastructure.wiring import Parts
from tests.bench.figures import Figure
from tests.bench.lag import measure_lag
from tests.bench.library import Library
from tests.bench.setting import BenchFailed, Server, Setting
from tests.bench.stock import parts_of, stocked, tickets_of
from tests.bench.stores import ACTOR, noted

EVENTS = 2_000
"""Read by our engine in a round."""

RUNNER = "library runner, 1 view"


def measure(setting: Setting) -> list[Figure]:
    with stocked(setting, "views") as (server, _):
        return [*_throughput(setting, server), *measure_lag(setting, server)]


def _throughput(setting: Setting, server: Server) -> Iterator[Figure]:
    """Our engine with the one view that has a row an event, as the library's has; then with all."""
    with closing(parts_of(server.urls)) as parts, library_of(server, parts) as library:
        history = Projector(parts.database, parts.register, [TicketHistoryView()])
        parts.projector.catch_up()
        one, all_of_them, theirs = [], [], []
        for turn in range(setting.scale.rounds + 1):
            rounds = (
                _fold(server, parts, history.catch_up),
                _fold(server, parts, parts.projector.catch_up),
                project(server, library, setting.scale.library_events),
            )
            if turn:  # the first one warms up
                for kept, rate in zip((one, all_of_them, theirs), rounds, strict=True):
                    kept.append(rate)
    for what, ours in (("live engine, 1 view", one), ("live engine, all views", all_of_them)):
        yield Figure(
            part="views", what=what, unit="events/s", yice=ours, against=RUNNER, theirs=theirs
        )


def _fold(server: Server, parts: Parts, catch_up: Callable[[], None]) -> float:
    """Events a second of a backlog. What was left is read before and not counted, by both: who
    was overtaken reads once what the other has read."""
    parts.projector.catch_up()
    catch_up()
    before = _rows(server.urls.register, "reporting.ticket_history")
    append_notes(server, parts, EVENTS)
    gc.collect()  # what was made ready, and is not needed any more
    begin = time.perf_counter()
    catch_up()
    seconds = time.perf_counter() - begin
    if _rows(server.urls.register, "reporting.ticket_history") - before != EVENTS:
        raise BenchFailed("the view does not hold a row for each event")
    return EVENTS / seconds


def project(server: Server, library: Library, events: int) -> float:
    """Events a second by the library's runner, of as many that were stored before."""
    before = _rows(server.database("library"), "entries")
    library.fill(events + 1)
    rate = library.project(events)
    if _rows(server.database("library"), "entries") - before < events:
        raise BenchFailed("the library's view does not hold a row for each event")
    return rate


@contextmanager
def library_of(server: Server, parts: Parts) -> Iterator[Library]:
    """In a database of its own, with the bytes of our note as its events."""
    state = parts.codec.encode(noted(UUID(int=1), 1))
    with closing(Library(server.database("library"), state)) as library:
        library.fill(1)
        library.project(0)
        yield library


def append_notes(server: Server, parts: Parts, number: int) -> None:
    """So many, in one transaction, to the tickets that are there."""
    streams = tickets_of(server.urls.register)
    submissions = []
    for turn in range(number):
        stream_id, version = streams[turn % len(streams)]
        streams[turn % len(streams)] = stream_id, version + 1
        event = noted(stream_id, version + 1)
        submissions.append(
            Submission(
                by=ACTOR,
                command_id=event.command_id,
                fingerprint=bytes(32),
                stream_id=stream_id,
                version=version + 1,
                events=[event],
            )
        )
    parts.register.append(submissions)


def _rows(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])
