"""Requests through HTTP: Yice and the floor, on the same PostgreSQL, under the same load."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from random import Random
from urllib.parse import quote

import psycopg

from tests.bench import bare
from tests.bench.cases import cases, lists
from tests.bench.figures import Figure
from tests.bench.processes import WORKER, get_json, running_bare, running_load, running_yice
from tests.bench.setting import BenchFailed, Server, Setting
from tests.bench.stock import COMMON, MATTER, Stock, rare, stocked
from tests.bench.turns import Turns, cursor_at, cursors

CALLERS = (1, 8)
"""The second floor is asked by the most of them, and for no lists: it only shows which server it is
that the first one runs under."""

OWN_SERVER = ", under our server"

PAGES = 20
"""How many places there are to begin a list at."""


def measure(setting: Setting) -> list[Figure]:
    """Pages first: how many tickets are there then does not depend on how fast they are made."""
    with (
        stocked(setting, "requests") as (server, stock),
        turns_of(setting, server, stock, own=bare.has_own_server()) as turns,
    ):
        found = pages(turns.of_one_floor(), stock)
        return [*requests(turns, stock), *found]


def requests(turns: Turns, stock: Stock) -> list[Figure]:
    """Each case, first by one caller, then by eight. Each transfer takes a ticket of its own."""
    starts = cursors(turns.yice.port, stock.headers, PAGES)
    offers = len(stock.ticket_ids) // (len(CALLERS) * (turns.scale.rounds + 1))
    asked = cases(stock, starts, offers=offers, chance=Random(1))
    by_callers = {n: turns if n == max(CALLERS) else turns.of_one_floor() for n in CALLERS}
    return [
        figure
        for case in asked
        for callers, of_them in by_callers.items()
        for figure in of_them.compare("requests", case, callers)
    ]


def pages(turns: Turns, stock: Stock) -> list[Figure]:
    must_find(turns, stock)
    first = get_json(turns.yice.port, "/v1/tickets", stock.headers)["items"]
    asked = lists(stock, cursor_at(stock.deep), first[-1]["state"], Random(1))
    return [figure for case in asked for figure in turns.compare("lists", case, CALLERS[-1])]


@contextmanager
def turns_of(
    setting: Setting,
    server: Server,
    stock: Stock,
    *,
    own: bool = False,
    worker: Sequence[str] = WORKER,
) -> Iterator[Turns]:
    """Everything runs, and the views have read what there is.

    `own`: with a second floor, under Yice's server.
    """
    with ExitStack() as running:
        load = running.enter_context(running_load())
        url = _floor(server, stock)
        floors = {"": running.enter_context(running_bare(url, setting.logs))}
        if own:
            second = running_bare(url, setting.logs, own=True)
            floors[OWN_SERVER] = running.enter_context(second)
        yice = running.enter_context(running_yice(server.urls, setting.logs, worker))
        yice.wait_for_views()
        yield Turns(load=load, floors=floors, yice=yice, headers=stock.headers, scale=setting.scale)


def _floor(server: Server, stock: Stock) -> str:
    """A database with as many rows as there are tickets."""
    url = server.database("bare")
    with psycopg.connect(url) as connection:
        bare.prepare(connection, MATTER, stock.tickets)
    return url


def must_find(turns: Turns, stock: Stock) -> None:
    """What is searched for is there: a search that finds nothing is fast. Raises BenchFailed."""
    for words, expected in ((rare(1), 1), (COMMON, min(len(stock.ticket_ids), bare.PAGE))):
        path = f"/v1/search?q={quote(words)}"
        found = get_json(turns.yice.port, path, stock.headers)["items"]
        if len(found) != expected:
            raise BenchFailed(f"searched for {words}: {len(found)} found, not {expected}")
