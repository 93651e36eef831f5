from __future__ import annotations

from typing import Any

import pytest

from domain.pack import Pack
from domain.ticket import Ticket
from tests.interface.given import MATTER
from tests.support.facts import C1, INSTALLATION_PACK
from tests.support.http import APPROVER, DRAFTER, Office, Person, opened

CONSULTATION = "/v1/packs/consultation"
DECEMBER = "2026-12-01T00:00:00+08:00"
ABOLITION = {"effective_from": DECEMBER, "reason": "不再办理"}


def test_a_policy_is_abolished_with_a_reason(office: Office):
    approver = office.person(APPROVER)

    answer = approver.post(f"{CONSULTATION}/abolition", ABOLITION)
    again = approver.post(f"{CONSULTATION}/abolition", ABOLITION)

    assert answer.carried_out == [Pack.Abolished]
    assert answer.event.reason.text == "不再办理"
    assert again.carried_out == []
    [row] = approver.get("/v1/packs").body["items"]
    assert row["abolished_from"] == "2026-11-30T16:00:00Z"


def test_a_reason_may_be_given_for_every_step_of_a_policy(office: Office):
    def say(who: Any, what: str, body: dict[str, Any]) -> str:
        path = f"/v1/packs/installation/{what}"
        answer = office.person(who).post(path, body | {"reason": "新制度"})
        assert answer.status in (200, 201), answer.body
        return str(answer.events[-1].reason)

    reasons = [
        say(DRAFTER, "versions", {"content": dict(INSTALLATION_PACK)}),
        say(APPROVER, "approval", {"version": 1}),
        say(APPROVER, "publication", {"version": 1, "effective_from": DECEMBER}),
    ]

    assert reasons == ["新制度"] * 3


def test_nothing_is_opened_once_its_policy_is_abolished(office: Office, li_na: Person):
    before = opened(li_na)
    first = li_na.post("/v1/tickets", MATTER, key="matter-1")
    now = ABOLITION | {"effective_from": "2026-11-23T12:00:00+08:00"}
    office.person(APPROVER).post(f"{CONSULTATION}/abolition", now)

    answer = li_na.post("/v1/tickets", MATTER)

    assert answer.refusal == (409, "no_version_in_force", None)
    assert li_na.post("/v1/tickets", MATTER, key="matter-1").replayed == first.body
    assert li_na.post(f"{before}/slip").stored == [Ticket.CaseSlipIssued]


@pytest.mark.parametrize("what", ["notes", "answer"])
def test_that_a_client_was_erased_since_changes_no_answer(office: Office, li_na: Person, what: str):
    ticket = opened(li_na)
    first = li_na.post(f"{ticket}/{what}", {"text": "客户来过"}, key="only-once")
    office.parts.keys.destroy(C1)

    again = li_na.post(f"{ticket}/{what}", {"text": "客户来过"}, key="only-once")

    assert again.replayed == first.body
