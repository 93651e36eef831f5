"""The lives of who works here: appointed, trained, assessed, rewarded, fined, met with, audited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.ledger import Entry
from domain.staff import Staff
from domain.ticket import Ticket
from tests.journeys.systems.looking import YEAR, behind, then
from tests.rules.assessing import alike, rate, scored
from tests.rules.assessing import opened as assessed
from tests.rules.ledger import Judged, in_house, taken
from tests.support.facts import C1
from tests.support.files import approve, client, cny, grade
from tests.support.http import ADMIN, Office, id_in, opened
from tests.support.steps import at, done, of_the_house, report, step, surveyed

LETTERS = "ABCDEFGHIJ"
DUTY = {"verb": "受理", "noun": "客户咨询", "fair_role": "executor"}
ASKED = {"kind": "competence", "what": "普通话标准、流利"}


def test_am_an_account_manager_is_appointed_limited_assessed_ranked_paid_and_promoted(
    office: Office,
) -> None:
    assessor, hr, chief = (office.hire(role) for role in ("assessor", "hr", "general_manager"))
    head, boss, finance = (office.hire(r) for r in ("department_head", "cs_supervisor", "finance"))
    am = office.hire("account_manager", superior=head)
    said = {"ethics": True, "no_bad_record": True, "healthy": True, "education": "college"}
    ticket = of_the_house(am, "account-manager", staff=str(am.id), experience_months=14, **said)

    too_early = step(hr, ticket, "appoint")
    done(assessor, ticket, "check_eligibility")
    done(assessor, ticket, "assess", assessment=str(UUID(int=1)))
    done(assessor, ticket, "certify", level="trainee", valid_until="2028-12-31")
    done(hr, ticket, "appoint")
    level = {"ladder": "am_level", "level": "trainee", "ticket_id": str(id_in(ticket))}
    given = hr.post(f"/v1/staff/{am.id}/levels", level)

    # a trainee looks after no diamond
    diamond, small = client(am, "大户"), client(am, "小户")
    grade(am, diamond, "tier", income=cny(600_000_000))
    approve(chief, diamond, "tier")
    office.catch_up()
    refused = boss.post(f"{diamond}/assignment", {"staff_id": str(am.id)})
    allowed = boss.post(f"{small}/assignment", {"staff_id": str(am.id)})

    # a month by figures, the quarter by people
    for _ in range(3):
        words = {"procedure": "am-activity", "channel": "phone", "matter": "新客户"}
        am.post("/v1/tickets", words | {"client_id": str(C1), "form": {"kind": "new_client"}})
    office.catch_up()
    month = assessed(assessor, "am_quantitative", am, "2026-11")
    assessor.post(f"{month}/measurement")
    quarter = assessed(assessor, "account_manager", am)
    rate(am, quarter, "self", alike(80, LETTERS))
    told_by = {"client_id": str(id_in(small))}
    rate(assessor, quarter, "client_sample", alike(90, LETTERS), **told_by)
    own = rate(am, quarter, "head", alike(100, LETTERS))
    rate(head, quarter, "head", alike(85, LETTERS))
    for end in ("conclusion", "publication"):
        assert assessor.post(f"{quarter}/{end}").status == 200

    # ranked, and the bonus proposed, decided, and paid in January
    scored(assessor, am, 88, "2026-Q4")
    office.catch_up()
    ranked = assessor.post("/v1/rankings", {"scheme": "staff", "period": "2026-Q4"})
    [bonus] = [event for event in ranked.events if isinstance(event, Entry.Proposed)]
    path = f"/v1/ledger/entries/{bonus.originator_id}"
    by_am = am.post(f"{path}/decision", {"reason": "应得"})
    chief.post(f"{path}/decision", {"reason": "考核排名"})
    in_november = finance.post(f"{path}/execution", {"mode": "wage"})
    trainee = office.now
    office.now = at("2027-01-10T10:00:00")
    paid = finance.post(f"{path}/execution", {"mode": "wage"})
    level = {"ladder": "am_level", "level": "grade2", "assessment_id": str(id_in(quarter))}
    promoted = hr.post(f"/v1/staff/{am.id}/levels", level)

    assert too_early.refusal[:2] == (409, "step_not_possible")
    assert (given.carried_out, promoted.carried_out) == ([Staff.LevelAssigned],) * 2
    assert refused.refusal == (422, "manager_level_too_low", "staff_id")
    assert allowed.status == 200
    assert assessor.get(month).body["indicators"]["new_clients"]["figure"] == "3"
    assert own.refusal == (403, "own_assessment", None)
    assert am.get(quarter).body["score"] == "86"
    assert by_am.refusal == (403, "forbidden", None)
    assert in_november.refusal == (409, "not_payable_yet", None)
    assert paid.carried_out == [Entry.Executed]
    was = then(head, f"/v1/staff/{am.id}", trainee)["levels"]["am_level"]["level"]
    assert (was, promoted.event.level) == ("trainee", "grade2")
    rewards = report(chief, "assessment-plan/ranking_rewards", YEAR)["groups"]
    mine = [g for g in rewards if g["by"]["entry.holder"] == f"staff:{am.id}"]
    assert [g["measures"]["amount"]["value"] for g in mine] == ["1500"]


def test_sr_a_post_is_described_filled_acknowledged_and_left(office: Office) -> None:
    head, hr, other_hr = office.hire("department_head"), office.hire("hr"), office.hire("hr")
    boss, above = office.hire("cs_supervisor"), office.hire("director")
    s1 = office.hire("staff", superior=boss)
    office.person(ADMIN).post(f"/v1/staff/{boss.id}/superior", {"superior_id": str(above.id)})
    about = {"post": "客服专员", "department": "客服部", "submit_by": "2026-12-01"}
    post = of_the_house(hr, "post-description", **about)

    incomplete = step(head, post, "define_post", duties=[DUTY])
    done(head, post, "define_post", duties=[DUTY], qualifications=[ASKED])
    own = step(head, post, "approve_post")
    done(other_hr, post, "approve_post")
    office.now += timedelta(days=1)
    done(s1, post, "acknowledge_post")
    file = of_the_house(boss, "subordinates", staff=str(s1.id))
    done(boss, file, "assess_subordinate", result="good", grounds="服务热情")
    done(boss, file, "propose_redeployment", to_post="前台")
    early = step(boss, file, "redeploy")
    proposed = office.now
    office.now += timedelta(days=1)
    done(above, file, "approve_redeployment")
    moved = done(boss, file, "redeploy")

    assert incomplete.refusal == (422, "form_incomplete", "form.qualifications")
    assert own.status == 403
    assert early.refusal == (409, "guard_refused", None)
    assert moved.events[0].form == {"to_post": "前台"}
    assert then(head, file, proposed)["version"] < head.get(file).body["version"]
    assert str(id_in(post)) in behind(head, "post-description/posts")
    posts = report(head, "post-description/posts", YEAR)["list"]
    assert [DUTY] in [row["define_post.duties"] for row in posts]
    checks = head.get("/v1/policy/checks").body["items"]
    unread = [row["each"] for row in checks if row["check"] == "post_acknowledged"]
    assert (str(s1.id) in unread, str(boss.id) in unread) == (False, True)


def test_rw_a_contract_is_signed_paid_in_parts_and_its_commission_paid_out(office: Office) -> None:
    judged = Judged(office)
    form = {"order": "H-77", "amount": "10000", "salesperson": str(judged.s1.id)}
    ticket = in_house(judged.colleague, "quote-order", **form)

    taken(judged.finance, ticket, "record_payment", amount="4000")
    judged.claim()
    before = judged.proposed()
    half = office.now
    office.now += timedelta(days=7)
    taken(judged.finance, ticket, "record_payment", amount="6000")
    judged.claim()
    [commission] = judged.proposed()
    entry = f"/v1/ledger/entries/{commission['entry_id']}"
    own = judged.s1.post(f"{entry}/decision", {"reason": "应得"})
    judged.decide(commission["entry_id"])
    unconfirmed = judged.finance.post(f"{entry}/execution", {"mode": "wage"})
    judged.finance.post(f"{entry}/confirmation")
    paid = judged.finance.post(f"{entry}/execution", {"mode": "wage"})
    reversed_ = judged.manager.post(f"{entry}/reversal", {"reason": "退货"})

    assert (before, commission["amount"]) == ([], 50_000)
    assert own.refusal == (403, "forbidden", None)
    assert unconfirmed.refusal == (409, "not_confirmed", None)
    assert (paid.carried_out, reversed_.status) == ([Entry.Executed], 200)
    lines = judged.statement()["entries"]
    assert [row["amount"] for row in lines] == [50_000, -50_000]
    assert judged.total("commission") == 0
    stranger = office.hire("staff").get(f"/v1/ledger/staff/{judged.s1.id}")
    assert stranger.refusal[0] == 403
    assert (
        then(judged.colleague, ticket, half)["version"]
        < judged.colleague.get(ticket).body["version"]
    )
    sums = report(judged.manager, "rewards/commission", YEAR)["groups"]
    mine = [g for g in sums if g["by"]["entry.holder"] == f"staff:{judged.s1.id}"]
    assert sum(int(g["measures"]["amount"]["value"]) for g in mine) == 0


def test_pn_being_late_is_recorded_fined_appealed_against_and_taken_back(office: Office) -> None:
    judged, above = Judged(office), office.hire("general_manager")
    own = judged.s1.post(
        f"/v1/staff/{judged.s1.id}/misconduct", {"code": "late", "evidence": "自述"}
    )
    unproven = judged.colleague.post(f"/v1/staff/{judged.s1.id}/misconduct", {"code": "late"})

    first = judged.record("late", occurred_at="2026-11-02T08:40:00+08:00")
    second = judged.record("late", occurred_at="2026-11-10T08:40:00+08:00")
    groundless = judged.manager.post(f"/v1/ledger/entries/{first}/decision", {"sanction": "fine"})
    for entry in (first, second):
        judged.decide(entry, sanction="fine")
    fined = judged.total("penalty")
    office.now += timedelta(days=1)
    appeal = judged.s1.post(f"/v1/ledger/entries/{second}/appeal", {"reason": "外勤未登记"})
    same = judged.manager.post(
        f"/v1/ledger/entries/{second}/appeal/decision", {"verdict": "upheld", "reason": "属实"}
    )
    upheld = above.post(
        f"/v1/ledger/entries/{second}/appeal/decision", {"verdict": "upheld", "reason": "属实"}
    )
    third = judged.entry(judged.record("late", occurred_at="2026-11-20T08:40:00+08:00"))

    assert own.refusal == (403, "own_conduct", None)
    assert unproven.refusal == (422, "invalid", "evidence")
    assert groundless.refusal == (422, "invalid", "reason")
    assert fined == 6_000
    assert appeal.status == 200
    assert same.refusal == (403, "own_entry", None)
    assert upheld.status == 200
    assert (judged.total("penalty"), third["nth"]) == (2_000, 2)
    assert len(judged.file()) == 3
    sums = report(judged.manager, "discipline/penalty_ledger", "from=2026-11-01&to=2026-12-01")
    mine = [g for g in sums["groups"] if g["by"]["entry.holder"] == f"staff:{judged.s1.id}"]
    assert sum(int(g["rows"]) for g in mine if g["by"]["entry.state"] == "decided") == 3


def test_tn_a_training_is_given_by_card_counted_and_made_up_for(office: Office) -> None:
    trainer, s1, s2 = office.hire("trainer"), office.hire("staff"), office.hire("staff")
    office.now = at("2026-11-24T13:50:00")
    course = {
        "topic": "safety",
        "content": "用电安全",
        "method": "offline",
        "held_at": "2026-11-24T14:00:00+08:00",
        "hours": "2",
        "cards": ["K-1", "K-2"],
    }
    training = of_the_house(trainer, "training", **course)
    years = {
        one.id: of_the_house(
            trainer, "training-hours", period="2026", staff=str(one.id), minimum=15
        )
        for one in (s1, s2)
    }

    forged = step(trainer, training, "admit", attendee=str(s1.id), card="K-9")
    done(trainer, training, "admit", attendee=str(s1.id), card="K-1")
    office.now = at("2026-11-24T14:01:00")
    late = step(trainer, training, "admit", attendee=str(s2.id), card="K-2")
    done(trainer, training, "hold_training", attendees=[str(s1.id)])
    early = step(trainer, training, "archive_training")
    planned = office.now
    office.now += timedelta(days=1)
    passed = [{"attendee": str(s1.id), "result": "pass", "score": "91"}]
    done(trainer, training, "record_results", results=passed)
    done(trainer, training, "archive_training")
    for hours, who in (("15", s1), ("3", s2)):
        done(trainer, years[who.id], "log_hours", hours=hours, topic="用电安全")
    by_s2 = step(s2, years[s2.id], "log_hours", hours="12", topic="自学")
    office.now = at("2027-01-01T00:00:01")
    office.tick()

    assert (forged.refusal[:2], late.refusal[:2]) == (
        (403, "guard_forbids"),
        (409, "guard_refused"),
    )
    assert early.body["rule"] == "TN-01"
    assert by_s2.refusal[:2] == (403, "not_for_you")
    assert then(s1, training, planned)["state"] == "held"
    assert s1.get(f"{years[s1.id]}/obligations/minimum_hours-1").body["status"] == "met"
    assert s2.get(f"{years[s2.id]}/obligations/minimum_hours-1").body["status"] == "overdue"
    short = report(trainer, "training-hours/short", YEAR)["list"]
    told = {row["opened.staff"]: row["log_hours.total"] for row in short}
    assert (told.get(str(s1.id)), told[str(s2.id)]) == (None, "3")
    assert str(id_in(years[s2.id])) in behind(trainer, "training-hours/short")


def test_mg_a_week_is_planned_met_about_instructed_on_and_reported_late(office: Office) -> None:
    office.now = at("2026-11-23T08:00:00")
    s1, boss = office.hire("business"), office.hire("cs_supervisor")
    week: dict[str, Any] = {"kind": "weekly", "period": "2026-W48", "staff": str(s1.id)}
    weekly = of_the_house(s1, "work-report", **week)
    plan = of_the_house(s1, "month-plan", period="2026-11")
    office.now = at("2026-11-30T16:00:00")
    done(s1, plan, "submit_month", summary="完成八件", next_plan="回访", manager=str(boss.id))
    own = step(s1, plan, "give_instruction", instruction="继续")
    planned = office.now

    office.now = at("2026-11-30T17:00:00")
    office.tick()
    reported = done(s1, weekly, "submit_report", content="本周工作")
    given = done(boss, plan, "give_instruction", instruction="抓紧回访")

    assert own.refusal == (403, "guard_forbids", None)
    assert s1.get(f"{weekly}/obligations/weekly_report-1").body["status"] == "met_late"
    assert Ticket.TimeKept in reported.stored
    assert given.status == 200
    assert then(boss, plan, planned)["version"] < boss.get(plan).body["version"]
    history = boss.get(f"{weekly}/history").body["items"]
    assert "ticket.time-breached" in [row["topic"] for row in history]
    late = report(boss, "work-report/late", YEAR)["groups"]
    assert "weekly_report" in [row["by"]["obligation.name"] for row in late]
    assert str(id_in(weekly)) in behind(boss, "work-report/late")


def test_sq_a_week_is_audited_what_stays_red_is_improved(office: Office) -> None:
    handler, auditor = office.hire("cs_officer"), office.hire("cs_supervisor")
    director = office.hire("director")
    ticket = opened(handler)
    audit = of_the_house(auditor, "quality-sample", period="2026-W48")
    found = {"ticket": str(id_in(ticket)), "scores": 80, "findings": [{"defect": "read_back"}]}

    own = step(auditor, audit, "audit_ticket", **found, staff=str(auditor.id))
    done(auditor, audit, "audit_ticket", **found, staff=str(handler.id))
    audited = office.now
    reds = []
    for month in (10, 11):
        office.now = at(f"2026-{month}-20T09:00:00")
        surveyed(auditor, "4.25")
        office.now = at(f"2026-{month + 1}-01T09:00:00")
        office.catch_up()
        said = {"metric": "survey/score", "period": f"2026-{month}"}
        reds.append(of_the_house(auditor, "metric-review", **said))
        done(auditor, reds[-1], "evaluate_metric")
        office.catch_up()
    too_early = auditor.post(f"{reds[1]}/closure")
    done(auditor, reds[1], "plan_improvement", measures="复述口令", by_day="2026-12-20")
    by_auditor = step(auditor, reds[1], "confirm_effect", effective=True)
    planned = office.now
    office.now += timedelta(days=5)
    done(auditor, reds[1], "execute_improvement", done="已培训")
    done(director, reds[1], "confirm_effect", effective=True)

    assert own.refusal == (403, "guard_forbids", None)
    assert too_early.refusal == (409, "obligation_open", None)
    assert by_auditor.refusal == (409, "step_not_possible", None)
    assert auditor.get(reds[1]).body["is_closed"] is True
    assert then(handler, reds[1], planned)["is_closed"] is False
    defects = report(director, "quality-sample/defects", YEAR)["groups"]
    cards = [g["by"] for g in defects if g["by"]["form.staff"] == str(handler.id)]
    assert cards == [{"form.staff": str(handler.id), "form.defect": "read_back"}]
    assert str(id_in(audit)) in behind(director, "quality-sample/defects")
    assert then(handler, audit, audited)["is_closed"] is False
