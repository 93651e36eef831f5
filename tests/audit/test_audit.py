"""The audit finds what is known, says as of which day, and is not silent about what it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit.__main__ import main


def test_what_is_locked_has_no_vulnerability_known_on_the_day_that_is_said(
    capsys: pytest.CaptureFixture[str],
):
    assert main([]) == 0

    said = capsys.readouterr().out
    assert " 0 with a vulnerability known on 2026-07-07; newer ones: make audit" in said


def test_a_version_that_an_advisory_names_is_found_and_a_stranger_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    lock = tmp_path / "requirements.lock"
    lock.write_text("Werkzeug==3.1.3 \\\n    --hash=sha256:00\nstranger==1.0\n")

    assert main([], lock) == 1

    said = capsys.readouterr().out
    assert "werkzeug 3.1.3: GHSA-hgf8-39gv-g3f2 CVE-2025-66221, fixed in 3.1.4" in said
    assert said.rstrip().endswith("not asked about: stranger")
