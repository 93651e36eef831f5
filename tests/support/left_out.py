"""Tests that need what not every machine has: left out where it is not, and named at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


class LeftOut:
    """`missing`: what is not there of what a test needs; `why`: the head over their names.

    Where `must_run` says so, nothing is left out, and what is missing is a failure.
    """

    def __init__(
        self,
        why: str,
        missing: Callable[[pytest.Item], list[str]],
        must_run: Callable[[], bool] = lambda: False,
    ) -> None:
        self._why, self._missing, self._must_run = why, missing, must_run
        self._left_out: list[str] = []

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        if self._must_run():
            return
        absent = [item for item in items if self._missing(item)]
        self._left_out = [f"{one.nodeid} (no {', '.join(self._missing(one))})" for one in absent]
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in absent]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """One of several processes tells the one that reports."""
        if (output := getattr(session.config, "workeroutput", None)) is not None:
            output[self._why] = self._left_out

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._left_out = getattr(node, "workeroutput", {}).get(self._why, self._left_out)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if absent := self._missing(item):
            pytest.fail(f"{', '.join(absent)} is missing", pytrace=False)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._left_out:
            terminalreporter.section(f"left out: {self._why}")
            terminalreporter.write("\n".join(self._left_out) + "\n")
