"""Commands on tickets, each beside the method that carries it out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from application.desk import Command
from application.promises import Promises
from application.register import Receipt
from application.ticket_desk import TicketCommand
from domain.aggregate import Act
from domain.client import Client
from domain.client_grades import PRIORITY
from domain.errors import Invalid, NotFound
from domain.form import with_form
from domain.procedure import Procedure
from domain.staff import Staff
from domain.ticket import Blocker, Ticket, Visibility


@dataclass(frozen=True, kw_only=True)
class OpenTicket(Command):
    """Register a matter. Without `first_contact_id` it is who sends the command."""

    PERMISSION: ClassVar[str] = "ticket.handle"
    client_id: UUID | None = None
    channel: str
    matter: str
    procedure: str
    form: Mapping[str, Any] = field(default_factory=dict)
    ticket_id: UUID | None = None
    first_contact_id: UUID | None = None
    unit: str | None = None

    @property
    def begins_in(self) -> Collection[str]:
        return (self.unit or self.by.unit,)


@dataclass(frozen=True, kw_only=True)
class IssueSlip(TicketCommand):
    pass


@dataclass(frozen=True, kw_only=True)
class NoteTicket(TicketCommand):
    COMMUTES: ClassVar[bool] = True
    text: str
    visibility: Visibility = Visibility.INTERNAL


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
class MoveToVersion(TicketCommand):
    """To the newest versions of its packs that are in force."""


class Tickets(Promises):
    """Everything that can be done with a ticket."""

    def open(self, command: OpenTicket) -> Receipt:
        """Raises NotFound for an unknown client, ClientBlacklisted, NoVersionInForce, Invalid."""

        def make(act: Act) -> Ticket:
            priority = None
            if command.client_id is not None:
                priority = self._must_be_served(command.client_id, command.procedure, act)
            unit = command.unit or command.by.unit
            version, packs = self._packs.pinned(command.procedure, unit, command.at)
            pins = {**packs, command.procedure: version}
            return Ticket.open(
                command.ticket_id or uuid4(),
                client_id=command.client_id,
                channel=command.channel,
                matter=command.matter,
                form=command.form,
                pack=command.procedure,
                pack_version=version,
                packs=packs,
                procedure=self._packs.procedure(pins),
                first_contact_id=_first_contact(command),
                unit=unit,
                year=self._desk.year(act),
                act=act,
                rules=self._packs.rulebook(pins),
                ask=self._ask_across,
                priority=priority,
            )

        return self._desk.create(command, make)

    def _must_be_served(self, client_id: UUID, procedure: str, act: Act) -> int | None:
        """The priority that the client may claim by their class.

        Only where the blacklist keeps something is asked who is on it; or on the file followed.
        Raises NotFound, ClientBlacklisted (BL-01).
        """
        client = self._desk.look_up(Client, client_id)
        blacklist = self._packs.blacklist(act.at)
        if any(procedure in kept for kept in blacklist.blocks.values()):
            blacklist.must_serve(client.blacklist_scope, procedure)
            if client.merged_into_id is not None:
                leading = self._desk.look_up(Client, client.merged_into_id)
                blacklist.must_serve(leading.blacklist_scope, procedure)
        day = act.at.astimezone(self._desk.zone).date()
        found: int | None = client.entitlements_on(day).get(PRIORITY)
        return found

    def issue_slip(self, command: IssueSlip) -> Receipt:
        return self._change(
            command, lambda ticket, act: ticket.issue_slip(year=self._desk.year(act), act=act)
        )

    def note(self, command: NoteTicket) -> Receipt:
        return self._change(
            command, lambda ticket, act: ticket.note(command.text, command.visibility, act=act)
        )

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
        """The receipt says what the packs warn of."""
        warnings: list[str] = []

        def decide(ticket: Ticket, act: Act) -> None:
            look = with_form(command.form, ticket.looking(act))
            warnings[:] = ticket.rules.warnings(command.step, look)
            ticket.take_step(command.step, command.form, self.procedure(ticket), act=act)

        receipt = self._change(command, decide)
        return replace(receipt, warnings=tuple(warnings))

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

    def move_to_version(self, command: MoveToVersion) -> Receipt:
        """Raises NotOwner, AlreadyNewest, OlderVersions, StepNotPossible."""

        def decide(ticket: Ticket, act: Act) -> None:
            version, packs = self._packs.pinned(ticket.procedure, ticket.unit, command.received_at)
            pins = {**packs, ticket.procedure: version}
            old = [self._packs.content(*pin) for pin in ticket.pins.items()]
            ticket.move_to_version(
                version,
                packs,
                self._packs.procedure(pins),
                self._packs.rulebook(pins),
                act=act,
                mandatory={content.pack for content in old if content.mandatory},
            )

        return self._change(command, decide)

    def people(self, ticket_id: UUID, question: str, at: datetime) -> list[UUID]:
        """Who is offered for a ticket, as its packs ask (people:). Raises NotFound."""
        ticket = self._ruled(self._desk.look_up(Ticket, ticket_id))
        if question not in ticket.rules.people:
            raise NotFound(f"its packs do not ask for {question}", field="question")
        found = ticket.looking(Act(by="system:desk", at=at, command_id=""))(f"people.{question}")
        return [UUID(one) for one in found]

    def outlook(self, ticket_id: UUID) -> dict[str, Any]:
        """What may be done next on a ticket, by whom, and what each step asks for."""
        ticket = self._ruled(self._desk.look_up(Ticket, ticket_id))
        procedure = self.procedure(ticket)
        nobody = Act(by="system:desk", at=ticket.modified_on, command_id="")
        possible = ticket.possible_steps(procedure, ticket.looking(nobody))
        return {
            "possible_steps": possible,
            "steps": {name: _asked(name, procedure, ticket) for name in possible},
            "packs": ticket.pins,
        }


def _asked(name: str, procedure: Procedure, ticket: Ticket) -> dict[str, Any]:
    """What a step is and asks for, and what is missing for it.

    Missing may be the case slip, or what was promised and has to be done first.
    """
    step = procedure.steps[name]
    words = [step.fact or name, *(["closed"] if step.to in procedure.final else [])]
    slip = ["slip"] if "slip" in step.needs and not ticket.has_slip else []
    return {**step.described, "missing": slip + ticket.must_come_first(*words)}


def _first_contact(command: OpenTicket) -> UUID:
    found = command.first_contact_id or command.by.staff_id
    if found is None:
        raise Invalid("somebody must be the first contact", field="first_contact_id")
    return found
