"""岗位与任职: what a post asks for, who holds it, who directs whom, and who answers for what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.ticket import Ticket
from tests.rules.test_mg import breached, ticked
from tests.rules.test_tn import BEFORE_A_POST, newcomer
from tests.support.facts import C1, LI_NA, M1, WANG_FANG, ZHAO_LEI
from tests.support.http import ADMIN, Answer, Office, Person, opened
from tests.support.steps import at, done, of_the_house, report, step

S1, S2, S3 = LI_NA, WANG_FANG, ZHAO_LEI

DUTY = {"verb": "受理", "noun": "客户咨询", "fair_role": "executor"}
ASKED = {"kind": "competence", "what": "普通话标准、流利"}


def post_asked_for(office: Office) -> tuple[Person, str]:
    """The head of a department, and the description that is asked of it by 1 December."""
    head, hr = office.hire("department_head"), office.hire("hr")
    form = {"post": "客服专员", "department": "客服部", "submit_by": "2026-12-01"}
    return head, of_the_house(hr, "post-description", **form)


@pytest.mark.rule("SR-01")
def test_a_post_without_qualifications_is_refused_and_one_that_comes_late_is_missed(office: Office):
    head, post = post_asked_for(office)

    refused = step(head, post, "define_post", duties=[DUTY])
    missed = ticked(office, "2026-12-02T00:00:01")
    late = report(head, "post-description/not_submitted", "from=2026-12-01&to=2026-12-03")["list"]

    assert refused.refusal == (422, "form_incomplete", "form.qualifications")
    assert breached(missed) == ["department_submission-1"]
    assert [row["opened.department"] for row in late] == ["客服部"]


@pytest.mark.rule("SR-01")
def test_a_description_is_approved_by_somebody_else(office: Office):
    head, post = post_asked_for(office)
    drafter = office.hire("hr")
    done(drafter, post, "define_post", duties=[DUTY], qualifications=[ASKED])

    own = step(drafter, post, "approve_post")
    approved = step(office.hire("hr"), post, "approve_post")

    assert own.refusal == (403, "guard_forbids", None)
    assert approved.event.form == {"version": 1}
    [row] = report(head, "post-description/posts")["list"]
    assert row["define_post.duties"] == [DUTY]


@pytest.mark.rule("SR-02")
def test_a_duty_is_a_verb_and_a_noun_in_one_of_four_roles(office: Office):
    head, post = post_asked_for(office)

    def defined(**duty: str) -> Answer:
        return step(head, post, "define_post", duties=[duty], qualifications=[ASKED])

    assert defined(verb="manage", fair_role="executor").refusal == (
        422,
        "form_incomplete",
        "form.duties.0.noun",
    )
    assert defined(verb="manage", noun="tickets", fair_role="manager").refusal == (
        422,
        "invalid",
        "form.duties.0.fair_role",
    )
    assert defined(verb="manage", noun="tickets", fair_role="decider").status == 200


def missing(office: Office, check: str) -> list[tuple[str, str]]:
    """Of whom, or what, it is told that something is not on record."""
    items = office.person(M1).get("/v1/policy/checks").body["items"]
    return [(item["each"], item["says"]) for item in items if item["check"] == check]


@pytest.mark.rule("SR-03")
def test_whoever_has_not_acknowledged_their_post_is_flagged(office: Office):
    head, post = post_asked_for(office)
    done(head, post, "define_post", duties=[DUTY], qualifications=[ASKED])
    done(office.hire("hr"), post, "approve_post")
    before = dict(missing(office, "post_acknowledged"))

    done(office.person(S1), post, "acknowledge_post")
    after = dict(missing(office, "post_acknowledged"))

    assert "no job description acknowledged" in before[str(S1)]
    assert before.keys() - after.keys() == {str(S1)}
    assert str(S2) in after


def at_work(office: Office, who: UUID, *, can: str | None = None, until: str | None = None) -> None:
    admin = office.person(ADMIN)
    if can is not None:
        certificate = {"competence": can} | ({"expires_at": until} if until else {})
        assert admin.post(f"/v1/staff/{who}/competences", certificate).status == 200
    office.person(who).post(f"/v1/staff/{who}/duty/start")


@pytest.mark.rule("SR-04")
def test_who_speaks_the_clients_dialect_comes_before_whose_turn_it_is(office: Office):
    s1 = office.person(S1)
    cantonese = {"name": "dialect", "value": "Cantonese"}
    assert s1.post(f"/v1/clients/{C1}/traits", cantonese).status == 200
    at_work(office, S2)
    first, second = opened(s1), opened(s1)
    office.catch_up()
    free = s1.post(f"{first}/assignment", {"unit": "main"})

    at_work(office, S3, can="Cantonese")
    office.catch_up()
    speaker = s1.post(f"{second}/assignment", {"unit": "main"})

    assert [answer.events[0].to_id for answer in (free, speaker)] == [S2, S3]


@pytest.mark.rule("SR-05")
def test_who_directs_assigns_the_tickets_of_others_and_an_agent_does_not(office: Office):
    ticket = opened(office.person(S2))
    at_work(office, S3)
    office.catch_up()

    by_agent = office.person(S1).post(f"{ticket}/assignment", {"unit": "main"})
    by_supervisor = office.person(M1).post(f"{ticket}/assignment", {"unit": "main"})

    assert by_agent.refusal == (403, "not_yours_to_assign", None)
    assert by_agent.body["rule"] == "SR-05"
    assert by_supervisor.stored[:2] == [Ticket.AssignedInTurn, Ticket.TransferOffered]


VERDICT = {"result": "good", "grounds": "服务热情"}


@pytest.mark.rule("SR-06")
def test_a_manager_assesses_only_who_reports_to_them(office: Office):
    boss = office.person(M1)
    mine = of_the_house(boss, "subordinates", staff=str(S1))
    not_mine = of_the_house(boss, "subordinates", staff=str(S3))

    refused = step(boss, not_mine, "assess_subordinate", **VERDICT)
    assessed = step(boss, mine, "assess_subordinate", **VERDICT)

    assert refused.refusal == (403, "guard_forbids", None)
    assert refused.body["rule"] == "SR-06"
    assert assessed.stored == [Ticket.StepTaken]


@pytest.mark.rule("SR-06")
def test_nobody_is_redeployed_before_the_superior_has_approved(office: Office):
    boss, above = office.person(M1), office.hire("director")
    office.person(ADMIN).post(f"/v1/staff/{M1}/superior", {"superior_id": str(above.id)})
    file = of_the_house(boss, "subordinates", staff=str(S1))
    done(boss, file, "propose_redeployment", to_post="前台")

    early = step(boss, file, "redeploy")
    own = step(boss, file, "approve_redeployment")
    done(above, file, "approve_redeployment")
    redeployed = step(boss, file, "redeploy")

    assert early.refusal == (409, "guard_refused", None)
    assert early.body["rule"] == "SR-06"
    assert own.refusal == (403, "guard_forbids", None)
    assert redeployed.events[0].form == {"to_post": "前台"}


@pytest.mark.rule("SR-07")
def test_who_has_not_read_an_announcement_is_known_by_name(office: Office):
    boss = office.person(M1)
    staff = [office.hire("staff") for _ in range(10)]
    readers = [str(person.id) for person in staff]
    notice = of_the_house(boss, "announcement", text="春节值班安排", readers=readers)

    for person in staff[:8]:
        done(person, notice, "read_announcement")
    unread = report(boss, "announcement/unread")["list"]

    who = [row["obligation.responsible_id"] for row in unread]
    assert sorted(who) == sorted(readers[8:])
    assert [boss.get(f"/v1/staff/{id}").body["name"] for id in who] == ["某某", "某某"]
    [owed] = staff[9].get("/v1/desk/obligations").body["items"]
    assert (owed["name"], owed["rule"]) == ("reading", "SR-07")


@pytest.mark.rule("SR-07")
def test_a_reader_is_somebody_of_the_house(office: Office):
    words: dict[str, Any] = {"channel": "internal", "matter": "公告", "procedure": "announcement"}

    answer = office.person(M1).post(
        "/v1/tickets", words | {"form": {"text": "通知", "readers": ["全体"]}}
    )

    assert answer.refusal == (422, "invalid", "opened.readers")


@pytest.mark.rule("SR-08")
def test_whose_certificate_expired_yesterday_is_given_no_work_that_asks_for_it(office: Office):
    s1 = office.person(S1)
    at_work(office, S2, can="health", until="2026-11-24T00:00:00+08:00")
    first, second = opened(s1), opened(s1)
    asked = {"unit": "main", "competence": "health"}
    office.catch_up()

    valid = s1.post(f"{first}/assignment", asked)
    office.now = at("2026-11-25T09:00:00")
    expired = s1.post(f"{second}/assignment", asked)

    assert valid.stored[0] == Ticket.AssignedInTurn
    assert expired.stored[0] == Ticket.NobodyAvailable


@pytest.mark.rule("SR-08")
def test_whoever_is_found_without_a_valid_certificate_is_reported(office: Office):
    hr = office.hire("hr")
    at_work(office, S2, can="health", until="2026-11-24T00:00:00+08:00")
    file = of_the_house(hr, "certificates", staff=str(S2), competence="health")
    good = done(hr, file, "inspect_certificate")
    early = step(hr, file, "report_to_authority", authority="卫生监督所")

    office.now = at("2026-11-25T09:00:00")
    found = done(hr, file, "inspect_certificate")
    reported = step(hr, file, "report_to_authority", authority="卫生监督所")

    assert good.event.form == {"holds": True}
    assert early.refusal[:2] == (409, "step_not_possible")
    assert found.stored == [Ticket.StepTaken, Ticket.Followed, Ticket.TimePromised]
    assert reported.stored == [Ticket.StepTaken, Ticket.TimeKept]


@pytest.mark.rule("SR-09")
def test_a_newcomer_without_the_second_level_of_safety_does_not_start(office: Office):
    hr = office.hire("hr")
    ticket = newcomer(office, hr, *BEFORE_A_POST, "pass_safety_1", "pass_safety_3")

    refused = step(hr, ticket, "activate")
    done(hr, ticket, "pass_safety_2")
    activated = step(hr, ticket, "activate")

    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["rule"] == "SR-09"
    assert activated.status == 200


@pytest.mark.rule("SR-09")
def test_special_operations_ask_for_a_certificate_after_a_transfer_too(office: Office):
    hr = office.hire("hr")
    moved = {"staff": str(S2), "upon": "transfer", "special_operation": True}
    ticket = of_the_house(hr, "onboarding", **moved)
    for level in (1, 2, 3):
        done(hr, ticket, f"pass_safety_{level}")

    refused = step(hr, ticket, "activate")
    at_work(office, S2, can="special_operation")
    activated = step(hr, ticket, "activate")

    assert (refused.status, refused.body["rule"]) == (409, "SR-09")
    assert activated.status == 200


@pytest.mark.rule("SR-10")
def test_who_has_not_acknowledged_what_is_expected_is_listed(office: Office):
    hr = office.hire("hr")
    ticket = newcomer(office, hr)
    dimensions = ["quality", "effort", "zeal", "honesty", "results"]
    done(hr, ticket, "issue_notice", dimensions=dimensions)

    for_another = step(office.person(S1), ticket, "acknowledge_notice")
    done(office.person(S2), ticket, "acknowledge_notice")
    listed = [who for who, _ in missing(office, "notice_acknowledged")]

    assert for_another.refusal == (403, "guard_forbids", None)
    assert str(S1) in listed
    assert str(S2) not in listed


@pytest.mark.rule("SR-11")
@pytest.mark.rule("SR-16")
def test_a_level_or_topic_without_a_responsible_person_is_told(office: Office):
    boss = office.hire("director")
    register = of_the_house(boss, "responsible-persons")
    for level, staff in (("1", S1), ("3", S3)):
        done(boss, register, "designate", topic="fire", level=level, staff=str(staff))

    levels, topics = missing(office, "fire_levels"), missing(office, "topics")
    done(boss, register, "designate", topic="food_safety", level="2", staff=str(S2))
    levels_after, topics_after = missing(office, "fire_levels"), missing(office, "topics")

    assert [each for each, _ in levels] == ["2"]
    assert "level 2 missing" in levels[0][1]
    assert [each for each, _ in topics] == ["food_safety"]
    assert (levels_after, topics_after) == (levels, [])


@pytest.mark.rule("SR-13")
def test_a_year_after_the_last_examination_the_next_is_missed(office: Office):
    hr = office.hire("hr")
    office.now = at("2025-11-20T10:00:00")
    file = of_the_house(hr, "certificates", staff=str(S2), competence="health")
    done(hr, file, "record_examination", valid_until="2026-11-20")

    before = ticked(office, "2026-11-20T23:59:00")
    missed = ticked(office, "2026-11-21T00:00:01")
    done(hr, file, "record_examination", valid_until="2027-11-21")

    assert (before, breached(missed)) == ([], ["yearly_examination-1"])
    second = hr.get(f"{file}/obligations/yearly_examination-2").body
    assert (second["responsible_id"], second["status"]) == (str(S2), "open")


CONTRACT = {"contract_from": "2026-12-01", "contract_to": "2027-11-30"}


@pytest.mark.rule("SR-17")
def test_nobody_is_hired_without_an_interview(office: Office):
    hr = office.hire("hr")
    candidate = {"post": "客服专员", "need": "热线增员", "candidate": "孙某"}
    ticket = of_the_house(hr, "hiring", **candidate)

    without = step(hr, ticket, "hire", **CONTRACT)
    done(hr, ticket, "hold_interview", result="fail")
    failed = step(hr, ticket, "hire", **CONTRACT)
    done(hr, ticket, "hold_interview", result="pass")
    hired = step(hr, ticket, "hire", **CONTRACT, staff=str(S2))

    for refused in (without, failed):
        assert refused.refusal == (409, "guard_refused", None)
        assert refused.body["rule"] == "SR-17"
    assert hired.stored == [Ticket.StepTaken]


@pytest.mark.rule("SR-17")
def test_nobody_resigns_without_approval(office: Office):
    hr = office.hire("hr")
    candidate = {"post": "客服专员", "need": "热线增员", "candidate": "孙某"}
    ticket = of_the_house(hr, "hiring", **candidate)
    done(hr, ticket, "hold_interview", result="pass")
    done(hr, ticket, "hire", **CONTRACT, staff=str(S2))

    by_another = step(office.person(S1), ticket, "submit_resignation", why="搬家")
    done(office.person(S2), ticket, "submit_resignation", why="搬家")
    by_colleague = step(office.person(S1), ticket, "approve_resignation")
    approved = step(office.hire("department_head"), ticket, "approve_resignation")

    assert by_another.refusal == (403, "guard_forbids", None)
    assert by_colleague.refusal == (403, "not_for_you", None)
    assert approved.stored == [Ticket.StepTaken, Ticket.Closed]
