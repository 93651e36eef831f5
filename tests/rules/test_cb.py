"""回访与拜访: who is called back by when, and how visits are planned, told and paid for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from application.clients import RegisterClient
from application.desk import Actor
from domain.ticket import Ticket
from tests.support.facts import C1, LI_NA
from tests.support.http import Answer, Office, Person, id_in, opened

SCHEDULED = {"occasion": "after_service", "due_on": "2026-11-24"}
CALL = {"channel": "phone", "result": "已解决", "satisfied": True}
REPORT = {"process": "电话联系", "result": "已解决", "evaluation": "处理及时"}
LINE = {
    "fare": {"minor_units": 12_000, "currency": "CNY"},
    "unit": "第一中学",
    "person": "赵某",
    "phone": "13800000000",
}
Q4 = "from=2026-10-01&to=2027-01-01"
NOVEMBER = "from=2026-11-01&to=2026-12-01"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def scheduled(person: Person) -> str:
    return opened(person, procedure="callback", channel="internal", form=SCHEDULED)


def called_back(person: Person, **form: Any) -> str:
    ticket = scheduled(person)
    assert person.post(f"{ticket}/steps/call", {"form": CALL | form}).status == 200
    return ticket


def owed(person: Person) -> list[tuple[str, str, str]]:
    """Ticket, what, and how it stands, of all that is on a desk."""
    items = person.get("/v1/desk/obligations").body["items"]
    return [(row["ticket_id"], row["name"], row["status"]) for row in items]


def due(person: Person, ticket: str, key: str) -> datetime:
    """In the zone of the desk."""
    body = person.get(f"{ticket}/obligations/{key}").body
    return datetime.fromisoformat(body["due_at"]).astimezone(at("2026-11-01").tzinfo)


def report(person: Person, name: str, period: str) -> Any:
    return person.get(f"/v1/reports/{name}?{period}").body


def figures(said: Any) -> dict[str, Any]:
    return {name: figure["value"] for name, figure in said["measures"].items()}


def brought(office: Office) -> None:
    """All that the calendar brings by now."""
    while office.parts.schedules.tick(office.now):
        office.catch_up()
    office.catch_up()


@pytest.mark.rule("CB-01")
def test_a_call_back_that_was_not_made_is_overdue_the_next_day(office: Office):
    s1 = office.hire("cs_officer")
    ticket = scheduled(s1)
    of = str(id_in(ticket))

    office.now = at("2026-11-24T23:59:59")
    on_the_day = owed(s1)
    office.now = at("2026-11-25T08:30:00")

    assert on_the_day == [(of, "call_back_on_day", "open")]
    assert owed(s1) == [(of, "call_back_on_day", "overdue")]


@pytest.mark.rule("CB-01")
def test_a_call_back_goes_from_its_schedule_over_its_record_to_its_report(office: Office):
    s1 = office.hire("cs_officer")
    ticket = scheduled(s1)

    without_result = s1.post(f"{ticket}/steps/call", {"form": CALL | {"result": None}})
    call = s1.post(f"{ticket}/steps/call", {"form": CALL})
    written = s1.post(f"{ticket}/steps/report", {"form": REPORT})

    assert without_result.refusal == (422, "form_incomplete", "form.result")
    assert call.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.TimePromised]
    assert written.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.Closed]
    assert s1.get(ticket).body["state"] == "reported"


@pytest.mark.rule("CB-01")
def test_a_call_back_has_its_day(office: Office):
    body = {
        "client_id": str(C1),
        "channel": "internal",
        "matter": "回访",
        "procedure": "callback",
        "form": {"occasion": "member"},
    }

    answer = office.person(LI_NA).post("/v1/tickets", body)

    assert answer.refusal == (422, "form_incomplete", "form.due_on")


@pytest.mark.rule("CB-02")
def test_the_report_is_due_by_the_end_of_the_day_after(office: Office):
    s1 = office.hire("cs_officer")
    office.now = at("2026-11-23T15:00:00")  # Monday

    ticket = called_back(s1)

    assert due(s1, ticket, "callback_report-1") == at("2026-11-25T00:00:00")
    office.now = at("2026-11-24T23:59:00")
    in_time = s1.post(f"{ticket}/steps/report", {"form": REPORT})
    assert in_time.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.Closed]
    explained = s1.get(f"{ticket}/obligations/callback_report-1").body
    assert explained["status"] == "met"


@pytest.mark.rule("CB-02")
@pytest.mark.parametrize("left_out", ["process", "result", "evaluation"])
def test_the_report_sums_up_process_and_result_and_values_them(office: Office, left_out: str):
    s1 = office.hire("cs_officer")
    ticket = called_back(s1)

    answer = s1.post(f"{ticket}/steps/report", {"form": REPORT | {left_out: None}})

    assert answer.refusal == (422, "form_incomplete", f"form.{left_out}")


@pytest.mark.rule("CB-02")
def test_without_a_record_there_is_no_report(office: Office):
    s1 = office.hire("cs_officer")
    ticket = scheduled(s1)

    answer = s1.post(f"{ticket}/steps/report", {"form": REPORT})

    assert answer.refusal == (409, "step_not_possible", None)


@pytest.mark.rule("CB-03")
def test_of_50_clients_due_in_the_quarter_40_were_called(office: Office):
    office.now = at("2026-09-21T09:00:00")
    for number in range(50):
        command = {"by": Actor.system("setup"), "command_id": f"client-{number}"}
        register = RegisterClient(**command, received_at=office.now, client_id=uuid4(), name="李某")
        office.parts.clients.register(register)
    office.catch_up()
    office.now = at("2026-10-01T00:00:00")
    brought(office)

    li_na = office.person(LI_NA)
    due_now = li_na.get("/v1/tickets?procedure=callback&limit=200").body["items"]
    again = office.parts.schedules.tick(office.now)
    office.now = at("2026-12-31T17:00:00")
    for row in due_now[:40]:
        owner = office.person(UUID(row["owner_id"]))
        call = f"/v1/tickets/{row['ticket_id']}/steps/call"
        assert owner.post(call, {"form": CALL}).status == 200
    office.now = at("2027-01-01T00:00:01")
    coverage = report(li_na, "callback/coverage", Q4)

    assert (len(due_now), again) == (50, 0)
    assert figures(coverage) == {"due": 50, "coverage": "80", "breaches": "10"}
    assert coverage["target"] == {"measure": "coverage", "required": "100", "met": False}
    missed = {row["ticket_id"] for row in due_now[40:]}
    assert set(coverage["measures"]["coverage"]["tickets"]).isdisjoint(missed)
    put_on_record = office.head()
    office.tick()
    told = office.events_after(put_on_record)
    assert {str(e.originator_id) for e in told if isinstance(e, Ticket.TimeBreached)} >= missed


@pytest.mark.rule("CB-05")
def test_what_a_region_raises_three_times_is_seen_in_its_report(office: Office):
    s1 = office.hire("cs_officer")
    in_r = [called_back(s1, region="R", issue="delivery_delay") for _ in range(3)]
    called_back(s1, region="Q", issue="delivery_delay")
    called_back(s1)

    by_region = report(s1, "callback/issues_by_region", NOVEMBER)

    groups = [(*group["by"].values(), figures(group)["times"]) for group in by_region["groups"]]
    assert groups == [("Q", "delivery_delay", 1), ("R", "delivery_delay", 3)]
    behind = by_region["groups"][1]["measures"]["times"]["tickets"]
    assert behind == [str(id_in(ticket)) for ticket in in_r]


@pytest.mark.rule("CB-05")
def test_an_issue_names_its_region(office: Office):
    s1 = office.hire("cs_officer")
    ticket = scheduled(s1)

    answer = s1.post(f"{ticket}/steps/call", {"form": CALL | {"issue": "delivery_delay"}})

    assert answer.refusal == (422, "form_incomplete", "form.region")


def day_out(person: Person) -> str:
    words = {"channel": "internal", "matter": "出差", "procedure": "field-visits"}
    form = {"day": "2026-11-24", "destination": "杭州"}
    answer = person.post("/v1/tickets", words | {"form": form})
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


def visit_recorded(person: Person, ticket: str) -> Answer:
    visits = [{"client": "第一中学", "outcome": "有意续约"}]
    return person.post(f"{ticket}/steps/visit_record", {"form": {"visits": visits}})


@pytest.mark.rule("CB-07")
@pytest.mark.parametrize(("sent", "items"), [("20:00:00", 0), ("20:05:00", 1)])
def test_a_visit_record_after_20_counts_in_the_assessment(office: Office, sent: str, items: int):
    s1 = office.hire("sales")
    office.now = at("2026-11-24T08:00:00")
    ticket = day_out(s1)

    office.now = at(f"2026-11-24T{sent}")
    visit_recorded(s1, ticket)
    office.now = at("2026-12-01T09:00:00")

    month = report(s1, "field-visits/assessment", NOVEMBER)
    assert figures(month) == {"items": items, "late": str(items), "found_false": "0"}
    late = [(row["this.owner_id"], row["opened.day"]) for row in month["list"]]
    assert late == [(str(s1.id), "2026-11-24")] * items


@pytest.mark.rule("CB-07")
def test_a_false_visit_record_counts_in_the_assessment(office: Office):
    head = office.hire("department_head")
    s1 = office.hire("sales", superior=head)
    ticket = day_out(s1)
    visit_recorded(s1, ticket)
    finding = {"form": {"finding": "客户称未到访"}}

    by_themselves = s1.post(f"{ticket}/steps/find_false", finding)
    found = head.post(f"{ticket}/steps/find_false", finding)

    assert by_themselves.refusal == (403, "not_for_you", None)
    assert by_themselves.body["rule"] == "CB-07"
    assert found.stored == [Ticket.StepTaken]
    month = figures(report(s1, "field-visits/assessment", NOVEMBER))
    assert month == {"items": 1, "late": "0", "found_false": "1"}


@pytest.mark.rule("CB-08")
def test_a_month_plan_that_is_missing_at_the_close_of_its_last_working_day_is_a_breach(
    office: Office,
):
    office.now = at("2026-10-30T09:00:00")
    s1, s2 = office.hire("sales"), office.hire("sales")
    office.catch_up()
    office.now = at("2026-11-01T00:00:00")
    brought(office)
    plan = {"visits": 20, "visited": 18, "expansion": "拓展两家学校"}

    office.now = at("2026-11-30T17:30:00")  # Monday
    [mine] = tickets_of(s1, "visit-plan")
    [other] = tickets_of(s2, "visit-plan")
    at_the_close = s1.get(f"{mine}/obligations/month_plan-1").body
    assert s2.post(f"{other}/steps/submit_plan", {"form": plan}).status == 200
    office.now = at("2026-11-30T17:30:01")
    office.tick()

    assert at_the_close["status"] == "open"
    assert s1.get(f"{mine}/obligations/month_plan-1").body["status"] == "overdue"
    assert breached(s1, mine) == ["month_plan-1"]
    assert breached(s2, other) == []


def tickets_of(person: Person, procedure: str) -> list[str]:
    rows = person.get(f"/v1/tickets?procedure={procedure}&owner_id={person.id}").body["items"]
    return [f"/v1/tickets/{row['ticket_id']}" for row in rows]


def breached(person: Person, ticket: str) -> list[str]:
    history = person.get(f"{ticket}/history").body["items"]
    return [row["details"]["key"] for row in history if row["topic"] == "ticket.time-breached"]


@pytest.mark.rule("CB-09")
def test_a_line_without_a_phone_is_rejected(office: Office):
    s1, finance = office.hire("sales"), office.hire("finance")
    ticket = day_out(s1)
    visit_recorded(s1, ticket)

    lines = [LINE, {k: v for k, v in LINE.items() if k != "phone"}]
    claim = s1.post(f"{ticket}/steps/claim", {"form": {"lines": lines}})
    rejected = finance.post(f"{ticket}/steps/reimburse")
    s1.post(f"{ticket}/steps/claim", {"form": {"lines": [LINE, LINE]}})
    paid = finance.post(f"{ticket}/steps/reimburse")

    assert [line["accepted"] for line in claim.event.form["lines"]] == [True, False]
    assert rejected.refusal == (409, "guard_refused", None)
    assert rejected.body["rule"] == "CB-09"
    assert paid.stored == [Ticket.StepTaken, Ticket.Closed]


@pytest.mark.rule("CB-09")
@pytest.mark.parametrize("left_out", ["unit", "person", "phone"])
def test_a_line_names_unit_person_and_phone(office: Office, left_out: str):
    s1 = office.hire("sales")
    ticket = day_out(s1)
    visit_recorded(s1, ticket)

    lines = [LINE | {left_out: None}]
    claim = s1.post(f"{ticket}/steps/claim", {"form": {"lines": lines}})

    assert [line["accepted"] for line in claim.event.form["lines"]] == [False]


@pytest.mark.rule("CB-11")
def test_who_has_entered_no_follow_up_is_listed_when_the_evening_meeting_closes(office: Office):
    office.now = at("2026-11-23T09:00:00")
    s1, s2 = office.hire("sales"), office.hire("sales")
    office.catch_up()
    office.now = at("2026-11-24T00:00:00")
    brought(office)
    office.now = at("2026-11-24T18:30:00")
    entries = [{"client": "王某", "followed_up": "电话联系"}]
    [tracking] = tickets_of(s2, "client-tracking")
    assert s2.post(f"{tracking}/steps/track", {"form": {"entries": entries}}).status == 200

    office.now = at("2026-11-24T20:00:00")
    day = report(s1, "client-tracking/without_tracking", "from=2026-11-24&to=2026-11-25")

    assert day["list"] == [{"opened.staff": str(s1.id), "opened.period": "2026-11-24"}]
    office.now = at("2026-11-25T00:00:01")
    [mine] = tickets_of(s1, "client-tracking")
    assert s1.get(f"{mine}/obligations/client_tracking-1").body["status"] == "overdue"
