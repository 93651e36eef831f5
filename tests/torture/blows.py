"""What is done to the desk: everything that keeps it running is killed, cut off, or run full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random

import psutil

from tests.support.processes import children, kill, until
from tests.torture.disk import LOG_GROWS, TABLE_GROWS
from tests.torture.site import Site

Strike = Callable[[Site, Random], None]


@dataclass(frozen=True)
class Blow:
    """`strike` returns once it is over; not once the desk has recovered."""

    name: str
    strike: Strike


def _killing(victim: Callable[[Site, Random], psutil.Process | None]) -> Strike:
    def strike(site: Site, chance: Random) -> None:
        kill(until(lambda: victim(site, chance)))

    return strike


def _web_worker(site: Site, chance: Random) -> psutil.Process | None:
    workers = site.desk.web_workers()
    return chance.choice(workers) if workers else None


def _postmaster(site: Site, chance: Random) -> psutil.Process | None:
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        return psutil.Process(site.server.pid)
    return None


def _backend(site: Site, chance: Random) -> psutil.Process | None:
    """One that works for the desk; PostgreSQL then ends all others, and recovers."""
    postmaster = _postmaster(site, chance)
    backends = [p for p in children(postmaster) if _is_ours(p)] if postmaster else []
    return chance.choice(backends) if backends else None


def _is_ours(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        who, _, where = " ".join(process.cmdline()).removeprefix("postgres: ").partition(" ")
        return bool(who) and where.startswith("yice")
    return False


def _filled(statement: str, least: float, most: float) -> Strike:
    return lambda site, chance: site.disk.fill(site.server, statement, chance.uniform(least, most))


def _told(word: str, least: float, most: float) -> Strike:
    return lambda site, chance: site.proxy.tell(word, chance.uniform(least, most))


KILLS: Sequence[Blow] = (
    Blow("web worker killed", _killing(_web_worker)),
    Blow("PostgreSQL backend killed", _killing(_backend)),
    Blow("projection worker killed", _killing(lambda site, chance: site.desk.worker())),
    Blow("postmaster killed", _killing(_postmaster)),
    Blow("web master killed", _killing(lambda site, chance: site.desk.web())),
)

DISK = (
    Blow("disk full", _filled(TABLE_GROWS, 1, 6)),
    Blow("disk full, its log included", _filled(LOG_GROWS, 1, 3)),
)

HARMS: Sequence[Blow] = (
    Blow("connections cut", _told("cut", 0, 0)),
    Blow("answers lost", _told("deafen", 0.1, 0.5)),
    Blow("line stalled", _told("stall", 1, 3)),
    Blow("line refused", _told("refuse", 1, 6)),
)


def blows(kills: int, harms: int, *, can_fill: bool, chance: Random) -> list[Blow]:
    """So many, every kind in turn, in an order of chance."""
    possible = [*DISK, *HARMS] if can_fill else HARMS
    plan = [*islice(cycle(KILLS), kills), *islice(cycle(possible), harms)]
    chance.shuffle(plan)
    return plan
