"""受理: what clients say, by whichever channel, is taken in, screened, passed on and answered."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from domain.ticket import Ticket
from tests.support.complaints import complained, done, forms, owed
from tests.support.facts import C1, LI_NA, M1, WANG_FANG, ZHAO_LEI
from tests.support.http import Answer, Office, Person, id_in, opened

S1, S2 = LI_NA, ZHAO_LEI
THIS_WEEK = "from=2026-11-23&to=2026-11-30"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def take(person: Person, ticket: str, step: str, /, **form: Any) -> Answer:
    return person.post(f"{ticket}/steps/{step}", {"form": form})


def took(person: Person, ticket: str, step: str, /, **form: Any) -> Answer:
    answer = take(person, ticket, step, **form)
    assert answer.status == 200, answer.body
    return answer


def enquiry(person: Person, **classified: Any) -> str:
    """A new ticket; classified, if it is said as what."""
    ticket = opened(person, procedure="enquiry", channel="phone", matter="来电")
    if classified:
        took(
            person,
            ticket,
            "classify",
            **{"severity": "ordinary", "priority": "normal"} | classified,
        )
    return ticket


def suggestion(person: Person, source: str = "client", **otherwise: Any) -> Answer:
    words = {
        "channel": "website",
        "matter": "建议",
        "procedure": "suggestion",
        "form": {"source": source, "content": "延长营业时间"},
    }
    whose = {"client_id": str(C1)} if source == "client" else {}
    return person.post("/v1/tickets", words | whose | otherwise)


def suggested(person: Person, value: str | None = None, **otherwise: Any) -> str:
    """A ticket of a suggestion; evaluated, if it is said as what."""
    answer = suggestion(person, **otherwise)
    assert answer.status == 201, answer.body
    ticket = answer.headers["Location"]
    if value is not None:
        took(person, ticket, "evaluate", value=value)
    return ticket


def obligation(person: Person, ticket: str, key: str) -> Any:
    answer = person.get(f"{ticket}/obligations/{key}")
    assert answer.status == 200, answer.body
    return answer.body


def report(person: Person, name: str, period: str = THIS_WEEK) -> Any:
    answer = person.get(f"/v1/reports/{name}?{period}")
    assert answer.status == 200, answer.body
    return answer.body


def counted(found: Any, measure: str) -> dict[Any, Any]:
    """By group, where each has one path."""
    return {
        next(iter(group["by"].values())): group["measures"][measure]["value"]
        for group in found["groups"]
    }


@pytest.mark.rule("CT-01")
def test_a_good_suggestion_that_is_not_forwarded_in_time_is_a_breach(office: Office):
    s1 = office.person(S1)
    office.now = at("2026-11-24T09:00:00")
    ticket = suggested(s1, "good")
    due = obligation(s1, ticket, "forward_suggestion-1")

    office.now = at("2026-11-26T17:00:00")
    in_time = office.tick()
    office.now = at("2026-11-26T17:00:01")
    office.tick()

    assert due["rule"] == "CT-01"
    assert at("2026-11-26T17:00:00") == datetime.fromisoformat(due["due_at"])
    assert in_time == 0
    breaches = [e for e in office.events_after(0) if isinstance(e, Ticket.TimeBreached)]
    assert [(e.originator_id, e.key) for e in breaches] == [(id_in(ticket), "forward_suggestion-1")]


@pytest.mark.rule("CT-01")
def test_a_good_suggestion_that_is_forwarded_is_no_breach(office: Office):
    s1 = office.person(S1)
    ticket = suggested(s1, "good")

    took(s1, ticket, "forward", departments=["production"])

    assert obligation(s1, ticket, "forward_suggestion-1")["status"] == "met"


@pytest.mark.rule("CT-01")
@pytest.mark.parametrize("channel", ["hotline", "website", "mailbox", "store", "walk_in"])
def test_suggestions_come_in_by_every_channel(office: Office, channel: str):
    assert suggestion(office.person(S1), channel=channel).carried_out[0] == Ticket.Opened


@pytest.mark.rule("CT-01")
def test_of_an_ordinary_suggestion_nothing_is_owed(office: Office):
    s1 = office.person(S1)

    ticket = suggested(s1, "ordinary")

    assert s1.get(f"{ticket}/obligations/forward_suggestion-1").status == 404


@pytest.mark.rule("CT-02")
def test_a_severe_quality_complaint_goes_to_quality_control_under_its_procedure(office: Office):
    s1, qc = office.person(S1), office.hire("qc", unit="factory")
    ticket = enquiry(s1)

    answer = take(
        s1, ticket, "classify", type="complaint", subtype="quality", severity="severe",
        priority="urgent",
    )  # fmt: skip

    [assigned] = [e for e in answer.events if getattr(e, "step", "") == "procedure_assigned"]
    [notified] = [e for e in answer.events if getattr(e, "step", "") == "department_notified"]
    assert assigned.form == {
        "procedure": "complaint.quality",
        "pack": "complaint",
        "kind": "product_quality",
        "department": "quality-control",
    }
    assert notified.form == {"department": "quality-control"}
    waiting = qc.get("/v1/desk/queue").body["items"]
    assert [(row["ticket_id"], row["queue"]) for row in waiting] == [
        (str(id_in(ticket)), "quality-control")
    ]
    promised = {e.name: e for e in answer.events if isinstance(e, Ticket.TimePromised)}
    assert promised["quality_takes_over"].terms == {"role": "qc", "unit": "quality-control"}


@pytest.mark.rule("CT-02")
def test_a_severe_quality_complaint_is_continued_under_the_clocks_of_complaints(office: Office):
    office.now = at("2026-11-23T10:00:00")
    s1, after_sales = office.person(S1), office.hire("after_sales", unit="after-sales")
    qc = office.hire("qc", unit="quality-control")
    ticket = enquiry(s1, type="complaint", subtype="quality", severity="severe", priority="urgent")
    notified = [row["ticket_id"] for row in qc.get("/v1/desk/queue").body["items"]]
    qc.post(f"{ticket}/taking")
    [assigned] = forms(qc, ticket, "procedure_assigned")

    complaint = complained(qc, assigned["kind"])
    done(after_sales, complaint, "contact_client", "record_product_details", "confirm", "classify")
    took(qc, ticket, "name_follow_up", ticket=str(id_in(complaint)))
    closure = qc.post(f"{ticket}/closure")

    assert notified == [str(id_in(ticket))]
    shown = qc.get(complaint).body
    assert (assigned["pack"], shown["procedure"]) == ("complaint", "complaint")
    [severity] = [f["severity"] for f in forms(qc, complaint, "classify")]
    assert severity == "severe"
    tracked = owed(qc, complaint, "track_progress-1")
    assert (tracked["status"], tracked["rule"]) == ("open", "CH-05")
    assert datetime.fromisoformat(tracked["due_at"]) == at("2026-11-24T10:00:00")
    assert closure.carried_out[0] == Ticket.Closed


@pytest.mark.rule("CT-02")
def test_what_has_a_procedure_of_its_own_is_continued_there(office: Office):
    s1, qc = office.person(S1), office.hire("qc", unit="quality-control")
    ticket = enquiry(s1, type="complaint", subtype="quality", severity="severe")
    qc.post(f"{ticket}/taking")

    too_early = qc.post(f"{ticket}/closure")
    assessed = take(qc, ticket, "assess", certainty="certain", source_rule="质量手册 3.2")
    took(qc, ticket, "name_follow_up", ticket=str(id_in(opened(qc))))

    assert too_early.refusal == (409, "step_not_possible", None)
    assert assessed.refusal == (409, "step_not_possible", None)
    assert qc.post(f"{ticket}/closure").carried_out[0] == Ticket.Closed
    assert obligation(qc, ticket, "quality_takes_over-1")["status"] == "met"


@pytest.mark.rule("CT-02")
@pytest.mark.parametrize(
    ("classified", "queue"),
    [
        ({"type": "complaint", "subtype": "service"}, "after-sales"),
        ({"type": "suggestion"}, "customer-service"),
        ({"type": "repair"}, "after-sales"),
        ({"type": "quotation"}, "business"),
        ({"type": "dispute"}, "customer-service"),
        ({"type": "consultation"}, None),
    ],
)
def test_each_kind_of_matter_goes_to_who_handles_it(office: Office, classified: Any, queue: Any):
    s1 = office.person(S1)

    ticket = enquiry(s1, **classified)

    assert s1.get(ticket).body["queue"] == queue


@pytest.mark.rule("CT-02")
def test_a_complaint_is_not_screened_without_saying_about_what(office: Office):
    s1 = office.person(S1)

    answer = take(
        s1, enquiry(s1), "classify", type="complaint", severity="severe", priority="urgent"
    )

    assert answer.refusal == (422, "form_incomplete", "form.subtype")


@pytest.mark.rule("CT-03")
def test_store_feedback_not_sent_to_headquarters_in_a_working_day_is_listed_as_late(
    office: Office,
):
    clerk = office.hire("sales", unit="store-7")
    office.now = at("2026-11-24T10:00:00")
    late, sent = suggested(clerk, channel="store"), suggested(clerk, channel="store")
    elsewhere = suggested(office.person(S1))
    office.now = at("2026-11-25T16:00:00")
    took(clerk, sent, "send_to_headquarters", summary="顾客希望周末营业")

    office.now = at("2026-11-25T17:00:00")
    in_time = report(clerk, "suggestion/late_store_feedback")
    office.now = at("2026-11-25T17:00:01")
    found = report(clerk, "suggestion/late_store_feedback")

    assert in_time["list"] == []
    assert [(row["this.number"], row["this.unit"]) for row in found["list"]] == [
        ("2026-0001", "store-7")
    ]
    assert found["measures"]["late"] == {"value": 1, "tickets": [str(id_in(late))]}
    assert clerk.get(f"{elsewhere}/obligations/send_store_feedback-1").status == 404


@pytest.mark.rule("CT-04")
def test_what_was_written_by_app_and_said_by_phone_is_on_one_ticket(office: Office):
    app_agent, phone_agent = office.person(S1), office.person(S2)
    ticket = opened(app_agent, channel="app", matter="有线电视故障")
    written = take(
        app_agent, ticket, "contact_recorded",
        channel="app", direction="inbound", summary="电视没有信号",
    )  # fmt: skip

    said = take(
        phone_agent, ticket, "contact_recorded",
        channel="phone", direction="inbound", summary="催问何时上门",
    )  # fmt: skip

    assert (written.carried_out, said.carried_out) == ([Ticket.StepTaken], [Ticket.StepTaken])
    contacts = phone_agent.get(ticket).body["file"]["steps"]
    assert [(c["step"], c["form"]["channel"], c["form"]["summary"]) for c in contacts] == [
        ("contact_recorded", "app", "电视没有信号"),
        ("contact_recorded", "phone", "催问何时上门"),
    ]


@pytest.mark.rule("CT-04")
def test_a_contact_comes_by_a_channel_that_the_policy_knows(office: Office):
    s1 = office.person(S1)

    answer = take(
        s1, opened(s1), "contact_recorded", channel="pigeon", direction="inbound", summary="咕"
    )

    assert answer.refusal == (422, "invalid", "form.channel")


@pytest.mark.rule("CT-05")
def test_the_register_of_a_day_has_a_line_for_each_call_letter_and_visit(office: Office):
    s1 = office.person(S1)
    office.now = at("2026-11-23T23:59:59")
    opened(s1, channel="phone")
    office.now = at("2026-11-24T09:30:00")
    for channel, number in {"phone": 5, "letter": 2, "visit": 1}.items():
        for _ in range(number):
            enquiry_by(s1, channel)
    office.now = at("2026-11-25T00:00:00")
    opened(s1, channel="phone")

    found = report(s1, "intake/intake_register", "from=2026-11-24&to=2026-11-25")

    assert len(found["list"]) == 8
    assert counted(found, "matters") == {"phone": 5, "letter": 2, "visit": 1}
    line = found["list"][-1]
    assert (line["this.channel"], line["this.client_id"]) == ("visit", str(C1))
    assert (line["this.owner_id"], line["this.state"]) == (str(S1), "received")
    assert datetime.fromisoformat(line["this.opened_at"]) == at("2026-11-24T09:30:00")


def enquiry_by(person: Person, channel: str) -> str:
    return opened(person, procedure="enquiry", channel=channel)


def dispute(person: Person) -> str:
    form = {"kind": "dispute", "party_a": "经销商D1", "party_b": "客户C1"}
    return opened(person, procedure="dispute", channel="phone", form=form)


@pytest.mark.rule("CT-06")
@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_dispute_neither_settled_nor_referred_is_not_closed(office: Office, steps: int):
    s1 = office.person(S1)
    ticket = dispute(s1)
    mediation = {"held_at": "2026-11-23T10:00:00+08:00", "outcome": "各执一词"}
    for step, form in [("coordinate", {}), ("mediate", mediation)][:steps]:
        took(s1, ticket, step, **form)

    answer = s1.post(f"{ticket}/closure")

    assert answer.refusal == (409, "guard_refused", None)
    assert answer.body["rule"] == "CT-06"


@pytest.mark.rule("CT-06")
def test_a_dispute_is_settled_by_what_both_have_signed(office: Office):
    s1 = office.person(S1)
    ticket = dispute(s1)
    took(s1, ticket, "coordinate")
    took(s1, ticket, "mediate", held_at="2026-11-23T10:00:00+08:00", outcome="同意换货")

    by_one = take(s1, ticket, "settle", agreement="三日内换货", signed_by_both=False)
    took(s1, ticket, "settle", agreement="三日内换货", signed_by_both=True)

    assert by_one.refusal == (422, "form_refused", "form.signed_by_both")
    assert by_one.body["rule"] == "CT-06"
    assert s1.post(f"{ticket}/closure").carried_out[0] == Ticket.Closed


@pytest.mark.rule("CT-06")
def test_a_dispute_that_was_referred_is_closed(office: Office):
    s1 = office.person(S1)
    ticket = dispute(s1)
    took(s1, ticket, "coordinate")
    took(s1, ticket, "refer", referred_to="仲裁委员会", because="双方不能达成一致")

    assert s1.post(f"{ticket}/closure").carried_out[0] == Ticket.Closed


@pytest.mark.rule("CT-06")
def test_a_problem_with_an_order_names_the_order(office: Office):
    s1 = office.person(S1)
    words = {"client_id": str(C1), "channel": "phone", "matter": "订单", "procedure": "dispute"}

    unnamed = s1.post("/v1/tickets", words | {"form": {"kind": "order_problem"}})
    ticket = opened(s1, **words, form={"kind": "order_problem", "order_no": "D-0815"})
    took(s1, ticket, "coordinate")
    took(s1, ticket, "solve_order", solution="改送新址")

    assert unnamed.refusal == (422, "form_incomplete", "form.order_no")
    assert s1.post(f"{ticket}/closure").carried_out[0] == Ticket.Closed


def proposal(person: Person, **form: Any) -> str:
    words = {"channel": "internal", "matter": "改善提案", "procedure": "improvement"}
    said = {"problem": "来电排队过长", "proposal": "午间加派一人"} | form
    answer = person.post("/v1/tickets", words | {"form": said})
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


@pytest.mark.rule("CT-07")
def test_the_record_of_a_member_of_staff_shows_their_adopted_proposals(office: Office):
    s1, boss = office.person(S1), office.person(M1)
    matter = opened(s1)
    adopted, declined = proposal(s1, ticket=str(id_in(matter))), proposal(s1)
    by_another = proposal(office.person(S2))

    took(boss, adopted, "adopt", measure="下月起执行")
    took(boss, declined, "decline", because="已有安排")

    record = report(s1, "improvement/adopted_by_staff")
    assert counted(record, "adopted") == {str(S1): 1}
    assert record["measures"]["adopted"]["tickets"] == [str(id_in(adopted))]
    handed_in = report(s1, "improvement/submitted_by_staff")
    assert counted(handed_in, "submitted") == {str(S1): 2, str(S2): 1}
    assert handed_in["list"][0]["opened.ticket"] == str(id_in(matter))
    assert s1.get(by_another).body["state"] == "submitted"


@pytest.mark.rule("CT-07")
def test_nobody_decides_on_their_own_proposal(office: Office):
    boss = office.person(M1)

    answer = take(boss, proposal(boss), "adopt", measure="下月起执行")

    assert answer.refusal == (403, "guard_forbids", None)
    assert answer.body["rule"] == "CT-07"


def answered(person: Person) -> str:
    ticket = opened(person)
    assert person.post(f"{ticket}/answer", {"text": "周一至周五办理"}).status == 200
    return ticket


@pytest.mark.rule("CT-08")
def test_a_wrong_answer_is_corrected_and_told_and_stays_on_record(office: Office):
    s1, boss = office.person(S1), office.person(M1)
    ticket = answered(s1)
    marked = take(boss, ticket, "answer_found_wrong", mistake="周六也办理")
    correction = {"corrects_version": 2, "what": "text", "text": "周一至周六办理", "reason": "有误"}

    corrected = s1.post(f"{ticket}/corrections", correction)
    untold = s1.post(f"{ticket}/closure")
    told = take(s1, ticket, "correction_told", channel="phone", told="周六也办理")

    assert [type(event) for event in marked.events] == [
        Ticket.StepTaken,
        Ticket.TimePromised,
        Ticket.Followed,
    ]
    assert (marked.events[2].step, marked.events[2].form) == (
        "answer_quality_flagged",
        {"kind": "wrong_answer"},
    )
    assert corrected.stored[0] == Ticket.Corrected
    assert untold.refusal == (409, "obligation_open", None)
    assert untold.body["rule"] == "CT-08"
    assert told.carried_out == [Ticket.StepTaken, Ticket.TimeKept]
    file = s1.get(ticket).body["file"]
    assert [(e["version"], e["text"]) for e in file["answers"]] == [(2, "周一至周五办理")]
    [entry] = file["corrections"]
    assert (entry["corrects_version"], entry["text"]) == (2, "周一至周六办理")
    assert obligation(s1, ticket, "tell_the_correction-1")["status"] == "met"
    assert s1.post(f"{ticket}/closure").carried_out[0] == Ticket.Closed


@pytest.mark.rule("CT-08")
def test_a_mistake_found_after_closing_is_made_good_too(office: Office):
    s1 = office.person(S1)
    ticket = answered(s1)
    s1.post(f"{ticket}/closure")
    took(s1, ticket, "answer_found_wrong", mistake="周六也办理")
    correction = {"corrects_version": 2, "what": "text", "text": "周一至周六办理", "reason": "有误"}
    s1.post(f"{ticket}/corrections", correction)

    owed = obligation(s1, ticket, "tell_the_correction-1")
    took(s1, ticket, "correction_told", channel="phone", told="周六也办理")

    assert (owed["status"], owed["rule"]) == ("open", "CT-08")
    assert obligation(s1, ticket, "correct_the_answer-1")["status"] == "met"
    assert obligation(s1, ticket, "tell_the_correction-1")["status"] == "met"


@pytest.mark.rule("CT-08")
def test_who_is_not_certain_does_not_answer_before_having_verified(office: Office):
    s1 = office.person(S1)
    ticket = enquiry(s1, type="consultation")
    took(s1, ticket, "assess", certainty="uncertain")

    guess = s1.post(f"{ticket}/answer", {"text": "大概可以"})
    took(s1, ticket, "verify", asked="业务科", source_rule="收费办法第五条")
    answer = s1.post(f"{ticket}/answer", {"text": "可以，依据收费办法第五条"})

    assert (guess.status, guess.body["code"], guess.body["rule"]) == (409, "guard_refused", "CT-08")
    assert guess.stored == [Ticket.ViolationFlagged]
    assert guess.event.kind == "irresponsible_answer"
    assert answer.stored[0] == Ticket.Answered


def topup(person: Person, channel: str, *, fault: bool = True) -> str:
    ticket = enquiry(person, type="topup_problem", supply_channel=channel, channel_fault=fault)
    if fault:
        took(person, ticket, "report_channel_fault", supply_channel=channel, fault="充值未到账")
    return ticket


@pytest.mark.rule("CT-09")
def test_the_faults_of_a_week_are_counted_by_supply_channel(office: Office):
    s1 = office.person(S1)
    office.now = at("2026-11-29T23:59:59")
    for channel in ("X", "X", "Y", "X"):
        topup(s1, channel)
    topup(s1, "X", fault=False)
    office.now = at("2026-11-30T00:00:00")
    topup(s1, "X")

    assert counted(report(s1, "enquiry/channel_faults"), "faults") == {"X": 3, "Y": 1}


@pytest.mark.rule("CT-09")
def test_a_fault_of_a_channel_is_reported_before_the_matter_is_closed(office: Office):
    s1 = office.person(S1)
    ticket = enquiry(s1, type="topup_problem", supply_channel="X", channel_fault=True)
    took(s1, ticket, "assess", certainty="certain", source_rule="充值须知")
    s1.post(f"{ticket}/answer", {"text": "已补充值"})

    silent = s1.post(f"{ticket}/closure")
    took(s1, ticket, "report_channel_fault", supply_channel="X", fault="充值未到账")

    assert silent.refusal == (409, "obligation_open", None)
    assert silent.body["rule"] == "CT-09"
    assert obligation(s1, ticket, "answer_topup_question-1")["status"] == "met"
    assert s1.post(f"{ticket}/closure").carried_out[0] == Ticket.Closed


def a_complaint(person: Person) -> str:
    return enquiry(person, type="complaint", subtype="service")


@pytest.mark.rule("CT-10")
@pytest.mark.parametrize("taken_in", [a_complaint, complained])
def test_a_complaint_is_not_decided_on_no_basis(office: Office, taken_in: Callable[[Person], str]):
    s1 = office.person(S1)

    answer = take(s1, taken_in(s1), "decision_recorded", decision="退款", basis=[])

    assert answer.refusal == (422, "form_refused", "form.basis")
    assert answer.body["rule"] == "CT-10"


@pytest.mark.rule("CT-10")
@pytest.mark.parametrize("taken_in", [a_complaint, complained])
def test_a_decision_rests_on_a_rule_and_on_what_is_attached(
    office: Office, taken_in: Callable[[Person], str]
):
    s1 = office.person(S1)
    ticket = taken_in(s1)
    paper = {
        "kind": "receipt",
        "name": "收据.pdf",
        "media_type": "application/pdf",
        "content": base64.b64encode(b"%PDF-1.7").decode(),
    }
    digest = s1.post(f"{ticket}/evidence", paper).body["digest"]
    rule = {"kind": "rule", "cited": "退换货办法第三条"}

    unheard_of = take(
        s1, ticket, "decision_recorded",
        decision="退款", basis=[{"kind": "evidence", "attached": "0" * 64}],
    )  # fmt: skip
    decided = take(
        s1, ticket, "decision_recorded",
        decision="退款", basis=[rule, {"kind": "evidence", "attached": digest}],
    )  # fmt: skip

    assert unheard_of.refusal == (422, "invalid", "form.basis.0.attached")
    assert decided.carried_out == [Ticket.StepTaken]
    assert decided.event.form["basis"][1] == {"kind": "evidence", "attached": digest}


@pytest.mark.rule("CT-11")
def test_the_suggestion_of_a_volunteer_is_taken_and_counted_apart(office: Office):
    volunteer = office.hire("volunteer")
    for person, source in [(office.person(S1), "client"), (office.person(WANG_FANG), "staff")]:
        suggested(person, source=source)

    answer = suggestion(volunteer, "volunteer")

    assert answer.carried_out[0] == Ticket.Opened
    assert answer.events[0].form["source"] == "volunteer"
    found = report(volunteer, "suggestion/by_source")
    assert counted(found, "suggestions") == {"client": 1, "staff": 1, "volunteer": 1}
    assert found["groups"][2]["measures"]["suggestions"]["tickets"] == [
        str(id_in(answer.headers["Location"]))
    ]


@pytest.mark.rule("CT-11")
def test_the_suggestion_of_a_client_says_whose_it_is(office: Office):
    words = {"channel": "website", "matter": "建议", "procedure": "suggestion"}
    form = {"source": "client", "content": "延长营业时间"}

    answer = office.person(S1).post("/v1/tickets", words | {"form": form})

    assert answer.refusal == (422, "guard_invalid", "client_id")


@pytest.mark.rule("CT-12")
def test_each_department_acknowledges_what_was_passed_on_to_it(office: Office):
    s1 = office.person(S1)
    marketing = office.hire("sales", unit="marketing")
    ticket = suggested(s1, "good")
    took(s1, ticket, "forward", departments=["marketing", "technical"])

    took(marketing, ticket, "acknowledge", department="marketing")
    owed = [obligation(s1, ticket, f"acknowledge_feedback-{n}") for n in (1, 2)]

    assert [(o["title"], o["status"]) for o in owed] == [
        ("部门签收反馈 · marketing", "met"),
        ("部门签收反馈 · technical", "open"),
    ]


@pytest.mark.rule("CT-12")
def test_a_department_acknowledges_only_what_it_was_sent(office: Office):
    s1, finance = office.person(S1), office.hire("finance")
    ticket = suggested(s1, "good")
    took(s1, ticket, "forward", departments=["marketing", "technical"])

    answer = take(finance, ticket, "acknowledge", department="finance")

    assert answer.refusal == (422, "form_refused", "form.department")
    assert answer.body["rule"] == "CT-12"
