from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.form import FormField, FormRule, read_form
from domain.form_schema import json_schema
from tests.support.facts import C1

DIGEST = "ab" * 32
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "text": {"required": True, "sealed": True, "visible": True},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "money": {"type": "money"},
    "boolean": {"type": "boolean"},
    "date": {"type": "date"},
    "time": {"type": "time"},
    "instant": {"type": "instant"},
    "reference": {"type": "reference"},
    "evidence": {"type": "evidence"},
    "choice": {"type": "choice", "choices": ["cable", "fibre"]},
    "listed": {"type": "choice", "choices_of": "lines"},
    "unlisted": {"type": "choice", "choices_of": "colours"},
    "list": {"type": "list", "min_items": 2, "choices": ["a", "b"]},
    "rows": {
        "type": "rows",
        "fields": {
            "who": {"title": "经办人", "required": True},
            "on": {"title": "日期", "type": "date"},
        },
    },
    "number_of_visits": {"required": True, "computed": {"count": "visit"}},
    "details": {"required_when": {"value": "form.choice", "is": "cable"}},
}
FORM = {n: msgspec.convert({"title": n, **f}, FormField) for n, f in FIELDS.items()}
RULE = msgspec.convert(
    {"must": {"value": "form.integer", "above": 0}, "says": "要多于零", "field": "integer"},
    FormRule,
)
LISTS = {"lines": ("dsl", "lte")}
SCHEMA = json_schema(FORM, (RULE,), LISTS)
PROPERTIES = SCHEMA["properties"]
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_a_form_is_a_schema_of_the_draft_that_it_names() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["required"] == ["text"]
    assert list(PROPERTIES) == list(FIELDS)
    assert [asked["title"] for asked in PROPERTIES.values()] == list(FIELDS)


def test_rules_across_fields_are_told_in_words() -> None:
    assert SCHEMA["x-rules"] == [{"says": "要多于零", "field": "integer", "rule": None}]
    assert "x-rules" not in json_schema(FORM)


def test_what_a_schema_cannot_say_stands_beside_it() -> None:
    assert PROPERTIES["number_of_visits"] == {"title": "number_of_visits", "readOnly": True}
    assert PROPERTIES["text"]["x-sealed"] is True
    assert PROPERTIES["text"]["x-visible"] is True
    assert "x-visible" not in PROPERTIES["integer"]
    assert PROPERTIES["details"]["x-required-when"] == {"value": "form.choice", "is": "cable"}
    assert PROPERTIES["listed"]["enum"] == ["dsl", "lte"]
    assert "enum" not in PROPERTIES["unlisted"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", "三号楼"),
        ("integer", -3),
        ("number", "0.850"),
        ("number", 12),
        ("money", {"minor_units": 500, "currency": "CNY"}),
        ("boolean", False),
        ("date", "2026-11-23"),
        ("time", "16:30"),
        ("instant", "2026-11-23T16:30:00+08:00"),
        ("reference", "00000000-0000-4000-8000-000000000001"),
        ("evidence", DIGEST),
        ("choice", "fibre"),
        ("listed", "lte"),
        ("list", ["a", "b"]),
        ("rows", [{"who": "王某", "on": "2026-11-23"}, {"who": "李某"}]),
    ],
)
def test_what_a_form_takes_its_schema_takes(name: str, value: Any) -> None:
    given = {"text": "三号楼", name: value}

    assert read(given)
    assert VALIDATOR.is_valid(given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", None),
        ("text", " "),
        ("text", 5),
        ("text", "长" * 4_001),
        ("integer", "5"),
        ("integer", 10**15),
        ("integer", -(10**15)),
        ("number", "many"),
        ("number", 0.5),
        ("number", 10**30),
        ("number", "9" * 31),
        ("money", {"minor_units": 10**15, "currency": "CNY"}),
        ("money", {"minor_units": 5.5, "currency": "CNY"}),
        ("money", {"minor_units": 5, "currency": "yuan"}),
        ("money", {"minor_units": 5}),
        ("boolean", 1),
        ("date", "23.11.2026"),
        ("date", "1899-12-31"),
        ("date", "3000-01-01"),
        ("instant", "1899-12-31T23:59:59+08:00"),
        ("instant", "3000-01-01T00:00:00+08:00"),
        ("time", "25:00"),
        ("reference", "li-na"),
        ("evidence", DIGEST.upper()),
        ("choice", "copper"),
        ("listed", "cable"),
        ("list", ["a"]),
        ("list", ["a", "c"]),
        ("list", ["a"] * 201),
        ("rows", []),
        ("rows", [{"on": "2026-11-23"}]),
        ("rows", [{"who": "王某", "colour": "red"}]),
        ("colour", "red"),
    ],
)
def test_what_a_form_refuses_its_schema_refuses(name: str, value: Any) -> None:
    assert not VALIDATOR.is_valid({"text": "三号楼", name: value})


def read(values: Mapping[str, Any]) -> Mapping[str, Any]:
    known = {"this.evidence_digests": [DIGEST], "list.lines": LISTS["lines"]}
    return read_form(FORM, (), values, C1, known.get)


DAYS = st.dates().map(lambda day: day.isoformat())
TEXTS = st.text(st.characters(categories=["L", "N", "Zs"]), max_size=5)
VALUES = {
    "integer": st.integers() | TEXTS,
    "number": st.decimals(places=2).map(str) | st.integers(-(10**9), 10**9) | st.floats() | TEXTS,
    "date": DAYS | TEXTS,
    "time": st.times().map(lambda time: time.isoformat("minutes")) | TEXTS,
    "choice": st.sampled_from(["cable", "fibre", "copper"]),
    "list": st.lists(st.sampled_from(["a", "b", "c"]), max_size=4),
    "rows": st.lists(st.fixed_dictionaries({}, optional={"who": TEXTS, "on": DAYS}), max_size=3),
}


@given(values=st.fixed_dictionaries({"text": TEXTS}, optional=VALUES))
def test_what_a_schema_takes_its_form_takes(values: Mapping[str, Any]) -> None:
    values = {"details": "异响", **values}

    if VALIDATOR.is_valid(values):
        assert values.keys() <= read(values).keys()
