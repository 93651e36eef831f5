"""Conduct of staff: misconduct put on their file by somebody else, with what proves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.aggregate import Act, Aggregate, staff_ref
from domain.errors import Forbidden, Invalid
from domain.granting import Granted
from domain.ledger_table import Window
from domain.own import must_be_another
from domain.sealed import Sealed

EVIDENCE_LIMIT = 4_000
"""Longest account of what proves misconduct, in characters."""


class OwnConduct(Forbidden):
    code = "own_conduct"


@dataclass(frozen=True)
class Misconduct:
    """`at`: when it happened, as told."""

    id: UUID
    code: str
    at: datetime


class Conducted(Granted):
    """Whoever has a file of conduct."""

    class MisconductRecorded(Aggregate.Event):
        """`client_id`, `ticket_id`: whom and which matter it touched."""

        TOPIC = "staff.misconduct-recorded"
        misconduct_id: UUID
        code: str
        grade: str
        evidence: Sealed
        client_id: UUID | None
        ticket_id: UUID | None

        def apply(self, aggregate: Conducted) -> None:
            known = Misconduct(self.misconduct_id, self.code, self.timestamp)
            aggregate.misconduct.append(known)

    def _start_conduct(self) -> None:
        self.misconduct: list[Misconduct] = []

    def record_misconduct(
        self,
        misconduct_id: UUID,
        *,
        code: str,
        grade: str,
        evidence: str | None,
        client_id: UUID | None,
        ticket_id: UUID | None,
        rule: str | None,
        act: Act,
    ) -> None:
        """Raises OwnConduct for one's own, Invalid without evidence (PN-01, PN-03)."""
        must_be_another({staff_ref(self.id)}, act, own_conduct())
        if not (evidence or "").strip():
            raise Invalid("what proves it is missing", field="evidence", rule=rule)
        if all(known.id != misconduct_id for known in self.misconduct):
            sealed = Sealed.of(self.id, str(evidence), name="evidence", limit=EVIDENCE_LIMIT)
            self._record(
                self.MisconductRecorded,
                act,
                misconduct_id=misconduct_id,
                code=code,
                grade=grade,
                evidence=sealed,
                client_id=client_id,
                ticket_id=ticket_id,
            )

    def earlier_misconduct(
        self, misconduct_id: UUID, window: Window | None, zone: ZoneInfo
    ) -> list[UUID]:
        """The same that happened before this one, in the same month or year of the zone, or ever.

        What happened at one instant comes in the order in which it was recorded.
        """
        ordered = sorted(self.misconduct, key=lambda known: known.at)
        place = next(i for i, known in enumerate(ordered) if known.id == misconduct_id)
        this = ordered[place]
        return [
            known.id
            for known in ordered[:place]
            if known.code == this.code
            and _period(known.at, window, zone) == _period(this.at, window, zone)
        ]


def own_conduct() -> OwnConduct:
    return OwnConduct("somebody else puts it on record", rule="PN-01")


def _period(at: datetime, window: Window | None, zone: ZoneInfo) -> tuple[int, ...]:
    local = at.astimezone(zone)
    return {None: (), "year": (local.year,), "month": (local.year, local.month)}[window]
