"""Asked to stop from the outside: by a signal, or because who started us is gone."""

from __future__ import annotations

import os
import signal
import threading
import time

SUPERVISED = "YICE_SUPERVISED"
"""Says to a process of ours that its standard input ends with its supervisor."""


MASTER = "YICE_WEB_MASTER"
"""Says to a web worker whose it is."""

STOP_SECONDS = 5
"""How long requests that have begun may take once a web process is told to stop."""

LOOK_SECONDS = 0.2
"""How often to see whether the master is still there."""


def end_with_supervisor() -> None:
    """However that one ends: a killed one cannot say so, but its end of the pipe closes."""
    if os.environ.pop(SUPERVISED, ""):
        threading.Thread(target=_end_after_input, daemon=True).start()


def _end_after_input() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def be_master() -> None:
    """Of all processes that are started from here on and call `end_with_master`."""
    os.environ[MASTER] = str(os.getpid())


def end_with_master() -> None:
    """A server that was killed cannot tell its workers, which would go on at its port for ever.

    It may have been killed before we got here: who the parent is now says nothing.
    """
    master = int(os.environ[MASTER])
    threading.Thread(target=_end_after, args=(master,), daemon=True).start()


def _end_after(master: int) -> None:
    while os.getppid() == master:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


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
