"""Commands on who answers for a ticket, each beside the method that carries it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from application.register import Receipt
from application.ticket_desk import TicketCommand, TicketDesk
from application.views.staff_directory import StaffRow
from domain.aggregate import Act
from domain.client import Client
from domain.errors import Invalid
from domain.staff import Staff
from domain.ticket import Ticket

DIALECT = "dialect"
"""The trait of a client that says which dialect they would rather speak (SR-04)."""


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
class DecideTransfer(TicketCommand):
    """As the owner's superior, on what came back too often."""

    to_id: UUID


@dataclass(frozen=True, kw_only=True)
class RouteTicket(TicketCommand):
    unit: str


@dataclass(frozen=True, kw_only=True)
class TakeTicket(TicketCommand):
    """Out of the queue of one's unit."""


@dataclass(frozen=True, kw_only=True)
class AssignTicket(TicketCommand):
    """To whose turn it is in a unit, among those on duty who have the competence."""

    unit: str
    competence: str | None = None


class Handovers(TicketDesk):
    """Everything by which somebody else comes to answer for a ticket."""

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

    def decide_transfer(self, command: DecideTransfer) -> Receipt:
        """Raises NotFound or StaffLeft for a colleague who cannot take it."""

        def decide(ticket: Ticket, act: Act) -> None:
            self._desk.look_up(Staff, command.to_id).must_serve()
            ticket.decide_transfer(
                command.to_id,
                superior_id=self._desk.look_up(Staff, ticket.owner_id).superior_id,
                roles=command.by.roles_in(ticket.units),
                act=act,
            )

        return self._change(command, decide)

    def route(self, command: RouteTicket) -> Receipt:
        return self._change(command, lambda ticket, act: ticket.route(command.unit, act=act))

    def take(self, command: TakeTicket) -> Receipt:
        """A deputy takes it for whom they stand in for, out of that one's queue."""

        def decide(ticket: Ticket, act: Act) -> None:
            taker = self._desk.look_up(Staff, _taker(command))
            ticket.take(
                taker.id, unit=taker.unit, roles=taker.roles_at(command.at, ticket.units), act=act
            )

        return self._change(command, decide)

    def assign(self, command: AssignTicket, colleagues: Sequence[StaffRow]) -> Receipt:
        """`colleagues`: who serves in the unit. Raises NoSuperior where nobody is next in line."""

        def decide(ticket: Ticket, act: Act) -> None:
            wanted = self._wanted_by_client(ticket)
            turn = self._whose_turn(command, colleagues, wanted, but=ticket.owner_id)
            find = ticket.call_for_help if turn is None else ticket.assign
            find(
                turn or self._next_in_line(colleagues, ticket),
                unit=command.unit,
                competence=command.competence,
                roles=command.by.roles_in(ticket.units),
                act=act,
            )

        return self._change(command, decide)

    def _whose_turn(
        self,
        command: AssignTicket,
        colleagues: Sequence[StaffRow],
        wanted: str | None,
        *,
        but: UUID,
    ) -> UUID | None:
        """The first in turn who is available, as the register has them and not the directory.

        Whoever can do what is wanted comes before others, in turn or not (SR-04).
        """
        in_turn = [self._desk.look_up(Staff, row.staff_id) for row in sorted(colleagues, key=_turn)]
        free = [
            known.id
            for known in in_turn
            if known.id != but and known.is_available(command.competence, command.at)
        ]
        able = (
            known.id
            for known in in_turn
            if known.id in free and wanted and known.is_competent(wanted, command.at)
        )
        return next(able, free[0] if free else None)

    def _wanted_by_client(self, ticket: Ticket) -> str | None:
        """The dialect that the client would rather speak, by which competences are called, too."""
        if ticket.client_id is None:
            return None
        wanted = self._desk.look_up(Client, ticket.client_id).traits.get(DIALECT)
        return wanted if isinstance(wanted, str) else None

    def _next_in_line(self, colleagues: Sequence[StaffRow], ticket: Ticket) -> UUID:
        """The superior of most of them who still serves, or else the owner's."""
        superiors = Counter(row.superior_id for row in colleagues if row.superior_id is not None)
        for superior_id, _ in superiors.most_common():
            if not self._desk.look_up(Staff, superior_id).has_left:
                return superior_id
        return self._desk.look_up(Staff, ticket.owner_id).superior()


_NEVER = datetime.min.replace(tzinfo=UTC)


def _turn(row: StaffRow) -> tuple[datetime, UUID]:
    """Whose turn it was longest ago comes first, and of those whose never was, the lowest id."""
    return row.last_assigned_at or _NEVER, row.staff_id


def _taker(command: TakeTicket) -> UUID:
    taker_id = command.acting_for or command.by.staff_id
    if taker_id is None:
        raise Invalid("only staff take a ticket", field="acting_for")
    return taker_id
