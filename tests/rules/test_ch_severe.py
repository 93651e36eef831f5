"""情节严重的投诉: every department has its say and signs; minor ones go on file."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from domain.ticket import Ticket
from tests.support.complaints import (
    attached,
    classified,
    complained,
    done,
    informed,
    owed,
    promised,
    state,
    step,
    write_up,
)
from tests.support.http import Answer, Office, Person

DEPARTMENTS = ("production", "technology", "after_sales", "business")

Departments = Mapping[str, Person]


@pytest.fixture
def departments(office: Office) -> Departments:
    return {role: office.hire(role) for role in DEPARTMENTS}


@pytest.fixture
def s1(departments: Departments) -> Person:
    return departments["after_sales"]


def severe(s1: Person) -> str:
    """The fault is ours; what to do about it is still open."""
    ticket = classified(s1, "severe")
    done(s1, ticket, "determine_responsibility")
    return ticket


def fill(departments: Departments, ticket: str, *sections: str) -> None:
    for section in sections:
        done(departments[section], ticket, "fill_handling_section", section=section)


def sign(person: Person, ticket: str, role: str) -> Answer:
    return person.post(f"{ticket}/signoffs/solution", {"role": role, "verdict": "signed"})


def must_not_be_approved(s1: Person, ticket: str, why: str) -> None:
    answer = step(s1, ticket, "approve_solution")
    assert answer.refusal == (409, "guard_refused", None)
    assert (answer.body["rule"], answer.body["detail"]) == ("CH-16", why)


@pytest.mark.rule("CH-16")
def test_a_severe_complaint_is_approved_once_all_have_filled_in_agreed_and_signed(
    departments: Departments, s1: Person
):
    ticket = severe(s1)
    done(s1, ticket, "negotiate_remedy", client_agreed=False)
    fill(departments, ticket, *DEPARTMENTS[:3])
    must_not_be_approved(s1, ticket, "投诉处理表尚未填写完整")

    fill(departments, ticket, "business")
    must_not_be_approved(s1, ticket, "客户尚未同意解决办法")

    too_early = sign(departments["production"], ticket, "production")
    done(s1, ticket, "negotiate_remedy", client_agreed=True)
    for role in DEPARTMENTS[:3]:
        assert sign(departments[role], ticket, role).status == 200
    must_not_be_approved(s1, ticket, "各部门尚未会签")

    sign(departments["business"], ticket, "business")
    done(s1, ticket, "approve_solution")

    assert too_early.refusal == (409, "guard_refused", None)
    assert state(s1, ticket) == "approved"


@pytest.mark.rule("CH-16")
def test_each_department_fills_in_its_own_section(departments: Departments, s1: Person):
    ticket = severe(s1)

    foreign = step(s1, ticket, "fill_handling_section", section="production")
    done(departments["production"], ticket, "fill_handling_section", section="production")

    keys = [key for key in promised(s1, ticket) if key.startswith("handling_section")]
    statuses = [owed(s1, ticket, key)["status"] for key in keys]
    assert foreign.refusal == (403, "guard_forbids", "section")
    assert statuses == ["met", "open", "open", "open"]


@pytest.mark.rule("CH-16")
def test_a_minor_complaint_is_filed_fed_back_to_the_departments_and_closed(s1: Person):
    ticket = classified(s1, "minor", "quality")

    done(s1, ticket, "file_for_record")
    done(s1, ticket, "notify_departments", departments=["production", "qc"])
    notified = state(s1, ticket)
    write_up(s1, ticket)
    s1.post(f"{ticket}/closure")

    assert notified == "departments_notified"
    assert state(s1, ticket) == "closed"


@pytest.mark.rule("CH-16")
def test_a_severe_complaint_is_not_merely_filed(s1: Person):
    ticket = classified(s1, "severe", "quality")

    assert step(s1, ticket, "file_for_record").refusal == (409, "step_not_possible", None)


@pytest.mark.rule("CH-17")
def test_a_severe_complaint_is_not_closed_before_its_remedy_was_verified(
    office: Office, s1: Person
):
    logistics = office.hire("logistics_supervisor")
    ticket = complained(s1, "packaging_appearance")
    done(s1, ticket, "contact_client", "confirm")
    done(s1, ticket, "classify", cause="other", severity="severe")
    papers = {name: attached(s1, ticket, name) for name in ("tracking_record", "quality_memo")}
    done(logistics, ticket, "complete_opinion", **papers)
    done(logistics, ticket, "feed_back_to_cs")
    done(s1, ticket, "inform_client")
    write_up(s1, ticket)

    answer = s1.post(f"{ticket}/closure")

    assert answer.refusal == (409, "guard_refused", None)
    assert answer.body["rule"] == "CH-17"


@pytest.mark.rule("CH-17")
def test_what_was_agreed_is_carried_out_and_verified_by_after_sales(
    departments: Departments, s1: Person
):
    ticket = severe(s1)
    done(s1, ticket, "negotiate_remedy")
    fill(departments, ticket, *DEPARTMENTS)
    for role in DEPARTMENTS:
        sign(departments[role], ticket, role)
    done(s1, ticket, "approve_solution", "start_implementation", "record_progress")
    write_up(s1, ticket)

    too_early = s1.post(f"{ticket}/closure")
    by_business = step(departments["business"], ticket, "verify_implementation")
    done(s1, ticket, "verify_implementation", "inform_client")
    closure = s1.post(f"{ticket}/closure")

    assert too_early.refusal == (409, "step_not_possible", None)
    assert by_business.refusal == (403, "not_for_you", None)
    assert closure.carried_out[0] is Ticket.Closed


@pytest.mark.rule("CH-17")
def test_a_minor_complaint_needs_neither_signatures_nor_sections(s1: Person):
    assert state(s1, informed(s1, "minor")) == "client_informed"
