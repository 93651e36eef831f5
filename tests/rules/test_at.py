"""考勤与休假: who is there, who is away, and who said so beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.facts import LI_NA, M1, WANG_FANG
from tests.support.http import Office, Person, opened
from tests.support.matters import REPAIR
from tests.support.steps import at, done, of_the_house, report, step

S1, S2 = LI_NA, WANG_FANG
NEXT = "2026-11-24"


def working_day(office: Office, day: str = NEXT) -> str:
    """S1's day, from 08:00 to 17:30."""
    office.now = at(f"{day}T00:00:00")
    hours = {"starts_at": f"{day}T08:00:00+08:00", "ends_at": f"{day}T17:30:00+08:00"}
    return of_the_house(office.person(S1), "attendance", period=day, staff=str(S1), **hours)


def day_closes(office: Office, day: str = NEXT) -> list[Any]:
    """What follows by itself when the day is over."""
    office.now = at(f"{day}T00:00:00") + timedelta(days=1, seconds=1)
    before = office.head()
    office.tick()
    return [e for e in office.events_after(before) if isinstance(e, Ticket.Followed)]


def leave(office: Office, since: str, *days: str, kind: str = "personal", **more: Any) -> str:
    """S1 asks for these days; nobody has decided yet."""
    form = {
        "staff": str(S1),
        "kind": kind,
        "since": f"{since}+08:00",
        "until": f"{days[-1]}T17:30:00+08:00",
        "days": list(days),
        "number": len(days),
    }
    return of_the_house(office.person(S1), "leave", **form | more)


def covered(office: Office, asked: str) -> Person:
    """The supervisor, who has arranged for a substitute."""
    boss = office.person(M1)
    done(boss, asked, "assign_substitute", substitute=str(S2))
    return boss


@pytest.mark.rule("AT-01")
def test_who_neither_clocks_in_nor_explains_is_late_when_the_day_closes(office: Office):
    day = working_day(office)
    office.now = at(f"{NEXT}T17:30:00")
    done(office.person(S1), day, "clock_out")

    [anomaly] = day_closes(office)
    listed = report(office.person(M1), "attendance/anomalies")["list"]

    assert (anomaly.step, anomaly.rule) == ("late_recorded", "AT-01")
    assert anomaly.form == {"staff": str(S1), "day": NEXT, "kind": "late"}
    assert [row["form.kind"] for row in listed] == ["late"]


@pytest.mark.rule("AT-01")
def test_an_explanation_that_the_leader_accepts_is_no_anomaly(office: Office):
    s1, boss = office.person(S1), office.person(M1)
    day = working_day(office)
    office.now = at(f"{NEXT}T08:20:00")
    clocked = done(s1, day, "clock_in")
    own_word = step(s1, day, "accept_explanation")
    done(s1, day, "explain", about="arrival", why="指纹机故障")
    done(boss, day, "accept_explanation")

    assert clocked.events[0].form["late_minutes"] == 20
    assert own_word.refusal[:2] == (409, "step_not_possible")
    assert day_closes(office) == []


@pytest.mark.rule("AT-02")
def test_leave_that_is_asked_for_afterwards_needs_the_head(office: Office):
    office.now = at("2026-11-24T09:00:00")
    asked = leave(office, "2026-11-24T08:00:00", NEXT)
    boss, head = covered(office, asked), office.hire("department_head")

    by_supervisor = step(boss, asked, "approve_leave")
    done(boss, asked, "endorse_leave")
    by_head = step(head, asked, "approve_long_leave")
    flagged = report(boss, "leave/retroactive")["list"]

    assert by_supervisor.refusal[:2] == (409, "step_not_possible")
    assert by_head.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.Followed]
    assert [row["form.staff"] for row in flagged] == [str(S1)]


@pytest.mark.rule("AT-02")
def test_leave_that_is_asked_for_in_advance_is_the_supervisors(office: Office):
    office.now = at("2026-11-24T07:59:00")
    asked = leave(office, "2026-11-24T08:00:00", NEXT)

    approved = step(covered(office, asked), asked, "approve_leave")

    assert approved.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.Followed]
    assert report(office.person(M1), "leave/retroactive")["list"] == []


FOUR = ("2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27")


@pytest.mark.rule("AT-03")
def test_four_days_sick_need_a_diagnosis_and_the_head_and_are_filed(office: Office):
    s1, head, hr = office.person(S1), office.hire("department_head"), office.hire("hr")
    asked = leave(office, "2026-11-24T08:00:00", *FOUR, kind="sick")
    boss = covered(office, asked)
    done(boss, asked, "endorse_leave")

    without = step(head, asked, "approve_long_leave")
    diagnosis = {"kind": "diagnosis", "name": "诊断书.txt", "media_type": "text/plain"}
    s1.post(f"{asked}/evidence", {**diagnosis, "content": "6K+K5pat"})
    by_supervisor = step(boss, asked, "approve_long_leave")
    approved = step(head, asked, "approve_long_leave")
    filed = step(hr, asked, "file_leave")

    assert without.refusal == (422, "guard_invalid", None)
    assert without.body["rule"] == "AT-03"
    assert by_supervisor.refusal == (403, "not_for_you", None)
    assert approved.stored[0] == Ticket.StepTaken
    assert filed.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.Closed]


@pytest.mark.rule("AT-03")
def test_three_days_sick_are_the_supervisors(office: Office):
    asked = leave(office, "2026-11-24T08:00:00", *FOUR[:3], kind="sick")

    approved = step(covered(office, asked), asked, "approve_leave")

    assert approved.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.Followed]


@pytest.mark.rule("AT-04")
def test_a_day_off_that_nobody_approved_is_absence(office: Office):
    leave(office, "2026-11-24T08:00:00", NEXT)
    working_day(office)

    [absence] = day_closes(office)

    assert (absence.step, absence.rule) == ("absence_recorded", "AT-04")
    assert absence.form == {"staff": str(S1), "day": NEXT}


@pytest.mark.rule("AT-04")
def test_a_day_off_that_was_approved_is_none(office: Office):
    asked = leave(office, "2026-11-24T08:00:00", *FOUR[:2])
    done(covered(office, asked), asked, "approve_leave")
    working_day(office)
    first = day_closes(office)
    working_day(office, "2026-11-26")

    after = day_closes(office, "2026-11-26")

    assert first == []
    assert [event.step for event in after] == ["absence_recorded"]


@pytest.mark.rule("AT-04")
def test_nobody_grants_their_own_leave(office: Office):
    head = office.hire("department_head")
    asked = leave(office, "2026-11-24T08:00:00", NEXT, staff=str(head.id))
    done(head, asked, "assign_substitute", substitute=str(S2))

    own = step(head, asked, "approve_leave")

    assert own.refusal == (403, "guard_forbids", None)
    assert step(office.person(M1), asked, "approve_leave").status == 200


@pytest.mark.rule("AT-05")
def test_nobody_leaves_early_without_the_duty_manager(office: Office):
    gate, manager = office.hire("duty_clerk"), office.hire("duty_manager")
    day = working_day(office)
    office.now = at(f"{NEXT}T16:00:00")

    refused = step(gate, day, "record_exit")
    done(manager, day, "approve_early_leave")
    let_out = step(gate, day, "record_exit")

    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["rule"] == "AT-05"
    assert let_out.event.form["early_minutes"] == 90


@pytest.mark.rule("AT-05")
def test_at_closing_everybody_may_leave(office: Office):
    day = working_day(office)
    office.now = at(f"{NEXT}T17:30:00")

    assert step(office.hire("duty_clerk"), day, "record_exit").status == 200


@pytest.mark.rule("AT-06")
def test_whoever_is_outside_without_consent_has_left_their_post(office: Office):
    gate, boss = office.hire("duty_clerk"), office.person(M1)
    day = working_day(office)
    office.now = at(f"{NEXT}T10:00:00")

    done(boss, day, "approve_outing")
    allowed = done(gate, day, "record_outside", place="银行")
    again = done(gate, day, "record_outside", place="茶馆")

    assert allowed.stored == [Ticket.StepTaken]
    assert again.stored == [Ticket.StepTaken, Ticket.Followed]
    assert (again.events[1].step, again.events[1].rule) == ("leave_post", "AT-06")


@pytest.mark.rule("AT-07")
def test_eight_days_for_a_wedding_are_seven_paid_and_one_not(office: Office):
    days = [f"2026-12-{day:02}" for day in range(1, 9)]
    asked = leave(office, "2026-12-01T08:00:00", *days, kind="marriage")
    done(covered(office, asked), asked, "endorse_leave")

    approved = done(office.hire("department_head"), asked, "approve_long_leave")

    assert (approved.events[0].form["paid"], approved.events[0].form["unpaid"]) == (7, 1)


@pytest.mark.rule("AT-08")
def test_home_leave_grows_by_two_days_a_year_up_to_fifteen(office: Office):
    hr = office.hire("hr")
    account = of_the_house(hr, "leave-account", staff=str(S1))

    days = [
        done(hr, account, "work_out_home_leave", years=years).event.form["days"]
        for years in (1, 2, 5, 8)
    ]

    assert days == [None, 6, 12, 15]


@pytest.mark.rule("AT-09")
def test_a_roster_that_is_put_up_is_not_changed_without_consent(office: Office):
    s1, boss = office.person(S1), office.person(M1)
    roster = of_the_house(s1, "roster")
    hours = {"since": "2026-11-28T08:00:00+08:00", "until": "2026-11-28T18:00:00+08:00"}
    people = [{"person": str(S1), **hours}]
    done(s1, roster, "plan_roster", **hours, people=people)
    done(s1, roster, "publish_roster")
    saturday = {"person": str(S1), "since": hours["since"], "relief": str(S2)}

    refused = step(s1, roster, "change_shift", **saturday)
    done(boss, roster, "approve_change", person=str(S1), relief=str(S2))
    changed = step(s1, roster, "change_shift", **saturday)
    again = step(s1, roster, "change_shift", **saturday)

    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["rule"] == "AT-09"
    assert changed.stored == [Ticket.StepTaken]
    assert again.refusal == (409, "guard_refused", None)


@pytest.mark.rule("AT-10")
def test_leave_is_not_granted_without_a_substitute(office: Office):
    boss = office.person(M1)
    asked = leave(office, "2026-11-24T08:00:00", NEXT)

    refused = step(boss, asked, "approve_leave")
    own = step(boss, asked, "assign_substitute", substitute=str(S1))
    assigned = done(boss, asked, "assign_substitute", substitute=str(S2))
    approved = step(boss, asked, "approve_leave")

    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["rule"] == "AT-10"
    assert own.refusal == (422, "form_refused", "form.substitute")
    assert assigned.event.form["answers"] == str(M1)
    assert approved.status == 200


def due_after(office: Office, opened_at: str, **limit: Any) -> datetime:
    """When a repair is due that came in then."""
    office.now = at(opened_at)
    promise: Mapping[str, Any] = {
        "title": "办理",
        "opens": ["opened"],
        "met_by": {"any": ["visit"]},
        "limit": {"kind": "working_hours", **limit},
    }
    in_force(office, {**REPAIR, "obligations": {"work": promise}})
    ticket = opened(office.person(S1), procedure="repair", channel="phone")
    shown = office.person(S1).get(f"{ticket}/obligations/work-1").body
    return datetime.fromisoformat(shown["due_at"])


@pytest.mark.rule("AT-11")
def test_the_noon_break_of_the_field_does_not_count(office: Office):
    due = due_after(office, "2026-11-24T11:00:00", calendar="field-office", hours=2)

    assert due == at("2026-11-24T15:00:00")


@pytest.mark.rule("AT-12")
def test_the_noon_break_of_the_head_office_does_not_count(office: Office):
    due = due_after(office, "2026-11-24T11:30:00", calendar="company-hq", hours=1)

    assert due == at("2026-11-24T14:00:00")


@pytest.mark.rule("AT-13")
def test_what_could_not_be_taken_in_a_lockdown_is_carried_forward(office: Office):
    hr = office.hire("hr")
    account = of_the_house(hr, "leave-account", staff=str(S1))
    done(hr, account, "book_month", month="2026-09", used=0, situation="normal")

    october = done(hr, account, "book_month", month="2026-10", used=0, situation="lockdown")
    done(hr, account, "book_month", month="2026-11", used=2, situation="normal")

    assert october.event.form["carried"] == 2
    [row] = report(hr, "leave-account/balances")["list"]
    assert (row["opened.staff"], row["book_month.balance"]) == (str(S1), 2)


@pytest.mark.rule("AT-14")
def test_a_shift_does_not_start_before_the_appearance_is_checked(office: Office):
    s1 = office.person(S1)
    day = working_day(office)
    office.now = at(f"{NEXT}T07:55:00")
    clocked = done(s1, day, "clock_in")
    for item in ("uniform", "badge"):
        s1.post(f"{day}/checklists/appearance/{item}")

    refused = step(s1, day, "start_shift")
    s1.post(f"{day}/checklists/appearance/grooming")
    started = step(s1, day, "start_shift")

    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["rule"] == "AT-14"
    assert started.stored == [Ticket.StepTaken]
    assert (clocked.events[1].step, clocked.events[1].form["minutes"]) == ("not_early", 5)


@pytest.mark.rule("AT-15")
def test_a_trip_that_the_company_did_not_assign_is_not_paid(office: Office):
    s1, boss = office.person(S1), office.hire("department_head")
    journey = {"staff": str(S1), "place": "上海", "since": "2026-11-25T08:00:00+08:00"}
    trip = of_the_house(s1, "trip", **journey, until="2026-11-26T18:00:00+08:00")
    cost = {"amount": {"minor_units": 50_000, "currency": "CNY"}}

    rejected = step(s1, trip, "claim_trip", **cost)
    done(boss, trip, "assign_trip")
    paid = step(s1, trip, "claim_trip", **cost)

    assert (rejected.status, rejected.body["rule"]) == (409, "AT-15")
    assert rejected.stored == [Ticket.ViolationFlagged]
    assert paid.stored == [Ticket.StepTaken, Ticket.Closed]
