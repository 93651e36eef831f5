"""Commands on levels of staff, on positions that an assessment takes away, and commendations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from application.desk import Command, Desk
from application.register import Receipt
from application.schemes import Schemes
from domain.aggregate import Act
from domain.assessment import Assessment
from domain.ladder import Ladder
from domain.ranked import NeedsAssessment
from domain.staff import Staff
from domain.ticket import Ticket


@dataclass(frozen=True, kw_only=True)
class AssignLevel(Command):
    """By a published assessment of theirs; the first time by the ticket of their appointment."""

    PERMISSION: ClassVar[str] = "staff.level"
    staff_id: UUID
    ladder: str
    level: str
    assessment_id: UUID | None = None
    ticket_id: UUID | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RevokePosition(Command):
    PERMISSION: ClassVar[str] = "assessment.publish"
    staff_id: UUID
    roles: tuple[str, ...]
    assessment_id: UUID


@dataclass(frozen=True, kw_only=True)
class CommendStaff(Command):
    PERMISSION: ClassVar[str] = "staff.commend"
    staff_id: UUID
    text: str


class Levels:
    def __init__(self, desk: Desk, schemes: Schemes) -> None:
        self._desk, self._schemes = desk, schemes

    def assign(self, command: AssignLevel) -> Receipt:
        """Raises NotFound, UnknownLevel, NeedsAssessment, OwnLevel, StaffLeft, Invalid."""

        def decide(staff: Staff, act: Act) -> None:
            ladder = self._schemes.ladder(command.ladder, act.at)
            staff.assign_level(
                command.ladder,
                ladder,
                command.level,
                assessment_id=command.assessment_id,
                ticket_id=command.ticket_id,
                valid_until=command.valid_until,
                act=act,
            )
            self._must_be_proven(command, ladder, act)

        return self._desk.change(Staff, command.staff_id, command, decide)

    def revoke_position(self, command: RevokePosition) -> Receipt:
        return self._desk.change(
            Staff,
            command.staff_id,
            command,
            lambda staff, act: staff.revoke_position(command.roles, command.assessment_id, act=act),
        )

    def commend(self, command: CommendStaff) -> Receipt:
        """Raises NotFound, OwnLevel, StaffLeft, Invalid."""
        return self._desk.change(
            Staff,
            command.staff_id,
            command,
            lambda staff, act: staff.commend(command.text, act=act),
        )

    def _must_be_proven(self, command: AssignLevel, ladder: Ladder, act: Act) -> None:
        """Raises NotFound, NeedsAssessment where it is of somebody else, or not far enough."""
        if command.assessment_id is not None:
            known = self._desk.look_up(Assessment, command.assessment_id)
            if known.subject_id != command.staff_id or not known.is_published:
                said = "a published assessment of the same person is wanted"
                raise NeedsAssessment(said, field="assessment_id", rule=ladder.rule)
        elif command.ticket_id is not None and (first := ladder.first) is not None:
            ticket = self._desk.look_up(Ticket, command.ticket_id)
            is_theirs = ticket.look(first.about, act.at) == str(command.staff_id)
            if (ticket.procedure, ticket.state) != (first.procedure, first.state) or not is_theirs:
                said = f"{first.procedure} of the same person has to be {first.state}"
                raise NeedsAssessment(said, field="ticket_id", rule=first.rule)
