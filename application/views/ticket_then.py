"""Tickets as they were: one row for each time that something changed which lists show.

A row holds for a time on each of two clocks: from when to when we knew it so (`recorded`), and
from when to when it was so, as told by now (`occurred`). Usually the two go together; a late entry
parts them: what it changes in the past has rows of its own, which nobody knew at the time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from application.instant import AsOf
from application.register import Fact
from application.views.ticket_register import TicketFilter, TicketRegisterView, TicketRow
from application.views.view import Span, View
from domain.sealed import Sealed
from domain.ticket import Ticket

_NOTHING = Sealed(UUID(int=0), None, None)

_REGISTER = TicketRegisterView()


@dataclass(slots=True)
class TicketThenRow:
    """Never changed once it is made."""

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


class TicketThenView(View[list[TicketThenRow]]):
    name = "ticket_then"
    span = Span.STREAM
    has_several = True
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

    def keys(self, fact: Fact) -> Sequence[UUID]:
        return (fact.event.originator_id,)

    def fold(self, row: list[TicketThenRow] | None, fact: Fact, key: Any) -> list[TicketThenRow]:
        if row is None:
            return [_opened(fact)]
        rows, made = list[TicketThenRow](), list[TicketThenRow]()
        for known in row:
            left, *after = _parted(known, fact, len(row) + len(made) + 1)
            rows.append(left)
            made += after
        return rows + made


def _opened(fact: Fact) -> TicketThenRow:
    ticket = _REGISTER.fold(None, fact, fact.event.originator_id)
    return TicketThenRow(
        ticket_id=ticket.ticket_id,
        place=1,
        opened_position=ticket.opened_position,
        opened_at=ticket.opened_at,
        unit=ticket.unit,
        procedure=ticket.procedure,
        channel=ticket.channel,
        from_recorded=fact.recorded_at,
        from_occurred=ticket.opened_at,
        **_changing(ticket),
    )


def _parted(row: TicketThenRow, fact: Fact, place: int) -> list[TicketThenRow]:
    """The row as far as the fact leaves it, and what it is from the fact on, at a new place.

    What is recorded last is folded last, whenever it happened: it changes all that was so later.
    """
    recorded, occurred = fact.recorded_at, fact.event.timestamp
    is_known = row.from_recorded is not None and row.to_recorded is None
    is_so = row.from_occurred is not None and (
        row.to_occurred is None or row.to_occurred > occurred
    )
    if not (is_known or is_so) or (changed := _changed(row, fact)) == _changing(row):
        return [row]
    before, after = row, replace(row, **_NEVER, **changed)
    if is_known:
        before = replace(before, **_held("recorded", before.from_recorded, recorded))
        after.from_recorded = recorded
    if is_so and row.from_occurred is not None:
        since = max(occurred, row.from_occurred)
        before = replace(before, **_held("occurred", row.from_occurred, since))
        after.from_occurred, after.to_occurred = since, row.to_occurred
    if before.from_recorded is None and before.from_occurred is None:
        return [after]
    after.place = place
    return [before, after]


_NEVER: dict[str, Any] = dict.fromkeys(
    ("from_recorded", "to_recorded", "from_occurred", "to_occurred")
)


def _held(clock: str, since: datetime | None, until: datetime) -> dict[str, Any]:
    """From when to when, on one of the clocks: never, if that is no time at all."""
    times = (since, until) if since != until else (None, None)
    return dict(zip((f"from_{clock}", f"to_{clock}"), times, strict=True))


def _changed(row: TicketThenRow, fact: Fact) -> dict[str, Any]:
    """What changes, as the register of tickets has it after the fact."""
    return _changing(_REGISTER.fold(_as_ticket(row), fact, row.ticket_id))


def _changing(row: TicketRow | TicketThenRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in CHANGING}


def _as_ticket(row: TicketThenRow) -> TicketRow:
    """The ticket of that time, as far as it is known here."""
    return TicketRow(
        ticket_id=row.ticket_id,
        opened_position=row.opened_position,
        register="",
        number="",
        client_id=None,
        matter=_NOTHING,
        channel=row.channel,
        procedure=row.procedure,
        unit=row.unit,
        first_contact_id=row.owner_id,
        opened_at=row.opened_at,
        opened_recorded_at=row.opened_at,
        changed_at=row.opened_at,
        **_changing(row),
    )


def as_it_stood(now: TicketRow, then: TicketThenRow) -> TicketRow:
    """The ticket as it was then; how far that was read (`version` …) it does not say."""
    return replace(now, **_changing(then))


@dataclass(frozen=True)
class Stood:
    """A ticket as it was, and since when it had been so; by the clock that was asked."""

    ticket: TicketRow
    since: datetime


@dataclass(frozen=True)
class Shown:
    """What the view answers by: how far in the register, and its definition (a digest).

    `position`: of the last event that may show in the answer.
    """

    position: int
    definition: str


@dataclass(frozen=True)
class PageThen(Shown):
    rows: Sequence[Stood]


@dataclass(frozen=True)
class CountsThen(Shown):
    counts: dict[str, dict[str, int]]


class TicketsThen(ABC):
    """The questions, as of an instant on either clock."""

    @abstractmethod
    def page(self, asked: TicketFilter, as_of: AsOf, *, before: int | None, limit: int) -> PageThen:
        """Those that fitted then: newest first, those opened before the position `before`."""

    @abstractmethod
    def counts(self, asked: TicketFilter, as_of: AsOf) -> CountsThen:
        """How many: `total`, and by state, by procedure, by channel, and open or closed."""
