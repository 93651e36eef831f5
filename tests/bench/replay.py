"""A ticket as its events make it, against an aggregate of the library with as many events.

This is what a question about the past costs while there is nothing better to answer it by.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from application.desk import replayed
from domain.ticket import Ticket
from infrastructure.wiring import now
from tests.bench.figures import Figure
from tests.bench.library import env_of
from tests.bench.setting import BenchFailed, Server, Setting
from tests.bench.stock import NOTE, client_of, officer_of, open_tickets, parts_of
from tests.bench.stores import ACTOR

LENGTHS = (10, 100, 1_000)

OPENING = 2
"""Events of a ticket before its first note."""

EVENTS = 3_000
"""Replayed in a round, so that short tickets are replayed often."""


class Diary(Aggregate):
    """The library's own kind of aggregate, that remembers as much as a ticket does of a note."""

    def __init__(self) -> None:
        self.notes = 0

    @event("Noted")
    def note(self, text: str, by: str, role: str, command_id: str) -> None:
        self.notes += 1


def measure(setting: Setting) -> list[Figure]:
    with setting.server("replay") as server:
        return replays(setting, server, "replay")


def replays(
    setting: Setting, server: Server, part: str, lengths: Sequence[int] = LENGTHS, at: str = ""
) -> list[Figure]:
    """`at` names the condition, where it is another than the length."""
    with closing(parts_of(server.urls)) as parts:
        parts.set_up(now)
        officer = officer_of(parts)
        clients = [client_of(parts, officer)]
        application = Application[UUID](env_of(server.database("replay")))

        def ticket(length: int) -> Callable[[], None]:
            notes = length - OPENING
            (ticket_id,) = open_tickets(parts, officer, clients, range(1), notes=notes)

            def replay() -> None:
                if replayed(Ticket, parts.register.stream(ticket_id)).version != length:
                    raise BenchFailed("the ticket is not what its events make of it")

            return replay

        def diary(length: int) -> Callable[[], None]:
            made = Diary()
            for _ in range(length - 1):
                made.note(NOTE, ACTOR, "cs_officer", str(uuid4()))
            application.save(made)

            def replay() -> None:
                if application.repository.get(made.id).version != length:
                    raise BenchFailed("the aggregate is not what its events make of it")

            return replay

        figures = [
            _compare(part, at or "one ticket", n, ticket(n), diary(n), setting.scale.rounds)
            for n in lengths
        ]
        application.close()
        return figures


def _compare(
    part: str,
    at: str,
    length: int,
    ours: Callable[[], None],
    theirs: Callable[[], None],
    rounds: int,
) -> Figure:
    times = max(EVENTS // length, 1)
    for replay in (ours, theirs):
        _ms(replay, times)
    turns = [(_ms(ours, times), _ms(theirs, times)) for _ in range(rounds)]
    return Figure(
        part=part,
        what=f"replay of {length:,} events",
        at=at,
        unit="ms",
        yice=[mine for mine, _ in turns],
        against="library repository",
        theirs=[their for _, their in turns],
    )


def _ms(replay: Callable[[], None], times: int) -> float:
    begin = time.perf_counter()
    for _ in range(times):
        replay()
    return (time.perf_counter() - begin) * 1000 / times
