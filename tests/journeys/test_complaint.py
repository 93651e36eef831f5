"""客户投诉, from the first call to the call-back: one complaint about our service, told in full.

It comes in on Thursday 8 October 2026, right after the National Day holidays; the Saturday that
follows is worked, to make up for one of them.
"""

from __future__ import annotations

from tests.rules.conftest import full_tokens as full_tokens
from tests.rules.conftest import office as office
from tests.support.complaints import (
    at,
    breaches,
    complained,
    done,
    due,
    owed,
    promised,
    state,
    write_up,
)
from tests.support.http import Office, Person

REMEDY = (
    "negotiate_remedy",
    "approve_solution",
    "start_implementation",
    "verify_implementation",
)


def test_a_complaint_from_the_first_call_to_the_call_back(office: Office) -> None:
    office.now = at("2026-10-08T10:00:00")
    supervisor = office.hire("cs_supervisor", unit="customer-service")
    agent = office.hire("cs_officer", "after_sales", unit="customer-service", superior=supervisor)
    cashier = office.hire("cashier", unit="store-1")

    ticket = received_by_a_cashier_and_taken_by_customer_service(office, cashier, agent)
    the_user_is_contacted_within_two_hours(office, ticket, agent)
    four_working_days_are_not_enough_and_a_fifth_is_granted(office, ticket, agent, supervisor)
    the_fault_is_ours_and_made_good(ticket, agent)
    an_opinion_and_a_reply_go_out_on_the_last_day(office, ticket, agent)
    it_is_closed_once_the_client_has_said_how_satisfied_they_are(ticket, agent)
    a_bad_call_back_opens_it_again(office, ticket, agent)
    and_it_is_followed_to_the_end(office, ticket, agent)


def received_by_a_cashier_and_taken_by_customer_service(
    office: Office, cashier: Person, agent: Person
) -> str:
    ticket = complained(cashier, "service_liability")
    [waiting] = agent.get("/v1/desk/queue").body["items"]
    assert waiting["number"] == "2026-0001"
    agent.post(f"{ticket}/taking")

    taken = agent.get(ticket).body
    assert (taken["first_contact_id"], taken["owner_id"]) == (str(cashier.id), str(agent.id))
    assert due(agent, ticket, "contact_user-1") == at("2026-10-08T12:00:00")
    assert due(agent, ticket, "opinion_and_reply-1") == at("2026-10-14T00:00:00")
    assert "2026-10-10" in owed(agent, ticket, "opinion_and_reply-1")["why"]
    return ticket


def the_user_is_contacted_within_two_hours(office: Office, ticket: str, agent: Person) -> None:
    office.now = at("2026-10-08T11:45:00")
    done(agent, ticket, "contact_client", problem="上门两次均无人")
    office.now = at("2026-10-08T12:00:01")

    assert owed(agent, ticket, "contact_user-1")["status"] == "met"
    assert breaches(office) == []


def four_working_days_are_not_enough_and_a_fifth_is_granted(
    office: Office, ticket: str, agent: Person, supervisor: Person
) -> None:
    office.now = at("2026-10-13T09:00:00")
    promise = f"{ticket}/obligations/opinion_and_reply-1"
    more_time = {"due_at": "2026-10-15T00:00:00+08:00", "reason": "工单系统记录待调取"}
    agent.post(f"{promise}/extension", more_time)

    assert agent.post(f"{promise}/extension/approval").status == 403
    assert supervisor.post(f"{promise}/extension/approval").status == 200
    assert due(agent, ticket, "opinion_and_reply-1") == at("2026-10-15T00:00:00")


def the_fault_is_ours_and_made_good(ticket: str, agent: Person) -> None:
    done(agent, ticket, "confirm", department="customer_service")
    done(agent, ticket, "classify", cause="non_quality_human", severity="minor")
    done(agent, ticket, "determine_responsibility", department="after_sales")
    done(agent, ticket, "apologise", kind="liability")
    done(agent, ticket, *REMEDY)
    assert state(agent, ticket) == "verified"


def an_opinion_and_a_reply_go_out_on_the_last_day(
    office: Office, ticket: str, agent: Person
) -> None:
    office.now = at("2026-10-14T16:00:00")
    done(agent, ticket, "propose_opinion", rule_ref="上门服务规定第5条")
    done(agent, ticket, "inform_client", satisfaction=4, thoughts="希望下次准时")
    assert owed(agent, ticket, "opinion_and_reply-1")["status"] == "met"


def it_is_closed_once_the_client_has_said_how_satisfied_they_are(
    ticket: str, agent: Person
) -> None:
    early = agent.post(f"{ticket}/closure")
    assert (early.status, early.body["detail"]) == (409, "record: matter missing")

    write_up(agent, ticket)
    assert agent.post(f"{ticket}/closure").status == 200
    assert due(agent, ticket, "complaint_callback-1") == at("2026-10-19T17:00:00")


def a_bad_call_back_opens_it_again(office: Office, ticket: str, agent: Person) -> None:
    office.now = at("2026-10-16T10:00:00")
    done(agent, ticket, "call_back", satisfied=False, remark="约好的补做又没有人来")

    again = agent.get(ticket).body
    assert (again["is_closed"], again["episode"]) == (False, 2)
    assert owed(agent, ticket, "complaint_callback-1")["status"] == "met"
    refused = agent.post(f"{ticket}/closure")
    assert (refused.status, refused.body["rule"]) == (409, "CH-27")


def and_it_is_followed_to_the_end(office: Office, ticket: str, agent: Person) -> None:
    done(agent, ticket, "classify", cause="non_quality_human", severity="minor", why="补做仍未落实")
    done(agent, ticket, "determine_responsibility", department="after_sales")
    done(agent, ticket, *REMEDY)
    done(agent, ticket, "inform_client", satisfaction=5, thoughts="这次满意")
    assert agent.post(f"{ticket}/closure").status == 200

    office.now = at("2026-10-19T10:00:00")
    done(agent, ticket, "call_back", satisfied=True)
    assert state(agent, ticket) == "closed"
    assert owed(agent, ticket, "complaint_callback-2")["status"] == "met"
    assert "opinion_and_reply-2" not in promised(agent, ticket)
