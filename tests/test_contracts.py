"""A contract that never breaks proves nothing: each is broken here once, in a copy of the code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("domain", "application", "interface", "infrastructure")
CONTRACTS = (
    "Imports point inward",
    "Only processes wire",
    "Plain core",
    "Oracles stay outside",
    "No circles",
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The four packages and the settings of the tools, to do wrong in."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(copy: Path, module: str, statement: str) -> None:
    """Put a new module beside the others."""
    file = copy.joinpath(*module.split(".")).with_suffix(".py")
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{statement}\n", "utf-8")


def broken(copy: Path) -> list[str]:
    """The contracts that do not hold there."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    said = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    verdicts = re.findall(r"^(.+) (KEPT|BROKEN)\b", said.stdout, re.MULTILINE)
    assert {name for name, _ in verdicts} == set(CONTRACTS), said.stdout + said.stderr
    assert said.returncode == any(verdict == "BROKEN" for _, verdict in verdicts)
    return [name for name, verdict in verdicts if verdict == "BROKEN"]


def test_the_code_as_it_is_breaks_no_contract(copy: Path) -> None:
    assert broken(copy) == []


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("domain.planted", "application.desk"),
        ("domain.planted", "interface.cli"),
        ("application.planted", "infrastructure.register"),
        ("infrastructure.planted", "interface.cli"),
    ],
)
def test_an_import_that_points_outward_is_found(copy: Path, module: str, imported: str) -> None:
    plant(copy, module, f"import {imported}")

    assert "Imports point inward" in broken(copy)


@pytest.mark.parametrize("module", ["interface.planted", "interface.http.planted"])
def test_wiring_anywhere_but_in_a_process_is_found(copy: Path, module: str) -> None:
    plant(copy, module, "import infrastructure.wiring")

    assert broken(copy) == ["Only processes wire"]


@pytest.mark.parametrize("floor", ["domain", "application"])
@pytest.mark.parametrize("library", ["flask", "werkzeug", "marshmallow", "psycopg"])
def test_the_web_or_the_database_in_the_core_is_found(copy: Path, floor: str, library: str) -> None:
    plant(copy, f"{floor}.planted", f"import {library}")

    assert broken(copy) == ["Plain core"]


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("oracle", ["pm4py", "pymerkle", "r4pm"])
def test_what_only_tests_may_ask_is_found_in_the_product(
    copy: Path, package: str, oracle: str
) -> None:
    """Two of them are under licences that would bind all of it."""
    plant(copy, f"{package}.planted", f"import {oracle}")

    assert broken(copy) == ["Oracles stay outside"]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_circle_between_neighbours_is_found(copy: Path, package: str) -> None:
    plant(copy, f"{package}.planted", f"import {package}.other")
    plant(copy, f"{package}.other", f"import {package}.planted")

    assert broken(copy) == ["No circles"]


def test_an_import_inside_a_function_hides_nothing(copy: Path) -> None:
    plant(copy, "domain.planted", "def hide():\n    import application.desk")

    assert "Imports point inward" in broken(copy)
