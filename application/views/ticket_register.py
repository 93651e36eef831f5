"""The register of tickets: one row a ticket, and the questions asked of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from application.register import Fact
from application.views.view import View
from domain.aggregate import events_of
from domain.promising import Timekeeping
from domain.sealed import Sealed
from domain.ticket import Ticket


@dataclass(slots=True)
class TicketRow:
    ticket_id: Annotated[UUID, "Id of the ticket"]
    opened_position: Annotated[int, "Position of its opening in the register; orders the list"]
    register: Annotated[str, "Unit, register and year it is entered in"]
    number: Annotated[str, "Register number, without gaps within the register"]
    client_id: Annotated[UUID, "Whose matter it is"]
    matter: Annotated[Sealed, "What it is about; sealed"]
    channel: Annotated[str, "How it came in"]
    procedure: Annotated[str, "The pack it follows"]
    pack_version: Annotated[int, "The version of that pack, as of its opening"]
    unit: Annotated[str, "The unit that opened it"]
    state: Annotated[str, "State of its procedure"]
    first_contact_id: Annotated[UUID, "The first contact (首问责任人); never changes"]
    owner_id: Annotated[UUID, "Who is answerable now"]
    opened_at: Annotated[datetime, "When the matter came in, as told"]
    opened_recorded_at: Annotated[datetime, "When that was recorded"]
    changed_at: Annotated[datetime, "When the last thing happened, as told"]
    is_closed: Annotated[bool, "Whether it is closed"] = False
    closed_at: Annotated[datetime | None, "When it was last closed, as told"] = None
    episode: Annotated[int, "1, and 1 more for each reopening"] = 1
    offered_to_id: Annotated[UUID | None, "To whom a transfer is offered"] = None
    asked_id: Annotated[UUID | None, "The superior who was asked and has not instructed yet"] = None
    blocked_by: Annotated[str | None, "Who blocks it while suspended"] = None
    slip_number: Annotated[str | None, "Number of its case slip (承办单)"] = None
    transfers: Annotated[int, "How often it was handed over"] = 0
    returns: Annotated[int, "How often an offer came back (退单)"] = 0
    findings: Annotated[int, "Steps taken over from a log against our rules"] = 0
    version: Annotated[int, "Version of the ticket that this row shows"] = 1
    position: Annotated[int, "Register position that this row shows"] = 0


class TicketRegisterView(View[TicketRow]):
    name = "ticket_register"
    row = TicketRow
    facts = frozenset(events_of(Ticket))
    indexes = (
        "opened_position",
        "owner_id, is_closed, opened_position",
        "first_contact_id, is_closed, opened_position",
        "offered_to_id, opened_position",
        "client_id, opened_position",
        "state, opened_position",
        "procedure, opened_position",
        "channel, opened_position",
        "opened_at",
        "number",
    )

    def keys(self, fact: Fact) -> Sequence[UUID]:
        return (fact.event.originator_id,)

    def fold(self, row: TicketRow | None, fact: Fact, key: Any) -> TicketRow:
        row = _opened(fact) if row is None else row
        _apply(row, fact)
        row.changed_at = fact.event.timestamp
        row.version, row.position = fact.event.originator_version, fact.position
        return row


def _opened(fact: Fact) -> TicketRow:
    event = fact.event
    assert isinstance(event, Ticket.Opened)
    assert fact.number is not None
    return TicketRow(
        ticket_id=event.originator_id,
        opened_position=fact.position,
        register=event.register,
        number=fact.number,
        client_id=event.client_id,
        matter=event.matter,
        channel=event.channel,
        procedure=event.procedure,
        pack_version=event.pack_version,
        unit=event.unit,
        state=event.state,
        first_contact_id=event.first_contact_id,
        owner_id=event.first_contact_id,
        opened_at=event.timestamp,
        opened_recorded_at=fact.recorded_at,
        changed_at=event.timestamp,
    )


def _apply(row: TicketRow, fact: Fact) -> None:  # noqa: C901 - one case a fact
    match fact.event:
        case Ticket.CaseSlipIssued():
            row.slip_number = fact.number
        case Ticket.TransferOffered(to_id=to_id):
            row.offered_to_id = to_id
        case Ticket.TransferAccepted(to_id=to_id):
            row.owner_id, row.offered_to_id = to_id, None
            row.transfers += 1
        case Ticket.TransferDeclined():
            row.offered_to_id = None
            row.returns += 1
        case Ticket.TransferWithdrawn():
            row.offered_to_id = None
        case Ticket.Escalated(to_id=to_id):
            row.asked_id = to_id
        case Ticket.Instructed():
            row.asked_id = None
        case Ticket.Suspended(blocked_by=blocked_by):
            row.blocked_by = blocked_by
        case Ticket.Resumed():
            row.blocked_by = None
        case Ticket.StepTaken(state=state, done_by_id=done_by_id, findings=findings):
            row.state = state
            if done_by_id not in (None, row.owner_id):
                row.owner_id, row.offered_to_id = done_by_id, None
            row.findings += len(findings)
        case Ticket.Answered(state=state) | Ticket.Completed(state=state):
            row.state = state
        case Ticket.Closed(state=state, timestamp=at):
            row.state, row.is_closed, row.closed_at = state, True, at
        case Ticket.Reopened(state=state, episode=episode):
            row.state, row.is_closed, row.episode = state, False, episode
        case Ticket.Opened() | Ticket.Noted() | Ticket.Corrected():
            pass
        case Timekeeping() | Ticket.TimePromised() | Ticket.ExtensionAsked():
            pass  # shown by the view of obligations
        case other:
            raise NotImplementedError(f"ticket_register has no case for {type(other)}")


@dataclass(frozen=True, kw_only=True)
class TicketFilter:
    """Which tickets; what is None is not asked. Times are aware and include their ends."""

    state: str | None = None
    is_closed: bool | None = None
    owner_id: UUID | None = None
    first_contact_id: UUID | None = None
    offered_to_id: UUID | None = None
    asked_id: UUID | None = None
    client_ids: tuple[UUID, ...] | None = None
    procedure: str | None = None
    channel: str | None = None
    unit: str | None = None
    number: str | None = None
    opened_from: datetime | None = None
    opened_to: datetime | None = None


class TicketRegister(ABC):
    """The questions."""

    @abstractmethod
    def ticket(self, ticket_id: UUID) -> TicketRow | None:
        """One ticket."""

    @abstractmethod
    def page(self, asked: TicketFilter, *, before: int | None, limit: int) -> list[TicketRow]:
        """Newest first, those opened before the position `before`."""

    @abstractmethod
    def counts(self, asked: TicketFilter) -> dict[str, dict[str, int]]:
        """How many: `total`, and by state, by procedure, by channel, and open or closed."""
