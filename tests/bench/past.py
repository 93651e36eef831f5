"""Questions about the past, asked of the desk's own parts: without HTTP, one after the other.

The baseline of a file is the replay of all of it, as the desk does to decide; a list has none: it
cannot be replayed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import psycopg

from application.desk import replayed
from application.instant import AsOf, Clock
from application.views.obligations import ObligationFilter
from application.views.ticket_register import TicketFilter
from domain.errors import NotFound
from domain.ticket import Ticket
from infrastructure.wiring import Parts
from tests.bench.figures import Figure, percentile
from tests.bench.setting import BenchFailed, Server, Setting
from tests.bench.stock import parts_of, stocked

ASKED = 100
"""Of each in a round: as many as a percentile of 99 wants."""

PAGE = 50

FILE, SLOWEST = "one file as of, p99", "slowest list or count as of, p99"


def measure(setting: Setting) -> list[Figure]:
    with stocked(setting, "past") as (server, _):
        return list(pasts(setting, server, "past"))


def pasts(setting: Setting, server: Server, part: str, at: str = "") -> Iterator[Figure]:
    """As of any instant of the register that is there, on both clocks by turns."""
    chance, rounds = Random(1), setting.scale.rounds
    with closing(parts_of(server.urls)) as parts:
        then = _Then(parts, server, chance)
        at = at or f"{parts.register.head():,} events"
        files = [(_p99(then.file), _p99(then.replay)) for _ in range(rounds)]
        yield Figure(
            part=part,
            what=FILE,
            at=at,
            unit="ms",
            yice=[mine for mine, _ in files],
            against="replay of all of it, p99",
            theirs=[their for _, their in files],
        )
        lists = {name: [_p99(ask) for _ in range(rounds)] for name, ask in then.lists().items()}
        for name, values in lists.items():
            yield Figure(part=part, what=f"{name} as of, p99", at=at, unit="ms", yice=values)
        slowest = [max(of_round) for of_round in zip(*lists.values(), strict=True)]
        yield Figure(part=part, what=SLOWEST, at=at, unit="ms", yice=slowest)


class _Then:
    """Asks of ever other instants and files."""

    def __init__(self, parts: Parts, server: Server, chance: Random) -> None:
        self._parts, self._chance = parts, chance
        with psycopg.connect(server.urls.register) as connection:
            self._instants: list[datetime] = _column(connection, _INSTANTS)
            self._tickets: list[UUID] = _column(connection, _TICKETS)
        if not self._tickets:
            raise BenchFailed("there is no ticket to ask about")

    def file(self) -> None:
        """Any ticket as of any instant."""
        ticket_id = self._chance.choice(self._tickets)
        try:
            self._parts.past.ticket(ticket_id, self._as_of())
        except NotFound:  # it was opened later: to say so costs as much
            return

    def replay(self) -> None:
        replayed(Ticket, self._parts.register.stream(self._chance.choice(self._tickets)))

    def lists(self) -> dict[str, Callable[[], Any]]:
        parts, page = self._parts, {"after": None, "limit": PAGE}
        some, still_open = TicketFilter(is_closed=False), ObligationFilter(is_open=True)
        return {
            "tickets": lambda: parts.tickets_then.page(TicketFilter(), self._as_of(), **page),
            "open tickets": lambda: parts.tickets_then.page(some, self._as_of(), **page),
            "counts of tickets": lambda: parts.tickets_then.counts(TicketFilter(), self._as_of()),
            "clients": lambda: parts.clients_then.page(None, self._as_of(), **page),
            "staff": lambda: parts.staff_then.page(None, self._as_of(), **page),
            "open promises": lambda: parts.obligations_then.page(still_open, self._as_of(), **page),
        }

    def _as_of(self) -> AsOf:
        return AsOf(self._chance.choice(self._instants), self._chance.choice(list(Clock)))


_INSTANTS = b"""
    SELECT recorded_at FROM register.entry
     WHERE position % greatest((SELECT max(position) FROM register.entry) / 200, 1) = 0
"""

_TICKETS = b"""
    SELECT ticket_id FROM reporting.ticket_register
     ORDER BY ticket_id LIMIT 1000
"""


def _column(connection: psycopg.Connection[Any], statement: bytes) -> list[Any]:
    return [value for (value,) in connection.execute(statement).fetchall()]


def _p99(ask: Callable[[], Any]) -> float:
    """In milliseconds."""
    ask()
    took = []
    for _ in range(ASKED):
        begin = time.perf_counter()
        ask()
        took.append((time.perf_counter() - begin) * 1000)
    return percentile(took, 0.99)
