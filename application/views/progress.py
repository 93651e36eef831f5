"""How far the views have read, and waiting for them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass


class ViewTooFarBehind(Exception):
    """The views did not reach the asked position in time."""


@dataclass(frozen=True)
class ViewProgress:
    """`failure` says which event stopped the view, and how; None while it runs."""

    view: str
    position: int
    failure: str | None


class Progress(ABC):
    @abstractmethod
    def views(self) -> list[ViewProgress]:
        """All views."""

    @abstractmethod
    def wait(self, position: int, seconds: float) -> None:
        """Return once every view has read up to a position. Raises ViewTooFarBehind."""
