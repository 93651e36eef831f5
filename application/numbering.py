"""Whether every register is filled without gaps, and its numbers given once each (AU-03)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID, uuid5

from application.instant import AsOf

POSITIONS = "positions"
"""What the order of all events is called here: it has no gap, either."""

GAPS = UUID("8f6f2a0c-58f2-4a86-9d5c-0a7c2c6f5b11")
"""The namespace of the ids of numbers that nothing has."""


@dataclass(frozen=True)
class Irregular:
    """What is wrong with the numbers from `first` to `last` of a register.

    `what`: `gap`, where nothing has them; `twice`, where more than one entry has; `blank`, where
    entries have none that can be read.
    """

    register: str
    what: str
    first: int
    last: int


@dataclass(frozen=True)
class Given:
    """A number that was given: to what, by which event, and when. `n`: None if it is blank.

    `voided_*`: the event by which what has it was found to be registered in error.
    """

    register: str
    number: str | None
    n: int | None
    ticket_id: UUID
    position: int
    recorded_at: datetime
    happened_at: datetime
    voided_position: int | None = None
    voided_recorded_at: datetime | None = None
    voided_happened_at: datetime | None = None

    def was_given(self, as_of: AsOf) -> bool:
        return as_of.has_come(self.recorded_at, self.happened_at)

    def as_known(self, as_of: AsOf) -> Given:
        """As it stood then."""
        recorded, happened = self.voided_recorded_at, self.voided_happened_at
        if recorded is None or happened is None or as_of.has_come(recorded, happened):
            return self
        return replace(self, voided_position=None, voided_recorded_at=None, voided_happened_at=None)


class Numbering(ABC):
    @abstractmethod
    def registers(self) -> int:
        """How many registers there are."""

    @abstractmethod
    def irregular(self) -> list[Irregular]:
        """By register and number. As they should be there is nothing."""

    @abstractmethod
    def given(self, years: Sequence[int]) -> list[Given]:
        """All numbers of the registers of these years, by register and in the order given."""


@dataclass(frozen=True, kw_only=True)
class NumberFigures:
    """A number of a register as figures ask about it; a gap is one row, however long.

    `status`: given, void, gap, twice or blank. `given_at` of a gap: of the number behind it.
    """

    register: str
    number: str
    status: str
    missing: int
    given_at: datetime
    ticket_id: UUID
    events: Sequence[tuple[int, str, datetime]] = ()

    def look(self, path: str) -> Any:
        """`number.register`, `number.status`, `number.missing` …"""
        where, _, name = path.partition(".")
        if path == "this.unit":
            return self.register.rsplit("/", 2)[0]
        if path == "this.number":
            return self.number
        if where != "number":
            return None
        value = getattr(self, name, None)
        return value.isoformat() if isinstance(value, datetime) else value


def numbered(given: Iterable[Given]) -> Iterator[NumberFigures]:
    """Each number of each register in order, and what is missing before it."""
    for register, of in groupby(sorted(given, key=_place), key=lambda one: one.register):
        last = 0
        for one in of:
            if one.n is not None and one.n > last + 1:
                yield _gap(register, last + 1, one)
            yield _figures(one, is_twice=one.n is not None and one.n == last)
            last = last if one.n is None else one.n


def _place(one: Given) -> tuple[str, bool, int, int]:
    return one.register, one.n is None, one.n or 0, one.position


def _gap(register: str, first: int, behind: Given) -> NumberFigures:
    assert behind.n is not None
    last = behind.n - 1
    return NumberFigures(
        register=register,
        number=f"{first}" if first == last else f"{first}–{last}",
        status="gap",
        missing=last - first + 1,
        given_at=behind.happened_at,
        ticket_id=uuid5(GAPS, f"{register}/{first}"),
    )


def _figures(one: Given, *, is_twice: bool) -> NumberFigures:
    events = [(one.position, "numbered", one.happened_at)]
    status = "blank" if one.n is None else "twice" if is_twice else "given"
    if one.voided_position is not None and one.voided_happened_at is not None:
        events.append((one.voided_position, "voided", one.voided_happened_at))
        status = "void" if status == "given" else status
    return NumberFigures(
        register=one.register,
        number=one.number or "",
        status=status,
        missing=0,
        given_at=one.happened_at,
        ticket_id=one.ticket_id,
        events=events,
    )
