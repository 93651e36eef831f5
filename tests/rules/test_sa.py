"""考核: assessed by schemes, ranked, rewarded, published, appealed against, and carried out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.assessment import Assessment
from domain.ledger import Entry
from domain.pack import Pack
from domain.ranking import Ranking
from domain.staff import Staff
from domain.ticket import Ticket
from tests.rules.assessing import (
    STAFF_INDICATORS,
    alike,
    assessor_of,
    final,
    opened,
    published,
    rate,
    scored,
    step,
)
from tests.support.http import APPROVER, DRAFTER, Office, Person

RANKING = {"scheme": "staff", "period": "2026-Q4"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.fixture
def assessor(office: Office) -> Person:
    return assessor_of(office)


@pytest.mark.rule("SA-01")
def test_the_first_eight_of_the_quarter_are_rewarded(office: Office, assessor: Person):
    staff = [office.hire("service_engineer") for _ in range(10)]
    for place, person in enumerate(staff):
        scored(assessor, person, 95 - place)

    office.catch_up()
    answer = assessor.post("/v1/rankings", RANKING)
    ranking = staff[9].get(answer.headers["Location"]).body

    assert [kind for kind in answer.stored if kind is not Entry.Proposed] == [
        Ranking.Published,
        *[Assessment.Published] * 10,
    ]
    amounts = [event.amount for event in answer.events if isinstance(event, Entry.Proposed)]
    assert amounts == [*[1500_00] * 3, *[1000_00] * 5]
    assert [line["rank"] for line in ranking["lines"]] == list(range(1, 11))
    assert [line["staff"] for line in ranking["lines"]] == [str(one.id) for one in staff]
    assert [line["reward_minor_units"] // 100 for line in ranking["lines"]] == [
        *[1500] * 3,
        *[1000] * 5,
        *[0] * 2,
    ]
    assert ranking["reward_minor_units"] == 9500_00


@pytest.mark.rule("SA-01")
def test_who_is_equal_shares_the_rank_and_its_reward(office: Office, assessor: Person):
    staff = [office.hire("service_engineer") for _ in range(5)]
    for person, score in zip(staff, (90, 85, 85, 85, 70), strict=True):
        scored(assessor, person, score)

    office.catch_up()
    assessor.post("/v1/rankings", RANKING)

    lines = assessor.get("/v1/rankings/staff/2026-Q4").body["lines"]
    assert [line["rank"] for line in lines] == [1, 2, 2, 2, 5]
    assert [line["reward_minor_units"] for line in lines] == [*[150000] * 4, 100000]


@pytest.mark.rule("SA-01")
def test_nobody_is_ranked_while_somebody_is_not_assessed(office: Office, assessor: Person):
    scored(assessor, office.hire("service_engineer"), 80)
    opened(assessor, "staff", office.hire("service_engineer"))

    office.catch_up()
    answer = assessor.post("/v1/rankings", RANKING)

    assert answer.refusal == (409, "not_all_final", None)


@pytest.mark.rule("SA-02")
def test_rewards_of_the_fourth_quarter_are_paid_in_january(office: Office, assessor: Person):
    scored(assessor, office.hire("service_engineer"), 80)

    office.catch_up()
    assessor.post("/v1/rankings", RANKING)

    assert assessor.get("/v1/rankings/staff/2026-Q4").body["payout_month"] == "2027-01"


@pytest.mark.rule("SA-02")
def test_each_reward_is_proposed_once_and_payable_from_january_on(office: Office, assessor: Person):
    staff = [office.hire("service_engineer") for _ in range(2)]
    for person, score in zip(staff, (90, 80), strict=True):
        scored(assessor, person, score)
    office.catch_up()
    first = assessor.post("/v1/rankings", RANKING)
    again = assessor.post("/v1/rankings", RANKING)

    proposed = [event for event in first.events if isinstance(event, Entry.Proposed)]
    assert [(one.holder, one.facts["rank"], one.amount) for one in proposed] == [
        (f"staff:{staff[0].id}", 1, 1500_00),
        (f"staff:{staff[1].id}", 2, 1500_00),
    ]
    assert {one.payable_from for one in proposed} == {at("2027-01-01T00:00:00")}
    assert Entry.Proposed not in again.stored


@pytest.mark.rule("SA-03")
def test_who_is_assessed_appeals_within_the_days_of_the_scheme(office: Office, assessor: Person):
    s1 = office.hire("service_engineer")
    assessment = published(assessor, s1)

    appeal = s1.post(f"{assessment}/appeal", {"reason": "出勤记录有误"})

    assert appeal.carried_out == [Assessment.AppealFiled]
    assert s1.get(assessment).body["is_under_appeal"] is True
    [row] = s1.get("/v1/assessments?scheme=staff").body["items"]
    assert (row["is_under_appeal"], row["score"]) == (True, 8000)


@pytest.mark.rule("SA-03")
def test_an_appeal_comes_too_late_from_nobody_else_and_holds_what_follows(
    office: Office, assessor: Person
):
    s1, s2 = office.hire("service_engineer"), office.hire("service_engineer")
    assessment = published(assessor, s1)
    others = s2.post(f"{assessment}/appeal", {"reason": "不公"})
    s1.post(f"{assessment}/appeal", {"reason": "出勤记录有误"})

    applied = assessor.post(f"{assessment}/application")
    own = assessor.post(f"{assessment}/appeal/decision", {"upheld": False, "reason": "属实"})
    decided = office.hire("director").post(
        f"{assessment}/appeal/decision", {"upheld": True, "score": "82.5", "reason": "补记两天"}
    )
    office.now = at("2026-12-01T12:00:00")
    late = s1.post(f"{assessment}/appeal", {"reason": "还是不对"})

    assert others.refusal == (403, "not_your_rating", None)
    assert applied.refusal == (409, "under_appeal", None)
    assert own.refusal == (403, "forbidden", None)
    assert decided.carried_out == [Assessment.AppealDecided]
    assert late.refusal == (409, "appeal_too_late", None)
    assert s1.get(assessment).body["score"] == "82.5"


@pytest.mark.rule("SA-04")
def test_plan_and_actual_make_the_score_of_a_key_account_officer(office: Office, assessor: Person):
    officer = office.hire("key_account_officer")
    assessment = opened(assessor, "key_account_officer", officer, "2026-11")
    items = {
        "visits": {"plan": 30, "actual": 24},
        "expansion": {"plan": 30, "actual": 30},
        "site": {"plan": 10, "actual": 5},
        "daily": {"plan": 1, "actual": 1},
    }

    compared = assessor.post(f"{assessment}/comparison", {"items": items})
    told = assessor.get(final(assessor, assessment)).body

    assert compared.carried_out == [Assessment.PlanCompared]
    rates = [told["indicators"][name]["completion_rate"] for name in items]
    assert rates == ["80", "100", "50", "100"]
    assert told["score"] == "82"


@pytest.mark.rule("SA-06")
def test_a_supervisor_who_failed_is_one_no_more(office: Office, assessor: Person):
    m1 = office.hire("cs_supervisor", "staff")
    assessment = opened(assessor, "supervisor", m1)
    rate(assessor, assessment, "head", {"performance": 50, "leadership": 70})
    assessor.post(f"{final(assessor, assessment)}/publication")

    applied = assessor.post(f"{assessment}/application", key="apply-m1")
    again = assessor.post(f"{assessment}/application", key="apply-m1")

    assert applied.stored == [Assessment.Applied, Staff.PositionRevoked]
    assert applied.events[1].originator_id == m1.id
    assert applied.events[1].roles == ["cs_supervisor"]
    assert again.replayed == applied.body
    assert assessor.get(f"/v1/staff/{m1.id}").body["roles"] == ["staff"]
    commendation = m1.post(f"/v1/staff/{assessor.id}/commendations", {"text": "公正"})
    assert commendation.refusal == (403, "forbidden", None)


@pytest.mark.rule("SA-06")
def test_a_supervisor_who_passed_stays_one(office: Office, assessor: Person):
    m1 = office.hire("cs_supervisor", "staff")
    assessment = opened(assessor, "supervisor", m1)
    rate(assessor, assessment, "head", {"performance": 60, "leadership": 60})
    assessor.post(f"{final(assessor, assessment)}/publication")

    applied = assessor.post(f"{assessment}/application")

    assert applied.carried_out == [Assessment.Applied]
    assert applied.event.passed is True


@pytest.mark.rule("SA-07")
def test_without_the_item_of_hygiene_nothing_is_final(office: Office, assessor: Person):
    assessment = opened(assessor, "staff", office.hire("service_engineer"))
    scores = alike(80)
    del scores["hygiene"]
    rate(assessor, assessment, "head", scores)

    refused = assessor.post(f"{assessment}/conclusion")
    rate(assessor, assessment, "head", alike(80))
    complete = assessor.post(f"{assessment}/conclusion")

    assert refused.refusal == (409, "assessment_incomplete", None)
    assert refused.body["facts"]["missing"] == ["hygiene"]
    assert complete.carried_out == [Assessment.Finalised]


@pytest.mark.rule("SA-08")
def test_what_has_not_reached_the_manager_is_missing_at_the_end_of_the_year(
    office: Office, assessor: Person
):
    assessment = scored(assessor, office.hire("service_engineer"), 80)
    filed = assessor.post(f"{assessment}/delivery", {"copy": "file"})

    [missing] = assessor.get("/v1/assessments/undelivered?year=2026").body["items"]
    assessor.post(f"{assessment}/delivery", {"copy": "manager"})
    nothing = assessor.get("/v1/assessments/undelivered?year=2026").body["items"]

    assert filed.carried_out == [Assessment.Delivered]
    assert missing["assessment_id"] == assessment.rpartition("/")[2]
    assert missing["missing"] == ["manager"]
    assert nothing == []


def week_48(office: Office) -> tuple[Person, Person, str]:
    """A member of the team, their leader, and the ticket of the week's report."""
    office.now = at("2026-11-20T09:00:00")
    s1, leader = office.hire("sales"), office.hire("sales_leader")
    office.now = at("2026-11-23T09:00:00")
    office.catch_up()
    office.parts.schedules.tick(office.now)
    rows = leader.get("/v1/tickets?procedure=weekly-report").body["items"]
    [report] = [row for row in rows if row["matter"].endswith("2026-W48")]
    return s1, leader, f"/v1/tickets/{report['ticket_id']}"


def performance(office: Office, assessor: Person, subject: Person) -> Any:
    """What counts of November, as the assessment shows it."""
    assessment = opened(assessor, "sales_week", subject, "2026-11")
    office.catch_up()
    assessor.post(f"{assessment}/measurement")
    return assessor.get(assessment).body["indicators"]["performance"]["figure"]


@pytest.mark.rule("SA-09")
def test_a_week_that_was_reported_late_counts_for_nothing(office: Office):
    s1, _, ticket = week_48(office)
    office.now = at("2026-11-27T17:30:00")
    office.tick()

    step(s1, ticket, "report_week", performance=12)

    assert performance(office, assessor_of(office), s1) == "0"


@pytest.mark.rule("SA-09")
def test_with_a_reason_of_work_that_is_accepted_the_week_counts(office: Office):
    s1, leader, ticket = week_48(office)
    office.now = at("2026-11-27T17:30:00")
    office.tick()

    late = step(s1, ticket, "report_week", performance=12, work_reason="外地安装，未回公司")
    accepted = step(leader, ticket, "accept_reason")

    assert Ticket.TimeKept in late.stored
    assert accepted.status == 200
    assert performance(office, assessor_of(office), s1) == "12"


@pytest.mark.rule("SA-09")
def test_a_breach_voids_the_week_on_record(office: Office):
    s1, leader, ticket = week_48(office)
    office.now = at("2026-11-27T17:30:00")

    office.tick()

    history = leader.get(f"{ticket}/history").body["items"]
    [voided] = [entry for entry in history if entry["step"] == "performance_voided"]
    assert voided["details"]["form"] == {"week": "2026-W48", "staff": str(s1.id)}


@pytest.mark.rule("SA-10")
def test_a_scheme_that_nobody_approved_is_not_used(office: Office, assessor: Person):
    draft = scheme_pack("own-scheme")
    office.person(DRAFTER).post("/v1/packs/own-scheme/versions", {"content": draft})
    body = {"scheme": "ours", "subject_id": str(office.hire().id), "period": "2026-11"}

    refused = assessor.post("/v1/assessments", body)
    approver = office.person(APPROVER)
    approver.post("/v1/packs/own-scheme/approval", {"version": 1})
    publication = {"version": 1, "effective_from": "2026-11-23T00:00:00+08:00"}
    approved = approver.post("/v1/packs/own-scheme/publication", publication)
    used = assessor.post("/v1/assessments", body)

    assert refused.refusal == (409, "scheme_not_in_force", "scheme")
    assert refused.body["rule"] == "SA-10"
    assert approved.stored == [Pack.Published]
    assert used.stored == [Assessment.Opened]


def scheme_pack(name: str, **otherwise: Any) -> dict[str, Any]:
    scheme = {
        "title": "本部门考核",
        "period": "month",
        "raters": {"head": {"title": "主管", "roles": ["assessor"]}},
        "indicators": {"work": {"title": "工作"}},
    }
    return {
        "pack": name,
        "version": 1,
        "title": "绩效考核制度",
        "procedure": {
            "register": name,
            "initial": "begun",
            "final": ["done"],
            "client": "none",
            "steps": {"end": {"title": "结束", "from": ["begun"], "to": "done"}},
        },
        "schemes": {"ours": scheme | otherwise},
    }


@pytest.mark.rule("SA-11")
def test_a_table_that_comes_on_the_second_holds_the_pay_of_november(office: Office):
    office.now = at("2026-10-31T09:00:00")
    advisor = office.hire("sales")
    office.now = at("2026-11-01T09:00:00")
    office.catch_up()
    office.parts.schedules.tick(office.now)
    rows = advisor.get("/v1/tickets?procedure=performance-table").body["items"]
    [ticket] = [f"/v1/tickets/{r['ticket_id']}" for r in rows if r["matter"].endswith("2026-11")]

    office.now = at("2026-12-02T09:00:00")
    office.tick()
    step(advisor, ticket, "hand_in_table", performance=30)
    report = "/v1/reports/performance-table/payroll_holds?from=2026-12-01&to=2027-01-01"
    holds = advisor.get(report).body["list"]

    assert [(row["form.month"], row["form.staff"]) for row in holds] == [
        ("2026-11", str(advisor.id))
    ]


@pytest.mark.rule("SA-12")
@pytest.mark.parametrize(
    ("scheme", "role", "period"),
    [
        ("staff", "service_engineer", "2026-Q4"),
        ("volunteer", "volunteer", "2026"),
        ("account_manager", "account_manager", "2026-Q4"),
    ],
)
def test_one_endpoint_takes_all_three_schemes(
    office: Office, assessor: Person, scheme: str, role: str, period: str
):
    subject = office.hire(role)
    body = {"scheme": scheme, "subject_id": str(subject.id), "period": period}

    answer = assessor.post("/v1/assessments", body)

    assert answer.carried_out == [Assessment.Opened]
    assert answer.event.scheme == scheme


@pytest.mark.rule("SA-12")
def test_whoever_makes_schemes_makes_all_three_at_one_endpoint(office: Office):
    drafter = office.person(DRAFTER)
    schemes = {
        "title": "考核",
        "raters": {"head": {"title": "主管", "roles": ["assessor"]}},
        "indicators": {"work": {"title": "工作"}},
    }
    content = scheme_pack("three") | {
        "schemes": dict.fromkeys(("staff", "volunteer", "account_manager"), schemes)
    }

    answer = drafter.post("/v1/packs/three/versions", {"content": content})

    assert answer.stored == [Pack.Named, Pack.Drafted]


@pytest.mark.rule("SA-13")
def test_one_self_check_a_day_is_one_too_few(office: Office):
    office.now = at("2026-11-23T09:00:00")
    leader = office.hire("sales_leader")
    office.now = at("2026-11-24T09:00:00")
    office.catch_up()
    office.parts.schedules.tick(office.now)
    rows = leader.get("/v1/tickets?procedure=five-s").body["items"]
    [ticket] = [f"/v1/tickets/{r['ticket_id']}" for r in rows if r["matter"].endswith("11-24")]
    five = dict.fromkeys(("sort", "set_in_order", "shine", "standardise", "sustain"), True)
    step(leader, ticket, "self_check", **five)

    office.now = at("2026-11-25T00:01:00")
    office.tick()

    history = leader.get(f"{ticket}/history").body["items"]
    breached = [entry for entry in history if entry["topic"] == "ticket.time-breached"]
    assert len(breached) == 1
    assert breached[0]["details"]["key"] == "second_self_check-1"


@pytest.mark.rule("SR-14")
def test_the_scheme_of_staff_looks_at_what_service_needs(office: Office, assessor: Person):
    scheme = assessor.get("/v1/schemes/staff").body

    codes = [indicator["code"] for indicator in scheme["indicators"]]
    assert {"responsibility", "enterprise", "insight", "dedication"} <= set(codes)
    assert codes == list(STAFF_INDICATORS)


@pytest.mark.rule("SR-12")
def test_a_representative_gets_the_second_level_by_an_assessment_only(
    office: Office, assessor: Person
):
    representative, hr = office.hire("sales"), office.hire("hr")
    body = {"ladder": "promo_representative", "level": "level2"}
    assessment = published(assessor, representative)

    refused = hr.post(f"/v1/staff/{representative.id}/levels", body)
    by = {"assessment_id": assessment.rpartition("/")[2]}
    assigned = hr.post(f"/v1/staff/{representative.id}/levels", body | by)

    assert refused.refusal == (422, "needs_assessment", "assessment_id")
    assert refused.body["rule"] == "SR-12"
    assert assigned.carried_out == [Staff.LevelAssigned]
