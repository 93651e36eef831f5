"""The load: a process of its own that sends requests over kept connections and times each one.

It shares the machine with what it measures, so it does as little as it can: all requests are bytes
before the clock starts, one thread serves all connections, and of an answer no more is read than
its status and its length. It reads one `Round` a line, and answers each with an `Outcome`.
"""

from __future__ import annotations

import re
import selectors
import socket
import sys
import time
from collections.abc import Iterator

from msgspec import Struct, json

TIMEOUT_SECONDS = 30.0
"""How long to wait for one answer."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


class Request(Struct, frozen=True, array_like=True):
    method: str
    path: str
    body: bytes | None = None

    def raw(self, headers: dict[str, str]) -> bytes:
        body = self.body or b""
        said = {"Host": "bench", **headers, "Content-Length": str(len(body))}
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in said.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


class Round(Struct, frozen=True, kw_only=True):
    """Send these, `callers` at a time, until all are sent or time is up.

    An answer of less than `least_bytes` does not hold what was asked for.
    """

    port: int
    callers: int
    seconds: float
    headers: dict[str, str]
    requests: list[Request]
    least_bytes: int = 0


class Outcome(Struct, frozen=True, kw_only=True):
    """`seconds` from the first request to the last answer; `refused`: what went wrong, if it did.

    A round in which anything was refused measures nothing.
    """

    seconds: float
    latencies_ms: list[float]
    refused: list[str]


class Caller:
    """One connection; it sends its next request when the last one was answered."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._received = b""

    def send(self, request: bytes) -> None:
        self._received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The whole answer; None while there is more to come; nothing if none is to come."""
        more = self.socket.recv(1 << 18)
        self._received += more
        if not more:
            return b""
        return self._received if is_whole(self._received) else None


def carry_out(round: Round) -> Outcome:
    waiting = iter([request.raw(round.headers) for request in round.requests])
    callers = [Caller(round.port) for _ in range(round.callers)]
    latencies_ms: list[float] = []
    refused: list[str] = []
    begin = time.perf_counter()
    for caller, answer, end in _answers(callers, waiting, begin + round.seconds):
        latencies_ms.append((end - caller.sent_at) * 1000)
        if not 200 <= _status(answer) < 300 or len(answer) < round.least_bytes:
            refused.append(answer[:600].decode(errors="replace") or "the connection was closed")
    seconds = time.perf_counter() - begin
    for caller in callers:
        caller.socket.close()
    return Outcome(seconds=seconds, latencies_ms=latencies_ms, refused=refused)


def _answers(
    callers: list[Caller], waiting: Iterator[bytes], until: float
) -> Iterator[tuple[Caller, bytes, float]]:
    """Each answer, and when it was there. What was sent before time is up is waited for."""
    with selectors.DefaultSelector() as selector:
        for caller, request in zip(callers, waiting, strict=False):
            selector.register(caller.socket, selectors.EVENT_READ, caller)
            caller.send(request)
        while selector.get_map():
            for key, _ in selector.select(TIMEOUT_SECONDS) or _nobody_answers():
                caller = key.data
                if (answer := caller.receive()) is None:
                    continue
                end = time.perf_counter()
                yield caller, answer, end
                following = next(waiting, None) if end < until and answer else None
                if following is None:
                    selector.unregister(caller.socket)
                else:
                    caller.send(following)


def _nobody_answers() -> list[tuple[selectors.SelectorKey, int]]:
    raise TimeoutError(f"no answer for {TIMEOUT_SECONDS} seconds")


def is_whole(received: bytes) -> bool:
    """Whether this is all of an answer."""
    head, parted, body = received.partition(b"\r\n\r\n")
    if not parted:
        return False
    if length := _LENGTH.search(head):
        return len(body) >= int(length[1])
    return body.endswith(b"0\r\n\r\n") if _CHUNKED.search(head) else _status(head) in (204, 304)


def _status(answer: bytes) -> int:
    return int(answer[9:12] or 0)


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        outcome = carry_out(json.decode(line, type=Round))
        sys.stdout.buffer.write(json.encode(outcome) + b"\n")
        sys.stdout.buffer.flush()
