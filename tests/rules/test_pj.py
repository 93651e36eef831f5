"""项目跟踪服务: a project is followed from its signing until operation starts."""

from __future__ import annotations

from typing import Any

import pytest

from domain.ticket import Ticket
from tests.support.http import Answer, Office, Person, id_in
from tests.support.steps import at, done, of_the_house, report, step

WIDE = "from=2026-11-01&to=2027-01-01"


@pytest.fixture
def unit(office: Office) -> Person:
    return office.hire("industry_unit")


def signed(unit: Person, name: str = "光伏产业园") -> str:
    ticket = of_the_house(unit, "project", project=name)
    done(unit, ticket, "sign_contract", signed_on="2026-11-23")
    return ticket


def raised(unit: Person, ticket: str, person: Person, problem: str = "用电报装未批") -> Answer:
    return done(unit, ticket, "raise_problem", problem=problem, person=str(person.id))


def progressed(unit: Person, ticket: str, number: int, person: Person) -> Answer:
    return step(
        unit, ticket, "progress_problem", number=number, progress="已会商", person=str(person.id)
    )


def figure(said: Any, name: str) -> Any:
    return said["measures"][name]["value"]


@pytest.mark.rule("PJ-01")
def test_signing_opens_the_follow_up_which_only_the_start_of_operation_closes(unit: Person):
    ticket = of_the_house(unit, "project", project="光伏产业园")
    signing = done(unit, ticket, "sign_contract", signed_on="2026-11-23")

    refused = [
        unit.post(f"{ticket}/closure"),
        unit.post(f"{ticket}/withdrawal", {"reason": "企业不要跟踪"}),
        unit.post(f"{ticket}/rejection", {"ground": "withdrawn", "reason": "不再跟踪"}),
    ]
    done(unit, ticket, "start_operation", started_on="2027-06-01")
    closed = unit.post(f"{ticket}/closure")

    assert [e.step for e in signing.events if isinstance(e, Ticket.Followed)] == [
        "follow_up_opened"
    ]
    assert refused[0].refusal == (409, "step_not_possible", None)
    assert [answer.status for answer in refused[1:]] == [409, 409]
    assert {answer.body["rule"] for answer in refused[1:]} == {"PJ-01"}
    assert Ticket.Closed in closed.carried_out


@pytest.mark.rule("PJ-02")
def test_a_project_has_one_liaison_who_is_responsible(office: Office, unit: Person):
    s1, s2 = office.hire("liaison"), office.hire("liaison")
    p1 = signed(unit)
    done(unit, p1, "assign_liaison", department="发改局", person=str(s1.id))

    second = step(unit, p1, "assign_liaison", department="住建局", person=str(s2.id))
    done(unit, p1, "relieve_liaison", why="工作调整")
    done(unit, p1, "assign_liaison", department="住建局", person=str(s2.id))
    done(s2, p1, "progress_stage", stage="approval", notes="环评已批")

    assert second.refusal == (409, "guard_refused", None)
    assert second.body["rule"] == "PJ-02"
    stages = report(unit, "project/stages", WIDE)["groups"]
    found = {g["by"]["progress_stage.stage"]: figure(g, "projects") for g in stages}
    assert found == {"signing": 0, "approval": 1, "construction": 0, "production": 0}


@pytest.mark.rule("PJ-03")
def test_a_problem_without_progress_for_eight_days_is_on_the_overdue_list(
    office: Office, unit: Person
):
    s1 = office.hire("liaison")
    p1 = signed(unit)
    done(unit, p1, "record_follow_up", notes="上门走访")
    raised(unit, p1, s1, "道路未通")
    raised(unit, p1, s1)
    office.now = at("2026-11-27T12:00:00")
    assert progressed(s1, p1, 1, s1).status == 200

    office.now = at("2026-12-01T12:00:00")
    overdue = s1.get(f"/v1/obligations?ticket_id={id_in(p1)}&overdue=true").body["items"]
    unknown = progressed(s1, p1, 3, s1)

    assert [(row["title"], row["status"]) for row in overdue] == [("问题推进 · 2", "overdue")]
    assert overdue[0]["responsible_id"] == str(s1.id)
    assert unknown.refusal == (409, "guard_refused", "form.number")
    ledger = report(unit, "project/ledger", WIDE)["list"]
    told = [(row["form.number"], row["form.notes"], row["form.problem"]) for row in ledger]
    assert told == [
        (None, "上门走访", None),
        (1, None, "道路未通"),
        (2, None, "用电报装未批"),
        (1, None, None),
    ]


@pytest.mark.rule("PJ-04")
def test_all_open_problems_are_on_the_agenda_of_the_week_with_their_owners(
    office: Office, unit: Person
):
    owners = [office.hire("liaison") for _ in range(3)]
    p1, p2 = signed(unit), signed(unit, "冷链物流园")
    for ticket, owner in ((p1, owners[0]), (p1, owners[1]), (p2, owners[2]), (p2, owners[2])):
        raised(unit, ticket, owner)
    done(unit, p2, "resolve_problem", number=2, result="已通水")

    agenda = report(unit, "project/agenda", WIDE)
    meeting = of_the_house(unit, "project-meeting", period="2026-W48")
    decision = {"project": str(id_in(p1)), "number": 1, "decision": "供电局三日内现场办公"}
    held = done(
        unit, meeting, "hold_meeting", decisions=[{**decision, "person": str(owners[0].id)}]
    )

    assert figure(agenda, "open") == 3
    assert [
        (r["opened.project"], r["obligation.title"], r["obligation.responsible_id"])
        for r in agenda["list"]
    ] == [
        ("光伏产业园", "问题推进 · 1", str(owners[0].id)),
        ("光伏产业园", "问题推进 · 2", str(owners[1].id)),
        ("冷链物流园", "问题推进 · 1", str(owners[2].id)),
    ]
    assert [e.form["person"] for e in held.events if isinstance(e, Ticket.Followed)] == [
        str(owners[0].id)
    ]


@pytest.mark.rule("PJ-04")
def test_every_week_has_its_coordination_meeting(office: Office, unit: Person):
    office.catch_up()
    office.now = at("2026-11-30T00:00:00")
    while office.parts.schedules.tick(office.now):
        office.catch_up()

    meetings = unit.get("/v1/tickets?procedure=project-meeting").body["items"]
    [this_week] = [row for row in meetings if row["matter"].endswith("2026-W49")]
    key = f"/v1/tickets/{this_week['ticket_id']}/obligations/weekly_meeting-1"
    promised = unit.get(key).body

    assert promised["due_at"] == "2026-12-06T16:00:00Z"
    assert this_week["owner_id"] == str(unit.id)


@pytest.mark.rule("PJ-05")
def test_just_the_key_projects_are_listed_with_their_difficulties(unit: Person):
    projects = {name: signed(unit, name) for name in ("P1", "P2", "P3", "P4")}
    for name, difficulties in (("P1", "土地指标"), ("P4", "融资"), ("P2", "用工")):
        done(unit, projects[name], "record_follow_up", notes="走访", difficulties=difficulties)
    for name, is_key in (("P1", True), ("P4", True), ("P3", True), ("P3", False)):
        done(unit, projects[name], "flag_key", is_key=is_key)

    key = report(unit, "project/key_projects", WIDE)["list"]

    told = [(row["opened.project"], row["record_follow_up.difficulties"]) for row in key]
    assert told == [("P1", "土地指标"), ("P4", "融资")]


@pytest.mark.rule("PJ-06")
def test_eight_of_ten_problems_resolved_are_80_percent(office: Office, unit: Person):
    s1 = office.hire("liaison")
    p1, p2 = signed(unit), signed(unit)
    for ticket in (p1, p2):
        for _ in range(5):
            raised(unit, ticket, s1)
    for ticket, count in ((p1, 5), (p2, 3)):
        for number in range(1, count + 1):
            done(s1, ticket, "resolve_problem", number=number, result="已解决")

    again = step(s1, p1, "resolve_problem", number=1, result="已解决")
    resolution = report(unit, "project/resolution", WIDE)

    assert again.refusal == (409, "guard_refused", "form.number")
    measure = resolution["measures"]["resolved"]
    assert (measure["value"], measure["numerator"], measure["denominator"]) == ("80", 8, 10)
