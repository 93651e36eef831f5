"""Roles that somebody is given beside those of their post: for a while, in a unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.aggregate import UNIT_LIMIT, Act, Aggregate, staff_ref
from domain.errors import Invalid, Refused
from domain.own import must_be_another
from domain.roles import HOLDERS, INDEPENDENT, ROLES
from domain.sealed import checked


class RolesConflict(Refused):
    code = "roles_conflict"


class OwnRoles(Refused):
    code = "own_roles"


class NoGrant(Refused):
    code = "no_grant"


@dataclass(frozen=True)
class Grant:
    """A role from `start` up to, and not with, `end`; without one until it is revoked.

    Without `unit` it holds everywhere, else for what belongs to that unit.
    """

    role: str
    unit: str | None
    start: datetime
    end: datetime | None

    def holds(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)

    def covers(self, other: Grant) -> bool:
        """Whether there is nothing in the other that is not in this one."""
        is_same = (self.role, self.unit) == (other.role, other.unit)
        lasts = self.end is None or (other.end is not None and other.end <= self.end)
        return is_same and self.start <= other.start and lasts


class Granted(Aggregate):
    """Whoever has the roles of a post, and may be given others besides."""

    class RoleGranted(Aggregate.Event):
        TOPIC = "staff.role-granted"
        granted: str
        unit: str | None
        start: datetime
        end: datetime | None

        def apply(self, aggregate: Granted) -> None:
            aggregate.grants.append(Grant(self.granted, self.unit, self.start, self.end))

    class RoleRevoked(Aggregate.Event):
        """Every grant of that role for that unit, or of that for everywhere, is at its end."""

        TOPIC = "staff.role-revoked"
        revoked: str
        unit: str | None

        def apply(self, aggregate: Granted) -> None:
            ended = (self.revoked, self.unit)
            aggregate.grants = [g for g in aggregate.grants if (g.role, g.unit) != ended]

    def _start_granting(self) -> None:
        self.roles = frozenset[str]()
        self.grants: list[Grant] = []

    def roles_at(self, at: datetime, units: Iterable[str] = ()) -> frozenset[str]:
        """Those of their post, and what they were given for then, everywhere or in these units."""
        places = {None, *units}
        return self.roles | {g.role for g in self.grants if g.unit in places and g.holds(at)}

    def roles_in_units(self, at: datetime) -> frozenset[tuple[str, str]]:
        """Units, and the roles that they have only there."""
        return frozenset((g.unit, g.role) for g in self.grants if g.unit and g.holds(at))

    def grant_role(
        self, role: str, *, unit: str | None, start: datetime, end: datetime | None, act: Act
    ) -> None:
        """Raises Invalid, OwnRoles for one's own, RolesConflict, StaffLeft."""
        self.must_serve()
        must_be_known([role])
        unit = None if unit is None else checked(unit, name="unit", limit=UNIT_LIMIT)
        if unit is not None and role in HOLDERS["staff.manage"]:
            raise Invalid("who manages staff gives roles for everywhere", field="unit")
        if end is not None and end <= max(start, act.at):
            raise Invalid("the period ends before it starts, or is over", field="end")
        self.must_not_be_own(act)
        self.must_fit({role, *self.roles}, act.at)
        grant = Grant(role, unit, start, end)
        if not any(known.covers(grant) for known in self.grants):
            self._record(self.RoleGranted, act, granted=role, unit=unit, start=start, end=end)

    def revoke_role(self, role: str, *, unit: str | None, act: Act) -> None:
        """Raises NoGrant for what they were not given; what a post brings ends with the post."""
        if not any((g.role, g.unit) == (role, unit) for g in self.grants):
            where = f" in {unit}" if unit else ""
            raise NoGrant(f"{role} was not given to {self.id}{where}", field="role")
        self._record(self.RoleRevoked, act, revoked=role, unit=unit)

    def must_not_be_own(self, act: Act) -> None:
        """Raises OwnRoles."""
        must_be_another({staff_ref(self.id)}, act, OwnRoles("nobody gives themselves a role"))

    def must_fit(self, roles: Iterable[str], at: datetime) -> None:
        """Raises RolesConflict, also with what they were given for later."""
        must_not_mix({*roles, *(g.role for g in self.grants if g.end is None or at < g.end)})

    def must_serve(self) -> None:
        """Raises StaffLeft. Answered by each kind."""
        raise NotImplementedError


def must_be_known(roles: Iterable[str]) -> None:
    """Raises Invalid."""
    if unknown := sorted(set(roles) - ROLES):
        known = ", ".join(sorted(ROLES))
        raise Invalid(f"no role {unknown[0]}; there are: {known}", field="roles")


def must_not_mix(roles: Iterable[str]) -> None:
    """Who supervises or reviews does not handle as well. Raises RolesConflict (AU-08)."""
    held = set(roles)
    handles = sorted(held & HOLDERS["ticket.handle"])
    if handles and (looks_on := sorted(held & INDEPENDENT)):
        said = f"{looks_on[0]} sees all and changes nothing; {handles[0]} handles"
        raise RolesConflict(said, field="roles", rule="AU-08")
