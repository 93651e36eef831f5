"""投诉关怀: whom a complaint goes to, and that nobody suffers for having complained."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from domain.client import Client
from domain.ticket import Ticket
from tests.interface.given import BLACKLISTING, in_force
from tests.rules.complaints import closed, complaint, step
from tests.support.facts import C1, LI_NA, shipped_pack
from tests.support.http import Answer, Office, Person, id_in

S1 = LI_NA
INTAKE = {
    "receiver": str(S1),
    "received_at": "2026-11-23T11:50:00+08:00",
    "channel": "phone",
    "statement": "床垫边缘脱线,要求更换",
    "severity": "minor",
}
AT = f"/v1/clients/{C1}/blacklisting"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def without(form: Mapping[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in form.items() if name != field}


def promised(answer: Answer, name: str) -> list[Ticket.TimePromised]:
    promises = [event for event in answer.events if isinstance(event, Ticket.TimePromised)]
    return [promise for promise in promises if promise.name == name]


def on_desk(person: Person) -> list[str]:
    """The names of what they have to keep."""
    return [row["name"] for row in person.get("/v1/desk/obligations").body["items"]]


def queued(person: Person) -> list[str]:
    return [row["ticket_id"] for row in person.get("/v1/desk/queue").body["items"]]


def determined(office: Office, owner: Person, fault: str, **form: Any) -> str:
    """A complaint of which it was determined whose fault it is."""
    ticket = complaint(owner)
    step(owner, ticket, "contact_client", problem="压边不牢")
    step(owner, ticket, "confirm", department="after_sales")
    step(owner, ticket, "classify", cause="other", severity="minor")
    answer = step(owner, ticket, "determine_responsibility", fault=fault, **form)
    assert answer.stored[0] == Ticket.StepTaken, answer.body
    return ticket


def audited(office: Office, manager: Person, politeness: int) -> Answer:
    """A call of S1 was audited, and what came out is published."""
    ticket = complaint(office.person(S1))
    step(manager, ticket, "audit_call", staff=str(S1), politeness=politeness)
    return step(manager, ticket, "publish_call_audit")


@pytest.mark.rule("CH-32")
def test_where_nobody_can_say_whose_fault_it_is_there_is_a_remedy(office: Office, li_na: Person):
    ticket = determined(office, li_na, "undetermined")

    possible = li_na.get(ticket).body["possible_steps"]
    explained = step(li_na, ticket, "explain", explanation="使用不当")
    remedied = step(li_na, ticket, "negotiate_remedy", solution="更换", client_agreed=True)

    assert "negotiate_remedy" in possible
    assert "explain" not in possible
    assert explained.refusal == (409, "step_not_possible", None)
    assert remedied.stored[0] == Ticket.StepTaken
    assert li_na.get(ticket).body["state"] == "remedy_negotiated"


@pytest.mark.rule("CH-32")
@pytest.mark.parametrize(("fault", "due"), [("undetermined", 1), ("not_ours", 0)])
def test_a_remedy_is_owed_unless_the_fault_is_not_ours(
    office: Office, li_na: Person, fault: str, due: int
):
    ticket = determined(office, li_na, fault)

    owed = li_na.get(f"/v1/obligations?ticket_id={id_in(ticket)}&is_open=true").body["items"]

    assert [row["name"] for row in owed].count("remedy_proposed") == due


@pytest.mark.rule("CH-37")
@pytest.mark.parametrize(
    ("subject", "role", "unit"),
    [
        ("logistics", "logistics_supervisor", "logistics"),
        ("customer_service", "system_head", "customer-service"),
    ],
)
def test_a_complaint_goes_to_who_is_in_charge_of_its_subject(
    office: Office, li_na: Person, subject: str, role: str, unit: str
):
    in_charge, others = office.hire(role, unit="head-office"), office.hire("production")

    ticket = complaint(li_na, form={"subject": subject})

    assert queued(in_charge) == [str(id_in(ticket))]
    assert queued(others) == []
    assert li_na.get(ticket).body["queue"] == unit


@pytest.mark.rule("CH-37")
@pytest.mark.parametrize("subject", ["product", "sales_operation"])
def test_other_subjects_stay_with_who_took_the_complaint(
    office: Office, li_na: Person, subject: str
):
    ticket = complaint(li_na, form={"subject": subject})

    shown = li_na.get(ticket).body

    assert (shown["queue"], shown["owner_id"]) == (None, str(li_na.id))


@pytest.mark.rule("CH-37")
def test_a_complaint_is_about_one_of_four_subjects(office: Office, li_na: Person):
    words = {"kind": "grumble", "content": "太慢", "demand": "快点", "subject": "weather"}
    matter = {"client_id": str(C1), "channel": "phone", "matter": "投诉", "procedure": "complaint"}

    answer = li_na.post("/v1/tickets", matter | {"form": words})
    subjects = li_na.get("/v1/policy/lists").body["lists"]["complaint_subjects"]

    assert answer.refusal == (422, "invalid", "form.subject")
    assert subjects == ["product", "sales_operation", "logistics", "customer_service"]


@pytest.mark.rule("CH-39")
@pytest.mark.parametrize("missing", INTAKE)
def test_an_intake_form_says_who_when_how_what_and_how_bad(li_na: Person, missing: str):
    ticket = complaint(li_na)

    answer = step(li_na, ticket, "file_intake", **without(INTAKE, missing))

    assert answer.refusal == (422, "form_incomplete", f"form.{missing}")


@pytest.mark.rule("CH-39")
def test_an_intake_form_with_all_of_it_is_accepted(li_na: Person):
    ticket = complaint(li_na)

    answer = step(li_na, ticket, "file_intake", **INTAKE)

    assert answer.stored == [Ticket.StepTaken]
    assert (answer.event.form["receiver"], answer.event.form["channel"]) == (str(S1), "phone")
    assert answer.event.form["statement"].text == "床垫边缘脱线,要求更换"


@pytest.mark.rule("CH-40")
def test_a_closed_complaint_is_to_be_called_back(office: Office, li_na: Person):
    ticket = complaint(li_na)
    office.now = at("2026-11-24T10:00:00")

    closure = closed(li_na, ticket)

    [call] = promised(closure, "complaint_callback")
    assert call.due_at == at("2026-11-27T17:00:00")
    assert on_desk(li_na) == ["complaint_callback"]


@pytest.mark.rule("CH-40")
def test_a_call_back_that_finds_dissatisfaction_reopens_and_the_owner_is_told(
    office: Office, li_na: Person, wang_fang: Person
):
    caller = office.hire("cs_officer")
    ticket = complaint(li_na)
    office.now = at("2026-11-24T10:00:00")
    closed(li_na, ticket)

    office.now = at("2026-11-25T10:00:00")
    call = step(caller, ticket, "call_back", satisfied=False)

    assert Ticket.Reopened in call.stored
    shown = li_na.get(ticket).body
    assert (shown["is_closed"], shown["episode"], shown["owner_id"]) == (False, 2, str(li_na.id))
    assert on_desk(li_na) == ["dissatisfaction_taken_up"]
    assert on_desk(caller) == on_desk(wang_fang) == []


@pytest.mark.rule("CH-40")
def test_a_call_back_that_finds_satisfaction_leaves_it_closed(office: Office, li_na: Person):
    ticket = complaint(li_na)
    closed(li_na, ticket)

    call = step(li_na, ticket, "call_back", satisfied=True)

    assert call.stored == [Ticket.StepTaken, Ticket.TimeKept]
    assert li_na.get(ticket).body["is_closed"] is True
    assert on_desk(li_na) == []


@pytest.mark.rule("CH-43")
@pytest.mark.parametrize(("politeness", "tasks"), [(70, 1), (84, 1), (85, 0)])
def test_a_call_below_the_target_is_coached(
    office: Office, li_na: Person, manager: Person, politeness: int, tasks: int
):
    publication = audited(office, manager, politeness)

    assert [task.responsible_id for task in promised(publication, "call_coaching")] == [S1] * tasks
    assert publication.events[0].form == {
        "staff": str(S1),
        "politeness": politeness,
        "patience": None,
        "target": 85,
    }
    assert on_desk(li_na).count("call_coaching") == tasks


@pytest.mark.rule("CH-43")
def test_nothing_is_published_before_a_call_was_audited(li_na: Person, manager: Person):
    answer = step(manager, complaint(li_na), "publish_call_audit")

    assert answer.refusal == (409, "step_not_possible", None)


@pytest.mark.rule("CH-43")
def test_who_answers_calls_does_not_audit_them(li_na: Person):
    answer = step(li_na, complaint(li_na), "audit_call", staff=str(S1), politeness=100)

    assert answer.refusal == (403, "not_for_you", None)


@pytest.mark.rule("CH-43")
def test_how_complaints_are_taken_and_resolved_can_be_read(li_na: Person):
    document = li_na.get("/v1/policy/documents/complaint_channels").body

    assert (document["pack"], document["version"]) == ("complaint-care", 1)
    assert all(word in document["text"] for word in ("投诉渠道", "响应", "处理", "解决", "礼貌"))


@pytest.mark.rule("CH-46")
@pytest.mark.parametrize("reason", ["complains", "Complains ", "投诉"])
def test_nobody_is_blacklisted_for_complaining(
    office: Office, li_na: Person, manager: Person, reason: str
):
    for _ in range(3):
        complaint(li_na)

    answer = manager.post(AT, BLACKLISTING | {"reason": reason})

    assert answer.refusal == (422, "no_ground", "reason")
    assert answer.body["rule"] == "CH-46"


@pytest.mark.rule("CH-46")
def test_another_reason_than_complaining_is_heard(manager: Person):
    answer = manager.post(
        AT, BLACKLISTING | {"reason": "complains, and refused to pay three times"}
    )

    assert answer.stored == [Client.BlacklistingProposed]


@pytest.mark.rule("CH-46")
def test_the_policy_may_switch_that_guard_off(office: Office, manager: Person):
    content = shipped_pack("complaint-care") | {"version": 2}
    content["lists"] = content["lists"] | {"no_blacklist_grounds": []}
    in_force(office, content)

    answer = manager.post(AT, BLACKLISTING | {"reason": "complains"})

    assert answer.stored == [Client.BlacklistingProposed]


@pytest.mark.rule("CH-46")
def test_what_a_client_demands_is_recorded_and_judged_by_somebody(li_na: Person, manager: Person):
    ticket = complaint(li_na)
    demand = {"statement": "要求三倍赔偿"}

    by_nobody = step(li_na, ticket, "record_demand", **demand, reasonable=False)
    recorded = step(
        li_na, ticket, "record_demand", **demand, reasonable=False, reviewer=str(manager.id)
    )

    assert by_nobody.refusal == (422, "form_incomplete", "form.reviewer")
    assert recorded.stored == [Ticket.StepTaken]
    assert li_na.get(f"/v1/clients/{C1}").body["is_blacklisted"] is False
