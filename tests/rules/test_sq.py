"""服务质量: metrics with targets, audits by lot, and improvement of what stays red."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.sampling import drawn, share_of
from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.complaints import confirmed
from tests.support.facts import C1, LI_NA, M1, ZHAO_LEI, shipped_pack
from tests.support.http import Office, Person, id_in, opened
from tests.support.steps import at, done, of_the_house, report, step, surveyed


def followed(events: Any, word: str) -> list[Any]:
    return [e.form for e in events if isinstance(e, Ticket.Followed) and e.step == word]


@pytest.mark.rule("SQ-01")
def test_a_defined_metric_has_a_value_and_a_target_and_another_is_not_found(office: Office):
    s1 = office.person(LI_NA)
    surveyed(s1, "4.6")

    undefined = s1.get("/v1/reports/survey/M99?from=2026-11-01&to=2026-12-01")
    metric = report(s1, "survey/score")

    assert undefined.refusal[:2] == (404, "not_found")
    assert metric["measures"]["score"]["value"] == "92"
    assert metric["target"] == {"measure": "score", "required": "90", "met": True}


COMPLAINTS = "complaint-figures/complaints_target"
"""At most one."""


@pytest.fixture
def sampled(office: Office) -> tuple[str, list[str]]:
    """The audit of the week behind 41 consultations, and which of these were drawn."""
    s1 = office.person(LI_NA)
    asked = [opened(s1) for _ in range(41)]
    office.catch_up()
    office.now = at("2026-11-30T00:00:00")
    while office.parts.schedules.tick(office.now):
        office.catch_up()
    m1 = office.person(M1)
    audits = m1.get("/v1/tickets?procedure=quality-sample").body["items"]
    [week] = [row for row in audits if row["matter"].endswith("2026-W49")]
    ids = [id_in(ticket) for ticket in asked]
    by_hand = [str(one) for one in drawn(ids, seed="2026-W49", size=3)]
    return f"/v1/tickets/{week['ticket_id']}", by_hand


@pytest.mark.rule("SQ-02")
def test_five_percent_of_the_tickets_of_a_week_are_to_be_audited(
    office: Office, sampled: tuple[str, list[str]]
):
    audit, by_hand = sampled
    m1 = office.person(M1)

    tasks = m1.get(f"/v1/obligations?ticket_id={id_in(audit)}&is_open=true").body["items"]
    done(m1, audit, "audit_ticket", ticket=by_hand[0], staff=str(LI_NA), scores=95, findings=[])
    left = m1.get(f"/v1/obligations?ticket_id={id_in(audit)}&is_open=true").body["items"]
    too_early = m1.post(f"{audit}/closure")

    assert len(by_hand) == 3
    assert sorted(task["title"] for task in tasks) == sorted(f"抽检工单 · {one}" for one in by_hand)
    assert {task["title"] for task in tasks} - {task["title"] for task in left} == {
        f"抽检工单 · {by_hand[0]}"
    }
    assert too_early.refusal == (409, "obligation_open", None)


@pytest.mark.rule("SQ-02")
def test_the_same_seed_draws_the_same_tickets_whatever_order_they_come_in():
    ids = [UUID(int=number) for number in range(100)]

    drawn_then = drawn(ids, seed="2026-W48", size=5)

    assert drawn(ids[::-1], seed="2026-W48", size=5) == drawn_then
    assert drawn(ids, seed="2026-W49", size=5) != drawn_then
    assert [share_of(count, 5) for count in (0, 1, 20, 21)] == [0, 1, 1, 2]


def reviewed(person: Person, metric: str, period: str) -> tuple[str, Any]:
    ticket = of_the_house(person, "metric-review", metric=metric, period=period)
    return ticket, done(person, ticket, "evaluate_metric").events


@pytest.mark.rule("SQ-03")
def test_what_is_red_in_october_and_november_needs_a_plan(office: Office):
    m1, director = office.person(M1), office.hire("director")
    office.now = at("2026-10-20T09:00:00")
    surveyed(m1, "4.45")
    office.now = at("2026-11-02T09:00:00")
    office.catch_up()
    _, october = reviewed(m1, "survey/score", "2026-10")
    _, nothing = reviewed(m1, COMPLAINTS, "2026-10")
    for _ in range(2):
        confirmed(m1)
    surveyed(m1, "4.4")
    office.now = at("2026-12-01T09:00:00")
    office.catch_up()

    _, first_red = reviewed(m1, COMPLAINTS, "2026-11")
    ticket, second_red = reviewed(m1, "survey/score", "2026-11")
    due = m1.get(f"/v1/obligations?ticket_id={id_in(ticket)}&is_open=true").body["items"]
    refused = m1.post(f"{ticket}/closure")
    done(m1, ticket, "plan_improvement", measures="加派回访", by_day="2026-12-20")
    done(m1, ticket, "execute_improvement", done="已加派两人")
    done(director, ticket, "confirm_effect", effective=True)

    said = [event[0].form for event in (october, nothing, first_red, second_red)]
    assert [(form["value"], form["target"], form["red"]) for form in said] == [
        ("89", "90", True),
        ("0", "1", False),
        ("2", "1", True),
        ("88", "90", True),
    ]
    assert followed(nothing, "metric_red") == []
    assert followed(first_red, "improvement_due") == []
    assert followed(second_red, "improvement_due") == [{"metric": "survey/score"}]
    assert [row["name"] for row in due] == ["improvement_plan"]
    assert refused.status == 409
    assert m1.get(ticket).body["is_closed"] is True


@pytest.mark.rule("SQ-03")
@pytest.mark.parametrize(
    ("metric", "period"),
    [
        ("survey/M99", "2026-11"),
        ("nothing", "2026-11"),
        ("survey/score", "November"),
        ("complaint/confirmed", "2026-11"),
    ],
)
def test_what_has_no_report_or_no_target_is_no_metric(office: Office, metric: str, period: str):
    m1 = office.person(M1)
    ticket = of_the_house(m1, "metric-review", metric=metric, period=period)

    refused = step(m1, ticket, "evaluate_metric")
    typed = step(m1, ticket, "evaluate_metric", value="99", target="90")

    assert refused.refusal == (422, "form_refused", "form.target")
    assert typed.status == 422


def test_what_not_everybody_may_read_is_no_metric(office: Office):
    fines = {
        "title": "处罚",
        "over": "ledger",
        "measures": {"fines": {"count": True}},
        "target": {"at_most": 0},
    }
    in_force(
        office, {"pack": "our-fines", "version": 1, "title": "处罚", "reports": {"all": fines}}
    )
    m1 = office.person(M1)
    ticket = of_the_house(m1, "metric-review", metric="our-fines/all", period="2026-11")

    assert m1.get("/v1/reports/our-fines/all").body["target"]["required"] == "0"
    assert step(m1, ticket, "evaluate_metric").refusal[2] == "form.target"


@pytest.mark.rule("SQ-04")
def test_a_missing_read_back_is_on_the_card_of_who_handled_it(office: Office):
    s1, m1 = office.person(LI_NA), office.person(M1)
    ticket = opened(s1)
    audit = of_the_house(m1, "quality-sample", period="2026-W48")
    said = {"ticket": str(id_in(ticket)), "findings": [{"defect": "read_back"}]}

    audited = done(m1, audit, "audit_ticket", **said, staff=str(s1.id))
    own = step(m1, audit, "audit_ticket", **said, staff=str(m1.id))
    unknown = step(
        m1, audit, "audit_ticket", **{**said, "findings": [{"defect": "?"}]}, staff=str(s1.id)
    )

    [defect] = followed(audited.events, "process_defect")
    assert (defect["staff"], defect["defect"]) == (str(s1.id), "read_back")
    assert own.refusal == (403, "guard_forbids", None)
    assert unknown.status == 422
    [card] = report(m1, "quality-sample/defects")["groups"]
    assert card["by"] == {"form.staff": str(s1.id), "form.defect": "read_back"}
    assert card["measures"]["found"]["value"] == 1


@pytest.mark.rule("SQ-05")
def test_a_ticket_leads_to_the_version_of_the_norm_it_was_opened_under(office: Office):
    s1 = office.person(LI_NA)
    norm = shipped_pack("client-feedback")
    for version in (2, 3):
        in_force(office, {**norm, "version": version, "documents": {"norm": f"规范{version}"}})
    t = opened(s1, procedure="client-feedback", form={"feedback": "窗口很热情"})
    in_force(office, {**norm, "version": 4, "documents": {"norm": "规范4"}})

    pinned = s1.get(t).body["packs"]["client-feedback"]

    assert pinned == 3
    linked = s1.get(f"/v1/packs/client-feedback/{pinned}").body
    assert linked["documents"]["norm"] == "规范3"


@pytest.mark.rule("SQ-06")
def test_each_of_the_five_qualities_has_a_score(office: Office):
    m1 = office.person(M1)
    five = {
        "professional_knowledge": 85,
        "communication": 90,
        "service_awareness": 95,
        "teamwork": 88,
        "self_improvement": 80,
    }
    ticket = of_the_house(m1, "staff-qualities", staff=str(LI_NA))

    four = {name: score for name, score in five.items() if name != "teamwork"}
    incomplete = step(m1, ticket, "score_qualities", **four)
    done(m1, ticket, "score_qualities", **five)

    assert incomplete.refusal == (422, "form_incomplete", "form.teamwork")
    [profile] = report(m1, "staff-qualities/profile")["groups"]
    scores = {name: figure["value"] for name, figure in profile["measures"].items()}
    assert scores == {name: str(score) for name, score in five.items()}


@pytest.mark.rule("SQ-07")
def test_answers_are_grouped_by_the_loyalty_factor_of_their_question(office: Office):
    s1 = office.person(LI_NA)
    survey = of_the_house(s1, "survey", period="2026-Q4")
    done(s1, survey, "launch", sample=2)
    for factor, score in (("corporate_image", 5), ("corporate_image", 4), ("experience", 3)):
        done(s1, survey, "answer_question", question="您如何看", factor=factor, score=score)

    groups = report(s1, "loyalty-factors/factors")["groups"]

    means = {g["by"]["form.factor"]: g["measures"]["score"]["value"] for g in groups}
    assert (means["corporate_image"], means["experience"]) == ("4.5", "3")
    assert means["social_responsibility"] is None


@pytest.mark.rule("SQ-08")
def test_feedback_has_a_reply_or_is_listed(office: Office):
    s1 = office.person(LI_NA)
    replied, waiting = (
        opened(s1, procedure="client-feedback", form={"feedback": text})
        for text in ("排队太久", "希望周末营业")
    )
    done(s1, replied, "reply", text="已增开窗口")

    audit = report(s1, "client-feedback/without_reply")

    assert [row["this.ticket_id"] for row in audit["list"]] == [str(id_in(waiting))]
    assert audit["measures"]["without"]["value"] == 1


@pytest.mark.rule("SQ-10")
def test_a_commitment_maps_to_a_policy_or_is_reported(office: Office):
    s1 = office.person(ZHAO_LEI)
    form = {"document": "投标-2026-08"}
    ticket = opened(s1, procedure="after-sales-commitments", client_id=str(C1), form=form)
    lines = [
        {"line": "2 h on site", "topic": "on_site", "hours": "2"},
        {"line": "1 h on site", "topic": "on_site", "hours": "1"},
        {"line": "终身免费培训", "topic": "training"},
    ]

    loaded = done(s1, ticket, "load_commitments", lines=lines).events

    [mapped] = followed(loaded, "commitment_mapped")
    assert (mapped["line"], mapped["policy"], mapped["on_site_hours"]) == (
        "2 h on site",
        "on_site",
        2,
    )
    unmapped = report(s1, "after-sales-commitments/unmapped")["list"]
    assert [row["form.line"] for row in unmapped] == ["1 h on site", "终身免费培训"]
