"""The words of packs: what can happen by them, with which fields, and which paths lead anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import astuple

from domain.aggregate import events_of
from domain.form import Computed, FormField
from domain.pack_content import PackContent
from domain.predicate import Predicate
from domain.procedure import Step
from domain.rulebook import HAPPENINGS
from domain.ticket import Ticket

Place = tuple[str, ...]
"""Where something stands in a pack: ("obligations", "reply", "limit")."""

Said = Mapping[Place, Any]
"""Everything that a pack says, by its place."""

Fields = frozenset[str] | None
"""The fields of a form; None where they are not known."""

THIS = frozenset(
    {
        "id",
        "client_id",
        "state",
        "channel",
        "unit",
        "queue",
        "queue_role",
        "procedure",
        "pack_version",
        "owner_id",
        "first_contact_id",
        "offered_to_id",
        "asked_id",
        "blocked_by",
        "has_slip",
        "is_closed",
        "ended_as",
        "episode",
        "owners",
        "returns",
        "origin",
        "evidence_digests",
    }
)
"""What paths may ask of the ticket itself: `this.state`."""

THIS_IN_REPORTS = THIS - {"id", "has_slip", "ended_as", "evidence_digests"} | {
    "ticket_id",
    "number",
    "slip_number",
    "register",
    "priority",
    "opened_at",
    "closed_at",
    "changed_at",
    "transfers",
    "reminders",
}
"""What reports may ask of it: what the register of tickets shows."""

OBLIGATION_IN_REPORTS = frozenset(
    {
        *("name", "title", "status", "is_missed", "responsible_id"),
        *("opened_at", "due_at", "over_at"),
    }
)
"""What reports over what was promised may ask of each promise: `obligation.status`."""

ENTRY_IN_REPORTS = frozenset(
    {
        *("holder", "table_name", "kind", "currency", "amount", "named", "grade", "nth", "line"),
        *("state", "sanction", "mode", "appeal", "booked_at", "executed_at", "happened_at"),
        *("pack", "pack_version", "month"),
    }
)
"""What reports over the ledger may ask of each line: `entry.amount`."""

ASSESSMENT_IN_REPORTS = frozenset(
    {
        *("assessment_id", "scheme", "period", "subject_id", "unit", "state", "score", "passed"),
        *("score_with_all", "opened_at", "published_at", "is_under_appeal", "undelivered"),
    }
)
"""What reports over assessments may ask of each: `assessment.score`."""

NUMBER_IN_REPORTS = frozenset({"register", "number", "status", "missing", "given_at"})
"""What reports over the numbers of registers may ask of each: `number.status`."""

_OF_SCHEMES = frozenset({"group", "indicator", "plan", "actual"})
"""What reports over assessments may ask of each besides, by a name of its scheme."""

ACTOR = frozenset({"roles", "id", "is_owner", "is_first_contact"})
"""What paths may ask of who acts: `actor.roles`."""

NOW = "now"
"""The path of the instant at which somebody acts."""

_SECTIONS = {
    "open": "obligations",
    "owed": "obligations",
    "breached": "obligations",
    "policy": "values",
    "list": "lists",
    "signed": "signoffs",
    "ticked": "checklists",
    "complete": "checklists",
    "across": "across",
    "people": "people",
    "sample": "samples",
    "reading": "readings",
}
"""The part of a pack that defines what stands behind the first word of a path."""

_ASKED_OF = {
    "obligation": OBLIGATION_IN_REPORTS,
    "entry": ENTRY_IN_REPORTS,
    "assessment": ASSESSMENT_IN_REPORTS,
    "number": NUMBER_IN_REPORTS,
}

READ = frozenset({"value", "target", "met"})
"""What can be asked of a reading of a report."""

_MANY = frozenset({"people", "sample"})
"""What is answered by several; how many stands at `.count`."""

_IN_REPORTS = {"met": "obligations", "late": "obligations"}

_NOT_CHECKED = frozenset({"item", "evidence"})

_PATHS = frozenset({"appointment", "limit_by", "each", "colleague", "superior"})
"""Where a pack says a path outside of any predicate."""


def parts(said: Any) -> Iterator[tuple[Place, Any]]:
    """Everything that is said in it, at any depth, with its place."""
    waiting: list[tuple[Place, Any]] = [((), said)]
    while waiting:
        place, part = waiting.pop()
        yield place, part
        inside = [((*place, str(name)), value) for name, value in _inside(part)]
        waiting += reversed(inside)


def records(said: Said) -> Iterator[tuple[str, Fields]]:
    """The words that follow by themselves, and the fields of each."""
    for place, part in said.items():
        if place[-1:] == ("records",) and isinstance(part, str):
            yield part, frozenset(said.get((*place[:-1], "form"), ()))


class Own(NamedTuple):
    """What one pack says, by place, and what that brings to a vocabulary."""

    said: Said
    defined: frozenset[Place]
    row_fields: frozenset[str]
    words: Sequence[tuple[str, Fields]]
    records: frozenset[str]


_KEPT = 1_000

_kept: dict[int, tuple[PackContent, Own]] = {}


def own(content: PackContent) -> Own:
    """Worked out once a pack: each is looked at beside all others."""
    known = _kept.get(id(content))
    if known is None or known[0] is not content:
        if len(_kept) >= _KEPT:
            _kept.clear()
        known = _kept[id(content)] = content, _own(content)
    return known[1]


def _own(content: PackContent) -> Own:
    said = dict(parts(content))
    fields = (part.fields for part in said.values() if isinstance(part, FormField))
    return Own(
        said,
        frozenset(place for place in said if len(place) == 2),
        frozenset(name for named in fields for name in named),
        list(_words(said)),
        frozenset(word for word, _ in records(said)),
    )


def _inside(said: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(said, Struct):
        return zip(said.__struct_encode_fields__, astuple(said), strict=True)
    if isinstance(said, Mapping):
        return said.items()
    if isinstance(said, frozenset):
        return ((word, word) for word in sorted(said))
    return enumerate(said) if isinstance(said, tuple | list) else ()


def paths(said: Said) -> Iterator[tuple[Place, str]]:
    """Every path that the pack asks for, with its place."""
    for place, part in said.items():
        if isinstance(part, Predicate | Computed) and part.value is not None:
            yield place, part.value
        if isinstance(part, Computed):
            yield from ((place, path) for path in part.paths)
            if part.count is not None:
                yield place, f"count.{part.count}"
            if part.per is not None:
                yield place, part.per
        if isinstance(part, str) and part.startswith("="):
            yield place, part[1:]
        elif isinstance(part, str) and (place[-1] in _PATHS or place[-2:-1] == ("same",)):
            yield place, part


@dataclass(frozen=True)
class Vocabulary:
    """What paths may speak of, where these packs hold together."""

    words: Mapping[str, Fields]
    row_fields: frozenset[str]
    defined: frozenset[Place]

    @classmethod
    def of(cls, packs: Iterable[PackContent]) -> Vocabulary:
        words = dict(_facts())
        rows: set[str] = set()
        defined: set[Place] = set()
        for content in packs:
            its = own(content)
            defined |= its.defined
            rows |= its.row_fields
            for word, fields in its.words:
                words[word] = _both(words.get(word, frozenset()), fields)
        return cls(words, frozenset(rows), frozenset(defined))

    def fields_of(self, words: Iterable[str]) -> Fields:
        """All that the forms of these words have; None if one of them is not known."""
        known: Fields = frozenset()
        for word in words:
            known = _both(known, self.words[word])
        return known

    def leads_somewhere(self, path: str, form: Fields, *, in_report: bool = False) -> bool:
        """Whether a path stands for anything; `form` are the fields of the form at hand."""
        where, _, name = path.partition(".")
        if in_report and self._is_only_in_reports(where, name):
            return True
        if where in _SECTIONS:
            name = name.removesuffix(".count") if where in _MANY else name
            if where == "reading":
                name, _, part = name.partition(".")
                return part in READ and (_SECTIONS[where], name) in self.defined
            return path == "list.items" or (_SECTIONS[where], name) in self.defined
        this = THIS_IN_REPORTS if in_report else THIS
        roots = {"form": form, "row": self.row_fields, "this": this, "actor": ACTOR}
        if where in roots or where in self.words:
            return self._has(roots[where] if where in roots else self.words[where], name)
        if where in ("count", "hours_since"):
            return name in self.words
        if where == "day":
            return re.fullmatch("[0-2][0-9]:[0-5][0-9]", name) is not None
        return where in _NOT_CHECKED or path == NOW

    def _has(self, fields: Fields, name: str) -> bool:
        """A field, or one of the rows that are one."""
        first, _, of_rows = name.partition(".")
        return fields is None or name in fields or (first in fields and of_rows in self.row_fields)

    def _is_only_in_reports(self, where: str, name: str) -> bool:
        if where in ("hours", "minutes"):
            return all(word in self.words for word in name.split("."))
        if where in _ASKED_OF:
            return name in _ASKED_OF[where]
        if where in _OF_SCHEMES or where == "facts":
            return True
        return where == "client" or (_IN_REPORTS.get(where, ""), name) in self.defined


def _both(one: Fields, other: Fields) -> Fields:
    return None if one is None or other is None else one | other


def _words(said: Said) -> Iterator[tuple[str, Fields]]:
    yield from records(said)
    for place, part in said.items():
        if isinstance(part, Step):
            yield part.fact or place[-1], frozenset(part.form)
        elif place == ("procedure", "opening", "form"):
            yield "opened", frozenset(part)
        elif len(place) == 2 and place[0] == "obligations":
            yield f"{place[1]}-breached", None
            yield f"{place[1]}-due-soon", None


@cache
def _facts() -> Mapping[str, Fields]:
    """The universal facts, and what each of them says."""
    known = {
        kind.TOPIC.split(".", 1)[1]: frozenset(  # type: ignore[attr-defined]
            name for base in kind.__mro__ for name in vars(base).get("__annotations__", ())
        )
        for kind in events_of(Ticket)
    }
    known["opened"] |= {"item", "period"}
    known["answered-in-part"] = known["answered"]
    return {word: known.get(word) for word in HAPPENINGS}
