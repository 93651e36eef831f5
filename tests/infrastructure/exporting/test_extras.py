from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from infrastructure.exports import Exported, extras
from infrastructure.sealing.bundle import DirectorySink, write_bundle
from tests.support.sealing import EVERYTHING, made_log, report_on

NAMES = {"report.html", "ocel.json", "ocel.sqlite", "log.xes"}

AGAIN = """
import hashlib
from infrastructure.exports import extras
from tests.support.exports import golden_exports
for name, contents in extras(golden_exports()).items():
    print(name, hashlib.sha256(contents).hexdigest())
"""


def digests(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(contents).hexdigest() for name, contents in files.items()}


def turned(value: Any) -> Any:
    """The same, its names in the opposite order."""
    if isinstance(value, dict):
        return {name: turned(value[name]) for name in reversed(value)}
    return value


def test_the_same_facts_make_the_same_bytes_in_whatever_order_they_come(
    every: list[Exported],
) -> None:
    others = [replace(fact, fields=turned(fact.fields)) for fact in reversed(every)]

    assert extras(others).keys() == NAMES
    assert digests(extras(others)) == digests(extras(every))


def test_another_process_elsewhere_writes_the_same_bytes(every: list[Exported]) -> None:
    said = subprocess.run(
        [sys.executable, "-c", AGAIN],
        env=os.environ | {"PYTHONHASHSEED": "7", "TZ": "America/New_York"},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )

    assert dict(line.split() for line in said.stdout.splitlines()) == digests(extras(every))


def test_other_facts_make_other_bytes(every: list[Exported]) -> None:
    others = [*every[:-1], replace(every[-1], reason="因故")]

    assert not digests(extras(others)).items() & digests(extras(every)).items()


def test_a_bundle_takes_them_along(every: list[Exported], tmp_path: Path) -> None:
    log = made_log(3)

    write_bundle(
        DirectorySink(tmp_path),
        log.note,
        log.rows,
        log.origins,
        scope=EVERYTHING,
        extra=extras(every),
    )

    assert {path.name for path in (tmp_path / "extra").iterdir()} == NAMES
    assert report_on(tmp_path).faults == []
