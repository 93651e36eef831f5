"""What the rules of the ledger begin with: who is judged, who puts it on record, who decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.support.facts import LI_NA
from tests.support.http import Answer, Office, Person


class Judged:
    """S1, a colleague who puts things on record, a manager who decides, and the finance office."""

    def __init__(self, office: Office, manager: str = "general_manager") -> None:
        self.office = office
        self.s1, self.colleague = office.hire("staff"), office.person(LI_NA)
        self.manager, self.finance = office.hire(manager), office.hire("finance")

    def send(self, code: str, **said: Any) -> Answer:
        body = {"code": code, "evidence": "照片两张", **said}
        return self.colleague.post(f"/v1/staff/{self.s1.id}/misconduct", body)

    def record(self, code: str, **said: Any) -> str:
        """The id of what is proposed."""
        answer = self.send(code, **said)
        assert answer.status == 201, answer.body
        entry_id: str = answer.body["entry_ids"][0]
        return entry_id

    def propose(self, table: str, facts: Any = None, **said: Any) -> Answer:
        body = {"table": table, "holder": f"staff:{self.s1.id}", "facts": facts or {}, **said}
        return self.colleague.post("/v1/ledger/entries", body)

    def decide(self, entry_id: str, by: Person | None = None, **said: Any) -> Answer:
        decision = {"reason": "情况属实", **said}
        return (by or self.manager).post(f"/v1/ledger/entries/{entry_id}/decision", decision)

    def fine(self, code: str, **said: Any) -> int:
        """Put on record and decided: how much, in fen."""
        decided = self.decide(self.record(code, **said), sanction="fine")
        assert decided.status == 200, decided.body
        amount: int = decided.event.amount
        return amount

    def entry(self, entry_id: str) -> Any:
        return self.manager.get(f"/v1/ledger/entries/{entry_id}").body

    def statement(self, period: str = "2026-11") -> Any:
        return self.s1.get(f"/v1/ledger/staff/{self.s1.id}?period={period}").body

    def total(self, kind: str, period: str = "2026-11") -> int:
        """In hundredths; 0 where there is nothing."""
        totals = self.statement(period)["totals"]
        return sum(row["amount"] for row in totals if row["kind"] == kind)

    def file(self) -> Any:
        return self.s1.get(f"/v1/staff/{self.s1.id}/conduct").body["items"]

    def tick(self, at: str) -> None:
        """It is then: what is missed is put on record, and what follows from it is proposed."""
        self.office.now = datetime.fromisoformat(f"{at}+08:00")
        self.office.tick()
        self.claim()

    def claim(self) -> int:
        """What the worker's duty does; how much that was."""
        self.office.catch_up()
        return self.office.parts.ledger_claims.tick(self.office.now)

    def proposed(self, holder: Person | None = None) -> list[Any]:
        """All that is proposed to S1, newest first, or to somebody else."""
        whose = (holder or self.s1).id
        return list(self.manager.get(f"/v1/ledger/entries?holder=staff:{whose}").body["items"])


def taken(person: Person, ticket: str, step: str, **form: Any) -> Answer:
    return person.post(f"{ticket}/steps/{step}", {"form": form})


def in_house(person: Person, procedure: str, **form: Any) -> str:
    """Where a new matter of the house is found."""
    words = {"channel": "internal", "matter": "内部事项", "procedure": procedure, "form": form}
    answer = person.post("/v1/tickets", words)
    assert answer.status == 201, answer.body
    return answer.headers["Location"]
