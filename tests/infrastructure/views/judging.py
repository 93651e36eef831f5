"""What happens in the ledger of a busy desk: a colleague is judged, one way or another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from application.conduct import RecordMisconduct
from application.ledger import (
    AppealEntry,
    ConfirmEntry,
    DecideAppeal,
    DecideEntry,
    ExecuteEntry,
)
from tests.support.facts import LI_NA, M1, M2, ZHAO_LEI

if TYPE_CHECKING:
    from tests.infrastructure.views.busy_desk import BusyDesk

CODE: dict[str, Any] = {
    "grades": {"general": {"title": "一般", "sanctions": ["fine"]}},
    "ledger": {
        "late_at_desk": {
            "title": "迟到",
            "grade": "general",
            "cases": [{"sanctions": ["fine"], "each": 20}],
        },
    },
}
"""What a pack says of being late."""


def judge(busy: BusyDesk, pick: int) -> None:
    """Put on record by Li Na, of Zhao Lei; what becomes of it, the number picks."""
    recorded = busy.parts.conduct.record(
        RecordMisconduct(
            **busy.told(LI_NA),
            staff_id=ZHAO_LEI,
            code="late_at_desk",
            evidence=busy.text("evidence"),
        )
    )
    ledger, of = busy.parts.ledger, {"entry_id": recorded.entry_ids[0]}
    if pick % 6 < 2:
        verdict: Any = ("rejected", "waived")[pick % 6]
        ledger.decide(DecideEntry(**busy.told(M1), **of, verdict=verdict))
    if pick % 6 >= 2:
        ledger.decide(DecideEntry(**busy.told(M1), **of, sanction="fine"))
    if pick % 6 == 2:
        ledger.confirm(ConfirmEntry(**busy.told(), **of))
        ledger.execute(ExecuteEntry(**busy.told(), **of, mode="wage"))
    if pick % 6 > 3:
        appeal: Any = ("dismissed", "upheld")[pick % 6 - 4]
        ledger.appeal(AppealEntry(**busy.told(ZHAO_LEI), **of))
        ledger.decide_appeal(DecideAppeal(**busy.told(M2), **of, verdict=appeal))
