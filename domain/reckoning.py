"""Reckoning with what forms hold: exact sums, the smallest, what a table says, a share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import reduce
from typing import Any

from domain.predicate import Look

_SUMS = Context(prec=90)
"""Adds up whatever forms hold to the last digit: 30 before the point, and 30 after it."""

_NO_NUMBER = (ArithmeticError, TypeError, ValueError)


def values_at(paths: Iterable[str], look: Look) -> list[Any]:
    """What stands at these paths, each row's; 0 for what is not there."""
    return [value or 0 for path in paths for value in _each(look(path))]


def added(values: list[Any], less: list[Any]) -> int | str | None:
    """All of these without those: an integer if all are, else a decimal as text.

    None where something is no number.
    """
    if all(isinstance(value, int) for value in (*values, *less)):
        total: int = sum(values) - sum(less)
        return total
    try:
        away = [-Decimal(value) for value in less]
        return str(reduce(_SUMS.add, [*map(Decimal, values), *away]))
    except _NO_NUMBER:
        return None


def divided(whole: Any, by: Any, out_of: Decimal) -> str | None:
    """With two decimal places at most; None where there is nothing to divide, or to divide by."""
    try:
        exact = 100 * Decimal(whole) / Decimal(by) / out_of
        return f"{exact.quantize(Decimal('0.01'), ROUND_HALF_UP).normalize():f}"
    except _NO_NUMBER:
        return None


def smallest(values: list[Any]) -> Any:
    """None where something is no number."""
    try:
        return min(values, key=Decimal)
    except _NO_NUMBER:
        return None


def in_table(table: Any, value: Any) -> Any:
    """The entry of a value, or of the highest number in the table that the value reaches.

    None where the table has nothing for it, or is none.
    """
    if not isinstance(table, Mapping) or value is None:
        return None
    by_word = {str(key): entry for key, entry in table.items()}
    if str(value) in by_word:
        return by_word[str(value)]
    try:
        reached = [key for key in by_word if Decimal(key) <= Decimal(value)]
        return by_word[max(reached, key=Decimal)] if reached else None
    except _NO_NUMBER:
        return None


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
