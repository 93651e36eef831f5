"""Commands on what a ticket promises by when, and on its supervision (督办)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from application.endings import Endings
from application.register import Receipt
from application.ticket_desk import TicketCommand
from domain.errors import NotFound
from domain.staff import Staff
from domain.ticket import Ticket


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


@dataclass(frozen=True, kw_only=True)
class RecordDueSoon(ObligationCommand):
    PERMISSION: ClassVar[str] = "obligation.clock"


@dataclass(frozen=True, kw_only=True)
class OpenSupervision(ObligationCommand):
    PERMISSION: ClassVar[str] = "obligation.clock"
    level: int


@dataclass(frozen=True, kw_only=True)
class IssueSupervisionNotice(TicketCommand):
    PERMISSION: ClassVar[str] = "ticket.supervise"
    demand: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class AnswerSupervision(TicketCommand):
    text: str


@dataclass(frozen=True, kw_only=True)
class RemindHandler(TicketCommand):
    PERMISSION: ClassVar[str] = "ticket.remind"
    text: str


class Promises(Endings):
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
        return self._change(
            command,
            lambda ticket, act: ticket.record_breach(
                command.key, self._told(ticket, command.key, level=1), act=act
            ),
        )

    def record_due_soon(self, command: RecordDueSoon) -> Receipt:
        """Said by the clock. Raises NotDueSoon."""
        return self._change(
            command, lambda ticket, act: ticket.record_due_soon(command.key, act=act)
        )

    def open_supervision(self, command: OpenSupervision) -> Receipt:
        """Said by the clock; somebody higher up is told (督办). Raises NotYetSupervised."""
        return self._change(
            command,
            lambda ticket, act: ticket.open_supervision(
                command.key,
                command.level,
                self._told(ticket, command.key, level=command.level),
                act=act,
            ),
        )

    def issue_notice(self, command: IssueSupervisionNotice) -> Receipt:
        return self._change(
            command,
            lambda ticket, act: ticket.issue_notice(
                command.demand,
                command.due_at,
                unit=ticket.unit,
                year=self._desk.year(act),
                act=act,
            ),
        )

    def answer_notice(self, command: AnswerSupervision) -> Receipt:
        return self._change(
            command, lambda ticket, act: ticket.answer_notice(command.text, act=act)
        )

    def remind(self, command: RemindHandler) -> Receipt:
        return self._change(command, lambda ticket, act: ticket.remind(command.text, act=act))

    def _told(self, ticket: Ticket, key: str, *, level: int) -> UUID | None:
        """So many superiors up from who should keep it, or the topmost; None if there is none.

        Nobody stands above who is not known here: a form may have named them wrongly.
        """
        known = ticket.obligations.get(key)
        told_id: UUID | None = None
        above = UUID(known.responsible) if known else None
        for _ in range(level):
            above = self._superior_of(above) if above else None
            told_id = above or told_id
        return told_id

    def _superior_of(self, staff_id: UUID) -> UUID | None:
        try:
            return self._desk.look_up(Staff, staff_id).superior_id
        except NotFound:
            return None
