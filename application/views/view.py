"""What a view is: rows by key, folded from facts. A pure function of the register."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from application.register import Fact
from domain.aggregate import Aggregate

R = TypeVar("R")


class View(ABC, Generic[R]):
    """One read model. `row` is a dataclass whose first field is the key of its rows.

    Each field is `Annotated` with what the comment on its column says.
    Raise `edition` when rows come to mean something else: the view is then built anew.
    """

    name: ClassVar[str]
    row: ClassVar[type[Any]]
    facts: ClassVar[frozenset[type[Aggregate.Event]]]
    indexes: ClassVar[tuple[str, ...]] = ()
    edition: ClassVar[int] = 1

    @abstractmethod
    def keys(self, fact: Fact) -> Sequence[Hashable]:
        """The rows that a fact changes."""

    @abstractmethod
    def fold(self, row: R | None, fact: Fact, key: Any) -> R:
        """The row after a fact; None: there was none. Takes all times from the fact."""
