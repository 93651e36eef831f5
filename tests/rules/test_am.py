"""客户经理制: who becomes account manager, how they are assessed, and what they do."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from domain.assessment import Assessment
from domain.pack import Pack
from domain.staff import Staff
from domain.ticket import Ticket
from tests.interface.given import READS
from tests.rules.assessing import alike, assessor_of, final, opened, published, rate, step
from tests.support.facts import C1
from tests.support.http import DRAFTER, Office, Person

LETTERS = "ABCDEFGHIJ"
AM_RATED = (
    *("quality", "quantity", "efficiency", "customer_evaluation", "discipline", "coordination"),
    *("responsibility", "initiative", "competitiveness", "product_development", "promotion"),
    "client_analysis",
)
MONTH = "from=2026-11-01&to=2026-12-01"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.fixture
def assessor(office: Office) -> Person:
    return assessor_of(office)


def matter(person: Person, procedure: str, /, **form: Any) -> str:
    """A ticket of nobody's but the house's."""
    words = {"procedure": procedure, "channel": "internal", "matter": "客户经理"}
    answer = person.post("/v1/tickets", words | {"form": form})
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


def application(person: Person, **otherwise: Any) -> str:
    form: dict[str, Any] = {
        "staff": str(person.id),
        "ethics": True,
        "no_bad_record": True,
        "healthy": True,
        "education": "college",
        "experience_months": 12,
    }
    return matter(person, "account-manager", **form | otherwise)


def appointed(office: Office, person: Person, level: str, assessor: Person) -> None:
    """Through all of the appointment, up to the level."""
    ticket, hr = application(person), office.hire("hr")
    assessment = {"assessment": str(UUID(int=1))}
    answers = [
        step(assessor, ticket, "check_eligibility"),
        step(assessor, ticket, "assess", **assessment),
        step(assessor, ticket, "certify", level=level, valid_until="2028-12-31"),
        step(hr, ticket, "appoint"),
        assign(hr, person, level, ticket_id=ticket.rpartition("/")[2]),
    ]
    assert [answer.status for answer in answers] == [200] * 5


def assign(hr: Person, person: Person, level: str, **more: Any) -> Any:
    body = {"ladder": "am_level", "level": level} | more
    return hr.post(f"/v1/staff/{person.id}/levels", body)


def by_assessment(assessor: Person, person: Person) -> dict[str, str]:
    return {"assessment_id": published(assessor, person).rpartition("/")[2]}


@pytest.mark.rule("AM-01")
def test_a_department_that_does_not_answer_in_time_is_charged_with_it(office: Office):
    manager = office.hire("account_manager")
    due = "2026-11-24T12:00:00+08:00"
    request = matter(
        manager, "resource-request", department="engineering", what="检修班组", due=due
    )

    office.now = at("2026-11-24T12:01:00")
    office.tick()

    [late] = manager.get("/v1/obligations?unit=engineering&overdue=true").body["items"]
    assert f"/v1/tickets/{late['ticket_id']}" == request
    assert (late["key"], late["status"]) == ("resource_answer-1", "overdue")
    assert late["breached_at"] is not None


@pytest.mark.rule("AM-02")
def test_eleven_months_of_experience_are_not_enough(office: Office, assessor: Person):
    ticket = application(office.hire(), experience_months=11)

    refused = step(assessor, ticket, "check_eligibility")
    turned_down = step(assessor, ticket, "turn_down", ground="电力业务工作经历不满一年")

    assert refused.refusal == (422, "form_refused", None)
    assert refused.body["rule"] == "AM-02"
    assert "not eligible (experience<12)" in refused.body["detail"]
    assert assessor.get(ticket).body["state"] == "not_eligible"
    assert Ticket.StepTaken in turned_down.stored


@pytest.mark.rule("AM-02")
@pytest.mark.parametrize(
    "lacking", [{"ethics": False}, {"no_bad_record": False}, {"healthy": False},
                {"education": "secondary"}],
)  # fmt: skip
def test_every_condition_has_to_hold(office: Office, assessor: Person, lacking: dict[str, Any]):
    ticket = application(office.hire(), **lacking)

    refused = step(assessor, ticket, "check_eligibility")

    assert (refused.status, refused.body["rule"]) == (422, "AM-02")


@pytest.mark.rule("AM-03")
def test_who_was_reviewed_but_not_assessed_is_not_appointed(office: Office, assessor: Person):
    s1, hr = office.hire(), office.hire("hr")
    ticket = application(s1)
    step(assessor, ticket, "check_eligibility")

    refused = step(hr, ticket, "appoint")
    no_level = assign(hr, s1, "trainee", ticket_id=ticket.rpartition("/")[2])

    assert refused.refusal[:2] == (409, "step_not_possible")
    assert no_level.refusal == (422, "needs_assessment", "ticket_id")
    assert no_level.body["rule"] == "AM-03"


@pytest.mark.rule("AM-03")
def test_who_was_certified_is_appointed_and_gets_a_level_for_a_time(
    office: Office, assessor: Person
):
    s1, hr = office.hire(), office.hire("hr")
    ticket = application(s1)
    step(assessor, ticket, "check_eligibility")
    step(assessor, ticket, "assess", assessment=str(UUID(int=1)))
    step(assessor, ticket, "certify", level="trainee", valid_until="2027-11-23")
    step(hr, ticket, "appoint")
    until = {"valid_until": "2027-11-23T00:00:00+08:00"}

    assigned = assign(hr, s1, "trainee", ticket_id=ticket.rpartition("/")[2], **until)

    assert assigned.carried_out == [Staff.LevelAssigned]
    level = s1.get(f"/v1/staff/{s1.id}").body["levels"]["am_level"]
    assert (level["level"], level["until"]) == ("trainee", "2027-11-23T00:00:00+08:00")


@pytest.mark.rule("AM-04")
def test_five_parts_are_weighted_for_the_selection(office: Office, assessor: Person):
    applicant = office.hire()
    assessment = opened(assessor, "am_selection", applicant, "2026-autumn")
    parts = ("education", "experience", "performance", "written", "interview")
    rate(assessor, assessment, "panel", dict(zip(parts, (80, 90, 85, 70, 88), strict=True)))

    told = assessor.get(final(assessor, assessment)).body

    assert told["score"] == "83.1"


@pytest.mark.rule("AM-05")
def test_there_are_four_levels_and_no_third_grade(office: Office, assessor: Person):
    s1, hr = office.hire("account_manager"), office.hire("hr")
    by = by_assessment(assessor, s1)

    refused = assign(hr, s1, "grade 3", **by)
    allowed = [assign(hr, s1, level, **by) for level in ("trainee", "grade2", "grade1", "senior")]

    assert refused.refusal == (422, "unknown_level", "level")
    assert refused.body["facts"]["allowed"] == ["trainee", "grade2", "grade1", "senior"]
    assert [answer.carried_out for answer in allowed] == [[Staff.LevelAssigned]] * 4


@pytest.mark.rule("AM-07")
def test_a_senior_leads_the_first_grade_and_not_the_other_way_round(
    office: Office, assessor: Person
):
    senior, grade1, hr = office.hire(), office.hire(), office.hire("hr", "administrator")
    for person, level in ((senior, "senior"), (grade1, "grade1")):
        assign(hr, person, level, **by_assessment(assessor, person))

    refused = hr.post(f"/v1/staff/{senior.id}/superior", {"superior_id": str(grade1.id)})
    accepted = hr.post(f"/v1/staff/{grade1.id}/superior", {"superior_id": str(senior.id)})

    assert refused.refusal == (422, "level_too_low", "superior_id")
    assert refused.body["rule"] == "AM-07"
    assert accepted.carried_out == [Staff.SuperiorNamed]


@pytest.mark.rule("AM-09")
def test_a_trainee_approves_no_other_price(office: Office, assessor: Person):
    s5, hr = office.hire("account_manager"), office.hire("hr")
    appointed(office, s5, "trainee", assessor)
    price = {"minor_units": 88000, "currency": "CNY"}
    ticket = matter(office.hire("sales"), "requote", price=price)

    refused = step(s5, ticket, "approve_requote")
    assign(hr, s5, "grade2", **by_assessment(assessor, s5))
    approved = step(s5, ticket, "approve_requote")

    assert refused.refusal == (403, "guard_forbids", None)
    assert refused.body["rule"] == "AM-09"
    assert approved.status == 200


def weighted(performance: str, behaviour: str, ability: str) -> dict[str, Any]:
    weights = {"performance": performance, "behaviour": behaviour, "ability": ability}
    scheme = {
        "title": "客户经理考核",
        "heaviest": "performance",
        "groups": {name: {"title": name, "weight": w} for name, w in weights.items()},
        "raters": {"head": {"title": "主管", "who": "superior"}},
        "indicators": {name: {"title": name, "group": name} for name in weights},
    }
    steps = {"end": {"title": "结束", "from": ["begun"], "to": "done"}}
    procedure = {"register": "r", "initial": "begun", "final": ["done"], "steps": steps}
    pack = {"pack": "am-weights", "version": 1, "title": "权重", "procedure": procedure}
    return pack | {"schemes": {"weights": scheme}}


@pytest.mark.rule("AM-10")
@pytest.mark.parametrize(
    ("weights", "fault"),
    [
        ((".3", ".4", ".3"), "performance has to have the largest weight"),
        ((".4", ".4", ".2"), "performance has to have the largest weight"),
        ((".5", ".3", ".3"), "the weights add up to 1.1, not 1"),
    ],
)
def test_performance_has_the_largest_weight(
    office: Office, weights: tuple[str, str, str], fault: str
):
    content = weighted(*weights)

    refused = office.person(DRAFTER).post("/v1/packs/am-weights/versions", {"content": content})

    assert refused.refusal == (422, "pack_invalid", "content")
    assert fault in refused.body["detail"]


@pytest.mark.rule("AM-10")
def test_half_for_performance_is_accepted(office: Office):
    content = weighted(".5", ".3", ".2")

    drafted = office.person(DRAFTER).post("/v1/packs/am-weights/versions", {"content": content})

    assert drafted.stored == [Pack.Named, Pack.Drafted]


@pytest.mark.rule("AM-11")
def test_the_scheme_names_what_is_looked_at(assessor: Person):
    indicators = assessor.get("/v1/schemes/am").body["indicators"]

    groups = [indicator["group"] for indicator in indicators]
    assert groups.count("performance") == 4
    assert groups.count("behaviour") >= 5
    assert groups.count("ability") >= 4


def check(assessor: Person, inspected: Person, *kinds: str) -> str:
    return opened(assessor, "inspection", inspected, "2026-11-24-1", kinds=list(kinds))


@pytest.mark.rule("AM-12")
def test_nobody_is_told_of_a_random_check_before_it_starts(office: Office, assessor: Person):
    s1 = office.hire("account_manager", "assessor")
    planned = check(assessor, s1, "random", "off_site", "non_routine", "focal", "internal")
    s1_read = [path for path in READS if path.startswith("/v1/desk")]

    hidden = s1.get(planned)
    before = [s1.get(path).body for path in ("/v1/assessments", *s1_read)]
    guessed = s1.post(f"{planned}/appeal", {"reason": "不公"})
    told = assessor.get("/v1/assessments").body["items"]
    assessor.post(f"{planned}/start", {"methods": ["inquiry"]})
    [after] = s1.get("/v1/assessments").body["items"]

    assert hidden.refusal == (404, "not_found", "assessment_id")
    assert guessed.refusal == (404, "not_found", "assessment_id")
    assert planned.rpartition("/")[2] not in str(before)
    assert [row["assessment_id"] for row in told] == [planned.rpartition("/")[2]]
    assert (after["assessment_id"], after["state"]) == (planned.rpartition("/")[2], "open")
    assert s1.get(planned).status == 200


@pytest.mark.rule("AM-12")
def test_a_scheduled_check_is_told_at_once_and_of_known_kinds(office: Office, assessor: Person):
    s1 = office.hire("account_manager")
    body = {"scheme": "inspection", "subject_id": str(s1.id), "period": "2026-11-25-1"}

    planned = check(assessor, s1, "scheduled", "off_site")
    unknown = assessor.post("/v1/assessments", body | {"kinds": ["secret"]})

    assert s1.get(planned).body["state"] == "planned"
    assert unknown.refusal == (422, "invalid", "kinds")


@pytest.mark.rule("AM-13")
def test_an_on_site_check_needs_a_permit(office: Office, assessor: Person):
    planned = check(assessor, office.hire("account_manager"), "on_site", "scheduled")
    methods = {"methods": ["stock_taking", "observation"]}

    refused = assessor.post(f"{planned}/start", methods)
    unknown = assessor.post(f"{planned}/start", {"methods": ["guessing"], "permit": "K-17"})
    started = assessor.post(f"{planned}/start", methods | {"permit": "考察证2026-17"})

    assert refused.refusal == (422, "invalid", "permit")
    assert refused.body["rule"] == "AM-13"
    assert unknown.refusal == (422, "invalid", "methods")
    assert started.carried_out == [Assessment.Started]
    assert started.event.methods == ["observation", "stock_taking"]


def plan_2026(person: Person) -> str:
    words = dict.fromkeys(("purpose", "principle", "content", "time"), "见附件")
    return matter(person, "assessment-plan", year=2026, **words)


@pytest.fixture
def trained(office: Office, assessor: Person) -> Person:
    """An assessor who is certified to assess."""
    hr = office.hire("administrator")
    assert hr.post(f"/v1/staff/{assessor.id}/competences", {"competence": "assessor"}).status == 200
    return assessor


READY = {"methods": ["打分"], "standards": ["办法"], "assessors_trained": True}


@pytest.mark.rule("AM-14")
def test_scores_are_taken_while_the_plan_is_collecting(office: Office, trained: Person):
    plan = plan_2026(trained)
    subject = office.hire("account_manager")
    assessment = opened(trained, "am", subject, "2026", plan_id=plan.rpartition("/")[2])

    refused = rate(trained, assessment, "head", alike(80, AM_RATED))
    step(trained, plan, "prepare", **READY)
    step(trained, plan, "collect")
    accepted = rate(trained, assessment, "head", alike(80, AM_RATED))

    assert refused.refusal == (409, "plan_not_collecting", None)
    assert refused.body["rule"] == "AM-14"
    assert accepted.carried_out == [Assessment.Rated]


@pytest.mark.rule("AM-10")
def test_the_score_of_the_year_is_the_weighted_sum_of_three_in_the_report_too(
    office: Office, trained: Person
):
    plan = plan_2026(trained)
    step(trained, plan, "prepare", **READY)
    step(trained, plan, "collect")
    plan_id = plan.rpartition("/")[2]
    assessment = opened(trained, "am", office.hire("account_manager"), "2026", plan_id=plan_id)
    indicators = trained.get("/v1/schemes/am").body["indicators"]
    by_group = {"performance": 80, "behaviour": 60, "ability": 40}
    rated = {i["code"]: by_group[i["group"]] for i in indicators if i["kind"] == "rated"}
    assert rate(trained, assessment, "head", rated).status == 200
    items = {"task_completion": {"plan": 10, "actual": 10}}
    assert trained.post(f"{assessment}/comparison", {"items": items}).status == 200
    final(trained, assessment)

    report = trained.get("/v1/reports/account-manager/scores?period=2026&lineage=true").body

    [group] = report["groups"]
    told = {name: figure["value"] for name, figure in group["measures"].items()}
    assert told == {"score": "68.5", "performance": "85", "behaviour": "60", "ability": "40"}
    [line] = report["lineage"]
    words = [event["word"] for event in line["events"]]
    assert words == ["opened", "rated", "plan-compared", "finalised"]
    assert line["pack"] == "account-manager@1"


@pytest.mark.rule("AM-14")
def test_there_is_one_plan_a_year(office: Office, trained: Person):
    plan_2026(trained)
    second = plan_2026(trained)
    office.catch_up()

    refused = step(trained, second, "prepare", **READY)

    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["rule"] == "AM-14"


@pytest.mark.rule("TN-10")
def test_an_assessor_who_was_not_trained_does_not_score(office: Office, trained: Person):
    plan = plan_2026(trained)
    step(trained, plan, "prepare", **READY)
    step(trained, plan, "collect")
    subject, untrained = office.hire("account_manager"), assessor_of(office)
    assessment = opened(trained, "am", subject, "2026", plan_id=plan.rpartition("/")[2])

    refused = rate(untrained, assessment, "head", alike(80, AM_RATED))

    assert refused.refusal == (409, "assessor_not_trained", None)
    assert refused.body["rule"] == "TN-10"


def client(person: Person, number: int) -> str:
    """A client's id, once they are on file."""
    client_id = str(UUID(int=0xCC << 96 | 0x4000 << 64 | 0x8 << 60 | number))
    person.post("/v1/clients", {"client_id": client_id, "name": f"客户{number}"})
    return client_id


def qualitative(
    office: Office, assessor: Person, *, of_clients: tuple[int, ...] = (80,)
) -> tuple[Person, Person, str]:
    """Rated by themselves (70), by clients, and by their head (90)."""
    head = office.hire("cs_supervisor")
    manager = office.hire("account_manager", superior=head)
    assessment = opened(assessor, "account_manager", manager)
    rate(manager, assessment, "self", alike(70, LETTERS))
    for number, score in enumerate(of_clients):
        told_by = {"client_id": client(assessor, number)}
        rate(assessor, assessment, "client_sample", alike(score, LETTERS), **told_by)
    rate(head, assessment, "head", alike(90, LETTERS))
    return manager, head, assessment


@pytest.mark.rule("AM-15")
def test_what_was_judged_unfair_does_not_count_and_stays(office: Office, assessor: Person):
    manager, _, assessment = qualitative(office, assessor, of_clients=(80, 20))

    before = assessor.get(assessment).body
    unfair = [r["rating"] for r in before["ratings"] if r["scores"]["A"] == "20"]
    nobody_says_why = assessor.post(f"{assessment}/ratings/{unfair[0]}/judgement", {"fair": False})
    judged = assessor.post(
        f"{assessment}/ratings/{unfair[0]}/judgement", {"fair": False, "reason": "与本人有纠纷"}
    )
    after = assessor.get(assessment).body

    assert nobody_says_why.refusal == (422, "invalid", "reason")
    assert judged.carried_out == [Assessment.EvaluationJudged]
    assert (before["score"], after["score"]) == ("70", "82")  # 14 + 20 + 36, and 14 + 32 + 36
    assert after["score_with_all"] == "70"
    assert [(r["scores"]["A"], r["fair"]) for r in after["ratings"]] == [
        *(("70", None), ("80", None)),
        *(("20", False), ("90", None)),
    ]
    own = manager.post(f"{assessment}/ratings/rating-1/judgement", {"fair": True})
    assert own.refusal == (403, "forbidden", None)


@pytest.mark.rule("AM-15")
@pytest.mark.rule("RW-13")
def test_a_result_leads_to_another_level_and_is_fed_back(office: Office, assessor: Person):
    manager, _, assessment = qualitative(office, assessor)
    appointed(office, manager, "trainee", assessor)
    hr, by = office.hire("hr"), {"assessment_id": assessment.rpartition("/")[2]}

    without = assign(hr, manager, "grade2")
    too_early = assign(hr, manager, "grade2", **by)
    assessor.post(f"{final(assessor, assessment)}/publication")
    promoted = assign(hr, manager, "grade2", **by)

    assert without.refusal == (422, "needs_assessment", "assessment_id")
    assert too_early.refusal == (422, "needs_assessment", "assessment_id")
    assert promoted.carried_out == [Staff.LevelAssigned]
    assert (promoted.event.was, promoted.event.level) == ("trainee", "grade2")
    fed_back = manager.get(assessment).body
    assert fed_back["score"] == "82"
    assert {name for rating in fed_back["ratings"] for name in rating} == {
        *("rating", "rater", "scores", "fair")
    }


@pytest.mark.rule("AM-16")
def test_without_the_last_of_ten_criteria_nothing_is_final(office: Office, assessor: Person):
    head = office.hire("cs_supervisor")
    manager = office.hire("account_manager", superior=head)
    assessment = opened(assessor, "account_manager", manager)
    told_by = {"client_id": client(assessor, 1)}
    raters = ((manager, "self", {}), (assessor, "client_sample", told_by), (head, "head", {}))
    for rater, as_, more in raters:
        assert rate(rater, assessment, as_, alike(80, LETTERS[:-1]), **more).status == 200

    refused = assessor.post(f"{assessment}/conclusion")

    assert refused.refusal == (409, "assessment_incomplete", None)
    assert refused.body["detail"] == "J missing"
    assert refused.body["rule"] == "AM-16"


@pytest.mark.rule("AM-17")
def test_without_the_clients_it_is_incomplete(office: Office, assessor: Person):
    _, _, assessment = qualitative(office, assessor, of_clients=())

    told = assessor.get(assessment).body
    refused = assessor.post(f"{assessment}/conclusion")

    assert (told["status"], told["missing"]) == ("incomplete", ["client_sample"])
    assert refused.refusal == (409, "assessment_incomplete", None)


@pytest.mark.rule("AM-17")
def test_nobody_rates_as_somebody_else(office: Office, assessor: Person):
    manager, head, assessment = qualitative(office, assessor)
    scores = alike(100, LETTERS)

    as_head = rate(manager, assessment, "head", scores)
    as_self = rate(head, assessment, "self", scores)
    unnamed = rate(assessor, assessment, "client_sample", scores)

    assert as_head.refusal == (403, "own_assessment", None)
    assert as_self.refusal == (403, "not_your_rating", "rater")
    assert unnamed.refusal == (422, "invalid", "client_id")


def activity(person: Person, kind: str, /, **form: Any) -> None:
    words = {"procedure": "am-activity", "channel": "phone", "matter": "走访", "client_id": str(C1)}
    assert person.post("/v1/tickets", words | {"form": {"kind": kind} | form}).status == 201


@pytest.mark.rule("AM-18")
def test_new_clients_and_growth_are_taken_from_the_record(office: Office, assessor: Person):
    manager = office.hire("account_manager")
    office.now = at("2026-10-20T10:00:00")
    activity(manager, "volume", volume="110")
    office.now = at("2026-11-25T10:00:00")
    activity(manager, "volume", volume="132")
    for _ in range(3):
        activity(manager, "new_client")
    office.catch_up()
    assessment = opened(assessor, "am_quantitative", manager, "2026-11")

    measured = assessor.post(f"{assessment}/measurement")

    told = assessor.get(assessment).body["indicators"]
    assert measured.carried_out == [Assessment.Measured]
    assert (told["new_clients"]["figure"], told["volume_growth"]["figure"]) == ("3", "20")
    assert len(measured.event.form["new_clients"]["tickets"]) == 3


@pytest.mark.rule("AM-19")
def test_income_is_the_sum_of_three(office: Office):
    hr, manager = office.hire("hr"), office.hire("account_manager")
    ticket = matter(hr, "am-income", staff=str(manager.id), month="2026-11")

    computed = step(hr, ticket, "compute_income", base=4000, performance=1500, behaviour=300)

    assert computed.status == 200, computed.body
    assert computed.events[0].form["income"] == "5800"


@pytest.mark.rule("AM-20")
def test_activities_are_counted_by_their_code(office: Office):
    s1 = office.hire("account_manager")
    for kind in ("contact", "analysis", "contact", "analysis", "contact"):
        activity(s1, kind)

    report = s1.get(f"/v1/reports/am-activity/activities?{MONTH}").body

    counted = {g["by"]["opened.kind"]: g["measures"]["activities"]["value"]
               for g in report["groups"]}  # fmt: skip
    assert counted == {"contact": 3, "analysis": 2}


@pytest.mark.rule("AM-21")
def test_a_high_financial_risk_asks_for_a_report(office: Office):
    s1 = office.hire("account_manager")
    words = {"procedure": "am-monitoring", "channel": "internal", "matter": "动态监控"}
    ticket = s1.post("/v1/tickets", words | {"client_id": str(C1)}).headers["Location"]

    low = step(s1, ticket, "record_signal", kind="financial_risk", level="low")
    high = step(s1, ticket, "record_signal", kind="financial_risk", level="high")

    assert Ticket.TimePromised not in low.stored
    [promised] = [event for event in high.events if isinstance(event, Ticket.TimePromised)]
    assert promised.key == "risk_report-1"
    reported = step(s1, ticket, "report_risk", report="欠费三个月，建议预付费")
    assert Ticket.TimeKept in reported.stored


def work_plan(office: Office) -> tuple[Person, str]:
    """Whose it is, and the ticket of the plan of December."""
    office.now = at("2026-10-31T09:00:00")
    s1 = office.hire("account_manager")
    office.now = at("2026-11-01T09:00:00")
    office.catch_up()
    office.parts.schedules.tick(office.now)
    [row] = s1.get("/v1/tickets?procedure=am-work-plan").body["items"]
    return s1, f"/v1/tickets/{row['ticket_id']}"


@pytest.mark.rule("AM-22")
def test_december_begins_without_a_work_plan(office: Office):
    s1, ticket = work_plan(office)

    office.now = at("2026-12-01T00:00:01")
    office.tick()

    history = s1.get(f"{ticket}/history").body["items"]
    breaches = [e["details"]["key"] for e in history if e["topic"] == "ticket.time-breached"]
    assert breaches == ["work_plan-1"]


@pytest.mark.rule("AM-22")
def test_december_begins_with_a_work_plan(office: Office):
    s1, ticket = work_plan(office)
    plan = {"direction": "大客户", "objectives": ["新增三户"], "plan": "每周走访两户"}
    office.now = at("2026-11-30T20:00:00")
    step(s1, ticket, "submit_work_plan", **plan)

    office.now = at("2026-12-01T00:00:01")
    office.tick()

    topics = [entry["topic"] for entry in s1.get(f"{ticket}/history").body["items"]]
    assert "ticket.time-breached" not in topics
    assert "ticket.time-kept" in topics


@pytest.mark.rule("AM-23")
def test_a_commendation_is_on_file_with_giver_and_date(office: Office, manager: Person):
    s1 = office.hire("account_manager")

    given = manager.post(f"/v1/staff/{s1.id}/commendations", {"text": "客户来信表扬"})
    own = manager.post(f"/v1/staff/{manager.id}/commendations", {"text": "表扬"})
    no_colleague = manager.post(f"/v1/staff/{C1}/commendations", {"text": "表扬"})

    assert given.carried_out == [Staff.CommendationGiven]
    [listed] = s1.get(f"/v1/staff/{s1.id}").body["commendations"]
    assert listed == {
        "by": f"staff:{manager.id}",
        "at": "2026-11-23T12:00:00+08:00",
        "text": "客户来信表扬",
    }
    assert own.refusal == (403, "own_level", None)
    assert no_colleague.refusal == (404, "not_found", "staff_id")


@pytest.mark.rule("AM-24")
def test_an_interview_looks_at_nine_qualities(office: Office, assessor: Person):
    interview = opened(assessor, "am_interview", office.hire(), "2026-autumn")
    rate(assessor, interview, "panel", alike(80, "ABCDEFGH"))

    refused = assessor.post(f"{interview}/conclusion")
    rate(assessor, interview, "panel", alike(80, "ABCDEFGHI"))
    concluded = assessor.post(f"{interview}/conclusion")

    assert refused.refusal == (409, "assessment_incomplete", None)
    assert refused.body["facts"]["missing"] == ["I"]
    assert concluded.carried_out == [Assessment.Finalised]


@pytest.mark.rule("AM-25")
def test_the_same_seed_draws_the_same_clients(office: Office, assessor: Person):
    fifty = [str(UUID(int=0xDD << 96 | 0x4000 << 64 | 0x8 << 60 | n)) for n in range(50)]
    drawing = {"seed": 42, "size": 10, "clients": fifty}
    first, second = (
        opened(assessor, "account_manager", office.hire("account_manager")) for _ in range(2)
    )

    drawn = assessor.post(f"{first}/sample", drawing)
    again = assessor.post(f"{first}/sample", drawing)
    elsewhere = assessor.post(f"{second}/sample", drawing | {"clients": fifty[::-1]})
    other = assessor.post(f"{second}/sample", drawing | {"seed": 43})

    assert drawn.carried_out == elsewhere.carried_out == [Assessment.SampleDrawn]
    assert drawn.event.clients == elsewhere.event.clients
    assert len(set(drawn.event.clients)) == 10
    assert again.carried_out == []
    assert other.event.clients != drawn.event.clients


@pytest.mark.rule("AM-25")
def test_only_who_was_drawn_is_asked(office: Office, assessor: Person):
    clients = [client(assessor, number) for number in range(3)]
    assessment = opened(assessor, "account_manager", office.hire("account_manager"))
    drawing = {"seed": 7, "size": 1, "clients": clients}
    [drawn] = assessor.post(f"{assessment}/sample", drawing).event.clients
    left_out = next(one for one in clients if one != drawn)
    scores = alike(80, LETTERS)

    refused = rate(assessor, assessment, "client_sample", scores, client_id=left_out)
    asked = rate(assessor, assessment, "client_sample", scores, client_id=drawn)

    assert refused.refusal == (422, "invalid", "client_id")
    assert asked.carried_out == [Assessment.Rated]
