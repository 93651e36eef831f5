"""Commands on tickets, each beside the method that carries it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from application.desk import Command, Desk
from application.packs import Packs
from application.register import Receipt
from domain.aggregate import Act
from domain.client import Client
from domain.errors import Invalid
from domain.procedure import Procedure
from domain.staff import Staff
from domain.ticket import Blocker, Ticket, Visibility


@dataclass(frozen=True, kw_only=True)
class OpenTicket(Command):
    """Register a matter. Without `first_contact_id` it is who sends the command."""

    PERMISSION: ClassVar[str] = "ticket.handle"
    client_id: UUID
    channel: str
    matter: str
    procedure: str
    ticket_id: UUID | None = None
    first_contact_id: UUID | None = None
    unit: str | None = None


@dataclass(frozen=True, kw_only=True)
class TicketCommand(Command):
    PERMISSION: ClassVar[str] = "ticket.handle"
    ticket_id: UUID


@dataclass(frozen=True, kw_only=True)
class IssueSlip(TicketCommand):
    pass


@dataclass(frozen=True, kw_only=True)
class NoteTicket(TicketCommand):
    COMMUTES: ClassVar[bool] = True
    text: str
    visibility: Visibility = Visibility.INTERNAL


@dataclass(frozen=True, kw_only=True)
class OfferTransfer(TicketCommand):
    to_id: UUID
    summary: str | None = None


@dataclass(frozen=True, kw_only=True)
class AcceptTransfer(TicketCommand):
    pass


@dataclass(frozen=True, kw_only=True)
class DeclineTransfer(TicketCommand):
    ground: str


@dataclass(frozen=True, kw_only=True)
class WithdrawTransfer(TicketCommand):
    pass


@dataclass(frozen=True, kw_only=True)
class EscalateTicket(TicketCommand):
    question: str


@dataclass(frozen=True, kw_only=True)
class InstructTicket(TicketCommand):
    text: str


@dataclass(frozen=True, kw_only=True)
class TakeStep(TicketCommand):
    step: str
    form: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TakeOverStep(TakeStep):
    """A step that a log from elsewhere says `done_by_id` took."""

    PERMISSION: ClassVar[str] = "ticket.import"
    done_by_id: UUID


@dataclass(frozen=True, kw_only=True)
class AnswerTicket(TicketCommand):
    text: str
    complete: bool = True


@dataclass(frozen=True, kw_only=True)
class SuspendTicket(TicketCommand):
    blocked_by: Blocker


@dataclass(frozen=True, kw_only=True)
class ResumeTicket(TicketCommand):
    pass


@dataclass(frozen=True, kw_only=True)
class CompleteTicket(TicketCommand):
    result: str


@dataclass(frozen=True, kw_only=True)
class CloseTicket(TicketCommand):
    pass


@dataclass(frozen=True, kw_only=True)
class ReopenTicket(TicketCommand):
    pass


@dataclass(frozen=True, kw_only=True)
class CorrectTicket(TicketCommand):
    corrects_version: int
    what: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ObligationCommand(TicketCommand):
    """`key` is the obligation's own on its ticket, like `reply-1`."""

    key: str


@dataclass(frozen=True, kw_only=True)
class AskExtension(ObligationCommand):
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class ApproveExtension(ObligationCommand):
    PERMISSION: ClassVar[str] = "obligation.approve"


@dataclass(frozen=True, kw_only=True)
class WaiveObligation(ObligationCommand):
    PERMISSION: ClassVar[str] = "obligation.approve"
    ground: str


@dataclass(frozen=True, kw_only=True)
class RecordBreach(ObligationCommand):
    PERMISSION: ClassVar[str] = "obligation.clock"


class Tickets:
    """Everything that can be done with a ticket."""

    def __init__(self, desk: Desk, packs: Packs) -> None:
        self._desk, self._packs = desk, packs

    def open(self, command: OpenTicket) -> Receipt:
        """Raises NotFound for an unknown client, NoVersionInForce, Invalid."""

        def make(act: Act) -> Ticket:
            self._desk.look_up(Client, command.client_id)
            pinned = self._packs.in_force(command.procedure, command.at)
            return Ticket.open(
                command.ticket_id or uuid4(),
                client_id=command.client_id,
                channel=command.channel,
                matter=command.matter,
                pack=pinned.pack,
                pack_version=pinned.version,
                procedure=pinned.procedure,
                first_contact_id=_first_contact(command),
                unit=command.unit or command.by.unit,
                year=self._desk.year(act),
                act=act,
                rules=self._packs.rulebook(pinned.pack, pinned.version),
            )

        return self._desk.create(command, make)

    def issue_slip(self, command: IssueSlip) -> Receipt:
        return self._change(
            command, lambda ticket, act: ticket.issue_slip(year=self._desk.year(act), act=act)
        )

    def note(self, command: NoteTicket) -> Receipt:
        return self._change(
            command, lambda ticket, act: ticket.note(command.text, command.visibility, act=act)
        )

    def offer_transfer(self, command: OfferTransfer) -> Receipt:
        """Raises NotFound or StaffLeft for a colleague who cannot take it."""

        def decide(ticket: Ticket, act: Act) -> None:
            self._desk.look_up(Staff, command.to_id).must_serve()
            ticket.offer_transfer(command.to_id, command.summary, act=act)

        return self._change(command, decide)

    def accept_transfer(self, command: AcceptTransfer) -> Receipt:
        return self._change(command, lambda ticket, act: ticket.accept_transfer(act=act))

    def decline_transfer(self, command: DeclineTransfer) -> Receipt:
        return self._change(
            command,
            lambda ticket, act: ticket.decline_transfer(
                command.ground, self.procedure(ticket), act=act
            ),
        )

    def withdraw_transfer(self, command: WithdrawTransfer) -> Receipt:
        return self._change(command, lambda ticket, act: ticket.withdraw_transfer(act=act))

    def escalate(self, command: EscalateTicket) -> Receipt:
        """Raises NoSuperior where the owner has none."""
        return self._change(
            command,
            lambda ticket, act: ticket.escalate(
                self._desk.look_up(Staff, ticket.owner_id).superior(), command.question, act=act
            ),
        )

    def instruct(self, command: InstructTicket) -> Receipt:
        return self._change(command, lambda ticket, act: ticket.instruct(command.text, act=act))

    def take_step(self, command: TakeStep) -> Receipt:
        return self._change(
            command,
            lambda ticket, act: ticket.take_step(
                command.step, command.form, self.procedure(ticket), act=act
            ),
        )

    def take_over_step(self, command: TakeOverStep) -> Receipt:
        return self._change(
            command,
            lambda ticket, act: ticket.take_over_step(
                command.step,
                command.form,
                self.procedure(ticket),
                done_by_id=command.done_by_id,
                act=act,
            ),
        )

    def answer(self, command: AnswerTicket) -> Receipt:
        return self._change(
            command,
            lambda ticket, act: ticket.answer(
                command.text, command.complete, self.procedure(ticket), act=act
            ),
        )

    def suspend(self, command: SuspendTicket) -> Receipt:
        return self._change(
            command, lambda ticket, act: ticket.suspend(command.blocked_by, act=act)
        )

    def resume(self, command: ResumeTicket) -> Receipt:
        return self._change(command, lambda ticket, act: ticket.resume(act=act))

    def complete(self, command: CompleteTicket) -> Receipt:
        return self._change(
            command,
            lambda ticket, act: ticket.complete(command.result, self.procedure(ticket), act=act),
        )

    def close(self, command: CloseTicket) -> Receipt:
        return self._change(
            command, lambda ticket, act: ticket.close(self.procedure(ticket), act=act)
        )

    def reopen(self, command: ReopenTicket) -> Receipt:
        return self._change(
            command, lambda ticket, act: ticket.reopen(self.procedure(ticket), act=act)
        )

    def correct(self, command: CorrectTicket) -> Receipt:
        return self._change(
            command,
            lambda ticket, act: ticket.correct(
                command.corrects_version, command.what, command.text, act=act
            ),
        )

    def ask_extension(self, command: AskExtension) -> Receipt:
        return self._change(
            command,
            lambda ticket, act: ticket.ask_extension(command.key, command.due_at, act=act),
        )

    def approve_extension(self, command: ApproveExtension) -> Receipt:
        return self._change(
            command, lambda ticket, act: ticket.approve_extension(command.key, act=act)
        )

    def waive_obligation(self, command: WaiveObligation) -> Receipt:
        return self._change(
            command, lambda ticket, act: ticket.waive(command.key, command.ground, act=act)
        )

    def record_breach(self, command: RecordBreach) -> Receipt:
        """Said by the clock; the superior of who should have kept it is told. Raises NotOverdue."""

        def decide(ticket: Ticket, act: Act) -> None:
            known = ticket.obligations.get(command.key)
            late = known and self._desk.look_up(Staff, UUID(known.responsible))
            ticket.record_breach(command.key, late.superior_id if late else None, act=act)

        return self._change(command, decide)

    def procedure(self, ticket: Ticket) -> Procedure:
        """The procedure pinned on the ticket when it was opened (GV-06)."""
        return self._packs.content(ticket.procedure, ticket.pack_version).procedure

    def _change(self, command: TicketCommand, decide: Callable[[Ticket, Act], None]) -> Receipt:
        def ruled(ticket: Ticket, act: Act) -> None:
            ticket.rules = self._packs.rulebook(ticket.procedure, ticket.pack_version)
            decide(ticket, act)

        return self._desk.change(Ticket, command.ticket_id, command, ruled)


def _first_contact(command: OpenTicket) -> UUID:
    found = command.first_contact_id or command.by.staff_id
    if found is None:
        raise Invalid("somebody must be the first contact", field="first_contact_id")
    return found
