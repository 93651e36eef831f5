from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, Calendars
from domain.deadline import due
from domain.errors import Invalid
from domain.limit import read_limit
from domain.obligation import (
    AlreadyPaused,
    AskedTooLate,
    NotOverdue,
    NotPaused,
    Obligation,
    ObligationOver,
    OwnExtension,
    Status,
)
from domain.promise import MetBy
from tests.support.calendars import (
    calendar,
    calendars,
    moment,
    near_instants,
    shipped_calendars,
)

FOUR_DAYS = {"kind": "working_days", "days": 4, "calendar": "utility-cs"}
TWO_HOURS = {"kind": "clock", "hours": 2}
SAME_DAY = {"kind": "cut_off", "at": "18:00"}

RECEIVED = "2026-11-23 16:30"
"""A Monday; four working days later is Friday 27, 17:00."""

REPLY = MetBy(all=("opinion_proposed", "user_replied"))
CONTACT = MetBy(any=("user_contacted", "user_unreachable"))

INSTANT = timedelta(microseconds=1)
NOTHING = timedelta(0)


def obligation(
    limit: dict[str, Any] = FOUR_DAYS,
    anchor: str | datetime = RECEIVED,
    *,
    met_by: MetBy = CONTACT,
    on: Calendars | None = None,
    appointment: datetime | date | None = None,
) -> Obligation:
    start = moment(anchor) if isinstance(anchor, str) else anchor
    found = due(start, read_limit(limit), on or shipped_calendars(), appointment)
    return Obligation.opened(
        name="contact",
        anchor=start,
        due=found.at,
        basis=found.basis,
        responsible="staff:1",
        met_by=met_by,
    )


def paused(given: Obligation, at: str) -> Obligation:
    return given.paused(moment(at), blocked_by="third_party", reason="determination")


def resumed(given: Obligation, at: str) -> Obligation:
    return given.resumed(moment(at), shipped_calendars())


def waited(given: Obligation, start: str, end: str) -> Obligation:
    return resumed(paused(given, start), end)


def extended(given: Obligation, to: str, **otherwise: Any) -> Obligation:
    words: dict[str, Any] = {
        "at": moment("2026-11-25 10:00"),
        "asked_at": moment("2026-11-25 09:00"),
        "asked_by": "staff:1",
        "approved_by": "staff:2",
    }
    return given.extended(moment(to), **words | otherwise)


def waived(given: Obligation, at: str) -> Obligation:
    return given.waived(moment(at), by="staff:9", reason="withdrawn")


def contacted(given: Obligation, at: str) -> Obligation:
    return given.told("user_contacted", moment(at))


def status(given: Obligation, at: str) -> str:
    return str(given.status_at(moment(at)))


# Open, met, overdue


def test_it_is_open_until_the_due_instant_and_overdue_right_after() -> None:
    promised = obligation()

    assert promised.due == moment("2026-11-27 17:00")
    assert status(promised, RECEIVED) == "open"
    assert status(promised, "2026-11-27 17:00") == "open"
    assert promised.status_at(moment("2026-11-27 17:00") + INSTANT) == Status.OVERDUE


def test_what_was_done_before_it_was_promised_meets_it_from_the_anchor_on() -> None:
    met = contacted(obligation(), "2026-11-01 09:00")

    assert met.met_at == moment(RECEIVED)
    assert status(met, "2026-11-23 16:29") == "open"
    assert status(met, RECEIVED) == "met"
    assert contacted(met, "2026-10-01 09:00") is met


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("联系 · 三号楼", "联系 · 三号楼"),
        ("联系 · 三号楼\n四单元\t\x85东", "联系 · 三号楼 四单元 东"),
        ("$名称", "名称"),
        ("\n", "…"),
        ("长" * 200, "长" * 200),
        ("长" * 201, "长" * 199 + "…"),
    ],
)
def test_whatever_it_is_called_by_becomes_one_line_that_is_no_longer_than_a_title(
    name: str, title: str
) -> None:
    found = due(moment(RECEIVED), read_limit(TWO_HOURS), shipped_calendars())

    promised = Obligation.opened(
        name=name,
        anchor=moment(RECEIVED),
        due=found.at,
        basis=found.basis,
        responsible="staff:1",
        met_by=CONTACT,
    )

    assert promised.name == title
    assert Obligation.from_data(promised.to_data()) == promised


def test_nobody_is_given_time_until_the_end_of_the_calendar() -> None:
    assert extended(obligation(), "2999-12-31 23:59").due == moment("2999-12-31 23:59")
    with pytest.raises(Invalid) as refusal:
        extended(obligation(), "3000-01-01 00:00")

    assert refusal.value.field == "due"


def test_on_the_dot_may_be_late_by_policy() -> None:
    strict = obligation(FOUR_DAYS | {"met_on_the_dot": False})

    assert strict.status_at(moment("2026-11-27 17:00") - INSTANT) == Status.OPEN
    assert status(strict, "2026-11-27 17:00") == "overdue"
    assert status(contacted(strict, "2026-11-27 17:00"), "2026-11-28 09:00") == "met_late"


def test_one_of_several_facts_may_be_enough() -> None:
    met = obligation(met_by=CONTACT).told("user_unreachable", moment("2026-11-24 09:00"))

    assert status(met, "2026-11-24 08:59") == "open"
    assert status(met, "2026-11-24 09:00") == "met"
    assert met.met_at == moment("2026-11-24 09:00")


def test_several_facts_may_all_be_needed() -> None:
    half = obligation(met_by=REPLY).told("opinion_proposed", moment("2026-11-24 09:00"))
    met = half.told("user_replied", moment("2026-11-26 09:00"))

    assert status(half, "2026-11-30 09:00") == "overdue"
    assert status(met, "2026-11-25 09:00") == "open"
    assert status(met, "2026-11-30 09:00") == "met"


def test_the_first_of_the_facts_that_are_enough_counts() -> None:
    met = contacted(obligation(met_by=CONTACT), "2026-11-24 09:00")

    entered_late = met.told("user_unreachable", moment("2026-11-24 08:00"))

    assert entered_late.met_at == moment("2026-11-24 08:00")


def test_some_facts_may_be_needed_and_one_of_others() -> None:
    both = MetBy(all=("checked",), any=("told", "written"))
    checked = obligation(met_by=both).told("checked", moment("2026-11-24 09:00"))

    assert checked.met_at is None
    assert checked.told("written", moment("2026-11-24 11:00")).met_at == moment("2026-11-24 11:00")
    assert obligation(met_by=both).told("told", moment("2026-11-24 09:00")).met_at is None


def test_what_is_met_after_it_was_due_is_met_late_for_ever() -> None:
    late = contacted(obligation(), "2026-11-27 17:01")

    assert status(late, "2026-11-27 17:00") == "open"
    assert status(late, "2026-11-27 17:01") == "met_late"
    assert status(late, "2027-11-27 17:01") == "met_late"


def test_other_facts_do_not_meet_it() -> None:
    promised = obligation()

    assert promised.told("answered", moment("2026-11-24 09:00")) is promised


def test_a_fact_told_again_changes_nothing() -> None:
    met = contacted(obligation(), "2026-11-24 09:00")

    assert contacted(met, "2026-11-24 09:00") is met
    assert contacted(met, "2026-11-25 09:00") is met


def test_a_late_entry_may_show_that_it_was_met_in_time_after_all() -> None:
    late = contacted(obligation(), "2026-11-30 09:00").breached(moment("2026-11-30 09:00"))

    entered = contacted(late, "2026-11-27 16:00")

    assert status(entered, "2026-11-30 10:00") == "met"
    assert entered.breached_at == moment("2026-11-30 09:00")


def test_nothing_at_all_meets_nothing_so_facts_have_to_be_named() -> None:
    with pytest.raises(ValueError, match="nothing meets it"):
        MetBy()


def test_an_instant_in_any_zone_is_the_same_instant() -> None:
    promised = obligation()

    met = promised.told("user_contacted", moment("2026-11-27 17:00").astimezone(UTC))

    assert status(met, "2026-11-27 17:00") == "met"
    assert promised.status_at(datetime(2026, 11, 27, 9, 1, tzinfo=UTC)) == Status.OVERDUE


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(Invalid, match="has no offset"):
        obligation().status_at(moment(RECEIVED).replace(tzinfo=None))


# Pauses


def test_a_paused_clock_stands_still_and_is_never_overdue() -> None:
    standing = paused(obligation(), "2026-11-25 10:00")

    assert status(standing, "2026-11-25 09:59") == "open"
    assert status(standing, "2026-11-25 10:00") == "paused"
    assert status(standing, "2027-11-25 10:00") == "paused"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-24 10:00", "2026-11-25 10:00", "2026-11-30 17:00"),  # a working day
        ("2026-11-24 10:00", "2026-11-24 12:00", "2026-11-30 10:30"),  # two hours
        ("2026-11-24 22:00", "2026-11-25 03:00", "2026-11-27 17:00"),  # at night
        ("2026-11-24 20:00", "2026-11-25 09:30", "2026-11-30 09:30"),  # an hour after opening
        ("2026-11-24 10:00", "2026-11-24 10:00", "2026-11-27 17:00"),  # at once
        ("2026-11-26 10:00", "2026-11-29 12:00", "2026-12-01 15:30"),  # until Sunday
    ],
)
def test_the_working_time_left_at_the_pause_is_left_at_the_resumption(
    start: str, end: str, expected: str
) -> None:
    assert waited(obligation(), start, end).due == moment(expected)


@pytest.mark.parametrize(
    ("anchor", "start", "end", "expected"),
    [
        # over National Day: an hour before it and an hour after, on to a make-up Saturday
        ("2026-09-28 09:00", "2026-09-30 16:00", "2026-10-08 09:30", "2026-10-10 10:30"),
        # during the holiday, when nothing would have run anyhow
        ("2026-09-28 09:00", "2026-10-02 10:00", "2026-10-06 10:00", "2026-10-09 17:00"),
        # on a make-up Sunday, which is worked
        ("2026-09-16 09:00", "2026-09-20 08:30", "2026-09-20 17:00", "2026-09-22 17:00"),
        # on an ordinary Sunday, which is not
        ("2026-09-10 09:00", "2026-09-13 08:30", "2026-09-13 17:00", "2026-09-16 17:00"),
    ],
)
def test_a_pause_counts_what_would_have_been_worked(
    anchor: str, start: str, end: str, expected: str
) -> None:
    promised = obligation(FOUR_DAYS, anchor)

    assert waited(promised, start, end).due == moment(expected)


def test_the_clock_stands_still_by_the_clock() -> None:
    promised = obligation(TWO_HOURS, "2026-11-23 16:30")

    moved = waited(promised, "2026-11-23 17:00", "2026-11-28 03:00")

    assert moved.due == moment("2026-11-28 04:30")


@pytest.mark.parametrize(
    ("limit", "start", "end", "expected"),
    [
        (SAME_DAY, "2026-11-23 17:00", "2026-11-23 17:30", "2026-11-23 18:00"),
        (SAME_DAY, "2026-11-23 17:00", "2026-11-25 09:00", "2026-11-25 18:00"),
        (SAME_DAY, "2026-11-23 17:00", "2026-11-25 19:00", "2026-11-26 18:00"),
        (SAME_DAY, "2026-11-23 17:00", "2026-11-25 18:00", "2026-11-26 18:00"),
        (SAME_DAY, "2026-11-23 17:00", "2026-11-23 18:30", "2026-11-24 18:00"),
        (
            {"kind": "calendar_days", "days": 3},
            "2026-11-24 10:00",
            "2026-11-26 09:00",
            "2026-11-28 24:00",
        ),
        (
            {"kind": "calendar_days", "days": 3},
            "2026-11-26 23:59",
            "2026-11-27 00:01",
            "2026-11-27 24:00",
        ),
        (
            {"kind": "cut_off", "day": "fri", "at": "close", "on_day_off": "previous"}
            | {"calendar": "utility-cs"},
            "2026-11-27 10:00",
            "2026-11-28 10:00",
            "2026-11-30 17:00",
        ),
        (
            {"kind": "cut_off", "day": "fri", "at": "close", "on_day_off": "previous"}
            | {"calendar": "utility-cs"},
            "2026-11-26 10:00",
            "2026-11-27 10:00",
            "2026-11-30 17:00",
        ),
        (
            {"kind": "calendar_days", "days": 2, "until": "17:00", "on_day_off": "next"}
            | {"calendar": "utility-cs"},
            "2026-11-24 10:00",
            "2026-11-27 10:00",
            "2026-11-30 17:00",
        ),
    ],
)
def test_days_of_the_wall_calendar_move_by_the_days_paused(
    limit: dict[str, Any], start: str, end: str, expected: str
) -> None:
    assert waited(obligation(limit, "2026-11-23 16:30"), start, end).due == moment(expected)


def test_a_time_given_by_hand_is_kept_to_the_second_and_though_it_is_off() -> None:
    promised = obligation({"kind": "calendar_days", "days": 3}, "2026-11-23 16:30")
    on_next_working_day = obligation(
        {"kind": "calendar_days", "days": 3, "on_day_off": "next", "calendar": "utility-cs"}
    )
    by_hand = moment("2026-11-28 12:00") + timedelta(seconds=30)

    a_day = waited(
        extended(promised, "2026-11-28 12:00:30"), "2026-11-26 10:00", "2026-11-27 09:00"
    )
    an_hour = waited(
        extended(on_next_working_day, "2026-11-28 12:00:30"), "2026-11-26 10:00", "2026-11-26 11:00"
    )

    assert a_day.due == by_hand + timedelta(days=1)
    assert an_hour.due == by_hand


def test_a_pause_in_which_nothing_would_have_been_worked_moves_nothing() -> None:
    at_night = waited(obligation(), "2026-11-24 22:00", "2026-11-25 03:00")

    assert at_night.promises == obligation().promises


def test_working_days_that_last_until_midnight_still_do_after_a_pause() -> None:
    until_midnight = obligation(FOUR_DAYS | {"until": "24:00"})

    a_day = waited(until_midnight, "2026-11-24 10:00", "2026-11-25 10:00")
    in_the_evening = waited(until_midnight, "2026-11-27 20:00", "2026-11-27 21:00")

    assert a_day.due == moment("2026-11-30 24:00")
    assert in_the_evening.due == moment("2026-11-27 24:00")


def test_an_appointment_does_not_wait() -> None:
    promised = obligation(
        {"kind": "relative", "minutes_before": 15}, appointment=moment("2026-11-26 10:00")
    )

    assert waited(promised, "2026-11-24 10:00", "2026-11-25 10:00").due == moment(
        "2026-11-26 09:45"
    )


def test_what_recurs_does_not_wait() -> None:
    promised = obligation({"kind": "recurring", "every": "week", "on": ["fri"], "at": ["18:00"]})

    assert waited(promised, "2026-11-24 10:00", "2026-11-25 10:00").due == moment(
        "2026-11-27 18:00"
    )


def test_what_is_resolved_straight_out_of_a_pause_is_met_in_time() -> None:
    standing = paused(obligation(), "2026-11-25 10:00")

    met = contacted(standing, "2026-12-15 10:00")

    assert status(met, "2026-12-15 10:00") == "met"
    assert met.missed_at(moment("2026-12-31 10:00")) is None


def test_a_pause_does_not_heal_what_was_overdue_already() -> None:
    standing = paused(obligation(), "2026-11-30 10:00")
    running = resumed(standing, "2026-12-02 10:00")

    assert status(standing, "2026-12-01 10:00") == "overdue"
    assert status(running, "2026-12-03 10:00") == "overdue"
    assert running.due == moment("2026-11-27 17:00")


def test_it_can_be_paused_again_after_it_was_resumed() -> None:
    once = waited(obligation(), "2026-11-24 10:00", "2026-11-25 10:00")

    twice = waited(once, "2026-11-26 10:00", "2026-11-27 10:00")

    assert twice.due == moment("2026-12-01 17:00")
    assert status(twice, "2026-11-24 12:00") == "paused"
    assert status(twice, "2026-11-25 10:00") == "open"
    assert status(twice, "2026-11-26 12:00") == "paused"


def test_pausing_twice_on_the_same_ground_is_pausing_once() -> None:
    standing = paused(obligation(), "2026-11-24 10:00")

    assert paused(standing, "2026-11-24 11:00") is standing


def test_pausing_on_another_ground_is_refused_while_it_is_paused() -> None:
    standing = paused(obligation(), "2026-11-24 10:00")

    with pytest.raises(AlreadyPaused, match="third_party, determination"):
        standing.paused(moment("2026-11-24 11:00"), blocked_by="client", reason="documents")


def test_what_is_not_paused_is_not_resumed() -> None:
    with pytest.raises(NotPaused):
        resumed(obligation(), "2026-11-24 10:00")
    with pytest.raises(NotPaused):
        resumed(waited(obligation(), "2026-11-24 10:00", "2026-11-24 11:00"), "2026-11-24 12:00")


def test_nothing_goes_on_before_what_has_been() -> None:
    with pytest.raises(Invalid, match="is before"):
        paused(obligation(), "2026-11-23 16:29")
    with pytest.raises(Invalid, match="is before"):
        resumed(paused(obligation(), "2026-11-24 10:00"), "2026-11-24 09:59")
    with pytest.raises(Invalid, match="is before"):
        paused(waited(obligation(), "2026-11-24 20:00", "2026-11-24 21:00"), "2026-11-24 20:30")


def test_the_calendar_version_of_the_promise_is_kept_though_a_newer_one_came_in_the_pause() -> None:
    old = calendar(week={"mon-fri": ["09:00-17:00"]})
    new = calendar(version=2, week={"mon-sun": ["09:00-21:00"]})
    ten_hours = {"kind": "working_hours", "hours": 10, "calendar": "shop"}
    promised = obligation(ten_hours, "2026-11-26 09:00", on=Calendars([old]))
    standing = paused(promised, "2026-11-26 12:00")

    moved = standing.resumed(moment("2026-11-27 12:00"), Calendars([old, new]))

    assert promised.due == moment("2026-11-27 11:00")
    assert moved.due == moment("2026-11-30 11:00")
    assert obligation(ten_hours, "2026-11-26 09:00", on=Calendars([old, new])).due == moment(
        "2026-11-26 19:00"
    )


def test_the_time_left_is_working_time_where_that_is_promised() -> None:
    promised = obligation()
    shelf = shipped_calendars()

    def left(given: Obligation, at: str) -> timedelta:
        return given.remaining_at(moment(at), shelf)

    assert left(promised, "2026-11-26 16:00") == timedelta(hours=9.5)
    assert left(paused(promised, "2026-11-26 16:00"), "2026-12-26 16:00") == timedelta(hours=9.5)
    assert left(promised, "2026-11-28 09:00") == NOTHING
    assert left(contacted(promised, "2026-11-26 10:00"), "2026-11-26 16:00") == NOTHING
    assert left(obligation(TWO_HOURS), "2026-11-23 17:00") == timedelta(hours=1.5)
    longer = extended(promised, "2026-12-02 17:00")
    assert left(longer, "2026-11-25 09:00") == left(promised, "2026-11-25 09:00")
    assert left(longer, "2026-11-25 10:00") > left(promised, "2026-11-25 10:00")
    longer_in_pause = extended(paused(promised, "2026-11-25 09:00"), "2026-12-02 17:00")
    assert left(longer_in_pause, "2026-11-25 11:00") == left(
        longer, "2026-11-25 10:00"
    ) + timedelta(hours=1)


# Extensions


def test_more_time_is_given_from_the_approval_on() -> None:
    longer = extended(obligation(), "2026-12-02 17:00")

    assert longer.due == moment("2026-12-02 17:00")
    assert longer.due_at(moment("2026-11-25 09:59")) == moment("2026-11-27 17:00")
    assert longer.due_at(moment("2026-11-25 10:00")) == moment("2026-12-02 17:00")
    assert status(longer, "2026-11-30 09:00") == "open"
    assert status(longer, "2026-12-02 17:01") == "overdue"


def test_who_asks_for_more_time_does_not_approve_it() -> None:
    with pytest.raises(OwnExtension):
        extended(obligation(), "2026-12-02 17:00", approved_by="staff:1")


def test_more_time_is_asked_for_before_it_is_due() -> None:
    at = {"at": moment("2026-11-30 09:00")}

    with pytest.raises(AskedTooLate):
        extended(
            obligation(),
            "2026-12-02 17:00",
            asked_at=moment("2026-11-27 17:00") + INSTANT,
            **at,
        )
    on_the_dot = extended(
        obligation(), "2026-12-02 17:00", asked_at=moment("2026-11-27 17:00"), **at
    )
    assert status(on_the_dot, "2026-12-02 17:00") == "open"


def test_a_slow_approval_of_what_was_asked_in_time_still_helps() -> None:
    slow = extended(obligation(), "2026-12-02 17:00", at=moment("2026-11-30 09:00"))

    assert status(slow, "2026-11-30 08:59") == "overdue"
    assert slow.missed_at(moment("2026-11-30 08:59")) == moment("2026-11-27 17:00")
    assert status(slow, "2026-11-30 09:00") == "open"


def test_more_time_is_not_less() -> None:
    with pytest.raises(Invalid, match="due at 2026-11-27T17:00:00"):
        extended(obligation(), "2026-11-27 17:00")


def test_nothing_is_approved_before_it_was_asked_for() -> None:
    with pytest.raises(Invalid, match="before it was asked for"):
        extended(obligation(), "2026-12-02 17:00", asked_at=moment("2026-11-25 10:01"))


def test_the_same_extension_said_twice_is_one() -> None:
    longer = extended(obligation(), "2026-12-02 17:00")

    assert extended(longer, "2026-12-02 17:00") is longer


def test_more_time_may_be_given_during_a_pause() -> None:
    standing = paused(obligation(), "2026-11-24 10:00")
    longer = extended(standing, "2026-11-30 17:00")

    assert resumed(longer, "2026-11-25 10:00").due == moment("2026-12-01 17:00")


def test_more_time_asked_in_time_and_given_in_a_pause_heals_what_was_overdue() -> None:
    standing = paused(obligation(), "2026-11-30 10:00")

    longer = extended(standing, "2026-12-01 17:00", at=moment("2026-11-30 15:00"))

    assert status(longer, "2026-11-30 14:00") == "overdue"
    assert status(longer, "2026-11-30 16:00") == "paused"
    assert resumed(longer, "2026-12-01 10:00").due == moment("2026-12-02 17:00")


# Its end


def test_what_is_waived_stops() -> None:
    free = waived(obligation(), "2026-11-25 10:00")

    assert status(free, "2026-11-25 09:59") == "open"
    assert status(free, "2026-11-30 10:00") == "waived"
    assert waived(free, "2026-11-26 10:00") is free


def test_closing_stops_the_clock_even_a_paused_one() -> None:
    closed = obligation().closed(moment("2026-11-25 10:00"))
    standing = paused(obligation(), "2026-11-24 10:00").closed(moment("2026-11-25 10:00"))

    assert status(closed, "2026-11-25 09:59") == "open"
    assert status(closed, "2026-11-30 10:00") == "closed"
    assert status(standing, "2026-11-25 09:59") == "paused"
    assert status(standing, "2026-11-30 10:00") == "closed"
    assert closed.closed(moment("2026-11-26 10:00")) is closed


def test_what_happens_after_the_end_does_not_meet_it_but_a_late_entry_does() -> None:
    closed = obligation().closed(moment("2026-11-25 10:00"))

    assert contacted(closed, "2026-11-25 10:01") is closed
    assert status(contacted(closed, "2026-11-25 09:00"), "2026-11-30 10:00") == "met"


def test_the_fact_that_closes_the_matter_may_meet_it() -> None:
    both = contacted(obligation(), "2026-11-25 10:00").closed(moment("2026-11-25 10:00"))
    other_way_round = contacted(obligation().closed(moment("2026-11-25 10:00")), "2026-11-25 10:00")

    assert status(both, "2026-11-25 10:00") == "met"
    assert status(other_way_round, "2026-11-25 10:00") == "met"


@pytest.mark.parametrize(
    ("end", "word"),
    [
        (lambda o: contacted(o, "2026-11-24 10:00"), "met"),
        (lambda o: contacted(o, "2026-11-27 18:00"), "met_late"),
        (lambda o: waived(o, "2026-11-24 10:00"), "waived"),
        (lambda o: o.closed(moment("2026-11-24 10:00")), "closed"),
    ],
)
def test_nothing_more_is_done_with_what_is_over(end: Any, word: str) -> None:
    over = end(obligation())

    with pytest.raises(ObligationOver, match=f"contact is {word}"):
        paused(over, "2026-11-28 10:00")
    with pytest.raises(ObligationOver):
        resumed(over, "2026-11-28 10:00")
    with pytest.raises(ObligationOver):
        extended(over, "2026-12-02 17:00")
    assert over.closed(moment("2026-11-28 10:00")) is over


def test_what_is_met_is_not_waived() -> None:
    with pytest.raises(ObligationOver):
        waived(contacted(obligation(), "2026-11-24 10:00"), "2026-11-25 10:00")


# The record of a breach


def test_a_breach_is_recorded_once() -> None:
    recorded = obligation().breached(moment("2026-11-27 17:01"))

    assert recorded.breached_at == moment("2026-11-27 17:01")
    assert recorded.breached(moment("2026-11-28 17:01")) is recorded


@pytest.mark.parametrize(
    "given",
    [
        obligation(),
        paused(obligation(), "2026-11-25 10:00"),
        contacted(obligation(), "2026-11-27 17:00"),
        waived(obligation(), "2026-11-25 10:00"),
        extended(obligation(), "2026-12-02 17:00"),
    ],
)
def test_what_is_not_overdue_is_no_breach(given: Obligation) -> None:
    at = moment("2026-11-27 17:00") + (INSTANT if given != obligation() else NOTHING)

    with pytest.raises(NotOverdue, match="contact is not overdue"):
        given.breached(at)


def test_that_it_is_overdue_does_not_wait_for_the_record() -> None:
    assert status(obligation(), "2026-11-30 10:00") == "overdue"
    assert obligation().missed_at(moment("2026-11-30 10:00")) == moment("2026-11-27 17:00")


@pytest.mark.parametrize(
    "end",
    [
        lambda o: contacted(o, "2026-11-30 10:00"),
        lambda o: waived(o, "2026-11-30 10:00"),
        lambda o: o.closed(moment("2026-11-30 10:00")),
        lambda o: paused(o, "2026-11-30 10:00"),
    ],
)
def test_what_was_missed_stays_missed_whatever_came_after(end: Any) -> None:
    late = end(obligation())

    assert late.missed_at(moment("2026-12-05 10:00")) == moment("2026-11-27 17:00")
    assert late.missed_at(moment("2026-11-27 17:00")) is None
    assert late.breached(moment("2026-12-05 10:00")).breached_at == moment("2026-12-05 10:00")


# In words, and as data


def test_it_explains_its_deadline_and_what_moved_it() -> None:
    moved = waited(obligation(), "2026-11-24 10:00", "2026-11-25 09:00")
    standing = paused(extended(moved, "2026-12-02 17:00"), "2026-11-26 10:00")

    first, *after = standing.explanation().split("\n")

    assert first.startswith(
        "Due 截止 2026-11-27 Fri 17:00 (+08:00); from 起算 2026-11-23 Mon 16:30; "
    )
    assert after == [
        "Paused 暂停 2026-11-24 Tue 10:00 to 2026-11-25 Wed 09:00: third_party, determination.",
        "Paused 暂停 2026-11-26 Thu 10:00 to now: third_party, determination.",
        "Extended 延期: asked for by staff:1 on 2026-11-25 Wed 09:00, approved by staff:2.",
        "Due 截止 since 2026-11-25 Wed 09:00: 2026-11-30 Mon 16:00 (+08:00).",
        "Due 截止 since 2026-11-25 Wed 10:00: 2026-12-02 Wed 17:00 (+08:00).",
    ]


def test_its_instants_are_explained_in_the_zone_of_its_calendar() -> None:
    standing = obligation().paused(
        datetime(2026, 11, 24, 2, tzinfo=UTC), blocked_by="client", reason="documents"
    )

    assert "Paused 暂停 2026-11-24 Tue 10:00 to now" in standing.explanation()


def test_a_change_is_told_as_the_fields_that_are_different() -> None:
    before = obligation()
    after = contacted(before, "2026-11-24 09:00")

    changes = before.changes_to(after)

    assert changes == {"facts": {"user_contacted": "2026-11-24T09:00:00+08:00"}}
    assert before.changed(changes) == after
    assert before.changes_to(before) == {}


# Any life

LIMITS = [
    {"kind": "clock", "hours": 30, "calendar": "shop"},
    {"kind": "working_days", "days": 3, "calendar": "shop"},
    {"kind": "working_days", "days": 2, "until": "24:00", "calendar": "shop"},
    {"kind": "working_hours", "hours": 9, "calendar": "shop"},
    {"kind": "calendar_days", "days": 3, "calendar": "shop"},
    {
        "kind": "calendar_days",
        "days": 2,
        "until": "close",
        "on_day_off": "next",
        "calendar": "shop",
    },
    {"kind": "cut_off", "at": "18:00", "calendar": "shop"},
    {"kind": "recurring", "every": "week", "on": ["fri"], "calendar": "shop"},
]

TIME_CONSERVED = [LIMITS[0], LIMITS[1], LIMITS[3]]

waits = st.lists(
    st.tuples(st.integers(0, 10**5), st.integers(0, 3 * 10**5)), min_size=1, max_size=5
)
"""Seconds before each pause, and of it."""


def stand_still(given: Obligation, at: datetime, seconds: int, on: Calendars) -> Obligation:
    standing = given.paused(at, blocked_by="client", reason="documents")
    return standing.resumed(at + timedelta(seconds=seconds), on)


@given(calendars, near_instants, st.sampled_from(TIME_CONSERVED), waits)
def test_the_time_left_is_conserved_over_any_number_of_pauses(
    calendar: Calendar, anchor: datetime, limit: dict[str, Any], waits: list[tuple[int, int]]
) -> None:
    shelf = Calendars([calendar])
    running = obligation(limit, anchor, on=shelf)
    at = anchor
    for runs, stands in waits:
        at += timedelta(seconds=runs)
        before, late = running.remaining_at(at, shelf), running.status_at(at) is Status.OVERDUE

        running = stand_still(running, at, stands, shelf)
        at += timedelta(seconds=stands)

        assert running.remaining_at(at, shelf) == before
        assert (running.status_at(at) is Status.OVERDUE) == late


@given(calendars, near_instants, st.sampled_from(TIME_CONSERVED), waits)
def test_what_is_worked_on_it_adds_up_to_what_was_promised(
    calendar: Calendar, anchor: datetime, limit: dict[str, Any], waits: list[tuple[int, int]]
) -> None:
    """Pauses left out, exactly the promised time passes until it is due."""
    shelf = Calendars([calendar])
    running = obligation(limit, anchor, on=shelf)
    promised, used, at = running.remaining_at(anchor, shelf), NOTHING, anchor
    for runs, stands in waits:
        stops = at + timedelta(seconds=runs)
        if running.status_at(stops) is Status.OVERDUE:
            break
        used += running.remaining_at(at, shelf) - running.remaining_at(stops, shelf)
        running = stand_still(running, stops, stands, shelf)
        at = stops + timedelta(seconds=stands)

    assert used + running.remaining_at(at, shelf) == promised


@given(calendars, near_instants, st.sampled_from(LIMITS), waits)
def test_a_pause_never_takes_time_away(
    calendar: Calendar, anchor: datetime, limit: dict[str, Any], waits: list[tuple[int, int]]
) -> None:
    shelf = Calendars([calendar])
    running, at = obligation(limit, anchor, on=shelf), anchor
    for runs, stands in waits:
        at += timedelta(seconds=runs)
        before, open_then = running.due, running.status_at(at) is Status.OPEN
        running = stand_still(running, at, stands, shelf)
        at += timedelta(seconds=stands)

        assert running.due >= before
        if open_then and limit["kind"] != "recurring":
            assert running.status_at(at) is Status.OPEN


@given(calendars, near_instants, st.sampled_from(TIME_CONSERVED), st.integers(0, 10**5))
def test_a_newer_calendar_changes_nothing_for_what_was_promised_before(
    calendar: Calendar, anchor: datetime, limit: dict[str, Any], runs: int
) -> None:
    newer = msgspec.structs.replace(calendar, version=2, week={"mon-sun": ("00:00-24:00",)})
    promised = obligation(limit, anchor, on=Calendars([calendar]))
    standing = promised.paused(
        anchor + timedelta(seconds=runs), blocked_by="client", reason="documents"
    )
    at = anchor + timedelta(seconds=runs, days=2)

    with_both = standing.resumed(at, Calendars([calendar, newer]))

    assert with_both == standing.resumed(at, Calendars([calendar]))


MOVES = ["told", "pause", "resume", "extend", "waive", "breach", "close"]

lives = st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 10**5)), min_size=1, max_size=10)


def move(given: Obligation, name: str, at: datetime, on: Calendars) -> Obligation:
    match name:
        case "told":
            return given.told("user_contacted", at)
        case "pause":
            return given.paused(at, blocked_by="client", reason="documents")
        case "resume":
            return given.resumed(at, on)
        case "extend":
            later = max(given.due, at) + timedelta(days=1)
            return given.extended(
                later, at=at, asked_at=at, asked_by="staff:1", approved_by="staff:2"
            )
        case "waive":
            return given.waived(at, by="staff:9", reason="withdrawn")
        case "breach":
            return given.breached(at)
        case _:
            return given.closed(at)


@given(calendars, near_instants, st.sampled_from(LIMITS), lives)
def test_any_life_can_be_kept_as_data_and_leaves_the_past_as_it_was(
    calendar: Calendar, anchor: datetime, limit: dict[str, Any], life: list[tuple[str, int]]
) -> None:
    shelf = Calendars([calendar])
    running, at = obligation(limit, anchor, on=shelf), anchor
    seen: list[tuple[datetime, Status, datetime | None]] = []
    for name, seconds in life:
        at += timedelta(seconds=seconds)
        seen.append(
            (at - INSTANT, running.status_at(at - INSTANT), running.missed_at(at - INSTANT))
        )
        before = running
        try:
            running = move(before, name, at, shelf)
        except (AlreadyPaused, NotPaused, ObligationOver, AskedTooLate, NotOverdue):
            continue

        assert Obligation.from_data(json.loads(json.dumps(running.to_data()))) == running
        assert before.changed(before.changes_to(running)) == running

    assert seen == [(at, running.status_at(at), running.missed_at(at)) for at, _, _ in seen]


@given(
    calendars, near_instants, st.sampled_from(LIMITS), st.sampled_from(MOVES), st.integers(0, 10**6)
)
def test_said_twice_is_done_once(
    calendar: Calendar, anchor: datetime, limit: dict[str, Any], name: str, seconds: int
) -> None:
    shelf = Calendars([calendar])
    at = anchor + timedelta(seconds=seconds)
    promised = obligation(limit, anchor, on=shelf)
    if name == "resume":
        promised = promised.paused(at, blocked_by="client", reason="documents")
    try:
        once = move(promised, name, at, shelf)
    except (NotOverdue, AskedTooLate):
        return

    if name == "resume":
        with pytest.raises(NotPaused):
            move(once, name, at, shelf)
    elif name != "extend":
        assert move(once, name, at, shelf) is once
