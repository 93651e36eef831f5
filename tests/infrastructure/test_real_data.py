from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import real_data

MODULE = """
import pytest
pytestmark = pytest.mark.real_data("log.csv")

def test_on_real_data(): pass
"""


@pytest.fixture(autouse=True)
def only_this_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the real data would stand, if it were there."""
    monkeypatch.setattr(real_data, "BESIDE", tmp_path / "beside")
    return tmp_path / "beside"


@pytest.fixture
def data(beside: Path) -> Path:
    (beside / "data").mkdir(parents=True)
    return beside / "data"


def run(pytester: pytest.Pytester) -> pytest.RunResult:
    pytester.makepyfile(MODULE, test_other="def test_other(): pass")
    return pytester.runpytest("-p", "tests.support.real_data", "--strict-markers")


def test_where_the_data_is_its_tests_run(pytester: pytest.Pytester, data: Path) -> None:
    (data / "log.csv").touch()

    result = run(pytester)

    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("*left out*")


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize("ci", ["", "true"])
def test_where_nothing_is_they_are_left_out_and_named(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)

    result = run(pytester)

    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.fnmatch_lines(["*left out*", "*::test_on_real_data (no log.csv)"])


@pytest.mark.usefixtures("data")
def test_where_a_file_is_missing_they_are_left_out(pytester: pytest.Pytester) -> None:
    run(pytester).assert_outcomes(passed=1, deselected=1)


@pytest.mark.usefixtures("data")
def test_a_file_missing_on_ci_is_a_failure(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")

    result = run(pytester)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*log.csv is missing*"])


def test_the_marker_is_documented(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("-p", "tests.support.real_data", "--markers")

    result.stdout.fnmatch_lines(["@pytest.mark.real_data(*names): *"])
