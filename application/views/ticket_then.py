"""Tickets as they were, and the questions that lists and counters ask of them."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from application.instant import AsOf
from application.views.then import RowsThen, Shown, ThenView
from application.views.ticket_register import TicketFilter, TicketRegisterView, TicketRow
from domain.sealed import Sealed
from domain.ticket import Ticket

_NOTHING = Sealed(UUID(int=0), None, None)


@dataclass(slots=True)
class TicketThenRow:
    ticket_id: Annotated[UUID, "The ticket"]
    place: Annotated[int, "The how-many-eth of its rows that was made"]
    opened_position: Annotated[int, "Position of its opening in the register; orders the list"]
    opened_at: Annotated[datetime, "When the matter came in, as told"]
    unit: Annotated[str, "The unit that opened it"]
    procedure: Annotated[str, "The pack it follows"]
    channel: Annotated[str, "How it came in"]
    pack_version: Annotated[int, "The version of its pack that it followed"]
    state: Annotated[str, "State of its procedure then"]
    is_closed: Annotated[bool, "Whether it was closed"]
    closed_at: Annotated[datetime | None, "When it had last been closed, as told"]
    episode: Annotated[int, "1, and 1 more for each reopening"]
    owner_id: Annotated[UUID, "Who was answerable"]
    offered_to_id: Annotated[UUID | None, "To whom a transfer was offered"]
    asked_id: Annotated[UUID | None, "The superior who had been asked"]
    blocked_by: Annotated[str | None, "Who blocked it"]
    returned_to_id: Annotated[UUID | None, "To whom the last offer had come back"]
    queue: Annotated[str | None, "The unit in whose queue it waited"]
    queue_role: Annotated[str | None, "The role that might take it from there, too"]
    alarmed_id: Annotated[UUID | None, "Whom it was told that nobody was available for it"]
    slip_number: Annotated[str | None, "Number of its case slip (承办单)"]
    transfers: Annotated[int, "How often it had been handed over"]
    returns: Annotated[int, "How often an offer had come back (退单)"]
    reminders: Annotated[int, "How often its owner had been reminded (催办)"]
    undecided_returns: Annotated[int, "How often since a superior had last decided"]
    findings: Annotated[int, "Steps taken over from a log against our rules"]
    from_recorded: Annotated[datetime | None, "Since when we knew it so; null: never"]
    to_recorded: Annotated[datetime | None, "Up to, not with; null: until further notice"] = None
    from_occurred: Annotated[datetime | None, "Since when it was so, as told; null: never"] = None
    to_occurred: Annotated[datetime | None, "Up to, not with; null: until further notice"] = None


CHANGING = (
    *("pack_version", "state", "is_closed", "closed_at", "episode", "owner_id", "offered_to_id"),
    *("asked_id", "blocked_by", "returned_to_id", "queue", "queue_role", "alarmed_id"),
    *("slip_number", "transfers", "returns", "reminders", "undecided_returns", "findings"),
)
"""What changes of a ticket, besides how far its row has read."""

_HELD_AND_ASKED = (
    "opened_position, from_recorded, to_recorded, from_occurred, to_occurred,"
    " is_closed, state, procedure, channel, unit, owner_id, ticket_id, place"
)
"""What is mostly asked for is found and counted in the index, without a look at the rows."""


class TicketThenView(ThenView[TicketRow]):
    name = "ticket_then"
    of = TicketRegisterView()
    began = "opened_position"
    changing = CHANGING
    row = TicketThenRow
    facts = frozenset(
        {
            *(Ticket.Opened, Ticket.StepTaken, Ticket.Answered, Ticket.Completed, Ticket.Closed),
            *(Ticket.Reopened, Ticket.Withdrawn, Ticket.Rejected, Ticket.Voided, Ticket.Archived),
            *(Ticket.TransferOffered, Ticket.TransferAccepted, Ticket.TransferDecided),
            *(Ticket.TransferDeclined, Ticket.TransferWithdrawn, Ticket.Routed),
            *(Ticket.NobodyAvailable, Ticket.AssignedInTurn, Ticket.Escalated, Ticket.Instructed),
            *(Ticket.Suspended, Ticket.Resumed, Ticket.CaseSlipIssued, Ticket.HandlerReminded),
            Ticket.MovedToVersion,
        }
    )
    indexes = (
        _HELD_AND_ASKED,
        "offered_to_id, opened_position WHERE offered_to_id IS NOT NULL",
        "returned_to_id, opened_position WHERE returned_to_id IS NOT NULL",
        "queue, opened_position WHERE queue IS NOT NULL",
        "alarmed_id, opened_position WHERE alarmed_id IS NOT NULL",
        "asked_id, opened_position WHERE asked_id IS NOT NULL",
    )

    def as_known(self, then: TicketThenRow) -> TicketRow:
        return TicketRow(
            ticket_id=then.ticket_id,
            opened_position=then.opened_position,
            register="",
            number="",
            client_id=None,
            matter=_NOTHING,
            channel=then.channel,
            procedure=then.procedure,
            unit=then.unit,
            first_contact_id=then.owner_id,
            opened_at=then.opened_at,
            opened_recorded_at=then.opened_at,
            changed_at=then.opened_at,
            **self.changes(then),
        )


@dataclass(frozen=True)
class CountsThen(Shown):
    counts: dict[str, dict[str, int]]


class TicketsThen(RowsThen[TicketRow, TicketFilter]):
    """The list is newest first: `after` is the position of an opening."""

    @abstractmethod
    def counts(self, asked: TicketFilter, as_of: AsOf) -> CountsThen:
        """How many: `total`, and by state, by procedure, by channel, and open or closed."""
