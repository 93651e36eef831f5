"""Yice held against the floor, request by request, in turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from tests.bench.cases import MOST_REQUESTS, Case
from tests.bench.figures import Ratio, Speed
from tests.bench.load import Outcome, Request, Round
from tests.bench.processes import Bare, Load, Yice

CONCURRENCY = (1, 8)

ROUNDS = 3
"""Of each of the two, in turns: bare, yice, bare, yice …"""

WARM_UP = 16
"""Requests before the first round, not counted: pools fill, plans and keys are kept."""


class Comparison(Struct, frozen=True, kw_only=True):
    case: str
    against: str
    concurrency: int
    bare: Speed
    yice: Speed
    ratio: Ratio


@dataclass(frozen=True, kw_only=True)
class Turns:
    """Rounds of so many `seconds`, shorter where requests run out."""

    load: Load
    bare: Bare
    yice: Yice
    headers: dict[str, str]
    seconds: float

    def compare(self, case: Case, concurrency: int) -> Comparison:
        """Raises BenchFailed."""
        self._pair(case, concurrency, WARM_UP)
        pairs = [self._pair(case, concurrency, MOST_REQUESTS) for _ in range(ROUNDS)]
        bare, yice = (_speed(outcomes) for outcomes in zip(*pairs, strict=True))
        return Comparison(
            case=case.name,
            against=case.against,
            concurrency=concurrency,
            bare=bare,
            yice=yice,
            ratio=Ratio.of(yice.rounds, bare.rounds),
        )

    def _pair(self, case: Case, concurrency: int, most: int) -> tuple[Outcome, Outcome]:
        with self.yice.at_rest():
            bare = self._round(self.bare.port, case.bare, concurrency, most)
        yice = self._round(self.yice.port, case.yice, concurrency, min(most, case.supply))
        self.yice.wait_for_views()
        return bare, yice

    def _round(
        self, port: int, make: Callable[[], Request], concurrency: int, requests: int
    ) -> Outcome:
        return self.load.carry_out(
            Round(
                port=port,
                threads=concurrency,
                seconds=self.seconds,
                headers=self.headers,
                requests=[make() for _ in range(requests)],
            )
        )


def _speed(outcomes: tuple[Outcome, ...]) -> Speed:
    return Speed.of(
        [len(o.latencies_ms) / o.seconds for o in outcomes],
        [latency for o in outcomes for latency in o.latencies_ms],
    )
