"""What is measured, and what measures it, as processes; all of them ended with the bench."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from infrastructure.opening import Urls
from tests.bench import bare
from tests.bench.load import Outcome, Round
from tests.bench.setting import BenchFailed

PATIENCE_SECONDS = 120.0
"""How long a process may take to answer, and the views to catch up."""

LOOK_SECONDS = 0.02

WORKER = ("interface.cli", "worker")

T = TypeVar("T")


@dataclass(frozen=True)
class Bare:
    port: int


@dataclass(frozen=True)
class Yice:
    """`yice web` and `yice worker`."""

    port: int
    worker: subprocess.Popen[bytes]

    def wait_for_views(self) -> None:
        """What one round has left to be read must not burden the next. Raises BenchFailed."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not self._has_read_all():
            if time.monotonic() > until:
                raise BenchFailed("the views do not catch up")
            time.sleep(LOOK_SECONDS)

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """The worker asks for news many times a second: not while the floor is measured."""
        self.worker.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.worker.send_signal(signal.SIGCONT)

    def head(self) -> int:
        """How many events there are."""
        return int(get_json(self.port, "/readyz")["position"])

    def _has_read_all(self) -> bool:
        ready = get_json(self.port, "/readyz")
        if any(view["failure"] for view in ready["views"]):
            raise BenchFailed(f"a view stopped: {ready['views']}")
        return all(view["position"] == ready["position"] for view in ready["views"])


@dataclass(frozen=True)
class Told:
    """A process of the bench that is told what to do, line by line."""

    process: subprocess.Popen[bytes]

    def tell(self, message: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(msgspec.json.encode(message) + b"\n")
        self.process.stdin.flush()

    def hear(self, kind: type[T]) -> T:
        """Raises BenchFailed."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise BenchFailed("a process of the bench ended")
        return msgspec.json.decode(line, type=kind)


@dataclass(frozen=True)
class Load(Told):
    """The load generator."""

    def carry_out(self, round: Round) -> Outcome:
        """Raises BenchFailed if anything was refused."""
        self.tell(round)
        outcome = self.hear(Outcome)
        if outcome.refused:
            raise BenchFailed(f"{len(outcome.refused)} refused, first:\n{outcome.refused[0]}")
        return outcome


@contextmanager
def running_bare(url: str, logs: Path, *, own: bool = False) -> Iterator[Bare]:
    """`own`: under Yice's server."""
    port = _free_port()
    words = ["tests.bench.bare", _bind(port), *(["--own"] if own else [])]
    with started(words, logs, {bare.URL: url}) as process:
        _wait_until_it_answers(process, port, logs)
        yield Bare(port)


@contextmanager
def running_yice(urls: Urls, logs: Path, worker: Sequence[str] = WORKER) -> Iterator[Yice]:
    """With the settings that `yice web` has unless told otherwise."""
    port = _free_port()
    named = environ(urls)
    with started(["interface.cli", "web", _bind(port)], logs, named) as web:
        _wait_until_it_answers(web, port, logs)
        with running_worker(urls, logs, worker) as folding:
            yield Yice(port, folding)


@contextmanager
def running_worker(
    urls: Urls, logs: Path, worker: Sequence[str] = WORKER
) -> Iterator[subprocess.Popen[bytes]]:
    with started(worker, logs, environ(urls)) as process:
        yield process


@contextmanager
def running_load() -> Iterator[Load]:
    with told("tests.bench.load", {}) as process:
        yield Load(process)


@contextmanager
def told(module: str, named: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A module of the bench that reads lines and answers each."""
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        env=os.environ | named,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def started(
    words: Sequence[str], logs: Path, named: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python module as a process; what it says goes to the end of the logs."""
    with logs.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], env=os.environ | named, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environ(urls: Urls) -> dict[str, str]:
    """How a process of Yice is told where its databases are."""
    named = {"YICE_DATABASE_URL": urls.register, "YICE_KEYS_URL": urls.keys}
    return {**named, "YICE_REQUESTS_A_MINUTE": "0"}


def get_json(port: int, path: str, headers: dict[str, str] | None = None) -> Any:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers or {})
        return msgspec.json.decode(connection.getresponse().read())
    finally:
        connection.close()


def _bind(port: int) -> str:
    return f"--bind=127.0.0.1:{port}"


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, logs: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > until:
                raise BenchFailed(f"no server came up:\n{logs.read_text()[-2000:]}") from None
            time.sleep(LOOK_SECONDS)
