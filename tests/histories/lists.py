"""How long lists, counters and search take on many tickets: `python -m tests.histories.lists`.

Asked of the classes that answer the HTTP interface, with the limits that it asks with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any
from uuid import UUID

import click

from application.views.obligations import ObligationFilter, Obligations
from application.views.search import Search, SearchFilter
from application.views.ticket_register import Taker, TicketFilter, TicketRegister
from infrastructure.opening import Urls
from infrastructure.settings import Settings
from infrastructure.wiring import Parts
from tests.histories.texts import COMMON, RARE
from tests.histories.widen import widen

PAGE = 51
"""A page of fifty, and one more to know whether it is the last."""

RUNS = 60
"""How often each is asked."""

SECONDS = 8.0
"""After which a slow one is not asked again."""

ROLES = frozenset({"cs_officer", "after_sales"})

Case = tuple[str, Callable[[], object]]


@dataclass(frozen=True)
class Known:
    """What there is to ask about: in turn, for one answer may be at hand already."""

    units: list[str]
    owners: list[UUID]
    clients: list[UUID]
    numbers: list[str]
    middle: int
    first_day: datetime
    now: datetime

    @classmethod
    def of(cls, parts: Parts) -> Known:
        def column(statement: str) -> list[Any]:
            return [
                row[0]
                for row in parts.database.run(lambda c: c.execute(statement.encode()).fetchall())
            ]

        register = "FROM reporting.ticket_register"
        [middle] = column(f"SELECT (max(opened_position) + min(opened_position)) / 2 {register}")
        [first_day] = column(f"SELECT min(opened_at) {register}")
        [now] = column(f"SELECT max(changed_at) {register}")
        return cls(
            units=column(f"SELECT DISTINCT unit {register} ORDER BY 1"),
            owners=column(f"SELECT DISTINCT owner_id {register} ORDER BY 1")[:20],
            clients=column(f"SELECT client_id {register} WHERE client_id IS NOT NULL LIMIT 20"),
            numbers=column(f"SELECT number {register} ORDER BY ticket_id LIMIT 20"),
            middle=middle,
            first_day=first_day,
            now=now,
        )


def measure_lists(urls: Urls, tickets: int, asked: str = "") -> list[tuple[str, float, float]]:
    """Name, median and 99th percentile in milliseconds of everything with `asked` in its name.

    `urls`: a register that was filled, with views that have read all of it; their tables are
    widened to so many tickets first.
    """
    widen(urls, tickets)
    settings = Settings.read({"YICE_DATABASE_URL": urls.register, "YICE_KEYS_URL": urls.keys})
    with closing(Parts(urls, settings)) as parts:
        known = Known.of(parts)
        return [(name, *_timed(ask)) for name, ask in _cases(parts, known) if asked in name]


def _timed(ask: Callable[[], object]) -> tuple[float, float]:
    ask()
    taken: list[float] = []
    end = time.perf_counter() + SECONDS
    while len(taken) < RUNS and (time.perf_counter() < end or len(taken) < 3):
        begin = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - begin) * 1_000)
    taken.sort()
    return taken[len(taken) // 2], taken[min(round(len(taken) * 0.99), len(taken) - 1)]


def _cases(parts: Parts, known: Known) -> Iterator[Case]:
    yield from _pages(parts.ticket_register, known)
    yield from _counters(parts, known)
    yield from _queues(parts.ticket_register, known)
    yield from _promises(parts.obligations, known)
    yield from _words(parts.search, known)
    yield "clients: first page", lambda: parts.client_file.page(before=None, limit=PAGE)
    yield (
        "clients: deep page",
        lambda: parts.client_file.page(before=known.middle, limit=PAGE),
    )
    yield "board", lambda: parts.boards.board("service-board", known.now)


def _filters(known: Known) -> dict[str, Callable[[], TicketFilter]]:
    """What the HTTP interface lets ask, alone and together."""
    unit, owner = cycle(known.units).__next__, cycle(known.owners).__next__
    client, number = cycle(known.clients).__next__, cycle(known.numbers).__next__
    day = known.first_day + timedelta(days=20)
    made = TicketFilter
    return {
        "unit": lambda: made(unit=unit()),
        "owner": lambda: made(owner_id=owner()),
        "mine": lambda: made(owner_id=owner(), is_closed=False),
        "first contacts": lambda: made(first_contact_id=owner(), is_closed=False),
        "offered": lambda: made(offered_to_id=owner()),
        "offered by me": lambda: made(offered_by_id=owner()),
        "returned": lambda: made(returned_to_id=owner()),
        "asked": lambda: made(asked_id=owner()),
        "alarms": lambda: made(alarmed_id=owner()),
        "client": lambda: made(client_ids=(client(),)),
        "number": lambda: made(number=number()),
        "state": lambda: made(state="closed"),
        "rare state": lambda: made(state="withdrawn"),
        "no such state": lambda: made(state="nowhere"),
        "procedure": lambda: made(procedure="complaint"),
        "channel": lambda: made(channel="letter"),
        "open": lambda: made(is_closed=False),
        "unit, open": lambda: made(unit=unit(), is_closed=False),
        "unit, state": lambda: made(unit=unit(), state="answered"),
        "unit, procedure, state": lambda: made(
            unit=unit(), procedure="complaint", state="withdrawn"
        ),
        "unit, procedure, state, channel": lambda: made(
            unit=unit(), procedure="enquiry", state="withdrawn", channel="letter"
        ),
        "owner, state": lambda: made(owner_id=owner(), state="withdrawn"),
        "owner, procedure, channel": lambda: made(
            owner_id=owner(), procedure="complaint", channel="letter"
        ),
        "returned twice": lambda: made(returned_at_least=2),
        "one day": lambda: made(opened_from=day, opened_to=day + timedelta(days=1)),
        "until an old day": lambda: made(opened_to=day),
        "from an old day": lambda: made(opened_from=day),
        "unit, one month": lambda: made(
            unit=unit(), opened_from=day, opened_to=day + timedelta(days=30)
        ),
    }


def _pages(register: TicketRegister, known: Known) -> Iterator[Case]:
    def page(name: str, asked: Callable[[], TicketFilter], before: int | None) -> Case:
        return name, lambda: register.page(asked(), before=before, limit=PAGE)

    yield page("tickets: first page", TicketFilter, None)
    yield page("tickets: deep page", TicketFilter, known.middle)
    for name, asked in _filters(known).items():
        yield page(f"tickets: {name}", asked, None)
        yield page(f"tickets: {name}, deep", asked, known.middle)


def _counters(parts: Parts, known: Known) -> Iterator[Case]:
    register = parts.ticket_register
    yield "counts: all", lambda: register.counts(TicketFilter())
    for name, asked in _filters(known).items():
        yield f"counts: {name}", lambda asked=asked: register.counts(asked())  # type: ignore[misc]
    yield "counts: open of each owner", lambda: register.open_counts(known.owners)
    yield "counts: overdue", lambda: parts.obligations.overdue_counts(known.now)
    owner = cycle(known.owners).__next__
    yield "counts: across, of an owner", lambda: parts.figures.count_open(owner_id=owner())
    yield (
        "counts: across, of a procedure",
        lambda: parts.figures.count_open(procedures=["complaint"], not_in=["registered"]),
    )


def _queues(register: TicketRegister, known: Known) -> Iterator[Case]:
    takers = cycle(
        Taker(staff_id=owner, unit=unit, roles=ROLES)
        for owner, unit in islice(zip(known.owners, cycle(known.units), strict=False), 20)
    ).__next__
    yield "queue: first page", lambda: register.queue(takers(), after=None, limit=PAGE)
    place = ("external", 5, known.first_day + (known.now - known.first_day) / 2, known.middle)
    yield "queue: deep page", lambda: register.queue(takers(), after=place, limit=PAGE)
    yield "queue: next", lambda: register.next(takers())


def _promises(obligations: Obligations, known: Known) -> Iterator[Case]:
    owner, unit = cycle(known.owners).__next__, cycle(known.units).__next__
    made, now = ObligationFilter, known.now
    filters: dict[str, Callable[[], ObligationFilter]] = {
        "all": made,
        "open": lambda: made(is_open=True),
        "of somebody": lambda: made(responsible_id=owner()),
        "of somebody, open": lambda: made(responsible_id=owner(), is_open=True),
        "overdue": lambda: made(overdue_at=now),
        "overdue, of somebody": lambda: made(overdue_at=now, responsible_id=owner()),
        "overdue, of a unit": lambda: made(overdue_at=now, unit=unit()),
        "of a unit": lambda: made(unit=unit()),
        "of a role": lambda: made(role="qc"),
        "of no known role": lambda: made(role="nobody"),
        "told": lambda: made(told_id=owner()),
        "of a level": lambda: made(level=1),
        "of a level that none has": lambda: made(level=9),
        "due to": lambda: made(due_to=now, is_open=True),
        "of a rule, in a year": lambda: made(
            rule="CH-07", due_from=known.first_day, due_to=known.first_day + timedelta(days=365)
        ),
        "mine": lambda: made(kept_by=(owner(), now), or_for=(ROLES, unit()), is_open=True),
        "supervised by me": lambda: made(supervised_by=owner(), is_open=True),
    }
    behind = (known.first_day + (now - known.first_day) / 2, known.middle)
    for name, asked in filters.items():
        for place, after in (("", None), (", deep", behind)):
            yield (
                f"obligations: {name}{place}",
                lambda asked=asked, after=after: obligations.page(  # type: ignore[misc]
                    asked(), after=after, limit=PAGE
                ),
            )
    yield "clock: to breach", lambda: obligations.to_breach(now, 100)
    yield "clock: to warn", lambda: obligations.to_warn(now, 100)
    yield "clock: to supervise", lambda: obligations.to_supervise(now, 100)


def _words(search: Search, known: Known) -> Iterator[Case]:
    unit = cycle(known.units).__next__
    questions: dict[str, Callable[[], SearchFilter]] = {
        "rare word": lambda: SearchFilter(words=(RARE,)),
        "common word": lambda: SearchFilter(words=(COMMON,)),
        "three words": lambda: SearchFilter(words=("水费", "退款", "管道")),
        "rare and common": lambda: SearchFilter(words=(RARE, COMMON)),
        "no such word": lambda: SearchFilter(words=("饕餮",)),
        "one character": lambda: SearchFilter(words=("水",)),
        "common word, unit": lambda: SearchFilter(words=(COMMON,), unit=unit()),
        "common word, procedure": lambda: SearchFilter(words=(COMMON,), procedure="complaint"),
        "common word, no such unit": lambda: SearchFilter(words=(COMMON,), unit="nowhere"),
        "common word, visibility": lambda: SearchFilter(words=(COMMON,), visibility="internal"),
    }
    for name, asked in questions.items():
        yield (
            f"search: {name}",
            lambda asked=asked: search.page(asked(), before=None, limit=PAGE),  # type: ignore[misc]
        )
        yield (
            f"search: {name}, deep",
            lambda asked=asked: search.page(  # type: ignore[misc]
                asked(), before=(known.middle, ""), limit=PAGE
            ),
        )
        yield f"search: {name}, counted", lambda asked=asked: search.count(asked())  # type: ignore[misc]


@click.command()
@click.option("--tickets", default=1_000_000, show_default=True)
@click.option("--asked", default="", help="Only what has this in its name.")
@click.option("--url", required=True, help="The register's database, filled and folded.")
@click.option("--keys-url", required=True, help="That of the keys.")
def main(tickets: int, asked: str, url: str, keys_url: str) -> None:
    """Print name, median and 99th percentile in milliseconds."""
    for name, p50, p99 in measure_lists(Urls(url, keys_url), tickets, asked):
        click.echo(f"{name:45}{p50:10.1f}{p99:10.1f}{'  !' if p99 > 100 else ''}")


if __name__ == "__main__":
    main()
