"""Predicates: what a pack may ask of a ticket. A tiny language on purpose.

A value is named by a path: `form.fault` (the form at hand), `classify.severity` (the form of the
last such step), `count.follow_up` (how often that step was taken), `hours_since.open`,
`this.state`, `row.amount` (the row at hand). What does not fit becomes a named predicate in Python
that packs refer to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from operator import ge, gt, le, lt
from typing import Any

from msgspec import UNSET, Struct, field, json

from domain.spans import instant

_NUMBERS = (int, float)

Look = Callable[[str], Any]
"""What a path stands for now; None where it stands for nothing."""


class Predicate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """All that is said must hold. A bound that begins with `=` is another path.

    `some`: of at least one row of the value; what it asks of the row is `row.x`.
    """

    all: tuple[Predicate, ...] = ()
    any: tuple[Predicate, ...] = ()
    not_: Predicate | None = field(name="not", default=None)
    value: str | None = None
    is_: Any = field(name="is", default=UNSET)
    in_: tuple[Any, ...] | None = field(name="in", default=None)
    includes: Any = UNSET
    filled: bool | None = None
    above: float | str | None = None
    below: float | str | None = None
    at_least: float | str | None = None
    at_most: float | str | None = None
    some: Predicate | None = None

    def holds(self, look: Look) -> bool:
        """A value that is not there is neither above nor below, and is nothing."""
        return (
            (not self.all or all_hold(self.all, look))
            and (not self.any or any(p.holds(look) for p in self.any))
            and (self.not_ is None or not self.not_.holds(look))
            and (self.value is None or self._compares(look(self.value), look))
        )

    def unmet(self, look: Look) -> str | None:
        """Why it does not hold, in words; None if it does."""
        if self.holds(look):
            return None
        for part in self.all:
            if (why := part.unmet(look)) is not None:
                return why
        if self.any and not any(part.holds(look) for part in self.any):
            return "; ".join(part.unmet(look) or "" for part in self.any)
        if self.not_ is not None and self.not_.holds(look):
            return f"left out: {self.not_.in_words()}"
        return f"{self.value} is {_said(look(str(self.value)))}, asked for: {self.in_words()}"

    def in_words(self) -> str:
        """As a pack says it, in JSON."""
        return json.encode(self).decode()

    def _compares(self, value: Any, look: Look) -> bool:
        return (
            (self.is_ is UNSET or value == self._other(self.is_, look))
            and (self.in_ is None or value in self.in_)
            and (self.includes is UNSET or _includes(value, self._other(self.includes, look)))
            and (self.filled is None or self.filled == (value not in (None, "", [], {})))
            and (not self._has_bounds or self._orders(value, look))
            and (self.some is None or self._holds_of_some(value, look))
        )

    @property
    def _has_bounds(self) -> bool:
        return not (self.above is self.below is self.at_least is self.at_most is None)

    def _orders(self, value: Any, look: Look) -> bool:
        return all(
            _compare(value, order, self._other(bound, look))
            for bound, order in (
                (self.above, gt),
                (self.below, lt),
                (self.at_least, ge),
                (self.at_most, le),
            )
            if bound is not None
        )

    def _holds_of_some(self, rows: Any, look: Look) -> bool:
        asked = self.some
        return asked is not None and any(
            asked.holds(inside("row", row, look))
            for row in (rows if isinstance(rows, list) else ())
            if isinstance(row, Mapping)
        )

    def _other(self, said: Any, look: Look) -> Any:
        """A bound that begins with `=` is a path of its own."""
        return look(said[1:]) if isinstance(said, str) and said.startswith("=") else said


def _said(value: Any) -> str:
    return "nothing" if value is None else json.encode(value).decode()


def inside(called: str, values: Mapping[str, Any], look: Look) -> Look:
    """What paths stand for where these values have a name: `form.x`, `row.x`.

    `form.rows.x` is that field of each row, `form.fee.minor_units` a part of one value.
    """

    def looked(path: str) -> Any:
        where, _, name = path.partition(".")
        return _named(values, name) if where == called else look(path)

    return looked


def part_of(said: Any, path: str) -> Any:
    """A field of a form, or of what is in that: `fee.minor_units`."""
    for name in path.split("."):
        said = said.get(name) if isinstance(said, Mapping) else None
    return said


def _named(values: Mapping[str, Any], name: str) -> Any:
    first, _, field_of_rows = name.partition(".")
    rows = values.get(first)
    if field_of_rows and isinstance(rows, list):
        return [row.get(field_of_rows) for row in rows if isinstance(row, Mapping)]
    if field_of_rows and isinstance(rows, Mapping):
        return rows.get(field_of_rows)
    return values.get(name)


def _includes(value: Any, other: Any) -> bool:
    """An entry of a list, or a part of a text; of several, one of them."""
    if isinstance(other, list | tuple):
        return any(_includes(value, one) for one in other)
    if isinstance(value, str):
        return isinstance(other, str) and other in value
    return isinstance(value, Collection) and any(entry == other for entry in value)


def _compare(value: Any, order: Callable[[Any, Any], bool], other: Any) -> bool:
    """Numbers are compared as they are; nothing is above or below anything."""
    if type(value) in _NUMBERS and type(other) in _NUMBERS:
        return order(value, other)
    return value is not None and other is not None and order(*_alike(value, other))


def _alike(value: Any, other: Any) -> tuple[Any, Any]:
    """Both as decimals or instants if both are, which forms keep as text; else as texts."""
    for read in (_number, _instant):
        one, two = read(value), read(other)
        if one is not None and two is not None:
            return one, two
    return str(value), str(other)


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _instant(value: Any) -> datetime | None:
    """What has a date, a time, and an offset."""
    try:
        return instant(value)
    except ValueError:
        return None


def all_hold(predicates: tuple[Predicate, ...], look: Look) -> bool:
    return all(predicate.holds(look) for predicate in predicates)
