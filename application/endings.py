"""Commands that end a ticket otherwise than by closing it."""

from __future__ import annotations

from dataclasses import dataclass

from application.handovers import Handovers
from application.register import Receipt
from application.ticket_desk import TicketCommand


@dataclass(frozen=True, kw_only=True)
class WithdrawTicket(TicketCommand):
    """The client does not want it any more; the reason is theirs."""


@dataclass(frozen=True, kw_only=True)
class RejectTicket(TicketCommand):
    ground: str


@dataclass(frozen=True, kw_only=True)
class VoidTicket(TicketCommand):
    """It was registered in error."""


@dataclass(frozen=True, kw_only=True)
class ArchiveTicket(TicketCommand):
    pass


class Endings(Handovers):
    def withdraw(self, command: WithdrawTicket) -> Receipt:
        return self._change(command, lambda ticket, act: ticket.withdraw(act=act))

    def reject(self, command: RejectTicket) -> Receipt:
        """Raises ShirkingRefused for 'not my duty', Invalid for any other unknown ground."""
        return self._change(command, lambda ticket, act: ticket.reject(command.ground, act=act))

    def void(self, command: VoidTicket) -> Receipt:
        return self._change(
            command,
            lambda ticket, act: ticket.void(roles=command.by.roles_in(ticket.units), act=act),
        )

    def archive(self, command: ArchiveTicket) -> Receipt:
        return self._change(
            command,
            lambda ticket, act: ticket.archive(roles=command.by.roles_in(ticket.units), act=act),
        )
