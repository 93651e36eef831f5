"""新员工的第一个月: hired, trained, at work, on leave, and what the month's figures say of it."""

from __future__ import annotations

from typing import Any

from domain.ticket import Ticket
from tests.journeys.systems.looking import behind, then
from tests.rules.conftest import full_tokens as full_tokens
from tests.rules.conftest import office as office
from tests.support.facts import M1, WANG_FANG
from tests.support.http import Office, Person, id_in
from tests.support.steps import at, done, of_the_house, report, step

NOVEMBER = "from=2026-11-01&to=2026-12-01"
SAFETY = ("pass_safety_1", "pass_safety_2", "pass_safety_3")


def test_the_first_month_of_a_salesman(office: Office) -> None:
    office.now = at("2026-11-23T09:00:00")
    hr, boss, guard = office.hire("hr"), office.person(M1), office.hire("security")
    new = office.hire("business")
    hired(hr, new)
    taken_up(hr, new)

    the_calendar_brings_its_matters(office, "2026-11-24T00:00:00")
    tuesday = day_of(new, "2026-11-24")
    office.now = at("2026-11-24T07:45:00")
    came = done(new, tuesday, "clock_in")
    for item in ("uniform", "badge", "grooming"):
        new.post(f"{tuesday}/checklists/appearance/{item}")
    done(new, tuesday, "start_shift")
    daily = report_of(new, "daily", "2026-11-24")
    office.now = at("2026-11-24T17:30:00")
    done(new, daily, "submit_report", content="走访四户", copies=["office"])
    done(guard, tuesday, "record_exit")
    done(new, tuesday, "clock_out")

    leave = asks_for_wednesday(new)
    asked = office.now
    office.now = at("2026-11-24T18:00:00")
    done(boss, leave, "assign_substitute", substitute=str(WANG_FANG))
    done(boss, leave, "approve_leave")
    the_calendar_brings_its_matters(office, "2026-11-25T00:00:00")
    the_calendar_brings_its_matters(office, "2026-11-26T00:00:00")
    day_of(new, "2026-11-25")
    office.now = at("2026-11-27T00:00:01")
    office.tick()

    assert came.stored == [Ticket.StepTaken]
    absent = report(boss, "attendance/absences", NOVEMBER)["list"]
    assert [(row["form.staff"], row["form.day"]) for row in absent] == [(str(new.id), "2026-11-26")]
    assert report(boss, "attendance/anomalies", NOVEMBER)["list"] == []
    late = report(boss, "work-report/late", NOVEMBER)["groups"]
    assert {row["by"]["obligation.name"]: row["rows"] for row in late} == {
        "copy": 1,
        "daily_report": 1,
    }
    [granted] = report(boss, "leave/granted", NOVEMBER)["list"]
    assert (granted["form.days"], granted["form.unpaid"]) == (["2026-11-25"], 1)
    assert behind(boss, "leave/granted", NOVEMBER) == [str(id_in(leave))]
    states = then(boss, leave, asked)["state"], boss.get(leave).body["state"]
    assert states == ("requested", "granted")


def hired(hr: Person, new: Person) -> None:
    candidate = {"post": "业务员", "need": "增员", "candidate": "周某"}
    ticket = of_the_house(hr, "hiring", **candidate)
    done(hr, ticket, "hold_interview", result="pass")
    contract = {"contract_from": "2026-11-23", "contract_to": "2027-11-22"}
    done(hr, ticket, "hire", staff=str(new.id), **contract)


def taken_up(hr: Person, new: Person) -> None:
    ticket = of_the_house(hr, "onboarding", staff=str(new.id), upon="hire")
    assert step(hr, ticket, "activate").status == 409
    for training in ("pass_rules", "pass_organisation", "pass_post", *SAFETY):
        done(hr, ticket, training)
    done(hr, ticket, "issue_notice", dimensions=["quality", "honesty"])
    done(new, ticket, "acknowledge_notice")
    done(hr, ticket, "activate")


def the_calendar_brings_its_matters(office: Office, now: str) -> None:
    office.now = at(now)
    office.catch_up()
    while office.parts.schedules.tick(office.now):
        office.catch_up()


def mine(new: Person, procedure: str, period: str) -> list[str]:
    rows = new.get(f"/v1/tickets?procedure={procedure}&owner_id={new.id}").body["items"]
    return [f"/v1/tickets/{row['ticket_id']}" for row in rows if period in row["matter"]]


def day_of(new: Person, day: str) -> str:
    [ticket] = mine(new, "attendance", day)
    return ticket


def report_of(new: Person, kind: str, period: str) -> str:
    """The report of this kind that is awaited for the period."""
    awaited = {
        new.get(f"{ticket}/history").body["items"][0]["details"]["form"]["kind"]: ticket
        for ticket in mine(new, "work-report", period)
    }
    return awaited[kind]


def asks_for_wednesday(new: Person) -> str:
    form: dict[str, Any] = {
        "staff": str(new.id),
        "kind": "personal",
        "since": "2026-11-25T08:00:00+08:00",
        "until": "2026-11-25T17:30:00+08:00",
        "days": ["2026-11-25"],
        "number": 1,
    }
    return of_the_house(new, "leave", **form)
