"""OCEL 2.0 as JSON. Its schema has every value as a text; what it is, its declaration says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from infrastructure.exporting.ocel import OcelEvent, OcelLog, OcelObject, Relation, in_words

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

BEGINNING = "1970-01-01T00:00:00.000000Z"
"""Since when an object is what it is from the first; the standard wants this instant for it."""


def ocel_json(log: OcelLog) -> bytes:
    """One event or object a line."""
    parts = {
        "eventTypes": _declared(log.event_types),
        "objectTypes": _declared(log.object_types),
        "events": map(_event, log.events),
        "objects": map(_object, log.objects),
    }
    listed = [f'"{name}":[{_lines(entries)}]' for name, entries in parts.items()]
    return f"{{{','.join(listed)}}}\n".encode()


def _lines(entries: Iterable[Mapping[str, Any]]) -> str:
    return ",".join(f"\n{_JSON.encode(one)}" for one in entries)


def _declared(types: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    for name, attributes in types.items():
        declared = [{"name": one, "type": type_} for one, type_ in attributes.items()]
        yield {"name": name, "attributes": declared}


def _event(event: OcelEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "time": event.time,
        "attributes": [{"name": n, "value": in_words(v)} for n, v in event.attributes.items()],
        "relationships": _related(event.relations),
    }


def _object(one: OcelObject) -> dict[str, Any]:
    return {
        "id": one.id,
        "type": one.type,
        "attributes": [
            {"name": name, "value": in_words(value), "time": time or BEGINNING}
            for time, name, value in one.changes
        ],
        "relationships": _related(one.relations),
    }


def _related(relations: Iterable[Relation]) -> list[dict[str, str]]:
    return [{"objectId": id, "qualifier": qualifier} for id, qualifier in relations]
