from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from infrastructure.exporting.ocel import ocel_log
from infrastructure.exporting.ocel_json import ocel_json
from infrastructure.exports import Exported
from tests.support.exports import ODD, made

TEXT = {"type": "string"}
INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}


def record(**fields: Any) -> dict[str, Any]:
    """Exactly these fields."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


TYPES = {"enum": ["string", "time", "integer", "float", "boolean"]}
DECLARED = array(record(name=TEXT, attributes=array(record(name=TEXT, type=TYPES))))
RELATED = array(record(objectId=TEXT, qualifier=TEXT | {"minLength": 1}))
STANDARD = record(
    eventTypes=DECLARED,
    objectTypes=DECLARED,
    events=array(
        record(
            id=TEXT,
            type=TEXT,
            time=INSTANT,
            attributes=array(record(name=TEXT, value=TEXT)),
            relationships=RELATED | {"minItems": 1},
        )
    ),
    objects=array(
        record(
            id=TEXT,
            type=TEXT,
            attributes=array(record(name=TEXT, value=TEXT, time=INSTANT)),
            relationships=RELATED,
        )
    ),
)
"""The schema of OCEL 2.0, made strict: all that it allows to be there has to be, in UTC.

An event is linked to at least who did it.
"""

READS = {
    "integer": re.compile(r"-?\d+"),
    "float": re.compile(r"-?\d+(\.\d+)?(e-?\d+)?"),
    "boolean": re.compile("true|false"),
    "time": re.compile(INSTANT["pattern"]),
    "string": re.compile(".*", re.DOTALL),
}


def read(facts: list[Exported]) -> dict[str, Any]:
    return json.loads(ocel_json(ocel_log(facts)))  # type: ignore[no-any-return]


def test_it_keeps_to_the_standard(every: list[Exported]) -> None:
    Draft202012Validator(STANDARD).validate(read(every))


def test_nothing_happened_keeps_to_it_too() -> None:
    Draft202012Validator(STANDARD).validate(read([]))


def test_every_type_and_attribute_is_declared_and_read_as_declared(every: list[Exported]) -> None:
    log = read(every)

    for declared, entries in (("eventTypes", "events"), ("objectTypes", "objects")):
        types = {
            one["name"]: {told["name"]: told["type"] for told in one["attributes"]}
            for one in log[declared]
        }
        used: dict[str, set[str]] = {one["type"]: set() for one in log[entries]}
        for one in log[entries]:
            for told in one["attributes"]:
                used[one["type"]].add(told["name"])
                assert READS[types[one["type"]][told["name"]]].fullmatch(told["value"]), told
        assert used == {name: set(attributes) for name, attributes in types.items()}


def test_what_is_named_twice_is_named_once(every: list[Exported]) -> None:
    log = read(every)

    ids = Counter(one["id"] for one in (*log["events"], *log["objects"]))
    assert set(ids.values()) == {1}
    for one in (*log["events"], *log["objects"]):
        related = [told["objectId"] for told in one["relationships"]]
        assert len(related) == len(set(related))
    for declared in ("eventTypes", "objectTypes"):
        names = [one["name"] for one in log[declared]]
        assert names == sorted(set(names))


def test_when_it_happened_is_its_time_and_when_it_was_recorded_an_attribute() -> None:
    fact = made(recorded_at=made(9).recorded_at)

    [event] = read([fact])["events"]

    told = {one["name"]: one["value"] for one in event["attributes"]}
    assert event["time"] == "2026-11-23T04:01:00.000000Z"
    assert told["recorded_at"] == "2026-11-23T04:09:00.000000Z"


@pytest.mark.parametrize("text", [ODD, '"', "\\", "\x00\x1f\x7f", "null", "true", "7", "[]"])
def test_a_text_is_what_it_was(text: str) -> None:
    log = read([made(fields={"text": text}, reason=text)])

    told = {one["name"]: one["value"] for one in log["events"][0]["attributes"]}
    assert (told["text"], told["reason"]) == (text, text)
    assert {one["type"] for one in log["eventTypes"][0]["attributes"] if one["name"] == "text"} == {
        "string"
    }


def test_a_form_is_one_value() -> None:
    [event] = read([made(fields={"form": {"b": ["七", 1], "a": {"c": None}}})])["events"]

    told = {one["name"]: one["value"] for one in event["attributes"]}
    assert told["form"] == '{"a":{"c":null},"b":["七",1]}'
