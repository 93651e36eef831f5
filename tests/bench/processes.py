"""What is measured, and what measures it, as processes; all of them ended with the bench."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import click
import msgspec

from infrastructure.wiring import Urls
from tests.bench import bare
from tests.bench.load import Outcome, Round

WORKERS, THREADS = 2, 8
"""Of both servers."""

PATIENCE_SECONDS = 60.0
"""How long a process may take to answer, and the views to catch up."""

LOOK_SECONDS = 0.02


class BenchFailed(click.ClickException):
    """What was to be measured did not happen; nothing is reported."""


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

    def _has_read_all(self) -> bool:
        ready = get_json(self.port, "/readyz")
        if any(view["failure"] for view in ready["views"]):
            raise BenchFailed(f"a view stopped: {ready['views']}")
        return all(view["position"] == ready["position"] for view in ready["views"])


@dataclass(frozen=True)
class Load:
    """The load generator, told one round at a time."""

    process: subprocess.Popen[bytes]

    def carry_out(self, round: Round) -> Outcome:
        """Raises BenchFailed if anything was refused."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(msgspec.json.encode(round) + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise BenchFailed("the load generator ended")
        outcome = msgspec.json.decode(line, type=Outcome)
        if outcome.refused:
            raise BenchFailed(f"{len(outcome.refused)} refused, first {outcome.refused[0]}")
        return outcome


@contextmanager
def running_bare(url: str, logs: Path) -> Iterator[Bare]:
    port = _free_port()
    with started(["tests.bench.bare", *_server_settings(port)], logs, {bare.URL: url}) as process:
        _wait_until_it_answers(process, port, logs)
        yield Bare(port)


@contextmanager
def running_yice(urls: Urls, logs: Path) -> Iterator[Yice]:
    port = _free_port()
    named = {"YICE_DATABASE_URL": urls.register, "YICE_KEYS_URL": urls.keys}
    with ExitStack() as all_of_it:
        words = ["interface.cli", "web", *_server_settings(port)]
        web = all_of_it.enter_context(started(words, logs, named))
        _wait_until_it_answers(web, port, logs)
        worker = all_of_it.enter_context(started(["interface.cli", "worker"], logs, named))
        yield Yice(port, worker)


@contextmanager
def running_load() -> Iterator[Load]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield Load(process)
    finally:
        process.kill()
        process.communicate()


@contextmanager
def started(
    words: list[str], logs: Path, environ: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python module as a process; what it says goes to the end of the logs."""
    with logs.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], env=os.environ | environ, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def get_json(port: int, path: str, headers: dict[str, str] | None = None) -> Any:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers or {})
        return msgspec.json.decode(connection.getresponse().read())
    finally:
        connection.close()


def _server_settings(port: int) -> list[str]:
    return [f"--bind=127.0.0.1:{port}", f"--workers={WORKERS}", f"--threads={THREADS}"]


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
