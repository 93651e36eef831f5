"""The staff directory: who serves, in which post, for whom, on duty or not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from application.register import Fact
from application.views.view import View
from domain.aggregate import events_of
from domain.sealed import Sealed
from domain.staff import Staff
from domain.ticket import Ticket


@dataclass(slots=True)
class StaffRow:
    staff_id: Annotated[UUID, "Id of the staff member"]
    registered_position: Annotated[int, "Position of the registration; orders the list"]
    name: Annotated[Sealed, "Name; sealed"]
    unit: Annotated[str, "The unit they serve in"]
    registered_at: Annotated[datetime, "When registered, as told"]
    post: Annotated[str, "Their post"] = ""
    roles: Annotated[list[str], "The roles of that post"] = field(default_factory=list)
    grants: Annotated[
        list[dict[str, str | None]],
        "Roles given besides: in which unit (null: in all), from when to when (null: for good)",
    ] = field(default_factory=list)
    superior_id: Annotated[UUID | None, "Whom they report to"] = None
    deputies: Annotated[list[dict[str, str]], "Who stands in for them, and from when to when"] = (
        field(default_factory=list)
    )
    competences: Annotated[
        dict[str, str | None], "What they are certified for, and until when; null: for good"
    ] = field(default_factory=dict)
    levels: Annotated[
        dict[str, Any], "By ladder: the level, until when (null: for good), and by what assessment"
    ] = field(default_factory=dict)
    commendations: Annotated[list[dict[str, Any]], "Who commended them, when, for what; sealed"] = (
        field(default_factory=list)
    )
    origin: Annotated[str | None, "Of volunteers: resident, floating …; null: is none"] = None
    areas: Annotated[list[str], "Of volunteers: where they serve; none: anywhere"] = field(
        default_factory=list
    )
    weekdays: Annotated[list[str], "Of volunteers: on which days; none: on any"] = field(
        default_factory=list
    )
    teams: Annotated[list[str], "The teams they are in"] = field(default_factory=list)
    last_assigned_at: Annotated[datetime | None, "When it was last their turn in their unit"] = None
    credentials: Annotated[list[str], "Ids of their valid credentials"] = field(
        default_factory=list
    )
    is_on_duty: Annotated[bool, "Whether they are on duty"] = False
    has_left: Annotated[bool, "Whether they have left"] = False
    version: Annotated[int, "Version of the staff member that this row shows"] = 1
    position: Annotated[int, "Register position that this row shows"] = 0


class StaffDirectoryView(View[StaffRow]):
    name = "staff_directory"
    row = StaffRow
    facts = frozenset((*events_of(Staff), Ticket.AssignedInTurn))
    indexes = ("registered_position", "unit")

    def keys(self, fact: Fact) -> Sequence[UUID]:
        event = fact.event
        return (event.to_id if isinstance(event, Ticket.AssignedInTurn) else event.originator_id,)

    def fold(self, row: StaffRow | None, fact: Fact, key: Any) -> StaffRow:
        row = _registered(fact) if row is None else row
        row.position = fact.position
        if isinstance(fact.event, Ticket.AssignedInTurn):
            row.last_assigned_at = fact.event.timestamp
        else:
            _apply(row, fact)
            row.version = fact.event.originator_version
        return row


def _registered(fact: Fact) -> StaffRow:
    event = fact.event
    assert isinstance(event, Staff.Registered)
    return StaffRow(
        staff_id=event.originator_id,
        registered_position=fact.position,
        name=event.name,
        unit=event.unit,
        registered_at=event.timestamp,
    )


def _apply(row: StaffRow, fact: Fact) -> None:  # noqa: C901 - one case a fact
    match fact.event:
        case Staff.PostTaken(post=post, roles=roles):
            row.post, row.roles = post, roles
        case Staff.RoleGranted(granted=role, unit=unit, start=start, end=end):
            until = end.isoformat() if end else None
            given = {"role": role, "unit": unit, "start": start.isoformat(), "end": until}
            row.grants = [*row.grants, given]
        case Staff.RoleRevoked(revoked=role, unit=unit):
            row.grants = [g for g in row.grants if (g["role"], g["unit"]) != (role, unit)]
        case Staff.SuperiorNamed(superior_id=superior_id):
            row.superior_id = superior_id
        case Staff.DeputyNamed(deputy_id=deputy_id, start=start, end=end):
            period = {"start": start.isoformat(), "end": end.isoformat()}
            row.deputies = [*row.deputies, {"deputy_id": str(deputy_id), **period}]
        case Staff.WentOnDuty():
            row.is_on_duty = True
        case Staff.WentOffDuty():
            row.is_on_duty = False
        case Staff.CompetenceGranted(competence=competence, expires_at=expires_at):
            until = expires_at.isoformat() if expires_at else None
            row.competences = {**row.competences, competence: until}
        case Staff.CompetenceWithdrawn(competence=competence):
            row.competences = {k: v for k, v in row.competences.items() if k != competence}
        case Staff.CredentialIssued(credential_id=credential_id):
            row.credentials = [*row.credentials, credential_id]
        case Staff.CredentialRevoked(credential_id=credential_id):
            row.credentials = [c for c in row.credentials if c != credential_id]
        case Staff.LevelAssigned(ladder=ladder):
            row.levels = {**row.levels, ladder: _level(fact.event)}
        case Staff.PositionRevoked(roles=revoked):
            row.roles = [role for role in row.roles if role not in revoked]
            row.grants = [g for g in row.grants if g["role"] not in revoked]
        case Staff.CommendationGiven(by=by, text=text):
            given_at = fact.event.timestamp.isoformat()
            row.commendations = [*row.commendations, {"by": by, "at": given_at, "text": text}]
        case Staff.VolunteerEnrolled(origin=origin):
            row.origin = origin
        case Staff.AvailabilityDeclared(areas=areas, weekdays=weekdays):
            row.areas, row.weekdays = areas, weekdays
        case Staff.TeamJoined(team=team):
            row.teams = sorted({*row.teams, team})
        case Staff.TeamLeft(team=team):
            row.teams = [known for known in row.teams if known != team]
        case Staff.Left():
            row.has_left, row.is_on_duty, row.credentials, row.grants = True, False, [], []
        case Staff.Registered() | Staff.CredentialReplaced() | Staff.MisconductRecorded():
            pass
        case other:
            raise NotImplementedError(f"staff_directory has no case for {type(other)}")


def _level(event: Staff.LevelAssigned) -> dict[str, str | None]:
    until = event.valid_until.isoformat() if event.valid_until else None
    by = str(event.assessment_id or event.ticket_id)
    return {"level": event.level, "was": event.was, "until": until, "by": by}


class StaffDirectory(ABC):
    """The questions."""

    @abstractmethod
    def member(self, staff_id: UUID) -> StaffRow | None:
        """One member of staff."""

    @abstractmethod
    def of_unit(self, unit: str) -> list[StaffRow]:
        """Who serves in a unit, on duty or not."""

    @abstractmethod
    def units(self) -> list[str]:
        """Every unit in which somebody serves."""

    @abstractmethod
    def page(self, *, before: int | None, limit: int) -> list[StaffRow]:
        """Newest first, those registered before the position `before`."""

    @abstractmethod
    def serving(self, role: str, at: datetime, *, unit: str | None = None) -> list[StaffRow]:
        """Who has this role then and has not left, in this unit or any; the longest here first.

        They have it by their post, or were given it for all units or their own.
        """

    @abstractmethod
    def volunteering(
        self, *, team: str | None = None, only_volunteers: bool = False
    ) -> list[StaffRow]:
        """Volunteers, or who is in a team, or both, and has not left; the longest here first."""
