"""Tests that ask other people's readers of event logs: pm4py and r4pm, in processes of their own.

`make oracles` makes an environment for each and runs them. Without one, the tests that need it
(`@pytest.mark.reader("pm4py")`) are left out, and the end of the run says so.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.left_out import LeftOut

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / "build" / "readers"

MARKER = "reader(name): which reader of event logs this test asks (make oracles)"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    left_out = LeftOut("the readers of event logs are not here (make oracles)", missing)
    config.pluginmanager.register(left_out, "readers")


def missing(item: pytest.Item) -> list[str]:
    names = [name for mark in item.iter_markers("reader") for name in mark.args]
    return [name for name in names if not (ENVIRONMENTS / name / "ready").exists()]


def read_by(reader: str, files: Mapping[str, bytes], folder: Path) -> dict[str, Any]:
    """What this reader finds in the files."""
    for name, contents in files.items():
        (folder / name).write_bytes(contents)
    program = ROOT / "tests" / "oracles" / "mining" / f"by_{reader}.py"
    subprocess.run(
        [ENVIRONMENTS / reader / "bin" / "python", program, folder],
        env=os.environ | {"TZ": "Asia/Shanghai"},
        check=True,
        capture_output=True,
        timeout=300,
    )
    found: dict[str, Any] = json.loads((folder / "found.json").read_text("utf-8"))
    return found
