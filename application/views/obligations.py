"""Promises of time: one row an obligation, and what is due, overdue, or explained."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from application.register import Fact
from application.views.view import View
from domain.obligation import Obligation
from domain.ticket import Ticket


@dataclass(slots=True)
class ObligationRow:
    obligation_id: Annotated[str, "Ticket and key of the obligation"]
    ticket_id: Annotated[UUID, "The ticket it is on"]
    key: Annotated[str, "Its key on the ticket"]
    opened_position: Annotated[int, "Register position of the promise; orders the list"]
    name: Annotated[str, "Its name in the pack"]
    title: Annotated[str, "What is to be done"]
    rule: Annotated[str | None, "The catalogue rule behind it"]
    responsible_id: Annotated[UUID, "Who has to keep it"]
    opened_at: Annotated[datetime, "When it was promised"]
    due_at: Annotated[datetime, "When it is due, as things stand"]
    obligation: Annotated[dict[str, Any], "All of it, with the basis of its due instant"]
    over_at: Annotated[datetime | None, "Since when its clock stands still for good"] = None
    paused_at: Annotated[datetime | None, "Since when its clock stands still for now"] = None
    is_met: Annotated[bool, "Whether it was met"] = False
    breached_at: Annotated[datetime | None, "When a breach was put on record"] = None
    told_id: Annotated[UUID | None, "The superior who was told of the breach"] = None
    extension_due_at: Annotated[datetime | None, "Until when more time is asked for"] = None
    position: Annotated[int, "Register position that this row shows"] = 0
    log: Annotated[list[Any], "What became of it, event by event"] = field(default_factory=list)


_CHANGES = (
    Ticket.TimeKept,
    Ticket.ResponsibilityMoved,
    Ticket.ClockPaused,
    Ticket.ClockResumed,
    Ticket.ClockStopped,
    Ticket.TimeExtended,
    Ticket.TimeWaived,
    Ticket.TimeBreached,
)


class ObligationsView(View[ObligationRow]):
    name = "obligations"
    row = ObligationRow
    facts = frozenset({Ticket.TimePromised, Ticket.ExtensionAsked, *_CHANGES})
    indexes = (
        "opened_position",
        "ticket_id",
        "responsible_id, due_at",
        "due_at",
    )

    def keys(self, fact: Fact) -> Sequence[str]:
        event: Any = fact.event
        return (f"{event.originator_id}/{event.key}",)

    def fold(self, row: ObligationRow | None, fact: Fact, key: Any) -> ObligationRow:
        row = _promised(fact) if row is None else row
        event: Any = fact.event
        if isinstance(event, Ticket.ExtensionAsked):
            row.extension_due_at = event.due_at
        elif isinstance(event, _CHANGES):
            _change(row, event)
        topic: str = type(event).TOPIC
        row.log = [*row.log, {"what": topic, "by": event.by, "at": event.timestamp.isoformat()}]
        row.position = fact.position
        return row


def _promised(fact: Fact) -> ObligationRow:
    event = fact.event
    assert isinstance(event, Ticket.TimePromised)
    return ObligationRow(
        obligation_id=f"{event.originator_id}/{event.key}",
        ticket_id=event.originator_id,
        key=event.key,
        opened_position=fact.position,
        name=event.name,
        title=event.title,
        rule=event.rule,
        responsible_id=event.responsible_id,
        opened_at=event.timestamp,
        due_at=event.due_at,
        obligation=event.obligation,
    )


def _change(row: ObligationRow, event: Any) -> None:
    known = Obligation.from_data(row.obligation).changed(event.changes)
    row.obligation, row.due_at, row.over_at = known.to_data(), known.due, known.over_at
    row.responsible_id = UUID(known.responsible)
    row.is_met, row.breached_at = known.met_at is not None, known.breached_at
    pause = known.pauses[-1] if known.pauses else None
    row.paused_at = pause.at if pause and pause.until is None else None
    if isinstance(event, Ticket.TimeBreached):
        row.told_id = event.told_id
    if isinstance(event, Ticket.TimeExtended):
        row.extension_due_at = None


@dataclass(frozen=True, kw_only=True)
class ObligationFilter:
    """Which obligations; what is None is not asked. `overdue_at`: missed and open at an instant."""

    ticket_id: UUID | None = None
    responsible_id: UUID | None = None
    told_id: UUID | None = None
    is_open: bool | None = None
    overdue_at: datetime | None = None
    due_to: datetime | None = None


class Obligations(ABC):
    """The questions."""

    @abstractmethod
    def obligation(self, ticket_id: UUID, key: str) -> ObligationRow | None:
        """One obligation."""

    @abstractmethod
    def page(
        self, asked: ObligationFilter, *, after: tuple[datetime, int] | None, limit: int
    ) -> list[ObligationRow]:
        """By due instant, those behind `after` (due instant and opening position)."""

    @abstractmethod
    def to_breach(self, now: datetime, limit: int) -> list[ObligationRow]:
        """Missed, not over, and not yet on record as breached; the longest due first."""
