"""投诉受理: everybody receives complaints; what is said of them is complete and confirmed."""

from __future__ import annotations

from typing import Any

import pytest

from domain.ticket import Ticket
from tests.support.complaints import (
    COMPLAINT,
    complained,
    confirmed,
    done,
    forms,
    state,
    step,
)
from tests.support.facts import C1
from tests.support.http import Office, Person, opened


@pytest.fixture
def after_sales(office: Office) -> Person:
    return office.hire("after_sales", unit="after-sales")


def queued(person: Person) -> list[str]:
    rows = person.get("/v1/desk/queue").body["items"]
    return [f"/v1/tickets/{row['ticket_id']}" for row in rows]


@pytest.mark.rule("CH-01")
def test_a_cashier_opens_a_complaint_and_customer_service_has_it_in_its_queue(office: Office):
    cashier = office.hire("cashier", unit="store-1")
    customer_service = office.hire("staff", unit="customer-service")

    ticket = complained(cashier)

    assert queued(customer_service) == [ticket]
    assert queued(office.hire("staff", unit="store-1")) == []


@pytest.mark.rule("CH-01")
@pytest.mark.parametrize("channel", ["phone", "walk_in", "letter", "website", "escort"])
def test_complaints_come_by_call_visit_letter_web_or_escort(office: Office, channel: str):
    form = {"kind": "other", **COMPLAINT}

    ticket = opened(office.hire("security"), procedure="complaint", channel=channel, form=form)

    assert office.hire().get(ticket).body["channel"] == channel


@pytest.mark.rule("CH-02")
@pytest.mark.parametrize("missing", ["content", "demand"])
def test_without_content_or_demand_nothing_is_registered(li_na: Person, missing: str):
    form = {"kind": "other", **COMPLAINT, missing: None}

    answer = li_na.post("/v1/tickets", complaint(form))

    assert answer.refusal == (422, "form_incomplete", f"form.{missing}")


@pytest.mark.rule("CH-02")
def test_a_complaint_that_is_complete_gets_a_register_number(li_na: Person):
    answer = li_na.post("/v1/tickets", complaint({"kind": "other", **COMPLAINT}))

    assert answer.carried_out[0] is Ticket.Opened
    assert answer.body["number"] == "2026-0001"


def complaint(form: dict[str, Any]) -> dict[str, Any]:
    said = {"channel": "phone", "matter": "投诉", "procedure": "complaint"}
    return {**said, "client_id": str(C1), "form": form}


@pytest.mark.rule("CH-03")
def test_no_more_is_defective_than_was_shipped(office: Office, after_sales: Person):
    business = office.hire("business")
    ticket = complained(after_sales, "product_quality")

    too_many = step(after_sales, ticket, "record_product_details", defective_quantity=120)
    too_early = step(business, ticket, "confirm")
    done(after_sales, ticket, "record_product_details", defective_quantity=12)
    done(business, ticket, "confirm", department="business")

    assert too_many.refusal == (422, "form_refused", "form.defective_quantity")
    assert too_many.body["rule"] == too_early.body["rule"] == "CH-03"
    assert too_early.refusal == (409, "guard_refused", None)
    assert state(after_sales, ticket) == "confirmed"


@pytest.mark.rule("CH-03")
def test_what_is_neither_specified_nor_confirmed_is_not_analysed(after_sales: Person):
    ticket = complained(after_sales, "product_quality")
    done(after_sales, ticket, "record_product_details")

    answer = step(after_sales, ticket, "determine_responsibility")

    assert answer.refusal == (409, "step_not_possible", None)


@pytest.mark.rule("CH-04")
def test_classifying_again_needs_a_reason_and_both_stay_visible(after_sales: Person):
    ticket = confirmed(after_sales)
    done(after_sales, ticket, "classify", cause="quality")

    silent = step(after_sales, ticket, "classify", cause="other")
    done(after_sales, ticket, "classify", cause="other", why="系运输挤压")

    assert silent.refusal == (422, "form_incomplete", "form.why")
    causes = [form["cause"] for form in forms(after_sales, ticket, "classify")]
    assert causes == ["quality", "other"]


@pytest.mark.rule("CH-04")
def test_a_cause_is_one_of_three(after_sales: Person):
    ticket = confirmed(after_sales)

    answer = step(after_sales, ticket, "classify", cause="weather")

    assert answer.refusal == (422, "invalid", "form.cause")
