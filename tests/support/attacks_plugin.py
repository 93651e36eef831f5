"""Which attacks did this run play, and who noticed them?

A test that plays one says so: `@pytest.mark.attack("tail cut off")`. An attack was noticed when
such a test passed, and none failed. The list says what there is to play: nothing is left out of
the matrix because nobody wrote a test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

MARKER = "attack(*names): what this test does as somebody who means harm"
BEGIN, END = (
    "<!-- attacks: from here on written by make evidence -->",
    "<!-- attacks: up to here -->",
)


class Attack(NamedTuple):
    name: str
    noticed_by: str
    within: str


DATABASE, TICK, SCAN = "PostgreSQL", "sealer", "full scan; verifier of a bundle"

ATTACKS = {
    attack.name: attack
    for attack in (
        Attack("nothing at all", "nobody", "silence"),
        Attack("changed, deleted, truncated, dropped by the desk's role", DATABASE, "refused"),
        Attack("changed, deleted, truncated by the owner", DATABASE, "refused by a trigger"),
        Attack("sealed tail cut off", TICK, "a tick"),
        Attack("truncated", TICK, "a tick"),
        Attack("old copy of the database", TICK, "a tick"),
        Attack("well-formed entry forged", TICK, "a tick"),
        Attack("entry put among signed ones", TICK, "a tick"),
        Attack("signed by an unknown key", TICK, "a tick"),
        Attack("instance registered by itself", TICK, "a tick"),
        Attack("revoked instance goes on", TICK, "a tick"),
        Attack("instance let in by one person", "the desk", "refused"),
        Attack("clock set back or ahead", TICK, "a tick"),
        Attack("second writer leaves a gap", TICK, "a tick"),
        Attack("newest unsealed entry deleted", "sealer, by a receipt", "a tick"),
        Attack("newest unsealed entry replaced", "sealer, by a receipt", "a tick"),
        Attack("state edited", SCAN, "next scan"),
        Attack("topic changed", SCAN, "next scan"),
        Attack("actor changed", SCAN, "next scan"),
        Attack("time changed", SCAN, "next scan"),
        Attack("states swapped", SCAN, "next scan"),
        Attack("positions swapped", SCAN, "next scan"),
        Attack("inner row deleted", SCAN, "next scan"),
        Attack("deleted and renumbered", SCAN, "next scan"),
        Attack("signature deleted", SCAN, "next scan"),
        Attack("register number changed", "full scan", "next scan"),
        Attack("all hashes recomputed", "verifier, by origin signatures", "at once"),
        Attack("database and sealer put back together", "witness", "next checkpoint"),
        Attack("log key stolen, log written anew", "witness; a kept checkpoint", "next checkpoint"),
        Attack("tiles edited", TICK, "next start"),
        Attack("bundle cut, dropped, of another key, older, corrupted", "verifier", "at once"),
        Attack("hostile sizes and paths in a bundle", "verifier", "at once, in bounded memory"),
        Attack("command replayed", "the desk", "answered, not done again"),
        Attack("actor forged in the body", "the desk", "refused"),
        Attack("token stale or stolen and revoked", "the desk", "refused"),
        Attack("credential changed in SQL", SCAN, "next scan"),
        Attack("ciphertexts swapped", "the desk, when it is read", "refused"),
        Attack("key exchanged", "the desk, when it is read", "refused"),
        Attack("erased key restored", "the desk, at the next start", "destroyed again"),
        Attack("projection row edited", "comparison of view and replay", "next comparison"),
        Attack("pruning without approval", "the desk", "refused"),
    )
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("attacks", "attacks played by this run")
    group.addoption("--attacks-md", type=Path, metavar="PATH", help="write the matrix into a page")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    config.pluginmanager.register(Record(config), "attack-record")


class Record:
    """Hears every test of one run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._named: dict[str, list[str]] = {}
        self._passed: dict[str, int] = {}
        self._failed: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            names = [name for mark in item.iter_markers("attack") for name in mark.args]
            self._named[item.nodeid] = names
            if unknown := [name for name in names if name not in ATTACKS]:
                raise pytest.UsageError(f"{item.nodeid}: no attack {unknown[0]!r}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name in self._named.get(report.nodeid, []):
            if not report.passed:
                self._failed.add(name)
            elif report.when == "teardown":
                self._passed[name] = self._passed.get(name, 0) + 1

    def pytest_sessionfinish(self) -> None:
        page: Path | None = self._config.getoption("attacks_md")
        if page is not None:
            before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
            behind = rest.partition(END)[2]
            table = "\n".join(self._lines())
            text = f"{before}{BEGIN}\n\n{table}\n\n{END}{behind}"
            page.write_text(text, encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._config.getoption("attacks_md"):
            terminalreporter.section("attacks")
            terminalreporter.write("\n".join(self._lines()) + "\n")

    def _lines(self) -> Iterator[str]:
        yield "| attack | noticed by | within | tests |"
        yield "|---|---|---|---|"
        for attack in ATTACKS.values():
            yield f"| {' | '.join((*attack, self._said(attack)))} |"

    def _said(self, attack: Attack) -> str:
        if attack.name in self._failed:
            return "**not noticed**"
        return str(self._passed.get(attack.name, "none yet"))
