"""What a view is: rows by key, folded from facts. A pure function of the register."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from enum import Enum
from typing import Any, ClassVar, Generic, TypeVar

from application.register import Fact
from domain.aggregate import Aggregate

R = TypeVar("R")


class Span(Enum):
    """From which facts one row of a view may be folded: what has to be at hand to build it."""

    FACT = "one fact"
    STREAM = "the facts of one stream"
    REGISTER = "facts of any streams"


class View(ABC, Generic[R]):
    """One read model. `row` is a dataclass whose first field is the key of its rows.

    Each field is `Annotated` with what the comment on its column says.
    For each group of columns in `counted_by` (never NULL) it is kept how many rows are alike, of
    those that are `counted`.
    Raise `edition` when rows come to mean something else: the view is then built anew.
    `span` may say less than it is, never more: a row is folded from no other facts than that.
    Where a key `has_several` rows, told apart by their second field, `fold` takes and gives all of
    them in a list, in the order of that field; a row that it gives again is not written again, and
    none of them ever goes.
    """

    name: ClassVar[str]
    row: ClassVar[type[Any]]
    facts: ClassVar[frozenset[type[Aggregate.Event]]]
    indexes: ClassVar[tuple[str, ...]] = ()
    counted_by: ClassVar[tuple[tuple[str, ...], ...]] = ()
    counted: ClassVar[str] = "true"
    edition: ClassVar[int] = 1
    span: ClassVar[Span] = Span.REGISTER
    has_several: ClassVar[bool] = False

    def expect(self, facts: Sequence[Fact]) -> None:
        """Told which of its facts are folded next: what they need from elsewhere is asked once."""

    @abstractmethod
    def keys(self, fact: Fact) -> Sequence[Hashable]:
        """The rows that a fact changes."""

    @abstractmethod
    def fold(self, row: R | None, fact: Fact, key: Any) -> R:
        """The row after a fact; None: there was none. Takes all times from the fact."""


def day_of(column: str) -> str:
    """The day (UTC) of a time, to count by: as text, in the order of time."""
    return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
