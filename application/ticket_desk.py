"""Deciding on tickets: by the rules pinned on them; what a refusal flags is put on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from application.desk import Command, Desk
from application.packs import Packs
from application.register import Receipt
from application.violations import said_behind
from domain.aggregate import Act
from domain.errors import DomainError, Invalid
from domain.following import Ask, nothing_across
from domain.procedure import Procedure
from domain.ticket import Ticket


@dataclass(frozen=True, kw_only=True)
class TicketCommand(Command):
    PERMISSION: ClassVar[str] = "ticket.handle"
    ticket_id: UUID


@dataclass(frozen=True, kw_only=True)
class FlagViolation(TicketCommand):
    """Follows a refusal; who sent that is who is meant."""

    kind: str
    rule: str | None


class TicketDesk:
    """What every kind of command on tickets stands on.

    `ask_across` answers what packs ask about other tickets.
    """

    def __init__(self, desk: Desk, packs: Packs, ask_across: Ask = nothing_across) -> None:
        self._desk, self._packs, self._ask_across = desk, packs, ask_across

    def procedure(self, ticket: Ticket) -> Procedure:
        """The procedure pinned on the ticket when it was opened (GV-06)."""
        return self._packs.procedure(ticket.pins)

    def _ruled(self, ticket: Ticket) -> Ticket:
        ticket.rules = self._packs.rulebook(ticket.pins)
        ticket.ask_across = self._ask_across
        return ticket

    def _change(self, command: TicketCommand, decide: Callable[[Ticket, Act], None]) -> Receipt:
        def ruled(ticket: Ticket, act: Act) -> None:
            self._must_be_since_opening(self._ruled(ticket), act)
            decide(ticket, act)

        try:
            return self._desk.change(Ticket, command.ticket_id, command, ruled)
        except DomainError as refusal:
            if violation := refusal.facts.get("violation"):
                self._flag(command, violation, refusal.rule)
            raise

    def _must_be_since_opening(self, ticket: Ticket, act: Act) -> None:
        """Raises Invalid for what is said to have happened before the ticket was opened.

        What was recorded elsewhere is taken over as it is told.
        """
        if act.at < ticket.created_on and not self.procedure(ticket).recorded:
            raise Invalid(
                f"{act.at.isoformat()} is before the ticket was opened", field="occurred_at"
            )

    def _flag(self, command: TicketCommand, kind: str, rule: str | None) -> None:
        flagged = FlagViolation(
            **said_behind(command, self._desk), ticket_id=command.ticket_id, kind=kind, rule=rule
        )
        self._change(flagged, lambda ticket, act: ticket.flag_violation(kind, rule, act=act))
