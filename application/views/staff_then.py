"""Staff as they were."""

from __future__ import annotations

from application.views.staff_directory import StaffDirectoryView, StaffRow
from application.views.then import RowsThen, ThenView, then_row
from domain.aggregate import events_of
from domain.staff import Staff

ON_TICKETS = "last_assigned_at"
"""What of a member of staff is not told in their own stream."""


class StaffThenView(ThenView[StaffRow]):
    name = "staff_then"
    of = StaffDirectoryView()
    began = "registered_position"
    changing = (
        *("post", "roles", "grants", "superior_id", "deputies", "competences", "credentials"),
        *("is_on_duty", "has_left", "levels", "commendations"),
        *("origin", "areas", "weekdays", "teams"),
    )
    row = then_row(StaffRow, leave_out=(ON_TICKETS, "version", "position"))
    facts = frozenset(events_of(Staff))
    indexes = (
        "registered_position, from_recorded, to_recorded, from_occurred, to_occurred,"
        " staff_id, place",
    )


StaffMembersThen = RowsThen[StaffRow, None]
"""The list is newest first: `after` is the position of a registration."""
