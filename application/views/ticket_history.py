"""The history of tickets: one row an event, in a shape that a machine can read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from eventsourcing.utils import get_topic

from application.register import Fact
from application.views.ticket_register import TicketRow
from application.views.view import Span, View
from domain.aggregate import events_of
from domain.sealed import Sealed
from domain.ticket import Ticket

ENVELOPE = frozenset(
    {
        "originator_id",
        "originator_version",
        "originator_topic",
        "timestamp",
        "by",
        "acting_for",
        "role",
        "command_id",
        "reason",
        "secret_digest",
    }
)
"""What every event says besides what happened."""


@dataclass(slots=True)
class HistoryRow:
    position: Annotated[int, "Position in the register"]
    ticket_id: Annotated[UUID, "The ticket it happened to"]
    version: Annotated[int, "The how-many-eth event of that ticket"]
    topic: Annotated[str, "What happened"]
    by: Annotated[str, "Who did it: staff:<id>, client:<id> or system:<name>"]
    acting_for: Annotated[str | None, "Whose deputy they were"]
    role: Annotated[str | None, "The role they did it in"]
    command_id: Annotated[str, "The command that made it"]
    reason: Annotated[Sealed | None, "Why, as told; sealed"]
    occurred_at: Annotated[datetime, "When it happened, as told"]
    recorded_at: Annotated[datetime, "When it was recorded, by the store's clock"]
    number: Annotated[str | None, "The register number it was given"]
    step: Annotated[str | None, "The pack's name of the step, for steps"]
    word: Annotated[str | None, "The pack's word for the step, for steps"]
    done_by_id: Annotated[UUID | None, "Who took the step, for steps taken over from a log"]
    details: Annotated[dict[str, Any], "What else the event says"] = field(default_factory=dict)


def anonymous(row: HistoryRow) -> HistoryRow:
    """The entry without whose matter it is, and without what else its form leads to by an id."""
    if "client_id" not in row.details:
        return row
    form = {name: v for name, v in row.details.get("form", {}).items() if not _is_id(v)}
    return replace(row, details=row.details | {"client_id": None, "form": form})


def unsaid(row: HistoryRow) -> HistoryRow:
    """That something happened, and when; neither by whom nor what."""
    return replace(row, by="", acting_for=None, role=None, command_id="", reason=None, details={})


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def described(fact: Fact) -> HistoryRow:
    """A fact of any stream, as a row of history."""
    event = fact.event
    details = {name: v for name, v in vars(event).items() if name not in ENVELOPE}
    return HistoryRow(
        position=fact.position,
        ticket_id=event.originator_id,
        version=event.originator_version,
        topic=get_topic(type(event)),
        by=event.by,
        acting_for=event.acting_for,
        role=event.role,
        command_id=event.command_id,
        reason=event.reason,
        occurred_at=event.timestamp,
        recorded_at=fact.recorded_at,
        number=fact.number,
        step=details.pop("step", None),
        word=details.pop("word", None),
        done_by_id=details.pop("done_by_id", None),
        details=details,
    )


class TicketHistoryView(View[HistoryRow]):
    name = "ticket_history"
    span = Span.FACT
    row = HistoryRow
    facts = frozenset(events_of(Ticket))
    indexes = ("ticket_id, version", "by, position", "topic, position", "occurred_at")

    def keys(self, fact: Fact) -> Sequence[int]:
        return (fact.position,)

    def fold(self, row: HistoryRow | None, fact: Fact, key: Any) -> HistoryRow:
        return described(fact)


@dataclass(frozen=True, slots=True)
class TakenStep:
    """One step of one ticket, as the event-log report reads it."""

    ticket_id: UUID
    word: str
    done_by: str
    occurred_at: datetime


class TicketHistory(ABC):
    """The questions."""

    @abstractmethod
    def of_ticket(self, ticket_id: UUID, *, after: int, limit: int) -> list[HistoryRow]:
        """What happened to one ticket, in order, from the version behind `after` on."""

    @abstractmethod
    def with_ticket(
        self, ticket_id: UUID, *, after: int, limit: int
    ) -> tuple[TicketRow | None, list[HistoryRow]]:
        """The same, and the ticket as it stands, by one question; None where there is none."""

    @abstractmethod
    def steps(self, procedure: str) -> Iterator[TakenStep]:
        """All steps of a procedure's tickets: ticket by ticket, each in the order of its time."""
