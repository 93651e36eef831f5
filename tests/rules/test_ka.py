"""大客户: plans approved before use, regular contact, visits, and what is reported of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.ticket import Ticket
from tests.support.facts import LI_NA
from tests.support.files import FIRST, approve, brought, client, cny, entered, grade
from tests.support.http import Office, Person, opened
from tests.support.steps import at, done, of_the_house, report, step

PLAN = {"kind": "channel_plan", "period": "2027", "plan": "新增渠道十个"}


@pytest.mark.rule("KA-01")
def test_a_plan_is_approved_by_another_before_it_is_used(office: Office):
    manager, chief = office.hire("key_account_manager"), office.hire("general_manager")
    plan = of_the_house(manager, "channel-plan", **PLAN)
    own = of_the_house(chief, "channel-plan", **PLAN)

    too_early = step(manager, plan, "use_plan", action="走访")
    not_theirs = step(manager, plan, "approve_plan")
    own_plan = step(chief, own, "approve_plan")
    done(chief, plan, "approve_plan")
    used = step(manager, plan, "use_plan", action="走访")

    assert too_early.refusal[:2] == (409, "step_not_possible")
    assert not_theirs.refusal[:2] == (403, "not_for_you")
    assert own_plan.refusal[:2] == (403, "guard_forbids")
    assert used.stored == [Ticket.StepTaken]


@pytest.mark.rule("KA-02")
def test_a_diamond_client_hears_from_us_within_thirty_days(office: Office, li_na: Person):
    keeper, chief = office.hire("key_account_manager"), office.hire("general_manager")
    office.catch_up()
    grade(li_na, FIRST, "tier", income=cny(600_000_000))
    approve(chief, FIRST, "tier")
    [care] = keeper.get("/v1/tickets?procedure=key-account").body["items"]
    ticket = f"/v1/tickets/{care['ticket_id']}"

    office.now += timedelta(days=29)
    done(keeper, ticket, "record_contact", about="季度用量", issue="账单不清")
    office.now += timedelta(days=31)
    office.tick()

    assert (care["owner_id"], care["client_id"]) == (str(keeper.id), FIRST.rpartition("/")[2])
    first, second = (keeper.get(f"{ticket}/obligations/regular_contact-{i}").body for i in (1, 2))
    assert (first["status"], second["status"]) == ("met", "overdue")
    assert second["breached_at"] is not None
    mine = keeper.get(f"/v1/tickets?owner_id={keeper.id}&is_closed=false").body["items"]
    assert [row["ticket_id"] for row in mine] == [care["ticket_id"]]


def test_a_class_that_stays_opens_no_second_care(office: Office, li_na: Person):
    keeper, chief = office.hire("key_account_manager"), office.hire("general_manager")
    for fen in (600_000_000, 700_000_000, 300_000_000):
        grade(li_na, FIRST, "tier", income=cny(fen))
        approve(chief, FIRST, "tier")

    items = keeper.get("/v1/tickets?procedure=key-account").body["items"]

    assert len(items) == 2


@pytest.mark.rule("KA-03")
def test_the_whole_client_is_seen_in_the_order_of_time(office: Office, li_na: Person):
    for i in range(3):
        opened(li_na)
        office.now += timedelta(days=1)
        if i < 2:
            entered(li_na, FIRST, "purchase", goods=f"订单{i}", amount=cny(100))
            entered(li_na, FIRST, "satisfaction", score=4 + i)
        office.now += timedelta(days=1)

    file = li_na.get(f"{FIRST}/file").body

    sections = ("purchases", "tickets", "satisfaction")
    assert [len(file[name]) for name in sections] == [2, 3, 2]
    assert [row["form"]["score"] for row in file["satisfaction"]] == [4, 5]
    for name in (*sections, "timeline"):
        times = [datetime.fromisoformat(row["occurred_at"]) for row in file[name]]
        assert times == sorted(times)
    assert len(file["timeline"]) == 7


@pytest.mark.rule("KA-04")
def test_key_clients_without_a_planned_visit_are_shown(li_na: Person):
    planned, gap = client(li_na, kind="key"), client(li_na, kind="key")
    client(li_na, kind="person")
    entered(li_na, planned, "visit_planned", on="2026-12-08")

    listed = report(li_na, "client-records/visits_not_planned", "from=2026-10-01&to=2027-01-01")
    next_quarter = report(
        li_na, "client-records/visits_not_planned", "from=2027-01-01&to=2027-04-01"
    )

    assert [row["client.id"] for row in listed["list"]] == [gap.rpartition("/")[2]]
    assert len(next_quarter["list"]) == 2


@pytest.mark.rule("KA-05")
def test_an_instruction_that_nobody_answered_is_missed_by_who_got_it(office: Office, li_na: Person):
    keeper = office.hire("key_account_manager")
    given = {"to": str(keeper.id), "instruction": "催收货款", "due": "2026-11-25"}
    ticket = of_the_house(li_na, "area-instruction", **given)
    office.now = at("2026-11-26T00:00:01")
    office.tick()

    missed = li_na.get(f"{ticket}/obligations/reply_instruction-1").body
    by_another = step(li_na, ticket, "reply_instruction", result="已收")
    replied = done(keeper, ticket, "reply_instruction", result="已收回", collected=cny(900))

    assert (missed["status"], missed["responsible_id"]) == ("overdue", str(keeper.id))
    assert by_another.refusal[:2] == (403, "guard_forbids")
    assert Ticket.TimeKept in replied.stored


@pytest.mark.rule("KA-06")
def test_eight_of_ten_planned_visits_are_eighty_percent(office: Office, li_na: Person):
    officer = office.hire("key_account_officer")
    for i in range(10):
        form = {"on": f"2026-11-{i + 20}"}
        visit = opened(officer, procedure="key-visit", channel="visit", form=form)
        if i < 8:
            done(officer, visit, "visit", needs="增容")

    [own] = report(li_na, "key-visit/completion", "from=2026-11-01&to=2026-12-01")["groups"]

    assert own["by"] == {"this.first_contact_id": str(officer.id)}
    assert own["measures"]["completion"] == {
        "value": "80",
        "numerator": 8,
        "denominator": 10,
        "tickets": own["measures"]["completion"]["tickets"],
    }


@pytest.mark.rule("KA-08")
def test_villa_owners_judge_by_three_dimensions(li_na: Person):
    survey = opened(li_na, procedure="owner-survey", channel="phone")

    refused = step(li_na, survey, "answer_survey", reliability=5, responsiveness=6, attention=5)
    answered = done(li_na, survey, "answer_survey", reliability=5, responsiveness=4, attention=5)
    said = report(li_na, "owner-survey/satisfaction")

    assert refused.status == 422
    assert answered.events[0].form["mean"] == "4.67"
    assert said["measures"]["mean"]["value"] == "4.67"


@pytest.mark.rule("KA-09")
def test_purchasing_supplies_and_project_development_keeps_the_matter(
    office: Office, li_na: Person
):
    matter = opened(li_na, procedure="project-service", channel="phone")

    asked = done(li_na, matter, "ask_parts", question="密封圈型号")
    purchaser = office.hire("staff", unit="purchasing")
    wanted = li_na.get("/v1/obligations?unit=purchasing").body["items"]
    supplied = done(purchaser, matter, "supply_documents", documents="样本册")

    followed = [event for event in asked.events if isinstance(event, Ticket.Followed)]
    assert [event.step for event in followed] == ["data_requested"]
    assert [row["ticket_id"] for row in wanted] == [matter.rpartition("/")[2]]
    assert Ticket.TimeKept in supplied.stored
    assert li_na.get(matter).body["owner_id"] == str(LI_NA)


@pytest.mark.rule("KA-10")
def test_the_review_of_the_year_is_not_closed_without_the_product_report(office: Office):
    chief, business = office.hire("general_manager"), office.hire("business")
    keeper = office.hire("management_representative")
    office.now = at("2027-01-01T00:01:00")
    brought(office)
    items = keeper.get("/v1/tickets?procedure=management-review").body["items"]
    [review] = [row for row in items if row["matter"].endswith(" 2026")]
    ticket = f"/v1/tickets/{review['ticket_id']}"
    due = keeper.get(f"{ticket}/obligations/product_report-1").body["due_at"]

    not_theirs = step(keeper, ticket, "hold_review", conclusions="有效")
    done(chief, ticket, "hold_review", conclusions="有效")
    without = step(chief, ticket, "close_review")
    done(business, ticket, "submit_product_report", report="年度产品报告")
    closed = step(chief, ticket, "close_review")

    assert datetime.fromisoformat(due) == at("2027-02-02T00:00:00")
    assert not_theirs.refusal[:2] == (403, "not_for_you")
    assert without.refusal[:2] == (409, "guard_refused")
    assert without.body["rule"] == "KA-10"
    assert Ticket.Closed in closed.stored
