"""Yice held against the floor, request by request, in turns."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median

from tests.bench.cases import MOST_REQUESTS, Case
from tests.bench.figures import Figure, percentile
from tests.bench.load import Outcome, Request, Round
from tests.bench.processes import Bare, Load, Yice, get_json
from tests.bench.setting import BenchFailed, Scale

WARM_UP = 64
"""Requests before the first round, not counted: pools fill, plans and keys are kept."""


@dataclass(frozen=True, kw_only=True)
class Turns:
    """Each floor, then yice, then the same again; a round is shorter where its requests run out.

    `floors`: by what is said of them behind the statement that they are asked for.
    """

    load: Load
    floors: dict[str, Bare]
    yice: Yice
    headers: dict[str, str]
    scale: Scale

    def of_one_floor(self) -> Turns:
        return replace(self, floors={"": self.floors[""]})

    def compare(self, part: str, case: Case, callers: int, at: str = "") -> list[Figure]:
        """`at` names the condition, where it is another than the callers. Raises BenchFailed."""
        self._turn(case, callers, WARM_UP)
        turns = [self._turn(case, callers, MOST_REQUESTS) for _ in range(self.scale.rounds)]
        yice, *floors = zip(*turns, strict=True)
        return [
            Figure(
                part=part,
                what=case.name,
                at=at or f"{callers} at once",
                unit="req/s",
                yice=_rates(yice),
                against=f"{case.against}{said}",
                theirs=_rates(bare),
                also={
                    "p50 ms": _latency(yice, 0.50),
                    "p99 ms": _latency(yice, 0.99),
                    "floor p50 ms": _latency(bare, 0.50),
                    "floor p99 ms": _latency(bare, 0.99),
                },
            )
            for said, bare in zip(self.floors, floors, strict=True)
        ]

    def _turn(self, case: Case, callers: int, most: int) -> list[Outcome]:
        """Ours first. What it has left to be read is waited for and not counted."""
        with self.yice.at_rest():
            floors = [
                self._round(floor.port, case, case.bare, callers, most)
                for floor in self.floors.values()
            ]
        before = self.yice.head()
        yice = self._round(self.yice.port, case, case.yice, callers, min(most, case.supply))
        if case.writes and self.yice.head() - before < len(yice.latencies_ms):
            raise BenchFailed(f"{case.name}: not every request stored something")
        self.yice.wait_for_views()
        return [yice, *floors]

    def _round(
        self, port: int, case: Case, make: Callable[[], Request], callers: int, requests: int
    ) -> Outcome:
        return self.load.carry_out(
            Round(
                port=port,
                callers=callers,
                seconds=self.scale.seconds,
                headers=self.headers,
                requests=[make() for _ in range(requests)],
                least_bytes=case.least_bytes,
            )
        )


def cursors(port: int, headers: dict[str, str], pages: int) -> list[str]:
    """Where pages of the list begin, newest first."""
    found: list[str] = []
    path = "/v1/tickets"
    while len(found) < pages:
        cursor = get_json(port, path, headers)["next"]
        if cursor is None:
            break
        found.append(cursor)
        path = f"/v1/tickets?cursor={cursor}"
    return found


def cursor_at(position: int) -> str:
    """Where the page of tickets begins that were opened before a position of the register."""
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def _rates(outcomes: tuple[Outcome, ...]) -> list[float]:
    return [len(o.latencies_ms) / o.seconds for o in outcomes]


def _latency(outcomes: tuple[Outcome, ...], share: float) -> float:
    return median(percentile(o.latencies_ms, share) for o in outcomes)
