"""The terms of an entry: a table, where it stands, and what holds by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.ledger_table import Grade, Need, Reckoned, Table, told
from domain.limit import Limit
from domain.pack_content import PackContent
from domain.predicate import Look

WAYS = ("wage", "transfer", "cash")
"""How money moves where a table does not say."""


@dataclass(frozen=True)
class Terms:
    """A table, the pack it stands in, and the grade of the misconduct if it is a code."""

    content: PackContent
    name: str

    @property
    def table(self) -> Table:
        return self.content.ledger[self.name]

    @property
    def grade(self) -> Grade | None:
        return self.content.grades[self.table.grade] if self.table.grade else None

    @property
    def deciders(self) -> frozenset[str]:
        return self.table.decided_by or (self.grade.decided_by if self.grade else frozenset())

    @property
    def modes(self) -> tuple[str, ...]:
        return self.table.modes or (self.grade.modes if self.grade else ()) or WAYS

    @property
    def within(self) -> Limit | None:
        return self.table.within or (self.grade.within if self.grade else None)

    def listed(self, path: str) -> Any:
        where, _, name = path.partition(".")
        return list(self.content.lists.get(name, ())) if where == "list" else None

    def look(self, facts: Mapping[str, Any], nth: int | None) -> Look:
        return told(facts, {"nth": nth}, self.listed)

    def reckoned(self, facts: Mapping[str, Any], nth: int | None) -> Reckoned:
        """Raises NoAmount."""
        return self.table.reckoned(self.look(facts, nth), self.grade)

    def need(self, sanction: str | None) -> Need | None:
        return self.grade.needs.get(sanction or "") if self.grade else None
