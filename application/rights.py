"""What somebody may do at an instant: the roles that hold then, and what these allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.views.staff_directory import StaffRow
from domain.granting import Grant
from domain.roles import HOLDERS


@dataclass(frozen=True)
class Rights:
    """In one unit, or everywhere (None). `permissions`: what this release lets these roles do."""

    unit: str | None
    roles: Sequence[str]
    permissions: Sequence[str]


def rights_of(row: StaffRow, at: datetime) -> list[Rights]:
    """Everywhere first, then in units; nothing once they have left.

    What somebody does as a deputy they do with the rights of whom they stand in for.
    """
    if row.has_left:
        return []
    holding = [grant for grant in map(_grant, row.grants) if grant.holds(at)]
    roles: dict[str | None, set[str]] = {None: set(row.roles)}
    for grant in holding:
        roles.setdefault(grant.unit, set()).add(grant.role)
    units = sorted(unit for unit in roles if unit is not None)
    return [_rights(unit, roles[unit]) for unit in (None, *units) if roles[unit]]


def _rights(unit: str | None, roles: set[str]) -> Rights:
    allowed = sorted(name for name, holders in HOLDERS.items() if roles & holders)
    return Rights(unit, sorted(roles), allowed)


def _grant(said: dict[str, str | None]) -> Grant:
    """As a row of the directory has it."""
    start, end = said["start"], said["end"]
    assert start is not None
    assert said["role"] is not None
    until = datetime.fromisoformat(end) if end else None
    return Grant(said["role"], said["unit"], datetime.fromisoformat(start), until)
