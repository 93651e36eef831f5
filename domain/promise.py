"""What an obligation is made of: what meets it, its due instants, its pauses and their like."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from domain.hours import Title


class MetBy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which facts meet it: every one of `all`, and one of `any` if some are named there."""

    all: tuple[Title, ...] = ()
    any: tuple[Title, ...] = ()

    def __post_init__(self) -> None:
        if not (self.all or self.any):
            raise ValueError("nothing meets it")

    def facts(self) -> frozenset[str]:
        return frozenset(self.all + self.any)

    def names(self, fact: str) -> bool:
        return fact in self.all or fact in self.any

    def since(self, facts: Mapping[str, datetime]) -> datetime | None:
        """Since when it has been met by these facts; None if it has not."""
        missing = not facts.keys() >= set(self.all)
        chosen = [facts[fact] for fact in self.any if fact in facts]
        if missing or (self.any and not chosen):
            return None
        return max([facts[fact] for fact in self.all] + ([min(chosen)] if chosen else []))


class Promise(Struct, frozen=True, kw_only=True):
    """When it is due, as it has been since an instant."""

    since: datetime
    due: datetime


class Pause(Struct, frozen=True, kw_only=True):
    """Standing still. `reason` is a word of the pack: free text does not stand here in clear."""

    at: datetime
    blocked_by: str
    reason: str
    until: datetime | None = None

    def holds_at(self, instant: datetime) -> bool:
        return self.at <= instant and (self.until is None or instant < self.until)


class Extension(Struct, frozen=True, kw_only=True):
    """More time, asked for by one and approved by another."""

    at: datetime
    due: datetime
    asked_at: datetime
    asked_by: str
    approved_by: str


class Waiver(Struct, frozen=True, kw_only=True):
    at: datetime
    by: str
    reason: str
