"""投诉统计: who had a complaint in hand, how long it took, why people grumbled."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.ticket import Ticket
from tests.rules.complaints import closed, complaint, settled, step
from tests.support.complaints import confirmed
from tests.support.http import Answer, Office, Person

NOVEMBER = "from=2026-11-01&to=2026-12-01"
SUGGESTION = {"departments": ["production"], "suggestion": "压边改用双线"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def report(person: Person, name: str, period: str = NOVEMBER) -> Any:
    answer = person.get(f"/v1/reports/complaint-figures/{name}?{period}")
    assert answer.status == 200, answer.body
    return answer.body


def figures(report: Any, measure: str) -> dict[str, Any]:
    """By what it is grouped, one measure."""
    return {
        str(*group["by"].values()): group["measures"][measure]["value"]
        for group in report["groups"]
    }


def handed_over(ticket: str, giver: Person, taker: Person) -> Answer:
    giver.post(f"{ticket}/transfer", {"to_id": str(taker.id), "reason": "归口办理"})
    return taker.post(f"{ticket}/transfer/acceptance")


def number_of(person: Person, ticket: str) -> str:
    return person.get(ticket).body["number"]


@pytest.mark.rule("CH-29")
def test_a_complaint_with_three_owners_has_changed_hands_twice(office: Office, li_na: Person):
    s2, s3 = office.hire("cs_officer"), office.hire("cs_officer")
    passed_on, kept = complaint(li_na), complaint(li_na)
    handed_over(passed_on, li_na, s2)
    handed_over(passed_on, s2, s3)

    shown = figures(report(li_na, "handler_changes"), "handler_changes")

    assert shown == {number_of(li_na, passed_on): 2}
    assert number_of(li_na, kept) not in shown


@pytest.mark.rule("CH-29")
def test_more_than_two_handlers_are_reported_to_the_superior(
    office: Office, li_na: Person, manager: Person
):
    s2, s3 = office.hire("cs_officer"), office.hire("cs_officer", superior=manager)
    ticket = complaint(li_na)

    second = handed_over(ticket, li_na, s2)
    third = handed_over(ticket, s2, s3)
    told = s3.post(f"{ticket}/escalation", {"question": "请协调专人处理"})

    def reports_due(answer: Answer) -> list[str]:
        promises = [e for e in answer.events if isinstance(e, Ticket.TimePromised)]
        return [promise.key for promise in promises if promise.rule == "CH-29"]

    assert (reports_due(second), reports_due(third)) == ([], ["handlers_reported-1"])
    [kept] = [event for event in told.events if isinstance(event, Ticket.TimeKept)]
    assert kept.key == "handlers_reported-1"


@pytest.mark.rule("CH-29")
def test_a_complaint_is_not_handed_on_without_a_reason(li_na: Person, wang_fang: Person):
    ticket = complaint(li_na)

    answer = li_na.post(f"{ticket}/transfer", {"to_id": str(wang_fang.id)})

    assert answer.refusal == (422, "invalid", "reason")


@pytest.mark.rule("CH-30")
def test_a_complaint_taken_at_a_store_is_reported_to_after_sales_as_it_is_opened(
    office: Office,
):
    clerk, after_sales = office.hire("sales", unit="store-1"), office.hire("after_sales")
    before = office.head()

    ticket = complaint(clerk)
    stored = office.events_after(before)
    [row] = report(after_sales, "central_list")["list"]

    [told] = [event for event in stored if isinstance(event, Ticket.Followed)]
    assert (told.step, told.form) == ("reported_to_after_sales", {"from_unit": "store-1"})
    assert {event.command_id for event in stored} == {stored[0].command_id}
    assert row["this.number"] == number_of(clerk, ticket)
    assert (row["this.unit"], row["count.reported_to_after_sales"]) == ("store-1", 1)


@pytest.mark.rule("CH-30")
def test_what_after_sales_takes_in_itself_is_on_the_same_list(office: Office):
    after_sales = office.hire("after_sales", unit="after-sales")
    complaint(after_sales)

    [row] = report(after_sales, "central_list")["list"]

    assert (row["this.unit"], row["count.reported_to_after_sales"]) == ("after-sales", 0)


@pytest.mark.rule("CH-38")
def test_the_median_of_4_10_and_30_hours_is_10_for_logistics(office: Office, li_na: Person):
    begun = office.now
    for hours in (4, 10, 30):
        office.now = begun
        ticket = complaint(li_na, form={"subject": "logistics"})
        settled(li_na, ticket)
        office.now = begun + timedelta(hours=hours)
        assert li_na.post(f"{ticket}/closure").stored[0] == Ticket.Closed

    resolution = report(li_na, "resolution_time")

    assert figures(resolution, "complaints") == {"logistics": 3}
    assert figures(resolution, "resolution_hours") == {"logistics": "10"}


@pytest.mark.rule("CH-41")
def test_grumbles_are_counted_by_reason_also_where_there_are_none(office: Office, li_na: Person):
    for reason in ["staff_attitude"] * 4 + ["service_gap"] * 2 + ["other"]:
        step(li_na, complaint(li_na), "code_grumble", cause=reason)

    shown = report(li_na, "grumbles")
    codes = li_na.get("/v1/policy/lists").body["lists"]["grumble_reasons"]

    assert [g["measures"]["grumbles"]["value"] for g in shown["groups"]] == [4, 2, 0, 0, 1]
    assert [g["by"]["form.cause"] for g in shown["groups"]] == codes
    assert set(codes) == {
        "service_gap",
        "staff_selfishness",
        "staff_attitude",
        "interdepartment_dispute",
        "other",
    }


@pytest.mark.rule("CH-41")
def test_a_grumble_has_one_of_the_five_reasons(li_na: Person):
    answer = step(li_na, complaint(li_na), "code_grumble", cause="weather")

    assert answer.refusal == (422, "invalid", "form.cause")


@pytest.mark.rule("CH-42")
def test_a_suggestion_stays_open_when_its_complaint_is_closed(office: Office, li_na: Person):
    ticket = complaint(li_na)
    step(li_na, ticket, "forward_suggestion", **SUGGESTION)
    closed(li_na, ticket)

    [row] = report(li_na, "open_suggestions")["list"]

    assert (row["this.number"], row["this.is_closed"]) == (number_of(li_na, ticket), True)
    assert row["forward_suggestion.suggestion"] == "压边改用双线"
    assert row["open.suggestion_followed_up"] == 1


@pytest.mark.rule("CH-42")
def test_a_suggestion_is_followed_up_department_by_department(office: Office, li_na: Person):
    production = office.hire("production")
    ticket = complaint(li_na)
    departments = ["production", "logistics"]
    step(li_na, ticket, "forward_suggestion", **SUGGESTION | {"departments": departments})
    closed(li_na, ticket)

    def still_open() -> list[int]:
        listed = report(li_na, "open_suggestions")["list"]
        return [row["open.suggestion_followed_up"] for row in listed]

    pending = [still_open()]
    for department in departments:
        step(production, ticket, "report_suggestion_done", department=department, done="已改")
        pending.append(still_open())

    assert pending == [[2], [1], []]


@pytest.mark.rule("CH-44")
def test_the_target_rises_by_half_a_point_a_year_and_is_missed(office: Office, li_na: Person):
    for percent in (95, 95, 95, 95, 96):
        step(li_na, complaint(li_na), "ask_satisfaction", percent=percent)

    in_2025 = report(li_na, "satisfaction_target", "from=2025-01-01&to=2026-01-01")
    in_2026 = report(li_na, "satisfaction_target", "from=2026-01-01&to=2027-01-01")

    assert in_2025["target"]["required"] == "95"
    assert in_2026["measures"]["satisfaction"]["value"] == "95.2"
    assert in_2026["target"] == {"measure": "satisfaction", "required": "95.5", "met": False}


@pytest.mark.rule("CH-44")
def test_the_target_of_the_base_year_is_met_by_the_same_figure(office: Office, li_na: Person):
    office.now = at("2025-11-24T10:00:00")
    for percent in (95, 95, 95, 95, 96):
        step(li_na, complaint(li_na), "ask_satisfaction", percent=percent)

    in_2025 = report(li_na, "satisfaction_target", "from=2025-01-01&to=2026-01-01")

    assert in_2025["target"] == {"measure": "satisfaction", "required": "95", "met": True}


@pytest.mark.rule("CH-44")
def test_one_complaint_a_year_is_within_the_target_and_two_are_not(office: Office, li_na: Person):
    complaint(li_na)
    year = "from=2026-01-01&to=2027-01-01"
    met = []
    for _ in range(2):
        confirmed(li_na)
        met.append(report(li_na, "complaints_target", year)["target"]["met"])

    target = {"measure": "complaints", "required": "1", "is_most": True}
    assert met == [True, False]
    assert report(li_na, "complaints_target", year)["target"] == target | {"met": False}


@pytest.mark.rule("CH-44")
@pytest.mark.parametrize("percent", [-1, 101])
def test_satisfaction_is_a_percentage(li_na: Person, percent: int):
    answer = step(li_na, complaint(li_na), "ask_satisfaction", percent=percent)

    assert answer.refusal == (422, "form_refused", "form.percent")
