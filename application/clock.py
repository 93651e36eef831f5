"""The clock: puts on record what is due soon and what was missed, and tells those higher up.

Overdue itself never waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from application.desk import Actor
from application.promises import OpenSupervision, RecordBreach, RecordDueSoon
from application.register import Receipt
from application.tickets import Tickets
from application.views.obligations import ObligationRow, Obligations
from domain.errors import DomainError

CLOCK = Actor.system("clock")

BATCH = 100
"""How many of each are put on record in one round; after a long stop the oldest come first."""


class Clock:
    """Several may run: the id of a command follows from what it is about, so it is stored once."""

    def __init__(self, tickets: Tickets, obligations: Obligations) -> None:
        self._tickets, self._obligations = tickets, obligations

    def tick(self, now: datetime) -> int:
        """How much was put on record. A level comes after the breach, in a round of its own."""
        asked = self._obligations
        return (
            _round(asked.to_warn, self._warn, now)
            + _round(asked.to_breach, self._breach, now)
            + _round(asked.to_supervise, self._supervise, now)
        )

    def _warn(self, row: ObligationRow, now: datetime) -> bool:
        said = _said(row, now, f"due-soon-{row.obligation_id}-{row.due_at.isoformat()}")
        return _recorded(self._tickets.record_due_soon, RecordDueSoon(**said))

    def _breach(self, row: ObligationRow, now: datetime) -> bool:
        said = _said(row, now, f"breach-{row.obligation_id}-{row.due_at.isoformat()}")
        return _recorded(self._tickets.record_breach, RecordBreach(**said))

    def _supervise(self, row: ObligationRow, now: datetime) -> bool:
        level = row.level + 1
        said = _said(row, now, f"supervision-{row.obligation_id}-{level}")
        return _recorded(self._tickets.open_supervision, OpenSupervision(**said, level=level))


def _round(
    due: Callable[[datetime, int], list[ObligationRow]],
    record: Callable[[ObligationRow, datetime], bool],
    now: datetime,
) -> int:
    """How much was put on record; what cannot be hides nothing that comes behind it."""
    tried, recorded = set[str](), 0
    while recorded < BATCH:
        first = due(now, len(tried) + BATCH - recorded)
        rows = [row for row in first if row.obligation_id not in tried]
        if not rows:
            break
        tried.update(row.obligation_id for row in rows)
        recorded += sum(record(row, now) for row in rows)
    return recorded


def _said(row: ObligationRow, now: datetime, command_id: str) -> dict[str, Any]:
    return {
        "by": CLOCK,
        "command_id": command_id,
        "received_at": now,
        "ticket_id": row.ticket_id,
        "key": row.key,
    }


def _recorded(record: Callable[[Any], Receipt], command: Any) -> bool:
    """Whether it was so indeed: the view may be some milliseconds behind."""
    try:
        return not record(command).replayed
    except DomainError:
        return False
