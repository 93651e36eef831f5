"""Asked to stop by a signal, from the outside."""

from __future__ import annotations

import signal
import time


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
