"""Whether every register is filled without gaps, and its numbers given once each (AU-03)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

POSITIONS = "positions"
"""What the order of all events is called here: it has no gap, either."""


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


class Numbering(ABC):
    @abstractmethod
    def registers(self) -> int:
        """How many registers there are."""

    @abstractmethod
    def irregular(self) -> list[Irregular]:
        """By register and number. As they should be there is nothing."""
