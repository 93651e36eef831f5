"""Forms as JSON Schema (draft 2020-12): what a screen needs to show one and to check it early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from domain.form import (
    DIGEST,
    FORM_TEXT_LIMIT,
    INTEGER_DIGITS,
    LIST_LIMIT,
    NUMBER_DIGITS,
    FormField,
    FormRule,
)

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_NO_LISTS: Mapping[str, Sequence[str]] = {}

_TEXT = {"type": "string", "minLength": 1, "maxLength": FORM_TEXT_LIMIT, "pattern": r"\S"}
_IN_YEARS = "^(19|2[0-9])[0-9]{2}-"


def _whole(type_: str | list[str], digits: int) -> dict[str, Any]:
    return {"type": type_, "minimum": 1 - 10**digits, "maximum": 10**digits - 1}


_TYPES: Mapping[str, Mapping[str, Any]] = {
    "text": _TEXT,
    "choice": {"type": "string"},
    "integer": _whole("integer", INTEGER_DIGITS),
    "boolean": {"type": "boolean"},
    "number": {
        **_whole(["string", "integer"], NUMBER_DIGITS),
        "pattern": rf"^-?[0-9]{{1,{NUMBER_DIGITS}}}(\.[0-9]{{1,{NUMBER_DIGITS}}})?$",
    },
    "money": {
        "type": "object",
        "properties": {
            "minor_units": _whole("integer", INTEGER_DIGITS),
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
        "required": ["minor_units", "currency"],
        "additionalProperties": False,
    },
    "date": {"type": "string", "format": "date", "pattern": _IN_YEARS},
    # The format "time" would ask for an offset, which a time of day has not.
    "time": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"},
    "instant": {"type": "string", "format": "date-time", "pattern": _IN_YEARS},
    "reference": {"type": "string", "format": "uuid"},
    "evidence": {"type": "string", "pattern": f"^{DIGEST}$"},
}


def json_schema(
    form: Mapping[str, FormField],
    rules: Sequence[FormRule] = (),
    lists: Mapping[str, Sequence[str]] = _NO_LISTS,
) -> dict[str, Any]:
    """The form as a JSON Schema; `x-rules` are those across fields, in words.

    `lists` are those of the packs: where choices come from one that is not there, none is named.
    """
    schema = {"$schema": DRAFT, **_object(form, lists)}
    if rules:
        schema["x-rules"] = [
            {"says": rule.says, "field": rule.field, "rule": rule.rule} for rule in rules
        ]
    return schema


def _object(form: Mapping[str, FormField], lists: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: _field(asked, lists) for name, asked in form.items()},
        "required": [n for n, asked in form.items() if asked.required and asked.computed is None],
        "additionalProperties": False,
    }


def _field(asked: FormField, lists: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": asked.title, **_shape(asked, lists)}
    if asked.sealed:
        schema["x-sealed"] = True
    if asked.visible:
        schema["x-visible"] = True
    if asked.required_when is not None:
        schema["x-required-when"] = msgspec.to_builtins(asked.required_when)
    return schema


def _shape(asked: FormField, lists: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    if asked.computed is not None:
        return {"readOnly": True}
    if asked.type == "rows":
        return _array(asked, _object(asked.fields, lists))
    if asked.type == "list":
        return _array(asked, {**_TEXT, **_choices(asked, lists)})
    return {**_TYPES[asked.type], **_choices(asked, lists)}


def _array(asked: FormField, items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": asked.min_items, "maxItems": LIST_LIMIT}


def _choices(asked: FormField, lists: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    named = asked.choices if asked.choices_of is None else lists.get(asked.choices_of, ())
    return {"enum": list(named)} if named else {}
