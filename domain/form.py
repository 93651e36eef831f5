"""Forms: what a step asks to be filled in. Read from a pack's content, never changed after."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from domain.errors import Invalid
from domain.predicate import Look, Predicate
from domain.sealed import Sealed, checked

Word = Annotated[str, Meta(pattern=r"\A[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}\Z")]
"""A name or title in a pack: one line that can be printed."""

FORM_TEXT_LIMIT = 4_000
"""Longest text in a form field, in characters."""

LIST_LIMIT = 200
"""Most entries of a list in a form."""

FieldType = Literal[
    "text",
    "integer",
    "number",
    "money",
    "boolean",
    "date",
    "time",
    "instant",
    "choice",
    "reference",
    "list",
]


class FormIncomplete(Invalid):
    code = "form_incomplete"


class FormRefused(Invalid):
    code = "form_refused"


class Computed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that the desk fills in itself: a count and one more, a path, a sum, a yes or no.

    A sum of integers is one; any other is a decimal as text, as numbers are.
    """

    count: Word | None = None
    value: Word | None = None
    sum: tuple[Word, ...] = ()
    holds: Predicate | None = None

    def of(self, look: Look) -> Any:
        if self.count is not None:
            return (look(f"count.{self.count}") or 0) + 1
        if self.holds is not None:
            return self.holds.holds(look)
        if self.sum:
            return self._added([look(path) or 0 for path in self.sum])
        return None if self.value is None else look(self.value)

    def _added(self, values: list[Any]) -> int | str:
        if all(type(value) is int for value in values):
            total: int = sum(values)
            return total
        return str(sum(map(Decimal, values), Decimal()))


class FormField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of a form. `sealed` texts speak of a person; times carry their offset.

    A number is a decimal as text, money is `{"minor_units": 500, "currency": "CNY"}`.
    """

    title: Word
    type: FieldType = "text"
    required: bool = False
    required_when: Predicate | None = None
    sealed: bool = False
    choices: tuple[Word, ...] = ()
    computed: Computed | None = None

    def read(self, value: Any, name: str, subject: UUID) -> Any:
        """The value as it is stored. Raises Invalid, naming the field."""
        if self.type == "list":
            return self._read_list(value, name, subject)
        if self.choices and value not in self.choices:
            raise Invalid(f"{name} must be one of {', '.join(self.choices)}", field=name)
        read = _READERS[self.type](value, name)
        return Sealed(subject, read) if self.sealed and isinstance(read, str) else read

    def is_required(self, look: Look) -> bool:
        asked = self.required_when is not None and self.required_when.holds(look)
        return self.required or asked

    def _read_list(self, value: Any, name: str, subject: UUID) -> list[Any]:
        if not isinstance(value, list) or not value or len(value) > LIST_LIMIT:
            raise Invalid(f"{name} must be a list of 1 to {LIST_LIMIT} entries", field=name)
        if self.choices and (unknown := [v for v in value if v not in self.choices]):
            raise Invalid(f"{name}: {unknown[0]} is none of {', '.join(self.choices)}", field=name)
        texts = [_text(entry, f"{name}.{i}") for i, entry in enumerate(value)]
        return [Sealed(subject, text) for text in texts] if self.sealed else texts


class FormRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must hold across fields, under which catalogue rule, and what is said otherwise."""

    must: Predicate
    says: Word
    field: Word | None = None
    rule: Word | None = None


def read_form(
    form: Mapping[str, FormField],
    rules: tuple[FormRule, ...],
    values: Mapping[str, Any],
    subject: UUID,
    look: Look,
) -> dict[str, Any]:
    """The form as it is stored, computed fields filled in.

    Raises FormIncomplete, FormRefused or Invalid, naming the field.
    """
    given = {name: value for name, value in values.items() if value is not None}
    for name in sorted(given):
        if name not in form or form[name].computed is not None:
            raise Invalid(f"this form has no field {name} to fill in", field=f"form.{name}")
    here = _with_form(given, look)
    for name, asked in form.items():
        if name not in given and asked.is_required(here):
            raise FormIncomplete(f"this step needs {asked.title}", field=f"form.{name}")
    read = {n: form[n].read(v, f"form.{n}", subject) for n, v in given.items()}
    for name, asked in form.items():
        if asked.computed is not None:
            read[name] = asked.computed.of(here)
    _must_hold(rules, _with_form(read, look))
    return read


def form_faults(place: str, form: Mapping[str, FormField]) -> list[str]:
    """What is wrong with the fields themselves, each fault naming its place."""
    faults = []
    for key, asked in form.items():
        if (asked.type == "choice") and not asked.choices:
            faults.append(f"{place}.{key}: a choice needs choices")
        if asked.choices and asked.type not in ("choice", "list"):
            faults.append(f"{place}.{key}: choices go with type choice or list")
        if asked.sealed and asked.type not in ("text", "list"):
            faults.append(f"{place}.{key}: only a text is sealed")
    return faults


def _with_form(values: Mapping[str, Any], look: Look) -> Look:
    def looked(path: str) -> Any:
        where, _, name = path.partition(".")
        return values.get(name) if where == "form" else look(path)

    return looked


def _must_hold(rules: tuple[FormRule, ...], look: Look) -> None:
    for rule in rules:
        if not rule.must.holds(look):
            raise FormRefused(rule.says, field=rule.field and f"form.{rule.field}", rule=rule.rule)


def _typed(kind: type) -> Callable[[Any, str], Any]:
    def read(value: Any, name: str) -> Any:
        if type(value) is not kind:
            raise Invalid(f"{name} must be of type {kind.__name__}", field=name)
        return value

    return read


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Invalid(f"{name} must be a text", field=name)
    return checked(value, name=name, limit=FORM_TEXT_LIMIT)


def _number(value: Any, name: str) -> str:
    try:
        number = Decimal(value) if type(value) in (int, str) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Invalid(f"{name} must be a number, as text like '0.85'", field=name)
    return str(number)


def _money(value: Any, name: str) -> dict[str, Any]:
    """Whole minor units of a currency: never a float."""
    if (
        isinstance(value, dict)
        and value.keys() == {"minor_units", "currency"}
        and type(value["minor_units"]) is int
        and re.fullmatch("[A-Z]{3}", str(value["currency"]))
    ):
        return value
    raise Invalid(f'{name} must be like {{"minor_units": 500, "currency": "CNY"}}', field=name)


def _parsed(kind: Callable[[str], Any], example: str) -> Callable[[Any, str], str]:
    def read(value: Any, name: str) -> str:
        try:
            return str(kind(value).isoformat())
        except (TypeError, ValueError):
            raise Invalid(f"{name} must be like {example}", field=name) from None

    return read


def _aware(value: str) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError(value)
    return instant


def _reference(value: Any, name: str) -> str:
    try:
        return str(UUID(value))
    except (TypeError, ValueError, AttributeError):
        raise Invalid(f"{name} must be an id", field=name) from None


_READERS: Mapping[str, Callable[[Any, str], Any]] = {
    "text": _text,
    "choice": _text,
    "integer": _typed(int),
    "boolean": _typed(bool),
    "number": _number,
    "money": _money,
    "date": _parsed(date.fromisoformat, "2026-11-23"),
    "time": _parsed(time.fromisoformat, "16:30"),
    "instant": _parsed(_aware, "2026-11-23T16:30:00+08:00"),
    "reference": _reference,
}
