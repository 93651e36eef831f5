"""A process that appends, with so many callers at once; told by lines, as the load is."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from uuid import UUID, uuid4

from msgspec import Struct, json

from tests.bench.stores import Append, opened


class Go(Struct, frozen=True, kw_only=True):
    """Append from `begin` (by `time.monotonic`) for so many seconds, one event a transaction.

    Without `per_second` as fast as it goes; otherwise at that pace, and without waiting where it
    is behind. `streams`: the streams to go on with and their versions; without, each caller has
    one of its own.
    """

    store: str
    callers: int
    begin: float
    seconds: float
    per_second: float = 0.0
    streams: list[tuple[UUID, int]] = []


class Done(Struct, frozen=True, kw_only=True):
    """`end`: the last acknowledgement; `acknowledged`: position and time of each."""

    end: float
    acknowledged: list[tuple[int, float]]


def carry_out(go: Go, appends: list[Append]) -> Done:
    with ThreadPoolExecutor(go.callers) as threads:
        runs = [threads.submit(_append, go, n, append) for n, append in enumerate(appends)]
    acknowledged = [one for run in runs for one in run.result()]
    return Done(end=max((at for _, at in acknowledged), default=0.0), acknowledged=acknowledged)


def _append(go: Go, number: int, append: Append) -> list[tuple[int, float]]:
    """Position and time of each acknowledgement to one caller."""
    streams = [[id, version] for id, version in go.streams[number :: go.callers]]
    streams = streams or [[uuid4(), 0]]
    acknowledged = []
    for turn in count():
        due = go.begin
        if go.per_second:
            due += (turn * go.callers + number) / go.per_second
        if (early := due - time.monotonic()) > 0:
            time.sleep(early)
        if max(due, time.monotonic()) >= go.begin + go.seconds:
            return acknowledged
        stream = streams[turn % len(streams)]
        stream[1] += 1
        position = append(stream[0], stream[1])
        acknowledged.append((position, time.monotonic()))
    raise AssertionError("unreachable")


if __name__ == "__main__":
    store = opened(dict(os.environ))
    for line in sys.stdin.buffer:
        go = json.decode(line, type=Go)
        made = store(go.store)
        done = carry_out(go, [made.caller(number) for number in range(go.callers)])
        sys.stdout.buffer.write(json.encode(done) + b"\n")
        sys.stdout.buffer.flush()
