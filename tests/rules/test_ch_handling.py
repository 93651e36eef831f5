"""投诉处理: whose fault it is, what is said to the client, and what becomes of it."""

from __future__ import annotations

import pytest

from domain.ticket import Ticket
from tests.support.complaints import (
    agreed,
    at,
    attached,
    breaches,
    classified,
    complained,
    confirmed,
    done,
    due,
    forms,
    informed,
    owed,
    report,
    state,
    step,
    write_up,
)
from tests.support.facts import C1
from tests.support.http import Office, Person


@pytest.fixture
def s1(office: Office) -> Person:
    return office.hire("after_sales")


@pytest.mark.rule("CH-11")
def test_where_no_rule_is_named_only_the_system_head_proposes(office: Office, s1: Person):
    ticket = complained(s1, "service_quality")

    by_an_agent = step(s1, ticket, "propose_opinion")
    done(office.hire("system_head"), ticket, "propose_opinion")
    done(s1, ticket, "propose_opinion", rule_ref="员工基本素养规范")

    assert by_an_agent.refusal == (403, "guard_forbids", "rule_ref")
    assert by_an_agent.body["rule"] == "CH-11"
    assert forms(s1, ticket, "opinion_basis") == [
        {"basis": "system_head_decision"},
        {"basis": "rule_ref", "rule_ref": "员工基本素养规范"},
    ]


@pytest.mark.rule("CH-12")
@pytest.mark.parametrize("missing", ["satisfaction", "thoughts"])
def test_whoever_informs_the_client_asks_how_satisfied_they_are(s1: Person, missing: str):
    ticket = informed(s1)

    without = step(s1, ticket, "inform_client", **{missing: None})
    beyond = step(s1, ticket, "inform_client", satisfaction=6)

    assert without.refusal == (422, "form_incomplete", f"form.{missing}")
    assert beyond.refusal == (422, "form_refused", "form.satisfaction")
    assert report(s1, "complaint/satisfaction")["measures"]["score"]["value"] == "5"


@pytest.mark.rule("CH-13")
def test_who_is_responsible_for_quality_is_found_with_qc_and_technology(office: Office, s1: Person):
    qc, technology = office.hire("qc"), office.hire("technology")
    ticket = classified(s1, "minor", "quality")

    foreign = step(qc, ticket, "contribute_analysis", department="technology")
    done(qc, ticket, "contribute_analysis", department="qc")
    too_early = step(s1, ticket, "determine_responsibility")
    done(technology, ticket, "contribute_analysis", department="technology")
    done(s1, ticket, "determine_responsibility")

    assert foreign.refusal == (403, "guard_forbids", "department")
    assert too_early.refusal == (409, "guard_refused", None)
    assert too_early.body["rule"] == "CH-13"
    assert state(s1, ticket) == "analysed"


def not_ours(person: Person) -> str:
    ticket = classified(person, "minor")
    done(person, ticket, "determine_responsibility", fault="not_ours", party=None, department=None)
    return ticket


@pytest.mark.rule("CH-14")
def test_a_fault_that_is_not_ours_is_explained_with_our_appraisal(s1: Person):
    ticket = not_ours(s1)

    without = step(s1, ticket, "explain")
    invented = step(s1, ticket, "explain", appraisal="0" * 64)
    done(s1, ticket, "explain", appraisal=attached(s1, ticket, "鉴定报告"))
    done(s1, ticket, "discuss_follow_up")

    assert without.refusal == (422, "form_incomplete", "form.appraisal")
    assert invented.refusal == (422, "invalid", "form.appraisal")
    assert state(s1, ticket) == "follow_up_discussed"


@pytest.mark.rule("CH-15")
def test_nobody_apologises_for_what_is_not_our_fault(s1: Person):
    ticket = not_ours(s1)

    liability = step(s1, ticket, "apologise", kind="liability")
    courtesy = step(s1, ticket, "apologise", kind="courtesy")

    assert liability.refusal == (409, "guard_refused", "kind")
    assert liability.body["rule"] == "CH-15"
    assert courtesy.carried_out == [Ticket.StepTaken]


@pytest.mark.rule("CH-15")
def test_for_our_own_fault_we_apologise_and_decide_whether_the_company_hears_of_it(s1: Person):
    ticket = agreed(s1)

    done(s1, ticket, "apologise", kind="courtesy")
    after_courtesy = owed(s1, ticket, "apology-1")["status"]
    done(s1, ticket, "apologise", kind="liability")
    done(s1, ticket, "decide_company_report", report=False, grounds="情节较轻")

    assert after_courtesy == "open"
    assert owed(s1, ticket, "apology-1")["status"] == "met"
    assert owed(s1, ticket, "company_report-1")["status"] == "met"


IMPROVEMENT = ("plan_improvement", "execute_improvement", "confirm_effect")


def improved(office: Office, s1: Person) -> str:
    """Planned, carried out, and found to work."""
    ticket = classified(s1, "minor", "quality", product="W-70")
    for department in ("qc", "technology"):
        colleague = office.hire(department)
        done(colleague, ticket, "contribute_analysis", department=department)
    done(s1, ticket, "determine_responsibility")
    assert owed(s1, ticket, "improvement-1")["status"] == "open"
    done(office.hire("qc"), ticket, *IMPROVEMENT)
    assert owed(s1, ticket, "improvement-1")["status"] == "met"
    return ticket


@pytest.mark.rule("CH-18")
def test_the_same_complaint_again_opens_the_improvement_item_again_on_the_new_case(
    office: Office, s1: Person
):
    first = improved(office, s1)
    office.catch_up()
    second = classified(s1, "minor", "quality", product="W-70")
    another_product = classified(s1, "minor", "quality", product="W-90")
    another_cause = classified(s1, "minor", "other", product="W-70")

    same = {"product": "W-70", "cause": "quality"}
    assert forms(s1, first, "recurrence_detected") == []
    assert forms(s1, second, "recurrence_detected") == [same]
    assert forms(s1, another_product, "recurrence_detected") == []
    assert forms(s1, another_cause, "recurrence_detected") == []
    assert owed(s1, second, "improvement-1")["status"] == "open"
    [taken_up_again] = report(s1, "complaint/recurrences")["groups"]
    assert taken_up_again["by"] == {"form.product": "W-70", "form.cause": "quality"}
    done(office.hire("qc"), second, *IMPROVEMENT)
    assert owed(s1, second, "improvement-1")["status"] == "met"


@pytest.mark.rule("CH-18")
def test_what_is_long_past_is_no_recurrence(office: Office, s1: Person):
    improved(office, s1)
    office.now = at("2027-05-23T12:00:01")
    office.catch_up()

    later = classified(s1, "minor", "quality", product="W-70")

    assert forms(s1, later, "recurrence_detected") == []


@pytest.mark.rule("CH-19")
def test_a_complaint_without_a_permanent_measure_is_listed(s1: Person):
    complete, lacking = confirmed(s1), confirmed(s1)
    done(s1, complete, "analyse_cause", "take_emergency_measure", "define_permanent_measure")
    done(s1, lacking, "analyse_cause", "take_emergency_measure")

    listed = report(s1, "complaint/countermeasures_incomplete")["list"]

    assert [row["this.number"] for row in listed] == ["2026-0002"]
    assert listed[0]["count.define_permanent_measure"] == 0


@pytest.mark.rule("CH-25")
def test_whoever_is_responsible_does_not_decide_on_their_own_penalty(
    office: Office, s1: Person, manager: Person
):
    responsible = office.hire("department_head")
    ticket = classified(s1, "minor")
    who = {"party": "person", "person": str(responsible.id), "cause_item": "漏检"}
    done(s1, ticket, "determine_responsibility", **who)

    [proposal] = forms(s1, ticket, "penalty_proposed")
    by_themselves = step(responsible, ticket, "decide_penalty")
    by_no_manager = step(s1, ticket, "decide_penalty")
    done(manager, ticket, "decide_penalty")

    assert proposal == {"person": str(responsible.id), "cause": "漏检"}
    assert by_themselves.refusal == (403, "guard_forbids", None)
    assert by_themselves.body["rule"] == "CH-25"
    assert by_no_manager.refusal == (403, "not_for_you", None)
    assert owed(s1, ticket, "penalty_decision-1")["status"] == "met"
    [group] = report(s1, "complaint/responsibility")["groups"]
    assert group["by"] == {"form.department": "production", "form.person": str(responsible.id)}


@pytest.mark.rule("CH-26")
def test_a_confirmed_complaint_about_attitude_counts_and_proposes_a_penalty(
    office: Office, s1: Person
):
    target = office.hire("after_sales")
    unnamed = step_of_opening(s1)
    ticket = complained(s1, "attitude", target_staff=str(target.id))
    before = report(s1, "complaint/attitude")["groups"]
    done(s1, ticket, "confirm")

    assert unnamed == (422, "form_incomplete", "form.target_staff")
    assert before == []
    [group] = report(s1, "complaint/attitude")["groups"]
    assert group["by"] == {"opened.target_staff": str(target.id)}
    assert group["measures"]["complaints"]["value"] == 1
    assert forms(s1, ticket, "penalty_proposed") == [
        {"person": str(target.id), "cause": "attitude"}
    ]


def step_of_opening(person: Person) -> tuple[int, str, str | None]:
    form = {"kind": "attitude", "content": "态度生硬", "demand": "致歉"}
    said = {"channel": "phone", "matter": "投诉", "procedure": "complaint", "form": form}
    return person.post("/v1/tickets", {**said, "client_id": str(C1)}).refusal


@pytest.mark.rule("CH-27")
@pytest.mark.parametrize("missing", ["matter", "process", "result"])
def test_what_is_not_clearly_recorded_is_not_closed(s1: Person, missing: str):
    ticket = informed(s1)
    write_up(s1, ticket)
    done(s1, ticket, "keep_record", **{missing: None})

    refused = s1.post(f"{ticket}/closure")
    done(s1, ticket, "keep_record")
    closure = s1.post(f"{ticket}/closure")

    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["detail"] == f"record: {missing} missing"
    assert refused.body["rule"] == "CH-27"
    assert closure.carried_out[0] is Ticket.Closed


@pytest.mark.rule("CH-27")
def test_all_five_clears_come_before_closing(s1: Person):
    ticket = informed(s1)
    done(s1, ticket, "keep_record")
    for clear in ("listen", "ask", "follow", "reply"):
        s1.post(f"{ticket}/checklists/five_clears/{clear}")

    with_four = s1.post(f"{ticket}/closure")
    s1.post(f"{ticket}/checklists/five_clears/record")

    assert with_four.refusal == (409, "guard_refused", None)
    assert s1.post(f"{ticket}/closure").status == 200


@pytest.mark.rule("CH-28")
def test_what_cannot_be_solved_yet_is_answered_again_at_a_time_that_is_said(
    office: Office, s1: Person
):
    ticket = confirmed(s1)

    without = step(s1, ticket, "defer_resolution", next_reply_at=None)
    done(s1, ticket, "defer_resolution", next_reply_at="2026-11-26T10:00:00+08:00")
    office.now = at("2026-11-26T10:00:00")
    on_time = breaches(office)
    office.now = at("2026-11-26T10:00:01")

    assert without.refusal == (422, "form_incomplete", "form.next_reply_at")
    assert due(s1, ticket, "next_reply-1") == at("2026-11-26T10:00:00")
    assert "next_reply-1" not in on_time
    assert "next_reply-1" in breaches(office)


@pytest.mark.rule("CH-28")
def test_whoever_replies_at_the_time_agreed_has_kept_it(s1: Person):
    ticket = informed(s1)
    done(s1, ticket, "defer_resolution")

    done(s1, ticket, "inform_client")

    assert owed(s1, ticket, "next_reply-1")["status"] == "met"


@pytest.mark.rule("CH-45")
def test_a_solution_that_is_approved_and_not_carried_out_is_listed(office: Office, s1: Person):
    settled, waiting = agreed(s1), agreed(s1)
    for ticket in (settled, waiting):
        done(s1, ticket, "approve_solution", "start_implementation")
    done(s1, settled, "verify_implementation")
    office.now = at("2026-12-03T12:00:00")

    listed = report(s1, "complaint/unimplemented")["list"]

    assert [(row["this.number"], row["this.owner_id"]) for row in listed] == [
        ("2026-0002", str(s1.id))
    ]
    assert listed[0]["hours_since.approve_solution"] == "240"


@pytest.mark.rule("CH-45")
def test_whose_solution_is_not_carried_out_in_time_is_shown_to_their_superior(office: Office):
    supervisor = office.hire("cs_supervisor")
    ticket = agreed(s1 := office.hire("after_sales", superior=supervisor))
    done(s1, ticket, "approve_solution")
    office.now = at("2026-12-03T12:00:00")
    for _ in range(2):
        office.tick()

    shown = supervisor.get("/v1/desk/supervision").body["items"]

    assert "implementation" in {row["name"] for row in shown}
