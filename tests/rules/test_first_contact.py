"""首问负责制: whoever is asked first answers for it until somebody else has taken it over."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from domain.staff import Staff
from domain.ticket import Ticket
from tests.support.facts import C1, LI_NA, M1, M2, WANG_FANG, ZHAO_LEI
from tests.support.http import ADMIN, Office, Person, opened

S1, S2, PEER = LI_NA, WANG_FANG, ZHAO_LEI
DEPUTY = {
    "deputy_id": str(M2),
    "start": "2026-11-23T00:00:00+08:00",
    "end": "2026-11-24T00:00:00+08:00",
}

CABLE_TV = {"channel": "walk_in", "matter": "cable-TV installation"}
ASKED_ABOUT: dict[str, Any] = {**CABLE_TV, "procedure": "consultation"}
APPLIED_FOR: dict[str, Any] = {**CABLE_TV, "procedure": "proxy", "form": {"item": "cable_tv"}}


@pytest.mark.rule("FR-01")
@pytest.mark.parametrize("asked", [ASKED_ABOUT, APPLIED_FOR])
def test_the_first_contact_owns_the_request_and_issues_a_slip(
    office: Office, asked: dict[str, Any]
):
    s1 = office.person(S1)

    opening = s1.post("/v1/tickets", {"client_id": str(C1), **asked})
    slips = [s1.post(f"{opened(s1)}/slip") for _ in range(2)]
    ticket = opening.headers["Location"]
    slip = s1.post(f"{ticket}/slip")

    assert opening.status == 201
    shown = s1.get(ticket).body
    assert shown["first_contact_id"] == shown["owner_id"] == str(S1)
    assert shown["matter"] == "cable-TV installation"
    assert slip.stored == [Ticket.CaseSlipIssued]
    assert shown["slip_number"] == slip.body["number"]
    assert slip.body["number"] not in [other.body["number"] for other in slips]


@pytest.mark.rule("FR-01")
@pytest.mark.parametrize(("asked", "work"), [(ASKED_ABOUT, "clarify"), (APPLIED_FOR, "handle")])
def test_work_does_not_start_without_the_slip(office: Office, asked: dict[str, Any], work: str):
    s1 = office.person(S1)
    ticket = opened(s1, **asked)

    refused = s1.post(f"{ticket}/steps/{work}")
    s1.post(f"{ticket}/slip")
    started = s1.post(f"{ticket}/steps/{work}")

    assert refused.refusal == (409, "slip_missing", None)
    assert refused.body["rule"] == "FR-01"
    assert started.stored[0] == Ticket.StepTaken


@pytest.mark.rule("FR-02")
def test_duty_moves_when_the_colleague_has_accepted_and_not_before(office: Office):
    s1, s2 = office.person(S1), office.person(S2)
    office.now = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
    ticket = opened(s1)
    s1.post(f"{ticket}/transfer", {"to_id": str(S2), "reason": "归口办理"})
    offered = s1.get(ticket).body

    office.now = datetime.fromisoformat("2026-11-23T10:05:00+08:00")
    acceptance = s2.post(f"{ticket}/transfer/acceptance")

    assert (offered["owner_id"], offered["first_contact_id"]) == (str(S1), str(S1))
    assert acceptance.status == 200
    accepted = s1.get(ticket).body
    assert (accepted["owner_id"], accepted["first_contact_id"]) == (str(S2), str(S1))
    history = s1.get(f"{ticket}/history").body["items"]
    offer, taken = (
        next(entry for entry in history if entry["topic"] == f"ticket.{topic}")
        for topic in ("transfer-offered", "transfer-accepted")
    )
    assert (offer["by"], taken["by"]) == (f"staff:{S1}", f"staff:{S2}")
    assert taken["occurred_at"] == "2026-11-23T02:05:00Z"


@pytest.mark.rule("FR-08")
def test_the_question_is_put_to_the_superior_and_not_to_a_peer(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1)

    escalation = s1.post(f"{ticket}/escalation", {"question": "可以减免吗"})

    assert escalation.stored == [Ticket.Escalated, Ticket.TimePromised]
    assert s1.get(ticket).body["asked_id"] == str(M1)
    assert asked(office.person(M1)) == [ticket]
    assert asked(office.person(PEER)) == []


@pytest.mark.rule("FR-08")
@pytest.mark.parametrize("who", [S1, S2, PEER, M2, ADMIN])
def test_only_the_superior_instructs(office: Office, who: UUID):
    ticket = escalated(office)

    answer = office.person(who).post(f"{ticket}/instruction", {"text": "按规定办"})

    assert answer.refusal == (409, "not_asked", None)
    assert answer.body["rule"] == "FR-08"
    assert asked(office.person(M1)) == [ticket]


@pytest.mark.rule("FR-08")
def test_the_superior_instructs(office: Office):
    ticket = escalated(office)

    answer = office.person(M1).post(f"{ticket}/instruction", {"text": "按规定办"})

    assert answer.stored == [Ticket.Instructed, Ticket.TimeKept]
    assert asked(office.person(M1)) == []


@pytest.mark.rule("FR-08")
def test_the_deputy_of_the_superior_instructs_for_them(office: Office):
    ticket = escalated(office)
    naming = office.person(ADMIN).post(f"/v1/staff/{M1}/deputies", DEPUTY)

    answer = office.person(M2).post(
        f"{ticket}/instruction", {"text": "按规定办", "acting_for": str(M1)}
    )

    assert naming.stored == [Staff.DeputyNamed]
    assert answer.stored == [Ticket.Instructed, Ticket.TimeKept]
    assert answer.events[0].acting_for == f"staff:{M1}"


def escalated(office: Office) -> str:
    s1 = office.person(S1)
    ticket = opened(s1)
    assert s1.post(f"{ticket}/escalation", {"question": "可以减免吗"}).status == 200
    return ticket


def asked(person: Person) -> list[str]:
    """The tickets that wait for this person's instruction."""
    rows = person.get("/v1/desk/asked").body["items"]
    return [f"/v1/tickets/{row['ticket_id']}" for row in rows]
