"""Commands on volunteers: they enrol, say where and when they serve, and join teams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import uuid4

from application.desk import Desk
from application.packs import Packs
from application.people import RegisterStaff, StaffCommand
from application.permissions import role_for
from application.register import Receipt
from domain.aggregate import Act
from domain.errors import Forbidden, NotFound
from domain.pack_content import PackContent
from domain.pack_people import Team
from domain.staff import Staff

ORIGINS = "volunteer_origins"
"""The list of packs that says where volunteers may come from."""


@dataclass(frozen=True, kw_only=True)
class RegisterVolunteer(RegisterStaff):
    """Somebody new, who is a volunteer and no employee."""

    PERMISSION: ClassVar[str] = "volunteer.manage"
    charter_accepted: bool
    origin: str
    areas: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VolunteerCommand(StaffCommand):
    PERMISSION: ClassVar[str] = "volunteer.manage"


@dataclass(frozen=True, kw_only=True)
class EnrolVolunteer(VolunteerCommand):
    """Who serves here already becomes a volunteer as well."""

    charter_accepted: bool
    origin: str


@dataclass(frozen=True, kw_only=True)
class DeclareAvailability(VolunteerCommand):
    """Everybody says it of themselves; who manages volunteers, of others, too."""

    PERMISSION: ClassVar[str] = "staff.duty"
    areas: tuple[str, ...]
    weekdays: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class JoinTeam(VolunteerCommand):
    team: str


@dataclass(frozen=True, kw_only=True)
class LeaveTeam(VolunteerCommand):
    team: str


class Volunteers:
    def __init__(self, desk: Desk, packs: Packs) -> None:
        self._desk, self._packs = desk, packs

    def teams(self, at: datetime) -> list[tuple[PackContent, str, Team]]:
        """Those of all packs in force then, each with its pack and name."""
        packs = self._packs.in_force(at)
        return [(pack, name, team) for pack in packs for name, team in pack.teams.items()]

    def register(self, command: RegisterVolunteer) -> Receipt:
        """Raises Invalid without the charter, or for an origin that no pack lists."""

        def make(act: Act) -> Staff:
            staff_id = command.staff_id or uuid4()
            staff = Staff.register(
                staff_id,
                name=command.name,
                unit=command.unit,
                key_commitment=self._desk.keys.create(staff_id),
                act=act,
            )
            self._enrol(staff, command, act)
            staff.declare_availability(areas=command.areas, weekdays=command.weekdays, act=act)
            return staff

        return self._desk.create(command, make)

    def enrol(self, command: EnrolVolunteer) -> Receipt:
        """Raises as `register` does."""
        return self._change(command, lambda staff, act: self._enrol(staff, command, act))

    def declare_availability(self, command: DeclareAvailability) -> Receipt:
        """Raises Forbidden for a colleague's, unless one manages volunteers; NoVolunteer."""

        def decide(staff: Staff, act: Act) -> None:
            _must_be_self(command, staff)
            staff.declare_availability(areas=command.areas, weekdays=command.weekdays, act=act)

        return self._change(command, decide)

    def join(self, command: JoinTeam) -> Receipt:
        """Raises NotFound for a team that no pack in force has, SkillMissing."""

        def decide(staff: Staff, act: Act) -> None:
            teams = {name: team for _, name, team in self.teams(command.at)}
            if command.team not in teams:
                raise NotFound(f"no team {command.team}", field="team")
            staff.join_team(command.team, skill=teams[command.team].skill, act=act)

        return self._change(command, decide)

    def leave(self, command: LeaveTeam) -> Receipt:
        """Raises NotInTeam."""
        return self._change(command, lambda staff, act: staff.leave_team(command.team, act=act))

    def _enrol(self, staff: Staff, command: RegisterVolunteer | EnrolVolunteer, act: Act) -> None:
        staff.enrol(
            charter_accepted=command.charter_accepted,
            origin=command.origin,
            origins=self._packs.listed(ORIGINS, command.at),
            act=act,
        )

    def _change(self, command: VolunteerCommand, decide: Callable[[Staff, Act], None]) -> Receipt:
        return self._desk.change(Staff, command.staff_id, command, decide)


def _must_be_self(command: DeclareAvailability, staff: Staff) -> None:
    if command.staff_id != command.by.staff_id:
        try:
            role_for("volunteer.manage", command.by.roles_in(staff.units))
        except Forbidden:
            raise Forbidden("only one's own availability", field="staff_id") from None
