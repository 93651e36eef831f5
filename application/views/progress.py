"""How far the views have read, and waiting for them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime


class ViewTooFarBehind(Exception):
    """The views did not reach the asked position in time."""


@dataclass(frozen=True)
class ViewProgress:
    """`failure` says which event stopped the view, and how; None while it runs."""

    view: str
    position: int
    failure: str | None


@dataclass(frozen=True)
class ViewDiffers:
    """A view that shows something else than replay, in so many fields or rows; since when known."""

    view: str
    differences: int
    since: datetime


class Progress(ABC):
    @abstractmethod
    def differing(self) -> list[ViewDiffers]:
        """The views that were found to differ when they were last compared with replay."""

    @abstractmethod
    def views(self) -> list[ViewProgress]:
        """All views."""

    @abstractmethod
    def wait(self, position: int, seconds: float) -> None:
        """Return once every view has read up to a position. Raises ViewTooFarBehind."""
