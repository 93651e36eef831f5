from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.rules_plugin import RULES_CSV, SYSTEMS_CSV, Rule, System, read_rows

RULES = [Rule._make(row) for row in read_rows(RULES_CSV)]
SYSTEMS = [System._make(row) for row in read_rows(SYSTEMS_CSV)]


@pytest.fixture(autouse=True)
def only_this_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis's plugin would make each inner run take a second."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def run(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile("import pytest\n" + source)
    return pytester.runpytest("-p", "tests.support.rules_plugin", "--strict-markers", *options)


def report(pytester: pytest.Pytester, source: str) -> dict[str, Any]:
    run(pytester, source, "--rules-json=out/rules.json")
    page: dict[str, Any] = json.loads((pytester.path / "out/rules.json").read_text("utf-8"))
    return page


def proven(pytester: pytest.Pytester, source: str) -> list[str]:
    return [rule_id for system in report(pytester, source).values() for rule_id in system["proven"]]


ONE_OF_EACH = """
@pytest.fixture
def broken():
    raise RuntimeError

@pytest.fixture
def broken_afterwards():
    yield
    raise RuntimeError

@pytest.mark.rule("PX-01")
def test_passes(): pass

@pytest.mark.rule("PX-02")
def test_fails(): assert False

@pytest.mark.rule("PX-03")
def test_errs(broken): pass

@pytest.mark.rule("PX-04")
def test_errs_afterwards(broken_afterwards): pass

@pytest.mark.rule("PX-05")
def test_is_skipped(): pytest.skip("not today")

@pytest.mark.rule("PX-06")
@pytest.mark.xfail
def test_is_known_to_fail(): assert False

@pytest.mark.rule("PX-07")
@pytest.mark.xfail(strict=False)
def test_passes_unexpectedly(): pass
"""


def test_an_unknown_rule_is_refused(pytester: pytest.Pytester) -> None:
    result = run(pytester, "@pytest.mark.rule('FR-01', 'FR-99')\ndef test_it(): pass")

    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *::test_it: rule FR-99 is not in domain/rules.csv"])


@pytest.mark.parametrize("marker", ["rule", "rule()"])
def test_a_marker_without_a_rule_is_refused(pytester: pytest.Pytester, marker: str) -> None:
    result = run(pytester, f"@pytest.mark.{marker}\ndef test_it(): pass")

    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *::test_it: its rule marker names no rule"])


def test_a_wrong_marker_is_refused_though_its_test_is_deselected(pytester: pytest.Pytester) -> None:
    source = "@pytest.mark.rule('FR-99')\ndef test_it(): pass\ndef test_other(): pass"

    result = run(pytester, source, "-k", "other")

    assert result.ret is pytest.ExitCode.USAGE_ERROR


def test_a_refused_run_leaves_the_old_report_alone(pytester: pytest.Pytester) -> None:
    old = pytester.makefile(".json", rules="old")

    run(pytester, "@pytest.mark.rule\ndef test_it(): pass", f"--rules-json={old}")

    assert old.read_text("utf-8") == "old"


def test_only_a_test_that_passes_proves_its_rule(pytester: pytest.Pytester) -> None:
    assert proven(pytester, ONE_OF_EACH) == ["PX-01"]


@pytest.mark.parametrize(
    "spoiler", ["assert False", "pytest.skip('not today')", "pytest.xfail('known')"]
)
@pytest.mark.parametrize("first", ["pass", "spoil"])
def test_one_test_that_does_not_pass_spoils_the_proof(
    pytester: pytest.Pytester, spoiler: str, first: str
) -> None:
    passing = "@pytest.mark.rule('FR-01', 'FR-02')\ndef test_passes(): pass\n"
    spoiling = f"@pytest.mark.rule('FR-01')\ndef test_spoils(): {spoiler}\n"

    source = passing + spoiling if first == "pass" else spoiling + passing

    assert proven(pytester, source) == ["FR-02"]


def test_a_marker_on_a_class_counts_for_its_tests(pytester: pytest.Pytester) -> None:
    source = """
@pytest.mark.rule("FR-02")
class TestIt:
    @pytest.mark.rule("FR-01")
    def test_it(self): pass
"""

    assert proven(pytester, source) == ["FR-01", "FR-02"]


def test_the_json_has_every_system_in_catalogue_order(pytester: pytest.Pytester) -> None:
    source = "@pytest.mark.rule('AU-01', 'FR-12', 'FR-02')\ndef test_it(): pass"

    page = report(pytester, source)

    assert list(page) == [system.code for system in SYSTEMS]
    assert page["FR"] == {"rules": 12, "core": 7, "proven": ["FR-02", "FR-12"]}
    assert page["AU"]["proven"] == ["AU-01"]
    assert page["PX"] == {"rules": 10, "core": 7, "proven": []}
    assert sum(system["rules"] for system in page.values()) == 662


def test_the_page_shows_all_systems_and_what_proves_a_rule(pytester: pytest.Pytester) -> None:
    source = """
@pytest.mark.rule("BL-01")
@pytest.mark.parametrize("side", ["left|right", "b"])
def test_it(side): pass
"""
    run(pytester, source, "--rules-md=rules.md")
    page = (pytester.path / "rules.md").read_text("utf-8").splitlines()

    assert "| BL | Blacklist | 客户黑名单 | 2 | 1 | 1 | 1 |" in page
    assert "| **total** |  |  | 662 | 142 | 400 | 1 |" in page
    assert [line for line in page if line.startswith("## ")] == ["## BL Blacklist (客户黑名单)"]
    [proof] = [line for line in page if line.startswith("| BL-01 | core |")]
    file = "test_the_page_shows_all_systems_and_what_proves_a_rule.py"
    assert proof.endswith(f"| `{file}::test_it[b]`<br>`{file}::test_it[left\\|right]` |")


def test_the_table_is_printed_on_request_only(pytester: pytest.Pytester) -> None:
    source = "@pytest.mark.rule('FR-01')\ndef test_it(): pass"

    with_table, without = run(pytester, source, "--rules-table"), run(pytester, source)

    with_table.stdout.re_match_lines_random(
        [r"system +rules +core +proven$", r"FR +12 +7 +1$", r"AU +7 +4 +0$", r"total +662 +142 +1$"]
    )
    without.stdout.no_re_match_line(r"FR +12")


def test_the_marker_is_documented(pytester: pytest.Pytester) -> None:
    result = run(pytester, "", "--markers")

    result.stdout.fnmatch_lines(["@pytest.mark.rule(*ids): the catalogue rules whose acceptance*"])


def test_the_catalogue_has_662_rules_of_56_systems() -> None:
    assert len(RULES) == len({rule.id for rule in RULES}) == 662
    assert len(SYSTEMS) == len({system.code for system in SYSTEMS}) == 56


def test_every_system_has_rules_and_every_rule_a_system_in_one_run() -> None:
    in_order = list(dict.fromkeys(rule.system for rule in RULES))

    assert in_order == [system.code for system in SYSTEMS]
    assert [rule.system for rule in RULES] == sorted(
        (rule.system for rule in RULES), key=in_order.index
    )


def test_every_rule_has_a_known_priority() -> None:
    counts = Counter(rule.priority for rule in RULES)

    assert counts == {"core": 142, "important": 400, "peripheral": 119, "oos": 1}


def test_every_catalogue_cell_is_one_line_with_something_in_it() -> None:
    cells = [cell for row in [*RULES, *SYSTEMS] for cell in row]

    assert [cell for cell in cells if cell != " ".join(cell.split()) or not cell] == []


@pytest.mark.parametrize(
    ("path", "header"), [(RULES_CSV, "id,priority,rule"), (SYSTEMS_CSV, "code,name,name_zh")]
)
def test_every_catalogue_file_says_what_its_columns_are(path: Path, header: str) -> None:
    assert path.read_text("utf-8").splitlines()[0] == header
