"""Asked to stop from the outside: by a signal, or because who started us is gone."""

from __future__ import annotations

import os
import signal
import threading
import time

SUPERVISED = "YICE_SUPERVISED"
"""Says to a process of ours that its standard input ends with its supervisor."""


def end_with_supervisor() -> None:
    """However that one ends: a killed one cannot say so, but its end of the pipe closes."""
    if os.environ.pop(SUPERVISED, ""):
        threading.Thread(target=_end_after_input, daemon=True).start()


def _end_after_input() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


class Stop:
    """True once SIGTERM or SIGINT has come.

    A plain flag: the lock inside a threading.Event must not be taken by a signal handler, which
    may have interrupted its holder.
    """

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ask())

    def __bool__(self) -> bool:
        return self._asked

    def wait(self, seconds: float) -> bool:
        """Rest that long, then say whether to stop."""
        time.sleep(0 if self._asked else seconds)
        return self._asked

    def _ask(self) -> None:
        self._asked = True
