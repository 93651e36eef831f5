"""What counts as proven: an example played through the public surface."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("floor", ["domain", "application", "infrastructure"])
def test_no_test_below_the_surface_claims_a_rule(floor: str) -> None:
    files = sorted((TESTS / floor).rglob("*.py"))

    claiming = [file.name for file in files if "mark.rule(" in file.read_text(encoding="utf-8")]

    assert files
    assert claiming == []
