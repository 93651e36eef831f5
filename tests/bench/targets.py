"""What was promised, and whether these figures keep it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from tests.bench.figures import Figure
from tests.bench.past import FILE, SLOWEST

Compared = Literal["ratio", "value"]


class Target(Struct, frozen=True, kw_only=True):
    """Of one figure the ratio to its baseline must be at least, or its median below, `bound`."""

    said: str
    part: str
    what: str
    bound: float
    compared: Compared = "ratio"
    at: str = ""
    against: str = ""

    def figure(self, figures: Sequence[Figure]) -> Figure | None:
        """What it is about, if that was measured."""
        asked = [
            f
            for f in figures
            if (f.part, f.what) == (self.part, self.what)
            and (f.at == self.at or (self.part != "writes" and self.at in f.at))
            and self.against in f.against
        ]
        return asked[0] if asked else None


class Verdict(Struct, frozen=True, kw_only=True):
    target: Target
    measured: float
    unit: str
    is_met: bool


def verdicts(figures: Sequence[Figure]) -> list[Verdict]:
    """Of what was measured; nothing is said of what was not."""
    found = []
    for target in TARGETS:
        if (figure := target.figure(figures)) is not None:
            measured = _measured(target, figure)
            is_met, unit = measured >= target.bound, "×"
            if target.compared == "value":
                is_met, unit = measured < target.bound, figure.unit
            found.append(Verdict(target=target, measured=measured, unit=unit, is_met=is_met))
    return found


def _measured(target: Target, figure: Figure) -> float:
    if target.compared == "value":
        return figure.median
    assert figure.ratio is not None
    return figure.ratio.of_medians


TARGETS = (
    Target(
        said="8 connections append at least 0.8 × what plain `INSERT … COMMIT` does",
        part="writes",
        what="append",
        at="8 processes, 1 caller each",
        against="plain INSERT",
        bound=0.8,
    ),
    Target(
        said="the same on a disk whose flush takes a millisecond more",
        part="writes",
        what="append",
        at="8 processes, 1 caller each, slow disk",
        against="plain INSERT",
        bound=0.8,
    ),
    Target(
        said="16 callers in one process append at least 4 × what the library's recorder does",
        part="writes",
        what="append",
        at="16 callers in 1 process",
        against="library",
        bound=4,
    ),
    Target(
        said="64 callers in one process append at least 10 × what the library's recorder does",
        part="writes",
        what="append",
        at="64 callers in 1 process",
        against="library",
        bound=10,
    ),
    Target(
        said="64 callers do so on a disk whose flush takes a millisecond more",
        part="writes",
        what="append",
        at="64 callers in 1 process, slow disk",
        against="library",
        bound=10,
    ),
    Target(
        said="the live engine reads at least 20 × what the library's runner does, the same rows",
        part="views",
        what="live engine, 1 view",
        bound=20,
    ),
    Target(
        said="live lag p99 is under 50 ms at half of peak write rate",
        part="views",
        what="live lag p99, all views",
        at="half of peak",
        compared="value",
        bound=50,
    ),
    *(
        Target(
            said=f"{case} is answered at least 0.8 × as often as the bare floor, at concurrency 8",
            part="requests",
            what=case,
            at="8 at once",
            bound=0.8,
        )
        for case in ("create", "note", "transfer", "read", "history", "list")
    ),
    Target(
        said="on 1,000,000 tickets p99 of each list, counter and search is under 100 ms",
        part="wide",
        what="slowest p99 of all",
        at="1,000,000 tickets",
        compared="value",
        bound=100,
    ),
    Target(
        said="all views are rebuilt from 1,000,000 events in under 60 s",
        part="growth",
        what="seconds of a rebuild",
        at="1,000,000 events",
        compared="value",
        bound=60,
    ),
    Target(
        said="a rebuild from 1,000,000 events takes under 500 MiB of memory",
        part="growth",
        what="peak memory of a rebuild",
        at="1,000,000 events",
        compared="value",
        bound=500,
    ),
    *(
        Target(
            said=f"on 1,000,000 events p99 of {what} is under {bound} ms",
            part="growth",
            what=figure,
            at="1,000,000 events",
            compared="value",
            bound=bound,
        )
        for what, figure, bound in (
            ("one file as of an instant", FILE, 20),
            ("each list and count as of an instant", SLOWEST, 200),
        )
    ),
)
