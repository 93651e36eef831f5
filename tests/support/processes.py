"""The desk as processes: started, asked over HTTP, killed. Only what was started here is ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import psutil

from infrastructure.embedded import EmbeddedPostgres

REPOSITORY = Path(__file__).resolve().parents[2]

PATIENCE = 60.0
"""Seconds after which we give up on what should have come: a start with recovery is the longest."""

ANSWER_SECONDS = 15.0
"""How long one answer may take."""

T = TypeVar("T")


def until(condition: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """What the condition gives once it gives something."""
    end, pause = time.monotonic() + seconds, Event()
    while time.monotonic() < end:
        if found := condition():
            return found
        pause.wait(0.02)
    raise AssertionError(f"it did not come to that in {seconds} s")


def pause(seconds: float) -> None:
    """For harm that has to last; never to wait for something."""
    Event().wait(seconds)


def free_port() -> int:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def environment(home: Path, **otherwise: str) -> dict[str, str]:
    """As a user would have it, with everything that is left behind under `home`."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("YICE_")}
    (home / "tmp").mkdir(exist_ok=True)
    return {**ours, "YICE_HOME": str(home), "TMPDIR": str(home / "tmp"), "COLUMNS": "200"} | {
        "PYTHONUNBUFFERED": "1",
        "YICE_REQUESTS_A_MINUTE": "0",
        **otherwise,
    }


def yice(home: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "interface.cli", *words],
        cwd=REPOSITORY,
        env=environment(home, **settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class Lost(Exception):
    """No answer, or one that says to ask again."""


@dataclass
class Caller:
    """Somebody with a token at an HTTP client of their own."""

    port: int
    token: str = ""
    retries: int = 0
    faults: list[str] = field(default_factory=list)
    """What was answered with 500: never owed to the store's being away."""

    def ask(
        self, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> tuple[int, Any]:
        """Status and body. Raises Lost."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)) as connection:
            try:
                connection.request(method, path, *self._request(method, body, key))
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, HTTPException) as lost:
                raise Lost(str(lost)) from lost
        if answer.status == 500:
            self.faults.append(f"{method} {path}: {text.decode(errors='replace')}")
        if answer.status >= 500:
            raise Lost(text.decode(errors="replace"))
        return answer.status, json.loads(text) if text else None

    def hang_up(self, path: str, body: Any, *, key: str) -> None:
        """Say a command, and be gone before it is answered."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        with closing(connection), suppress(OSError):
            connection.request("POST", path, *self._request("POST", body, key))

    def insist(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """The answer to the first try that gets one, each with the same key. It must be a yes."""
        end, pause = time.monotonic() + PATIENCE, Event()
        while True:
            try:
                status, answer = self.ask(method, path, body, key=key)
            except Lost:
                assert time.monotonic() < end, f"{method} {path} was never answered"
                self.retries += 1
                pause.wait(0.05)
                continue
            assert status < 300, (method, path, status, answer)
            return answer

    def _request(
        self, method: str, body: Any, key: str | None
    ) -> tuple[str | None, dict[str, str]]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return None if method == "GET" else json.dumps(body or {}), headers


@dataclass
class Serving:
    """`yice serve`, and what it has started."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    settings: dict[str, str] = field(default_factory=dict)
    _seen: set[psutil.Process] = field(default_factory=set)

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def token(self) -> str | None:
        """The first administrator's, if it was printed."""
        tokens = [line for line in self.said().splitlines() if line.startswith("yice_")]
        assert len(tokens) <= 1
        return tokens[0] if tokens else None

    def caller(self, token: str | None = None) -> Caller:
        return Caller(self.port, token or self.token or "")

    def url(self, database: str) -> str:
        return EmbeddedPostgres(self.home).url(database)

    def is_ready(self) -> bool:
        """Whether it answers, and its views have read everything."""
        assert self.process.poll() is None, self.said()
        try:
            status, body = self.caller().ask("GET", "/readyz")
        except Lost:
            return False
        return status == 200 and all(v["position"] == body["position"] for v in body["views"])

    def web(self) -> psutil.Process | None:
        """The master of the web processes."""
        return self._child("web")

    def web_workers(self) -> list[psutil.Process]:
        web = self.web()
        return children(web) if web else []

    def web_worker(self) -> psutil.Process | None:
        """The younger of the two."""
        workers = sorted(self.web_workers(), key=psutil.Process.create_time)
        return workers[1] if len(workers) == 2 else None

    def worker(self) -> psutil.Process | None:
        """The one that keeps the views up to date."""
        return self._child("worker")

    def postmaster(self) -> psutil.Process | None:
        return next((p for p in self._children() if name(p) == "postgres"), None)

    def everything(self) -> list[psutil.Process]:
        """All that was ever seen of it and runs still; the supervisor as well."""
        with suppress(psutil.NoSuchProcess):
            supervisor = psutil.Process(self.process.pid)
            self._seen |= {supervisor, *supervisor.children(recursive=True)}
        return [process for process in self._seen if runs(process)]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Tell it to end; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def _child(self, word: str) -> psutil.Process | None:
        for process in self._children():
            with suppress(psutil.NoSuchProcess):
                if process.cmdline()[1:4] == ["-m", "interface.cli", word]:
                    return process
        return None

    def _children(self) -> list[psutil.Process]:
        self.everything()
        return children(psutil.Process(self.process.pid))


def runs(process: psutil.Process) -> bool:
    """A zombie is only waited for."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [child for child in process.children() if runs(child)]
    except psutil.NoSuchProcess:
        return []


def name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[Serving]:
    """Running and ready inside, and gone after, whatever happened."""
    port, log = free_port(), home / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "interface.cli", "serve", "--bind", f"127.0.0.1:{port}"],
            cwd=REPOSITORY,
            env=environment(home, **settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    desk = Serving(home, port, process, log, settings)
    try:
        until(desk.is_ready)
        yield desk
    finally:
        end(desk)


def end(desk: Serving) -> None:
    """In order if it can be had, by force if not."""
    left = desk.everything()
    if desk.process.poll() is None:
        desk.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            desk.process.wait(PATIENCE / 2)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    desk.process.wait()


def kill(process: psutil.Process) -> None:
    """As the machine would: at once, and without a word."""
    process.send_signal(signal.SIGKILL)
