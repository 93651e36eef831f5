from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import (
    Calendar,
    CalendarInvalid,
    Calendars,
    NoCalendarData,
    NotAWorkingDay,
    UnknownCalendar,
)
from domain.errors import Invalid
from domain.holidays import Holidays
from tests.support.calendars import (
    calendar,
    calendars,
    dates,
    moment,
    near_instants,
    shipped_calendar,
)

MON, TUE, WED, THU, FRI, SAT, SUN = (date(2026, 11, day) for day in range(23, 30))
HOUR, MINUTE, NOTHING = timedelta(hours=1), timedelta(minutes=1), timedelta(0)
INSTANT = timedelta(microseconds=1)

NIGHTS = {"week": {"mon-sun": ["17:30-08:30"]}}


def hours_of(calendar: Calendar, day: date) -> list[str]:
    return [f"{start:%d %H:%M} to {end:%d %H:%M}" for start, end in calendar.intervals(day)]


# What a calendar says


def test_a_day_has_the_hours_of_its_weekday() -> None:
    gov_centre = shipped_calendar("gov-centre")

    assert hours_of(gov_centre, MON) == ["23 08:00 to 23 12:00", "23 14:00 to 23 18:00"]
    assert hours_of(gov_centre, SAT) == []


@pytest.mark.parametrize(
    ("name", "on_a_monday"),
    [
        ("utility-cs", ["23 08:30 to 23 17:00"]),
        ("gov-window", ["23 08:00 to 23 12:00", "23 14:00 to 23 17:00"]),
        ("company-hq", ["23 08:00 to 23 12:00", "23 13:30 to 23 17:30"]),
        ("always", ["23 00:00 to 24 00:00"]),
        ("shift-day", ["23 08:00 to 23 20:00"]),
        ("shift-night", ["23 17:30 to 24 08:30"]),
    ],
)
def test_the_shipped_calendars_have_the_hours_of_their_sources(
    name: str, on_a_monday: list[str]
) -> None:
    assert hours_of(shipped_calendar(name), MON) == on_a_monday


@pytest.mark.parametrize("name", ["always", "shift-day", "shift-night"])
def test_who_works_day_and_night_needs_no_data_about_years(name: str) -> None:
    assert shipped_calendar(name).is_working_day(date(2127, 1, 1))


def test_a_dated_exception_goes_either_way() -> None:
    shop = calendar(
        week={"mon-thu": ["09:00-17:00"], "fri": ["09:00-15:00"]},
        make_up_as="fri",
        exceptions={
            "2026-11-23": "rest",
            "2026-11-28": "work",
            "2026-11-29": ["10:00-11:00", "13:00-14:00"],
            "2026-11-27": {"as": "mon"},
        },
    )

    assert not shop.is_working_day(MON)
    assert hours_of(shop, SAT) == ["28 09:00 to 28 15:00"]
    assert hours_of(shop, SUN) == ["29 10:00 to 29 11:00", "29 13:00 to 29 14:00"]
    assert hours_of(shop, FRI) == ["27 09:00 to 27 17:00"]


def test_a_make_up_day_that_is_worked_anyhow_keeps_its_hours() -> None:
    shop = calendar(
        week={"mon-fri": ["09:00-17:00"], "sat": ["09:00-12:00"]},
        exceptions={"2026-11-28": "work"},
    )

    assert hours_of(shop, SAT) == ["28 09:00 to 28 12:00"]


@pytest.mark.parametrize(
    ("first", "last", "summer", "winter"),
    [
        ("06-01", "09-30", ["2026-06-01", "2027-09-30"], ["2026-05-29", "2026-10-08"]),
        ("11-01", "03-31", ["2026-11-02", "2027-03-31"], ["2026-10-30", "2027-04-01"]),
        ("2026-06-01", "2026-08-31", ["2026-06-01", "2026-08-31"], ["2026-09-01", "2027-06-01"]),
    ],
)
def test_a_season_has_a_week_of_its_own(
    first: str, last: str, summer: list[str], winter: list[str]
) -> None:
    season = {"title": "夏令时", "first": first, "last": last, "week": {"mon-fri": ["07:00-13:00"]}}
    shop = calendar(seasons=[season])

    assert [shop.intervals(date.fromisoformat(day))[0][0].hour for day in summer] == [7, 7]
    assert [shop.intervals(date.fromisoformat(day))[0][0].hour for day in winter] == [9, 9]


def test_business_closes_with_the_last_hours_that_begin_on_the_day() -> None:
    assert shipped_calendar("gov-centre").close_of_business(MON) == moment("2026-11-23 18:00")
    assert shipped_calendar("shift-night").close_of_business(MON) == moment("2026-11-24 08:30")


def test_a_day_off_has_no_close_of_business() -> None:
    with pytest.raises(NotAWorkingDay, match="2026-11-28 Sat off in calendar shop@1"):
        calendar().close_of_business(SAT)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-23", "2026-11-23 Mon"),
        ("2026-11-28", "2026-11-28 Sat off"),
        ("2026-10-01", "2026-10-01 Thu off (holiday 休)"),
        ("2026-09-20", "2026-09-20 Sun working (make-up day 班)"),
    ],
)
def test_a_day_is_told_in_words(day: str, words: str) -> None:
    assert shipped_calendar("utility-cs").says(date.fromisoformat(day)) == words


# What is no calendar


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"week": {"mon": ["9:00-17:00"]}}, "week"),
        ({"week": {"mon": ["09:00-24:01"]}}, "week"),
        ({"week": {"monday": ["09:00-17:00"]}}, "week"),
        ({"week": {"mon": ["09:00-09:00"]}}, "week: mon: 09:00-09:00 ends when it begins"),
        ({"week": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "11:00-13:00 overlap"),
        ({"week": {"mon": ["20:00-02:00", "21:00-22:00"]}}, "21:00-22:00 overlap"),
        ({"week": {"mon-wed": ["09:00-12:00"], "tue": []}}, "week: tue is named twice"),
        ({"week": {"fri-mon": ["09:00-12:00"]}}, "week: fri-mon: the week runs from mon to sun"),
        ({"week": {}}, "week: no working time at all"),
        ({"week": {"mon": []}}, "week: no working time at all"),
        ({"zone": "Asia/Atlantis"}, "zone: there is no time zone Asia/Atlantis"),
        ({"zone": "../etc"}, "zone: there is no time zone"),
        ({"exceptions": {"2026-11-28": "off"}}, "exceptions"),
        ({"exceptions": {"2026-11-31": "rest"}}, "exceptions"),
        ({"exceptions": {"2026-11-28": ["09:00-09:00"]}}, "exceptions.2026-11-28: 09:00-09:00"),
        ({"exceptions": {"2026-11-28": {"as": "xmas"}}}, "exceptions"),
        ({"version": 0}, "version"),
        ({"name": "Shop 1"}, "name"),
        ({"colour": "red"}, "colour"),
        ({"holidays": "fr"}, "holidays"),
    ],
)
def test_what_is_no_calendar_is_refused_naming_the_place(wrong: dict[str, Any], fault: str) -> None:
    with pytest.raises(CalendarInvalid, match=fault):
        calendar(**wrong)


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        ("06-01", "09-31", "09-31 is no day"),
        ("2026-02-29", "2026-03-31", "2026-02-29 is no day"),
        ("06-01", "2026-09-30", "both with a year, or both without"),
        ("2026-06-01", "2026-05-31", "2026-05-31 is before 2026-06-01"),
    ],
)
def test_a_season_is_between_two_days_that_there_are(first: str, last: str, fault: str) -> None:
    season = {"title": "夏令时", "first": first, "last": last, "week": {"mon": ["07:00-13:00"]}}

    with pytest.raises(CalendarInvalid, match=f"seasons.夏令时: .*{fault}"):
        calendar(seasons=[season])


def test_the_last_of_february_may_begin_a_season() -> None:
    season = {"title": "春", "first": "02-29", "last": "03-01", "week": {"sun": ["07:00-13:00"]}}

    assert calendar(seasons=[season]).is_working_day(date(2026, 3, 1))


# Years without data


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: c.is_working_day(date(2027, 1, 4)),
        lambda c: c.intervals(date(2027, 1, 4)),
        lambda c: c.close_of_business(date(2027, 1, 4)),
        lambda c: c.says(date(2027, 1, 4)),
        lambda c: c.add_working_days(date(2026, 12, 31), 1),
        lambda c: c.working_day_before(date(2027, 1, 5)),
        lambda c: c.working_day_before(date(2026, 1, 1)),
        lambda c: c.working_time_between(moment("2026-12-31 08:00"), moment("2027-01-01 00:01")),
        lambda c: c.working_time_between(moment("2025-12-31 23:59"), moment("2026-01-05 08:00")),
        lambda c: c.add_working_time(moment("2026-12-31 16:00"), HOUR + INSTANT),
        lambda c: c.add_working_time(moment("2027-01-01 00:00"), NOTHING),
        lambda c: c.next_working_instant(moment("2026-12-31 17:00")),
        lambda c: c.working_spans(moment("2026-12-31 08:00"), moment("2027-01-01 00:01")),
    ],
)
def test_a_question_that_touches_a_year_without_data_is_refused(ask: Any) -> None:
    only_2026 = calendar(years=[2026])

    with pytest.raises(NoCalendarData, match=r"calendar shop@1 has no data for the year 202[57]"):
        ask(only_2026)


def test_what_ends_with_the_last_year_does_not_touch_the_next() -> None:
    only_2026 = calendar(years=[2026])
    new_year = moment("2026-12-31 24:00")

    assert only_2026.add_working_days(date(2026, 12, 30), 1) == date(2026, 12, 31)
    assert only_2026.working_day_before(date(2027, 1, 1)) == date(2026, 12, 31)
    assert only_2026.add_working_time(moment("2026-12-31 16:00"), HOUR) == moment(
        "2026-12-31 17:00"
    )
    assert only_2026.working_time_between(moment("2026-12-31 16:00"), new_year) == HOUR


def test_the_refusal_names_the_calendar_and_the_year() -> None:
    with pytest.raises(NoCalendarData) as refused:
        calendar(years=[2025, 2026]).is_working_day(date(2027, 1, 4))

    assert refused.value.facts == {"calendar": "shop@1", "year": 2027}
    assert refused.value.detail.endswith("(known: 2025 to 2026)")


def test_the_rest_of_a_night_that_began_in_an_unknown_year_is_not_guessed() -> None:
    nights = calendar(**NIGHTS, years=[2026])

    with pytest.raises(NoCalendarData, match="2025"):
        nights.next_working_instant(moment("2026-01-01 03:00"))
    assert nights.working_time_between(
        moment("2026-01-02 00:00"), moment("2026-01-02 09:00")
    ) == timedelta(hours=8, minutes=30)


def test_a_night_goes_on_into_the_next_year() -> None:
    nights = calendar(**NIGHTS)

    worked = nights.working_time_between(moment("2026-12-31 12:00"), moment("2027-01-01 12:00"))

    assert worked == timedelta(hours=15)


# The holidays of a state

NEW_YEAR = Holidays(
    source="the ministry, 2026",
    years=(2026,),
    days={date(2026, 1, 1): False, date(2026, 1, 2): False, date(2026, 1, 4): True},
)


def test_until_its_holidays_are_there_a_calendar_says_nothing() -> None:
    with pytest.raises(NoCalendarData, match="known: none yet"):
        calendar(holidays="cn").is_working_day(MON)


def test_holidays_move_working_days_both_ways() -> None:
    shop = calendar(holidays="cn").resolved(NEW_YEAR)

    worked = [day for day in range(1, 8) if shop.is_working_day(date(2026, 1, day))]

    assert worked == [4, 5, 6, 7]
    assert shop.source == "the ministry, 2026"


def test_exceptions_of_its_own_win_over_the_holidays() -> None:
    own = {"2026-01-01": ["10:00-12:00"], "2026-01-04": "rest"}

    shop = calendar(holidays="cn", exceptions=own).resolved(NEW_YEAR)

    assert shop.is_working_day(date(2026, 1, 1))
    assert not shop.is_working_day(date(2026, 1, 4))


def test_a_year_may_be_filled_in_by_hand_before_the_package_knows_it() -> None:
    by_hand = calendar(holidays="cn", years=[2027], exceptions={"2027-01-01": "rest"})

    shop = by_hand.resolved(NEW_YEAR)

    assert shop.is_working_day(date(2027, 1, 4))
    assert not shop.is_working_day(date(2027, 1, 1))
    assert not shop.knows(2028)


def test_a_calendar_that_asks_for_no_holidays_stays_as_it_is() -> None:
    assert calendar().resolved(NEW_YEAR) == calendar()


# Versions


def test_the_newest_version_is_in_use_and_every_older_one_can_be_found() -> None:
    first, second = calendar(version=2), calendar(version=10)
    both = Calendars([second, first])

    assert both.newest("shop") is second
    assert both.pinned("shop@2") is first


def test_an_unknown_calendar_is_refused_naming_those_that_there_are() -> None:
    with pytest.raises(UnknownCalendar, match="there is no calendar shop2; there are: shop"):
        Calendars([calendar()]).newest("shop2")
    with pytest.raises(UnknownCalendar, match="no calendar version shop@2"):
        Calendars([calendar()]).pinned("shop@2")


# Working days


@pytest.mark.parametrize(
    ("start", "days", "counts", "last"),
    [
        (FRI, 1, False, date(2026, 11, 30)),
        (FRI, 2, False, date(2026, 12, 1)),
        (FRI, 1, True, FRI),
        (FRI, 2, True, date(2026, 11, 30)),
        (SAT, 1, False, date(2026, 11, 30)),
        (SAT, 1, True, date(2026, 11, 30)),
        (FRI, 0, False, FRI),
        (SAT, 0, False, date(2026, 11, 30)),
        (SAT, 0, True, date(2026, 11, 30)),
    ],
)
def test_working_days_are_counted_from_the_day_after_unless_the_first_counts(
    start: date, days: int, counts: bool, last: date
) -> None:
    assert calendar().add_working_days(start, days, counts_receipt_day=counts) == last


def test_less_than_no_days_are_refused() -> None:
    with pytest.raises(Invalid, match="-1 working days"):
        calendar().add_working_days(MON, -1)
    with pytest.raises(Invalid, match="0 working days before"):
        calendar().working_day_before(MON, 0)


@given(calendars, dates, st.integers(1, 30), st.booleans())
def test_working_days_are_those_that_a_finger_on_the_calendar_counts(
    calendar: Calendar, start: date, days: int, counts: bool
) -> None:
    last = calendar.add_working_days(start, days, counts_receipt_day=counts)

    passed = [start + timedelta(n) for n in range(not counts, (last - start).days + 1)]
    assert calendar.is_working_day(last)
    assert sum(map(calendar.is_working_day, passed)) == days


@given(calendars, dates, st.integers(1, 30))
def test_as_many_working_days_back_lead_where_they_came_from(
    calendar: Calendar, start: date, days: int
) -> None:
    start = calendar.add_working_days(start, 0)

    there = calendar.add_working_days(start, days)

    assert calendar.working_day_before(there, days) == start


# Working time


@pytest.mark.parametrize(
    ("start", "hours", "reached"),
    [
        ("2026-11-23 11:30", 2, "2026-11-23 15:30"),
        ("2026-11-23 11:00", 1, "2026-11-23 12:00"),
        ("2026-11-23 12:00", 1, "2026-11-23 15:00"),
        ("2026-11-23 13:00", 4, "2026-11-23 18:00"),
        ("2026-11-23 18:00", 1, "2026-11-24 09:00"),
        ("2026-11-27 17:00", 2, "2026-11-30 09:00"),
        ("2026-11-23 13:00", 0, "2026-11-23 13:00"),
    ],
)
def test_working_time_ends_with_the_hours_rather_than_beginning_the_next(
    start: str, hours: int, reached: str
) -> None:
    gov_centre = shipped_calendar("gov-centre")

    assert gov_centre.add_working_time(moment(start), timedelta(hours=hours)) == moment(reached)


def test_work_begins_with_the_next_hours_unless_it_is_on() -> None:
    utility = shipped_calendar("utility-cs")

    assert utility.next_working_instant(moment("2026-11-21 20:00")) == moment("2026-11-23 08:30")
    assert utility.next_working_instant(moment("2026-11-23 16:59")) == moment("2026-11-23 16:59")
    assert utility.next_working_instant(moment("2026-11-23 17:00")) == moment("2026-11-24 08:30")


def test_less_than_nothing_and_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(Invalid, match="cannot be added"):
        calendar().add_working_time(moment("2026-11-23 12:00"), -MINUTE)
    with pytest.raises(Invalid, match="is before"):
        calendar().working_time_between(moment("2026-11-23 12:00"), moment("2026-11-23 11:59"))


def test_a_time_without_an_offset_is_refused() -> None:
    naive = moment("2026-11-23 12:00").replace(tzinfo=None)

    with pytest.raises(Invalid, match="has no offset"):
        calendar().add_working_time(naive, HOUR)
    with pytest.raises(Invalid, match="has no offset"):
        calendar().local(naive)


def test_no_minute_is_lost_at_midnight() -> None:
    always = shipped_calendar("always")

    assert always.working_time_between(
        moment("2026-11-23 23:00"), moment("2026-11-24 01:00")
    ) == timedelta(hours=2)
    assert always.add_working_time(moment("2026-12-31 23:59"), 2 * MINUTE) == moment(
        "2027-01-01 00:01"
    )


def test_the_end_of_a_day_is_the_beginning_of_the_next() -> None:
    late = calendar(week={"mon-sun": ["22:00-24:00"]})
    early = calendar(week={"mon-sun": ["00:00-02:00"]})

    assert late.close_of_business(MON) == moment("2026-11-24 00:00")
    assert late.next_working_instant(moment("2026-11-23 24:00")) == moment("2026-11-24 22:00")
    assert early.next_working_instant(moment("2026-11-23 24:00")) == moment("2026-11-24 00:00")


@given(near_instants, near_instants)
def test_a_night_is_the_same_in_one_piece_or_parted_at_midnight(
    one: datetime, two: datetime
) -> None:
    start, end = sorted((one, two))
    whole = calendar(**NIGHTS, zone="Europe/Berlin")
    parted = calendar(week={"mon-sun": ["00:00-08:30", "17:30-24:00"]}, zone="Europe/Berlin")

    assert whole.working_time_between(start, end) == parted.working_time_between(start, end)


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    nights = calendar(**NIGHTS, exceptions={"2026-11-24": "rest"})

    worked = nights.working_spans(moment("2026-11-23 12:00"), moment("2026-11-25 12:00"))

    assert worked == [(moment("2026-11-23 17:30"), moment("2026-11-24 08:30"))]


def test_hours_that_two_days_both_claim_count_once() -> None:
    nights = calendar(**NIGHTS, exceptions={"2026-11-24": ["08:00-09:00"]})

    worked = nights.working_spans(moment("2026-11-23 12:00"), moment("2026-11-24 12:00"))

    assert worked == [(moment("2026-11-23 17:30"), moment("2026-11-24 09:00"))]


def test_hours_that_touch_are_taken_together_and_none_last_no_time() -> None:
    always = shipped_calendar("always")
    evening, morning = moment("2026-11-30 20:00"), moment("2026-12-01 10:00")

    assert always.working_spans(evening, morning) == [(evening, morning)]
    assert always.working_spans(evening, evening) == []


BERLIN_NIGHT = {"week": {"mon-sun": ["01:00-05:00"]}, "zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("night", "really"), [("2026-03-28", 4), ("2026-03-29", 3), ("2026-10-25", 5)]
)
def test_time_really_passes_when_the_clock_is_put_forward_or_back(night: str, really: int) -> None:
    berlin = calendar(**BERLIN_NIGHT)
    [(start, end)] = berlin.intervals(date.fromisoformat(night))

    assert end - start == timedelta(hours=really)
    assert berlin.working_time_between(start, end) == timedelta(hours=really)
    assert berlin.add_working_time(start, timedelta(hours=really)) == end
    assert (start.hour, end.hour) == (1, 5)


def test_hours_that_the_clock_skips_altogether_are_not_worked() -> None:
    berlin = calendar(week={"mon-sun": ["02:15-02:45"]}, zone="Europe/Berlin")
    skipped, following = date(2026, 3, 29), date(2026, 3, 30)

    spans = berlin.working_spans(berlin.instant(skipped, 0), berlin.instant(following, 24 * 60))

    assert [(s.hour, s.minute, (e - s)) for s, e in spans] == [
        (3, 15, timedelta(minutes=30)),
        (2, 15, timedelta(minutes=30)),
    ]


@given(calendars, near_instants, st.integers(0, 10**5))
def test_what_is_added_is_what_lies_between(
    calendar: Calendar, start: datetime, seconds: int
) -> None:
    amount = timedelta(seconds=seconds)

    reached = calendar.add_working_time(start, amount)

    assert calendar.working_time_between(start, reached) == amount


@given(calendars, near_instants, st.integers(1, 10**5))
def test_it_is_reached_as_early_as_can_be(
    calendar: Calendar, start: datetime, seconds: int
) -> None:
    amount = timedelta(seconds=seconds)

    reached = calendar.add_working_time(start, amount)

    assert calendar.working_time_between(start, reached - INSTANT) < amount


@given(calendars, near_instants, st.integers(0, 10**5), st.integers(0, 10**5))
def test_time_added_twice_is_time_added_once(
    calendar: Calendar, start: datetime, some: int, more: int
) -> None:
    first, second = timedelta(seconds=some), timedelta(seconds=more)

    in_two_steps = calendar.add_working_time(calendar.add_working_time(start, first), second)

    assert in_two_steps == calendar.add_working_time(start, first + second)


@given(calendars, st.lists(near_instants, min_size=3, max_size=6))
def test_working_time_adds_up(calendar: Calendar, instants: list[datetime]) -> None:
    instants.sort()

    parts = [calendar.working_time_between(*pair) for pair in pairwise(instants)]

    assert sum(parts, NOTHING) == calendar.working_time_between(instants[0], instants[-1])
    assert all(
        NOTHING <= worked <= end - start
        for worked, (start, end) in zip(parts, pairwise(instants), strict=True)
    )


@given(calendars, near_instants, near_instants, st.integers(1, 10**5), st.integers(0, 10**5))
def test_who_begins_earlier_or_has_less_to_do_is_not_later(
    calendar: Calendar, one: datetime, two: datetime, seconds: int, more: int
) -> None:
    earlier, later = sorted((one, two))
    less, most = timedelta(seconds=seconds), timedelta(seconds=seconds + more)

    soonest = calendar.add_working_time(earlier, less)

    assert soonest <= calendar.add_working_time(later, less)
    assert soonest <= calendar.add_working_time(earlier, most)


@given(calendars, near_instants)
def test_nothing_is_worked_until_the_next_working_instant_which_is(
    calendar: Calendar, instant: datetime
) -> None:
    begins = calendar.next_working_instant(instant)

    assert calendar.working_time_between(instant, begins) == NOTHING
    assert calendar.working_time_between(begins, begins + INSTANT) == INSTANT


@given(calendars, near_instants, st.integers(0, 4 * 24 * 60))
def test_working_time_is_what_a_watch_counts_minute_by_minute(
    calendar: Calendar, start: datetime, minutes: int
) -> None:
    start = start.replace(second=0)
    end = start + minutes * MINUTE
    days = [calendar.local(start).date() + timedelta(n) for n in range(-2, minutes // 1440 + 3)]
    shifts = [
        (begin.astimezone(UTC), finish.astimezone(UTC))
        for day in days
        for begin, finish in calendar.intervals(day)
    ]

    watch = (start + n * MINUTE for n in range(minutes))
    counted = sum(any(begin <= now < finish for begin, finish in shifts) for now in watch)

    assert calendar.working_time_between(start, end) == counted * MINUTE


@given(calendars, near_instants, st.integers(0, 10**6))
def test_the_spans_are_what_is_worked(calendar: Calendar, start: datetime, seconds: int) -> None:
    end = start + timedelta(seconds=seconds)

    spans = calendar.working_spans(start, end)

    assert sum((b - a for a, b in spans), NOTHING) == calendar.working_time_between(start, end)
    assert all(start <= a < b <= end for a, b in spans)


@given(calendars)
def test_a_calendar_kept_as_data_is_the_same_calendar(calendar: Calendar) -> None:
    kept = msgspec.json.decode(msgspec.json.encode(calendar))

    assert Calendar.read(kept) == calendar


def test_an_answer_can_be_subtracted_though_the_clock_was_put_back() -> None:
    berlin = calendar(**BERLIN_NIGHT)
    before, after = (berlin.instant(date(2026, 10, 25), hour * 60) for hour in (1, 4))

    assert after - before == timedelta(hours=4)
    assert berlin.local(before.astimezone(UTC)) == before
