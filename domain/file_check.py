"""Whether the paths in what packs say of clients' files lead anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.file_rules import RecordKind
from domain.grading import Grading
from domain.pack_content import PackContent
from domain.pack_words import Place, paths
from domain.report import CLIENTS, Report
from domain.schedule import Schedule

SECTIONS = frozenset({"records", "gradings", "broadcasts"})

_BESIDE = frozenset({"registered", "profile"})
"""What happens to a client besides entries."""

_ANYTHING = frozenset({"unit", "client", "actor", "graded", "now", "today"})


@dataclass(frozen=True)
class FileWords:
    """The kinds of entries and gradings of packs that hold together."""

    kinds: Mapping[str, frozenset[str]]
    schemes: frozenset[str]
    defined: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, packs: Iterable[PackContent]) -> FileWords:
        kinds: dict[str, frozenset[str]] = {}
        schemes: set[str] = set()
        defined: set[tuple[str, str]] = set()
        for content in packs:
            kinds |= {name: frozenset(kind.form) for name, kind in content.records.items()}
            schemes |= content.gradings.keys()
            defined |= {("policy", name) for name in content.values}
            defined |= {("list", name) for name in content.lists}
        return cls(kinds, frozenset(schemes), frozenset(defined))

    def leads_somewhere(self, path: str, form: frozenset[str]) -> bool:
        where, _, name = path.partition(".")
        first = name.partition(".")[0]
        match where:
            case "form":
                return first in form
            case "row":
                return True
            case "count" | "ever" | "sum":
                return first in self.kinds
            case "hours_since" | "last":
                return all(kind in self.kinds or kind in _BESIDE for kind in name.split("."))
            case "grade":
                return name in self.schemes
            case "policy" | "list":
                return (where, name) in self.defined
            case _:
                return where in _ANYTHING or first in self.kinds.get(where, ())


def is_of_files(place: Place, said: Mapping[Place, Any]) -> bool:
    """Whether what stands here speaks of clients, and not of tickets."""
    if place[0] in SECTIONS:
        return True
    part = said.get(place[:2])
    if isinstance(part, Report):
        return part.over == CLIENTS
    return isinstance(part, Schedule) and part.is_of_files


def lost_paths(said: Mapping[Place, Any], words: FileWords) -> Iterator[tuple[Place, str]]:
    """Those that lead nowhere, each with its place."""
    for place, path in paths(said):
        if is_of_files(place, said) and not words.leads_somewhere(path, _form_at(place, said)):
            yield place, path


def _form_at(place: Place, said: Mapping[Place, Any]) -> frozenset[str]:
    part = said.get(place[:2])
    return frozenset(part.form) if isinstance(part, RecordKind | Grading) else frozenset()


def unopenable(content: PackContent, beside: Iterable[PackContent]) -> Iterator[str]:
    """Matters that entries and classes open, and the procedure at hand could not take in."""
    known = {one.pack: one.procedure for one in (content, *beside) if one.procedure}
    for section, rules in (("records", content.records), ("gradings", content.gradings)):
        for name, rule in rules.items():
            for word, opens in rule.opens.items():
                procedure = known.get(opens.procedure)
                if procedure is None:
                    continue
                here = f"{section}.{name}.opens.{word}"
                if procedure.channels and opens.channel not in procedure.channels:
                    yield f"{here}.channel: {opens.channel} is no channel of {opens.procedure}"
                for field in sorted(opens.form.keys() - procedure.opening.form.keys()):
                    yield f"{here}.form.{field}: the opening form has no such field"
