"""例会、报告与计划: what comes back every day, week and month, and what follows if it does not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.ticket import Ticket
from tests.support.facts import LI_NA, M1, WANG_FANG
from tests.support.http import Office, Person
from tests.support.steps import at, done, of_the_house, proposed, report, step

S1 = LI_NA


def awaited(office: Office, who: Person, procedure: str, since: str, **form: Any) -> str:
    """What the calendar brings, at the beginning of its period."""
    office.now = at(since)
    return of_the_house(who, procedure, **form)


def due(who: Person, ticket: str, name: str) -> datetime:
    """When the first promise of this name is due."""
    return datetime.fromisoformat(who.get(f"{ticket}/obligations/{name}-1").body["due_at"])


def status(who: Person, ticket: str, name: str) -> Any:
    return who.get(f"{ticket}/obligations/{name}-1").body["status"]


def ticked(office: Office, now: str) -> list[Any]:
    """What the clock puts on record at an instant."""
    office.now = at(now)
    before = office.head()
    office.tick()
    return list(office.events_after(before))


def breached(events: list[Any]) -> list[str]:
    return [event.key for event in events if isinstance(event, Ticket.TimeBreached)]


def followed(events: list[Any]) -> dict[str, Any]:
    return {event.step: event.form for event in events if isinstance(event, Ticket.Followed)}


def brought(office: Office, procedure: str, now: str) -> list[dict[str, Any]]:
    """The tickets of a procedure that the schedules have opened by then."""
    office.now = at(now)
    office.catch_up()
    while office.parts.schedules.tick(office.now):
        office.catch_up()
    found: list[dict[str, Any]] = (
        office.person(S1).get(f"/v1/tickets?procedure={procedure}").body["items"]
    )
    return found


@pytest.mark.rule("MG-01")
def test_a_daily_report_at_831_is_late_and_costs_20(office: Office):
    office.now = at("2026-11-22T12:00:00")
    s1 = office.hire("business")
    rows = brought(office, "work-report", "2026-11-23T00:10:00")
    reports = [f"/v1/tickets/{row['ticket_id']}" for row in rows]
    [daily] = [t for t in reports if "daily_report-1" in str(s1.get(f"{t}/history").body)]

    events = [e for e in ticked(office, "2026-11-24T08:30:30") if str(e.originator_id) in daily]
    office.now = at("2026-11-24T08:31:00")
    submitted = done(s1, daily, "submit_report", content="走访三户")

    assert due(s1, daily, "daily_report") == at("2026-11-24T08:30:00")
    assert submitted.stored == [Ticket.StepTaken, Ticket.TimeKept]
    assert status(s1, daily, "daily_report") == "met_late"
    assert breached(events) == ["daily_report-1"]
    assert followed(events) == {"late_report_fine": {"holder": str(s1.id)}}
    [fine] = proposed(office)
    assert (fine["table_name"], fine["amount"]) == ("daily_report_late", 2_000)


@pytest.mark.rule("MG-01")
def test_a_weekly_report_at_830_on_monday_is_in_time(office: Office):
    s1 = office.person(S1)
    week: dict[str, Any] = {"kind": "weekly", "period": "2026-W48", "staff": str(S1)}
    weekly = awaited(office, s1, "work-report", "2026-11-23T00:00:00", **week)

    office.now = at("2026-11-30T08:30:00")
    done(s1, weekly, "submit_report", content="本周工作")

    assert status(s1, weekly, "weekly_report") == "met"
    assert ticked(office, "2026-11-30T09:00:00") == []


@pytest.mark.rule("MG-02")
def test_a_monthly_summary_on_the_3rd_costs_30_without_waiver(office: Office):
    s1 = office.person(S1)
    november: dict[str, Any] = {"kind": "monthly_summary", "period": "2026-11", "staff": str(S1)}
    summary = awaited(office, s1, "work-report", "2026-11-01T00:00:00", **november)

    events = ticked(office, "2026-12-03T00:01:00")
    office.now = at("2026-12-03T09:00:00")
    submitted = done(s1, summary, "submit_report", content="十一月总结")

    assert due(s1, summary, "monthly_summary") == at("2026-12-03T00:00:00")
    assert submitted.stored == [Ticket.StepTaken, Ticket.TimeKept]
    assert status(s1, summary, "monthly_summary") == "met_late"
    assert breached(events) == ["monthly_summary-1"]
    assert followed(events) == {"late_summary_fine": {"holder": str(S1)}}
    [fine] = proposed(office)
    assert (fine["table_name"], fine["amount"]) == ("monthly_summary_late", 3_000)
    waived = {"verdict": "waived", "reason": "出差在外"}
    manager = office.hire("general_manager")
    refused = manager.post(f"/v1/ledger/entries/{fine['entry_id']}/decision", waived)
    assert refused.refusal == (409, "not_waivable", None)


@pytest.mark.rule("MG-03")
def test_a_summary_without_instruction_is_the_managers_breach(office: Office):
    s1, manager = office.person(S1), office.person(M1)
    plan = awaited(office, s1, "month-plan", "2026-11-01T00:00:00", period="2026-11")
    office.now = at("2026-11-30T16:00:00")
    month = {"summary": "完成八件", "next_plan": "回访", "manager": str(M1)}
    done(s1, plan, "submit_month", **month)

    forbidden = step(s1, plan, "give_instruction", instruction="继续")
    events = ticked(office, "2026-12-04T08:00:00")
    given = done(manager, plan, "give_instruction", instruction="抓紧回访")

    assert forbidden.refusal == (403, "guard_forbids", None)
    assert breached(events) == ["month_instruction-1"]
    missed = s1.get(f"{plan}/obligations/month_instruction-1").body
    assert missed["responsible_id"] == str(M1)
    assert status(s1, plan, "month_summary") == "met"
    assert given.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.Closed]


MINUTES = {"last_period": "完成十件", "problems": "缺配件", "next_plan": "备货"}


@pytest.mark.rule("MG-04")
def test_minutes_speak_of_last_week_problems_and_the_next_plan(office: Office):
    s1 = office.person(S1)
    meeting = of_the_house(s1, "meetings", kind="weekly", period="2026-W48")

    without = {k: v for k, v in MINUTES.items() if k != "problems"}
    refused = step(s1, meeting, "hold_meeting", **without)
    held = step(s1, meeting, "hold_meeting", **MINUTES)

    assert refused.refusal == (422, "form_incomplete", "form.problems")
    assert held.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.Closed]


@pytest.mark.rule("MG-05")
def test_a_week_without_its_meeting_is_missed_when_it_ends(office: Office):
    head = office.hire("department_head")
    week: dict[str, Any] = {"kind": "weekly", "period": "2026-W48"}
    meeting = awaited(office, head, "meetings", "2026-11-23T00:00:00", **week)

    before = ticked(office, "2026-11-29T23:59:00")
    events = ticked(office, "2026-11-30T00:01:00")

    assert (before, breached(events)) == ([], ["weekly_meeting-1"])
    missed = head.get(f"{meeting}/obligations/weekly_meeting-1").body
    assert missed["responsible_id"] == str(head.id)


@pytest.mark.rule("MG-07")
def test_a_plan_of_the_morning_wants_its_summary_in_the_evening(office: Office):
    s1 = office.person(S1)
    day: dict[str, Any] = {"period": "2026-11-24", "staff": str(S1)}
    plan = awaited(office, s1, "day-plan", "2026-11-24T00:00:00", **day)
    office.now = at("2026-11-24T08:30:00")
    done(s1, plan, "submit_day_plan", plan=["走访两户"])
    done(office.hire("sales_assistant"), plan, "return_day_plan")

    events = ticked(office, "2026-11-24T17:31:00")

    assert breached(events) == ["daily_log-1", "day_summary-1"]
    assert status(s1, plan, "day_plan") == "met"


@pytest.mark.rule("MG-07")
def test_the_plan_of_a_week_is_due_on_saturday(office: Office):
    s1 = office.person(S1)
    plan = awaited(office, s1, "week-plan", "2026-11-23T00:00:00", period="2026-W48")

    assert due(s1, plan, "week_plan") == at("2026-11-29T00:00:00")
    assert breached(ticked(office, "2026-11-29T00:01:00")) == ["week_plan-1"]


@pytest.mark.rule("MG-08")
def test_the_agenda_of_the_evening_has_the_clients_of_the_day(office: Office):
    s1, manager = office.person(S1), office.hire("sales_manager")
    [earlier] = s1.get("/v1/clients").body["items"]
    office.now = at("2026-11-24T10:00:00")
    new = [s1.post("/v1/clients", {"name": name}).body["id"] for name in ("赵某", "钱某")]
    evening: dict[str, Any] = {"kind": "evening", "period": "2026-11-24"}
    meeting = of_the_house(manager, "meetings", **evening)

    day = "registered_from=2026-11-24T00:00:00%2B08:00&registered_to=2026-11-25T00:00:00%2B08:00"
    agenda = manager.get(f"/v1/clients?{day}").body["items"]
    missed = ticked(office, "2026-11-25T00:00:01")

    assert [row["client_id"] for row in agenda] == new[::-1]
    assert earlier["client_id"] not in new
    assert breached(missed) == ["evening_meeting-1"]
    assert status(manager, meeting, "evening_meeting") == "overdue"


@pytest.mark.rule("MG-09")
def test_whose_log_was_not_handed_in_by_closing_is_shown_as_missing(office: Office):
    s1, s2 = office.person(S1), office.person(WANG_FANG)
    mine = awaited(office, s1, "day-plan", "2026-11-24T00:00:00", period="2026-11-24")
    theirs = of_the_house(s2, "day-plan", period="2026-11-24")
    office.now = at("2026-11-24T17:00:00")
    done(s2, theirs, "submit_log", entries=["拜访王府井店"])

    office.now = at("2026-11-24T17:31:00")
    missing = report(s1, "day-plan/missing_logs")["list"]

    assert [row["obligation.responsible_id"] for row in missing] == [str(S1)]
    assert s1.get(mine).body["number"] == missing[0]["this.number"]


@pytest.mark.rule("MG-10")
def test_what_was_counted_but_not_analysed_does_not_go_to_the_manager(office: Office):
    s1, lead = office.person(S1), office.person(M1)
    traffic = of_the_house(s1, "traffic-report", kind="month", period="2026-11")
    done(s1, traffic, "compile_traffic", visits=210, calls=90, deals=24)

    early = step(s1, traffic, "submit_traffic")
    by_another = step(s1, traffic, "analyse_traffic", analysis="来访增加")
    done(lead, traffic, "analyse_traffic", analysis="来访增加")
    submitted = step(lead, traffic, "submit_traffic")

    assert early.refusal[:2] == (409, "step_not_possible")
    assert by_another.refusal == (403, "not_for_you", None)
    assert submitted.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.Closed]


@pytest.mark.rule("MG-11")
def test_the_table_of_the_week_says_how_many_contacts_became_deals(office: Office):
    s1 = office.person(S1)
    traffic = of_the_house(s1, "traffic-report", kind="week", period="2026-W48")

    counted = done(s1, traffic, "compile_traffic", visits=50, calls=20, deals=7)
    [week] = report(s1, "traffic-report/conversion")["groups"]

    assert counted.event.form["conversion"] == "10"
    assert week["by"] == {"opened.period": "2026-W48"}
    figures = {name: figure["value"] for name, figure in week["measures"].items()}
    assert figures == {"visits": "50", "calls": "20", "deals": "7", "conversion": "10"}


@pytest.mark.rule("MG-12")
def test_the_report_of_the_last_day_is_missed_at_its_closing(office: Office):
    s1 = office.person(S1)
    november: dict[str, Any] = {"kind": "month_end", "period": "2026-11", "staff": str(S1)}
    awaited(office, s1, "work-report", "2026-11-01T00:00:00", **november)

    before = ticked(office, "2026-11-30T17:30:00")

    assert (before, breached(ticked(office, "2026-11-30T17:31:00"))) == ([], ["month_end_report-1"])


@pytest.mark.rule("MG-13")
def test_a_day_that_the_inspector_does_not_report_is_missed(office: Office):
    inspector = office.hire("property_officer")
    today: dict[str, Any] = {"kind": "inspection", "period": "2026-11-24"}
    awaited(office, inspector, "work-report", "2026-11-24T00:00:00", **today)

    assert breached(ticked(office, "2026-11-24T17:31:00")) == ["inspection_report-1"]


@pytest.mark.rule("MG-14")
def test_the_plan_that_the_contractor_owes_is_charged_to_the_contractor(office: Office):
    officer = office.hire("property_officer")
    week: dict[str, Any] = {"kind": "contractor", "period": "2026-W48"}
    meeting = awaited(office, officer, "meetings", "2026-11-23T00:00:00", **week)

    events = ticked(office, "2026-11-27T17:31:00")

    assert breached(events) == ["weekend_plan-1"]
    [missed] = officer.get("/v1/obligations?unit=cleaning-contractor").body["items"]
    assert (missed["name"], missed["status"]) == ("weekend_plan", "overdue")
    assert missed["ticket_id"] == meeting.rpartition("/")[2]


@pytest.mark.rule("MG-15")
def test_a_month_without_a_meeting_of_the_volunteers_is_missed(office: Office):
    captain = office.hire("team_leader")
    month: dict[str, Any] = {"kind": "volunteers", "period": "2026-12"}
    awaited(office, captain, "meetings", "2026-12-01T00:00:00", **month)

    assert ticked(office, "2026-12-31T23:59:00") == []
    assert breached(ticked(office, "2027-01-01T00:01:00")) == ["volunteers_meeting-1"]


@pytest.mark.rule("MG-16")
def test_where_a_month_has_no_30th_its_last_day_is_meant(office: Office):
    head = office.hire("department_head")
    dues = []
    for period in ("2027-02", "2027-03"):
        month = {"kind": "budget", "period": period}
        draft = awaited(office, head, "work-report", f"{period}-01T00:00:00", **month)
        dues.append(due(head, draft, "budget_draft"))

    assert dues == [at("2027-03-01T00:00:00"), at("2027-03-31T00:00:00")]


@pytest.mark.rule("MG-17")
def test_a_copy_that_was_not_delivered_is_listed(office: Office):
    s1 = office.person(S1)
    sent = of_the_house(s1, "work-report", kind="month_end", period="2026-11")
    done(s1, sent, "submit_report", content="总结", copies=["filed", "manager"])
    done(s1, sent, "deliver_copy", to="filed")

    rows = report(s1, "work-report/undelivered")["list"]

    assert [row["obligation.title"] for row in rows] == ["报送 · manager"]
    assert rows[0]["this.number"] == s1.get(sent).body["number"]


ORDER = {"task": "清点备件", "due": "2026-11-25"}


@pytest.mark.rule("MG-18")
def test_what_was_only_said_is_owed_by_nobody(office: Office):
    boss, s1 = office.person(M1), office.person(S1)
    office.now = at("2026-11-24T09:00:00")

    nothing = s1.get("/v1/desk/obligations").body["items"]
    missed = ticked(office, "2026-11-26T00:01:00")
    office.now = at("2026-11-26T09:00:00")
    of_the_house(boss, "instruction", addressee=str(S1), task="清点备件", due="2026-11-27")
    [owed] = s1.get("/v1/desk/obligations").body["items"]

    assert (nothing, missed) == ([], [])
    assert (owed["name"], owed["rule"]) == ("instruction", "MG-19")


@pytest.mark.rule("MG-19")
def test_an_instruction_that_is_not_carried_out_is_missed_by_whom_it_was_given_to(office: Office):
    boss, s1 = office.person(M1), office.person(S1)
    office.now = at("2026-11-24T09:00:00")
    order = of_the_house(boss, "instruction", addressee=str(S1), **ORDER)

    by_another = step(boss, order, "execute_instruction", result="完成")
    events = ticked(office, "2026-11-26T00:01:00")
    executed = step(s1, order, "execute_instruction", result="清点完毕")

    assert by_another.refusal == (403, "guard_forbids", None)
    assert breached(events) == ["instruction-1"]
    missed = boss.get(f"{order}/obligations/instruction-1").body
    assert (missed["responsible_id"], missed["status"]) == (str(S1), "met_late")
    assert executed.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.Closed]


@pytest.mark.rule("MG-21")
def test_what_is_entered_the_next_morning_is_listed_with_its_lag(office: Office):
    s1 = office.person(S1)
    office.now = at("2026-11-24T09:00:00")
    told = {
        "channel": "internal",
        "matter": "生产日报",
        "procedure": "data-entry",
        "form": {"what": "生产日报"},
        "occurred_at": "2026-11-23T10:00:00+08:00",
    }
    opening = s1.post("/v1/tickets", told)
    entry = opening.headers["Location"]
    done(s1, entry, "enter_data", reference="R-1123")

    [late] = report(s1, "data-entry/entry_lag")["list"]

    assert opening.events[0].timestamp == at("2026-11-23T10:00:00")
    assert due(s1, entry, "data_entry") == at("2026-11-23T17:30:00")
    assert (late["opened.what"], late["hours.opened.enter_data"]) == ("生产日报", "23")
