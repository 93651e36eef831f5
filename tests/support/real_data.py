"""Tests on real data that stands beside the repository and is no part of it.

A module that needs such files says `pytestmark = pytest.mark.real_data("helpdesk_finale.csv")`.
Where they are not, its tests are left out, and the end of the run says so. On CI, if anything
stands beside the repository at all, a missing file is a failure.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.left_out import LeftOut

BESIDE = Path(__file__).resolve().parents[3] / "shared"

MARKER = "real_data(*names): files beside the repository that this test reads"


def shared_data(name: str) -> Path:
    return BESIDE / "data" / name


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    left_out = LeftOut("the real data is not here", missing, must_run)
    config.pluginmanager.register(left_out, "real-data")


def must_run() -> bool:
    return os.environ.get("CI") == "true" and BESIDE.exists()


def missing(item: pytest.Item) -> list[str]:
    names = [name for mark in item.iter_markers("real_data") for name in mark.args]
    return [name for name in names if not shared_data(name).exists()]
