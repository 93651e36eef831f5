"""Rows of a view as they were: one for each time that something changed which lists show.

A row holds for a time on each of two clocks: from when to when we knew it so (`recorded`), and
from when to when it was so, as told by now (`occurred`). Usually the two go together; a late entry
parts them: what it changes in the past has rows of its own, which nobody knew at the time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields, make_dataclass, replace
from datetime import datetime
from functools import cached_property
from operator import attrgetter
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
        recorded, occurred = fact.recorded_at, fact.event.timestamp
        rows, made = list[Any](), list[Any]()
        for known in row:
            is_known = known.to_recorded is None and known.from_recorded is not None
            is_so = known.from_occurred is not None and (
                known.to_occurred is None or known.to_occurred > occurred
            )
            if not (is_known or is_so):
                rows.append(known)
                continue
            changed = self.told(self.of.fold(self.as_known(known), fact, key))
            if changed == self.told(known):
                rows.append(known)
                continue
            before, after = self._two(known, changed)
            if is_known:
                before.from_recorded, before.to_recorded = _held(known.from_recorded, recorded)
                after.from_recorded = recorded
            if is_so:
                since = max(occurred, known.from_occurred)
                before.from_occurred, before.to_occurred = _held(known.from_occurred, since)
                after.from_occurred, after.to_occurred = since, known.to_occurred
            if before.from_recorded is None and before.from_occurred is None:
                rows.append(after)
                continue
            rows.append(before)
            made.append(after)
            after.place = len(row) + len(made)
        return rows + made

    def begun(self, row: R) -> dict[str, Any]:
        """What a row of `of` says here; but for its place, and for when it holds."""
        return {name: getattr(row, name) for name in self._kept}

    def as_known(self, then: Any) -> R:
        """The row of that time, as far as it is known here; it may be folded on."""
        values = map(_apart, attrgetter(*self._kept)(then))
        row: R = self.of.row(**dict(zip(self._kept, values, strict=True)))
        return row

    def as_it_stood(self, now: R, then: Any) -> R:
        """The row as it was then; how far that was read (`version` …) it does not say."""
        return replace(now, **self.changes(then))  # type: ignore[type-var]

    def changes(self, row: Any) -> dict[str, Any]:
        """What changes, of a row of either view."""
        return dict(zip(self.changing, self.told(row), strict=True))

    def told(self, row: Any) -> tuple[Any, ...]:
        """The values of what changes, of a row of either view."""
        values: tuple[Any, ...] = self._changing(row)
        return values

    @cached_property
    def _changing(self) -> attrgetter[Any]:
        return attrgetter(*self.changing)

    @cached_property
    def _kept(self) -> Sequence[str]:
        """The fields that rows of both views have."""
        there = {field.name for field in fields(self.of.row)}
        return [field.name for field in fields(self.row) if field.name in there]

    @cached_property
    def _all(self) -> Sequence[str]:
        return [field.name for field in fields(self.row)]

    def _two(self, row: Any, changed: Sequence[Any]) -> tuple[Any, Any]:
        """The row again, and the one that follows it, which does not say yet when it holds.

        What is recorded last is folded last, whenever it happened: it changes all that was so
        later.
        """
        said = dict(zip(self._all, attrgetter(*self._all)(row), strict=True))
        after = said | _NEVER | dict(zip(self.changing, changed, strict=True))
        return self.row(**said), self.row(**after)


_CHANGED_IN_PLACE = frozenset({dict, list})


def _apart(value: Any) -> Any:
    """What a fold may change in place is another than that of the row it comes from."""
    return value.copy() if type(value) in _CHANGED_IN_PLACE else value


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
