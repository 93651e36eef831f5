"""The same measures on registers of several sizes, filled with made-up histories."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

from tests.bench.asking import CALLERS, PAGES, must_find, turns_of
from tests.bench.cases import cases, lists
from tests.bench.figures import Figure
from tests.bench.past import pasts
from tests.bench.processes import get_json
from tests.bench.rebuild import rebuilds
from tests.bench.replay import replays
from tests.bench.setting import Server, Setting
from tests.bench.stock import prepare
from tests.bench.stores import Made
from tests.bench.turns import Turns, cursor_at, cursors
from tests.bench.writes import compare, running_writers

OWN_TICKETS = 200
"""Opened on top of the history: to write to, and to be searched for."""

APPENDING = (1, 16)

REPLAYED = 100


def measure(setting: Setting) -> Iterator[Figure]:
    for size in setting.scale.sizes:
        yield from _at_size(setting, size)


def _at_size(setting: Setting, size: int) -> Iterator[Figure]:
    from tests.histories.fill import fill

    at = f"{size:,} events"
    with setting.server(f"growth-{size}") as server:
        begin = time.perf_counter()
        filled = fill(server.owner, events=size, seed=1)
        rate = filled.events / (time.perf_counter() - begin)
        yield Figure(part="growth", what="fill by COPY", at=at, unit="events/s", yice=[rate])
        yield from rebuilds(setting, server, "growth", at)
        yield from _asked(setting, server, at)
        yield from replays(setting, server, "growth", (REPLAYED,), at)
        yield from pasts(setting, server, "growth", at)
        yield from _appends(setting, server, at)


def _appends(setting: Setting, server: Server, at: str) -> Iterator[Figure]:
    """Last: no view can read notes on tickets that were never opened. The other two begin empty."""
    made = Made(server)
    with running_writers(made, 1) as writers:
        for callers in APPENDING:
            what = f"append, {callers} caller{'s' * (callers > 1)}"
            yield from compare(
                writers, made, callers, setting.scale, at=at, part="growth", what=what
            )


def _asked(setting: Setting, server: Server, at: str) -> Iterator[Figure]:
    """All but transfers, eight at once; the floor has as many rows as there are tickets."""
    stock = prepare(server.urls, OWN_TICKETS)
    with turns_of(setting, server, stock, worker=["tests.bench.folder"]) as turns:
        must_find(turns, stock)
        starts = cursors(turns.yice.port, stock.headers, PAGES)
        chance = Random(1)
        asked = [
            *(c for c in cases(stock, starts, offers=0, chance=chance) if c.name != "transfer"),
            *lists(
                stock,
                cursor_at(stock.deep),
                _common_state(turns, stock.headers),
                chance,
            ),
        ]
        for case in asked:
            yield from turns.compare("growth", case, CALLERS[-1], at)


def _common_state(turns: Turns, headers: dict[str, str]) -> str:
    """The one that most tickets are in."""
    states = get_json(turns.yice.port, "/v1/tickets/counts", headers)["state"]
    return max(states, key=states.__getitem__)
