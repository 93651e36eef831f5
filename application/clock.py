"""The clock: puts on record what was missed. Overdue itself never waits for it."""

from __future__ import annotations

from datetime import datetime

from application.desk import Actor
from application.tickets import RecordBreach, Tickets
from application.views.obligations import ObligationRow, Obligations
from domain.errors import DomainError

CLOCK = Actor.system("clock")

BATCH = 100
"""Breaches put on record in one round; after a long stop the oldest come first."""


class Clock:
    """Several may run: the command's id follows from what was missed, so it is stored once."""

    def __init__(self, tickets: Tickets, obligations: Obligations) -> None:
        self._tickets, self._obligations = tickets, obligations

    def tick(self, now: datetime) -> int:
        """How many breaches were put on record."""
        return sum(self._breach(row, now) for row in self._obligations.to_breach(now, BATCH))

    def _breach(self, row: ObligationRow, now: datetime) -> bool:
        """Whether it was missed indeed: the view may be some milliseconds behind."""
        command = RecordBreach(
            by=CLOCK,
            command_id=f"breach-{row.obligation_id}-{row.due_at.isoformat()}",
            received_at=now,
            ticket_id=row.ticket_id,
            key=row.key,
        )
        try:
            return not self._tickets.record_breach(command).replayed
        except DomainError:
            return False
