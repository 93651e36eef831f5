from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, Calendars, NoCalendarData, UnknownCalendar
from domain.deadline import AppointmentMissing, Due, NothingMoreDue, due, explain
from domain.limit import Limit, LimitInvalid, Recurring, read_limit
from domain.recurrence import dues, next_due
from tests.support.calendars import (
    calendar,
    calendars,
    moment,
    near_instants,
    shipped_calendar,
    shipped_calendars,
)


def limit(kind: str, **words: Any) -> Limit:
    return read_limit({"kind": kind, **words})


def utility(kind: str, **words: Any) -> Limit:
    return limit(kind, calendar="utility-cs", **words)


def when(anchor: str, limit: Limit, appointment: datetime | date | None = None) -> str:
    """When it is due, by the shipped calendars."""
    return f"{due(moment(anchor), limit, shipped_calendars(), appointment).at:%a %m-%d %H:%M}"


def promised(anchor: str, limit: Limit, **otherwise: Any) -> Due:
    return due(moment(anchor), limit, shipped_calendars(), **otherwise)


# The clock


@pytest.mark.parametrize(
    ("anchor", "words", "expected"),
    [
        ("2026-11-23 16:30", {"hours": 2}, "Mon 11-23 18:30"),
        ("2026-11-21 20:00", {"hours": 2}, "Sat 11-21 22:00"),
        ("2026-11-23 22:30", {"hours": 2}, "Tue 11-24 00:30"),
        ("2026-11-23 10:00", {"minutes": 5}, "Mon 11-23 10:05"),
        ("2026-11-23 10:00", {"hours": 48}, "Wed 11-25 10:00"),
    ],
)
def test_the_clock_runs_day_and_night(anchor: str, words: dict[str, int], expected: str) -> None:
    assert when(anchor, limit("clock", **words)) == expected


def test_an_hour_of_the_clock_is_an_hour_when_clocks_are_put_forward() -> None:
    berlin = Calendars([calendar(name="berlin", zone="Europe/Berlin")])
    anchor = datetime.fromisoformat("2026-03-29T01:30:00+01:00")

    found = due(anchor, limit("clock", hours=2, calendar="berlin"), berlin)

    assert found.at.isoformat() == "2026-03-29T04:30:00+02:00"


def test_the_due_instant_is_told_in_the_zone_of_the_calendar() -> None:
    anchor = datetime.fromisoformat("2026-11-23T08:30:00+00:00")

    found = due(anchor, limit("clock", hours=2), shipped_calendars())

    assert found.at.isoformat() == "2026-11-23T18:30:00+08:00"


# Working days


@pytest.mark.parametrize(
    ("anchor", "words", "expected"),
    [
        ("2026-11-23 16:30", {"days": 4}, "Fri 11-27 17:00"),
        ("2026-11-27 09:00", {"days": 2}, "Tue 12-01 17:00"),
        ("2026-11-23 09:00", {"days": 5}, "Mon 11-30 17:00"),
        ("2026-11-26 15:00", {"days": 2}, "Mon 11-30 17:00"),
        ("2026-11-23 09:00", {"days": 1, "receipt_day_counts": True}, "Mon 11-23 17:00"),
        ("2026-11-23 17:00", {"days": 1, "receipt_day_counts": True}, "Tue 11-24 17:00"),
        ("2026-11-28 09:00", {"days": 1, "receipt_day_counts": True}, "Mon 11-30 17:00"),
        ("2026-11-23 23:30", {"days": 1}, "Tue 11-24 17:00"),
        ("2026-11-28 03:00", {"days": 1}, "Mon 11-30 17:00"),
        ("2026-11-23 16:30", {"days": 4, "until": "24:00"}, "Sat 11-28 00:00"),
        ("2026-11-23 16:30", {"days": 4, "until": "12:00"}, "Fri 11-27 12:00"),
        ("2026-11-23 10:00", {"days": 0}, "Mon 11-23 17:00"),
        ("2026-11-23 17:00", {"days": 0}, "Tue 11-24 17:00"),
        ("2026-11-28 10:00", {"days": 0}, "Mon 11-30 17:00"),
    ],
)
def test_working_days_end_with_business_and_do_not_count_the_day_of_receipt(
    anchor: str, words: dict[str, Any], expected: str
) -> None:
    assert when(anchor, utility("working_days", **words)) == expected


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("2024-09-12 10:00", "Sat 09-14 17:00"),  # 班 before Mid-Autumn
        ("2025-01-24 10:00", "Mon 01-27 17:00"),  # 班 on Sunday 26 before Spring Festival
        ("2026-02-13 10:00", "Tue 02-24 17:00"),  # 班 on 14, then nine days off
        ("2026-09-18 10:00", "Mon 09-21 17:00"),  # 班 on Sunday 20
        ("2026-10-09 10:00", "Mon 10-12 17:00"),  # 班 on Saturday 10
    ],
)
def test_a_make_up_day_counts_and_a_holiday_does_not(anchor: str, expected: str) -> None:
    assert when(anchor, utility("working_days", days=2)) == expected


def test_a_shift_that_works_past_midnight_ends_its_day_in_the_morning() -> None:
    nights = limit("working_days", days=1, calendar="shift-night")

    assert when("2026-11-23 20:00", nights) == "Wed 11-25 08:30"


def test_the_same_working_day_is_the_next_one_if_that_day_is_off() -> None:
    same_day = utility("working_days", days=0)

    on_monday = promised("2026-11-23 10:00", same_day).basis
    on_saturday = promised("2026-11-28 10:00", same_day).basis

    assert (on_monday["counted"], on_monday["skipped"]) == (["2026-11-23 Mon"], [])
    assert (on_saturday["counted"], on_saturday["skipped"]) == (
        ["2026-11-30 Mon"],
        ["2026-11-28 Sat off", "2026-11-29 Sun off"],
    )


def test_the_day_of_receipt_is_that_of_the_calendars_zone() -> None:
    after_midnight_in_shanghai = datetime.fromisoformat("2026-11-23T17:00:00+00:00")

    found = due(after_midnight_in_shanghai, utility("working_days", days=1), shipped_calendars())

    assert found.at == moment("2026-11-25 17:00")
    assert found.basis["anchor"] == "2026-11-24T01:00:00+08:00"


# Working hours


@pytest.mark.parametrize(
    ("name", "anchor", "hours", "expected"),
    [
        ("gov-centre", "2026-11-23 11:30", 2, "Mon 11-23 15:30"),
        ("company-hq", "2026-11-23 11:30", 1, "Mon 11-23 14:00"),
        ("utility-cs", "2026-11-21 20:00", 2, "Mon 11-23 10:30"),
        ("always", "2026-11-21 20:00", 2, "Sat 11-21 22:00"),
        ("utility-cs", "2026-02-13 16:00", 2, "Sat 02-14 09:30"),
        ("utility-cs", "2026-02-14 16:00", 2, "Tue 02-24 09:30"),
        ("shift-night", "2026-11-23 23:00", 10, "Tue 11-24 18:00"),
        ("shift-night", "2026-11-23 12:00", 1, "Mon 11-23 18:30"),
    ],
)
def test_working_hours_wait_while_nobody_works(
    name: str, anchor: str, hours: int, expected: str
) -> None:
    assert when(anchor, limit("working_hours", hours=hours, calendar=name)) == expected


def test_a_noon_break_of_two_hours_is_not_worked() -> None:
    field = calendar(week={"mon-fri": ["08:00-12:00", "14:00-18:00"]})

    found = due(
        moment("2026-11-23 11:00"),
        limit("working_hours", hours=2, calendar="shop"),
        Calendars([field]),
    )

    assert found.at == moment("2026-11-23 15:00")


def test_working_hours_begin_with_the_next_hours_of_work() -> None:
    basis = promised("2026-11-21 20:00", utility("working_hours", hours=10)).basis

    assert basis["counted"] == ["2026-11-23 Mon 08:30-17:00", "2026-11-24 Tue 08:30-10:00"]
    assert basis["skipped"] == ["2026-11-21 Sat off", "2026-11-22 Sun off"]


# Calendar days


@pytest.mark.parametrize(
    ("anchor", "words", "expected"),
    [
        ("2026-11-01 10:00", {"days": 7}, "Mon 11-09 00:00"),
        ("2026-11-26 10:00", {"days": 3}, "Mon 11-30 00:00"),
        ("2026-11-01 10:00", {"days": 7, "receipt_day_counts": True}, "Sun 11-08 00:00"),
        ("2026-11-01 10:00", {"days": 0}, "Mon 11-02 00:00"),
        ("2026-11-01 19:00", {"days": 0, "until": "18:00"}, "Mon 11-02 18:00"),
        ("2026-01-31 10:00", {"months": 6}, "Sat 08-01 00:00"),
        ("2026-01-31 10:00", {"months": 1, "days": 1}, "Mon 03-02 00:00"),
        ("2024-02-29 10:00", {"years": 3}, "Mon 03-01 00:00"),
        ("2027-05-01 10:00", {"days": 7}, "Sun 05-09 00:00"),
        ("2026-11-10 10:00", {"days": 3, "not_past_day": 25}, "Sat 11-14 00:00"),
        ("2026-11-24 10:00", {"days": 3, "not_past_day": 25}, "Thu 11-26 00:00"),
        ("2026-11-26 10:00", {"days": 3, "not_past_day": 25}, "Mon 11-30 00:00"),
        ("2027-02-26 10:00", {"days": 3, "not_past_day": 30}, "Mon 03-01 00:00"),
    ],
)
def test_calendar_days_end_at_midnight_and_count_every_day(
    anchor: str, words: dict[str, Any], expected: str
) -> None:
    assert when(anchor, limit("calendar_days", **words)) == expected


@pytest.mark.parametrize(
    ("on_day_off", "until", "expected"),
    [
        ("keep", "17:00", "Sat 11-28 17:00"),
        ("next", "close", "Mon 11-30 17:00"),
        ("previous", "close", "Fri 11-27 17:00"),
    ],
)
def test_a_last_day_that_is_off_stays_or_moves_as_the_policy_says(
    on_day_off: str, until: str, expected: str
) -> None:
    five = utility("calendar_days", days=5, until=until, on_day_off=on_day_off)

    assert when("2026-11-23 10:00", five) == expected


# Cut-offs


@pytest.mark.parametrize(
    ("anchor", "words", "expected"),
    [
        ("2026-11-23 11:00", {}, "Tue 11-24 00:00"),
        ("2026-11-23 10:00", {"at": "18:00"}, "Mon 11-23 18:00"),
        ("2026-11-23 18:00", {"at": "18:00"}, "Tue 11-24 18:00"),
        ("2026-11-23 18:01", {"at": "18:00"}, "Tue 11-24 18:00"),
        ("2026-11-23 10:00", {"day": "next", "at": "08:30"}, "Tue 11-24 08:30"),
        ("2026-11-23 10:00", {"day": "fri", "at": "18:00"}, "Fri 11-27 18:00"),
        ("2026-11-27 18:01", {"day": "fri", "at": "18:00"}, "Fri 12-04 18:00"),
        ("2026-11-23 10:00", {"day": "fri", "of": "next", "at": "18:00"}, "Fri 12-04 18:00"),
        ("2026-11-30 24:00", {"day": 5, "at": "17:00"}, "Sat 12-05 17:00"),
        ("2026-11-03 10:00", {"day": 5, "at": "17:00"}, "Thu 11-05 17:00"),
        ("2026-11-03 10:00", {"day": 5, "of": "next", "at": "17:00"}, "Sat 12-05 17:00"),
        ("2026-11-05 17:00", {"day": 5, "at": "17:00"}, "Sat 12-05 17:00"),
        ("2027-02-01 10:00", {"day": 30}, "Mon 03-01 00:00"),
        ("2026-11-23 10:00", {"day": "last_day"}, "Tue 12-01 00:00"),
        ("2026-11-23 10:00", {"day": "first_sat"}, "Sun 12-06 00:00"),
        ("2026-11-01 10:00", {"day": "third_wed", "at": "09:00"}, "Wed 11-18 09:00"),
        ("2026-11-01 10:00", {"day": "last_sun", "at": "09:00"}, "Sun 11-29 09:00"),
    ],
)
def test_a_cut_off_is_the_first_such_time_after_the_anchor(
    anchor: str, words: dict[str, Any], expected: str
) -> None:
    assert when(anchor, limit("cut_off", **words)) == expected


@pytest.mark.parametrize(
    ("anchor", "words", "expected"),
    [
        ("2026-11-05 10:00", {"day": "last_working_day", "at": "close"}, "Mon 11-30 17:00"),
        ("2026-10-31 10:00", {"day": "first_working_day", "at": "close"}, "Mon 11-02 17:00"),
        ("2026-12-05 10:00", {"day": "last_working_day", "at": "close"}, "Thu 12-31 17:00"),
        ("2026-02-05 10:00", {"day": "last_working_day", "at": "close"}, "Sat 02-28 17:00"),
        ("2026-12-01 10:00", {"day": 5, "at": "17:00", "on_day_off": "next"}, "Mon 12-07 17:00"),
        ("2026-12-06 10:00", {"day": 5, "at": "17:00", "on_day_off": "next"}, "Mon 12-07 17:00"),
        (
            "2026-12-01 10:00",
            {"day": 5, "at": "17:00", "on_day_off": "previous"},
            "Fri 12-04 17:00",
        ),
        (
            "2026-09-30 10:00",
            {"day": "fri", "at": "close", "on_day_off": "previous"},
            "Wed 09-30 17:00",
        ),
    ],
)
def test_a_cut_off_may_go_by_working_days(
    anchor: str, words: dict[str, Any], expected: str
) -> None:
    assert when(anchor, utility("cut_off", **words)) == expected


def test_a_cut_off_that_was_moved_off_a_day_off_says_so() -> None:
    fifth = utility("cut_off", day=5, at="17:00", on_day_off="next")

    assert promised("2026-12-01 10:00", fifth).basis["moved"] == "2026-12-05 Sat off"
    assert promised("2026-11-01 10:00", fifth).basis["moved"] is None


# Before an appointment

AT_TEN = moment("2026-11-26 10:00")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"minutes_before": 15}, "Thu 11-26 09:45"),
        ({"hours_before": 24}, "Wed 11-25 10:00"),
        ({"days_before": 1}, "Thu 11-26 00:00"),
        ({"days_before": 3}, "Tue 11-24 00:00"),
        ({"days_before": 1, "until": "18:00"}, "Wed 11-25 18:00"),
        ({}, "Thu 11-26 10:00"),
    ],
)
def test_before_an_appointment_is_by_the_clock_or_by_days(
    words: dict[str, Any], expected: str
) -> None:
    assert when("2026-11-20 12:00", limit("relative", **words), AT_TEN) == expected


def test_working_days_before_an_appointment_are_counted_backwards() -> None:
    three = utility("relative", working_days_before=3, until="close")

    assert when("2026-09-01 12:00", three, moment("2026-09-23 10:00")) == "Sun 09-20 17:00"


def test_a_day_that_was_agreed_lasts_until_its_end() -> None:
    agreed = date(2026, 11, 24)

    assert when("2026-11-20 12:00", limit("relative"), agreed) == "Wed 11-25 00:00"
    assert when("2026-11-20 12:00", limit("relative", until="17:00"), agreed) == "Tue 11-24 17:00"
    assert when("2026-11-20 12:00", limit("relative", days_before=1), agreed) == "Tue 11-24 00:00"


def test_a_day_before_that_is_off_may_move_forward_or_back() -> None:
    monday = date(2026, 11, 30)
    day_before = {"days_before": 1, "until": "close"}

    earlier = utility("relative", **day_before, on_day_off="previous")
    later = utility("relative", **day_before, on_day_off="next")

    assert when("2026-11-20 12:00", earlier, monday) == "Fri 11-27 17:00"
    assert when("2026-11-20 12:00", later, monday) == "Mon 11-30 17:00"


def test_what_should_have_been_done_before_may_be_late_from_the_start() -> None:
    quarter = limit("relative", minutes_before=15)

    assert when("2026-11-26 09:50", quarter, AT_TEN) == "Thu 11-26 09:45"


def test_without_an_appointment_nothing_can_be_before_it() -> None:
    with pytest.raises(AppointmentMissing):
        promised("2026-11-20 12:00", limit("relative", days_before=1))


def test_minutes_before_a_day_without_a_time_are_refused() -> None:
    with pytest.raises(AppointmentMissing, match="2026-11-26 has no time of day"):
        promised(
            "2026-11-20 12:00",
            limit("relative", minutes_before=15),
            appointment=date(2026, 11, 26),
        )


# Recurring


def recurring(**words: Any) -> Recurring:
    found = limit("recurring", **words)
    assert isinstance(found, Recurring)
    return found


def times(limit: Recurring, anchor: str, start: str, end: str) -> list[str]:
    found = dues(
        limit,
        moment(anchor),
        shipped_calendar(limit.calendar),
        start=moment(start),
        end=moment(end),
    )
    return [f"{at:%Y-%m-%d %H:%M}" for at in found]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"every": "day"}, "Tue 11-24 00:00"),
        ({"every": "day", "at": ["10:00", "16:00"]}, "Mon 11-23 16:00"),
        ({"every": "day", "n": 3}, "Fri 11-27 00:00"),
        ({"every": "week"}, "Tue 12-01 00:00"),
        ({"every": "week", "on": ["fri"], "at": ["18:00"]}, "Fri 11-27 18:00"),
        ({"every": "week", "on": ["sun", "wed"]}, "Thu 11-26 00:00"),
        ({"every": "week", "n": 2, "on": ["mon"], "at": ["09:00"]}, "Mon 12-07 09:00"),
        ({"every": "month"}, "Thu 12-24 00:00"),
        ({"every": "month", "on": [5], "at": ["17:00"]}, "Sat 12-05 17:00"),
        ({"every": "month", "on": [25, 5]}, "Thu 11-26 00:00"),
        ({"every": "month", "on": ["first_sat"]}, "Sun 12-06 00:00"),
        ({"every": "quarter", "on": ["last_day"]}, "Fri 01-01 00:00"),
        ({"every": "quarter", "on": [15], "month": 1}, "Sat 01-16 00:00"),
        ({"every": "half_year", "on": ["last_day"]}, "Fri 01-01 00:00"),
        ({"every": "year", "on": [31]}, "Fri 01-01 00:00"),
        ({"every": "year", "on": [5], "month": 3}, "Sat 03-06 00:00"),
        ({"every": "year"}, "Wed 11-24 00:00"),
        ({"every": "hour", "n": 2}, "Mon 11-23 14:00"),
        ({"every": "minute", "n": 25}, "Mon 11-23 12:25"),
        ({"every": "hour", "n": 2, "between": "09:00-18:00"}, "Mon 11-23 13:00"),
    ],
)
def test_what_recurs_is_due_first_after_its_anchor(words: dict[str, Any], expected: str) -> None:
    assert when("2026-11-23 12:00", limit("recurring", **words)) == expected


def test_a_calibration_is_due_every_year_for_four_years_and_no_more() -> None:
    calibration = recurring(every="year", times=4)

    assert times(calibration, "2024-03-01 10:00", "2024-03-01 10:00", "2040-01-01 00:00") == [
        "2025-03-02 00:00",
        "2026-03-02 00:00",
        "2027-03-02 00:00",
        "2028-03-02 00:00",
    ]


def test_how_often_is_counted_from_the_anchor_whenever_one_asks() -> None:
    thrice = recurring(every="day", times=3, at=["12:00"])
    always = shipped_calendar("always")
    anchor = moment("2026-11-23 09:00")

    assert times(thrice, "2026-11-23 09:00", "2026-11-24 12:00", "2026-12-30 00:00") == [
        "2026-11-25 12:00"
    ]
    assert next_due(thrice, anchor, always, after=moment("2026-11-25 12:00")) is None
    ninety = recurring(every="day", times=90)
    assert len(times(ninety, "2026-01-01 09:00", "2026-03-22 12:00", "2026-06-30 12:00")) == 10


def test_a_patrol_is_due_every_two_hours_of_its_window() -> None:
    patrol = recurring(every="hour", n=2, between="08:00-14:00")

    assert times(patrol, "2026-11-23 00:00", "2026-11-23 10:00", "2026-11-24 12:00") == [
        "2026-11-23 12:00",
        "2026-11-23 14:00",
        "2026-11-24 10:00",
        "2026-11-24 12:00",
    ]


def test_a_window_may_go_on_into_the_next_day() -> None:
    rounds = recurring(every="hour", n=3, between="22:00-04:00")

    assert times(rounds, "2026-11-23 12:00", "2026-11-23 12:00", "2026-11-25 00:00") == [
        "2026-11-24 01:00",
        "2026-11-24 04:00",
    ]
    assert when("2026-11-24 00:30", rounds) == "Tue 11-24 01:00"


def test_a_window_is_left_out_on_a_day_off() -> None:
    patrol = recurring(
        every="hour", n=6, between="08:00-14:00", on_day_off="skip", calendar="utility-cs"
    )

    assert times(patrol, "2026-11-27 00:00", "2026-11-27 00:00", "2026-11-30 24:00") == [
        "2026-11-27 14:00",
        "2026-11-30 14:00",
    ]


def test_the_next_round_is_counted_from_the_last_one() -> None:
    refill = recurring(every="minute", n=25)

    assert when("2026-11-23 10:05", refill) == "Mon 11-23 10:30"


def test_a_daily_report_may_be_due_on_working_days_only() -> None:
    daily = recurring(every="day", at=["close"], on_day_off="skip", calendar="utility-cs")

    assert times(daily, "2026-09-18 09:00", "2026-09-18 09:00", "2026-09-21 24:00") == [
        "2026-09-18 17:00",
        "2026-09-20 17:00",
        "2026-09-21 17:00",
    ]


@pytest.mark.parametrize(
    ("on_day_off", "expected"),
    [
        ("keep", ["2026-11-07 17:00", "2026-11-14 17:00"]),
        ("skip", []),
        ("next", ["2026-11-09 17:00", "2026-11-16 17:00"]),
        ("previous", ["2026-11-06 17:00", "2026-11-13 17:00"]),
    ],
)
def test_what_falls_on_a_day_off_stays_moves_or_is_left_out(
    on_day_off: str, expected: list[str]
) -> None:
    saturdays = recurring(
        every="week", on=["sat"], at=["17:00"], on_day_off=on_day_off, calendar="utility-cs"
    )

    found = times(saturdays, "2026-11-03 00:00", "2026-11-03 00:00", "2026-11-17 00:00")

    assert found == expected


def test_a_day_that_moves_may_move_into_the_time_asked_for() -> None:
    words: dict[str, Any] = {"every": "week", "on": ["sat"], "at": ["17:00"]}
    later = recurring(**words, on_day_off="next", calendar="utility-cs")
    earlier = recurring(**words, on_day_off="previous", calendar="utility-cs")

    from_sunday = times(later, "2026-11-03 00:00", "2026-11-15 00:00", "2026-11-17 00:00")
    anchored_on_sunday = times(later, "2026-11-15 00:00", "2026-11-15 00:00", "2026-11-17 00:00")
    until_friday = times(earlier, "2026-11-03 00:00", "2026-11-12 00:00", "2026-11-13 24:00")

    assert from_sunday == anchored_on_sunday == ["2026-11-16 17:00"]
    assert until_friday == ["2026-11-13 17:00"]

    last_of_month = recurring(
        every="month", on=[31], at=["17:00"], on_day_off="next", calendar="utility-cs"
    )
    assert times(last_of_month, "2026-10-01 00:00", "2026-11-01 00:00", "2026-11-29 00:00") == [
        "2026-11-02 17:00"
    ]


def test_the_times_of_a_day_come_in_order_and_midnight_may_be_one() -> None:
    daily = recurring(every="day", at=["16:00", "00:00", "10:00"])

    assert times(daily, "2026-11-23 12:00", "2026-11-23 12:00", "2026-11-24 24:00") == [
        "2026-11-23 16:00",
        "2026-11-24 00:00",
        "2026-11-24 10:00",
        "2026-11-24 16:00",
        "2026-11-25 00:00",
    ]


def test_several_days_moved_to_the_same_one_are_due_once() -> None:
    weekend = recurring(every="day", at=["12:00"], on_day_off="next", calendar="utility-cs")

    assert times(weekend, "2026-11-27 00:00", "2026-11-27 12:00", "2026-12-01 00:00") == [
        "2026-11-30 12:00"
    ]


def test_the_last_due_of_the_last_known_year_does_not_ask_about_the_next() -> None:
    monthly = recurring(every="month", on=["last_working_day"], at=["close"], calendar="utility-cs")

    assert times(monthly, "2026-11-01 00:00", "2026-11-30 17:00", "2026-12-31 24:00") == [
        "2026-12-31 17:00"
    ]


def test_what_never_falls_on_a_working_day_is_never_due() -> None:
    never = limit("recurring", every="week", on=["sat"], on_day_off="skip", calendar="shop")

    with pytest.raises(NothingMoreDue):
        due(moment("2026-11-23 12:00"), never, Calendars([calendar()]))


RECURRING = [
    {"every": "day", "at": ["10:00", "24:00"]},
    {"every": "day", "n": 3, "at": ["00:00"]},
    {"every": "week", "n": 2, "on": ["sat", "mon"], "on_day_off": "next"},
    {"every": "week", "on": ["sat"], "on_day_off": "previous"},
    {"every": "month", "on": [31, "second_working_day"], "on_day_off": "skip"},
    {"every": "quarter", "month": 2, "on": [15], "times": 5},
    {"every": "month"},
    {"every": "year"},
    {"every": "hour", "n": 7},
    {"every": "minute", "n": 45, "between": "21:00-03:00", "on_day_off": "skip"},
]


@given(
    calendars,
    st.sampled_from(RECURRING),
    near_instants,
    st.integers(0, 10**7),
    st.integers(0, 5 * 10**6),
)
def test_one_due_after_the_other_is_the_same_as_all_of_a_period(
    calendar: Calendar, words: dict[str, Any], anchor: datetime, wait: int, length: int
) -> None:
    rule = recurring(**words, calendar="shop")
    start = anchor + timedelta(seconds=wait)
    end = start + timedelta(seconds=length)

    one_by_one, at = [], next_due(rule, anchor, calendar, after=start)
    while at is not None and at <= end and len(one_by_one) < 50:
        one_by_one.append(at)
        at = next_due(rule, anchor, calendar, after=at)

    assert dues(rule, anchor, calendar, start=start, end=end)[:50] == one_by_one


# Policy values


@pytest.mark.parametrize(
    "words",
    [
        {"kind": "clock"},
        {"kind": "clock", "hours": -1},
        {"kind": "clock", "hours": 1.5},
        {"kind": "clock", "hours": True},
        {"kind": "working_days", "days": 4},
        {"kind": "working_days", "calendar": "utility-cs"},
        {"kind": "working_hours", "calendar": "utility-cs"},
        {"kind": "calendar_days", "days": 3, "until": "close"},
        {"kind": "calendar_days", "days": 3, "until": "25:00"},
        {"kind": "calendar_days", "receipt_day_counts": True},
        {"kind": "cut_off", "day": "tomorrow"},
        {"kind": "cut_off", "day": 32},
        {"kind": "cut_off", "day": "next", "of": "next"},
        {"kind": "cut_off", "at": "close"},
        {"kind": "relative", "days_before": 1, "minutes_before": 15},
        {"kind": "relative", "days_before": 1, "working_days_before": 1},
        {"kind": "relative", "days_before": 1, "until": "close"},
        {"kind": "recurring"},
        {"kind": "recurring", "every": "week", "on": [5]},
        {"kind": "recurring", "every": "month", "on": ["fri"]},
        {"kind": "recurring", "every": "day", "on": ["fri"]},
        {"kind": "recurring", "every": "day", "at": []},
        {"kind": "recurring", "every": "day", "at": ["close"]},
        {"kind": "recurring", "every": "day", "between": "08:00-20:00"},
        {"kind": "recurring", "every": "hour", "at": ["10:00"]},
        {"kind": "recurring", "every": "hour", "between": "08:00-08:00"},
        {"kind": "recurring", "every": "hour", "on_day_off": "skip"},
        {"kind": "recurring", "every": "hour", "between": "08:00-20:00", "on_day_off": "next"},
        {"kind": "recurring", "every": "quarter", "month": 1},
        {"kind": "recurring", "every": "quarter", "on": [1], "month": 4},
        {"kind": "recurring", "every": "day", "n": 0},
        {"kind": "soon"},
        {"hours": 2},
        {"kind": "clock", "hours": 2, "colour": "red"},
    ],
)
def test_what_is_no_limit_is_refused(words: dict[str, Any]) -> None:
    with pytest.raises(LimitInvalid):
        read_limit(words)


def test_a_limit_by_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(UnknownCalendar, match="lunar"):
        promised("2026-11-23 10:00", limit("working_days", days=1, calendar="lunar"))


def test_a_deadline_in_a_year_without_data_is_refused() -> None:
    with pytest.raises(NoCalendarData, match="2027"):
        promised("2026-12-30 10:00", utility("working_days", days=2))


# Why this deadline


def test_the_basis_is_plain_data_that_says_everything() -> None:
    found = promised("2026-11-27 16:30", utility("working_days", days=2))

    assert json.loads(json.dumps(found.basis)) == found.basis
    source = found.basis.pop("source")
    assert source.startswith("chinesecalendar ")
    assert found.basis == {
        "anchor": "2026-11-27T16:30:00+08:00",
        "at": "2026-12-01T17:00:00+08:00",
        "limit": {
            "kind": "working_days",
            "calendar": "utility-cs",
            "met_on_the_dot": True,
            "days": 2,
            "until": "close",
            "receipt_day_counts": False,
        },
        "calendar": "utility-cs@1",
        "zone": "Asia/Shanghai",
        "appointment": None,
        "counted": ["2026-11-30 Mon", "2026-12-01 Tue"],
        "skipped": ["2026-11-28 Sat off", "2026-11-29 Sun off"],
        "moved": None,
    }


def test_a_deadline_is_explained_in_words() -> None:
    four = utility("working_days", days=4)
    basis = promised("2026-02-12 16:30", four).basis | {"source": "chinesecalendar 1"}

    assert explain(basis) == (
        "Due 截止 2026-02-25 Wed 17:00 (+08:00); from 起算 2026-02-12 Thu 16:30; "
        "4 working days 工作日 until close of business 下班, "
        "the day of receipt does not count 收到当日不计; "
        "calendar 日历 utility-cs@1 (Asia/Shanghai, chinesecalendar 1); "
        "counted 计入 2026-02-13 Fri, 2026-02-14 Sat working (make-up day 班), "
        "2026-02-24 Tue, 2026-02-25 Wed; "
        "not counted 不计 2026-02-15 Sun off, 2026-02-16 Mon off (holiday 休), "
        "2026-02-17 Tue off (holiday 休), 2026-02-18 Wed off (holiday 休), "
        "2026-02-19 Thu off (holiday 休), 2026-02-20 Fri off (holiday 休), "
        "2026-02-21 Sat off, 2026-02-22 Sun off, 2026-02-23 Mon off (holiday 休); "
        "exactly then is in time 准点算按时."
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"kind": "clock", "hours": 1, "minutes": 30}, "1 hour 30 minutes of the clock 时钟时间"),
        ({"kind": "working_hours", "hours": 2, "calendar": "always"}, "2 hours of work 工作时间"),
        (
            {"kind": "working_days", "days": 0, "calendar": "always", "receipt_day_counts": True},
            "the same working day 工作日 until close of business 下班, "
            "the day of receipt counts 收到当日计入",
        ),
        (
            {"kind": "calendar_days", "days": 3, "not_past_day": 25, "on_day_off": "next"},
            "3 days 自然日 until 24:00, the day of receipt does not count 收到当日不计, "
            "at the latest on day 25, off: the next working day 顺延",
        ),
        ({"kind": "calendar_days"}, "the same day 自然日 until 24:00"),
        ({"kind": "cut_off", "day": "next", "at": "08:30"}, "cut-off 截止时点 next day 08:30"),
        ({"kind": "cut_off", "day": 5, "of": "next"}, "day 5 of the next week or month 24:00"),
        ({"kind": "cut_off", "day": "last_working_day"}, "last working day 24:00"),
        ({"kind": "relative", "days_before": 3}, "3 days before the appointment 提前 until 24:00"),
        ({"kind": "relative", "minutes_before": 15}, "15 minutes before the appointment 提前;"),
        ({"kind": "relative"}, "the time agreed 约定时间; "),
        ({"kind": "relative"}, "appointment 预约 2026-11-26T10:00:00+08:00; "),
        ({"kind": "recurring", "every": "day"}, "recurring 周期 every day at 24:00; "),
        ({"kind": "recurring", "every": "half_year", "n": 2}, "every 2 half years at 24:00; "),
        (
            {
                "kind": "recurring",
                "every": "quarter",
                "on": [15, "last_day"],
                "month": 1,
                "times": 4,
            },
            "every quarter in its month 1 on day 15, last day at 24:00, 4 times; ",
        ),
        (
            {"kind": "recurring", "every": "minute", "n": 20, "between": "08:00-20:00"},
            "every 20 minutes between 08:00-20:00; ",
        ),
        (
            {"kind": "clock", "hours": 1, "met_on_the_dot": False},
            "exactly then is late 准点算超时.",
        ),
    ],
)
def test_every_kind_of_limit_has_its_words(words: dict[str, Any], said: str) -> None:
    basis = promised("2026-11-23 10:00", read_limit(words), appointment=AT_TEN).basis

    assert said in explain(basis)


def test_midnight_is_told_as_the_end_of_its_day_and_seconds_only_if_there_are() -> None:
    same_day = promised("2026-11-23 11:00", limit("cut_off")).basis
    exact = due(
        moment("2026-11-23 11:00").replace(second=30),
        limit("clock", minutes=1),
        shipped_calendars(),
    ).basis

    assert explain(same_day).startswith("Due 截止 2026-11-23 Mon 24:00 (+08:00); ")
    assert explain(exact).startswith("Due 截止 2026-11-23 Mon 11:01:30 (+08:00); ")


def test_a_day_that_was_moved_is_explained() -> None:
    fifth = utility("cut_off", day=5, at="17:00", on_day_off="next")

    assert "moved from 顺延自 2026-12-05 Sat off; " in explain(
        promised("2026-12-01 10:00", fifth).basis
    )


def test_hours_that_are_worked_across_midnight_are_told_with_both_days() -> None:
    nights = limit("working_hours", hours=16, calendar="shift-night")

    assert promised("2026-11-23 12:00", nights).basis["counted"] == [
        "2026-11-23 Mon 17:30 to 2026-11-24 Tue 08:30",
        "2026-11-24 Tue 17:30-18:30",
    ]


def test_what_is_worked_until_midnight_is_told_until_24() -> None:
    late = calendar(week={"mon-sun": ["22:00-24:00"]})
    two_hours = limit("working_hours", hours=2, calendar="shop")

    basis = due(moment("2026-11-23 12:00"), two_hours, Calendars([late])).basis

    assert basis["counted"] == ["2026-11-23 Mon 22:00-24:00"]


LIMITS = [
    {"kind": "clock", "hours": 30, "calendar": "shop"},
    {"kind": "working_days", "days": 3, "calendar": "shop"},
    {"kind": "working_days", "days": 0, "calendar": "shop"},
    {"kind": "working_days", "days": 2, "receipt_day_counts": True, "calendar": "shop"},
    {"kind": "working_hours", "hours": 9, "calendar": "shop"},
    {"kind": "calendar_days", "days": 3, "calendar": "shop"},
    {
        "kind": "calendar_days",
        "days": 0,
        "until": "close",
        "on_day_off": "next",
        "calendar": "shop",
    },
    {"kind": "cut_off", "at": "18:00", "calendar": "shop"},
    {"kind": "cut_off", "day": "fri", "at": "close", "on_day_off": "previous", "calendar": "shop"},
    {"kind": "cut_off", "day": "last_working_day", "at": "close", "calendar": "shop"},
    {"kind": "recurring", "every": "week", "on": ["fri"], "on_day_off": "next", "calendar": "shop"},
]


@given(calendars, near_instants, near_instants, st.sampled_from(LIMITS))
def test_nothing_is_due_at_once_nor_for_who_comes_later_due_sooner(
    calendar: Calendar, one: datetime, two: datetime, words: dict[str, Any]
) -> None:
    shelf, rule = Calendars([calendar]), read_limit(words)
    earlier, later = sorted((one, two))

    first, second = due(earlier, rule, shelf).at, due(later, rule, shelf).at

    assert first > earlier
    assert first <= second


@pytest.mark.parametrize(
    "words", [*LIMITS, {"kind": "relative"}, *({"kind": "recurring", **r} for r in RECURRING)]
)
def test_a_limit_kept_as_data_is_the_same_limit(words: dict[str, Any]) -> None:
    kept = msgspec.json.decode(msgspec.json.encode(read_limit(words)))

    assert read_limit(kept) == read_limit(words)
