"""How long after its acknowledgement an event can be seen in all views, by who waits for it.

The worker runs as `yice worker`. Events are appended at half of the most that was seen without it.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from statistics import median

from application.views.progress import Progress, ViewTooFarBehind
from tests.bench.figures import Figure, percentile
from tests.bench.processes import PATIENCE_SECONDS, Told, running_worker
from tests.bench.setting import BenchFailed, Scale, Server, Setting
from tests.bench.stock import parts_of, tickets_of
from tests.bench.stores import CLIENT, Made
from tests.bench.writer import Done, Go
from tests.bench.writes import START_SECONDS, carry_out, running_writers

CALLERS = 16

SHARES = (("half of peak", 0.5), ("a tenth of peak", 0.1))

LOOK_SECONDS = 0.5
"""How long to wait for the views before looking whether there is anything to wait for."""


@dataclass(frozen=True)
class Appending:
    """One process that appends to the tickets that are there."""

    writers: Sequence[Told]
    server: Server
    scale: Scale

    def notes(self, per_second: float = 0.0) -> Done:
        """As fast as it goes, unless told otherwise. Raises BenchFailed if nothing was stored."""
        go = Go(
            store="yice",
            callers=CALLERS,
            begin=time.monotonic() + START_SECONDS,
            seconds=2 * self.scale.append_seconds,
            per_second=per_second,
            streams=tickets_of(self.server.urls.register),
        )
        done = carry_out(self.writers, go)[0]
        if not done.acknowledged:
            raise BenchFailed("nothing was appended")
        return done

    def peak(self) -> float:
        """Events a second."""
        rounds = []
        for _ in range(self.scale.rounds + 1):
            done = self.notes()
            first = min(at for _, at in done.acknowledged)
            rounds.append(len(done.acknowledged) / (done.end - first))
        return median(rounds[-self.scale.rounds :])


def measure_lag(setting: Setting, server: Server) -> Iterator[Figure]:
    made = Made(server)
    with closing(parts_of(server.urls)) as parts, running_writers(made, 1) as writers:
        parts.keys.create(CLIENT)
        appending = Appending(writers, server, setting.scale)
        peak = appending.peak()
        with running_worker(server.urls, setting.logs):
            _watch(parts.progress, parts.register.head())
            for said, share in SHARES:
                rounds = [
                    _lags(appending, parts.progress, share * peak)
                    for _ in range(setting.scale.rounds)
                ]
                at = f"{share * peak:.0f} events/s, {said}"
                for name, part_of_them in (("p50", 0.50), ("p99", 0.99)):
                    lags = [percentile(one, part_of_them) for one in rounds]
                    yield Figure(
                        part="views",
                        what=f"live lag {name}, all views",
                        at=at,
                        unit="ms",
                        yice=lags,
                    )


def _lags(appending: Appending, progress: Progress, per_second: float) -> list[float]:
    """Of each event, in ms. Raises BenchFailed if the views do not catch up, or one stopped."""
    begun = min(view.position for view in progress.views())
    with ThreadPoolExecutor(1) as thread:
        last: list[int] = []
        watching = thread.submit(_steps, progress, begun, last)
        try:
            done = appending.notes(per_second)
            last.append(max(position for position, _ in done.acknowledged))
        except BaseException:
            last.append(0)
            raise
        steps = watching.result()
    return lags(done.acknowledged, steps)


def lags(
    acknowledged: Sequence[tuple[int, float]], steps: Sequence[tuple[int, float]]
) -> list[float]:
    """From position and time of each acknowledgement, and of each step of the slowest view, in ms.

    A view may read an event before whoever wrote it is told; that is no lag.
    """
    reached = [position for position, _ in steps]
    found = []
    for position, at in acknowledged:
        seen_at = steps[bisect_left(reached, position)][1]
        found.append(max(seen_at - at, 0.0) * 1000)
    return found


def _steps(progress: Progress, begun: int, last: Sequence[int]) -> list[tuple[int, float]]:
    """How far the slowest view was, and when, until it has read the `last` position."""
    reached, steps = begun, [(begun, time.monotonic())]
    until = time.monotonic() + PATIENCE_SECONDS
    while not last or reached < last[0]:
        if any(view.failure for view in progress.views()) or time.monotonic() > until:
            raise BenchFailed(f"the views do not go on: {progress.views()}")
        try:
            progress.wait(reached + 1, LOOK_SECONDS)
        except ViewTooFarBehind:
            continue
        reached = min(view.position for view in progress.views())
        steps.append((reached, time.monotonic()))
    return steps


def _watch(progress: Progress, position: int) -> None:
    """Until the views have read so far."""
    _steps(progress, min(view.position for view in progress.views()), [position])
