"""One run: clerks work while blows fall; afterwards everything is looked at."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from random import Random
from threading import Event
from typing import Any

from tests.support.checker import (
    Audited,
    Said,
    Tables,
    different,
    gone_back,
    left_behind,
    unlike,
    view_tables,
)
from tests.support.postgres import home
from tests.support.processes import Serving, pause, serving, until, yice
from tests.torture.blows import DISK, Blow, blows
from tests.torture.clerks import Clerk, clerks
from tests.torture.pair import pair
from tests.torture.site import site

CLERKS = 8

ENOUGH = 10
"""Commands answered between two blows at least, so that each falls into the middle of work."""

MIB_AT_FIRST, MIB_A_MINUTE = 300, 50
"""Of the disk."""

FROZEN_SECONDS = 1.0
"""How long a standby is out of reach before the primary is lost."""

Report = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What happened in a run, in numbers; `faults` is what must be empty."""

    what: str
    seed: int
    seconds: int
    blows: dict[str, int]
    acknowledged: int
    repeated: int
    retries: int
    refused: int
    abandoned: int
    abandoned_stored: int
    looks: int
    entries: int
    faults: list[str]
    left_out: list[str]

    @property
    def kills(self) -> int:
        return sum(n for name, n in self.blows.items() if "killed" in name)

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "kills": self.kills}


def torture(seconds: float, kills: int, harms: int, seed: int, report: Report) -> Outcome:
    """Work for so long under so many blows, then check."""
    chance = Random(seed)
    mib = MIB_AT_FIRST + int(MIB_A_MINUTE * seconds / 60)
    with site(mib) as place:
        people = clerks(place.desk, CLERKS, seed)
        plan = blows(kills, harms, can_fill=place.disk.can_fill, chance=chance)
        done: list[Blow] = []

        with working(people) as crew:
            pace, begun = seconds / (len(plan) + 1), time.monotonic()
            for number, blow in enumerate(plan, start=1):
                crew.go_on(begun + pace * (number + chance.uniform(-0.3, 0.3)))
                if crew.has_stopped():
                    break
                report(f"{crew.answered:6} answered, {place.disk.free_mib} MiB free: {blow.name}")
                with crew.blamed(blow.name):
                    blow.strike(place, chance)
                    done.append(blow)
            crew.go_on(begun + seconds)
            worked = time.monotonic() - begun
        report("looking at what is left")
        faults = [*crew.faults, *looked_at(place.desk, place.url("yice"), people)]
        struck = Counter(blow.name for blow in done)
        audited = Audited.read(place.url("yice"))
        left_out = [] if place.disk.can_fill else [f"{blow.name} (only root can)" for blow in DISK]
        return outcome("one node", seed, worked, struck, people, audited, faults, left_out)


def failovers(seconds: float, number: int, seed: int, report: Report, *url: str) -> Outcome:
    """Work for so long on two servers, of which the primary is lost so many times; then check.

    `url`: what else to say in the URL of the databases.
    """
    with pair() as servers, home() as place:
        urls = [servers.url(name, *url) for name in ("yice", "yice_keys")]
        named = {"YICE_DATABASE_URL": urls[0], "YICE_KEYS_URL": urls[1]}
        with serving(place, **named) as desk:
            servers.add_standby()
            people = clerks(desk, CLERKS, seed)
            with working(people) as crew:
                pace, begun = seconds / (number + 1), time.monotonic()
                for lost in range(1, number + 1):
                    crew.go_on(begun + pace * lost)
                    report(f"{crew.answered:6} answered: primary lost")
                    if lost % 2:
                        servers.freeze_standby()
                        pause(FROZEN_SECONDS)
                    servers.fail_over()
                    servers.add_standby()
                crew.go_on(begun + seconds)
                worked = time.monotonic() - begun
            report("looking at what is left")
            url_now = servers.primary.url("yice")
            faults = [*crew.faults, *looked_at(desk, url_now, people)]
            struck = Counter({"primary killed, standby promoted": number})
            audited = Audited.read(url_now)
            return outcome("two nodes", seed, worked, struck, people, audited, faults)


@dataclass
class Crew:
    people: Sequence[Clerk]
    working: Sequence[Future[None]]
    faults: list[str] = field(default_factory=list)

    def go_on(self, end: float) -> None:
        """Let them work until that time, and until they have been answered some more times."""
        before = self.answered
        until(lambda: time.monotonic() >= end or self.has_stopped(), math.inf)
        with self.blamed("the desk did not come back to work"):
            until(lambda: self.answered >= before + ENOUGH or self.has_stopped())

    @contextmanager
    def blamed(self, what: str) -> Iterator[None]:
        """What does not come about inside is a fault."""
        try:
            yield
        except AssertionError as wrong:
            self.faults.append(f"{what}: {wrong}")

    @property
    def answered(self) -> int:
        return sum(len(clerk.told) for clerk in self.people)

    def has_stopped(self) -> bool:
        return any(each.done() for each in self.working)


@contextmanager
def working(people: Sequence[Clerk]) -> Iterator[Crew]:
    """All of them, until the end of the context and of what they are at."""
    over = Event()
    with ThreadPoolExecutor(len(people)) as threads:
        crew = Crew(people, [threads.submit(clerk.work, over) for clerk in people])
        try:
            yield crew
        finally:
            over.set()
        for each in crew.working:
            each.result()


def looked_at(desk: Serving, url: str, people: Sequence[Clerk]) -> list[str]:
    """Everything that is wrong, once all has been read; each a line."""
    faults = list(unready(desk))
    kept = view_tables(url)
    faults += [*rebuilt(desk, kept, url), *stopped(desk)]
    held = Audited.read(url)
    kinds = {said: kind for clerk in people for said, kind in clerk.kinds.items()}
    told = [answer for clerk in people for answer in clerk.told]
    refused = [said for clerk in people for said in clerk.refused]
    return [
        *faults,
        *held.faults(told),
        *unlike(held, kinds),
        *left_behind(held, refused),
        *gone_back(look for clerk in people for look in clerk.looks),
        *(surprise for clerk in people for surprise in clerk.surprises),
        *(fault for clerk in people for fault in clerk.unforeseen),
        *unknown(held, kinds, people),
    ]


def unready(desk: Serving) -> Iterator[str]:
    try:
        until(desk.is_ready)
    except AssertionError as wrong:
        yield f"the desk is not ready: {wrong}"


def rebuilt(desk: Serving, kept: Tables, url: str) -> Iterator[str]:
    ended = yice(desk.home, "rebuild", "all", **desk.settings)
    if ended.returncode != 0:
        yield f"the views could not be rebuilt: {ended.stderr}"
    yield from different(kept, view_tables(url))


def stopped(desk: Serving) -> Iterator[str]:
    ready = desk.caller().insist("GET", "/readyz")
    yield from (f"a view stopped: {view}" for view in ready["views"] if view["failure"])


def unknown(held: Audited, kinds: dict[Said, str], people: Sequence[Clerk]) -> Iterator[str]:
    """Nothing is stored under a clerk's key that no clerk said, or that was not told of."""
    known = {*kinds, *(said for clerk in people for said in clerk.abandoned)}
    for said in {(e.actor, e.command_id) for e in held.entries}:
        if said[1].startswith("clerk-") and said not in known:
            yield f"{said} is stored, and nobody was told of it"


def outcome(
    what: str,
    seed: int,
    seconds: float,
    struck: Counter[str],
    people: Sequence[Clerk],
    held: Audited,
    faults: list[str],
    left_out: Sequence[str] = (),
) -> Outcome:
    stored = {(answer.actor, answer.command_id) for answer in held.answers}
    abandoned = [said for clerk in people for said in clerk.abandoned]
    return Outcome(
        what=what,
        seed=seed,
        seconds=round(seconds),
        blows=dict(sorted(struck.items())),
        acknowledged=sum(len(clerk.told) for clerk in people),
        repeated=sum(clerk.repeated for clerk in people),
        retries=sum(clerk.retries for clerk in people),
        refused=sum(len(clerk.refused) for clerk in people),
        abandoned=len(abandoned),
        abandoned_stored=sum(said in stored for said in abandoned),
        looks=sum(not look.told for clerk in people for look in clerk.looks),
        entries=len(held.entries),
        faults=faults,
        left_out=list(left_out),
    )
