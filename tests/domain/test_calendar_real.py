"""Day by day against the working calendar of China 2024 to 2026, on which three packages agree."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from domain.calendar import NoCalendarData
from tests.support.calendars import shipped_calendar
from tests.support.real_data import shared_data

GROUND_TRUTH = "cn_workcalendar_2024_2026.groundtruth.json"

pytestmark = pytest.mark.real_data(GROUND_TRUTH)

OFFICES = ["utility-cs", "gov-centre", "gov-window", "company-hq"]


def truth(year: int) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(shared_data(GROUND_TRUTH).read_text("utf-8"))
    found: dict[str, Any] = said["years"][str(year)]
    return found


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(n) for n in range((date(year + 1, 1, 1) - first).days)]


def is_worked(day: date, said: dict[str, Any]) -> bool:
    if day.weekday() < 5:
        return day.isoformat() not in said["weekday_days_off"]
    return day.isoformat() in said["adjusted_workdays_on_weekends(调休上班)"]


@pytest.mark.parametrize("year", [2024, 2025, 2026])
@pytest.mark.parametrize("name", OFFICES)
def test_every_day_is_worked_or_off_as_the_state_council_had_it(name: str, year: int) -> None:
    said, office = truth(year), shipped_calendar(name)

    wrong = [day for day in days_of(year) if office.is_working_day(day) != is_worked(day, said)]

    assert wrong == []


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_months_have_as_many_working_days_as_they_should(year: int) -> None:
    said, office = truth(year), shipped_calendar("utility-cs")

    worked = [day for day in days_of(year) if office.is_working_day(day)]

    assert len(worked) == said["working_days_total"]
    assert {
        str(month): sum(day.month == month for day in worked) for month in range(1, 13)
    } == said["working_days_per_month"]


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_holidays_and_make_up_days_are_told_as_such(year: int) -> None:
    said, office = truth(year), shipped_calendar("utility-cs")
    words = {day.isoformat(): office.says(day) for day in days_of(year)}

    holidays = [day for day, told in words.items() if told.endswith("off (holiday 休)")]
    make_up_days = [day for day, told in words.items() if told.endswith("(make-up day 班)")]

    assert holidays == said["weekday_days_off"]
    assert make_up_days == said["adjusted_workdays_on_weekends(调休上班)"]


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_a_year_of_working_days_ends_on_its_last(year: int) -> None:
    said, office = truth(year), shipped_calendar("utility-cs")
    last = max(day for day in days_of(year) if is_worked(day, said))

    reached = office.add_working_days(
        date(year, 1, 1), said["working_days_total"], counts_receipt_day=True
    )

    assert reached == last


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_a_make_up_day_has_the_hours_of_a_monday(year: int) -> None:
    office = shipped_calendar("gov-centre")

    for day in map(date.fromisoformat, truth(year)["adjusted_workdays_on_weekends(调休上班)"]):
        hours = [(start.hour, end.hour) for start, end in office.intervals(day)]

        assert hours == [(8, 12), (14, 18)]


@pytest.mark.parametrize("name", OFFICES)
def test_2027_is_refused_since_no_schedule_is_known(name: str) -> None:
    spring_festival = date(2027, 2, 8)

    with pytest.raises(NoCalendarData, match=f"calendar {name}@1 has no data for the year 2027"):
        shipped_calendar(name).is_working_day(spring_festival)
