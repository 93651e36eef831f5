"""Tests on real data that stands beside the repository and is no part of it.

A module that needs such files says `pytestmark = pytest.mark.real_data("helpdesk_finale.csv")`.
Where they are not, its tests are left out, and the end of the run says so. On CI, if anything
stands beside the repository at all, a missing file is a failure.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

BESIDE = Path(__file__).resolve().parents[3] / "shared"

MARKER = "real_data(*names): files beside the repository that this test reads"


def shared_data(name: str) -> Path:
    return BESIDE / "data" / name


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    config.pluginmanager.register(RealData(), "real-data")


class RealData:
    def __init__(self) -> None:
        self._left_out: list[str] = []

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        if os.environ.get("CI") == "true" and BESIDE.exists():
            return
        absent = [item for item in items if missing(item)]
        self._left_out = [f"{item.nodeid} (no {', '.join(missing(item))})" for item in absent]
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in absent]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """One of several processes tells the one that reports."""
        if (output := getattr(session.config, "workeroutput", None)) is not None:
            output["left_out"] = self._left_out

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._left_out = getattr(node, "workeroutput", {}).get("left_out", self._left_out)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if absent := missing(item):
            pytest.fail(f"{', '.join(absent)} is missing", pytrace=False)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._left_out:
            terminalreporter.section("left out: the real data is not here")
            terminalreporter.write("\n".join(self._left_out) + "\n")


def missing(item: pytest.Item) -> list[str]:
    names = [name for mark in item.iter_markers("real_data") for name in mark.args]
    return [name for name in names if not shared_data(name).exists()]
