"""部门职责: on a complaint each department says what is its own to say, and answers for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.ticket import Ticket
from tests.rules.complaints import complaint, step
from tests.support.http import Answer, Office, Person, id_in

PRODUCT = {
    "order_no": "D-2026-118",
    "material_no": "M-77",
    "quantity": 200,
    "shipped_on": "2026-11-02",
}
TRACE = {"unit": "一车间", "machine_shift": "3号机甲班", "produced_on": "2026-10-20"}
INVESTIGATION = {"cause": "压边不牢", "corrective": "返修", "preventive": "加巡检"}
MEASURES = {"department": "production", "measures": "更换压边条", "done_by": "2026-11-27"}
QUALITY = {"kind": "product_quality"}
VERIFIED = {"result": "defective", "cause": "压边不牢"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def without(form: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in form.items() if name != field}


def signed(person: Person, ticket: str, role: str) -> Answer:
    words = {"role": role, "verdict": "signed"}
    return person.post(f"{ticket}/signoffs/measures_verified", words)


def overdue_by_unit(person: Person) -> dict[str, int]:
    counts = person.get("/v1/obligations/overdue").body["items"]
    return {row["unit"]: row["count"] for row in counts}


def breaches(office: Office, name: str) -> list[Any]:
    """What the clock finds missed now, of this name."""
    before = office.head()
    office.tick()
    events = office.events_after(before)
    missed = [event for event in events if isinstance(event, Ticket.TimeBreached)]
    return [event.key for event in missed if event.key.startswith(name)]


@pytest.mark.rule("CH-20")
def test_after_sales_confirms_a_complaint(office: Office, li_na: Person):
    after_sales = office.hire("after_sales")
    ticket = complaint(li_na)

    answer = step(after_sales, ticket, "confirm", department="after_sales")

    assert answer.status == 200
    assert answer.events[0].role == "after_sales"
    assert li_na.get(ticket).body["state"] == "confirmed"


@pytest.mark.rule("CH-20")
@pytest.mark.parametrize("duty", ["confirm", "transmit_result"])
def test_production_does_not_do_what_is_for_after_sales(office: Office, li_na: Person, duty: str):
    production = office.hire("production")
    ticket = complaint(li_na)

    answer = step(production, ticket, duty, department="production")

    assert answer.refusal == (403, "not_for_you", None)
    assert answer.body["rule"] == "CH-20"


@pytest.mark.rule("CH-20")
def test_after_sales_passes_on_the_result(office: Office, li_na: Person):
    after_sales = office.hire("after_sales")
    ticket = complaint(li_na)

    answer = step(after_sales, ticket, "transmit_result", result="同意更换床垫一张")

    assert answer.stored == [Ticket.StepTaken]


@pytest.mark.rule("CH-21")
def test_data_that_business_does_not_bring_is_a_breach_of_business(office: Office, li_na: Person):
    ticket = complaint(li_na)
    step(li_na, ticket, "request_data", department="business", fields=["order_no"])

    office.now = at("2026-11-24T17:00:00")
    in_time = breaches(office, "product_data_due")
    office.now = at("2026-11-24T17:00:01")
    too_late = breaches(office, "product_data_due")

    assert (in_time, too_late) == ([], ["product_data_due-1"])
    assert overdue_by_unit(li_na)["business"] == 1


@pytest.mark.rule("CH-21")
def test_business_brings_all_the_data_that_were_asked_for(office: Office, li_na: Person):
    business = office.hire("business", unit="business")
    ticket = complaint(li_na)
    step(li_na, ticket, "request_data", department="business", fields=sorted(PRODUCT))

    incomplete = step(business, ticket, "provide_product_data", **without(PRODUCT, "shipped_on"))
    complete = step(business, ticket, "provide_product_data", **PRODUCT)

    assert incomplete.refusal == (422, "form_incomplete", "form.shipped_on")
    assert complete.stored == [Ticket.StepTaken, Ticket.TimeKept]
    assert complete.events[0].form == PRODUCT


@pytest.mark.rule("CH-22")
def test_sales_does_not_verify_the_quality_and_qc_does(office: Office, li_na: Person):
    sales, qc = office.hire("sales"), office.hire("qc")
    ticket = complaint(li_na, form=QUALITY)

    by_sales = step(sales, ticket, "verify_quality", **VERIFIED)
    by_qc = step(qc, ticket, "verify_quality", **VERIFIED)

    assert by_sales.refusal == (403, "not_for_you", None)
    assert by_sales.body["rule"] == "CH-22"
    assert by_qc.stored == [Ticket.StepTaken]
    assert by_qc.event.role == "qc"


@pytest.mark.rule("CH-22")
def test_what_is_defective_has_a_cause(office: Office, li_na: Person):
    qc = office.hire("qc")
    ticket = complaint(li_na, form=QUALITY)

    answer = step(qc, ticket, "verify_quality", result="defective")

    assert answer.refusal == (422, "form_incomplete", "form.cause")


@pytest.mark.rule("CH-22")
def test_technology_proposes_a_countermeasure_and_supervises_it(office: Office, li_na: Person):
    technology = office.hire("technology")
    ticket = complaint(li_na, form=QUALITY)

    too_early = step(technology, ticket, "supervise_execution", carried_out=True)
    step(technology, ticket, "propose_countermeasure", countermeasure="更换压边条")
    supervised = step(technology, ticket, "supervise_execution", carried_out=True)

    assert too_early.refusal == (409, "step_not_possible", None)
    assert supervised.stored == [Ticket.StepTaken]


@pytest.mark.rule("CH-23")
def test_a_production_trace_says_when_it_was_produced(office: Office, li_na: Person):
    production = office.hire("production")
    workers = [{"staff": str(production.id)}]
    ticket = complaint(li_na)

    answer = step(
        production,
        ticket,
        "report_production_trace",
        **without(TRACE, "produced_on"),
        workers=workers,
    )

    assert answer.refusal == (422, "form_incomplete", "form.produced_on")


@pytest.mark.rule("CH-23")
def test_the_workers_of_a_production_trace_are_staff(office: Office, li_na: Person):
    production, s1, s2 = (office.hire("production") for _ in range(3))
    workers = [{"staff": str(worker.id)} for worker in (s1, s2)]
    ticket = complaint(li_na)

    by_name = step(
        production, ticket, "report_production_trace", **TRACE, workers=[{"staff": "张三"}]
    )
    by_id = step(production, ticket, "report_production_trace", **TRACE, workers=workers)

    assert by_name.refusal == (422, "invalid", "form.workers.0.staff")
    assert by_id.event.form == {**TRACE, "workers": workers}


@pytest.mark.rule("CH-31")
@pytest.mark.parametrize("missing", ["cause", "corrective", "preventive"])
def test_an_investigation_form_has_cause_correction_and_prevention(
    office: Office, li_na: Person, missing: str
):
    ticket = complaint(li_na)
    step(li_na, ticket, "file_feedback", opinion="希望改进压边工艺")

    incomplete = step(li_na, ticket, "file_investigation", **without(INVESTIGATION, missing))
    complete = step(li_na, ticket, "file_investigation", **INVESTIGATION)

    assert incomplete.refusal == (422, "form_incomplete", f"form.{missing}")
    assert complete.stored == [Ticket.StepTaken]


@pytest.mark.rule("CH-31")
def test_what_top_management_has_to_know_is_reported_to_it(office: Office, li_na: Person):
    ticket = complaint(li_na)

    filed = step(li_na, ticket, "file_investigation", **INVESTIGATION, top_to_know=True)
    reported = step(li_na, ticket, "report_to_top", proposal="召回同批产品")

    assert filed.stored == [Ticket.StepTaken, Ticket.TimePromised]
    assert reported.stored == [Ticket.StepTaken, Ticket.TimeKept]


@pytest.mark.rule("CH-33")
def test_the_representative_does_not_approve_before_business_has_verified(
    office: Office, li_na: Person
):
    production, representative = office.hire("production"), office.hire("management_representative")
    ticket = complaint(li_na)

    nothing_decided = signed(representative, ticket, "management_representative")
    step(li_na, ticket, "decide_measures", **MEASURES)
    nothing_done = signed(representative, ticket, "management_representative")
    signed(production, ticket, "production")
    not_verified = signed(representative, ticket, "management_representative")

    for answer in (nothing_decided, nothing_done, not_verified):
        assert answer.refusal == (409, "not_your_turn", None)
        assert answer.body["rule"] == "CH-33"


@pytest.mark.rule("CH-33")
def test_production_improves_business_verifies_and_the_representative_approves(
    office: Office, li_na: Person
):
    roles = ["production", "business", "management_representative"]
    ticket = complaint(li_na)
    decided = step(li_na, ticket, "decide_measures", **MEASURES)

    answers = [signed(office.hire(role), ticket, role) for role in roles]

    assert decided.stored == [Ticket.StepTaken, Ticket.TimePromised]
    assert [answer.stored for answer in answers] == [
        [Ticket.Signed, Ticket.TimeKept],
        [Ticket.Signed],
        [Ticket.Signed, Ticket.Followed],
    ]
    assert answers[-1].events[-1].step == "verification_approved"


@pytest.mark.rule("CH-34")
def test_an_oral_notice_without_the_written_form_is_a_breach(office: Office, li_na: Person):
    sales, head = office.hire("sales", unit="sales"), office.hire("production")
    ticket = complaint(li_na)
    office.now = at("2026-11-24T10:00:00")
    step(sales, ticket, "notify_workshop_orally", told=str(head.id), about="床垫边缘脱线")

    office.now = at("2026-11-24T17:00:01")

    assert breaches(office, "written_material_due") == ["written_material_due-1"]
    assert overdue_by_unit(li_na)["sales"] == 1


@pytest.mark.rule("CH-34")
def test_the_written_form_on_the_same_day_is_in_time(office: Office, li_na: Person):
    sales, head = office.hire("sales", unit="sales"), office.hire("production")
    ticket = complaint(li_na)
    office.now = at("2026-11-24T10:00:00")
    step(sales, ticket, "notify_workshop_orally", told=str(head.id), about="床垫边缘脱线")

    office.now = at("2026-11-24T16:00:00")
    form = {"quality_fact": "三张床垫边缘脱线", "material": "照片及检验单"}
    filed = step(sales, ticket, "file_complaint_feedback", **form)
    office.now = at("2026-11-25T10:00:00")

    assert filed.stored == [Ticket.StepTaken, Ticket.TimeKept]
    assert breaches(office, "written_material_due") == []


@pytest.mark.rule("CH-36")
def test_a_dispute_is_about_a_contract(office: Office, li_na: Person):
    ticket = complaint(li_na)

    answer = step(li_na, ticket, "raise_dispute", about="是否在保修期内")

    assert answer.refusal == (422, "form_incomplete", "form.contract_ref")


@pytest.mark.rule("CH-36")
def test_one_coordinator_is_named_for_a_dispute_and_settles_it(office: Office, li_na: Person):
    coordinator = office.hire("business")
    ticket = complaint(li_na)
    one, two = str(coordinator.id), [str(coordinator.id), str(li_na.id)]

    step(li_na, ticket, "raise_dispute", contract_ref="K-12", about="是否在保修期内")
    several = step(li_na, ticket, "appoint_coordinator", coordinator=two)
    named = step(li_na, ticket, "appoint_coordinator", coordinator=one)
    by_another = step(li_na, ticket, "settle_dispute", terms="按合同第8条更换")
    settled = step(coordinator, ticket, "settle_dispute", terms="按合同第8条更换")

    assert several.refusal == (422, "invalid", "form.coordinator")
    assert named.stored == [Ticket.StepTaken, Ticket.TimePromised]
    assert named.events[0].form == {"coordinator": one}
    assert named.events[1].responsible_id == coordinator.id
    assert by_another.refusal == (403, "guard_forbids", None)
    assert settled.stored == [Ticket.StepTaken, Ticket.TimeKept]
    assert settled.events[0].originator_id == id_in(ticket)
