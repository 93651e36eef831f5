"""Forms: what a step asks to be filled in. Read from a pack's content, never changed after."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from domain.errors import Invalid
from domain.predicate import Look, Predicate, inside
from domain.reckoning import added, divided, in_table, smallest, values_at
from domain.sealed import Sealed, checked
from domain.spans import instant, minutes_between, uncovered

Word = Annotated[str, Meta(pattern=r"\A[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}\Z")]
"""A name or title in a pack: one line that can be printed."""

FORM_TEXT_LIMIT = 4_000
"""Longest text in a form field, in characters."""

LIST_LIMIT = 200
"""Most entries of a list, or rows, in a form."""

NUMBER_DIGITS = 30
"""Most digits of a number before the point, and after it."""

INTEGER_DIGITS = 15
"""Most digits of an integer, or of minor units: whoever reads JSON reads so many exactly."""

YEARS = range(1900, 3000)
"""What a date, or an instant, can be meant to lie in."""

_IN_YEARS = f"from {YEARS[0]} to {YEARS[-1]}"

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
    "rows",
    "evidence",
]

_CHOOSING = ("choice", "list")

DIGEST = "[0-9a-f]{64}"
"""How an attachment is named: by its SHA-256, in hex."""


class FormIncomplete(Invalid):
    code = "form_incomplete"


class FormRefused(Invalid):
    code = "form_refused"


class Computed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that the desk fills in itself: a count and one more, a path, a sum, a yes or no.

    A sum of integers is one, in which a yes counts 1; any other is a decimal as text, as numbers
    are. It takes in a field of all rows: `form.lines.amount`. `minutes`: whole ones from one
    instant until another; 0 where the other comes first. `uncovered`: the gaps from one instant
    until another that the rows leave, each `since` and `until`. `per`: divided by what stands
    there, two decimal places at most; `out_of`: as percent of the best that there is.
    """

    count: Word | None = None
    value: Word | None = None
    sum: tuple[Word, ...] = ()
    less: tuple[Word, ...] = ()
    least: tuple[Word, ...] = ()
    table: tuple[Word, Word] | None = None
    minutes: tuple[Word, Word] | None = None
    uncovered: tuple[Word, Word, Word] | None = None
    holds: Predicate | None = None
    per: Word | None = None
    out_of: Decimal = Decimal(100)

    @property
    def paths(self) -> tuple[Word, ...]:
        """What it adds up, or reckons with."""
        pairs = (*(self.minutes or ()), *(self.uncovered or ()), *(self.table or ()))
        return (*self.sum, *self.less, *self.least, *pairs)

    def of(self, look: Look) -> Any:
        whole = self._undivided(look)
        return whole if self.per is None else divided(whole, look(self.per), self.out_of)

    def _undivided(self, look: Look) -> Any:
        if self.count is not None:
            return (look(f"count.{self.count}") or 0) + 1
        if self.holds is not None:
            return self.holds.holds(look)
        if self.sum:
            return added(values_at(self.sum, look), values_at(self.less, look))
        if self.least:
            return smallest([look(path) for path in self.least])
        if self.table is not None:
            return in_table(*map(look, self.table))
        if self.minutes is not None:
            return minutes_between(*map(look, self.minutes))
        if self.uncovered is not None:
            return uncovered(*map(look, self.uncovered))
        return None if self.value is None else look(self.value)


class FormField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of a form. `sealed` texts speak of a person; times carry their offset.

    A number is a decimal as text, money is `{"minor_units": 500, "currency": "CNY"}`. `rows` are
    little forms of `fields`; what these ask may speak of their own row: `row.x`. `choices_of`
    names a list of the packs. `visible`: the client reads it.
    """

    title: Word
    type: FieldType = "text"
    required: bool = False
    required_when: Predicate | None = None
    sealed: bool = False
    visible: bool = False
    choices: tuple[Word, ...] = ()
    choices_of: Word | None = None
    fields: dict[Word, FormField] = {}
    min_items: Annotated[int, Meta(ge=0, le=LIST_LIMIT)] = 1
    computed: Computed | None = None

    def read(self, value: Any, name: str, subject: UUID, look: Look) -> Any:
        """The value as it is stored. Raises Invalid, naming the field."""
        if self.type == "rows":
            return [
                _read_fields(self.fields, "row", row, f"{name}.{i}", subject, look)
                for i, row in enumerate(self._entries(value, name))
            ]
        if self.type == "list":
            entries = enumerate(self._entries(value, name))
            return [self._read_one("text", v, f"{name}.{i}", subject, look) for i, v in entries]
        return self._read_one(self.type, value, name, subject, look)

    def is_required(self, look: Look) -> bool:
        asked = self.required_when is not None and self.required_when.holds(look)
        return self.required or asked

    def _read_one(self, type_: str, value: Any, name: str, subject: UUID, look: Look) -> Any:
        read = _READERS[type_](value, name)
        if self.choices or self.choices_of:
            choices = look(f"list.{self.choices_of}") if self.choices_of else self.choices
            _must_be_one_of(choices or (), read, name)
        if type_ == "evidence" and read not in (look("this.evidence_digests") or ()):
            raise Invalid(f"{name} is no attachment of this ticket", field=name)
        return Sealed(subject, read) if self.sealed and isinstance(read, str) else read

    def _entries(self, value: Any, name: str) -> list[Any]:
        if not isinstance(value, list) or not self.min_items <= len(value) <= LIST_LIMIT:
            wanted = f"{self.min_items} to {LIST_LIMIT}"
            raise Invalid(f"{name} must be a list of {wanted} entries", field=name)
        return value


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
    read = _read_fields(form, "form", values, "form", subject, look)
    _must_hold(rules, with_form(read, look))
    return read


def form_faults(place: str, form: Mapping[str, FormField]) -> list[str]:
    """What is wrong with the fields themselves, each fault naming its place."""
    faults = []
    for key, asked in form.items():
        here = f"{place}.{key}"
        faults += [f"{here}: {fault}" for fault in _field_faults(asked)]
        faults += form_faults(here, asked.fields)
        faults += [
            f"{here}.{name}: a row holds no rows"
            for name, inner in asked.fields.items()
            if inner.type == "rows"
        ]
    return faults


def visible_texts(
    form: Mapping[str, FormField], read: Mapping[str, Any], place: str = "form"
) -> Iterator[tuple[str, str]]:
    """What the client reads of a form, each text with its place."""
    for name, asked in form.items():
        here, value = f"{place}.{name}", read.get(name)
        if asked.type == "rows":
            for i, row in enumerate(value or ()):
                yield from visible_texts(asked.fields, row, f"{here}.{i}")
        elif asked.visible and value is not None:
            yield from ((here, str(text)) for text in (value if asked.type == "list" else [value]))


def with_form(values: Mapping[str, Any], look: Look) -> Look:
    """What paths stand for with this form at hand."""
    return inside("form", values, look)


def _field_faults(asked: FormField) -> list[str]:
    has_choices = bool(asked.choices or asked.choices_of)
    wrong = {
        "a choice needs choices": asked.type == "choice" and not has_choices,
        "choices go with type choice or list": has_choices and asked.type not in _CHOOSING,
        "give choices, or choices_of": asked.choices and asked.choices_of,
        "only a text is sealed": asked.sealed and asked.type not in ("text", "list"),
        "rows need fields": asked.type == "rows" and not asked.fields,
        "fields go with type rows": asked.fields and asked.type != "rows",
        "min_items goes with type list or rows": asked.min_items != 1
        and asked.type not in ("list", "rows"),
    }
    return [fault for fault, is_so in wrong.items() if is_so]


def _read_fields(
    form: Mapping[str, FormField],
    called: str,
    values: Any,
    place: str,
    subject: UUID,
    look: Look,
) -> dict[str, Any]:
    """What is filled in, then what the desk fills in; paths call it `called`: form, or row."""
    if not isinstance(values, Mapping):
        raise Invalid(f"{place} must be an object", field=place)
    given = {name: value for name, value in values.items() if value is not None}
    for name in sorted(given):
        if name not in form or form[name].computed is not None:
            raise Invalid(f"this form has no field {name} to fill in", field=f"{place}.{name}")
    read: dict[str, Any] = {}
    here = inside(called, read, look)
    for name, value in given.items():
        read[name] = form[name].read(value, f"{place}.{name}", subject, here)
    for name, asked in form.items():
        if asked.computed is not None:
            read[name] = asked.computed.of(here)
        elif name not in given and asked.is_required(here):
            raise FormIncomplete(f"this step needs {asked.title}", field=f"{place}.{name}")
    return read


def _must_be_one_of(choices: Iterable[str], value: str, name: str) -> None:
    if value not in choices:
        raise Invalid(f"{name} must be one of {', '.join(choices)}", field=name)


def _must_hold(rules: tuple[FormRule, ...], look: Look) -> None:
    for rule in rules:
        if not rule.must.holds(look):
            raise FormRefused(rule.says, field=rule.field and f"form.{rule.field}", rule=rule.rule)


def _whole(value: Any) -> Any:
    """What JSON writes as 5.0 is the integer 5; other floats are no exact numbers."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else "NaN"
    return value


def _typed(kind: type) -> Callable[[Any, str], Any]:
    def read(value: Any, name: str) -> Any:
        if type(value) is not kind:
            raise Invalid(f"{name} must be of type {kind.__name__}", field=name)
        return value

    return read


def _integer(value: Any, name: str) -> int:
    read: int = _typed(int)(value, name)
    if abs(read) >= 10**INTEGER_DIGITS:
        raise Invalid(f"{name} has more than {INTEGER_DIGITS} digits", field=name)
    return read


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Invalid(f"{name} must be a text", field=name)
    return checked(value, name=name, limit=FORM_TEXT_LIMIT)


def _number(value: Any, name: str) -> str:
    try:
        number = Decimal(_whole(value)) if type(value) in (int, float, str) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Invalid(f"{name} must be a number, as text like '0.85'", field=name)
    before, after = number.adjusted() + 1, -int(number.as_tuple().exponent)
    if max(before, after) > NUMBER_DIGITS:
        raise Invalid(f"{name} has more than {NUMBER_DIGITS} digits on one side", field=name)
    return str(number)


def _money(value: Any, name: str) -> dict[str, Any]:
    """Whole minor units of a currency: never a float."""
    if (
        isinstance(value, dict)
        and value.keys() == {"minor_units", "currency"}
        and type(value["minor_units"]) is int
        and re.fullmatch("[A-Z]{3}", str(value["currency"]))
    ):
        _integer(value["minor_units"], name)
        return value
    raise Invalid(f'{name} must be like {{"minor_units": 500, "currency": "CNY"}}', field=name)


def _parsed(kind: Callable[[str], Any], example: str) -> Callable[[Any, str], str]:
    def read(value: Any, name: str) -> str:
        try:
            return str(kind(value).isoformat())
        except (TypeError, ValueError):
            raise Invalid(f"{name} must be like {example}", field=name) from None

    return read


def _dated(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(said: str) -> Any:
        found = kind(said)
        if found.year not in YEARS:
            raise ValueError(said)
        return found

    return read


def _digest(value: Any, name: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(DIGEST, value):
        raise Invalid(f"{name} must be the SHA-256 of an attachment, in hex", field=name)
    return value


def _reference(value: Any, name: str) -> str:
    try:
        return str(UUID(value))
    except (TypeError, ValueError, AttributeError):
        raise Invalid(f"{name} must be an id", field=name) from None


_READERS: Mapping[str, Callable[[Any, str], Any]] = {
    "text": _text,
    "choice": _text,
    "integer": _integer,
    "boolean": _typed(bool),
    "number": _number,
    "money": _money,
    "date": _parsed(_dated(date.fromisoformat), f"2026-11-23, {_IN_YEARS}"),
    "time": _parsed(time.fromisoformat, "16:30"),
    "instant": _parsed(_dated(instant), f"2026-11-23T16:30:00+08:00, {_IN_YEARS}"),
    "reference": _reference,
    "evidence": _digest,
}
