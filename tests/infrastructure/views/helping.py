"""A colleague of the busy desk becomes a volunteer, and is in a team for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from application.volunteers import DeclareAvailability, EnrolVolunteer, JoinTeam, LeaveTeam

if TYPE_CHECKING:
    from tests.infrastructure.views.busy_desk import BusyDesk

TEAMS: dict[str, Any] = {
    "lists": {"volunteer_origins": ["resident", "floating"]},
    "teams": {"street": {"title": "社区队"}},
}
"""What a pack says of volunteers."""

WEEKEND = ("sat", "sun")


def help_out(busy: BusyDesk, pick: int) -> None:
    """Where they come from, and when they serve, the number picks."""
    whose: dict[str, Any] = {"staff_id": busy.staff[pick // 2 % len(busy.staff)]}
    volunteers = busy.parts.volunteers
    origin = ("resident", "floating")[pick % 2]
    volunteers.enrol(EnrolVolunteer(**busy.told(), **whose, charter_accepted=True, origin=origin))
    free: dict[str, Any] = {"areas": ("A",), "weekdays": WEEKEND[: pick % 3]}
    volunteers.declare_availability(DeclareAvailability(**busy.told(), **whose, **free))
    volunteers.join(JoinTeam(**busy.told(), **whose, team="street"))
    if pick % 2:
        volunteers.leave(LeaveTeam(**busy.told(), **whose, team="street"))
