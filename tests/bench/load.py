"""The load: a process of its own that sends requests over kept connections and times each one.

It reads one `Round` a line, and answers each with an `Outcome`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from threading import Barrier

from msgspec import Struct, json

TIMEOUT_SECONDS = 30.0
"""How long to wait for one answer."""


class Request(Struct, frozen=True, array_like=True):
    method: str
    path: str
    body: bytes | None = None


class Round(Struct, frozen=True, kw_only=True):
    """Send these until all are sent or time is up, whichever comes first."""

    port: int
    threads: int
    seconds: float
    headers: dict[str, str]
    requests: list[Request]


class Outcome(Struct, frozen=True, kw_only=True):
    """`seconds` from the first request to the last answer; `refused`: what went wrong, if it did.

    A round in which anything was refused measures nothing.
    """

    seconds: float
    latencies_ms: list[float]
    refused: list[str]


def carry_out(round: Round) -> Outcome:
    waiting = iter(round.requests)
    begun = Barrier(round.threads, timeout=TIMEOUT_SECONDS)
    with ThreadPoolExecutor(round.threads) as threads:
        runs = [threads.submit(_send, round, waiting, begun) for _ in range(round.threads)]
    sent = [one for run in runs for one in run.result()]
    return Outcome(
        seconds=max(end for _, end, _ in sent) - min(start for start, _, _ in sent),
        latencies_ms=[(end - start) * 1000 for start, end, _ in sent],
        refused=[said for _, _, said in sent if said],
    )


def _send(
    round: Round, waiting: Iterator[Request], begun: Barrier
) -> list[tuple[float, float, str]]:
    """Start, end and refusal of each request, over one connection."""
    connection = HTTPConnection("127.0.0.1", round.port, timeout=TIMEOUT_SECONDS)
    connection.connect()
    begun.wait()
    until = time.perf_counter() + round.seconds
    sent = []
    for request in waiting:
        start = time.perf_counter()
        said = _answer(connection, request, round.headers)
        sent.append((start, time.perf_counter(), said))
        if sent[-1][1] > until:
            break
    connection.close()
    return sent


def _answer(connection: HTTPConnection, request: Request, headers: dict[str, str]) -> str:
    """Empty, or the refusal."""
    connection.request(request.method, request.path, request.body, headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status < 300:
        return ""
    return f"{request.method} {request.path}: {answer.status} {body[:300].decode()}"


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        outcome = carry_out(json.decode(line, type=Round))
        sys.stdout.buffer.write(json.encode(outcome) + b"\n")
        sys.stdout.buffer.flush()
