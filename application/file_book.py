"""What the packs in force say of clients' files: kinds of entries, gradings, broadcasts, units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from application.packs import Packs
from domain.errors import NotFound
from domain.file_rules import Broadcast, RecordKind, Said
from domain.grading import Grading
from domain.ownership import OwnershipTerms
from domain.pack_content import PackContent

T = TypeVar("T")


class FileBook:
    def __init__(self, packs: Packs) -> None:
        self._packs = packs

    def kinds(self, at: datetime) -> dict[str, Said[RecordKind]]:
        """By name; where two packs say the same, the later name holds."""
        return self._all(at, lambda content: content.records)

    def gradings(self, at: datetime) -> dict[str, Said[Grading]]:
        return self._all(at, lambda content: content.gradings)

    def kind(self, name: str, at: datetime) -> Said[RecordKind]:
        """Raises NotFound, naming those that there are."""
        return _named(self.kinds(at), name, "kind")

    def grading(self, name: str, at: datetime) -> Said[Grading]:
        """Raises NotFound."""
        return _named(self.gradings(at), name, "scheme")

    def grading_of(self, name: str, pack: str, version: int) -> Said[Grading]:
        """As a version said it. Raises NotFound."""
        content = self._packs.content(pack, version)
        return _named(_said(content, content.gradings), name, "scheme")

    def broadcast(self, name: str, at: datetime) -> Said[Broadcast]:
        """Raises NotFound."""
        return _named(self._all(at, lambda content: content.broadcasts), name, "broadcast")

    def unit(self, name: str, at: datetime) -> Mapping[str, Any]:
        """What is said of a unit; nothing of most."""
        said: dict[str, Any] = {}
        for content in self._packs.in_force(at):
            said |= content.units.get(name, {})
        return said

    def ownership(self, at: datetime) -> OwnershipTerms:
        return self._packs.ownership(at)

    def word(self, name: str, at: datetime) -> Said[str | None]:
        """The value of this name; where several packs say it, that of the later name."""
        found: Said[str | None] = Said("", 0, None, {}, {})
        for content in self._packs.in_force(at):
            if name in content.values:
                found = _said(content, {name: content.values[name]})[name]
        return found

    def value(self, name: str, at: datetime) -> dict[str, Any]:
        """What the values of this name say together."""
        said: dict[str, Any] = {}
        for content in self._packs.in_force(at):
            said |= content.values.get(name) or {}
        return said

    def _all(
        self, at: datetime, section: Callable[[PackContent], Mapping[str, T]]
    ) -> dict[str, Said[T]]:
        found: dict[str, Said[T]] = {}
        for content in self._packs.in_force(at):
            found |= _said(content, section(content))
        return found


def _said(content: PackContent, rules: Mapping[str, T]) -> dict[str, Said[T]]:
    return {
        name: Said(content.pack, content.version, rule, content.values, content.lists)
        for name, rule in rules.items()
    }


def _named(known: Mapping[str, T], name: str, field: str) -> T:
    if name not in known:
        there = ", ".join(sorted(known)) or "none"
        raise NotFound(f"no {field} {name}; there are: {there}", field=field)
    return known[name]
