"""Packs and the catalogue of rules, as they stand in files."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import yaml

from domain.pack_content import PackInvalid
from infrastructure.yaml_text import read_yaml


def read_pack(path: Path) -> dict[str, Any]:
    """What the file says, not yet checked. Raises PackInvalid, naming the line at fault."""
    try:
        said = read_yaml(path.read_bytes())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PackInvalid(f"{path.name}: {error}", field="content") from None
    if not isinstance(said, dict):
        raise PackInvalid(f"{path.name}: a pack is an object", field="content")
    return said


def shipped_files() -> list[Path]:
    """The packs of this release."""
    with as_file(files("domain") / "packs") as folder:
        return sorted(folder.glob("*.yaml"))


@cache
def catalogue() -> frozenset[str]:
    """The ids of all rules."""
    text = (files("domain") / "rules.csv").read_text(encoding="utf-8")
    return frozenset(row["id"] for row in csv.DictReader(text.splitlines()))
