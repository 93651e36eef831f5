"""Rows of a view as they were: one for each time that something changed which lists show.

A row holds for a time on each of two clocks: from when to when we knew it so (`recorded`), and
from when to when it was so, as told by now (`occurred`). Usually the two go together; a late entry
parts them: what it changes in the past has rows of its own, which nobody knew at the time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from copy import copy
from dataclasses import dataclass, fields, make_dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, ClassVar, Generic, TypeVar, get_type_hints

from application.instant import AsOf
from application.register import Fact
from application.views.view import Span, View

R = TypeVar("R")
F = TypeVar("F", contravariant=True)

HELD: dict[str, Any] = {
    "from_recorded": Annotated[datetime | None, "Since when we knew it so; null: never"],
    "to_recorded": Annotated[datetime | None, "Up to, not with; null: until further notice"],
    "from_occurred": Annotated[datetime | None, "Since when it was so, as told; null: never"],
    "to_occurred": Annotated[datetime | None, "Up to, not with; null: until further notice"],
}
"""From when to when a row holds, on both clocks."""

_NEVER: dict[str, Any] = dict.fromkeys(HELD)

_PLACE = Annotated[int, "The how-many-eth of its rows that was made"]


def then_row(row: type[Any], leave_out: Sequence[str] = ()) -> type[Any]:
    """A row of another view as it was: its key, its place, its other fields, when it held."""
    (key, kind), *others = get_type_hints(row, include_extras=True).items()
    kept = [(name, hint) for name, hint in others if name not in leave_out]
    name = f"{row.__name__.removesuffix('Row')}ThenRow"
    return make_dataclass(name, [(key, kind), ("place", _PLACE), *kept, *HELD.items()], slots=True)


class ThenView(View[list[Any]], Generic[R]):
    """The rows of the view `of` as they were; each of these is never changed once it is made.

    `changing`: what changes of them. `began`: the position that such a row begins at.
    """

    of: ClassVar[View[Any]]
    began: ClassVar[str]
    changing: ClassVar[Sequence[str]]
    span = Span.STREAM
    has_several = True

    def keys(self, fact: Fact) -> Sequence[Hashable]:
        return self.of.keys(fact)

    def fold(self, row: list[Any] | None, fact: Fact, key: Any) -> list[Any]:
        if row is None:
            held = {"from_recorded": fact.recorded_at, "from_occurred": fact.event.timestamp}
            begun = self.begun(self.of.fold(None, fact, key))
            return [self.row(**begun, place=1, **_NEVER | held)]
        rows, made = list[Any](), list[Any]()
        for known in row:
            left, *after = self._parted(known, fact, key, len(row) + len(made) + 1)
            rows.append(left)
            made += after
        return rows + made

    def begun(self, row: R) -> dict[str, Any]:
        """What a row of `of` says here; but for its place, and for when it holds."""
        return {name: getattr(row, name) for name in self._kept}

    def as_known(self, then: Any) -> R:
        """The row of that time, as far as it is known here; it may be folded on."""
        row: R = self.of.row(**{name: _apart(getattr(then, name)) for name in self._kept})
        return row

    def as_it_stood(self, now: R, then: Any) -> R:
        """The row as it was then; how far that was read (`version` …) it does not say."""
        return replace(now, **self.changes(then))  # type: ignore[type-var]

    def changes(self, row: Any) -> dict[str, Any]:
        """What changes, of a row of either view."""
        return {name: getattr(row, name) for name in self.changing}

    @cached_property
    def _kept(self) -> Sequence[str]:
        """The fields that rows of both views have."""
        there = {field.name for field in fields(self.of.row)}
        return [field.name for field in fields(self.row) if field.name in there]

    def _parted(self, row: Any, fact: Fact, key: Any, place: int) -> list[Any]:
        """The row as far as the fact leaves it, and what it is from the fact on, at a new place.

        What is recorded last is folded last, whenever it happened: it changes all that was so
        later.
        """
        recorded, occurred = fact.recorded_at, fact.event.timestamp
        is_known = row.from_recorded is not None and row.to_recorded is None
        is_so = row.from_occurred is not None and (
            row.to_occurred is None or row.to_occurred > occurred
        )
        if not (is_known or is_so):
            return [row]
        changed = self.changes(self.of.fold(self.as_known(row), fact, key))
        if changed == self.changes(row):
            return [row]
        before, after = copy(row), replace(row, **_NEVER, **changed)
        if is_known:
            before.from_recorded, before.to_recorded = _held(row.from_recorded, recorded)
            after.from_recorded = recorded
        if is_so:
            since = max(occurred, row.from_occurred)
            before.from_occurred, before.to_occurred = _held(row.from_occurred, since)
            after.from_occurred, after.to_occurred = since, row.to_occurred
        if before.from_recorded is None and before.from_occurred is None:
            return [after]
        after.place = place
        return [before, after]


_CHANGED_IN_PLACE = (dict, list)


def _apart(value: Any) -> Any:
    """What a fold may change in place is another than that of the row it comes from."""
    return copy(value) if isinstance(value, _CHANGED_IN_PLACE) else value


def _held(since: datetime, until: datetime) -> tuple[datetime | None, datetime | None]:
    """From when to when, on one of the clocks: never, if that is no time at all."""
    return (since, until) if since != until else (None, None)


@dataclass(frozen=True)
class Stood(Generic[R]):
    """A row as it was, and since when it had been so; by the clock that was asked."""

    row: R
    since: datetime


@dataclass(frozen=True)
class Shown:
    """What the view answers by: how far in the register, and its definition (a digest).

    `position`: of the last event that may show in the answer.
    """

    position: int
    definition: str


@dataclass(frozen=True)
class PageThen(Shown, Generic[R]):
    rows: Sequence[Stood[R]]


class RowsThen(ABC, Generic[R, F]):
    """The question of a list, as of an instant on either clock."""

    @abstractmethod
    def page(self, asked: F, as_of: AsOf, *, after: Any, limit: int) -> PageThen[R]:
        """Those that fitted then, in the order of the list; those behind the place `after`."""
