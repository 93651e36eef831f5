"""The register of tickets: one row a ticket, and the questions asked of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from application.register import Fact
from application.views.view import Span, View, day_of
from domain.aggregate import Aggregate, events_of
from domain.happening import word_of
from domain.procedure import PRIORITY
from domain.promised import Timekeeping
from domain.sealed import Sealed
from domain.ticket import Ticket

IN_TURN = "origin, priority, opened_at, opened_position"
"""How tickets follow each other in a queue: clients first (SC-05)."""

_ASKED_TOGETHER = "is_closed, state, procedure, channel, unit, opened_at"
"""Behind what a list is ordered by: what does not fit is passed over without a look at its row."""

_COUNTED_BY = ("state", "procedure", "channel", "is_closed", "unit")


@dataclass(slots=True)
class TicketRow:
    ticket_id: Annotated[UUID, "Id of the ticket"]
    opened_position: Annotated[int, "Position of its opening in the register; orders the list"]
    register: Annotated[str, "Unit, register and year it is entered in"]
    number: Annotated[str, "Register number, without gaps within the register"]
    client_id: Annotated[UUID | None, "Whose matter it is; of the house if nobody's"]
    matter: Annotated[Sealed, "What it is about; sealed"]
    channel: Annotated[str, "How it came in"]
    procedure: Annotated[str, "The pack it follows"]
    pack_version: Annotated[int, "The version of that pack that it follows"]
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
    returned_to_id: Annotated[UUID | None, "To whom the last offer came back"] = None
    queue: Annotated[str | None, "The unit in whose queue it waits"] = None
    queue_role: Annotated[str | None, "The role that may take it from there, too"] = None
    alarmed_id: Annotated[UUID | None, "Whom it was told that nobody is available for it"] = None
    slip_number: Annotated[str | None, "Number of its case slip (承办单)"] = None
    transfers: Annotated[int, "How often it was handed over"] = 0
    returns: Annotated[int, "How often an offer came back (退单)"] = 0
    reminders: Annotated[int, "How often its owner was reminded (催办)"] = 0
    undecided_returns: Annotated[int, "How often since a superior last decided"] = 0
    origin: Annotated[str, "external: a client's; internal: a matter of the house"] = "external"
    priority: Annotated[int, "Priority of its procedure; smaller comes first"] = PRIORITY
    hidden_from_id: Annotated[UUID | None, "To whom it is not shown whose matter it is"] = None
    findings: Annotated[int, "Steps taken over from a log against our rules"] = 0
    version: Annotated[int, "Version of the ticket that this row shows"] = 1
    position: Annotated[int, "Register position that this row shows"] = 0


class TicketRegisterView(View[TicketRow]):
    name = "ticket_register"
    span = Span.STREAM
    row = TicketRow
    facts = frozenset(events_of(Ticket))
    indexes = (
        f"opened_position, {_ASKED_TOGETHER}",
        f"unit, opened_position, {_ASKED_TOGETHER}",
        f"owner_id, opened_position, {_ASKED_TOGETHER}",
        f"procedure, opened_position, {_ASKED_TOGETHER}",
        f"state, opened_position, {_ASKED_TOGETHER}",
        f"channel, opened_position, {_ASKED_TOGETHER}",
        f"first_contact_id, opened_position, {_ASKED_TOGETHER}",
        "opened_position, returns WHERE returns > 0",
        "client_id, opened_position",
        "offered_to_id, opened_position WHERE offered_to_id IS NOT NULL",
        "owner_id, opened_position WHERE offered_to_id IS NOT NULL",
        "returned_to_id, opened_position WHERE returned_to_id IS NOT NULL",
        "alarmed_id, opened_position WHERE alarmed_id IS NOT NULL",
        "asked_id, opened_position WHERE asked_id IS NOT NULL",
        f"queue, {IN_TURN} WHERE NOT is_closed AND queue IS NOT NULL",
        f"queue_role, {IN_TURN} WHERE NOT is_closed AND queue_role IS NOT NULL",
        f"owner_id, {IN_TURN} WHERE NOT is_closed",
        "is_closed, opened_position",
        "opened_at",
        "number",
    )
    counted_by = (_COUNTED_BY, (day_of("opened_at"), *_COUNTED_BY))

    def keys(self, fact: Fact) -> Sequence[UUID]:
        return (fact.event.originator_id,)

    def fold(self, row: TicketRow | None, fact: Fact, key: Any) -> TicketRow:
        row = _opened(fact) if row is None else row
        if type(fact.event) not in _SHOWN_ELSEWHERE:
            _apply(row, fact)
        row.changed_at = fact.event.timestamp
        row.version, row.position = fact.event.originator_version, fact.position
        return row


_SHOWN_ELSEWHERE = frozenset(
    {
        *(Ticket.Opened, Ticket.Noted, Ticket.Corrected, Ticket.Followed, Ticket.ViolationFlagged),
        *(Ticket.SupervisionNoticeIssued, Ticket.SupervisionAnswered),
        *(Ticket.Signed, Ticket.SignatureRefused, Ticket.Ticked),
        *(Ticket.EvidenceAttached, Ticket.EvidenceLabelled, Ticket.EvidenceGranted),
        *(Ticket.TimePromised, Ticket.ExtensionAsked),
        *(kind for kind in events_of(Ticket) if issubclass(kind, Timekeeping)),
    }
)
"""They change nothing in the register: the dossier, the ticket file and the view of obligations
show them."""


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
        origin="internal" if event.client_id is None else "external",
        priority=event.priority,
        hidden_from_id=event.hidden_from_id,
    )


def _apply(row: TicketRow, fact: Fact) -> None:  # noqa: C901 - one case a fact
    match fact.event:
        case Ticket.CaseSlipIssued():
            row.slip_number = fact.number
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
                _is_now_with(row, done_by_id)
            row.findings += len(findings)
        case Ticket.Answered(state=state) | Ticket.Completed(state=state):
            row.state = state
        case Ticket.Closed(state=state, timestamp=at):
            row.state, row.is_closed, row.closed_at = state, True, at
        case Ticket.Reopened(state=state, episode=episode):
            row.state, row.is_closed, row.episode = state, False, episode
        case Ticket.MovedToVersion(pack_version=pack_version):
            row.pack_version = pack_version
        case Ticket.Withdrawn() | Ticket.Rejected() | Ticket.Voided() | Ticket.Archived():
            _end(row, fact.event)
        case Ticket.HandlerReminded():
            row.reminders += 1
        case other:
            _hand_over(row, other)


def _hand_over(row: TicketRow, event: Any) -> None:  # noqa: C901 - one case a fact
    match event:
        case Ticket.TransferOffered(to_id=to_id):
            row.offered_to_id, row.returned_to_id = to_id, None
        case Ticket.TransferAccepted(to_id=to_id):
            row.transfers += to_id != row.owner_id
            _is_now_with(row, to_id)
        case Ticket.TransferDecided(to_id=to_id):
            row.transfers += to_id != row.owner_id
            row.undecided_returns = 0
            _is_now_with(row, to_id)
        case Ticket.TransferDeclined(from_id=from_id):
            row.offered_to_id, row.returned_to_id = None, from_id
            row.returns += 1
            row.undecided_returns += 1
        case Ticket.TransferWithdrawn():
            row.offered_to_id = None
        case Ticket.Routed(unit=unit, for_role=for_role):
            row.queue, row.queue_role = unit, for_role
        case Ticket.NobodyAvailable(told_id=told_id):
            row.alarmed_id = told_id
        case Ticket.AssignedInTurn():
            row.alarmed_id = None
        case other:
            raise NotImplementedError(f"ticket_register has no case for {type(other)}")


def _is_now_with(row: TicketRow, staff_id: UUID) -> None:
    row.owner_id = staff_id
    row.offered_to_id = row.returned_to_id = row.alarmed_id = None
    row.queue = row.queue_role = None


def _end(row: TicketRow, event: Aggregate.Event) -> None:
    row.state = word_of(event)
    row.closed_at = row.closed_at if row.is_closed else event.timestamp
    row.is_closed = True
    row.offered_to_id = row.returned_to_id = row.alarmed_id = None
    row.asked_id = row.blocked_by = None
    row.queue = row.queue_role = None


def without_client(row: TicketRow, reader_id: UUID | None) -> TicketRow:
    """The row as it is shown to that reader: whose matter it is may be hidden from them."""
    is_hidden = row.hidden_from_id is not None and row.hidden_from_id == reader_id
    return replace(row, client_id=None) if is_hidden else row


@dataclass(frozen=True, kw_only=True)
class TicketFilter:
    """Which tickets; what is None is not asked. Times are aware and include their ends."""

    state: str | None = None
    is_closed: bool | None = None
    owner_id: UUID | None = None
    first_contact_id: UUID | None = None
    offered_to_id: UUID | None = None
    offered_by_id: UUID | None = None
    returned_to_id: UUID | None = None
    returned_at_least: int | None = None
    queue: str | None = None
    alarmed_id: UUID | None = None
    asked_id: UUID | None = None
    client_ids: tuple[UUID, ...] | None = None
    procedure: str | None = None
    channel: str | None = None
    unit: str | None = None
    number: str | None = None
    opened_from: datetime | None = None
    opened_to: datetime | None = None
    unless_hidden_from: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Taker:
    """Who takes tickets out of queues: a member of staff, their unit and roles."""

    staff_id: UUID
    unit: str
    roles: frozenset[str]


PAGE = 1_000
"""How many tickets are asked for at a time by who wants all."""

Place = tuple[str, int, datetime, int]
"""Where in a queue a ticket stands, as `IN_TURN` says."""


class TicketRegister(ABC):
    """The questions."""

    @abstractmethod
    def ticket(self, ticket_id: UUID) -> TicketRow | None:
        """One ticket."""

    @abstractmethod
    def page(self, asked: TicketFilter, *, before: int | None, limit: int) -> list[TicketRow]:
        """Newest first, those opened before the position `before`."""

    def all(self, asked: TicketFilter) -> Iterator[TicketRow]:
        """Newest first, a page at a time."""
        before = None
        while rows := self.page(asked, before=before, limit=PAGE):
            yield from rows
            before = rows[-1].opened_position

    @abstractmethod
    def counts(self, asked: TicketFilter) -> dict[str, dict[str, int]]:
        """How many: `total`, and by state, by procedure, by channel, and open or closed."""

    @abstractmethod
    def queue(self, taker: Taker, *, after: Place | None, limit: int) -> list[TicketRow]:
        """Open tickets that they may take out of a queue, in turn, behind the place `after`."""

    @abstractmethod
    def next(self, taker: Taker) -> TicketRow | None:
        """Of these and of their own, the first in turn that waits for nobody else."""

    @abstractmethod
    def open_counts(self, owner_ids: Sequence[UUID]) -> dict[UUID, int]:
        """How many open tickets each of these owns; who owns none is not named."""
