"""Promises of time as they were."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from application.views.obligations import ObligationFilter, ObligationRow, ObligationsView
from application.views.then import RowsThen, ThenView, then_row

_BASIS = "basis"
"""What of an obligation never changes, and is most of it: it is not kept for each time."""

_IN_TIME = "due_at, opened_position"

_HELD = "from_recorded, to_recorded, from_occurred, to_occurred"


class ObligationThenView(ThenView[ObligationRow]):
    name = "obligation_then"
    of = ObligationsView()
    began = "opened_position"
    changing = (
        *("obligation", "responsible_id", "due_at", "over_at", "paused_at", "is_met"),
        *("breached_at", "told_id", "warn_at", "warned_at", "supervise_at", "level"),
        *("supervisors", "extension_due_at"),
    )
    row = then_row(ObligationRow, leave_out=("log", "position"))
    facts = ObligationsView.facts
    indexes = (
        "ticket_id",
        f"{_IN_TIME}, {_HELD}, over_at, obligation_id, place",
        f"{_IN_TIME}, {_HELD}, paused_at, level, obligation_id, place WHERE over_at IS NULL",
        f"responsible_id, {_IN_TIME}, {_HELD}",
        f"told_id, {_IN_TIME} WHERE told_id IS NOT NULL",
        f"rule, {_IN_TIME} WHERE rule IS NOT NULL",
        f"(terms->>'role'), {_IN_TIME} WHERE terms->>'role' IS NOT NULL",
        f"(terms->>'unit'), {_IN_TIME} WHERE terms->>'unit' IS NOT NULL",
    )

    def as_known(self, then: Any) -> ObligationRow:
        row = super().as_known(then)
        row.obligation |= {_BASIS: {}}
        return row

    def as_it_stood(self, now: ObligationRow, then: Any) -> ObligationRow:
        basis = {_BASIS: now.obligation[_BASIS]}
        return replace(now, **self.changes(then) | {"obligation": then.obligation | basis})

    def begun(self, row: ObligationRow) -> dict[str, Any]:
        return super().begun(row) | self.changes(row)

    def told(self, row: Any) -> tuple[Any, ...]:
        obligation, *others = super().told(row)
        return ({name: v for name, v in obligation.items() if name != _BASIS}, *others)


ObligationsThen = RowsThen[ObligationRow, ObligationFilter]
"""By due instant of then: `after` is such an instant, and the position of the promise."""
