"""Keeps the desk's processes running: starts them, starts them again, ends them in order."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from interface.stopping import SUPERVISED, Stop

TICK_SECONDS = 0.2
"""How often to look."""

RESTART_SECONDS = 1.0
"""Least time between two starts of one process."""

STOP_SECONDS = 10.0
"""How long a process may take to end before it is killed."""


@dataclass
class Child:
    """One process of ours, by the words of its command: `yice` and `words`."""

    words: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = field(default=float("-inf"))

    def ensure_running(self) -> None:
        is_running = self.process is not None and self.process.poll() is None
        if not is_running and time.monotonic() - self.started_at >= RESTART_SECONDS:
            self.started_at = time.monotonic()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "interface.cli", *self.words],
                stdin=subprocess.PIPE,
                env=os.environ | {SUPERVISED: "yes"},
            )

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def supervise(
    children: Sequence[Child], ensure_store: Callable[[], None], started: Callable[[], None]
) -> None:
    """Until SIGTERM or SIGINT. `started` is called once all have been started."""
    stop = Stop()
    try:
        for child in children:
            child.ensure_running()
        started()
        while not stop.wait(TICK_SECONDS):
            ensure_store()
            for child in children:
                child.ensure_running()
    finally:
        for child in reversed(children):
            child.stop()
