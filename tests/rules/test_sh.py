"""值班、交接班、补位: nobody leaves a post that nobody else holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.ticket import Ticket
from tests.support.facts import LI_NA, WANG_FANG, ZHAO_LEI
from tests.support.http import Office, opened
from tests.support.steps import at, done, of_the_house, report, step

S1, S2, S3 = LI_NA, WANG_FANG, ZHAO_LEI
SAFE = ("cleaned", "hazards", "power", "doors")


def night_shift(office: Office) -> str:
    """S1 has the night, until 08:00; somebody relieves them."""
    office.now = at("2026-11-23T20:00:00")
    times = {"starts_at": "2026-11-23T20:00:00+08:00", "ends_at": "2026-11-24T08:00:00+08:00"}
    return of_the_house(office.person(S1), "shift", **times, last_out=False)


def day_shift(office: Office) -> str:
    """S1 has the day, until 18:00, and locks up."""
    office.now = at("2026-11-23T08:00:00")
    times = {"starts_at": "2026-11-23T08:00:00+08:00", "ends_at": "2026-11-23T18:00:00+08:00"}
    return of_the_house(office.person(S1), "shift", **times, last_out=True)


def record(to: UUID = S2, *pending: dict[str, str]) -> dict[str, Any]:
    """The hand-over record, as it is filled in."""
    return {
        "relief": str(to),
        "incidents": "无",
        "cash": {"minor_units": 50_000, "currency": "CNY"},
        "keys": "库房两把",
        "done": ["2026-0007"],
        "pending": list(pending),
    }


def locked_up(office: Office, shift: str) -> None:
    for item in SAFE:
        assert office.person(S1).post(f"{shift}/checklists/closing/{item}").status == 200


CALL_BACK = {"item": "2026-0012 回电", "assignee": str(S2)}


@pytest.mark.rule("SH-01")
def test_nobody_leaves_before_the_relief_has_taken_over(office: Office):
    s1, s2 = office.person(S1), office.person(S2)
    shift = night_shift(office)
    office.now = at("2026-11-24T07:55:00")
    unrecorded = step(s1, shift, "end_shift")
    prepared = done(s1, shift, "prepare_handover", **record(S2, CALL_BACK))

    too_early = step(s1, shift, "end_shift")
    accepted = step(s2, shift, "accept_handover")
    left = step(s1, shift, "end_shift")

    for refused in (unrecorded, too_early):
        assert refused.refusal == (409, "guard_refused", None)
        assert refused.body["rule"] == "SH-01"
    assert prepared.events[0].form["cash"]["minor_units"] == 50_000
    assert accepted.stored == [Ticket.StepTaken, Ticket.TimeKept]
    taken = accepted.events[0].form
    assert (taken["from_staff"], taken["to_staff"]) == (str(S1), str(S2))
    assert taken["open_items"] == [CALL_BACK | {"is_placed": True}]
    assert left.stored == [Ticket.StepTaken, Ticket.Closed]
    [row] = report(s1, "shift/handovers")["list"]
    assert (row["form.from_staff"], row["form.to_staff"]) == (str(S1), str(S2))
    assert row["form.open_items"] == taken["open_items"]


@pytest.mark.rule("SH-01")
def test_nobody_takes_over_but_the_relief_who_was_named(office: Office):
    shift = night_shift(office)
    done(office.person(S1), shift, "prepare_handover", **record(S2))

    answers = [step(office.person(who), shift, "accept_handover") for who in (S1, S3)]

    for answer in answers:
        assert answer.refusal == (403, "guard_forbids", None)
        assert answer.body["rule"] == "SH-01"


@pytest.mark.rule("SH-01")
def test_what_is_open_with_me_is_counted_into_the_record(office: Office):
    s1 = office.person(S1)
    shift = night_shift(office)
    opened(s1)
    opened(s1, channel="phone")
    opened(office.person(S3))
    office.catch_up()

    prepared = done(s1, shift, "prepare_handover", **record())

    assert prepared.events[0].form["open_tickets"] == 2


@pytest.mark.rule("SH-02")
def test_what_is_left_to_do_has_somebody_to_do_it_or_a_reason(office: Office):
    s1 = office.person(S1)
    shift = night_shift(office)
    nobodys = {"item": "2026-0013 备料"}

    refused = step(s1, shift, "prepare_handover", **record(S2, CALL_BACK, nobodys))
    placed = {**nobodys, "reason": "等供应商"}
    accepted = step(s1, shift, "prepare_handover", **record(S2, CALL_BACK, placed))

    assert refused.refusal == (409, "guard_refused", "pending")
    assert refused.body["rule"] == "SH-02"
    assert accepted.stored == [Ticket.StepTaken, Ticket.TimePromised]


@pytest.mark.rule("SH-04")
def test_how_fast_a_gap_was_claimed_and_filled_is_measured(office: Office):
    s1, team = office.person(S1), office.person(S2)
    office.now = at("2026-11-23T07:00:00")
    gap = of_the_house(s1, "gap", point=10)
    office.now = at("2026-11-23T07:05:00")
    claimed = done(team, gap, "claim_gap", team=1, eta="2026-11-23T07:30:00+08:00")
    office.now = at("2026-11-23T07:30:00")
    filled = done(team, gap, "fill_gap")

    [point] = report(s1, "gap/response")["groups"]

    assert claimed.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.TimePromised]
    assert filled.stored == [Ticket.StepTaken, Ticket.TimeKept, Ticket.Closed]
    assert point["by"] == {"opened.point": 10}
    measures = {name: figure["value"] for name, figure in point["measures"].items()}
    assert measures == {"claim_time": "5", "fill_time": "30", "on_time": "100"}


@pytest.mark.rule("SH-04")
def test_whoever_comes_later_than_they_said_is_late(office: Office):
    s1 = office.person(S1)
    office.now = at("2026-11-23T07:00:00")
    gap = of_the_house(s1, "gap", point=10)
    done(s1, gap, "claim_gap", team=1, eta="2026-11-23T07:30:00+08:00")
    office.now = at("2026-11-23T07:31:00")

    office.tick()

    assert s1.get(f"{gap}/obligations/gap_fill-1").body["status"] == "overdue"


@pytest.mark.rule("SH-05")
def test_whoever_leaves_last_has_switched_everything_off(office: Office):
    s1 = office.person(S1)
    shift = day_shift(office)
    office.now = at("2026-11-23T18:00:00")
    for item in ("cleaned", "hazards", "doors"):
        s1.post(f"{shift}/checklists/closing/{item}")

    blocked = step(s1, shift, "end_shift")
    s1.post(f"{shift}/checklists/closing/power")
    left = step(s1, shift, "end_shift")

    assert blocked.refusal == (409, "guard_refused", None)
    assert blocked.body["rule"] == "SH-05"
    assert left.stored == [Ticket.StepTaken, Ticket.Closed]
    assert left.events[0].form["overtime_minutes"] == 0


@pytest.mark.rule("SH-06")
def test_a_night_without_an_entry_is_listed_in_the_morning(office: Office):
    s1, guard = office.person(S1), office.hire("security")
    office.now = at("2026-11-24T00:10:00")
    office.catch_up()
    assert office.parts.schedules.tick(office.now) > 0
    logs = s1.get("/v1/tickets?procedure=duty-log").body["items"]
    begun = {datetime.fromisoformat(row["opened_at"]): row for row in logs}
    log = begun[at("2026-11-23T00:00:00")]
    entry = {"at": "2026-11-23T23:00:00+08:00", "entry": "巡视无异常"}
    done(guard, f"/v1/tickets/{log['ticket_id']}", "enter_log", **entry)

    office.now = at("2026-11-25T08:40:00")
    days = "from=2026-11-23&to=2026-11-25"
    listed = report(s1, "duty-log/nights_without_entry", days)["list"]

    assert [(row["opened.period"], row["this.unit"]) for row in listed] == [("2026-11-24", "main")]


@pytest.mark.rule("SH-06")
def test_a_log_is_not_handed_in_empty(office: Office):
    keeper = office.hire("duty_manager")
    office.now = at("2026-11-24T00:10:00")
    log = of_the_house(keeper, "duty-log", period="2026-11-24")

    empty = step(keeper, log, "close_log")
    done(keeper, log, "enter_log", at="2026-11-24T23:00:00+08:00", entry="巡视无异常")
    closed = step(keeper, log, "close_log")

    assert empty.refusal[:2] == (409, "step_not_possible")
    assert closed.stored == [Ticket.StepTaken, Ticket.Closed]


@pytest.mark.rule("SH-07")
@pytest.mark.parametrize(("minutes", "late"), [(0, []), (5, [5])])
def test_whoever_takes_over_late_is_recorded_as_late(office: Office, minutes: int, late: list[int]):
    s1, s2 = office.person(S1), office.person(S2)
    shift = night_shift(office)
    done(s1, shift, "prepare_handover", **record(S2))
    [due] = s2.get("/v1/desk/obligations").body["items"]

    office.now = at("2026-11-24T08:00:00") + timedelta(minutes=minutes)
    accepted = done(s2, shift, "accept_handover")

    assert (due["name"], due["rule"]) == ("takeover", "SH-07")
    assert datetime.fromisoformat(due["due_at"]) == at("2026-11-24T08:00:00")
    follows = [Ticket.Followed] if late else []
    assert accepted.stored == [Ticket.StepTaken, Ticket.TimeKept, *follows]
    rows = report(s1, "shift/late_takeovers")["list"]
    assert [(row["form.person"], row["form.minutes"]) for row in rows] == [
        (str(S2), lateness) for lateness in late
    ]


@pytest.mark.rule("SH-10")
def test_a_post_that_is_left_without_cover_is_flagged(office: Office):
    s1 = office.person(S1)
    shift = night_shift(office)

    covered = done(s1, shift, "leave_post", reason="就医", cover=str(S2))
    uncovered = done(s1, shift, "leave_post", reason="外出")

    assert covered.stored == [Ticket.StepTaken]
    assert uncovered.stored == [Ticket.StepTaken, Ticket.Followed]
    flag = uncovered.events[1]
    assert (flag.step, flag.rule, flag.form) == (
        "post_left_uncovered",
        "SH-10",
        {"person": str(S1)},
    )
    [row] = report(s1, "shift/posts_left")["groups"]
    assert (row["by"], row["rows"]) == ({"form.person": str(S1)}, 1)


@pytest.mark.rule("SC-06")
def test_nobody_goes_home_while_a_client_is_with_them(office: Office):
    s1 = office.person(S1)
    shift = day_shift(office)
    locked_up(office, shift)
    ticket = opened(s1)
    office.now = at("2026-11-23T18:00:00")
    office.catch_up()

    refused = step(s1, shift, "end_shift")
    s1.post(f"{ticket}/answer", {"text": "已办"})
    office.now = at("2026-11-23T18:40:00")
    s1.post(f"{ticket}/completion", {"result": "手续办理完毕"})
    office.catch_up()
    left = step(s1, shift, "end_shift")

    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["rule"] == "SC-06"
    assert left.stored == [Ticket.StepTaken, Ticket.Closed]
    assert left.events[0].form["overtime_minutes"] == 40
    [row] = report(s1, "shift/overtime")["groups"]
    assert (row["by"], row["measures"]["minutes"]["value"]) == ({"actor.id": str(S1)}, "40")


@pytest.mark.rule("SC-06")
@pytest.mark.parametrize("channel", ["walk_in", "visit", "store"])
def test_whoever_hands_their_client_over_may_go_home(office: Office, channel: str):
    s1, s2 = office.person(S1), office.person(S2)
    shift = day_shift(office)
    locked_up(office, shift)
    ticket = opened(s1, procedure="enquiry", channel=channel)
    opened(s1, channel="phone")
    opened(s2)
    s1.post(f"{ticket}/transfer", {"to_id": str(S2), "reason": "接着办"})
    office.catch_up()

    offered = step(s1, shift, "end_shift")
    s2.post(f"{ticket}/transfer/acceptance")
    office.catch_up()
    handed_over = step(s1, shift, "end_shift")

    assert offered.refusal == (409, "guard_refused", None)
    assert handed_over.stored == [Ticket.StepTaken, Ticket.Closed]
    assert s2.get(ticket).body["owner_id"] == str(S2)


def shift_of(who: UUID, since: str, until: str) -> dict[str, str]:
    return {"person": str(who), "since": f"{since}:00+08:00", "until": f"{until}:00+08:00"}


@pytest.mark.rule("SH-08")
def test_a_roster_tells_the_hours_of_the_night_that_nobody_has(office: Office):
    s1 = office.person(S1)
    roster = of_the_house(s1, "roster")
    evening, morning, night = "2026-11-24T17:30", "2026-11-25T08:30", "2026-11-24T23:00"
    hours = {"since": f"{evening}:00+08:00", "until": f"{morning}:00+08:00"}
    first, second = shift_of(S1, evening, night), shift_of(S2, night, morning)

    checked = done(s1, roster, "plan_roster", **hours, people=[first])
    listed = report(s1, "roster/gaps")["list"]
    refused = step(s1, roster, "publish_roster")
    mended = done(s1, roster, "plan_roster", **hours, people=[first, second])
    published = step(s1, roster, "publish_roster")

    gap = {"since": "2026-11-24T23:00:00+08:00", "until": "2026-11-25T08:30:00+08:00"}
    assert checked.event.form["gaps"] == [gap]
    assert [row["plan_roster.gaps"] for row in listed] == [[gap]]
    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["rule"] == "SH-08"
    assert mended.event.form["gaps"] == []
    assert published.stored == [Ticket.StepTaken, Ticket.Closed]
