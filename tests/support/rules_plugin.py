"""Which catalogue rules did this run prove?

A test names the rules whose acceptance example it plays: `@pytest.mark.rule("FR-01", "FR-02")`.
A rule is proven when a test naming it passed in this run, and none failed, erred or was skipped.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

DOMAIN = Path(__file__).resolve().parents[2] / "domain"
RULES_CSV = DOMAIN / "rules.csv"
SYSTEMS_CSV = DOMAIN / "systems.csv"

MARKER = "rule(*ids): the catalogue rules whose acceptance example this test plays"
PROPERTY = "rules"
"""Under which a report names them, whichever process it comes from."""

COMPLETE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
"""The ways a run can end that leave something to report; a broken-off run keeps the old report."""


class Rule(NamedTuple):
    id: str
    priority: str
    rule: str

    @property
    def system(self) -> str:
        return self.id.partition("-")[0]


class System(NamedTuple):
    code: str
    name: str
    name_zh: str


class Tally(NamedTuple):
    """One system after the run; `rules` and `proven` in catalogue order."""

    system: System
    rules: list[Rule]
    proven: list[Rule]

    def count(self, priority: str) -> int:
        return sum(rule.priority == priority for rule in self.rules)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("rules", "catalogue rules proven by this run")
    group.addoption("--rules-json", type=Path, metavar="PATH", help="write counts and proven ids")
    group.addoption("--rules-md", type=Path, metavar="PATH", help="write a page of proven rules")
    group.addoption("--rules-table", action="store_true", help="print the systems at the end")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    config.pluginmanager.register(RuleRecord(config), "rule-record")


class RuleRecord:
    """Hears every test of one run, and reports on the rules they name."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._rules = {rule.id: rule for rule in map(Rule._make, read_rows(RULES_CSV))}
        self._systems = list(map(System._make, read_rows(SYSTEMS_CSV)))
        self._refuted: set[str] = set()
        self._passed: defaultdict[str, list[str]] = defaultdict(list)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Before -k and -m choose: a wrong marker stops even a run that leaves its test out."""
        if complaints := [line for item in items for line in self._complaints(item)]:
            raise pytest.UsageError("\n".join(complaints))
        for item in items:
            item.user_properties.append((PROPERTY, list(dict.fromkeys(named_rules(item)))))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        named = dict(report.user_properties).get(PROPERTY, [])
        if not report.passed or hasattr(report, "wasxfail"):
            self._refuted.update(named)
        elif report.when == "teardown":  # comes once a test, and last
            for rule_id in named:
                self._passed[rule_id].append(report.nodeid)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if exitstatus not in COMPLETE:
            return
        if path := self._config.getoption("rules_json"):
            write(path, as_json(self.tallies()))
        if path := self._config.getoption("rules_md"):
            write(path, as_markdown(self.tallies(), self._passed))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._config.getoption("rules_table"):
            terminalreporter.section("catalogue rules")
            terminalreporter.write("\n".join(table_lines(self.tallies())) + "\n")

    def tallies(self) -> list[Tally]:
        return [self._tally(system) for system in self._systems]

    def _tally(self, system: System) -> Tally:
        rules = [rule for rule in self._rules.values() if rule.system == system.code]
        return Tally(system, rules, [rule for rule in rules if self._is_proven(rule.id)])

    def _is_proven(self, rule_id: str) -> bool:
        return rule_id in self._passed and rule_id not in self._refuted

    def _complaints(self, item: pytest.Item) -> Iterator[str]:
        if not all(mark.args for mark in item.iter_markers("rule")):
            yield f"{item.nodeid}: its rule marker names no rule"
        for rule_id in named_rules(item):
            if rule_id not in self._rules:
                yield f"{item.nodeid}: rule {rule_id} is not in domain/{RULES_CSV.name}"


def read_rows(path: Path) -> list[list[str]]:
    """The rows below the header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def named_rules(item: pytest.Item) -> Iterator[str]:
    for mark in item.iter_markers("rule"):
        yield from map(str, mark.args)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def as_json(tallies: list[Tally]) -> str:
    page = {
        tally.system.code: {
            "rules": len(tally.rules),
            "core": tally.count("core"),
            "proven": [rule.id for rule in tally.proven],
        }
        for tally in tallies
    }
    return json.dumps(page, indent=2) + "\n"


def table_lines(tallies: list[Tally]) -> Iterator[str]:
    rows = [(t.system.code, len(t.rules), t.count("core"), len(t.proven)) for t in tallies]
    yield f"{'system':6} {'rules':>6} {'core':>6} {'proven':>6}"
    for code, *numbers in [*rows, ("total", *totals([row[1:] for row in rows]))]:
        yield f"{code:6} " + " ".join(f"{number:6}" for number in numbers)


def as_markdown(tallies: list[Tally], proofs: dict[str, list[str]]) -> str:
    lines = ["# Catalogue rules proven by tests", "", *overview(tallies)]
    for tally in tallies:
        if tally.proven:
            lines += ["", *proven_section(tally, proofs)]
    return "\n".join(lines) + "\n"


def overview(tallies: list[Tally]) -> Iterator[str]:
    counts = [(len(t.rules), t.count("core"), t.count("important"), len(t.proven)) for t in tallies]
    yield "| code | name | name_zh | rules | core | important | proven |"
    yield "|---|---|---|--:|--:|--:|--:|"
    for tally, numbers in zip(tallies, counts, strict=True):
        yield row(*tally.system, *numbers)
    yield row("**total**", "", "", *totals(counts))


def proven_section(tally: Tally, proofs: dict[str, list[str]]) -> Iterator[str]:
    yield f"## {tally.system.code} {tally.system.name} ({tally.system.name_zh})"
    yield ""
    yield "| id | priority | rule | proven by |"
    yield "|---|---|---|---|"
    for rule in tally.proven:
        yield row(*rule, "<br>".join(f"`{nodeid}`" for nodeid in sorted(proofs[rule.id])))


def totals(rows: Sequence[tuple[int, ...]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]


def row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
