"""谁来办: who gets a matter, who has to keep it, and which comes first."""

from __future__ import annotations

from typing import Any

import pytest

from domain.ticket import Ticket
from tests.support.facts import LI_NA, M1, M2, WANG_FANG, ZHAO_LEI
from tests.support.http import Answer, Office, Person, opened

S1, S2 = LI_NA, WANG_FANG
TO_S2 = {"to_id": str(S2), "reason": "归口办理"}


def bounce(office: Office, ticket: str, times: int) -> None:
    for _ in range(times):
        office.person(S1).post(f"{ticket}/transfer", TO_S2)
        refusal = {"ground": "overloaded", "reason": "忙"}
        answer = office.person(S2).post(f"{ticket}/transfer/refusal", refusal)
        assert answer.stored == [Ticket.TransferDeclined, Ticket.TimeKept]


@pytest.mark.rule("FR-02")
def test_what_came_back_twice_waits_for_the_superior(office: Office):
    ticket = opened(office.person(S1))
    bounce(office, ticket, 2)

    answer = office.person(S1).post(f"{ticket}/transfer", TO_S2)

    assert answer.refusal == (409, "decision_needed", None)
    assert answer.body["rule"] == "FR-02"


@pytest.mark.rule("FR-02")
def test_whom_the_superior_names_owns_it_and_cannot_send_it_back(office: Office):
    s1, s2 = office.person(S1), office.person(S2)
    ticket = opened(s1)
    bounce(office, ticket, 2)

    decision = office.person(M1).post(f"{ticket}/transfer/decision", TO_S2)
    answer = s2.post(f"{ticket}/transfer/refusal", {"ground": "overloaded", "reason": "忙"})

    assert decision.stored[0] == Ticket.TransferDecided
    row = s1.get(ticket).body
    assert (row["owner_id"], row["first_contact_id"]) == (str(S2), str(S1))
    assert answer.refusal == (409, "no_offer", None)


@pytest.mark.rule("FR-02")
@pytest.mark.parametrize("who", [S1, S2, ZHAO_LEI, M2])
def test_nobody_but_the_superior_decides(office: Office, who: Any):
    ticket = opened(office.person(S1))
    bounce(office, ticket, 2)

    answer = office.person(who).post(f"{ticket}/transfer/decision", TO_S2)

    assert answer.refusal == (403, "not_superior", "to_id")


def rejected(person: Person, ground: str) -> Answer:
    body = {"ground": ground, "reason": "推"}
    return person.post(f"{opened(person)}/rejection", body)


@pytest.mark.rule("FR-06")
def test_a_matter_is_not_rejected_for_being_somebody_elses_duty(office: Office):
    answer = rejected(office.person(S1), "not_my_duty")

    assert (answer.status, answer.body["code"]) == (422, "shirking_refused")
    assert (answer.body["field"], answer.body["rule"]) == ("ground", "FR-06")
    assert answer.stored == [Ticket.ViolationFlagged]
    assert (answer.event.kind, answer.event.staff) == ("shirking", f"staff:{S1}")


@pytest.mark.rule("FR-06")
def test_what_was_not_rejected_may_still_be_handed_over(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1)
    s1.post(f"{ticket}/rejection", {"ground": "not_my_duty", "reason": "推"})

    answer = s1.post(f"{ticket}/transfer", TO_S2)

    assert answer.stored == [Ticket.TransferOffered, Ticket.TimePromised]
    assert s1.get(ticket).body["state"] == "registered"


@pytest.mark.rule("FR-06")
@pytest.mark.parametrize("ground", ["not_in_catalogue", "legally_impossible", "duplicate"])
def test_a_matter_is_rejected_on_a_ground_of_the_policy(office: Office, ground: str):
    assert rejected(office.person(S1), ground).carried_out == [Ticket.Rejected]


@pytest.mark.rule("PX-01")
def test_what_was_worked_on_is_not_voided(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1)
    s1.post(f"{ticket}/slip")

    answer = s1.post(f"{ticket}/voiding", {"reason": "录错了"})

    assert answer.refusal == (409, "work_done", None)
    assert answer.body["rule"] == "PX-01"
