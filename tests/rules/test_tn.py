"""培训: who learns what, how, for how long, and what came of it."""

from __future__ import annotations

from typing import Any

import pytest

from domain.ticket import Ticket
from tests.rules.test_mg import brought, ticked
from tests.support.facts import LI_NA, WANG_FANG
from tests.support.http import Office, Person
from tests.support.steps import at, done, of_the_house, report, step

S1, S2 = LI_NA, WANG_FANG

COURSE: dict[str, Any] = {
    "topic": "hygiene",
    "content": "卫生知识",
    "method": "offline",
    "held_at": "2026-11-24T14:00:00+08:00",
    "hours": "2",
}


@pytest.mark.rule("TN-01")
def test_a_training_without_results_is_not_archived(office: Office):
    trainer = office.hire("trainer")
    training = of_the_house(trainer, "training", **COURSE)
    done(trainer, training, "hold_training", attendees=[str(S1)])
    passed = [{"attendee": str(S1), "result": "pass", "score": "86"}]

    refused = step(trainer, training, "archive_training")
    done(trainer, training, "record_results", results=passed)
    archived = step(trainer, training, "archive_training")

    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["rule"] == "TN-01"
    assert archived.stored == [Ticket.StepTaken, Ticket.Closed]
    [row] = report(trainer, "training/trainings")["list"]
    assert row["opened.held_at"] == COURSE["held_at"]
    assert (row["opened.content"], row["record_results.results"]) == ("卫生知识", passed)


BEFORE_A_POST = ("pass_rules", "pass_organisation", "pass_post")
SAFETY = ("pass_safety_1", "pass_safety_2", "pass_safety_3")


def newcomer(office: Office, hr: Person, *passed: str) -> str:
    ticket = of_the_house(hr, "onboarding", staff=str(S2), upon="hire")
    for training in passed:
        done(hr, ticket, training)
    return ticket


@pytest.mark.rule("TN-02")
def test_whoever_has_not_passed_the_rules_does_not_take_up_a_post(office: Office):
    hr = office.hire("hr")
    ticket = newcomer(office, hr, "pass_organisation", "pass_post", *SAFETY)

    refused = step(hr, ticket, "activate")
    done(hr, ticket, "pass_rules")
    activated = step(hr, ticket, "activate")

    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["rule"] == "TN-02"
    assert activated.stored == [Ticket.StepTaken, Ticket.TimePromised]
    assert activated.events[1].due_at == at("2026-12-24T00:00:00")


def year(who: Person, minimum: int, *hours: str, staff: Any = S1) -> str:
    """The training of somebody's year 2026."""
    ticket = of_the_house(who, "training-hours", period="2026", staff=str(staff), minimum=minimum)
    for some in hours:
        done(who, ticket, "log_hours", hours=some, topic="消防安全")
    return ticket


@pytest.mark.rule("TN-03")
def test_an_officer_with_38_hours_does_not_meet_the_40(office: Office):
    trainer = office.hire("trainer")
    officers = year(trainer, 40, "20", "18")
    staff = year(trainer, 15, "15", staff=S2)

    short = report(trainer, "training-hours/short")["list"]
    missed = ticked(office, "2027-01-01T00:00:01")

    assert [(row["opened.staff"], row["log_hours.total"]) for row in short] == [(str(S1), "38")]
    assert short[0]["opened.minimum"] == 40
    assert str(missed[0].originator_id) in officers
    assert [type(event) for event in missed] == [Ticket.TimeBreached]
    assert trainer.get(f"{staff}/obligations/minimum_hours-1").body["status"] == "met"


@pytest.mark.rule("TN-04")
def test_no_approved_plan_on_the_last_day_of_the_year_is_warned_of(office: Office):
    head, hr = office.hire("department_head", "hr"), office.hire("hr")
    office.now = at("2026-12-01T09:00:00")
    plan = of_the_house(head, "training-plan", period="2026")
    done(head, plan, "propose_plan", year="2027", trainings=["服务礼仪"])

    warned = ticked(office, "2026-12-31T09:00:00")
    missing = report(head, "training-plan/missing", "from=2026-12-01&to=2027-01-01")["list"]
    own = step(head, plan, "approve_plan")
    approved = step(hr, plan, "approve_plan")

    assert own.refusal == (403, "guard_forbids", None)
    assert [type(event) for event in warned] == [Ticket.TimeDueSoon]
    assert [row["this.owner_id"] for row in missing] == [str(head.id)]
    assert approved.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.Closed]


@pytest.mark.rule("TN-05")
def test_a_training_is_given_in_one_of_the_known_ways(office: Office):
    trainer = office.hire("trainer")

    mentor = of_the_house(trainer, "training", **COURSE | {"method": "mentor"})
    telepathy = {"channel": "internal", "matter": "培训", "procedure": "training"}
    refused = trainer.post("/v1/tickets", telepathy | {"form": COURSE | {"method": "telepathy"}})

    assert trainer.get(mentor).body["state"] == "planned"
    assert refused.refusal == (422, "invalid", "form.method")


@pytest.mark.rule("TN-06")
def test_nobody_is_admitted_without_a_card_or_late(office: Office):
    trainer = office.hire("trainer")
    office.now = at("2026-11-24T13:50:00")
    training = of_the_house(trainer, "training", **COURSE, cards=["K-001", "K-002"])
    attendee = {"attendee": str(S1), "seat": "3-5"}

    without = step(trainer, training, "admit", **attendee)
    forged = step(trainer, training, "admit", **attendee, card="K-009")
    admitted = step(trainer, training, "admit", **attendee, card="K-001")
    office.now = at("2026-11-24T14:01:00")
    late = step(trainer, training, "admit", attendee=str(S2), card="K-002")

    for refused in (without, forged):
        assert refused.refusal == (403, "guard_forbids", None)
        assert refused.body["rule"] == "TN-06"
    assert admitted.stored == [Ticket.StepTaken]
    assert late.refusal == (409, "guard_refused", None)


@pytest.mark.rule("TN-08")
def test_every_sunday_evening_has_its_meeting_and_an_hour_of_training(office: Office):
    office.now = at("2026-11-22T12:00:00")
    maker = office.hire("production")
    rows = brought(office, "meetings", "2026-11-23T00:10:00")

    meetings = [r for r in rows if r["owner_id"] == str(maker.id) and "W48" in r["matter"]]
    [meeting] = [f"/v1/tickets/{row['ticket_id']}" for row in meetings]
    [opened] = maker.get(f"{meeting}/history").body["items"][:1]

    form = opened["details"]["form"]
    sunday = {name: form[name] for name in ("starts_at", "ends_at")}
    training = {name: form[name] for name in ("training_from", "training_until")}
    assert sunday == {
        "starts_at": "2026-11-29T19:00:00+08:00",
        "ends_at": "2026-11-29T20:00:00+08:00",
    }
    assert training == {
        "training_from": "2026-11-29T20:00:00+08:00",
        "training_until": "2026-11-29T21:00:00+08:00",
    }


@pytest.mark.rule("TN-09")
def test_the_training_hours_of_a_volunteer_are_counted(office: Office):
    captain, v1 = office.hire("team_leader"), office.hire("volunteer")
    year(captain, 0, "1.5", "1.5", staff=v1.id)

    [hours] = report(captain, "training-hours/hours")["groups"]

    assert hours["by"] == {"form.staff": str(v1.id)}
    assert hours["measures"]["hours"]["value"] == "3"
    assert report(captain, "training-hours/short")["list"] == []
