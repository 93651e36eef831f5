"""Periods of schedules: what they are called, when they begin, and that none is left out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import NoCalendarData
from domain.pack_content import PackContent, PackInvalid
from domain.schedule import Every, Schedule, has_birthday, periods
from tests.support.calendars import moment, shipped_calendars
from tests.support.facts import NOON, SHANGHAI, promising_pack

ALWAYS = shipped_calendars().newest("always")
OFFICE = shipped_calendars().newest("utility-cs")
EVERY: list[Every] = ["day", "working_day", "week", "month", "quarter", "half_year", "year"]
REVIEW = {"title": "月度回访", "every": "month", "for": {"unit": "main"}, "owner_role": "staff"}

instants = st.integers(0, 670 * 24 * 60).map(
    lambda minutes: moment("2025-02-01 00:00") + timedelta(minutes=minutes)
)
"""Of years whose holidays are known."""


@pytest.mark.parametrize(
    ("every", "key", "since"),
    [
        ("day", "2026-11-24", "2026-11-24 00:00"),
        ("working_day", "2026-11-24", "2026-11-24 00:00"),
        ("week", "2026-W48", "2026-11-23 00:00"),
        ("month", "2026-11", "2026-11-01 00:00"),
        ("quarter", "2026-Q4", "2026-10-01 00:00"),
        ("half_year", "2026-H2", "2026-07-01 00:00"),
        ("year", "2026", "2026-01-01 00:00"),
    ],
)
def test_a_period_is_called_by_the_calendar_and_begins_with_its_first_day(
    every: Every, key: str, since: str
) -> None:
    [period] = periods(
        every, moment("2020-01-01 00:00"), moment("2026-11-24 09:00"), OFFICE, at_most=1
    )

    assert period == (key, moment(since))


def test_the_week_of_new_year_is_called_by_the_year_that_most_of_it_is_in() -> None:
    found = periods("week", moment("2026-12-20 00:00"), moment("2027-01-12 00:00"), ALWAYS)

    assert [period.key for period in found] == ["2026-W52", "2026-W53", "2027-W01", "2027-W02"]


def test_days_off_are_no_working_days_and_make_up_days_are() -> None:
    found = periods("working_day", moment("2026-09-30 00:00"), moment("2026-10-10 09:00"), OFFICE)

    assert [period.key for period in found] == [
        "2026-09-30",
        "2026-10-08",
        "2026-10-09",
        "2026-10-10",
    ]


def test_both_ends_are_included_and_of_many_the_latest_count() -> None:
    start, end = moment("2026-01-01 00:00"), moment("2026-06-01 00:00")

    found = periods("month", start, end, ALWAYS)

    assert [period.key for period in found] == [f"2026-0{month}" for month in range(1, 7)]
    assert periods("month", start, end, ALWAYS, at_most=4) == found[-4:]
    assert periods("month", start + timedelta(microseconds=1), end, ALWAYS) == found[1:]
    assert periods("month", start, end - timedelta(microseconds=1), ALWAYS) == found[:-1]


@given(st.sampled_from(EVERY), st.tuples(instants, instants, instants).map(sorted))
def test_no_period_is_left_out_and_none_comes_twice(every: Every, cut: list[datetime]) -> None:
    start, middle, end = cut

    whole = periods(every, start, end, OFFICE)

    halves = periods(every, start, middle, OFFICE) + periods(every, middle, end, OFFICE)
    assert sorted(set(halves)) == sorted(whole)
    assert whole == sorted(whole, key=lambda period: period.since)
    assert len({period.key for period in whole}) == len(whole)


@given(st.sampled_from([every for every in EVERY if every != "working_day"]), instants)
def test_every_instant_is_in_the_last_period_that_has_begun(every: Every, at: datetime) -> None:
    [period] = periods(every, at - timedelta(days=366), at, ALWAYS, at_most=1)

    later = periods(every, period.since, period.since + timedelta(days=367), ALWAYS)[1]
    assert period.since <= at < later.since
    length = later.since - period.since
    assert length <= timedelta(days=366)


def test_working_days_of_a_year_without_data_are_refused() -> None:
    with pytest.raises(NoCalendarData):
        periods("working_day", moment("2026-12-30 00:00"), moment("2027-01-02 00:00"), OFFICE)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"every": "fortnight"},
        {"for": {}},
        {"for": {"unit": "main", "role": "staff"}},
        {"for": {"clients": "some"}},
        {"owner_role": None},
        {"offset": 1},
    ],
)
def test_what_is_no_schedule_is_refused(otherwise: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(REVIEW | otherwise, Schedule)


def test_for_a_role_each_owns_their_own() -> None:
    said = {key: value for key, value in REVIEW.items() if key != "owner_role"}

    assert msgspec.convert(said | {"for": {"role": "staff"}}, Schedule).owner_role is None


def test_an_instant_is_kept_in_a_field_that_is_there() -> None:
    sunday = {"kind": "cut_off", "day": "sun", "at": "19:00"}
    timed = REVIEW | {"channel": "phone", "instants": {"starts_at": sunday}}

    with pytest.raises(PackInvalid, match="starts_at: the opening form has no such field"):
        PackContent.read(promising_pack() | {"schedules": {"review": timed}})


def test_a_scheduled_matter_comes_in_by_a_channel_of_its_procedure() -> None:
    content = promising_pack() | {"schedules": {"review": REVIEW}}

    with pytest.raises(PackInvalid, match=r"schedules\.review\.channel: internal"):
        PackContent.read(content)

    content["schedules"]["review"] = REVIEW | {"channel": "phone"}
    assert PackContent.read(content).schedules["review"].channel == "phone"


@pytest.mark.parametrize(
    ("otherwise", "says"),
    [
        ({"for": {"role": "sales", "birthday": "02-28"}}, "birthday and where go with clients"),
        ({"every": "date"}, "dates go with every: date"),
        ({"dates": ["2027-02-06"]}, "dates go with every: date"),
        ({"for": {"unit": "main"}, "owner": "escort.staff"}, "owner and once_per go with clients"),
        (
            {"every": "month", "for": {"clients": "all", "birthday": "02-28"}},
            "birthdays are looked for every day",
        ),
    ],
)
def test_what_does_not_go_together_is_no_schedule(otherwise: dict[str, Any], says: str) -> None:
    said = {"title": "关怀", "every": "day", "for": {"clients": "all"}, "owner_role": "cs_officer"}

    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert(said | otherwise, Schedule)


@pytest.mark.parametrize(
    ("born", "day", "leap_day", "kept"),
    [
        ("1980-02-29", "2027-02-28", "02-28", True),
        ("1980-02-29", "2027-03-01", "02-28", False),
        ("1980-02-29", "2027-03-01", "03-01", True),
        ("1980-02-29", "2028-02-28", "02-28", False),
        ("1980-02-29", "2028-02-29", "02-28", True),
        ("1980-02-28", "2027-02-28", "03-01", True),
        ("1980-02-28", "2027-03-28", "03-01", False),
    ],
)
def test_a_birthday_is_kept_once_a_year(born: str, day: str, leap_day: Any, kept: bool) -> None:
    assert has_birthday(date.fromisoformat(born), date.fromisoformat(day), leap_day) is kept


def test_named_dates_are_periods_of_their_own_and_the_latest_come_first_to_mind() -> None:
    days = [date(2027, 5, 1), date(2027, 1, 1), date(2027, 2, 6)]
    since, until = NOON, datetime(2027, 4, 1, tzinfo=SHANGHAI)

    found = periods("date", since, until, ALWAYS, dates=days)
    latest = periods("date", since, until, ALWAYS, dates=days, at_most=1)

    assert [period.key for period in found] == ["2027-01-01", "2027-02-06"]
    assert latest == found[-1:]
    assert found[0].since == datetime(2027, 1, 1, tzinfo=SHANGHAI)
