"""Duplicates (重卡): two files that may be the same client's, and what a manager decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from domain.aggregate import Act, Aggregate
from domain.errors import Refused

Verdict = Literal["merge", "dismiss"]


class NoDuplicate(Refused):
    code = "no_duplicate"


@dataclass(frozen=True)
class Outcome:
    """What follows for whose client it is."""

    owner_id: UUID | None = None
    rule: str | None = None
    lost_by: UUID | None = None
    missed: tuple[str, ...] = ()


class Matched(Aggregate):
    """A file that others are compared with."""

    class DuplicateDetected(Aggregate.Event):
        """An older file says the same: `alike` names what, like `phone`.

        Whose client it is meanwhile, and which superior decides, as far as that is known.
        """

        TOPIC = "client.duplicate-detected"
        other_id: UUID
        alike: list[str]
        owner_id: UUID | None
        manager_id: UUID | None

        def apply(self, aggregate: Matched) -> None:
            aggregate.duplicates[self.other_id] = None

    class DuplicateDecided(Aggregate.Event):
        """`owner_id`: whose client it is from now on, by `rule`.

        `missed`: what cost `lost_by` the client.
        """

        TOPIC = "client.duplicate-decided"
        other_id: UUID
        verdict: str
        owner_id: UUID | None
        rule: str | None
        lost_by: UUID | None
        missed: list[str]

        def apply(self, aggregate: Matched) -> None:
            aggregate.duplicates[self.other_id] = self.verdict
            aggregate.outcome = Outcome(self.owner_id, self.rule, self.lost_by, tuple(self.missed))

    def _start_matching(self) -> None:
        self.duplicates: dict[UUID, str | None] = {}
        self.outcome = Outcome()

    def detect_duplicate(
        self,
        other_id: UUID,
        alike: list[str],
        *,
        owner_id: UUID | None,
        manager_id: UUID | None,
        act: Act,
    ) -> None:
        """Once for each other file, whatever was decided on it (OW-03)."""
        if other_id not in self.duplicates:
            self._record(
                self.DuplicateDetected,
                act,
                other_id=other_id,
                alike=sorted(alike),
                owner_id=owner_id,
                manager_id=manager_id,
            )

    def decide_duplicate(
        self,
        other_id: UUID,
        verdict: Verdict,
        *,
        outcome: Outcome | None = None,
        act: Act,
    ) -> None:
        """With a reason. Raises NoDuplicate for what was not found, or is decided, Invalid."""
        act.must_give_reason()
        if self.duplicates.get(other_id, "") is not None:
            raise NoDuplicate(f"no duplicate {other_id} waits for a decision", field="other_id")
        outcome = outcome or Outcome()
        self._record(
            self.DuplicateDecided,
            act,
            other_id=other_id,
            verdict=verdict,
            owner_id=outcome.owner_id,
            rule=outcome.rule,
            lost_by=outcome.lost_by,
            missed=list(outcome.missed),
        )
