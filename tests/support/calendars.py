"""The shipped calendars, instants as a desk says them, and calendars at random."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from domain.calendar import Calendar, Calendars
from domain.holidays import chinese_holidays
from domain.hours import WEEKDAYS
from tests.support.facts import SHANGHAI

FOLDER = Path(__file__).resolve().parents[2] / "domain" / "calendars"


@cache
def shipped_calendars() -> Calendars:
    """Those of this release, with the holidays that are installed."""
    files = [yaml.safe_load(file.read_text("utf-8")) for file in sorted(FOLDER.glob("*.yaml"))]
    return Calendars(Calendar.read(file).resolved(chinese_holidays()) for file in files)


def shipped_calendar(name: str) -> Calendar:
    return shipped_calendars().newest(name)


def calendar(**otherwise: Any) -> Calendar:
    """Mon to Fri 09:00 to 17:00 in Shanghai, every year alike."""
    words: dict[str, Any] = {
        "name": "shop",
        "version": 1,
        "title": "门店",
        "week": {"mon-fri": ["09:00-17:00"]},
    }
    return Calendar.read(words | otherwise)


def moment(said: str) -> datetime:
    """ "2026-11-23 16:30" in Shanghai; "24:00" is the end of the day."""
    day, _, time = said.partition(" ")
    if time == "24:00":
        return datetime.fromisoformat(day).replace(tzinfo=SHANGHAI) + timedelta(days=1)
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=SHANGHAI)


ZONES = [
    "Asia/Shanghai",
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # put forward by half an hour
    "Asia/Beirut",  # put forward at midnight
]

FIRST, LAST = datetime(2026, 2, 1, tzinfo=UTC), datetime(2027, 1, 31, tzinfo=UTC)

instants = st.integers(0, int((LAST - FIRST).total_seconds())).map(
    lambda seconds: FIRST + timedelta(seconds=seconds)
)
"""In a year, to the second."""

clock_changes = st.sampled_from(
    [
        datetime(2026, 3, 8, 5, tzinfo=UTC),
        datetime(2026, 3, 28, 20, tzinfo=UTC),
        datetime(2026, 4, 4, 12, tzinfo=UTC),
        datetime(2026, 10, 3, 12, tzinfo=UTC),
        datetime(2026, 10, 24, 20, tzinfo=UTC),
        datetime(2026, 11, 1, 4, tzinfo=UTC),
    ]
)
"""Hours before the clocks of one of the zones are put forward or back."""

near_instants = st.one_of(
    instants,
    st.builds(
        lambda at, minutes: at + timedelta(minutes=minutes), clock_changes, st.integers(0, 900)
    ),
)


def _hours(quarters: list[int], night: bool) -> list[str]:
    """Apart, from an even number of quarters of an hour; the last may go on into the night."""
    pairs = list(zip(quarters[::2], quarters[1::2], strict=False))
    if night:
        pairs[-1] = (pairs[-1][1] % 96, pairs[0][0])
    return [f"{_time(start)}-{_time(end)}" for start, end in pairs if start != end]


def _time(quarter: int) -> str:
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}"


hours = st.builds(
    _hours,
    st.lists(st.integers(0, 96), min_size=2, max_size=6, unique=True).map(sorted),
    st.booleans(),
)
weeks = st.dictionaries(st.sampled_from(WEEKDAYS), hours, min_size=1).filter(
    lambda week: any(week.values())
)
dates = st.dates(date(2026, 1, 1), date(2027, 3, 31))
exceptions = st.dictionaries(
    dates,
    st.one_of(
        st.sampled_from(["rest", "work"]),
        hours,
        st.sampled_from(WEEKDAYS).map(lambda weekday: {"as": weekday}),
    ),
    max_size=20,
)


def _season(start: date, end: date, week: dict[str, list[str]]) -> dict[str, Any]:
    return {"title": "夏令时", "first": f"{start:%m-%d}", "last": f"{end:%m-%d}", "week": week}


calendars = st.builds(
    calendar,
    week=weeks,
    zone=st.sampled_from(ZONES),
    exceptions=exceptions,
    seasons=st.lists(st.builds(_season, dates, dates, weeks), max_size=2),
    make_up_as=st.sampled_from(WEEKDAYS),
)
"""Any pattern, any exceptions, any of the zones; some work at night."""
