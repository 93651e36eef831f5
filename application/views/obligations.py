"""Promises of time: one row an obligation, and what is due, overdue, or explained."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from application.register import Fact
from application.views.view import Span, View, day_of
from domain.obligation import Obligation
from domain.ticket import Ticket

_IN_TIME = "due_at, opened_position"
"""How they are listed: what is due first."""

MISSABLE = "over_at IS NULL AND (paused_at IS NULL OR due_at < paused_at)"
"""Missed once they are due: what was missed before it was paused stays so, what was not is not
missed while it is."""

UNIT = (
    "coalesce(terms->>'unit', (SELECT convert_from(state, 'UTF8')::json->>'unit'"
    " FROM register.entry WHERE stream_id = ticket_id AND stream_version = 1))"
)
"""The unit that the rule charges, else that of the ticket: as its opening says, which never changes
and is there before anything of the ticket is shown."""


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
    warn_at: Annotated[datetime | None, "From when on it is due soon, unless that was said"] = None
    warned_at: Annotated[datetime | None, "When it was put on record that it is due soon"] = None
    supervise_at: Annotated[datetime | None, "When the next level (督办) is told"] = None
    level: Annotated[int, "How many levels of superiors were told since the breach"] = 0
    supervisors: Annotated[list[Any], "Who was told, level by level"] = field(default_factory=list)
    extension_due_at: Annotated[datetime | None, "Until when more time is asked for"] = None
    terms: Annotated[dict[str, Any], "What else was said of it: role, unit, of …"] = field(
        default_factory=dict
    )
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
    Ticket.TimeDueSoon,
    Ticket.TimeBreached,
    Ticket.SupervisionOpened,
)


class ObligationsView(View[ObligationRow]):
    name = "obligations"
    span = Span.STREAM
    row = ObligationRow
    facts = frozenset({Ticket.TimePromised, Ticket.ExtensionAsked, *_CHANGES})
    indexes = (
        "ticket_id",
        f"{_IN_TIME}, level",
        f"{_IN_TIME}, level WHERE over_at IS NULL",
        f"{_IN_TIME} WHERE over_at IS NULL AND breached_at IS NULL",
        f"level, {_IN_TIME} WHERE level > 0",
        f"responsible_id, {_IN_TIME}",
        f"responsible_id, {_IN_TIME} WHERE over_at IS NULL",
        f"told_id, {_IN_TIME} WHERE told_id IS NOT NULL",
        f"rule, {_IN_TIME} WHERE rule IS NOT NULL",
        f"(terms->>'role'), {_IN_TIME} WHERE terms->>'role' IS NOT NULL",
        f"(terms->>'unit'), {_IN_TIME} WHERE terms->>'unit' IS NOT NULL",
        f"(terms->>'unit'), {_IN_TIME} WHERE over_at IS NULL AND terms->>'unit' IS NOT NULL",
        f"(terms->>'role'), (terms->>'unit'), {_IN_TIME}"
        " WHERE over_at IS NULL AND terms->>'role' IS NOT NULL",
        "USING gin (supervisors jsonb_path_ops) WHERE over_at IS NULL AND level > 0",
        "warn_at WHERE over_at IS NULL AND warn_at IS NOT NULL",
        "supervise_at WHERE over_at IS NULL AND breached_at IS NOT NULL",
    )
    counted_by = ((day_of("due_at"), UNIT, "level"),)
    counted = MISSABLE

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
    known = Obligation.from_data(event.obligation)
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
        terms=event.terms,
        warn_at=known.warn_at,
        supervise_at=known.supervise_at,
    )


def _change(row: ObligationRow, event: Any) -> None:
    row.obligation = row.obligation | event.changes
    known = Obligation.from_data(row.obligation)
    row.due_at, row.over_at = known.due, known.over_at
    row.responsible_id = UUID(known.responsible)
    row.is_met, row.breached_at = known.met_at is not None, known.breached_at
    row.warn_at, row.warned_at = known.warn_at, known.warned_at
    row.supervise_at, row.level = known.supervise_at, known.level
    pause = known.pauses[-1] if known.pauses else None
    row.paused_at = pause.at if pause and pause.until is None else None
    if isinstance(event, Ticket.TimeBreached):
        row.told_id = event.told_id
    if isinstance(event, Ticket.SupervisionOpened):
        row.supervisors = [*row.supervisors, event.told_id and str(event.told_id)]
    if isinstance(event, Ticket.TimeExtended):
        row.extension_due_at = None


@dataclass(frozen=True, kw_only=True)
class ObligationFilter:
    """Which obligations; what is None is not asked. `overdue_at`: missed and open at an instant.

    `supervised_by`: who was told at some level; `kept_by`: who keeps it as of an instant, see
    `keepers`; `or_for`: besides, what is addressed to one of these roles, in this unit if one is
    charged. `role` and `unit`: as its rule addresses and charges it. `rule`: of the catalogue.
    """

    ticket_id: UUID | None = None
    responsible_id: UUID | None = None
    told_id: UUID | None = None
    is_open: bool | None = None
    overdue_at: datetime | None = None
    due_from: datetime | None = None
    due_to: datetime | None = None
    rule: str | None = None
    level: int | None = None
    supervised_by: UUID | None = None
    kept_by: tuple[UUID, datetime] | None = None
    or_for: tuple[frozenset[str], str] | None = None
    role: str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class OverdueCount:
    unit: str
    level: int
    count: int


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

    @abstractmethod
    def to_warn(self, now: datetime, limit: int) -> list[ObligationRow]:
        """Due soon, not missed and not over, which is not yet on record; the earliest first."""

    @abstractmethod
    def to_supervise(self, now: datetime, limit: int) -> list[ObligationRow]:
        """On record as breached, not over, and the next level is due; the longest due first."""

    @abstractmethod
    def keepers(self, obligation_ids: Sequence[str], now: datetime) -> dict[str, UUID]:
        """Who keeps each as of now: who is responsible, or the deputy (AB 角, SH-03).

        What is due while somebody stands in is the deputy's; once that is over, what is still
        open falls back to who is responsible.
        """

    @abstractmethod
    def overdue_counts(self, now: datetime) -> list[OverdueCount]:
        """How many are overdue in each unit, at each level of supervision.

        The unit is the one that its rule charges; else that of the ticket.
        """
