"""What facts are as an object-centric event log (OCEL 2.0), before it is written in a format.

An object is whatever has a stream, acts, or is named: `ticket:<uuid>`, `staff:<uuid>`,
`system:<name>`. An event is linked to what it happened to, to who did it and for whom, and to
everything else that it names. Known readers keep one qualifier only for each event and object, so
an object that stands in several parts gets one relation that names them all: `actor+owner`.

The time of an event is when it happened, as told; when it was recorded is an attribute.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from infrastructure.exporting.exported import Exported, by_position, in_utc, is_in_utc

TOLD_ONCE: Mapping[str, tuple[str, ...]] = {
    "ticket.opened": ("procedure", "channel", "unit", "state"),
    "client.registered": ("kind",),
    "staff.registered": ("unit",),
    "pack.named": ("name",),
}
"""What an object is from its first event on."""

TOLD_AGAIN: Mapping[str, tuple[str, ...]] = {
    "ticket": ("state",),
    "staff": ("post",),
}
"""What any later event of an object may change."""

OWNER_FROM: Mapping[str, str] = {
    "ticket.opened": "first_contact_id",
    "ticket.transfer-accepted": "to_id",
    "ticket.transfer-decided": "to_id",
    "ticket.step-taken": "done_by_id",
}
"""Who answers for a ticket from then on."""

STANDING: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ticket.opened", "client"): ("client",),
    ("ticket.opened", "first_contact"): ("first_contact", "owner"),
    ("ticket.opened", "procedure"): ("procedure",),
    ("ticket.opened", "pack"): ("pack",),
    ("ticket.transfer-accepted", "to"): ("owner",),
    ("ticket.transfer-decided", "to"): ("owner",),
    ("ticket.step-taken", "done_by"): ("owner",),
    ("staff.superior-named", "superior"): ("superior",),
    ("staff.deputy-named", "deputy"): ("deputy",),
    ("client.merged", "into"): ("merged_into",),
}
"""Which events say how two objects stand to each other; it is said once, for ever after."""

_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))

MOST = 2**63
"""Integers that SQLite and XES can hold lie below it, and not below its negative."""


class Relation(NamedTuple):
    object_id: str
    qualifier: str


@dataclass(frozen=True)
class OcelEvent:
    id: str
    type: str
    time: str
    attributes: Mapping[str, Any]
    relations: list[Relation]


class Change(NamedTuple):
    """`time` is None for what an object was from its beginning."""

    time: str | None
    name: str
    value: Any


@dataclass
class OcelObject:
    id: str
    changes: list[Change] = field(default_factory=list)
    parts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def becomes(self, name: str, value: Any, time: str | None) -> None:
        """Said again, it is no change."""
        before = [change.value for change in self.changes if change.name == name]
        if before[-1:] != [value]:
            self.changes.append(Change(time, name, value))

    @property
    def type(self) -> str:
        return self.id.partition(":")[0]

    @property
    def relations(self) -> list[Relation]:
        return _relations(self.parts)


@dataclass(frozen=True)
class OcelLog:
    """The types say of each attribute whether it is string, time, integer, float or boolean."""

    events: list[OcelEvent]
    objects: list[OcelObject]

    @cached_property
    def event_types(self) -> dict[str, dict[str, str]]:
        return _types((one.type, one.attributes.items()) for one in self.events)

    @cached_property
    def object_types(self) -> dict[str, dict[str, str]]:
        return _types((o.type, ((c.name, c.value) for c in o.changes)) for o in self.objects)


def ocel_log(facts: Iterable[Exported]) -> OcelLog:
    """In the order of the register, whatever order they come in."""
    ordered = by_position(facts)
    builder = _Builder({str(fact.stream_id): fact.kind for fact in ordered})
    events = [builder.event(fact) for fact in ordered]
    return OcelLog(events, [builder.objects[id] for id in sorted(builder.objects)])


class _Builder:
    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self.objects: dict[str, OcelObject] = {}

    def event(self, fact: Exported) -> OcelEvent:
        parts: dict[str, list[str]] = defaultdict(list)
        parts[fact.object_id].append(fact.kind)
        parts[fact.actor].append("actor")
        if fact.acting_for is not None:
            parts[fact.acting_for].append("acting_for")
        for part, id in self._named(fact):
            parts[id].append(part)
        for id in parts:
            self.objects.setdefault(id, OcelObject(id))
        self._tell(fact)
        return OcelEvent(
            id=f"e{fact.position}",
            type=fact.activity,
            time=in_utc(fact.occurred_at),
            attributes=dict(sorted(_attributes(fact))),
            relations=_relations(parts),
        )

    def _named(self, fact: Exported) -> Iterator[tuple[str, str]]:
        """Whom it names; an id that nobody says the kind of is left as the text that it is."""
        for part, said, id in fact.links:
            kind = self._known.get(str(id), said)
            if kind is not None:
                yield part, f"{kind}:{id}"

    def _tell(self, fact: Exported) -> None:
        about, first = self.objects[fact.object_id], TOLD_ONCE.get(fact.topic, ())
        since = None if first else in_utc(fact.occurred_at)
        for name in first or TOLD_AGAIN.get(fact.kind, ()):
            if value := fact.fields.get(name):
                about.becomes(name, value, since)
        if owner := fact.fields.get(OWNER_FROM.get(fact.topic, "")):
            about.becomes("owner", f"staff:{owner}", since)
        for part, id in self._named(fact):
            about.parts[id].extend(STANDING.get((fact.topic, part), ()))


def _attributes(fact: Exported) -> Iterator[tuple[str, Any]]:
    beside = {
        "register_position": fact.position,
        "stream_version": fact.version,
        "recorded_at": in_utc(fact.recorded_at),
        "register_number": fact.number,
        "role": fact.role,
        "command_id": fact.command_id,
        "reason": fact.reason,
    }
    for name, value in (*beside.items(), *fact.fields.items()):
        if isinstance(value, dict | list):
            value = in_json(value) if value else None
        if value is not None:
            yield name, value


def in_json(value: Any) -> str:
    """The same text for the same value."""
    return _JSON.encode(value)


def in_words(value: Any) -> str:
    """A value as text: what it is, for texts."""
    return value if isinstance(value, str) else in_json(value)


def _relations(parts: Mapping[str, list[str]]) -> list[Relation]:
    return [Relation(id, "+".join(dict.fromkeys(as_))) for id, as_ in sorted(parts.items()) if as_]


def _types(told: Iterable[tuple[str, Iterable[tuple[str, Any]]]]) -> dict[str, dict[str, str]]:
    """Each type's attributes; what is of two kinds in two places is a string in both."""
    found: dict[str, dict[str, set[str]]] = {}
    for type_, attributes in told:
        known = found.setdefault(type_, {})
        for name, value in attributes:
            known.setdefault(name, set()).add(_type(value))
    return {
        type_: {
            n: min(kinds) if len(kinds) == 1 else "string" for n, kinds in sorted(known.items())
        }
        for type_, known in sorted(found.items())
    }


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if -MOST <= value < MOST else "string"
    if isinstance(value, float):
        return "float"
    return "time" if is_in_utc(value) else "string"
