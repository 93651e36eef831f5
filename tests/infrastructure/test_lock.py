"""What is installed is what is locked. What is known of it is asked by `make audit`."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
ENTRY = re.compile(r"([a-z0-9._-]+)==(\S+)(?: ; (.+))?")


def locked() -> dict[str, tuple[str, str | None, list[str]]]:
    """Version, marker and hashes of each package, by its name."""
    text = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    entries = {}
    for line in text.splitlines():
        said, *hashes = re.split(r"\s+--hash=", line.strip())
        found = ENTRY.fullmatch(said.strip())
        assert found, line
        entries[found[1]] = found[2], found[3], hashes
    return entries


def wanted() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]["dev"]
    return [Requirement(said) for said in (*project["dependencies"], *extras)]


def test_every_package_is_held_to_its_hashes_and_to_no_address() -> None:
    assert len(locked()) > 60
    for name, (_, _, hashes) in locked().items():
        assert hashes, name
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", one) for one in hashes), name


def test_what_is_asked_for_is_locked_as_asked_for() -> None:
    for requirement in wanted():
        name = requirement.name.lower().replace("_", "-").replace(".", "-")
        assert name in locked(), name
        assert requirement.specifier.contains(locked()[name][0]), name


@pytest.mark.parametrize(("name", "entry"), locked().items(), ids=locked())
def test_what_is_installed_is_what_is_locked(
    name: str, entry: tuple[str, str | None, list[str]]
) -> None:
    if entry[1] is None or Marker(entry[1]).evaluate():
        assert version(name) == entry[0]
