"""Predicates: what a pack may ask of a ticket. A tiny language on purpose.

A value is named by a path: `form.fault` (the form at hand), `classify.severity` (the form of the
last such step), `count.follow_up` (how often that step was taken), `hours_since.open`,
`ticket.state`. What does not fit becomes a named predicate in Python that packs refer to.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import UNSET, Struct, field

Look = Callable[[str], Any]
"""What a path stands for now; None where it stands for nothing."""


class Predicate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is said must hold. A bound that begins with `=` is another path."""

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

    def holds(self, look: Look) -> bool:
        """A value that is not there is neither above nor below, and is nothing."""
        return (
            all_hold(self.all, look)
            and (not self.any or any(p.holds(look) for p in self.any))
            and (self.not_ is None or not self.not_.holds(look))
            and (self.value is None or self._compares(look(self.value), look))
        )

    def _compares(self, value: Any, look: Look) -> bool:
        checks = (
            self.is_ is UNSET or value == self._other(self.is_, look),
            self.in_ is None or value in self.in_,
            self.includes is UNSET or self._other(self.includes, look) in (value or ()),
            self.filled is None or self.filled == (value not in (None, "", [], {})),
            self._orders(value, look),
        )
        return all(checks)

    def _orders(self, value: Any, look: Look) -> bool:
        bounds: tuple[tuple[Any, Callable[[Any, Any], bool]], ...] = (
            (self.above, lambda a, b: a > b),
            (self.below, lambda a, b: a < b),
            (self.at_least, lambda a, b: a >= b),
            (self.at_most, lambda a, b: a <= b),
        )
        asked = [(self._other(b, look), order) for b, order in bounds if b is not None]
        return all(
            value is not None and other is not None and order(*_alike(value, other))
            for other, order in asked
        )

    def _other(self, said: Any, look: Look) -> Any:
        """A bound that begins with `=` is a path of its own."""
        return look(said[1:]) if isinstance(said, str) and said.startswith("=") else said


def _alike(value: Any, other: Any) -> tuple[Any, Any]:
    """Both as decimals if both are numbers, which forms keep as text; else as they are."""
    try:
        numbers = Decimal(str(value)), Decimal(str(other))
    except InvalidOperation:
        return str(value), str(other)
    return numbers if all(n.is_finite() for n in numbers) else (str(value), str(other))


def all_hold(predicates: tuple[Predicate, ...], look: Look) -> bool:
    return all(predicate.holds(look) for predicate in predicates)
